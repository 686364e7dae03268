"""Python workers for a notebook, whose executors go on when a cell ends.

A JVM that starts in a cell with ``--workers`` is told, and has all its workers recorded from then on. One
that runs already can't be told. Then the functions that the cell makes ready carry the recorder to workers of
their own (``FunctionEnvironment``). Either way a cell gets the rounds that began while it ran.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sparkwire.errors import TraceError
from sparkwire.launch.alive import is_running
from sparkwire.launch.bootstrap import STARTUP
from sparkwire.launch.worker_launch import FunctionEnvironment, WorkerLaunch
from sparkwire.record import append_records
from sparkwire.record.worker_settings import VARIABLE, WorkerSettings
from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import Trace
from sparkwire.trace.records import About, FileName, Notice, Record, Worker
from sparkwire.trace.worker.parts import parts, read_parts
from sparkwire.trace.worker.runs import runs
from sparkwire.trace.worker.window import cut

_PATIENCE_NS = 2_000_000_000
"""How long a round that isn't over at a cell's end is waited for. Spark can be done with a worker a moment
before the worker has written what it recorded."""

_CLOCK_STEP_NS = 1_000_000_000
"""A file system's clock may be behind by less than this."""

_told: dict[int, str] = {}
"""The JVMs that this process started and told to have their workers recorded, and what they were told."""


class CellWorkers:
    """The Python workers of one recorded cell. ``begin`` before the cell, ``end`` after it.

    ``folder`` takes the parts; it is the same for all cells of a kernel. ``data``: store the user's data,
    too. ``name_file`` gives a file's name for people, or None where it has none.
    """

    def __init__(self, folder: Path, name_file: Callable[[str], str | None], *, data: bool) -> None:
        self._name_file = name_file
        self._folder = folder / ("workers-data" if data else "workers")
        self._settings = WorkerSettings(str(self._folder), str(self._folder), 0, data).variable()
        self._launch = WorkerLaunch(str(STARTUP), self._settings, self._started)
        self._functions: FunctionEnvironment | None = None
        self._begin_ns = 0

    def begin(self) -> None:
        """Get ready."""
        self._launch.install()
        context = _active_context()
        if context is not None and _told.get(_jvm(context)) != self._settings:
            self._functions = FunctionEnvironment(context.environment, str(STARTUP), self._settings)
            self._functions.install()
        self._begin_ns = time.time_ns()

    def end(self, trace: Path, started_ns: int) -> None:
        """Add what the workers did for the cell to ``trace``, which began at ``started_ns``."""
        end_ns = time.time_ns()
        self._launch.remove()
        if self._functions is not None:
            self._functions.remove()
        found = [part for part in parts(self._folder) if self._written(part)]
        self._wait(found, end_ns)
        records = list(
            read_parts(
                found,
                Trace(trace).last_connection,
                lambda records: cut(records, self._begin_ns, end_ns, _running).records,
            )
        )
        append_records(trace, started_ns, [*records, *self._names(records)] or [self._nothing()])

    def _written(self, part: Path) -> bool:
        """Whether a worker recorded anything since the cell began: those of earlier cells may be many."""
        try:
            return part.stat().st_mtime_ns > self._begin_ns - _CLOCK_STEP_NS
        except OSError:
            return False  # it was removed

    def _names(self, records: list[Record]) -> Iterator[Record]:
        """The names of the files in which the functions were written."""
        for file in {function.file for run in runs(records) for function in run.functions}:
            if name := self._name_file(file):
                yield FileName(file, name)

    def _wait(self, found: Iterable[Path], end_ns: int) -> None:
        """Until all rounds that began in the cell are over, or for a while."""
        while time.time_ns() < end_ns + _PATIENCE_NS:
            if not any(self._open(path, end_ns) for path in found):
                return
            time.sleep(0.02)

    def _open(self, path: Path, end_ns: int) -> bool:
        try:
            return cut(TraceReader(path), self._begin_ns, end_ns, _running).open
        except (TraceError, OSError):
            return False  # ``read_parts`` says so

    def _started(self, process: Any, env: Mapping[str, str]) -> None:
        _told[process.pid] = env[VARIABLE]

    def _nothing(self) -> Record:
        """What to say when the cell had no work for a recorded worker."""
        text = "No Python worker was recorded: the cell had no work for one"
        if self._functions is not None:
            text += (
                ", or what it ran was made ready before. Spark's JVM was started without --workers, so only "
                "functions that this cell makes ready are recorded. To have all recorded, use --workers in "
                "the cell that starts Spark"
            )
        return Notice(About.WORKER, text + ".", 0)


def _running(worker: Worker) -> bool:
    """Whether a worker of this machine still has its process."""
    return worker.host != platform.node() or is_running(worker.pid)


def _active_context() -> Any:
    """The program's ``SparkContext``, if it has one."""
    module = sys.modules.get("pyspark")
    context = getattr(getattr(module, "SparkContext", None), "_active_spark_context", None)
    return context if isinstance(getattr(context, "environment", None), dict) else None


def _jvm(context: Any) -> int:
    """The process that this process started as the context's JVM; 0 when another one did."""
    process = getattr(getattr(context, "_gateway", None), "proc", None)
    return int(getattr(process, "pid", 0))
