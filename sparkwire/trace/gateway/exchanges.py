"""Makes exchanges from a trace's records: decodes each connection and pairs requests with replies.

A connection carries both directions, and either side may ask. While Python waits for a reply, Java
can call back on the same connection, so the open requests of a connection form a stack: a reply
answers the innermost open request that went the other way.

Exchanges are numbered in the order in which the requests were sent and given out in that order, as
soon as the earlier ones are complete. Memory stays flat: what is held back is limited, and beyond
the limit exchanges come out early rather than be kept.

It imports the decoder and the model, and nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sparkwire.trace.records import CallSite, Chunk, Closed, JavaCall, Opened, Record, Site, ThreadName
from sparkwire.wire.gateway import Decoder
from sparkwire.wire.message import Direction, Malformed, Message, Role

MAX_HELD_BACK = 50_000
"""Complete exchanges that may wait for an earlier one before they are given out of order."""

_NO_REPLY = frozenset({"shutdown", "cancel"})


@dataclass(slots=True)
class Exchange:
    """A request with its reply."""

    n: int
    """Counts from 1 in the order in which the requests were sent, over all connections."""
    channel: str
    """``gateway`` when Python asked, ``callback`` when Java did."""
    connection: int
    request: Message | Malformed
    reply: Message | Malformed | None
    """None when no reply was seen: the command has none, or the program ended first."""
    site: CallSite | None
    thread: str
    """The name of the Python thread that sent the request or, for a callback, answered it."""
    start_ns: int
    duration_ns: int | None
    parent: int | None = None
    """``n`` of the exchange during which this one ran on the same connection (a nested callback)."""
    thread_number: int = 0
    """Tells threads of one name apart. From 1, as they first spoke; 0 when unknown."""
    stream_bytes: int = 0
    """How many raw bytes followed the reply (stream command only)."""
    java: tuple[JavaCall, ...] = field(default=())
    """The Java calls of this exchange, in order of their start; the first is the command itself."""

    @property
    def command(self) -> str:
        return self.request.command


class _Connection:
    """One connection's decoders and its open requests, innermost last."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.decoders = {direction: Decoder(direction) for direction in Direction}
        self.open: list[Exchange] = []
        self.asked = False
        """Whether a request was seen, from either side."""
        self.stream: Exchange | None = None
        self.began: dict[Direction, Chunk] = {}
        """The chunk in which the unfinished or latest message of each direction began."""


class ExchangeBuilder:
    """Feed it records in order; it gives back the exchanges that are complete.

    Call ``end`` once after the last record for those that never got a reply.
    """

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._sites: dict[int, CallSite] = {}
        self._threads: dict[int, tuple[int, str]] = {}
        """For each ident the thread that has it now: its number and its name."""
        self._thread_count = 0
        self._count = 0
        self._next = 1
        self.early_replies = 0
        """Replies that came first on their connection: to requests from before the recording began."""
        self._done: list[tuple[int, Exchange]] = []

    def feed(self, record: Record) -> list[Exchange]:
        """The exchanges that can be given out now, in the order of their numbers."""
        match record:
            case Chunk():
                self._chunk(record)
                return self._release() if self._done else []
            case Opened():
                self._close(record.connection)
                self._connections[record.connection] = _Connection(record.channel)
            case Closed():
                self._close(record.connection)
            case Site():
                self._sites[record.id] = record.site
            case ThreadName():
                # One for each thread; an ident that comes again was given to another thread meanwhile.
                self._thread_count += 1
                self._threads[record.thread] = (self._thread_count, record.name)
            case _:
                return []
        return self._release()

    def end(self) -> list[Exchange]:
        """Everything that is left, in order, with ``reply`` None where none came."""
        for number in list(self._connections):
            self._close(number)
        left = [exchange for _, exchange in sorted(self._done, key=lambda pair: pair[0])]
        self._done.clear()
        return left

    def _chunk(self, chunk: Chunk) -> None:
        connection = self._connections.get(chunk.connection)
        if connection is None:  # a trace that begins in the middle; most likely Python asked
            connection = self._connections[chunk.connection] = _Connection("gateway")
        decoder = connection.decoders[chunk.direction]
        # A request may be sent in pieces: its time and call site are those of the first.
        if decoder.pending == 0:
            connection.began[chunk.direction] = chunk
        for message in decoder.feed(chunk.data):
            self._message(connection, chunk, message)

    def _message(self, connection: _Connection, chunk: Chunk, message: Message | Malformed) -> None:
        if isinstance(message, Message) and message.role is Role.STREAM:
            if connection.stream is not None:
                connection.stream.stream_bytes += len(message.raw)
            return
        to_java = message.direction is Direction.TO_JAVA
        # A reply to the other side answers a request that came from there.
        answered = "callback" if to_java else "gateway"
        if isinstance(message, Malformed):
            is_request = not any(exchange.channel == answered for exchange in connection.open)
        else:
            is_request = message.role is Role.REQUEST
        if is_request:
            self._request(connection, chunk, message, "gateway" if to_java else "callback")
            return
        for index in range(len(connection.open) - 1, -1, -1):
            exchange = connection.open[index]
            if exchange.channel == answered:
                exchange.reply = message
                exchange.duration_ns = chunk.t_ns - exchange.start_ns
                if answered == "callback" and (answering := self._threads.get(chunk.thread)):
                    exchange.thread_number, exchange.thread = answering
                for unanswered in connection.open[index + 1 :]:
                    self._complete(unanswered)
                del connection.open[index:]
                if exchange.command == "stream" and message.command == "success":
                    connection.stream = exchange  # its raw bytes are still to come
                else:
                    self._complete(exchange)
                return
        if not connection.asked:
            self.early_replies += 1
            return
        # A reply to nothing: keep it, as an exchange that has no request of its own.
        reason = "a reply came, but no request was open on this connection"
        orphan = Malformed(message.direction, message.raw, message.offset, 0, reason)
        self._request(connection, chunk, orphan, answered)
        self._complete(connection.open.pop())

    def _request(
        self, connection: _Connection, chunk: Chunk, message: Message | Malformed, channel: str
    ) -> None:
        self._count += 1
        connection.asked = True
        began = connection.began.get(message.direction, chunk)
        number, thread = self._threads.get(chunk.thread, (0, ""))
        exchange = Exchange(
            n=self._count,
            channel=channel,
            connection=chunk.connection,
            request=message,
            reply=None,
            site=self._sites.get(began.site),
            thread=thread,
            thread_number=number,
            start_ns=began.t_ns,
            duration_ns=None,
            parent=connection.open[-1].n if connection.open else None,
        )
        if connection.stream is not None and channel == "gateway":
            connection.decoders[Direction.TO_PYTHON].end_stream()
            self._complete(connection.stream)
            connection.stream = None
        if message.command == "stream":
            connection.decoders[Direction.TO_PYTHON].expect_stream()
        if message.command in _NO_REPLY and channel == "gateway":
            self._complete(exchange)
        else:
            connection.open.append(exchange)

    def _close(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is None:
            return
        for direction, decoder in connection.decoders.items():
            for message in decoder.end():
                self._message(connection, connection.began[direction], message)
        if connection.stream is not None:
            self._complete(connection.stream)
        for exchange in connection.open:
            self._complete(exchange)

    def _complete(self, exchange: Exchange) -> None:
        heapq.heappush(self._done, (exchange.n, exchange))

    def _release(self) -> list[Exchange]:
        released: list[Exchange] = []
        done = self._done
        while done and (done[0][0] <= self._next or len(done) > MAX_HELD_BACK):
            number, exchange = heapq.heappop(done)
            self._next = max(self._next, number + 1)
            released.append(exchange)
        return released


def exchanges(records: Iterable[Record]) -> Iterator[Exchange]:
    """The exchanges of a trace, as a stream."""
    builder = ExchangeBuilder()
    for record in records:
        yield from builder.feed(record)
    yield from builder.end()
