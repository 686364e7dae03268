"""Both directions of one connection in, requests with their replies out. It does no input or output itself.

A connection carries both directions, and either side may ask. While Python waits for a reply, Java can call
back on the same connection. So the open requests of a connection form a stack, and a reply answers the
innermost open request that went the other way. Raw bytes that follow the reply to a stream command belong to
that request, until the client asks again.

A conversation says what happened, in order, and each time for which request. It reads no clock: whoever feeds
it knows when the bytes passed, and can keep the time with the ``Pair``.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sparkwire.wire.gateway import shapes
from sparkwire.wire.gateway.codes import COMMANDS, REPLY_MARKER
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.message import Direction, Malformed, Message, Role


class Pair:
    """A request and what came of it."""

    __slots__ = ("asks", "outer", "reply", "request", "stream_bytes")

    def __init__(self, asks: Direction, request: Message | Malformed, outer: Pair | None) -> None:
        self.asks = asks
        """The way of the request: ``TO_JAVA`` when Python asked."""
        self.request = request
        self.reply: Message | Malformed | None = None
        """None while there is none, and where none came."""
        self.outer = outer
        """The request of the same connection during which this one was made."""
        self.stream_bytes = 0
        """How many raw bytes followed the reply."""


class Happened(Enum):
    """What a message did."""

    ASKED = "a request came"
    ANSWERED = "its reply came"
    STREAMED = "raw bytes came after its reply"
    OVER = "nothing more can come of it"
    EARLY = "a reply came before the first request: to something from before the conversation began"


_REPLY = REPLY_MARKER.encode()
# Only Python asks for these. Words, because a member of an enum takes long to look up by.
_UNANSWERED = frozenset(c.word for c in COMMANDS if not c.answered)
_STREAMING = frozenset(c.word for c in COMMANDS if c.streams)
_J, _P = Direction.TO_JAVA, Direction.TO_PYTHON
_REQUEST_ROLE, _REPLY_ROLE = Role.REQUEST, Role.REPLY
_ASKED, _ANSWERED, _OVER = Happened.ASKED, Happened.ANSWERED, Happened.OVER


class Event(NamedTuple):
    """Something that happened. Of each request come ``ASKED`` first and ``OVER`` last."""

    happened: Happened
    pair: Pair | None
    """The request that it happened to; None for ``EARLY``."""
    message: Message | Malformed | None
    """The message that did it, as it was decoded; None for ``OVER``."""


class Conversation:
    """What both sides of one connection said.

    ``max_message`` is in bytes, for each direction, as in ``Decoder``.
    """

    def __init__(self, *, max_message: int = 256 * 1024) -> None:
        self._to_java = Decoder(_J, max_message=max_message)
        self._to_python = Decoder(_P, max_message=max_message)
        self._open: list[Pair] = []
        """The innermost last."""
        self._stream: Pair | None = None
        self._asked = False
        self._events: list[Event] = []

    def pending(self, direction: Direction) -> int:
        """How many bytes of an unfinished message have come in one direction."""
        return self._decoder(direction).pending

    def unfinished(self, direction: Direction) -> tuple[int, int]:
        """Where in one direction the unfinished message begins, and where its unfinished line."""
        decoder = self._decoder(direction)
        return decoder.offset, decoder.line_offset

    @property
    def streaming(self) -> bool:
        """Whether raw bytes may come from Java now."""
        return self._stream is not None

    @property
    def waiting_for(self) -> Direction | None:
        """The way of the innermost reply that is still to come; None when nothing is open."""
        return self._open[-1].asks.back if self._open else None

    @property
    def idle(self) -> bool:
        """Whether nothing is open and nothing unfinished: the next bytes begin something new."""
        return not self._open and self._stream is None and self._to_java.fresh and self._to_python.fresh

    def jump(self, to_java: int, to_python: int) -> None:
        """Say how many bytes of each direction there were so far, all in requests that were answered.

        For whoever sees a simple exchange for what it is (``Shape.asks``, ``Shape.answers``) while the
        conversation is idle, and doesn't feed it.
        """
        self._to_java.jump(to_java)
        self._to_python.jump(to_python)
        self._asked = True

    def feed(self, direction: Direction, data: bytes) -> list[Event]:
        """Take the next bytes of one direction, and say what happened by them."""
        decoder = self._decoder(direction)
        fresh = decoder.fresh and len(data) <= min(shapes.LONGEST, decoder.max_message)
        shape = shapes.of(direction).get(data.translate(shapes.ALIKE)) if fresh else None
        if shape is not None:
            message = shape.message(data, decoder.offset)
            decoder.jump(decoder.offset + len(data))
            self._message(message)
        else:
            found = decoder.feed(data)
            if fresh and len(found) == 1 and not decoder.pending:
                shapes.learn(found[0])
            for one in found:
                self._message(one)
        return self._happened()

    def end_message(self, direction: Direction) -> list[Event]:
        """What is unfinished in one direction is not going on: it is malformed."""
        for message in self._decoder(direction).end():
            self._message(message)
        return self._happened()

    def end(self) -> list[Event]:
        """The connection closed: everything that was open is over."""
        for decoder in (self._to_java, self._to_python):
            for message in decoder.end():
                self._message(message)
        self._end_stream()
        while self._open:
            self._over(self._open.pop(0))
        return self._happened()

    def _decoder(self, direction: Direction) -> Decoder:
        return self._to_java if direction is _J else self._to_python

    def _happened(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _message(self, message: Message | Malformed) -> None:
        if isinstance(message, Message):
            role = message.role
            if role is _REQUEST_ROLE:
                self._ask(message)
            elif role is _REPLY_ROLE:
                self._answer(message)
            elif self._stream is not None:
                self._stream.stream_bytes += message.size
                self._events.append(Event(Happened.STREAMED, self._stream, message))
            else:  # two were asked at once, which no client of Py4J does, and the other one was answered
                self._orphan(message, "raw bytes came, and no stream command had been answered")
        elif message.raw[:1] == _REPLY or any(pair.asks is message.direction.back for pair in self._open):
            self._answer(message)
        else:
            self._ask(message)

    def _ask(self, message: Message | Malformed) -> None:
        asks, open_ = message.direction, self._open
        pair = Pair(asks, message, open_[-1] if open_ else None)
        if asks is _J:
            self._end_stream()
        self._asked = True
        self._events.append(Event(_ASKED, pair, message))
        if asks is _J and message.command in _UNANSWERED:
            self._over(pair)
            return
        if asks is _J and message.command in _STREAMING:
            self._to_python.expect_stream()
        open_.append(pair)

    def _answer(self, message: Message | Malformed) -> None:
        asked = _P if message.direction is _J else _J
        for index in range(len(self._open) - 1, -1, -1):
            pair = self._open[index]
            if pair.asks is asked:
                pair.reply = message
                self._events.append(Event(_ANSWERED, pair, message))
                for unanswered in self._open[index + 1 :]:
                    self._over(unanswered)
                del self._open[index:]
                if asked is _J and pair.request.command in _STREAMING and message.command == "success":
                    if self._stream is not None:  # several were asked at once: what comes now is this one's
                        self._over(self._stream)
                    self._stream = pair  # its raw bytes are still to come
                else:
                    self._over(pair)
                return
        if isinstance(message, Message) and not self._asked:
            self._events.append(Event(Happened.EARLY, None, message))
        else:
            self._orphan(message, "a reply came, but no request was open on this connection")

    def _orphan(self, message: Message | Malformed, reason: str) -> None:
        """Keep what answers nothing, as a request of its own that nobody can read."""
        orphan = message
        if isinstance(message, Message):
            orphan = Malformed(message.direction, message.raw, message.offset, 0, reason, gaps=message.gaps)
        pair = Pair(message.direction.back, orphan, self._open[-1] if self._open else None)
        self._events.append(Event(_ASKED, pair, message))
        self._over(pair)

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._to_python.end_stream()
            self._over(self._stream)
            self._stream = None

    def _over(self, pair: Pair) -> None:
        self._events.append(Event(_OVER, pair, None))
