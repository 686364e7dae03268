r"""Decodes bytes of both directions in one stream, such as a capture in which requests and replies follow
each other, by guessing each message's direction.

The guess, at the first line of a message: ``!`` begins a reply, which goes the other way than the request
that is open; ``c`` or ``g`` followed by a Python object's id (``p0``) is a callback, from Java; everything
else goes to Java. After the reply to a stream command come raw bytes, up to a line that is a command's code.
Where they end within a line, nothing in the stream says so.
"""

from __future__ import annotations

import re

from sparkwire.wire.gateway.codes import COMMANDS, REPLY_MARKER
from sparkwire.wire.gateway.conversation import Conversation, Event
from sparkwire.wire.message import Direction

_REPLY = REPLY_MARKER.encode()
_MAYBE_CALLBACK = {b"c\n", b"g\n"}
_PYTHON_OBJECT = re.compile(rb"p\d+\n")
_COMMAND_LINES = frozenset(b"%b\n" % c.code.encode() for c in COMMANDS if c.direction is Direction.TO_JAVA)
_MAX_LINE = 1 << 20
"""Bytes of an unfinished line that are kept; a longer one is handed on in pieces."""


class BothWays:
    """Feed it bytes of both directions; it gives back what happened, each message with its guessed direction.

    Offsets of these messages are those in the whole stream. It holds no more than the decoder's largest
    message.
    """

    def __init__(self) -> None:
        self._conversation = Conversation()
        self._fed = dict.fromkeys(Direction, 0)
        self._apart: dict[Direction, int] = {}
        """Offset in the whole stream less that in the direction's own."""
        self._now: Direction | None = None
        """The direction of the unfinished message."""
        self._first = b""
        """A first line that needs the second one for the guess."""
        self._line = bytearray()
        self._begun = False
        """Whether a part of the unfinished line was handed on already."""
        self._at = 0

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, and say what happened by them, as a conversation does."""
        found: list[Event] = []
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

    def end(self) -> list[Event]:
        """The stream is over: what was left unfinished, as malformed."""
        found: list[Event] = []
        rest, self._line = bytes(self._line), bytearray()
        if rest:
            self._take(rest, found)
        if self._first:
            self._into(Direction.TO_JAVA, b"", found)
        self._flush(found)
        return found

    def _take(self, line: bytes, found: list[Event]) -> None:
        continued, self._begun = self._begun, not line.endswith(b"\n")
        conversation = self._conversation
        if self._first:
            callback = _PYTHON_OBJECT.fullmatch(line) is not None
            self._into(Direction.TO_PYTHON if callback else Direction.TO_JAVA, line, found)
        elif conversation.streaming and self._now is None and line not in _COMMAND_LINES:
            self._into(Direction.TO_PYTHON, line, found)
        elif not continued and line.startswith(_REPLY):
            self._flush(found)  # no line inside a message begins like a reply
            self._into(conversation.waiting_for or Direction.TO_PYTHON, line, found)
        elif self._now is not None:
            self._into(self._now, line, found)
        elif line in _MAYBE_CALLBACK:
            self._first = line
        else:
            self._into(Direction.TO_JAVA, line, found)

    def _into(self, direction: Direction, line: bytes, found: list[Event]) -> None:
        data, self._first = self._first + line, b""
        if self._now is None:
            self._apart[direction] = self._at - self._fed[direction]
        self._at += len(data)
        self._fed[direction] += len(data)
        self._give(self._conversation.feed(direction, data), found)
        self._now = direction if self._conversation.pending(direction) else None

    def _flush(self, found: list[Event]) -> None:
        """Give out what is unfinished: nothing of it can follow."""
        if self._now is not None:
            self._give(self._conversation.end_message(self._now), found)
            self._now = None

    def _give(self, events: list[Event], found: list[Event]) -> None:
        for event in events:
            if (message := event.message) is not None:
                offset = message.offset + self._apart[message.direction]
                event = event._replace(message=message.at(offset))
            found.append(event)
