"""Java calls for a whole program: which options its JVMs get, and their recordings into its trace.

PySpark's driver gets its options through SPARK_SUBMIT_OPTS; a JVM that the program starts with Py4J's
``launch_gateway`` gets them as arguments. Each writes its recording when it ends. When all have ended,
the calls are added to the trace, and both sides are compared: what doesn't agree is said in the trace.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from sparkwire.errors import UnreadableRecording
from sparkwire.jvm.filter import method_filter
from sparkwire.jvm.java import Java, cannot_trace, find_java
from sparkwire.jvm.recording import (
    driver_environment,
    java_arguments,
    no_calls,
    read_calls,
    wait_until_written,
)
from sparkwire.record import append_records
from sparkwire.trace.java.calls import Join, within_command
from sparkwire.trace.load import load
from sparkwire.trace.records import About, JavaVersion, Notice, Record

DRIVER = "driver.jfr"
LAUNCH = "launch-{launch}.jfr"
"""The recordings of JVMs started with ``launch_gateway``, counted from 1."""

MAX_CALLS = 300_000
"""Java calls that are kept: joining holds them in memory (about 1 kB each with their exchanges)."""

_THREADS_APART = 1 << 40
"""Java numbers its threads from 1 in every JVM; those of a second JVM are set apart by this."""


@dataclass(slots=True)
class JavaSide:
    """What came of the Java side of a program."""

    reason: str | None = None
    """Why there are no Java calls; None when there are some."""
    calls: int = 0
    joined: Join | None = None
    notes: list[str] = field(default_factory=list)
    """What doesn't agree, and what was left out."""


class ProgramJvm:
    """The Java side of one program. ``wanted`` False records nothing of it.

    Raises ``FilterError`` when one of ``methods`` is neither a class nor ``class::method``.
    """

    def __init__(self, methods: Iterable[str] = (), *, wanted: bool = True) -> None:
        self.java = find_java()
        self.reason: str | None = "not asked for" if not wanted else cannot_trace(self.java)
        self._filter = method_filter(methods) if self.reason is None else ""

    def environment(self, env: dict[str, str], private: Path) -> dict[str, str]:
        """``env`` with what PySpark's driver needs to record its calls; the user's own options stay."""
        if self.reason is not None:
            return env
        return driver_environment(env, private / DRIVER, self._filter)

    def launch_options(self, private: Path) -> tuple[str, ...]:
        """Arguments for a JVM started with ``launch_gateway``; ``{launch}`` stands for its number."""
        if self.reason is not None:
            return ()
        return tuple(java_arguments(private / LAUNCH, self._filter))

    def add_to(self, trace: Path, private: Path) -> JavaSide:
        """Add the Java calls, or why there are none, to ``trace``. Call it when the program has ended.

        Raises ``OSError`` when the trace can't be written, ``TraceError`` when it can't be read.
        """
        side = JavaSide(self.reason)
        java = self.java
        if self.reason is None and isinstance(java, Java):
            append_records(trace, self._calls(java, private, side))
            if side.calls:
                append_records(trace, [JavaVersion(java.version)])
                self._compare(trace, side)
            elif side.reason is None:
                side.reason = "; ".join(side.notes) or "no JVM that the program started recorded any"
        if side.reason is not None and self.reason != "not asked for":
            side.notes.insert(0, no_calls(side.reason))
        append_records(trace, [Notice(About.JAVA, note, time.time_ns()) for note in side.notes])
        return side

    def _calls(self, java: Java, private: Path, side: JavaSide) -> Iterator[Record]:
        for number, recording in enumerate(_recordings(private)):
            try:
                wait_until_written(recording)
                for call in read_calls(recording, java):
                    if not within_command(call):
                        continue
                    if side.calls >= MAX_CALLS:
                        side.notes.append(
                            f"Of the Java calls, the first {MAX_CALLS:,} are here; the others were left out."
                        )
                        return
                    side.calls += 1
                    yield replace(call, thread=call.thread + number * _THREADS_APART) if number else call
            except UnreadableRecording as error:
                side.notes.append(f"Java calls are missing: {error}.")

    def _compare(self, trace: Path, side: JavaSide) -> None:
        joined = load(trace).join
        if joined.reason:
            side.notes.append(joined.reason)
            return
        side.joined = joined
        side.notes += joined.notes


def _recordings(private: Path) -> list[Path]:
    """The recordings that JVMs wrote or, if they were killed, had begun to write."""
    begun = {
        folder.with_name(folder.name.removesuffix(".repository")) for folder in private.glob("*.repository")
    }
    return sorted(begun | set(private.glob("*.jfr")))
