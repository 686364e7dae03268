"""The cell magic ``%%wire``: run the cell as it is, and record what it says to Java."""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import sys
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import HTML, display

from sparkwire import views
from sparkwire.commands.values import java_calls
from sparkwire.errors import RecordingError
from sparkwire.jvm.cell import CellJvm
from sparkwire.launch.private import private_folder
from sparkwire.notebook.recording import SITE_SOURCE, Recording
from sparkwire.notebook.workers import CellWorkers
from sparkwire.record import Recorder
from sparkwire.trace.java.trim import CALLS_KEPT
from sparkwire.trace.records import NOTEBOOK


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="%%wire", add_help=False, description="Run the cell, then show what it caused on the wires."
    )
    parser.add_argument("name", nargs="?", help="the variable that keeps the recording")
    parser.add_argument("--no-jvm", action="store_true", help="do not record Java calls")
    parser.add_argument(
        "--java-calls",
        type=java_calls,
        default=CALLS_KEPT,
        metavar="N",
        help="how many Java calls to keep for each exchange, or all",
    )
    parser.add_argument(
        "--trace-method",
        action="append",
        default=[],
        metavar="CLASS[::METHOD]",
        help="a Java class or method to record, too",
    )
    parser.add_argument(
        "--user",
        action="append",
        default=[],
        dest="users",
        metavar="PATH",
        help="a file or a folder to treat as your own code, even if it looks like a library",
    )
    parser.add_argument(
        "--library",
        action="append",
        default=[],
        dest="libraries",
        metavar="NAME",
        help="a package to treat as a library: the lines that call it are named",
    )
    parser.add_argument("--workers", action="store_true", help="record the Python workers, too")
    parser.add_argument(
        "--worker-data", action="store_true", help="with --workers: store the rows that they are given, too"
    )
    parser.add_argument("--quiet", action="store_true", help="show only the cell's own output")
    return parser


@magics_class
class WireMagics(Magics):
    """The cell magic ``%%wire``."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._folder = private_folder()
        self._count = 0

    @cell_magic
    def wire(self, line: str, cell: str) -> None:
        """%%wire [NAME] [--no-jvm] [--java-calls N] [--trace-method CLASS[::METHOD]] [--user PATH]
        [--library NAME] [--workers [--worker-data]] [--quiet]

        Runs the cell, shows its output, then the round trips between Python and Java that it caused, and
        with --workers what Python workers did for it.
        """
        __tracebackhide__ = True
        options = self._options(line)
        code = _compiled(self._shell, line, cell)
        self._count += 1
        name = options.name or "wire"
        path = self._folder / f"{self._count}-{name}.sparkwire"
        jvm = None if options.no_jvm else CellJvm(self._folder, options.trace_method, most=options.java_calls)
        workers = (
            CellWorkers(self._folder, self._name_of, data=options.worker_data) if options.workers else None
        )
        recorder = Recorder(
            path,
            program=NOTEBOOK,
            name_file=self._name_of,
            users=options.users,
            libraries=options.libraries,
        )
        try:
            recorder.install()
        except RecordingError as error:
            raise UsageError(f"%%wire can't record inside another recording: {error}.") from None
        try:
            if jvm is not None:
                jvm.begin(recorder.gateway_ports)
            if workers is not None:
                workers.begin()
            for part in code:
                exec(part, self._shell.user_ns)
        finally:
            recorder.remove()
            if jvm is not None:
                jvm.end(path, recorder.started_ns, recorder.gateway_ports)
            if workers is not None:
                workers.end(path, recorder.started_ns)
            recorded = Recording(path, name)
            if options.name:
                self._shell.user_ns[options.name] = recorded
            if not options.quiet:
                display(recorded)
            elif recorder.failure:  # a quiet cell shows no notices, and this one must be seen
                print(f"%%wire: recording stopped early: {recorder.failure}", file=sys.stderr)

    def _options(self, line: str) -> argparse.Namespace:
        parser = _arguments()

        def complain(message: str) -> None:
            raise UsageError(f"%%wire: {message}. {parser.format_usage().strip()}")

        parser.error = complain  # type: ignore[assignment, method-assign]
        try:
            options = parser.parse_args(shlex.split(line))
        except ValueError as error:
            raise UsageError(f"%%wire: {error}") from None
        if options.worker_data and not options.workers:
            raise UsageError("%%wire: --worker-data needs --workers: it says what to store of the workers.")
        if options.name and not options.name.isidentifier():
            raise UsageError(f"%%wire: {options.name!r} can't be a variable's name")
        return options

    def _name_of(self, file: str) -> str | None:
        """``In [3]`` for the file name that IPython compiled cell 3 under."""
        said = self._shell.compile.format_code_name(file)
        return f"{said[0]} {said[1]}" if said else None


def _compiled(shell: InteractiveShell, line: str, cell: str) -> list[Any]:
    """The cell's code, with line numbers as the reader sees them: the magic's own line is line 1.

    A last expression is shown as in any cell. Raises SyntaxError.
    """
    source = shell.transform_cell(cell)
    shown = f"%%wire {line}".rstrip() + "\n" + cell
    # IPython drops empty lines at the top; the magic's line was taken off before.
    above = 1 + len(cell) - len(cell.lstrip("\n"))
    # Not execution_count: IPython 9 counts up before it runs a cell.
    number = max(len(shell.user_ns.get("In", ())) - 1, 0)
    file = shell.compile.cache("\n" * above + source, number, raw_code=shown)
    tree = ast.parse(source, file)
    ast.increment_lineno(tree, above)
    tree = shell.transform_ast(tree)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or cell.rstrip().endswith(";"):
        return [compile(tree, file, "exec")]
    tree.body.pop()
    return [compile(tree, file, "exec"), compile(ast.Interactive([last]), file, "single")]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext sparkwire``: adds ``%%wire``, and the style of what it shows."""
    shell.register_magics(WireMagics(shell))
    if SITE_SOURCE not in os.environ:  # the site has it already
        display(HTML(f"<style>{views.style()}</style>"))
