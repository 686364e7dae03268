"""What a measurement is: a row of the table, its samples, and their median with spread."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what is compared with what. Its samples are measured anew in each run."""

    id: str
    what: str
    against: str
    unit: str = "×"
    """``×`` for a ratio; else the unit of an absolute figure, which the table says without a claim."""
    aim: str = ""
    """What it should be, in words; empty for a figure that is there for comparison."""


@dataclass(frozen=True, slots=True)
class Result:
    """A row's samples, or why there are none."""

    row: Row
    samples: tuple[float, ...] = ()
    missing: str = ""

    def cells(self) -> tuple[str, str, str]:
        """Median, spread and number of samples, as the table has them."""
        if not self.samples:
            return self.missing, "", ""
        low, high = spread(self.samples)
        median = statistics.median(self.samples)
        unit = "" if self.row.unit == "×" else f" {self.row.unit}"
        apart = f"{figure(low)} to {figure(high)}" if len(self.samples) > 1 else ""
        return f"{figure(median)}{unit}", apart, str(len(self.samples))


def spread(samples: Sequence[float]) -> tuple[float, float]:
    """The quartiles; of fewer than eight samples the smallest and the largest."""
    if len(samples) < 8:
        return min(samples), max(samples)
    quartiles = statistics.quantiles(samples, n=4)
    return quartiles[0], quartiles[2]


def figure(value: float) -> str:
    """Three digits that mean something: ``0.0123``, ``1.08``, ``31 400``."""
    if value >= 1000:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}".replace(",", " ")
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def resident_bytes() -> int:
    """This process's resident memory. Linux says it in pages in /proc; elsewhere psutil knows."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import psutil

        return int(psutil.Process().memory_info().rss)
