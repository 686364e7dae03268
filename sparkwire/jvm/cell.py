"""Java calls for a notebook, whose JVM goes on when a cell ends.

A cell may start the driver's JVM, so the JVM that comes must be told before it is there to record its calls.
A JVM that is there already is told through ``jcmd``. After the cell its calls are dumped and added to the
cell's trace.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from sparkwire.errors import JavaError, JvmError
from sparkwire.jvm.filter import method_filter
from sparkwire.jvm.java import Java, cannot_trace, find_java
from sparkwire.jvm.recording import (
    dump,
    is_recording,
    java_arguments,
    no_calls,
    read_calls,
    start,
    stop,
)
from sparkwire.launch.alive import listens
from sparkwire.launch.launch_options import LaunchOptions
from sparkwire.record import append_records
from sparkwire.trace.java.trim import CALLS_KEPT, Trim
from sparkwire.trace.records import About, JavaVersion, Notice, Record


class CellJvm:
    """The Java side of one recorded cell.

    ``folder`` takes the JVM's recordings. Of each exchange ``most`` Java calls are kept, or all (None).
    ``begin`` before the cell, ``end`` after it. Neither raises for what a JVM can do wrong: the reason why
    there are no Java calls goes into the trace.
    """

    def __init__(self, folder: Path, methods: Iterable[str] = (), *, most: int | None = CALLS_KEPT) -> None:
        self._folder = folder
        self._most = most
        self._filter = method_filter(methods)
        self._java = find_java()
        self._reason = cannot_trace(self._java)
        self._begin_ns = 0
        self._attached: set[int] = set()
        self._launches = 0
        self._refused: list[str] = []
        self._launch: LaunchOptions | None = None

    def begin(self, gateway_ports: Iterable[int]) -> None:
        """Get ready: ``gateway_ports`` are those of the gateways that this process talks to already."""
        if self._reason is not None or not isinstance(self._java, Java):
            return
        for pid in _listeners(gateway_ports):
            try:
                if _recording.get(pid) != self._filter:
                    _begin_recording(pid, self._filter, self._java)
                self._attached.add(pid)
            except JvmError as error:
                self._reason = str(error)
        self._launch = LaunchOptions(self._java.executable, self._launch_options, self._refused.append)
        self._launch.install()
        self._begin_ns = time.time_ns()

    def end(self, trace: Path, started_ns: int, gateway_ports: Iterable[int]) -> None:
        """Add the cell's Java calls to ``trace``, which began at ``started_ns``, or why there are none."""
        if self._launch is not None:
            self._launch.remove()
        append_records(trace, started_ns, list(self._records(_listeners(gateway_ports))))

    def _launch_options(self) -> list[str]:
        """For a JVM that the cell starts."""
        self._launches += 1
        file = self._folder / f"launched-{time.time_ns()}-{self._launches}.jfr"
        return java_arguments(file, self._filter)

    def _records(self, pids: list[int]) -> Iterable[Record]:
        java = self._java
        if self._reason is not None or not isinstance(java, Java):
            yield self._notice(self._reason or "no Java was found")
            return
        recorded = False
        for pid in pids:
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                file = Path(folder, "cell.jfr")
                try:
                    if pid not in self._attached and not is_recording(pid, java):
                        continue
                    dump(pid, self._begin_ns, file, java)
                    trimmed = Trim(read_calls(file, java), self._most)
                    yield from trimmed
                    recorded = True
                    if trimmed.left_out:
                        yield Notice(About.JAVA, trimmed.note(), time.time_ns())
                    _recording.setdefault(pid, self._filter)
                except JavaError as error:
                    yield self._notice(f"the Java calls of this cell could not be read: {error}")
        if recorded:
            yield JavaVersion(java.version)
        elif pids:
            yield self._notice(
                self._refused[0]
                if self._refused
                else "the gateway's JVM was started in a way that did not let it record its calls"
            )

    def _notice(self, reason: str) -> Notice:
        return Notice(About.JAVA, no_calls(reason), time.time_ns())


_recording: dict[int, str] = {}
"""The JVMs that are known to record, with what: asking one takes about a second."""


def _begin_recording(pid: int, wanted: str, java: Java) -> None:
    """Make a running JVM record ``wanted``, in place of what it recorded for an earlier cell."""
    if not start(pid, wanted, java) and _recording.get(pid) is not None:
        stop(pid, java)
        start(pid, wanted, java)
    _recording[pid] = wanted


def _listeners(ports: Iterable[int]) -> list[int]:
    """The processes that listen on these ports, as far as this user may see them."""
    wanted = set(ports)
    if not wanted:
        return []
    found = set()
    # The JVM is this process's child, or (spark-submit, pyspark) its parent; asking all processes
    # would need more rights on some systems.
    here = psutil.Process()
    for process in [*here.children(recursive=True), *here.parents()]:
        try:
            if any(listens(one, wanted) for one in process.net_connections("tcp")):
                found.add(process.pid)
        except psutil.Error:
            continue
    return sorted(found)
