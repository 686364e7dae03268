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

from sparkwire.record import TraceWriter, append_records
from sparkwire.runtime import bootstrap
from sparkwire.runtime.supervise import Ended, Supervisor, end_like
from sparkwire.trace.format import MAGIC
from sparkwire.trace.model import Header, Notice, Record

_NAME = MAGIC.split()[0]


class CannotRun(Exception):
    """The script can't be run as asked; the message says what, where and what to do."""


def main(options: argparse.Namespace) -> int:
    try:
        script = _script(options.script)
        trace = Path(os.path.abspath(options.trace or Path(script).absolute().stem + ".sparkwire"))
        _prepare(trace)
        with Supervisor() as supervisor:
            ended = _run(supervisor, script, trace, options)
            _finish(supervisor, ended, trace)
    except CannotRun as error:
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
    try:
        if trace.exists():
            if not stat.S_ISREG(trace.stat().st_mode):
                raise CannotRun(
                    f"{trace} is not a plain file, so no trace can be written there: choose another with -o."
                )
            with trace.open("rb") as file:
                start = file.read(len(_NAME))
            if start and start != _NAME:
                raise CannotRun(
                    f"{trace} exists and is no trace; it is left as it is. Choose another file with -o."
                )
        TraceWriter(trace, Header("", "", "", "", "", time.time_ns())).close(complete=False)
    except OSError as error:
        raise CannotRun(
            f"the trace {trace} can't be written: {error.strerror}. "
            "The script was not run: choose another file with -o."
        ) from None


def _run(supervisor: Supervisor, script: str, trace: Path, options: argparse.Namespace) -> Ended:
    settings = bootstrap.Settings(
        trace=str(trace),
        program=options.script,
        private=str(supervisor.private),
        python_path=os.environ.get("PYTHONPATH"),
    )
    command = [sys.executable, *_interpreter_options(), script, *options.arguments]
    try:
        return supervisor.run(command, settings.environment(dict(os.environ)))
    except OSError as error:
        raise CannotRun(f"{sys.executable} can't be started: {error.strerror}.") from None


def _interpreter_options() -> list[str]:
    """This interpreter's own options (-W, -X, -u ...), for the script's."""
    found = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    if getattr(sys.stdout, "write_through", False):  # -u leaves no other mark
        found.append("-u")
    return list(found)


def _finish(supervisor: Supervisor, ended: Ended, trace: Path) -> None:
    records: list[Record] = [Notice("program", how_it_ended(ended), time.time_ns())]
    append_records(trace, records)
    print(f"sparkwire: {how_it_ended(ended)}; trace in {trace}", file=sys.stderr)


def how_it_ended(ended: Ended) -> str:
    if ended.code < 0:
        try:
            name = signal.Signals(-ended.code).name
        except ValueError:
            name = f"signal {-ended.code}"
        return f"the program was ended by {name}"
    return f"the program ended with exit code {ended.code}"
