"""Java calls for a whole program: which options its JVMs get, and their recordings into its trace.

A JVM that the program starts gets its options where PySpark or Py4J starts it; the driver of
``spark-submit``, which starts before the program, gets them through SPARK_SUBMIT_OPTS. Each writes a
recording of its own when it ends. When all have ended, the calls are added to the trace, and both sides are
compared: what doesn't agree is said in the trace.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from sparkwire.errors import UnreadableRecording
from sparkwire.jvm.filter import method_filter
from sparkwire.jvm.java import Java, NoJava, cannot_trace
from sparkwire.jvm.recording import java_arguments, no_calls, read_calls, repository, wait_until_written
from sparkwire.launch.bootstrap import CHILDS_JVM, LAUNCH
from sparkwire.launch.launch_options import DRIVER_OPTIONS, REPOSITORY, cannot_take, with_options
from sparkwire.record import append_records
from sparkwire.trace.format import Watch, unwatched
from sparkwire.trace.java.calls import Join
from sparkwire.trace.java.trim import CALLS_KEPT, Trim
from sparkwire.trace.load import load
from sparkwire.trace.records import About, JavaCall, JavaVersion, Notice, Record

DRIVER = "driver.jfr"
"""The recording of the JVM that ``spark-submit`` starts."""

MAX_CALLS = 300_000
"""Java calls that are kept: joining holds them in memory (about 1 kB each with their exchanges)."""

CHILD = "A child process started Java, too. Only the program itself is recorded. Record the child by itself."
NOT_ASKED_FOR = "not asked for"

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
    child: bool = False
    """Whether a forked child of the program started a JVM."""


class ProgramJvm:
    """The Java side of one program, which runs on ``java``. ``wanted`` False records nothing of it.

    ``by_java`` says that the program is started by Java, as ``spark-submit`` does. Of each exchange
    ``most`` Java calls are kept, or all (None). Raises ``FilterError``
    when one of ``methods`` is neither a class nor ``class::method``.
    """

    def __init__(
        self,
        java: Java | NoJava,
        methods: Iterable[str] = (),
        *,
        wanted: bool = True,
        by_java: bool = False,
        most: int | None = CALLS_KEPT,
    ) -> None:
        self._most = most
        self._java = java
        self._by_java = by_java
        self.reason: str | None = NOT_ASKED_FOR if not wanted else cannot_trace(java)
        self._filter = method_filter(methods) if self.reason is None else ""

    def environment(self, env: dict[str, str], private: Path) -> dict[str, str]:
        """``env`` with what the driver of ``spark-submit`` needs to record its calls; the user's own options
        stay.
        """
        if self._by_java and self.reason is None and (clause := cannot_take(env)):
            self.reason = clause
        if not self._by_java or self.reason is not None:
            return env
        repository(private / DRIVER).mkdir()
        options = java_arguments(private / DRIVER, self._filter)
        return {**env, DRIVER_OPTIONS: with_options(env.get(DRIVER_OPTIONS, ""), options)}

    def launch_options(self, private: Path) -> tuple[str, ...]:
        """Arguments for a JVM that the program starts; ``{launch}`` stands for its number."""
        if self.reason is not None:
            return ()
        return tuple(java_arguments(private / LAUNCH, self._filter))

    def add_to(self, trace: Path, started_ns: int, private: Path, watch: Watch = unwatched) -> JavaSide:
        """Add the Java calls, or why there are none, to ``trace``, which began at ``started_ns``. Call it
        when the program has ended.

        ``watch`` is told how far it is.
        Raises ``OSError`` when the trace can't be written, ``TraceError`` when it can't be read or is another
        one by now.
        """
        side = JavaSide(self.reason, child=(private / CHILDS_JVM).exists())
        java = self._java
        told = False
        if self.reason is None and isinstance(java, Java):
            append_records(trace, started_ns, self._calls(java, private, side, watch))
            if side.calls:
                append_records(trace, started_ns, [JavaVersion(java.version)])
                self._compare(trace, side, watch)
            else:
                side.reason, told = self._why_none(trace, side)
        if side.reason is not None and self.reason != NOT_ASKED_FOR and not told:
            side.notes.insert(0, no_calls(side.reason))
        if side.child:
            side.notes.append(CHILD)
        append_records(trace, started_ns, [Notice(About.JAVA, note, time.time_ns()) for note in side.notes])
        return side

    def _why_none(self, trace: Path, side: JavaSide) -> tuple[str, bool]:
        """Why no JVM recorded a call, when recording was possible; and whether a notice of the trace says it
        already. It takes the reasons out of the notes.
        """
        told = [notice.text for notice in load(trace).notices if notice.about is About.JAVA]
        reason = " ".join(told + side.notes) or "the program itself started no JVM"
        side.notes.clear()
        return reason, told == [reason]

    def _calls(self, java: Java, private: Path, side: JavaSide, watch: Watch) -> Iterator[Record]:
        recordings = _recordings(private)
        for number, recording in enumerate(recordings):
            of = f"JVM {number + 1} of {len(recordings)}" if len(recordings) > 1 else "the JVM"
            trimmed = Trim(_watched(read_calls(recording, java), watch), self._most)
            try:
                if not wait_until_written(recording):
                    side.notes.append(
                        f"Java calls are missing: {of} was killed before it wrote its recording. "
                        "Its calls are here up to its last flush, about a second earlier."
                    )
                for call in trimmed:
                    if side.calls >= MAX_CALLS:
                        side.notes.append(
                            f"Only the first {MAX_CALLS:,} Java calls are here; the others were left out."
                        )
                        return
                    side.calls += 1
                    yield replace(call, thread=call.thread + number * _THREADS_APART) if number else call
            except UnreadableRecording as error:
                side.notes.append(f"Java calls of {of} are missing: {error}.")
            if trimmed.left_out:
                side.notes.append(trimmed.note())

    def _compare(self, trace: Path, side: JavaSide, watch: Watch) -> None:
        joined = load(trace, watch).join
        if joined.reason:
            side.notes.append(joined.reason)
            return
        side.joined = joined
        side.notes += joined.notes


def _watched(calls: Iterable[JavaCall], watch: Watch) -> Iterator[JavaCall]:
    """The calls, while ``watch`` is told of each: jfr takes long, and doesn't say how many there will be."""
    with watch("reading the Java calls", None, "calls") as done:
        for call in calls:
            yield call
            done(1)


def _recordings(private: Path) -> list[Path]:
    """The recordings that JVMs wrote or, if they were killed, had begun to write."""
    begun = {
        folder.with_name(folder.name.removesuffix(REPOSITORY)) for folder in private.glob(f"*{REPOSITORY}")
    }
    return sorted(begun | set(private.glob("*.jfr")))
