r"""Text in which bytes stand as escapes: a line end as ``\n``, as strace, Python's repr and JSON write it."""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"f": b"\f", b"b": b"\b", b"a": b"\a", b"e": b"\x1b",
}  # fmt: skip


def unescaped(text: bytes) -> bytes:
    """The bytes that ``text`` stands for."""
    return _ESCAPE.sub(_one, text)


def _one(found: re.Match[bytes]) -> bytes:
    said = found[1]
    if said[:1] == b"x":
        return bytes([int(said[1:], 16)])
    if said[:1] == b"u":
        return chr(int(said[1:], 16)).encode("utf-8", "surrogatepass")
    if said.isdigit():
        return bytes([int(said, 8) & 0xFF]) if said[:1] < b"8" else said
    return _LETTERS.get(said, said)
