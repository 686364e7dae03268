"""``sparkwire show``: a trace as a table, as JSON, as a diagram or as a page; or its threads, or its objects.

Without Java calls, or with too many exchanges to join them, the exchanges go through as a stream.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sparkwire import views
from sparkwire.commands.progress import progress
from sparkwire.errors import TraceError
from sparkwire.plain import many, number
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.load import Trace, load
from sparkwire.trace.records import About, Notice
from sparkwire.trace.worker.parts import parts, parts_folder, read_parts
from sparkwire.trace.worker.runs import Run, runs
from sparkwire.views.text import WIDTH

MAX_DRAWN = 500
"""Exchanges in a diagram that is drawn without folding; more would be no diagram."""
_LIMITED = "--limit goes with --all, or with --format html, and not with --objects or --threads."


def main(options: argparse.Namespace) -> int:
    """Show the trace. 0, or 2 when the options don't go together.

    Raises ``TraceError`` when the trace can't be read.
    """
    if (problem := _problem(options)) is not None:
        print(f"sparkwire: {problem}", file=sys.stderr)
        return 2
    try:
        trace = load(options.trace, watch=progress)
    except OSError as error:
        raise TraceError(
            f"{options.trace} can't be read: {error.strerror}. 'sparkwire run -o TRACE SCRIPT' makes a trace."
        ) from None
    _ = trace.join  # what it finds out is told first
    told = _tell(trace, 0)
    if sys.stdout.isatty() and (options.all or options.format == "json"):
        trace.unwatch()  # what is printed as it is read shows how far it is
    # Whatever a file's name or a source line holds, showing it must not fail.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if options.workers:
        for piece in _WORKERS[options.format](trace, options):
            sys.stdout.write(piece)
    elif options.threads:
        print(_threads(trace, options.format), end="")
    else:
        for piece in (_OBJECTS if options.objects else _FORMATS)[options.format](trace, options):
            sys.stdout.write(piece)
    _tell(trace, told)
    return 0


def _problem(options: argparse.Namespace) -> str | None:
    """Which options don't go together."""
    if options.workers and (options.threads or options.objects):
        return "--workers doesn't go with --objects or --threads."
    if options.threads and options.format not in ("table", "mermaid"):
        return "--threads goes with --format table or mermaid."
    if options.objects and (options.threads or options.format not in _OBJECTS):
        return "--objects goes with --format table, json or html, and not with --threads."
    if options.limit is not None and (options.objects or not (options.all or options.format == "html")):
        return _LIMITED
    return None


def _tell(trace: Trace, told: int) -> int:
    """Print the notices that were not told yet, but for how the program ended; returns how many there are."""
    for notice in trace.notices[told:]:
        if notice.about is not About.PROGRAM:
            print(f"sparkwire: {notice.text}", file=sys.stderr)
    return len(trace.notices)


def _table(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    width = _width()
    if options.all:
        for line in views.exchanges_table(_first(trace, options), width=width):
            yield line + "\n"
    else:
        yield views.steps_table(trace.steps, width=width)
        yield "\n" + views.lines_table(trace.steps, width=width)
    yield from _below(trace)


def _first(trace: Trace, options: argparse.Namespace) -> Iterator[Exchange]:
    """The exchanges, as many as were asked for. Says so when there are more."""
    stream = trace.stream()
    yield from islice(stream, options.limit)
    if next(stream, None) is not None:
        print(f"sparkwire: only the first {many(options.limit, 'exchange')} are shown.", file=sys.stderr)


def _below(trace: Trace) -> Iterator[str]:
    """What stands below a table: the notices, and how the program ended."""
    # On a terminal the notices stand above already.
    both = sys.stdout.isatty() and sys.stderr.isatty()
    told = [notice.text for notice in _in_order(trace) if notice.about is About.PROGRAM or not both]
    for text in told:
        yield f"\n{text}"
    yield "\n" if told else ""


def _in_order(trace: Trace) -> list[Notice]:
    """The notices; last of all, how the program ended."""
    return sorted(trace.notices, key=lambda notice: notice.about is About.PROGRAM)


def _threads(trace: Trace, format: str) -> str:
    """Which Python thread spoke to which Java thread: a table, or a flowchart for Mermaid."""
    if format == "mermaid":
        return views.threads_map(trace.threads, title=trace.header.program)
    return views.threads_table(trace.threads, width=_width())


def _width() -> int:
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def _json(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    for exchange in _first(trace, options):
        yield views.json_line(exchange, trace.join) + "\n"


def _mermaid(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    title = trace.header.program
    if options.all:
        most = options.limit or MAX_DRAWN
        yield views.sequence_of(trace.stream(), join=trace.join, most=most, title=title)
        if (count := sum(step.count for step in trace.steps)) > most:
            print(
                f"sparkwire: the diagram has the first {number(most)} of {many(count, 'round trip')}: more "
                "can't be drawn well. Without --all it has the steps; --limit N draws more.",
                file=sys.stderr,
            )
    else:
        yield views.sequence(trace.steps, join=trace.join, title=title)


def _html(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    return views.report(
        trace.steps,
        exchanges=trace.stream() if options.all else None,
        title=trace.header.program,
        header=trace.header,
        java_version=trace.java_version,
        notices=_in_order(trace),
        join=trace.join,
        runs=(found := _runs(trace, options)),
        asked=trace.stream() if found else (),
        most=options.limit,
    )


def _objects_table(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    if options.all:
        for line in views.objects_table(trace.lifetimes, width=_width()):
            yield line + "\n"
    else:
        yield views.lifetimes_table(trace.lifetimes, width=_width())
    yield from _below(trace)


def _objects_json(trace: Trace, _: argparse.Namespace) -> Iterator[str]:
    for life in trace.lifetimes.lives:
        yield views.life_json_line(life) + "\n"


def _objects_html(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    count = len(trace.lifetimes.lives)
    shown = {"groups": count, "objects": count} if options.all else {}
    return views.page(trace.header.program, views.lifetimes_pieces(trace.lifetimes, **shown))


def _workers_table(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    yield views.workers_table(_runs(trace, options), width=_width())
    yield from _below(trace)


def _runs(trace: Trace, options: argparse.Namespace) -> list[Run]:
    """The runs in the trace, or in the parts that lie beside it still."""
    left = parts(parts_folder(Path(options.trace)))
    if not left:
        return trace.runs
    print(
        "sparkwire: The program is still running, or sparkwire was killed before it ended: what the workers "
        f"recorded is read from {parts_folder(Path(options.trace)).name}, beside the trace.",
        file=sys.stderr,
    )
    return runs(read_parts(left, trace.last_connection))


def _workers_json(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    for run in _runs(trace, options):
        yield views.run_json_line(run) + "\n"


def _workers_html(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    found = _runs(trace, options)
    most = len(found) if options.all and options.limit is None else options.limit or views.RUNS_DRAWN
    return views.workers_report(
        found, trace.stream(), title=trace.header.program, notices=_in_order(trace), most=most
    )


def _workers_mermaid(trace: Trace, options: argparse.Namespace) -> Iterator[str]:
    found, title = _runs(trace, options), trace.header.program
    if options.all:
        yield views.run_lanes(found, most=options.limit or MAX_DRAWN, title=title)
    else:
        yield views.work_sequence(trace.steps, found, title=title)


_WORKERS = {
    "table": _workers_table,
    "json": _workers_json,
    "mermaid": _workers_mermaid,
    "html": _workers_html,
}
_OBJECTS = {"table": _objects_table, "json": _objects_json, "html": _objects_html}
_FORMATS = {"table": _table, "json": _json, "mermaid": _mermaid, "html": _html}
