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

from sparkwire.wire.gateway.codes import COMMANDS, REPLY_MARKER
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.message import Direction, Malformed, Message, Role

_REPLY = REPLY_MARKER.encode()
_UNANSWERED = frozenset((c.direction, c.word) for c in COMMANDS if not c.answered)
_STREAMING = frozenset((c.direction, c.word) for c in COMMANDS if c.streams)


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

    def __init__(self, *, max_message: int = 16 * 1024 * 1024) -> None:
        self._decoders = {way: Decoder(way, max_message=max_message) for way in Direction}
        self._open: list[Pair] = []
        """The innermost last."""
        self._stream: Pair | None = None
        self._asked = False
        self._events: list[Event] = []

    def pending(self, direction: Direction) -> int:
        """How many bytes of an unfinished message are held of one direction."""
        return self._decoders[direction].pending

    @property
    def streaming(self) -> bool:
        """Whether raw bytes may come from Java now."""
        return self._stream is not None

    @property
    def waiting_for(self) -> Direction | None:
        """The way of the innermost reply that is still to come; None when nothing is open."""
        return self._open[-1].asks.back if self._open else None

    def feed(self, direction: Direction, data: bytes) -> list[Event]:
        """Take the next bytes of one direction, and say what happened by them."""
        for message in self._decoders[direction].feed(data):
            self._message(message)
        return self._happened()

    def end_message(self, direction: Direction) -> list[Event]:
        """What is unfinished in one direction is not going on: it is malformed."""
        for message in self._decoders[direction].end():
            self._message(message)
        return self._happened()

    def end(self) -> list[Event]:
        """The connection closed: everything that was open is over."""
        for decoder in self._decoders.values():
            for message in decoder.end():
                self._message(message)
        self._end_stream()
        while self._open:
            self._over(self._open.pop(0))
        return self._happened()

    def _happened(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _message(self, message: Message | Malformed) -> None:
        if isinstance(message, Message):
            if message.role is Role.REQUEST:
                self._ask(message, message.direction)
            elif message.role is Role.REPLY:
                self._answer(message)
            elif self._stream is not None:
                self._stream.stream_bytes += len(message.raw)
                self._events.append(Event(Happened.STREAMED, self._stream, message))
        elif message.raw[:1] == _REPLY or any(pair.asks is message.direction.back for pair in self._open):
            self._answer(message)
        else:
            self._ask(message, message.direction)

    def _ask(self, message: Message | Malformed, asks: Direction, orphan: Malformed | None = None) -> Pair:
        pair = Pair(asks, orphan or message, self._open[-1] if self._open else None)
        if asks is Direction.TO_JAVA:
            self._end_stream()
        self._asked = True
        self._events.append(Event(Happened.ASKED, pair, message))
        kind = (asks, pair.request.command)
        if kind in _STREAMING:
            self._decoders[asks.back].expect_stream()
        if kind in _UNANSWERED:
            self._over(pair)
        else:
            self._open.append(pair)
        return pair

    def _answer(self, message: Message | Malformed) -> None:
        asked = message.direction.back
        for index in range(len(self._open) - 1, -1, -1):
            pair = self._open[index]
            if pair.asks is asked:
                pair.reply = message
                self._events.append(Event(Happened.ANSWERED, pair, message))
                for unanswered in self._open[index + 1 :]:
                    self._over(unanswered)
                del self._open[index:]
                if (asked, pair.request.command) in _STREAMING and message.command == "success":
                    self._stream = pair  # its raw bytes are still to come
                else:
                    self._over(pair)
                return
        orphan = message if isinstance(message, Malformed) else None
        if orphan is None and not self._asked:
            self._events.append(Event(Happened.EARLY, None, message))
            return
        # A reply to nothing: keep it, as a request of its own that nobody can read.
        if orphan is None:
            reason = "a reply came, but no request was open on this connection"
            orphan = Malformed(message.direction, message.raw, message.offset, 0, reason, message.hidden)
        self._over(self._ask(message, asked, orphan))
        self._open.pop()

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._decoders[self._stream.asks.back].end_stream()
            self._over(self._stream)
            self._stream = None

    def _over(self, pair: Pair) -> None:
        self._events.append(Event(Happened.OVER, pair, None))
