"""Cuts a stretch of time out of what a worker recorded: the rounds that began in it, whole.

A notebook's cell ends, and the workers that ran for it stay. So of each worker's part a cell takes the rounds
that are its own. They become a connection of which the recording has neither the beginning nor the end
(``Worker.rounds_before``, ``Worker.goes_on``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sparkwire.trace.records import Chunk, Closed, Opened, Record, Redacted, Waited, Withheld, Worker
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import Passed, RoundPhase, WorkerConversation


class Cut(NamedTuple):
    """What was cut out of a part."""

    records: list[Record]
    """Empty where no round of the part began in that time."""
    open: bool
    """Whether a round in it wasn't over, and still can be."""


def _running(worker: Worker) -> bool:
    return True


def cut(
    records: Iterable[Record], begin_ns: int, end_ns: int, running: Callable[[Worker], bool] = _running
) -> Cut:
    """Of a part's records, the rounds that began between two times.

    What was said of the part as a whole stays: that it is incomplete, for instance. ``running`` is asked
    about a worker that left a round open: one that was killed couldn't write that its connection closed.
    """
    part = _Part(running)
    for record in records:
        part.take(record)
    return part.cut(begin_ns, end_ns)


@dataclass(slots=True)
class _Round:
    """Where one round's records are."""

    start_ns: int
    indexes: list[int] = field(default_factory=list)
    over: bool = False


class _Part:
    """A part's records, each with the round that it belongs to."""

    def __init__(self, running: Callable[[Worker], bool]) -> None:
        self._running = running
        self._records: list[Record] = []
        self._conversation: WorkerConversation | None = None
        self._worker: Worker | None = None
        self._opened: Opened | None = None
        self._closed: Closed | None = None
        self._rounds: dict[int, _Round] = {}
        self._unclaimed: dict[Direction, list[int]] = {way: [] for way in Direction}
        """Records of an unfinished message, whose round isn't known yet."""
        self._greeting: list[int] = []
        """The records of what passed before the first round."""

    def take(self, record: Record) -> None:
        self._records.append(record)
        index = len(self._records) - 1
        match record:
            case Opened():
                self._opened = record
            case Worker():
                self._worker = record
                self._conversation = WorkerConversation(record.pyspark, record.handshake)
            case Closed():
                self._closed = record
                if self._conversation is not None:
                    self._say(self._conversation.end())
            case Chunk() if self._conversation is not None:
                self._unclaimed[record.direction].append(index)
                self._say(self._conversation.feed(record.direction, record.data))
            case Withheld() if self._conversation is not None:
                self._unclaimed[record.direction].append(index)
                way, size, digest = record.direction, record.size, record.digest
                self._say(self._conversation.skip(way, size, digest))
            case Waited() | Redacted() if record.connection:
                self._unclaimed[record.direction].append(index)

    def _say(self, passed: Sequence[Passed]) -> None:
        """What came of a record: the first message of a direction says whose its records are."""
        for phase, round, message in passed:
            if phase is RoundPhase.OVER and round is not None:
                self._rounds[round.number].over = True
            elif message is not None and (waiting := self._unclaimed[message.direction]):
                if round is None:
                    self._greeting += waiting
                else:
                    mine = self._rounds.setdefault(round.number, _Round(self._time(waiting)))
                    mine.indexes += waiting
                self._unclaimed[message.direction] = []

    def _time(self, indexes: Sequence[int]) -> int:
        """When the first of some records passed."""
        for record in map(self._records.__getitem__, indexes):
            if isinstance(record, Chunk):
                return record.t_ns
            if isinstance(record, Withheld):
                return record.first_ns
        return 0

    def cut(self, begin_ns: int, end_ns: int) -> Cut:
        if self._worker is None or self._opened is None:
            return Cut([], False)
        numbers = [n for n, one in sorted(self._rounds.items()) if begin_ns <= one.start_ns <= end_ns]
        # The rest of a message that hasn't come whole may be the newest round's, or one that begins.
        waiting = [i for indexes in self._unclaimed.values() for i in indexes]
        pending = [i for i in waiting if begin_ns <= self._time([i]) <= end_ns]
        if not numbers:
            return Cut([], bool(pending) and self._running(self._worker))
        kept = {i for n in numbers for i in self._rounds[n].indexes}
        kept.update(pending)
        first = numbers[0] == 1
        if first:
            kept.update(self._greeting)
        last = numbers[-1] == max(self._rounds)
        over = all(self._rounds[n].over for n in numbers)
        killed = not over and last and self._closed is None and not self._running(self._worker)
        worker = replace(
            self._worker,
            handshake=self._worker.handshake if first else "none",
            rounds_before=numbers[0] - 1,
            goes_on=not last or (self._closed is None and not killed),
        )
        found: list[Record] = [self._opened, worker, *self._moved(kept)]
        if self._closed is not None and last:
            found.append(self._closed)
        return Cut(found, not over and not killed)

    def _moved(self, kept: set[int]) -> Iterable[Record]:
        """The records that are kept. The offsets of placeholders count from the first byte that is."""
        dropped = dict.fromkeys(Direction, 0)
        for index, record in enumerate(self._records):
            if isinstance(record, (Chunk, Withheld)):
                if index in kept:
                    yield record
                else:
                    dropped[record.direction] += _size(record)
            elif isinstance(record, Redacted):
                if index in kept and record.connection:
                    by = dropped[record.direction]
                    yield replace(record, spans=tuple((a - by, b - by) for a, b in record.spans))
            elif isinstance(record, Waited):
                if index in kept:
                    yield record
            elif not isinstance(record, (Opened, Worker, Closed)):
                yield record


def _size(record: Chunk | Withheld) -> int:
    return len(record.data) if isinstance(record, Chunk) else record.size
