"""``Recording``: what one recorded cell, or one program, caused on the wires, and the ways to look at it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from IPython.display import HTML, Markdown, display

from sparkwire import views
from sparkwire.notebook.box import framed, mermaid
from sparkwire.notebook.threads import Threads
from sparkwire.plain import many
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.load import Trace, load
from sparkwire.trace.records import JavaCall
from sparkwire.trace.worker.runs import Run
from sparkwire.wire.message import Message

DOWNLOADS = "SPARKWIRE_DOWNLOADS"
"""Environment variable: the folder where a page's recordings go while the site is built."""
SITE_SOURCE = "SPARKWIRE_SITE_SOURCE"
"""Environment variable: the site's source folder, set while the site is built."""


class Recording:
    """What one cell (or one program) caused on the wires.

    ``file`` is its trace. Raises what ``sparkwire.trace.load`` raises.
    """

    def __init__(self, file: str | Path, name: str = "wire") -> None:
        self.file = Path(file)
        self.name = name
        self.trace: Trace = load(file)
        _ = self.trace.exchanges  # whole, once, and not anew for each view
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
        connections = len({exchange.connection for exchange in self.exchanges})
        where = f" on {views.many(connections, 'connection')}" if self.exchanges else ""
        time = sum(exchange.duration_ns or 0 for exchange in self.exchanges if exchange.parent is None)
        said = f"{views.many(len(self), 'round trip')} between Python and Java{where}"
        said += f", {views.duration(time)} in all." if self.exchanges else "."
        join = self.trace.join
        if join.joined:
            said += f" {join.joined} of {join.exchanges} are joined with the Java calls they caused."
        if self.runs:
            workers = len({run.connection for run in self.runs})
            said += f" {many(len(self.runs), 'run')} of {many(workers, 'Python worker')}."
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
                target = self.trace.join.target(exchange)
                if target is None or java not in target.method:
                    continue
            found.append(exchange)
        return found

    @property
    def runs(self) -> list[Run]:
        """What Python workers did, in the order in which they were asked, if they were recorded."""
        return self.trace.runs

    def diagram(
        self, *turns: Exchange | Run, title: str = "", threads: bool = False, workers: bool | None = None
    ) -> Markdown:
        """A sequence diagram: of the folded steps, or of the exchanges and runs that are given.

        The runs of Python workers are in it if there are any, unless ``workers`` is False. With ``threads``
        each thread of either side has a lane of its own.
        """
        join = self.trace.join
        exchanges = [turn for turn in turns if isinstance(turn, Exchange)]
        runs = [turn for turn in turns if isinstance(turn, Run)]
        if threads:
            return mermaid(views.thread_lanes(exchanges or self.exchanges, join, title=title))
        if runs:
            return mermaid(views.run_lanes(runs, exchanges, title=title))
        if exchanges:
            return mermaid(views.sequence_of(exchanges, join, title=title))
        if self.runs and workers is not False:
            return mermaid(views.work_sequence(self.trace.steps, self.runs, title=title))
        return mermaid(views.sequence(self.trace.steps, join, title=title))

    def threads(self, title: str = "") -> Threads:
        """Which Python thread spoke to which Java thread, over which connection."""
        return Threads(self.trace.threads, title)

    def steps(self, limit: int = views.DRAWN) -> HTML:
        """All exchanges, folded; every step and exchange opens.

        At most ``limit`` exchanges are drawn, the first of each step. The others are counted: they would make
        a notebook of many megabytes.
        """
        return HTML(
            views.trace_html(
                self.trace.steps,
                prefix=self._prefix(),
                header=self.trace.header,
                java_version=self.trace.java_version,
                notices=self.trace.notices,
                join=self.trace.join,
                most=limit,
                how_to_see_more=".steps(limit=N)",
            )
        )

    def lines(self) -> HTML:
        """The user's lines with what each cost, the costliest first."""
        return HTML(views.lines_html(self.trace.steps))

    def lifetimes(self) -> HTML:
        """The objects that were named: who made them, how long they lived, and which are still held."""
        return HTML(views.lifetimes_html(self.trace.lifetimes))

    def exchange(self, exchange: Exchange | int) -> HTML:
        """One exchange, opened: both messages to the byte, and the stack on both sides."""
        return HTML(views.exchange_html(self._one(exchange), self._prefix("one"), self.trace.join))

    def workers(self) -> HTML:
        """What Python workers did, in a table: a row for each stage and set of functions."""
        return HTML(views.workers_html(self.runs))

    def timeline(self) -> HTML:
        """When Python workers did what, and when the driver's Python waited for Java: a picture."""
        return HTML(views.timeline_html(self.runs, self.exchanges))

    def stages(self, limit: int = views.RUNS_DRAWN) -> HTML:
        """All runs of Python workers, by stage; every stage and run opens.

        At most ``limit`` runs are drawn, the first of each stage. The others are counted.
        """
        return HTML(
            views.runs_html(
                self.runs, prefix=self._prefix("runs"), most=limit, how_to_see_more=".stages(limit=N)"
            )
        )

    def run(self, run: Run | int, messages: int = views.MESSAGES_OPENED) -> HTML:
        """One run of a Python worker, opened: its task, its functions, and both sides to the byte.

        At most ``messages`` are drawn.
        """
        one = self._one_run(run)
        return HTML(views.run_html(one, self._prefix("run"), self.runs, messages=messages))

    def bytes(self, turn: Exchange | Run | int) -> HTML:
        """The request and the reply of one exchange, byte by byte; or the messages of a run.

        A number is an exchange's.
        """
        if isinstance(turn, Run):
            return framed(views.messages_html(self._one_run(turn), self._prefix(f"w{turn.n}")))
        one = self._one(turn)
        prefix = self._prefix(f"b{one.n}")
        shown = [views.message_html(one.request, f"{prefix}-q")]
        if one.reply is not None:
            shown.append(views.message_html(one.reply, f"{prefix}-p"))
        return framed(views.join(shown))

    def stack(self, exchange: Exchange | int) -> HTML:
        """The way of one exchange: from the user's line, over the wire, to the Spark method that ran."""
        return framed(views.stack_html(self._one(exchange), self.trace.join))

    def java(self, exchange: Exchange | int) -> tuple[JavaCall, ...]:
        """The Java calls that an exchange caused: the command's ``execute`` first, then what ran during it.

        Empty when none were recorded; ``trace.join.reason`` then says why.
        """
        return self.trace.join.of(self._one(exchange))

    def target(self, exchange: Exchange | int) -> str:
        """The Java method that reflection called for an exchange; empty when none was recorded."""
        call = self.trace.join.target(self._one(exchange))
        return call.method if call else ""

    def path(self, exchange: Exchange | int) -> tuple[str, ...]:
        """The Java frames of an exchange, from the gateway's thread down to that method."""
        return self.trace.join.path(self._one(exchange))

    def save(self, file: str | Path) -> Path:
        """Copy the trace to ``file``; returns its path. A trace that is there already stays as it is."""
        with contextlib.suppress(shutil.SameFileError):
            shutil.copyfile(self.file, file)
        return Path(file)

    def offer(self, stem: str) -> Markdown | HTML:
        """Offer the recording as a download: as a trace, and as JSON, an exchange a line; and the runs of
        Python workers, if there are any, a run a line.

        On the site the files lie with the page; in JupyterLab they are put beside the notebook.
        """
        folder = os.environ.get(DOWNLOADS)
        target = Path(folder or ".").resolve()
        target.mkdir(parents=True, exist_ok=True)
        trace, text = target / f"{stem}.sparkwire", target / f"{stem}.jsonl"
        if self.file.resolve() != trace:
            self.save(trace)
        _write_lines(text, (views.json_line(one, self.trace.join) for one in self.exchanges))
        kinds = [(trace, "the trace"), (text, "one exchange per line, as JSON")]
        if self.runs:
            text = target / f"{stem}-runs.jsonl"
            _write_lines(text, map(views.run_json_line, self.runs))
            kinds.append((text, "one run of a Python worker per line, as JSON"))
        told = [f" ({what}, {_size(file)})" for file, what in kinds]
        if folder:  # Sphinx copies what a download role names; a leading slash means the site's source
            root = Path(os.environ.get(SITE_SOURCE, "."))
            roles = (f"{{download}}`{file.name} </{os.path.relpath(file, root)}>`" for file, _ in kinds)
            offered = ", ".join(map("".join, zip(roles, told, strict=True)))
            return Markdown(f"Download this recording: {offered}.")
        links = (views.tag("a", file.name, href=file.name, download=True) for file, _ in kinds)
        listed = views.join(map(views.join, zip(links, told, strict=True)), ", ")
        return HTML(views.tag("p", "Saved beside this notebook: ", listed, "."))

    def _one(self, exchange: Exchange | int) -> Exchange:
        """The exchange that is meant. Raises ``ValueError`` when it isn't in this recording."""
        n = exchange.n if isinstance(exchange, Exchange) else exchange
        found = self._by_number.get(n)
        # Every recording counts from 1: another one's exchange would get this one's Java calls.
        if isinstance(exchange, Exchange) and exchange != found:
            raise ValueError(f"exchange {n} is not one of this recording, {self.name}: ask its own")
        if found is None:
            has = f"has 1 to {len(self)}" if len(self) > 1 else f"has {many(len(self), 'exchange')}"
            raise ValueError(f"there is no exchange {n}: this recording {has}")
        return found

    def _one_run(self, run: Run | int) -> Run:
        """The run that is meant. Raises ``ValueError`` when it isn't in this recording."""
        n = run.n if isinstance(run, Run) else run
        found = self.runs[n - 1] if 1 <= n <= len(self.runs) else None
        if isinstance(run, Run) and (found is None or _mark(run) != _mark(found)):
            raise ValueError(f"run {n} is not one of this recording, {self.name}: ask its own")
        if found is None:
            raise ValueError(f"there is no run {n}: this recording has {many(len(self.runs), 'run')}")
        return found

    @cached_property
    def _by_number(self) -> dict[int, Exchange]:
        return {one.n: one for one in self.exchanges}

    def _ipython_display_(self) -> None:
        display(Markdown(repr(self)))
        if self.exchanges or self.runs:
            display(self.diagram())
        if self.exchanges:
            display(self.steps())
        if self.runs:
            display(self.workers())
            display(self.timeline())
            display(self.stages())


def _mark(run: Run) -> tuple[object, ...]:
    """What no run of another recording has."""
    return run.worker, run.start_ns, run.round.number


def _write_lines(file: Path, lines: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{line}\n" for line in lines)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1000:.0f} kB"
