"""What a notebook sees: ``%%wire`` above a cell, and the object it leaves.

    %load_ext sparkwire

    %%wire first
    df.count()

runs the cell as it is, shows its output, then what it caused on the wires. ``first`` is then a
``Wire``: look at one exchange, one message, the whole table, or save the trace.

The only module that imports IPython. Everything it shows is text made by ``sparkwire.views``, in
forms that JupyterLab and the built site both draw: Markdown with a Mermaid diagram, and HTML.
"""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import shutil
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import HTML, Markdown, display

from sparkwire import views
from sparkwire.record import Recorder, RecordingError
from sparkwire.runtime.notebook_jvm import CellJvm
from sparkwire.runtime.private import private_folder
from sparkwire.runtime.processes import look, own_ports
from sparkwire.trace.java_paths import path, target_call
from sparkwire.trace.load import Trace, load
from sparkwire.trace.model import NOTEBOOK, Exchange
from sparkwire.trace.process_map import ProcessMap, known_ports
from sparkwire.wire.message import Message

DOWNLOADS = "SPARKWIRE_DOWNLOADS"
"""Environment variable: the folder where a page's recordings go while the site is built."""
SITE_SOURCE = "SPARKWIRE_SITE_SOURCE"
"""Environment variable: the site's source folder, set while the site is built."""


class Wire:
    """What one cell (or one program) caused on the wires.

    ``file`` is its trace. Raises what ``sparkwire.trace.load`` raises.
    """

    def __init__(self, file: str | Path, name: str = "wire") -> None:
        self.file = Path(file)
        self.name = name
        self.trace: Trace = load(file)
        self._shown: Counter[str] = Counter()

    def _prefix(self, what: str = "") -> str:
        """What the ids of the next view begin with: no two views on a page may share an id."""
        base = f"{self.name}-{what}" if what else self.name
        self._shown[base] += 1
        return base if self._shown[base] == 1 else f"{base}-{self._shown[base]}"

    @property
    def exchanges(self) -> list[Exchange]:
        """All exchanges, in the order of their requests."""
        return self.trace.exchanges

    def __len__(self) -> int:
        return len(self.exchanges)

    def __repr__(self) -> str:
        """What was recorded, in a sentence or two."""
        connections = len(self.trace.connections)
        where = f" on {views.many(connections, 'connection')}" if self.exchanges else ""
        time = sum(exchange.duration_ns or 0 for exchange in self.exchanges if exchange.parent is None)
        said = f"{views.many(len(self), 'round trip')} between Python and Java{where}"
        said += f", {views.duration(time)} in all." if self.exchanges else "."
        joined = self.trace.joined
        if joined is not None and joined.joined:
            said += f" {joined.joined} of {joined.exchanges} are joined with the Java calls they caused."
        return said

    def find(
        self, *, command: str | None = None, method: str | None = None, java: str | None = None
    ) -> list[Exchange]:
        """The exchanges that match all that is given.

        ``command`` is a command's word (``call``), ``method`` the name on the wire (``setCheckpointDir``),
        ``java`` a part of the name of the Java method that reflection called.
        """
        found = []
        for exchange in self.exchanges:
            request = exchange.request
            if command is not None and exchange.command != command:
                continue
            if method is not None:
                named = request.field("method name") if isinstance(request, Message) else None
                if named is None or named.value != method:
                    continue
            if java is not None:
                target = target_call(exchange)
                if target is None or java not in target.method:
                    continue
            found.append(exchange)
        return found

    def diagram(self, *exchanges: Exchange, title: str = "") -> Markdown:
        """A sequence diagram: of the folded steps, or of the exchanges that are given."""
        text = (
            views.sequence_of(exchanges, title=title)
            if exchanges
            else views.sequence(self.trace.steps, title=title)
        )
        return Markdown(f"```mermaid\n{text.rstrip()}\n```")

    def steps(self) -> HTML:
        """All exchanges, folded; every step and exchange opens."""
        return HTML(
            views.trace_html(
                self.trace.steps,
                prefix=self._prefix(),
                header=self.trace.header,
                java_version=self.trace.java_version,
                notices=self.trace.notices,
                java_reason=self._java_reason,
            )
        )

    def lines(self) -> HTML:
        """The user's lines with what each cost, the costliest first."""
        return HTML(views.lines_html(self.trace.steps))

    def exchange(self, exchange: Exchange | int) -> HTML:
        """One exchange, opened: both messages to the byte, and the stack on both sides."""
        return HTML(
            views.exchange_html(self._one(exchange), self._prefix("one"), java_reason=self._java_reason)
        )

    def bytes(self, exchange: Exchange | int) -> HTML:
        """The request and the reply of one exchange, byte by byte."""
        one = self._one(exchange)
        prefix = self._prefix(f"b{one.n}")
        shown = [views.message_html(one.request, f"{prefix}-q")]
        if one.reply is not None:
            shown.append(views.message_html(one.reply, f"{prefix}-p"))
        return _framed("".join(shown))

    def stack(self, exchange: Exchange | int) -> HTML:
        """The way of one exchange: from the user's line, over the wire, to the Spark method that ran."""
        return _framed(views.stack_html(self._one(exchange), java_reason=self._java_reason))

    def target(self, exchange: Exchange | int) -> str:
        """The Java method that reflection called for an exchange; empty when none was recorded."""
        call = target_call(self._one(exchange))
        return call.method if call else ""

    def path(self, exchange: Exchange | int) -> tuple[str, ...]:
        """The Java frames of an exchange, from the gateway's thread down to that method."""
        return path(self._one(exchange))

    def save(self, file: str | Path) -> Path:
        """Copy the trace to ``file``; returns its path."""
        return Path(shutil.copyfile(self.file, file))

    def offer(self, stem: str) -> Markdown | HTML:
        """Offer the recording as a download: as a trace, and as JSON, an exchange a line.

        On the site the files lie with the page; in JupyterLab they are put beside the notebook.
        """
        folder = os.environ.get(DOWNLOADS)
        target = Path(folder or ".").resolve()
        target.mkdir(parents=True, exist_ok=True)
        trace, text = target / f"{stem}.sparkwire", target / f"{stem}.jsonl"
        self.save(trace)
        text.write_text(
            "".join(line + "\n" for line in map(views.json_line, self.exchanges)), encoding="utf-8"
        )
        kinds = ((trace, "the trace"), (text, "an exchange a line, as JSON"))
        said = ", ".join(f"{{}} ({what}, {_size(file)})" for file, what in kinds)
        if folder:  # Sphinx copies what a download role names; a leading slash means the site's source
            root = Path(os.environ.get(SITE_SOURCE, "."))
            roles = (f"{{download}}`{file.name} </{os.path.relpath(file, root)}>`" for file, _ in kinds)
            return Markdown("Download this recording: " + said.format(*roles) + ".")
        links = (f'<a href="{file.name}" download>{file.name}</a>' for file, _ in kinds)
        return HTML("<p>Saved beside this notebook: " + said.format(*links) + ".</p>")

    def _one(self, exchange: Exchange | int) -> Exchange:
        if isinstance(exchange, Exchange):
            return exchange
        for one in self.exchanges:
            if one.n == exchange:
                return one
        raise ValueError(f"there is no exchange {exchange}: this recording has 1 to {len(self.exchanges)}")

    @property
    def _java_reason(self) -> str | None:
        if self.trace.joined is not None:
            return None
        about_java = [notice for notice in self.trace.notices if "Java" in notice]
        return about_java[0] if about_java else "No Java calls were recorded."

    def _ipython_display_(self) -> None:
        display(Markdown(repr(self)))
        if not self.exchanges:
            return
        display(self.diagram())
        display(self.steps())


class Processes:
    """A process map as a notebook shows it: a diagram, and the same in words. ``map`` is the map itself."""

    def __init__(self, map: ProcessMap, title: str = "") -> None:
        self.map = map
        self.title = title

    def _ipython_display_(self) -> None:
        display(Markdown(f"```mermaid\n{views.process_map(self.map, title=self.title).rstrip()}\n```"))
        display(HTML(views.process_map_html(self.map)))


def processes(
    root: int | None = None, recording: Wire | None = None, title: str = "", without: Collection[int] = ()
) -> Processes:
    """What is running now: the process ``root`` (the notebook's own when None) and all that it started, with
    the sockets between them. Processes in ``without`` are left out with all below them.

    What the ports are for comes from ``recording`` and, for the notebook's own, from PySpark too.
    """
    ports = own_ports() if root is None else {}
    if recording is not None:
        ports |= known_ports(recording.trace.connections, recording.exchanges)
    return Processes(look(root, ports, without), title)


def _framed(html: str) -> HTML:
    return HTML(f'<div class="sparkwire">{html}</div>')


def judge(claim: str, expected: str, *checks: tuple[str, bool, str] | tuple[str, bool]) -> HTML:
    """A claim's verdict, computed from what was recorded.

    Each check is a sentence, whether it held, and what was found. Raises AssertionError when the
    verdict is not the ``expected`` one, so that a page can't go on saying what is no longer so.
    """
    made = [views.Check(*check) for check in checks]
    said = views.verdict(made)
    if said != expected:
        failed = "; ".join(check.statement for check in made if not check.holds)
        raise AssertionError(f"{claim}: this run says {said!r}, the page says {expected!r}. Not so: {failed}")
    return _framed(views.verdict_html(made))


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1000:.0f} kB"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="%%wire", add_help=False, description="Run the cell, then show what it caused on the wires."
    )
    parser.add_argument("name", nargs="?", help="the variable that keeps the recording")
    parser.add_argument("--no-jvm", action="store_true", help="do not record Java calls")
    parser.add_argument(
        "--trace-method",
        action="append",
        default=[],
        metavar="CLASS[::METHOD]",
        help="a Java class or method to record besides the usual ones",
    )
    parser.add_argument("--quiet", action="store_true", help="show only the cell's own output")
    return parser


class _Shown(Exception):
    """Raised by argparse instead of ending the kernel."""


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
        """%%wire [NAME] [--no-jvm] [--trace-method CLASS[::METHOD]] [--quiet]

        Runs the cell, shows its output, then the round trips between Python and Java that it caused.
        """
        __tracebackhide__ = True
        options = self._options(line)
        code = _compiled(self._shell, line, cell)
        self._count += 1
        name = options.name or "wire"
        path = self._folder / f"{self._count}-{name}.sparkwire"
        jvm = None if options.no_jvm else CellJvm(self._folder, options.trace_method)
        recorder = Recorder(path, program=NOTEBOOK, name_file=self._name_of)
        try:
            recorder.install()
        except RecordingError as error:
            raise UsageError(f"%%wire can't record inside another recording: {error}.") from None
        try:
            if jvm is not None:
                jvm.begin(recorder.gateway_ports)
            for part in code:
                exec(part, self._shell.user_ns)
        finally:
            recorder.remove()
            if jvm is not None:
                jvm.end(path, recorder.gateway_ports)
            recorded = Wire(path, name)
            if options.name:
                self._shell.user_ns[options.name] = recorded
            if not options.quiet:
                display(recorded)

    def _options(self, line: str) -> argparse.Namespace:
        parser = _arguments()

        def complain(message: str) -> None:
            raise UsageError(f"%%wire: {message}. {parser.format_usage().strip()}")

        parser.error = complain  # type: ignore[assignment, method-assign]
        try:
            options = parser.parse_args(shlex.split(line))
        except ValueError as error:
            raise UsageError(f"%%wire: {error}") from None
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
