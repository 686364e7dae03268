"""Makes messages of what was said: each decoded, given to its exchange, and without secrets.

The secrets of what people bring are hidden as the recorder hides them, by the same rules, message by message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from sparkwire.record.redact import Expectation, Redactor, Secrets
from sparkwire.sources.piece import Piece
from sparkwire.wire.gateway import COMMANDS, Conversation, Decoder, Event, Happened, Pair
from sparkwire.wire.message import Direction, Malformed, Message

_J, _P = Direction.TO_JAVA, Direction.TO_PYTHON
_CODES = frozenset(command.code.encode() for command in COMMANDS)
_CALLBACKS = frozenset((b"c", b"g"))
_UNDECIDED = 1 << 20
"""Bytes of a connection that are held until it is known which end is Java's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and where it belongs."""

    message: Message | Malformed
    connection: int
    exchange: int = 0
    """The exchange's number; 0 where nothing says to which one the message belongs."""
    answers: bool = False
    among: tuple[int, ...] = ()
    """Of an answer: the exchanges that were open, when it may belong to any of them."""
    t_ns: int | None = None
    after_ns: int | None = None
    """Of an answer: the time since its request."""


class Hider:
    """Hides the secrets in the messages of one connection."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._begin()

    def hide(self, message: Message | Malformed) -> Message | Malformed:
        """The message without its secrets. Messages come in their order."""
        way, raw = message.direction, message.raw
        if raw.startswith(b"A\n"):
            self._begin()  # a connection begins here, whether its beginning was seen or not
        redactor, before = self._redactors[way], self._passed[way]
        data, spans = redactor.feed(raw), redactor.spans
        if len(data) < len(raw):
            data += redactor.end()
            spans += redactor.spans
        self._passed[way] += len(data)
        if not spans:
            return message
        hidden = tuple((start - before, end - before) for start, end in spans)
        return _starred(message, data, hidden)

    def _begin(self) -> None:
        expectation = Expectation(self._secrets)
        self._redactors = {way: Redactor(expectation) for way in Direction}
        self._passed = dict.fromkeys(Direction, 0)


def _starred(
    message: Message | Malformed, data: bytes, hidden: tuple[tuple[int, int], ...]
) -> Message | Malformed:
    """The message, made of the bytes without secrets."""
    if isinstance(message, Malformed):
        return replace(message, raw=data, hidden=hidden)
    decoder = Decoder(message.direction)
    found = [*decoder.feed(data), *decoder.end()]
    if len(found) == 1 and isinstance(found[0], Message):
        return found[0].at(message.offset).hiding(hidden)
    # Bytes of a stream, or a message that isn't held whole: a field with a secret shows nothing of it.
    fields = tuple(
        field._replace(value="*" * (field.end - field.start))
        if any(start < field.end and field.start < end for start, end in hidden)
        else field
        for field in message.fields
    )
    said = message.direction, message.role, message.command, data
    return Message(*said, message.offset, fields, hidden, message.gaps)


class _Connection:
    """One connection: its conversation, and what of it isn't understood yet."""

    def __init__(self, secrets: Secrets, number: int = 0) -> None:
        self.number = number
        """0 before it is known to be Py4J's."""
        self.conversation = Conversation()
        self.hider = Hider(secrets)
        self.java_end: int | None = None
        """Which end is Java's."""
        self.waiting: list[Piece] = []
        """What was said before that was known."""
        self.waiting_size = 0
        self.times: dict[Direction, deque[tuple[int, int | None]]] = {way: deque() for way in Direction}
        """For each direction where pieces begin, and when they were said."""
        self.fed = dict.fromkeys(Direction, 0)
        self.numbers: dict[Pair, tuple[int, int | None]] = {}
        """The open exchanges: the number of each, and the time of its request."""
        self.doubtful: set[Pair] = set()
        """Those of which it can't be told which one an answer belongs to."""
        self.mixed: set[int] = set()
        """The numbers of these, and of those that were answered meanwhile."""

    def when(self, message: Message | Malformed) -> int | None:
        """When the message began. Asked in the order of a direction's messages."""
        times = self.times[message.direction]
        while len(times) > 1 and times[1][0] <= message.offset:
            times.popleft()
        return times[0][1] if times else None


class Hearing:
    """Feed it what was said; it gives back what was heard.

    ``in_doubt`` says that one connection of the source may be several, whose messages are mixed: an answer is
    then only given to a request when no other is open.
    """

    def __init__(self, *, in_doubt: bool = False) -> None:
        self._in_doubt = in_doubt
        self._secrets = Secrets()
        self._connections: dict[Hashable, _Connection | None] = {}
        """None for those that are no Py4J's."""
        self._numbers = 0
        self._count = 0
        self.exchanges = 0
        self.broken = 0
        """Places at which something is missing."""
        self.foreign = 0
        """Connections on which something else than Py4J was spoken."""

    def feed(self, said: Piece) -> Iterator[Heard]:
        if said.opens:
            yield from self._close(said.connection)
        if said.connection not in self._connections:
            self._connections[said.connection] = _Connection(self._secrets)
        connection = self._connections[said.connection]
        if connection is not None and (said.data or said.broken):
            if said.direction is not None:
                yield from self._hear(connection, said, said.direction)
            elif connection.java_end is not None:
                yield from self._hear(connection, said, _P if said.end == connection.java_end else _J)
            else:
                yield from self._orient(said.connection, connection, said)
        if said.closes:
            yield from self._close(said.connection)

    def end(self) -> Iterator[Heard]:
        for name in list(self._connections):
            yield from self._close(name)

    def _heard(self, connection: _Connection, event: Event) -> Heard | None:
        """What an event of a connection's conversation gives to hear; None when that is nothing."""
        happened, pair, message = event
        if message is None:
            if happened is Happened.OVER and pair is not None:
                connection.numbers.pop(pair, None)
                connection.doubtful.discard(pair)
                if not connection.doubtful:
                    connection.mixed.clear()
            return None
        t_ns = connection.when(message)
        shown = connection.hider.hide(message)
        orphan = pair is not None and isinstance(pair.request, Malformed) and isinstance(message, Message)
        if happened is Happened.ASKED and pair is not None and not orphan:
            self.exchanges += 1
            if self._in_doubt:
                open_now = [one for one in connection.numbers if one.asks is pair.asks]
                if open_now:
                    connection.doubtful.update((*open_now, pair))
                    connection.mixed.update(
                        (self.exchanges, *(connection.numbers[one][0] for one in open_now))
                    )
            connection.numbers[pair] = (self.exchanges, t_ns)
            return Heard(shown, connection.number, self.exchanges, t_ns=t_ns)
        if happened in (Happened.ANSWERED, Happened.STREAMED) and pair is not None:
            if pair in connection.doubtful:
                among = tuple(sorted(connection.mixed))
                return Heard(shown, connection.number, answers=True, among=among, t_ns=t_ns)
            number, asked_ns = connection.numbers.get(pair, (0, None))
            after = t_ns - asked_ns if t_ns is not None and asked_ns is not None else None
            return Heard(shown, connection.number, number, True, t_ns=t_ns, after_ns=after)
        return Heard(shown, connection.number, t_ns=t_ns)

    def both_ways(self, events: list[Event]) -> Iterator[Heard]:
        """What is heard in a stream of both directions that ``BothWays`` has taken apart."""
        connection = self._connections.setdefault(None, _Connection(self._secrets, 1))
        assert connection is not None
        for event in events:
            if (heard := self._heard(connection, event)) is not None:
                yield heard

    def _hear(self, connection: _Connection, said: Piece, way: Direction) -> Iterator[Heard]:
        if not connection.number:
            self._numbers += 1
            connection.number = self._numbers
        self.broken += said.broken
        connection.times[way].append((connection.fed[way], said.t_ns))
        connection.fed[way] += len(said.data)
        events = connection.conversation.feed(way, said.data) if said.data else []
        if said.broken:
            events = [*events, *connection.conversation.end_message(way)]
        for event in events:
            if (heard := self._heard(connection, event)) is not None:
                yield heard

    def _orient(self, name: Hashable, connection: _Connection, said: Piece) -> Iterator[Heard]:
        """Find out which end is Java's, from what the ends ask."""
        connection.waiting.append(said)
        connection.waiting_size += len(said.data)
        for end in (0, 1):
            asks = _first_that_asks(one for one in connection.waiting if one.end == end)
            if asks is None:
                self._connections[name] = None
                self.foreign += 1
                return
            if isinstance(asks, Direction):
                connection.java_end = 1 - end if asks is _J else end
                break
        else:
            if connection.waiting_size > _UNDECIDED:
                self._connections[name] = None
                self.foreign += 1
            return
        yield from self._oriented(connection)

    def _oriented(self, connection: _Connection) -> Iterator[Heard]:
        waiting, connection.waiting = connection.waiting, []
        for one in waiting:
            yield from self._hear(connection, one, _P if one.end == connection.java_end else _J)

    def _close(self, name: Hashable) -> Iterator[Heard]:
        connection = self._connections.pop(name, None)
        if connection is None:
            return
        if connection.waiting:  # nothing but an authentication, or but replies: the one who replies is Java
            replies = [one.end for one in connection.waiting if one.data.startswith(b"!")]
            connection.java_end = replies[0] if replies else 1 - connection.waiting[0].end
            yield from self._oriented(connection)
        for event in connection.conversation.end():
            if (heard := self._heard(connection, event)) is not None:
                yield heard


def _first_that_asks(said: Iterable[Piece]) -> Direction | bool | None:
    """What ``_asks`` says of what one end said; behind a gap it may be told what wasn't before."""
    begun = b""
    for one in said:
        begun += one.data
        if one.broken:
            asks = _asks(begun)
            if asks is not True:
                return asks
            begun = b""
    return _asks(begun)


def _asks(begun: bytes) -> Direction | bool | None:
    """Which way the requests go of an end that began like this.

    True when that can't be told yet, None when it is no Py4J.
    """
    if begun[:1] in (b"", b"!"):
        return True
    lines = begun.split(b"\n", 4)
    if lines[0] == b"A" and len(lines) > 2:  # both sides authenticate alike; then comes the first command
        lines = lines[2:]
        if lines[0] == b"" or lines[0].startswith(b"!"):
            return True
    code, whole = lines[0], len(lines) > 1
    if not whole:
        return True if any(one.startswith(code) for one in _CODES) else None
    if code not in _CODES:
        return None
    if code == b"A" or (code in _CALLBACKS and len(lines) < 3):
        return True
    return _P if code in _CALLBACKS and lines[1][:1] == b"p" and lines[1][1:].isdigit() else _J
