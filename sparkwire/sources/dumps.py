"""Reads dumps of bytes in hexadecimal: of hexdump, xxd, od, and the packets of tcpdump -X.

A dump's lines begin with an offset. Behind the bytes may stand their text, which is not read. ``hexdump`` and
``od`` without options show words of two bytes as the machine has them, the lower byte first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkwire.sources.piece import ByLine

_PAIRS = rb"([0-9a-f]{2}(?: {1,2}[0-9a-f]{2}){0,63})(?: *[|>].*| *)$"
CANONICAL = re.compile(rb"^(?:[0-9a-f]{6}|[0-9a-f]{8,16}) {1,2}" + _PAIRS)
"""``hexdump -C``, ``od -A x -t x1z``: an offset, and bytes, and what they are as text."""
XXD = re.compile(rb"^[0-9a-f]{8,16}: ((?:[0-9a-f]{2,32} )*[0-9a-f]{2,32})(?:  .*|\s*)$")
"""``xxd``: an offset with a colon."""
BYTES = re.compile(rb"^[0-7]{7} " + _PAIRS)
"""``od -t x1``: an octal offset, and bytes."""
WORDS = re.compile(rb"^[0-9a-f]{6,16}((?: +[0-9a-f]{4})+)\s*$")
"""``od -x`` and ``hexdump``: an offset, and words."""
PACKET = re.compile(rb"^\s+0x([0-9a-f]{4,8}):  ((?:[0-9a-f]{2,4} )*[0-9a-f]{2,4})(?:  .*|\s*)$")
"""``tcpdump -x``, ``-X``: an offset in the packet."""
_PACKET_TIME = re.compile(rb"^(?:\d{4}-\d\d-\d\d )?(\d\d):(\d\d):(\d\d)\.(\d{1,9}) ")


def packet_time(line: bytes) -> int | None:
    """The time in tcpdump's line before a packet, in nanoseconds of the day; None when there is none."""
    found = _PACKET_TIME.match(line)
    if found is None:
        return None
    hours, minutes, seconds = map(int, found.groups()[:3])
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000 + int(found[4].ljust(9, b"0"))


class DumpReader(ByLine[bytes]):
    """Gives out the bytes of a dump."""

    def __init__(self, kind: re.Pattern[bytes]) -> None:
        self._kind = kind
        super().__init__()
        self._last = b""
        self._given = 0
        self._repeats = False
        """Whether a ``*`` stands for more lines like the last one."""

    def _take(self, line: bytes) -> Iterator[bytes]:
        if line.strip() == b"*":
            self._repeats = True
            return
        if self._repeats and self._last:
            self._repeats = False
            if (offset := re.match(rb"[0-9a-f]+", line)) is not None:
                octal = self._kind is BYTES or (
                    self._kind is WORDS and len(offset[0]) == 7 and _octal(offset[0])
                )
                missing = int(offset[0], 8 if octal else 16) - self._given
                for _ in range(max(missing, 0) // len(self._last)):
                    self._given += len(self._last)
                    yield self._last
        found = self._kind.match(line)
        if found is None:
            return
        data = bytes.fromhex(found[1].decode().replace(" ", ""))
        if self._kind is WORDS:
            data = b"".join(data[at + 1 : at + 2] + data[at : at + 1] for at in range(0, len(data), 2))
        self._last = data
        self._given += len(data)
        yield data


def _octal(offset: bytes) -> bool:
    return not offset.strip(b"01234567")
