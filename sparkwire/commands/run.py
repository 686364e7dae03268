"""``sparkwire run``: a script, in Python, recorded."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from sparkwire.commands.recording import Program, record
from sparkwire.errors import CannotRun


def main(options: argparse.Namespace) -> NoReturn:
    """Run the script; the process ends like it. Raises what ``record`` raises when it can't be run."""
    script = _script(options.script)
    command = [sys.executable, *_interpreter_options(), script, *options.arguments]
    record(Program(command, script, dict(os.environ)), options)


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


def _interpreter_options() -> list[str]:
    """This interpreter's own options (-W, -X, -u ...), for the script's."""
    found = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    if getattr(sys.stdout, "write_through", False):  # -u leaves no other mark
        found.append("-u")
    return list(found)
