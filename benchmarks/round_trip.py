"""The time of a gateway round trip, recorded in several ways, against the same round trip without.

All variants talk to JVMs that are already warm, and take turns: one block is a short round of each. The
sample of a block is the median round trip of the variant, divided by that of plain Py4J in the same block.
"""

from __future__ import annotations

import logging
import random
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gateway import Caller, conversation, relayed
from benchmarks.measure import Result, Row
from sparkwire.jvm.filter import method_filter
from sparkwire.jvm.java import Java
from sparkwire.jvm.recording import java_arguments
from sparkwire.record import Recorder
from sparkwire.trace.format import TraceReader
from sparkwire.trace.records import Chunk

PLAIN = "plain Py4J"
SITES = Row("call-sites", "Round trip, recorded with call sites", PLAIN, aim="1.10, at most 1.20")
BARE = Row("no-call-sites", "Round trip, recorded without call sites", PLAIN, aim="1.10")
JAVA = Row("java-calls", "Round trip, recorded with call sites and Java calls", PLAIN)
RELAYED = Row("relay", "Round trip, through a relay that records it", PLAIN)
DEBUG = Row("debug-log", "Round trip, with Py4J's own DEBUG log to a file", PLAIN)
SAME = Row("itself", "Round trip, plain Py4J a second time", PLAIN, aim="1.00: what chance does")
ROWS = (SITES, BARE, JAVA, RELAYED, DEBUG, SAME)

BLOCKS = 40
CALLS = 300
WARM_UP = 4000  # until the JVM has compiled what it runs
SETTLE = 40  # calls after each change of variant, not timed

Variant = Callable[[], list[int]]


def measure(java: Java, folder: Path) -> list[Result]:
    """Time all variants; traces and logs go into ``folder``. About a minute."""
    trace = folder / "trace.sparkwire"
    tracing = java_arguments(folder / "calls.jfr", method_filter())
    with (
        conversation(java) as plain,
        conversation(java, tracing) as traced,
        relayed(plain, folder / "relay.sparkwire") as through,
    ):
        for one in (plain, traced, through):
            one.times(WARM_UP)

        def recorded(to: Caller, call_sites: bool) -> Variant:
            def run() -> list[int]:
                with Recorder(trace, call_sites=call_sites) as recorder:
                    taken = _times(to)
                if recorder.failure or trace.stat().st_size < 100 * CALLS:
                    raise AssertionError(f"the calls were not recorded: {recorder.failure}")
                return taken

            return run

        def logged() -> list[int]:
            with _debug_log(folder / "py4j.log"):
                return _times(plain)

        variants: dict[Row | None, Variant] = {
            None: lambda: _times(plain),
            SITES: recorded(plain, True),
            BARE: recorded(plain, False),
            JAVA: recorded(traced, True),
            RELAYED: lambda: _times(through),
            DEBUG: logged,
            SAME: lambda: _times(plain),
        }
        samples: dict[Row, list[float]] = {row: [] for row in ROWS}
        order = list(variants)
        for _ in range(BLOCKS):
            # Not always the same neighbour: what one leaves behind must not fall on the same other.
            random.shuffle(order)
            took = {row: statistics.median(variants[row]()) for row in order}
            for row in ROWS:
                samples[row].append(took[row] / took[None])
        if (
            sum(isinstance(record, Chunk) for record in TraceReader(folder / "relay.sparkwire"))
            < BLOCKS * CALLS
        ):
            raise AssertionError("the calls through the relay were not recorded")
    return [Result(row, tuple(samples[row])) for row in ROWS]


def _times(to: Caller) -> list[int]:
    to.times(SETTLE)
    return to.times(CALLS)


@contextmanager
def _debug_log(path: Path) -> Iterator[None]:
    """Py4J's log at its finest, to a file, as its documentation shows it."""
    logger = logging.getLogger("py4j")
    handler = logging.FileHandler(path, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
        handler.close()
