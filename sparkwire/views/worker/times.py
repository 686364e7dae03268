"""How a run of a Python worker spent its time: starting, waiting for its first rows, computing.

The worker's own account says when it began to read, when it had unpickled the function and when it had
written its last row, in whole milliseconds. The bytes say when the init message and the first rows had come.

* *Starting* ends when the function is unpickled. A new worker starts since it began to read; a worker that is
  used again, since its init message came. Before that it had nothing to do, which is no cost of the run.
* *Waiting* is from there until the first rows came.
* *Computing* is the rest, up to the last row. A worker that has to wait for further rows waits in this time:
  its bytes don't say for how long.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from sparkwire.plain import duration
from sparkwire.trace.worker.runs import Run
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import RoundPhase, phase_of

MILLISECOND = 1_000_000
"""Nanoseconds."""


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
    begin, end = run.start_ns, _end(run)
    told = _told(run)
    if told is None:
        return _parts([begin, end], [Doing.UNTOLD])
    boot, ready, finish = told
    if not run.reused:
        begin = min(boot, begin)
    ready = min(max(ready, begin), end)
    rows = min(max(_first_rows(run), ready), end)
    return _parts(
        [begin, ready, rows, min(max(finish, rows), end)], [Doing.STARTING, Doing.WAITING, Doing.COMPUTING]
    )


def _parts(times: list[int], doing: list[Doing]) -> list[Stretch]:
    return [
        Stretch(one, begin, end)
        for one, begin, end in zip(doing, times, times[1:], strict=False)
        if begin < end
    ]


def spent(runs: Iterable[Run]) -> dict[Doing, int]:
    """How long runs did what, in nanoseconds, by those whose worker said so; empty when none did.

    For computing, that is the worker's own figure without what it waited for its first rows.
    """
    total = dict.fromkeys((Doing.STARTING, Doing.WAITING, Doing.COMPUTING), 0)
    told = False
    for run in runs:
        if (timing := run.timing) is None:
            continue
        told = True
        waited = 0
        for doing, begin, end in stretches(run):
            if doing is Doing.WAITING:
                waited = end - begin
            if doing is not Doing.COMPUTING:
                total[doing] += end - begin
        total[Doing.COMPUTING] += max(timing.processing * MILLISECOND - waited, 0)
    return total if told else {}


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
