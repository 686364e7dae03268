"""What was measured: what each turn of a job took, and what that makes beside another job's turn.

A *round* gives every job one turn. The figure of a round is the ratio of two turns in it, so whatever slowed
the whole round down, such as another program on the machine, is in both and drops out. Of the rounds' ratios
this module gives the median and the quartiles, and never one without the other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sparkwire import views


@dataclass(frozen=True, slots=True)
class Spent:
    """What one turn took, in seconds: by the clock, and of processor time in each kind of process."""

    wall: float
    driver: float = 0.0
    """This process, the driver's Python."""
    java: float = 0.0
    """The JVM that this process started, with all its threads: compiling and garbage collection, too."""
    workers: float = 0.0
    """The Python processes that the JVM started and that are still there."""

    @property
    def processor(self) -> float:
        """Processor time of all of them."""
        return self.driver + self.java + self.workers


class Time(StrEnum):
    """Which time of a turn is compared. The value is the word for it on a page."""

    ELAPSED = "elapsed time"
    PROCESSOR = "processor time"
    WORKERS = "processor time of the Python workers"

    def of(self, spent: Spent) -> float:
        """That time, in seconds."""
        return _TIMES[self](spent)


_TIMES: dict[Time, Callable[[Spent], float]] = {
    Time.ELAPSED: lambda spent: spent.wall,
    Time.PROCESSOR: lambda spent: spent.processor,
    Time.WORKERS: lambda spent: spent.workers,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """Some samples of the same thing. Its text is the median with the quartiles: ``2.1 (2.0 to 2.3)``."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third; of fewer than three samples the smallest and the largest."""
        if len(self.samples) < 3:
            return min(self.samples), max(self.samples)
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    def __str__(self) -> str:
        low, high = self.quartiles
        return f"{digits(self.median)} ({digits(low)} to {digits(high)})"


@dataclass(frozen=True)
class Rounds:
    """The turns of several jobs: for each job one a round, in the order of the rounds.

    ``units`` says of how many units of work (rows, calls) a job's turn consists, where that isn't one.
    """

    turns: Mapping[str, Sequence[Spent]]
    units: Mapping[str, int]

    @property
    def jobs(self) -> list[str]:
        return list(self.turns)

    @property
    def count(self) -> int:
        return min(len(turns) for turns in self.turns.values())

    def each(self, job: str, time: Time) -> Figure:
        """Seconds that a unit of the job's work took."""
        return Figure(tuple(time.of(spent) / self.units.get(job, 1) for spent in self.turns[job]))

    def ratio(self, job: str, against: str, time: Time = Time.PROCESSOR) -> Figure:
        """How many times as much a unit of ``job`` took as one of ``against``, in each round."""
        mine, other = self.each(job, time).samples, self.each(against, time).samples
        # A turn too short for the system's clock took no time, and compares with nothing.
        return Figure(tuple(a / b for a, b in zip(mine, other, strict=True) if b > 0) or (float("nan"),))


def digits(value: float) -> str:
    """Two or three digits that mean something: ``0.031``, ``1.24``, ``17``, ``310``."""
    if math.isnan(value):
        return "?"
    if value >= 100:
        return views.number(int(float(f"{value:.2g}")))
    places = 0 if value >= 10 else 2
    return f"{value:.{places}f}" if value >= 0.1 else f"{value:.2g}"
