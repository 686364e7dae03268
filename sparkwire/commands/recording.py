"""What ``sparkwire run`` and ``sparkwire submit`` share: check first, run under the recorder, sum up.

Everything that can be refused is refused before the program starts, with exit code 2. From then on the
program's own end decides the exit code, whatever happens to the recording.
"""

from __future__ import annotations

import argparse
import os
import signal
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sparkwire.commands.progress import progress
from sparkwire.commands.summary import summary
from sparkwire.commands.workers import add_workers, remove_parts
from sparkwire.errors import CannotRun, ReplacedTrace, TraceError
from sparkwire.jvm.choose import Choice, choose_java
from sparkwire.jvm.java import Java
from sparkwire.jvm.program import CHILD, NOT_ASKED_FOR, JavaSide, ProgramJvm
from sparkwire.launch import bootstrap
from sparkwire.launch.launch_options import DRIVER_OPTIONS
from sparkwire.launch.supervise import Ended, Supervisor, end_like
from sparkwire.plain import in_line, number
from sparkwire.record import TraceWriter, append_records
from sparkwire.trace.format import MAGIC
from sparkwire.trace.records import About, Header, Notice
from sparkwire.trace.worker.parts import parts_folder

LARGE = 20_000_000
"""Bytes from which on the summary says how large the trace is."""

_NAME = MAGIC.split()[0]
_NOT_RUN = "The program was not run"
REPLACED = "The program replaced itself with another one (os.execv), which isn't recorded: record that one."
NOT_REACHED = (
    "nothing was recorded: spark-submit did not start the program's Python, or it was one that can't load "
    "the recorder (Python 3.11 or newer can; PYSPARK_DRIVER_PYTHON chooses it)"
)


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, and what to call it."""

    command: Sequence[str]
    said: str
    """The user's program, as it was given: a Python file, or ``-m`` and a module."""
    name: str
    """What its trace is called, without the ending."""
    env: dict[str, str]
    by_java: bool = False
    """Whether Java starts the user's Python, as ``spark-submit`` does."""
    known_by: str = ""
    """A variable that only the user's Python has in its environment, where it's one of several Pythons that
    ``command`` starts; empty where ``command`` is the user's Python."""


def record(program: Program, options: argparse.Namespace) -> NoReturn:
    """Run ``program`` and record it, as the command line's ``options`` say; the process ends as it did.

    Raises ``CannotRun`` or ``FilterError`` when the program can't be run so.
    """
    trace = Path(os.path.abspath(options.trace or f"{program.name}.sparkwire"))
    check_whose(options.users, options.libraries)
    choice = choose_java(options.java, program.env, asked=options.jvm is True)
    jvm = ProgramJvm(
        choice.java,
        options.trace_method,
        wanted=options.jvm is not False,
        by_java=program.by_java,
        most=options.java_calls,
    )
    prepared_ns = _prepare(trace)  # last: whatever is refused leaves an earlier trace as it is
    with Supervisor() as supervisor:
        ended = _run(supervisor, jvm, choice, program, trace, options)
        try:
            began = supervisor.private / bootstrap.BEGAN
            started_ns = int(began.read_text("utf-8")) if began.exists() else prepared_ns
            asked, workers = options.jvm is True, options.workers
            _sum_up(supervisor, jvm, choice, ended, trace, started_ns, program, asked=asked, workers=workers)
        except KeyboardInterrupt:
            print(
                "sparkwire: interrupted: the trace is kept, perhaps without its Java calls", file=sys.stderr
            )
    end_like(ended.code)


def _prepare(trace: Path) -> int:
    """Make sure that the trace can be written, by writing the beginning of one; returns when that began."""
    check_trace(trace, _NOT_RUN)
    header = Header("", "", "", "", "", time.time_ns())
    try:
        TraceWriter(trace, header).close(complete=False)
    except OSError as error:
        raise cannot_write(trace, error, _NOT_RUN) from None
    return header.started_ns


def check_trace(trace: Path, undone: str) -> None:
    """Refuse to overwrite what is no trace. Raises ``CannotRun``, which says what was left ``undone``."""
    another = f"{undone}: choose another file with -o."
    try:
        if trace.exists():
            if not stat.S_ISREG(trace.stat().st_mode):
                raise CannotRun(f"{trace} is not a plain file, so no trace can be written there. {another}")
            with trace.open("rb") as file:
                start = file.read(len(_NAME))
            if start and start != _NAME:
                raise CannotRun(f"{trace} exists and is not a trace, so it was left unchanged. {another}")
    except OSError as error:
        raise cannot_write(trace, error, undone) from None


def check_whose(users: Sequence[str], libraries: Sequence[str]) -> None:
    """Refuse what can't say whose code is whose. Raises ``CannotRun``."""
    for path in users:
        if not os.path.exists(path):
            raise CannotRun(f"there is no {path}: give --user the path of a file or a folder.")
    for name in libraries:
        if not all(part.isidentifier() for part in name.split(".")):
            raise CannotRun(
                f"{name} is not the name of a package. Give --library a name as in an import, such as "
                "my_library."
            )


def cannot_write(trace: Path, error: OSError, undone: str) -> CannotRun:
    """What to say when the trace's file can't be opened."""
    return CannotRun(
        f"the trace {trace} can't be written: {error.strerror}. {undone}: choose another file with -o."
    )


def _run(
    supervisor: Supervisor,
    jvm: ProgramJvm,
    choice: Choice,
    program: Program,
    trace: Path,
    options: argparse.Namespace,
) -> Ended:
    private = supervisor.private
    remove_parts(parts_folder(trace))  # of an earlier program, which was killed
    settings = bootstrap.Settings(
        trace=str(trace),
        program=program.said,
        private=str(private),
        python_path=program.env.get("PYTHONPATH"),
        launch_options=jvm.launch_options(private),
        java=str(choice.java.executable) if isinstance(choice.java, Java) else "",
        by_java=program.by_java,
        driver_options=program.env.get(DRIVER_OPTIONS),
        known_by=program.known_by,
        users=tuple(map(os.path.abspath, options.users)),
        libraries=tuple(options.libraries),
        parts=str(parts_folder(trace)) if options.workers else "",
        worker_data=options.worker_data,
    )
    env = settings.environment(jvm.environment(choice.env, private))
    try:
        return supervisor.run(program.command, env)
    except OSError as error:
        raise CannotRun(f"{program.command[0]} can't be started: {error.strerror}.") from None


def _sum_up(
    supervisor: Supervisor,
    jvm: ProgramJvm,
    choice: Choice,
    ended: Ended,
    trace: Path,
    started_ns: int,
    program: Program,
    *,
    asked: bool,
    workers: bool,
) -> None:
    """Complete the trace, then say in a few lines what is in it. Nothing here may hide the script's end."""
    said = [f"the program {how_it_ended(ended)}"] if ended.code < 0 else []
    failed = supervisor.private / bootstrap.FAILED
    if failed.exists():
        said.append(f"the program ran, but it was NOT recorded: {failed.read_text('utf-8', 'replace')}")
    said += left_behind(ended)
    side = JavaSide(jvm.reason)
    try:
        if program.known_by and not (failed.exists() or (supervisor.private / bootstrap.BEGAN).exists()):
            said.append(NOT_REACHED)
        replaced = (supervisor.private / bootstrap.REPLACED).exists()
        texts = [REPLACED] if replaced else []
        texts.append(f"The program {how_it_ended(ended)}.")
        append_records(trace, started_ns, [Notice(About.PROGRAM, text, time.time_ns()) for text in texts])
        if workers:
            cluster = supervisor.private / bootstrap.MASTER
            said += add_workers(trace, started_ns, cluster.read_text("utf-8") if cluster.exists() else "")
        before = trace.stat().st_size
        side = jvm.add_to(trace, started_ns, supervisor.private, progress)
        said += summary(trace, side, asked=asked)
        said += how_large(before, trace.stat().st_size)
        if side.child:
            said.append(in_line(CHILD))
        if replaced:
            said.append(in_line(REPLACED))
        if choice.said:
            said.append(choice.said)
        elif choice.advice and side.reason not in (None, NOT_ASKED_FOR):
            said.append(f"for Java calls: {choice.advice}")
    except ReplacedTrace as error:
        said.append(f"what was recorded of the program is lost: {error}")
    except (OSError, TraceError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        said.append(f"the trace {trace} holds what was recorded, but could not be completed: {reason}")
    if not choice.java and ended.code != 0:
        said.append(f"there is no Java for PySpark: {choice.java}")
    for line in said:
        print(f"sparkwire: {line}", file=sys.stderr)


def how_large(without: int, whole: int) -> list[str]:
    """What to say of a trace of ``whole`` bytes, of which so many are ``without`` Java calls."""
    if whole < LARGE:
        return []
    java = whole - without
    much = java > whole // 2
    fewer = (
        f", {_mb(java)} of it for Java calls (--java-calls N keeps fewer for each exchange)" if much else ""
    )
    return [f"the trace takes {_mb(whole)}{fewer}"]


def _mb(count: int) -> str:
    return f"{number(round(count / 1_000_000))} MB"


def left_behind(ended: Ended) -> list[str]:
    """What became of the processes that the program left behind, a line for each fate."""
    said = []
    if ended.guard_lost:
        said.append("sparkwire's own second process was killed, and the program with it")
    if ended.stopped:
        which, they = ("this", "it was") if len(ended.stopped) == 1 else ("these", "they were")
        said.append(f"the program left {which} running, so {they} stopped: {', '.join(ended.stopped)}")
    if ended.daemons:
        where = (
            "this still runs, in a session of its own"
            if len(ended.daemons) == 1
            else "these still run, in sessions of their own"
        )
        said.append(f"{where}: {', '.join(ended.daemons)}")
    return said


def how_it_ended(ended: Ended) -> str:
    """``ended with exit code 1``, ``was ended by SIGTERM``."""
    if ended.code >= 0:
        return f"ended with exit code {ended.code}"
    try:
        name = signal.Signals(-ended.code).name
    except ValueError:  # a real-time signal
        name = f"signal {-ended.code}"
    return f"was ended by {name}"
