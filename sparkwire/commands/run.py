"""``sparkwire run``: a program, in the Python that runs this, recorded.

What is started is ``python``, with the program named as the user named it. So a script, ``-m``, ``-c`` and
``-`` are what they are in Python, without any imitation here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NoReturn

from sparkwire.commands.python_line import keeps_out
from sparkwire.commands.recording import Program, record
from sparkwire.errors import CannotRun

NAMES = {"-c": "code", "-": "stdin"}
"""What the trace of a program without a name of its own is called."""
_MAIN = frozenset({"__main__.py", "__main__.pyc"})


def main(options: argparse.Namespace) -> NoReturn:
    """Run the program; the process ends like it. Raises what ``record`` raises when it can't be run."""
    *how, what = options.program  # how is -m or -c, or empty for a script and -
    if how:
        name = what if how == ["-m"] else NAMES["-c"]
        said = f"-m {what}" if how == ["-m"] else "-c"
    elif what == "-":
        name = said = NAMES["-"]
    else:
        _check(what)
        name, said = Path(what).absolute().stem, what
    for option, given in (
        ("-I", sys.flags.isolated),
        ("-E", sys.flags.ignore_environment),
        ("-S", sys.flags.no_site),
    ):
        if given:
            raise CannotRun(keeps_out(option))
    # A script's name may begin with a hyphen.
    program = ["--", what] if not how and what.startswith("-") and what != "-" else options.program
    command = [sys.executable, *_interpreter_options(), *options.python, *program, *options.arguments]
    record(Program(command, said, name, dict(os.environ)), options)


def _check(script: str) -> None:
    """Refuse a script that Python could not run either. Raises ``CannotRun``."""
    path = Path(script)
    if not path.exists():
        raise CannotRun(f"there is no script {script}. Name a Python file; its arguments come after it.")
    if path.is_dir():
        if not any((path / main).exists() for main in _MAIN):
            raise CannotRun(
                f"{script} is a folder without a __main__.py, so it can't be run. "
                "A package is run by its name: -m PACKAGE."
            )
    elif path.is_file():
        try:
            # Python takes any file for an archive that ends like one, whatever its name.
            archive = zipfile.is_zipfile(path)
            inside = zipfile.ZipFile(path).namelist() if archive else ()
            path.open("rb").close()
        except (OSError, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or error
            raise CannotRun(f"the script {script} can't be read: {reason}.") from None
        if archive and not _MAIN.intersection(inside):
            raise CannotRun(f"{script} is a zip file without a __main__.py, so it can't be run.")


def _interpreter_options() -> list[str]:
    """This interpreter's own options (-W, -X, -u ...), for the program's."""
    found = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    if getattr(sys.stdout, "write_through", False):  # -u leaves no other mark
        found.append("-u")
    return list(found)
