"""Makes exchanges of a trace's records: each connection's conversation, with who asked, where and when.

Exchanges are numbered in the order in which the requests were sent and given out in that order, as soon as
the earlier ones are complete. Memory stays flat: what is held back is limited, and beyond the limit exchanges
come out early rather than be kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from sparkwire.trace.gateway.connection import Asked, Draft, PairedConnection, Start, Starts
from sparkwire.trace.gateway.exchange import MAX_ALIKE, Alike, Exchange, Paired, Simple, whole
from sparkwire.trace.hidden import guessed
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
from sparkwire.wire.gateway import Event, Happened, Pair, shapes
from sparkwire.wire.message import Direction, Malformed, Message

_TO_JAVA, _TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
_GATEWAY, _CALLBACK = Channel.GATEWAY, Channel.CALLBACK
_new: Callable[[type, tuple[object, ...]], Any] = tuple.__new__  # half the time of calling the class
_ASKED, _ANSWERED, _OVER = Happened.ASKED, Happened.ANSWERED, Happened.OVER
MAX_HELD_BACK = 50_000
"""Complete exchanges that may wait for an earlier one before they are given out of order."""


class ExchangeBuilder:
    """Feed it records in order; it gives back the exchanges that are complete.

    Call ``end`` once after the last record for those that never got a reply.
    """

    def __init__(self) -> None:
        self._connections: dict[int, PairedConnection] = {}
        self._sites: dict[int, CallSite] = {}
        self._threads: dict[int, tuple[int, str]] = {}
        """For each ident the thread that has it now: its number and its name."""
        self._thread_count = 0
        self._count = 0
        self._next = 1
        self.early_replies = 0
        """Replies that came first on their connection: to requests from before the recording began."""
        self._kinds = 0
        self._done: list[tuple[int, Paired]] = []
        self._names_hidden = False
        """Whether the trace says where placeholders stand."""

    def feed(self, records: Iterable[Record]) -> list[Paired]:
        """The exchanges that can be given out now, in the order of their numbers."""
        # All of a long trace passes here, so what nearly all of it needs is written out.
        given: list[Paired] = []
        connections, alike_, longest = self._connections, shapes.ALIKE, shapes.LONGEST
        for record in records:
            if type(record) is not Chunk:
                given += self._told(record)
                continue
            number, way, t_ns, thread, site, data = record
            connection = connections.get(number) or self._connection(number)
            if connection.idle and len(data) <= longest:
                key = data.translate(alike_)
                if (asked := connection.asked) is None:
                    starts = (connection.to_java if way is _TO_JAVA else connection.to_python).starts
                    start = starts.get((key, thread, site)) or self._start(starts, key, record)
                    if start is not None:
                        self._count = n = self._count + 1
                        connection.asked = (record, start, n)
                        continue
                else:
                    request, start, n = asked
                    if way is not request.direction and thread == request.thread:
                        alike = start.replies.get(key) or self._alike(start, key, request, way)
                        if alike is not None:
                            there, back = connection.to_java, connection.to_python
                            if way is _TO_JAVA:
                                there, back = back, there
                            _, _, begun, _, _, said = request
                            simple: Simple = _new(
                                Simple, (n, alike, begun, t_ns - begun, said, data, there.fed, back.fed)
                            )
                            there.fed += len(said)
                            back.fed += len(data)
                            connection.asked = None
                            connection.apart = True
                            if n == self._next and not self._done:
                                self._next = n + 1
                                given.append(simple)
                            else:
                                heapq.heappush(self._done, (n, simple))
                                given += self._release()
                            continue
            self._resume(connection)
            self._take(connection, connection.add(record), record)
            connection.idle = connection.conversation.idle
            if self._done:
                given += self._release()
        return given

    def _start(self, starts: Starts, key: bytes, request: Chunk) -> Start | None:
        """How a simple exchange begins; None when ``request`` begins none."""
        shape = shapes.of(request.direction).get(key)
        if shape is None or not shape.asks:
            return None
        site, thread = self._sites.get(request.site), self._threads.get(request.thread)
        start = Start(shape, thread or _NO_THREAD, site)
        if thread is not None and (site is not None or request.site == 0):  # else they may become known
            self._learn()
            starts[key, request.thread, request.site] = start
        return start

    def _alike(self, start: Start, key: bytes, request: Chunk, way: Direction) -> Alike | None:
        """What a simple exchange has in common with others; None when it isn't simple."""
        shape = shapes.of(way).get(key)
        if shape is None or not shape.answers:
            return None
        self._learn()
        channel = _GATEWAY if way is _TO_PYTHON else _CALLBACK
        alike = Alike(request.connection, channel, start.shape, shape, start.thread, start.site)
        start.replies[key] = alike
        return alike

    def _learn(self) -> None:
        """Make room for another kind of simple exchange."""
        self._kinds += 1
        if self._kinds > MAX_ALIKE:
            self._forget()
            self._kinds = 1

    def _forget(self) -> None:
        for connection in self._connections.values():
            connection.forget()

    def end(self) -> list[Paired]:
        """Everything that is left, in order, with ``reply`` None where none came."""
        for number in list(self._connections):
            self._close(number)
        left = [exchange for _, exchange in sorted(self._done)]
        self._done.clear()
        return left

    def _told(self, record: Record) -> list[Paired]:
        """Take a record that is no chunk."""
        match record:
            case Opened():
                self._close(record.connection)
                self._connections[record.connection] = PairedConnection()
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
                for connection in self._connections.values():
                    if (asked := connection.asked) is not None and asked[0].thread == record.thread:
                        self._resume(connection)  # its reply may be by the other thread
                if record.thread in self._threads:
                    self._forget()
                self._threads[record.thread] = (self._thread_count, record.name)
        return self._release()

    def _not_sent(self, connection: PairedConnection, reason: str) -> None:
        """The last chunk to Java did not leave. If a request began in it, say so of that."""
        self._resume(connection)
        connection.idle = connection.conversation.idle
        last = connection.last(_TO_JAVA)
        for pair, draft in connection.drafts.items():
            if pair.asks is _TO_JAVA and draft.began is last:
                draft.unsent = reason

    def _resume(self, connection: PairedConnection) -> None:
        """Tell the conversation what it doesn't know of."""
        if connection.idle and (asked := connection.resume()) is not None:
            self._take(connection, connection.add(asked[0]), asked[0], asked)

    def _connection(self, number: int) -> PairedConnection:
        connection = self._connections.get(number)
        if connection is None:  # a trace that begins in the middle
            connection = self._connections[number] = PairedConnection()
        return connection

    def _take(
        self, connection: PairedConnection, events: list[Event], chunk: Chunk, asked: Asked | None = None
    ) -> None:
        """Keep what happened, by ``chunk`` or after it.

        ``asked`` has the request in it, where that has its number already.
        """
        for happened, pair, message in events:
            if happened is _ASKED:
                assert pair is not None
                assert message is not None
                began = connection.began(message)
                if asked is not None:
                    _, start, n = asked
                    site, thread = start.site, start.thread
                else:
                    self._count = n = self._count + 1
                    site = self._sites.get(began.site)
                    thread = self._threads.get(chunk.thread, _NO_THREAD)
                parent = connection.drafts[pair.outer].n if pair.outer is not None else None
                connection.drafts[pair] = Draft(n, began, site, thread, parent)
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

    def _marked(self, connection: PairedConnection, message: Message | Malformed) -> Message | Malformed:
        if b"*" not in message.raw and not message.gaps:
            return message
        return connection.hidden(message.direction).mark(message) if self._names_hidden else guessed(message)

    def _complete(self, connection: PairedConnection, pair: Pair) -> None:
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

    def _release(self) -> list[Paired]:
        released: list[Paired] = []
        done = self._done
        while done and (done[0][0] <= self._next or len(done) > MAX_HELD_BACK):
            number, exchange = heapq.heappop(done)
            self._next = max(self._next, number + 1)
            released.append(exchange)
        return released


_NO_THREAD = (0, "")
_NO_CHUNK = Chunk(0, Direction.TO_JAVA, 0, 0, 0, b"")
"""Stands for the chunk at the end of a conversation, when nothing is asked or answered any more."""


def paired(batches: Iterable[list[Record]], builder: ExchangeBuilder) -> Iterator[list[Paired]]:
    """The exchanges of a trace, as a stream of many at once."""
    for records in in_order(batches):
        yield builder.feed(records)
    yield builder.end()


def exchanges(records: Iterable[Record]) -> Iterator[Exchange]:
    """The exchanges of a trace, as a stream."""
    batches = ([record] for record in records)
    return map(whole, chain.from_iterable(paired(batches, ExchangeBuilder())))
