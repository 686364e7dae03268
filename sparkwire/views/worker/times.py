"""How a run of a Python worker spent its time: starting, waiting, computing.

The worker's own account says when it began to read, when it had unpickled the function and when it had
written its last row, in whole milliseconds. The bytes say when the init message and the first rows had come,
and the recorder which system calls waited.

* *Starting* ends when the function is unpickled. A new worker starts since it began to read; a worker that is
  used again, since its init message came. Before that it had nothing to do, which is no cost of the run.
* *Waiting* is what its system calls waited from there up to the last row: for rows to come, or for room for
  results. In an older trace, which doesn't tell of such waits (``Waited``), it is the time until the first
  rows came.
* *Computing* is the rest, up to the last row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from sparkwire.plain import duration
from sparkwire.trace.worker.runs import Run
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import RoundPhase, phase_of

MILLISECOND = 1_000_000
"""Nanoseconds."""
LEAST_PART = 0.01
"""A wait that takes a smaller part of its run isn't a stretch of its own. Its time counts all the same."""


class Doing(Enum):
    """What a worker does in a stretch of a run. The value is the word that is shown."""

    STARTING = "starting"
    WAITING = "waiting"
    COMPUTING = "computing"
    UNTOLD = "not told"
    """The worker didn't come to say it: it failed, or was killed."""


class Stretch(NamedTuple):
    """A part of a run's time, in nanoseconds since the epoch."""

    doing: Doing
    begin_ns: int
    end_ns: int


def stretches(run: Run) -> list[Stretch]:
    """What a run did, one stretch after the other. They touch, and none is of no length."""
    told = _told(run)
    if told is None:
        return _parts([run.start_ns, _end(run)], [Doing.UNTOLD])
    begin, ready, finish = _limits(run, told)
    times, doing = [begin, ready], [Doing.STARTING]
    for since, until in _waits(run, ready, finish):
        if until - since >= (finish - begin) * LEAST_PART:
            times += [since, until]
            doing += [Doing.COMPUTING, Doing.WAITING]
    return _parts([*times, finish], [*doing, Doing.COMPUTING])


def _limits(run: Run, told: tuple[int, int, int]) -> tuple[int, int, int]:
    """When it began, had its function, and wrote its last row, in that order whatever the clocks say."""
    boot, ready, finish = told
    begin, end = run.start_ns, _end(run)
    if not run.reused:
        begin = min(boot, begin)
    ready = min(max(ready, begin), end)
    return begin, ready, min(max(finish, _first_rows(run), ready), end)


def _waits(run: Run, ready: int, finish: int) -> Iterator[tuple[int, int]]:
    """When the run waited, one wait after the other, between its start and its last row."""
    until_rows = [(ready, _first_rows(run))]
    for since, until in run.waits or until_rows:
        since, until = max(since, ready), min(until, finish)
        if since < until:
            yield since, until
            ready = until


def _parts(times: list[int], doing: list[Doing]) -> list[Stretch]:
    return [
        Stretch(one, begin, end)
        for one, begin, end in zip(doing, times, times[1:], strict=False)
        if begin < end
    ]


def spent(runs: Iterable[Run]) -> dict[Doing, int]:
    """How long runs did what, in nanoseconds, by those whose worker said so; empty when none did.

    For computing, that is the worker's own figure without what it waited.
    """
    total = dict.fromkeys((Doing.STARTING, Doing.WAITING, Doing.COMPUTING), 0)
    any_told = False
    for run in runs:
        timing, told = run.timing, _told(run)
        if timing is None or told is None:
            continue
        any_told = True
        begin, ready, finish = _limits(run, told)
        waited = sum(until - since for since, until in _waits(run, ready, finish)) + run.waited_more_ns
        total[Doing.STARTING] += ready - begin
        total[Doing.WAITING] += waited
        total[Doing.COMPUTING] += max(timing.processing * MILLISECOND - waited, 0)
    return total if any_told else {}


def spent_words(runs: Iterable[Run]) -> dict[Doing, str]:
    """The same for a reader. A worker counts in milliseconds, so less of them is said so."""
    total = spent(runs)
    return {doing: _words(total.get(doing)) for doing in (Doing.STARTING, Doing.WAITING, Doing.COMPUTING)}


def _words(time: int | None) -> str:
    return "< 1 ms" if time is not None and time < MILLISECOND else duration(time)


def idle_ns(run: Run) -> int:
    """How long a worker that is used again had waited to be asked, in nanoseconds; 0 where unknown."""
    told = _told(run)
    return max(run.start_ns - told[0], 0) if told is not None and run.reused else 0


def overlapping(run: Run, other: Run) -> bool:
    """Whether two runs went on at the same time."""
    begin, end = max(run.start_ns, other.start_ns), min(_end(run), _end(other))
    return begin < end


def _end(run: Run) -> int:
    return run.start_ns if run.end_ns is None else run.end_ns


def most_at_once(runs: Iterable[Run]) -> int:
    """How many of some runs went on at the same time, at most."""
    moments = sorted(moment for run in runs for moment in ((run.start_ns, 1), (_end(run), -1)))
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


def _told(run: Run) -> tuple[int, int, int] | None:
    """When the worker began to read, had its function, and wrote its last row; None when it didn't say so."""
    if run.round.timing is None:
        return None
    found = [run.round.timing.field(name) for name in ("boot time", "init time", "finish time")]
    boot, ready, finish = [field.value if field is not None else 0 for field in found]
    if not (isinstance(boot, int) and isinstance(ready, int) and isinstance(finish, int)):
        return None
    return boot * MILLISECOND, ready * MILLISECOND, finish * MILLISECOND


def _first_rows(run: Run) -> int:
    """When the first of what came behind the init message had come; 0 when nothing did."""
    for message, now in zip(run.messages, run.times, strict=False):
        if message.direction is Direction.TO_PYTHON and phase_of(message) is RoundPhase.DATA_IN:
            return now
    return 0
