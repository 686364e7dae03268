r"""Reads logs of Py4J, in which messages stand between other lines.

What each half writes (0.10.9.9). Python at DEBUG, in ``java_gateway.py`` and ``clientserver.py``: ``Command
to send:`` with the whole command, ``Answer received:`` with the reply, without its line end. Of what Java
asks it writes the first two lines at most. Java, with java.util.logging at FINEST: ``Sending CB command:`` or
``Sending Python command:`` with the whole command, ``Returning CB command:`` with Python's reply, without its
``!``, and ``Returning command:`` with Java's reply. Of what Python asks it writes the first line only
(``Received command:``).

A log doesn't say which connection a line belongs to. So its connections are what lies between two
authentications, and an answer while several requests are open is not given to one of them (``hearing``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sparkwire.plain import many
from sparkwire.sources.escaped import unescaped
from sparkwire.sources.piece import ByLine, Piece
from sparkwire.wire.gateway import Decoder
from sparkwire.wire.message import Direction, Malformed

_J, _P = Direction.TO_JAVA, Direction.TO_PYTHON
_TIME = re.compile(rb"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[.,](\d{3,6})")
"""As Python's logging writes the time unless it's told otherwise."""
_ESCAPED = re.compile(rb"\w{1,2}\\n")
_MOST = 64 * 1024 * 1024
"""Bytes of a message that is looked for in a log; what is longer is given up."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands before a message, and how the message is written."""

    direction: Direction
    one_line: bool = False
    """Whether it is one line, whose end is the log's and not the message's."""
    bare: bool = False
    """Whether the ``!`` of a reply is left out."""


PYTHON_MARKS = {
    b"Command to send: ": Mark(_J),
    b"Answer received: ": Mark(_P, one_line=True),
}
JAVA_MARKS = {
    b"Sending CB command: ": Mark(_P),
    b"Sending Python command: ": Mark(_P),
    b"Returning CB command: ": Mark(_J, one_line=True, bare=True),
    b"Returning command: ": Mark(_P, one_line=True),
    b"Trying to return error: ": Mark(_P, one_line=True),
}
PYTHON_PARTS = (b"Received command ",)
JAVA_PARTS = (b"Received command: ",)
"""What stands before a part of a message that the log doesn't hold whole."""


class LogReader(ByLine[Piece]):
    """Reads one of the two logs."""

    def __init__(self, marks: dict[bytes, Mark], parts: tuple[bytes, ...], asker: str) -> None:
        self._marks, self._parts = marks, parts
        self._find = re.compile(b"|".join(map(re.escape, (*marks, *parts))))
        self._asker = asker
        """Whose requests the log doesn't hold whole."""
        super().__init__()
        self._message = bytearray()
        """The lines of a message that goes on."""
        self._decoder: Decoder | None = None
        self._escapes = False
        """Whether the log writes a command's line ends as escapes."""
        self._way = _J
        self._t_ns: int | None = None
        self._partly = 0

    def _left(self) -> Iterator[Piece]:
        yield from self._give(broken=True)

    def notes(self) -> list[str]:
        if not self._partly:
            return []
        asked = many(self._partly, "request")
        return [f"left out: {asked} by {self._asker}; the log has only the beginning of each"]

    def _take(self, line: bytes) -> Iterator[Piece]:
        found = self._find.search(line)
        if found is None:
            if self._decoder is not None:
                yield from self._add(line + b"\n")
            return
        yield from self._give(broken=True)
        mark = self._marks.get(found[0])
        text = line[found.end() :]
        if mark is None:
            self._partly += 1
            return
        self._way, self._t_ns = mark.direction, _time(line[: found.start()])
        if mark.one_line:
            # A reply's own line ends are escaped on the wire, and stay so, unless the log escapes all.
            text = unescaped(text).removesuffix(b"\n") if self._escapes else text
            if mark.bare and not text.startswith(b"!"):
                text = b"!" + text
            if text.startswith(b"!"):
                yield Piece(text + b"\n", direction=self._way, t_ns=self._t_ns)
            elif text:
                self._partly += 1  # Java asks, on the connection on which Python waits for an answer
            return
        self._decoder = Decoder(self._way)
        self._escapes = _ESCAPED.match(text) is not None
        if self._escapes:  # the whole command on one line
            yield from self._add(unescaped(text))
            yield from self._give(broken=True)
        else:
            yield from self._add(text + b"\n")

    def _add(self, data: bytes) -> Iterator[Piece]:
        assert self._decoder is not None
        self._message += data
        if found := self._decoder.feed(data):
            yield from self._give(broken=isinstance(found[0], Malformed))
        elif len(self._message) > _MOST:
            yield from self._give(broken=True)

    def _give(self, *, broken: bool) -> Iterator[Piece]:
        """Give out the message at hand, if there is one."""
        self._decoder = None
        if self._message:
            data = bytes(self._message)
            self._message.clear()
            opens = self._way is _J and data.startswith(b"A\n")
            yield Piece(data, direction=self._way, t_ns=self._t_ns, broken=broken, opens=opens)


def python_log() -> LogReader:
    return LogReader(PYTHON_MARKS, PYTHON_PARTS, "Java")


def java_log() -> LogReader:
    return LogReader(JAVA_MARKS, JAVA_PARTS, "Python")


def _time(before: bytes) -> int | None:
    found = _TIME.search(before)
    if found is None:
        return None
    day, clock, fraction = (part.decode() for part in found.groups())
    try:
        moment = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))
