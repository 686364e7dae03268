"""Makes exchanges of a trace's records: each connection's conversation, with who asked, where and when.

Exchanges are numbered in the order in which the requests were sent and given out in that order, as soon as
the earlier ones are complete. Memory stays flat: what is held back is limited, and beyond the limit exchanges
come out early rather than be kept.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from sparkwire.trace.hidden import Hidden, guessed
from sparkwire.trace.order import in_order
from sparkwire.trace.records import (
    CallSite,
    Channel,
    Chunk,
    Closed,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
    Unsent,
)
from sparkwire.trace.turn import Turn
from sparkwire.wire.gateway import Conversation, Event, Happened, Pair, shapes
from sparkwire.wire.gateway.shapes import Shape
from sparkwire.wire.message import Direction, Malformed, Message

_TO_JAVA, _TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
_GATEWAY, _CALLBACK = Channel.GATEWAY, Channel.CALLBACK
_ALIKE = shapes.ALIKE
_new: Callable[[type, tuple[object, ...]], Any] = tuple.__new__  # half the time of calling the class
_ASKED, _ANSWERED, _OVER = Happened.ASKED, Happened.ANSWERED, Happened.OVER
MAX_HELD_BACK = 50_000
"""Complete exchanges that may wait for an earlier one before they are given out of order."""
_MANY = 64
"""Chunks of one unfinished message, after which most of them are dropped: a message can be of any length."""


class _Exchange(NamedTuple):
    """What an exchange holds. A named tuple, because a long trace makes millions."""

    n: int
    connection: int
    start_ns: int
    channel: Channel
    """``gateway`` when Python asked, ``callback`` when Java did."""
    request: Message | Malformed
    reply: Message | Malformed | None = None
    """None when no reply was seen: the command has none, or the program ended first."""
    thread: str = ""
    thread_number: int = 0
    duration_ns: int | None = None
    site: CallSite | None = None
    parent: int | None = None
    """``n`` of the exchange during which this one ran on the same connection (a nested callback)."""
    stream_bytes: int = 0
    """How many raw bytes followed the reply (stream command only)."""
    unsent: str = ""
    """Why the request did not leave, or only in part: Java can't have run it. Empty for all others."""


class Exchange(_Exchange, Turn):
    """A request on the gateway wire with its reply.

    ``thread`` is the Python thread that sent the request or, for a callback, answered it. ``duration_ns`` is
    the time from the request to the reply.
    """

    __slots__ = ()
    wire: ClassVar[str] = "gateway"

    @property
    def command(self) -> str:
        """The word of the request's command, such as ``call``."""
        return self.request.command

    @property
    def messages(self) -> tuple[Message | Malformed, ...]:
        return (self.request,) if self.reply is None else (self.request, self.reply)

    @property
    def failed(self) -> bool:
        return bool(self.unsent) or (self.reply is not None and self.reply.command != "success")


@dataclass(slots=True)
class _Draft:
    """What is known of an exchange before it is over."""

    n: int
    began: Chunk
    site: CallSite | None
    thread: tuple[int, str]
    parent: int | None
    duration_ns: int | None = None
    unsent: str = ""


class _Asked(NamedTuple):
    """A request of a known shape that began on an idle connection."""

    chunk: Chunk
    shape: Shape
    n: int
    site: CallSite | None
    thread: tuple[int, str]


class _Connection:
    """One connection: its conversation, and the chunks that its unfinished messages came in.

    Most exchanges are simple: a request in one chunk while nothing else is going on, then its reply in one
    chunk, both of known shapes. The builder makes these without the conversation, which takes part when
    anything else comes.
    """

    __slots__ = ("apart", "asked", "conversation", "drafts", "idle", "to_java", "to_python")

    def __init__(self) -> None:
        self.conversation = Conversation()
        self.drafts: dict[Pair, _Draft] = {}
        self.to_java, self.to_python = _Pieces(), _Pieces()
        self.idle = True
        """Whether the conversation is: then the next chunk may begin a simple exchange."""
        self.asked: _Asked | None = None
        """The request that may be that of a simple exchange. The conversation doesn't know of it."""
        self.apart = False
        """Whether there were simple exchanges that the conversation doesn't know of."""

    def add(self, chunk: Chunk) -> list[Event]:
        way = chunk.direction
        pieces = self.to_java if way is _TO_JAVA else self.to_python
        if self.conversation.pending(way) == 0:
            pieces.chunks.clear()
        elif len(pieces.chunks) > _MANY:
            pieces.thin(*self.conversation.unfinished(way))
        pieces.add(chunk)
        return self.conversation.feed(way, chunk.data)

    def resume(self) -> _Asked | None:
        """The conversation takes part again; the request that it must be told of first."""
        asked, self.asked = self.asked, None
        if self.apart:
            self.conversation.jump(self.to_java.fed, self.to_python.fed)
            self.apart = False
        self.idle = False
        return asked

    def began(self, message: Message | Malformed) -> Chunk:
        """The chunk in which a message began."""
        pieces = self.to_java if message.direction is _TO_JAVA else self.to_python
        return pieces.holding(message.offset)

    def hidden(self, way: Direction) -> Hidden:
        """The placeholders in one direction."""
        return (self.to_java if way is _TO_JAVA else self.to_python).hidden

    def last(self, way: Direction) -> Chunk | None:
        """The last chunk of one direction; None when there was none."""
        chunks = (self.to_java if way is _TO_JAVA else self.to_python).chunks
        return chunks[-1][1] if chunks else None


class _Pieces:
    """The chunks of one direction that may hold the beginning of a message: it may be sent in pieces."""

    __slots__ = ("chunks", "fed", "hidden")

    def __init__(self) -> None:
        self.hidden = Hidden()
        self.chunks: deque[tuple[int, Chunk]] = deque()
        """Each with the offset at which it begins."""
        self.fed = 0

    def add(self, chunk: Chunk) -> None:
        self.chunks.append((self.fed, chunk))
        self.fed += len(chunk.data)

    def thin(self, message: int, line: int) -> None:
        """Keep no chunk in which nothing can begin any more.

        The unfinished message begins at offset ``message``. Should it turn out to be malformed, another one
        can begin with the unfinished line, at ``line``.
        """
        self.holding(message)
        chunks = self.chunks
        holding_line = max(at for at, (offset, _) in enumerate(chunks) if offset <= line)
        self.chunks = deque(chunks[at] for at in sorted({0, holding_line, len(chunks) - 1}))

    def holding(self, offset: int) -> Chunk:
        """The chunk with the byte at ``offset``, which is not before one that was asked for already."""
        chunks = self.chunks
        while len(chunks) > 1 and chunks[1][0] <= offset:
            chunks.popleft()
        return chunks[0][1]


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
        self._names_hidden = False
        """Whether the trace says where placeholders stand."""

    def feed(self, record: Record) -> list[Exchange]:
        """The exchanges that can be given out now, in the order of their numbers."""
        if not isinstance(record, Chunk):
            return self._told(record)
        connection = self._connections.get(record.connection) or self._connection(record.connection)
        if connection.idle and len(record.data) <= shapes.LONGEST:
            way = record.direction
            known = shapes.TO_JAVA if way is _TO_JAVA else shapes.TO_PYTHON
            shape = known.get(record.data.translate(_ALIKE))
            if shape is not None:
                asked = connection.asked
                if asked is None:
                    if shape.asks:
                        self._count += 1
                        site = self._sites.get(record.site)
                        thread = self._threads.get(record.thread, _NO_THREAD)
                        connection.asked = _new(_Asked, (record, shape, self._count, site, thread))
                        return []
                elif shape.answers and asked.chunk.direction is not way:
                    return self._simple(connection, asked, record, shape)
        self._resume(connection)
        self._take(connection, connection.add(record), record)
        connection.idle = connection.conversation.idle
        return self._release() if self._done else []

    def end(self) -> list[Exchange]:
        """Everything that is left, in order, with ``reply`` None where none came."""
        for number in list(self._connections):
            self._close(number)
        left = [exchange for _, exchange in sorted(self._done, key=lambda pair: pair[0])]
        self._done.clear()
        return left

    def _told(self, record: Record) -> list[Exchange]:
        """Take a record that is no chunk."""
        match record:
            case Opened():
                self._close(record.connection)
                self._connections[record.connection] = _Connection()
            case Closed():
                self._close(record.connection)
            case Unsent():
                self._not_sent(self._connection(record.connection), record.reason)
            case Site():
                self._sites[record.id] = record.site
            case Redacted():
                self._names_hidden = True
                if record.spans:
                    self._connection(record.connection).hidden(record.direction).add(record.spans)
            case ThreadName():
                # One for each thread; an ident that comes again was given to another thread meanwhile.
                self._thread_count += 1
                self._threads[record.thread] = (self._thread_count, record.name)
            case _:
                return []
        return self._release()

    def _simple(self, connection: _Connection, asked: _Asked, answer: Chunk, shape: Shape) -> list[Exchange]:
        """A simple exchange, which this reply completes."""
        chunk, asked_shape, n, site, thread = asked
        channel, there, back = _GATEWAY, connection.to_java, connection.to_python
        if answer.direction is _TO_JAVA:
            channel, there, back = _CALLBACK, back, there
            thread = self._threads.get(answer.thread, thread)
        request, reply = asked_shape.message(chunk.data, there.fed), shape.message(answer.data, back.fed)
        there.fed += len(chunk.data)
        back.fed += len(answer.data)
        connection.asked = None
        connection.apart = True
        exchange: Exchange = _new(
            Exchange,
            (
                n, chunk.connection, chunk.t_ns, channel, request, reply,
                thread[1], thread[0], answer.t_ns - chunk.t_ns, site, None, 0, "",
            ),
        )  # fmt: skip
        if n == self._next and not self._done:
            self._next += 1
            return [exchange]
        heapq.heappush(self._done, (n, exchange))
        return self._release()

    def _not_sent(self, connection: _Connection, reason: str) -> None:
        """The last chunk to Java did not leave. If a request began in it, say so of that."""
        self._resume(connection)
        connection.idle = connection.conversation.idle
        last = connection.last(_TO_JAVA)
        for pair, draft in connection.drafts.items():
            if pair.asks is _TO_JAVA and draft.began is last:
                draft.unsent = reason

    def _resume(self, connection: _Connection) -> None:
        """Tell the conversation what it doesn't know of."""
        if connection.idle and (asked := connection.resume()) is not None:
            self._take(connection, connection.add(asked.chunk), asked.chunk, asked)

    def _connection(self, number: int) -> _Connection:
        connection = self._connections.get(number)
        if connection is None:  # a trace that begins in the middle
            connection = self._connections[number] = _Connection()
        return connection

    def _take(
        self, connection: _Connection, events: list[Event], chunk: Chunk, asked: _Asked | None = None
    ) -> None:
        """Keep what happened, by ``chunk`` or after it.

        ``asked`` is the request in it, where that has its number already.
        """
        for happened, pair, message in events:
            if happened is _ASKED:
                assert pair is not None
                assert message is not None
                self._count += asked is None
                began = connection.began(message)
                connection.drafts[pair] = _Draft(
                    self._count if asked is None else asked.n,
                    began,
                    self._sites.get(began.site),
                    self._threads.get(chunk.thread, _NO_THREAD) if asked is None else asked.thread,
                    connection.drafts[pair.outer].n if pair.outer is not None else None,
                )
                pair.request = self._marked(connection, pair.request)
            elif happened is _ANSWERED:
                assert pair is not None
                assert pair.reply is not None
                pair.reply = self._marked(connection, pair.reply)
                draft = connection.drafts[pair]
                draft.duration_ns = chunk.t_ns - draft.began.t_ns
                if pair.asks is _TO_PYTHON and (answering := self._threads.get(chunk.thread)):
                    draft.thread = answering
            elif happened is _OVER:
                assert pair is not None
                self._complete(connection, pair)
            elif happened is Happened.EARLY:
                self.early_replies += 1

    def _marked(self, connection: _Connection, message: Message | Malformed) -> Message | Malformed:
        if b"*" not in message.raw and not message.gaps:
            return message
        return connection.hidden(message.direction).mark(message) if self._names_hidden else guessed(message)

    def _complete(self, connection: _Connection, pair: Pair) -> None:
        draft = connection.drafts.pop(pair)
        exchange = Exchange(
            n=draft.n,
            connection=draft.began.connection,
            thread=draft.thread[1],
            thread_number=draft.thread[0],
            start_ns=draft.began.t_ns,
            duration_ns=draft.duration_ns,
            channel=_GATEWAY if pair.asks is _TO_JAVA else _CALLBACK,
            request=pair.request,
            reply=pair.reply,
            site=draft.site,
            parent=draft.parent,
            stream_bytes=pair.stream_bytes,
            unsent=draft.unsent,
        )
        heapq.heappush(self._done, (exchange.n, exchange))

    def _close(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is None:
            return
        self._resume(connection)
        for way in Direction:
            if (last := connection.last(way)) is not None:
                self._take(connection, connection.conversation.end_message(way), last)
        self._take(connection, connection.conversation.end(), _NO_CHUNK)

    def _release(self) -> list[Exchange]:
        released: list[Exchange] = []
        done = self._done
        while done and (done[0][0] <= self._next or len(done) > MAX_HELD_BACK):
            number, exchange = heapq.heappop(done)
            self._next = max(self._next, number + 1)
            released.append(exchange)
        return released


_NO_THREAD = (0, "")
_NO_CHUNK = Chunk(0, Direction.TO_JAVA, 0, 0, 0, b"")
"""Stands for the chunk at the end of a conversation, when nothing is asked or answered any more."""


def exchanges(records: Iterable[Record]) -> Iterator[Exchange]:
    """The exchanges of a trace, as a stream."""
    builder = ExchangeBuilder()
    for record in in_order(records):
        yield from builder.feed(record)
    yield from builder.end()
