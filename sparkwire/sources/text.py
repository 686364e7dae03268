r"""Reads text in which line ends stand as ``\n``: what strace wrote, or strings that somebody copied.

strace says who said what: a call names the thread and the descriptor, and whether bytes went out or came in.
A descriptor alone would not do, because strace names threads and no processes, and two processes have the
same numbers; a request and its answer pass in one thread. Strings alone say nothing about all that, so they
are one stream of both directions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkwire.sources.escaped import unescaped
from sparkwire.sources.piece import ByLine, Piece

_STRING = rb'"((?:[^"\\]|\\.)*)"(\.\.\.)?'
_SENDS = (b"write", b"send", b"sendto", b"sendmsg", b"writev")
STRACE = re.compile(
    rb"(?:^|[\s\]])(write|send|sendto|sendmsg|writev|read|recv|recvfrom|recvmsg|readv|close)\((\d+)(?:<[^>]*>)?"
    rb"(?:[,)]|\s*\))"
)
"""A call of strace's that passes bytes, or ends a connection."""
_CALL_STRING = re.compile(_STRING)
_CLOCK = re.compile(rb"(?:^|\s)(?:(\d\d):(\d\d):(\d\d)\.(\d{1,6})|(\d{9,10})\.(\d{1,6}))\s")
_RESULT = re.compile(rb"=\s+(-?\d+)[^=]*\Z")
_UNFINISHED = re.compile(rb"<unfinished \.\.\.>")
_RESUMED = re.compile(rb"<\.\.\. (\w+) resumed>")
_PID = re.compile(rb"^\s*(?:\[pid\s+(\d+)\]|(\d+)\s)")
QUOTED = re.compile(rb"""b?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


class StraceReader(ByLine[Piece]):
    """Reads what ``strace`` says of the calls that read and write."""

    def __init__(self) -> None:
        super().__init__()
        self._halves: dict[bytes, bytes] = {}
        """For each thread the beginning of a call that was not finished on its line."""

    def notes(self) -> list[str]:
        return []

    def _take(self, line: bytes) -> Iterator[Piece]:
        thread = b"".join(filter(None, found.groups())) if (found := _PID.match(line)) else b""
        if cut := _UNFINISHED.search(line):
            self._halves[thread] = line[: cut.start()]
            return
        if rest := _RESUMED.search(line):
            line = self._halves.pop(thread, b"") + line[rest.end() :]
        call = STRACE.search(line)
        if call is None:
            return
        name, descriptor = call.groups()
        result = _RESULT.search(line)
        if result is None or result[1].startswith(b"-"):
            return  # it failed, or waits
        if name == b"close":
            yield Piece(b"", (thread, descriptor), closes=True)
            return
        strings = list(_CALL_STRING.finditer(line, call.end()))
        data = b"".join(unescaped(one[1]) for one in strings)
        passed = int(result[1])
        short = len(data) < passed
        if passed:
            end = 0 if name in _SENDS else 1
            yield Piece(data[:passed], (thread, descriptor), end=end, t_ns=_clock(line), broken=short)


def _clock(line: bytes) -> int | None:
    found = _CLOCK.search(line[:80])
    if found is None:
        return None
    hours, minutes, seconds, micros, epoch, epoch_micros = found.groups()
    whole = int(epoch) if epoch else int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1_000_000_000 + int((epoch_micros or micros).ljust(9, b"0"))


class StringsReader(ByLine[bytes]):
    r"""Gives out the bytes of text with ``\n`` in it: of its strings or, on a line without any, of all."""

    def _take(self, line: bytes) -> Iterator[bytes]:
        yield _strings(line)


def _strings(line: bytes) -> bytes:
    quoted = [one for one in QUOTED.finditer(line) if rb"\n" in one[0]]
    if quoted:
        return b"".join(unescaped(one[1] if one[1] is not None else one[2]) for one in quoted)
    return unescaped(line.strip()) if rb"\n" in line else b""
