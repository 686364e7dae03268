"""Whether the memory of a recording program stays flat however long it is recorded."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

from benchmarks.gateway import conversation
from benchmarks.measure import Result, Row, resident_bytes
from sparkwire.jvm.java import Java
from sparkwire.record import Recorder

FIRST, SECOND = 100_000, 200_000
FLAT = Row(
    "record-memory",
    f"Resident memory of a recorded program after {SECOND:,} exchanges".replace(",", " "),
    f"after {FIRST:,}".replace(",", " "),
    aim="1: flat",
)
ROWS = (FLAT,)


def measure(java: Java, folder: Path) -> list[Result]:
    """Record ``SECOND`` exchanges. About a minute."""
    with conversation(java) as talk, Recorder(folder / "long.sparkwire") as recorder:
        _call(talk.call, FIRST)
        half = resident_bytes()
        _call(talk.call, SECOND - FIRST)
        if recorder.failure:
            raise AssertionError(recorder.failure)
        return [Result(FLAT, (resident_bytes() / half,))]


def _call(call: Callable[[], None], count: int) -> None:
    for _ in range(count):
        call()
    gc.collect()
