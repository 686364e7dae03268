r"""Decodes bytes of both directions in one stream, such as a capture in which requests and replies follow
each other, by guessing each message's direction.

The guess, at the first line of a message: ``!`` begins a reply, which goes the other way than the request
it answers; ``c`` or ``g`` followed by a Python object's id (``p0``) is a callback, from Java; everything
else goes to Java. It imports the decoder and the standard library.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sparkwire.wire.gateway.codes import REPLY_MARKER
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.message import Direction, Malformed, Message, Role

_REPLY = REPLY_MARKER.encode()
_MAYBE_CALLBACK = {b"c\n", b"g\n"}
_PYTHON_OBJECT = re.compile(rb"p\d+\n")
_MAX_LINE = 1 << 20
"""Bytes of an unfinished line that are kept; a longer one is handed on in pieces."""
_MAX_OPEN = 1000
"""Requests without a reply that are remembered."""


class BothWays:
    """Feed it bytes of both directions; it gives back messages, each with its guessed direction.

    Offsets are those in the whole stream. It holds no more than the decoder's largest message.
    """

    def __init__(self) -> None:
        self._decoders = {direction: Decoder(direction) for direction in Direction}
        self._fed = dict.fromkeys(Direction, 0)
        self._apart = dict.fromkeys(Direction, 0)
        """Offset in the whole stream less that in the direction's own."""
        self._now: Direction | None = None
        """The direction of the unfinished message."""
        self._first = b""
        """A first line that needs the second one for the guess."""
        self._line = bytearray()
        self._begun = False
        """Whether a part of the unfinished line was handed on already."""
        self._at = 0
        self._open: list[Direction] = []

    def feed(self, data: bytes) -> list[Message | Malformed]:
        """Take the next bytes, and return what they completed."""
        found: list[Message | Malformed] = []
        # Not splitlines, which would also end a line at a carriage return.
        *lines, last = (bytes(self._line) + data).split(b"\n")
        self._line.clear()
        for line in lines:
            self._take(line + b"\n", found)
        if len(last) > _MAX_LINE:
            self._take(last, found)
        else:
            self._line += last
        return found

    def end(self) -> list[Message | Malformed]:
        """The stream is over: what was left unfinished, as malformed."""
        found: list[Message | Malformed] = []
        rest, self._line = bytes(self._line), bytearray()
        if rest:
            self._take(rest, found)
        if self._first:
            self._into(Direction.TO_JAVA, b"", found)
        self._flush(found)
        return found

    def _take(self, line: bytes, found: list[Message | Malformed]) -> None:
        continued, self._begun = self._begun, not line.endswith(b"\n")
        if self._first:
            callback = _PYTHON_OBJECT.fullmatch(line) is not None
            self._into(Direction.TO_PYTHON if callback else Direction.TO_JAVA, line, found)
        elif not continued and line.startswith(_REPLY):
            self._flush(found)  # no line inside a message begins like a reply
            answered = self._open.pop() if self._open else Direction.TO_JAVA
            other = Direction.TO_PYTHON if answered is Direction.TO_JAVA else Direction.TO_JAVA
            self._into(other, line, found)
        elif self._now is not None:
            self._into(self._now, line, found)
        elif line in _MAYBE_CALLBACK:
            self._first = line
        else:
            self._into(Direction.TO_JAVA, line, found)

    def _into(self, direction: Direction, line: bytes, found: list[Message | Malformed]) -> None:
        data, self._first = self._first + line, b""
        if self._now is None:
            self._apart[direction] = self._at - self._fed[direction]
        self._at += len(data)
        self._fed[direction] += len(data)
        decoder = self._decoders[direction]
        self._give(direction, decoder.feed(data), found)
        self._now = direction if decoder.pending else None

    def _flush(self, found: list[Message | Malformed]) -> None:
        """Give out what is unfinished: nothing of it can follow."""
        if self._now is not None:
            self._give(self._now, self._decoders[self._now].end(), found)
            self._now = None

    def _give(
        self, direction: Direction, messages: list[Message | Malformed], found: list[Message | Malformed]
    ) -> None:
        for message in messages:
            if isinstance(message, Message) and message.role is Role.REQUEST:
                self._open.append(direction)
                del self._open[:-_MAX_OPEN]
            found.append(replace(message, offset=message.offset + self._apart[direction]))
