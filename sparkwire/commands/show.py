"""``sparkwire show``: a trace as a table, as JSON, as a diagram or as a page; or its threads, or its objects.

Without Java calls, or with too many exchanges to join them, the exchanges go through as a stream.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator

from sparkwire import views
from sparkwire.errors import TraceError
from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.gateway.fold import Step, phase_of
from sparkwire.trace.load import Trace, load
from sparkwire.trace.records import About
from sparkwire.views.text import WIDTH

MAX_DRAWN = 500
"""Exchanges in a diagram that is drawn without folding; more would be no diagram."""


def main(options: argparse.Namespace) -> int:
    """Show the trace. 0, or 2 when it can't be read or the options don't go together."""
    if options.threads and options.format not in ("table", "mermaid"):
        print("sparkwire: --threads goes with --format table or mermaid.", file=sys.stderr)
        return 2
    if options.objects and (options.threads or options.format not in _OBJECTS):
        print(
            "sparkwire: --objects goes with --format table, json or html, and not with --threads.",
            file=sys.stderr,
        )
        return 2
    try:
        trace = load(options.trace)
        _ = trace.join  # what it finds out is told first
    except TraceError as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"sparkwire: {options.trace} can't be read: {error.strerror}. "
            "'sparkwire run -o TRACE SCRIPT' makes a trace.",
            file=sys.stderr,
        )
        return 2
    told = _tell(trace, 0)
    # Whatever a file's name or a source line holds, showing it must not fail.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if options.threads:
        print(_threads(trace, options.format), end="")
    else:
        for piece in (_OBJECTS if options.objects else _FORMATS)[options.format](trace, options.all):
            sys.stdout.write(piece)
    _tell(trace, told)
    return 0


def _tell(trace: Trace, told: int) -> int:
    """Print the notices that were not told yet, but for how the program ended; returns how many there are."""
    for notice in trace.notices[told:]:
        if notice.about is not About.PROGRAM:
            print(f"sparkwire: {notice.text}", file=sys.stderr)
    return len(trace.notices)


def _table(trace: Trace, everything: bool) -> Iterator[str]:
    width = _width()
    if everything:
        for line in views.exchanges_table(trace.stream(), width=width):
            yield line + "\n"
    else:
        yield views.steps_table(trace.steps, width=width)
        yield "\n" + views.lines_table(trace.steps, width=width)
    yield from _below(trace)


def _below(trace: Trace) -> Iterator[str]:
    """What stands below a table: the notices, and how the program ended."""
    # On a terminal the notices stand above already.
    both = sys.stdout.isatty() and sys.stderr.isatty()
    notices = sorted(trace.notices, key=lambda notice: notice.about is About.PROGRAM)
    told = [notice.text for notice in notices if notice.about is About.PROGRAM or not both]
    for text in told:
        yield f"\n{text}"
    yield "\n" if told else ""


def _threads(trace: Trace, format: str) -> str:
    """Which Python thread spoke to which Java thread: a table, or a flowchart for Mermaid."""
    if format == "mermaid":
        return views.threads_map(trace.threads, title=trace.header.program)
    return views.threads_table(trace.threads, width=_width())


def _width() -> int:
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def _json(trace: Trace, _: bool) -> Iterator[str]:
    for exchange in trace.stream():
        yield views.json_line(exchange, trace.join) + "\n"


def _mermaid(trace: Trace, everything: bool) -> Iterator[str]:
    title = trace.header.program
    if everything:
        yield views.sequence_of(trace.stream(), join=trace.join, most=MAX_DRAWN, title=title)
    else:
        yield views.sequence(trace.steps, join=trace.join, title=title)


def _html(trace: Trace, everything: bool) -> Iterator[str]:
    steps = list(map(_alone, trace.stream())) if everything else trace.steps
    yield views.report(
        steps,
        title=trace.header.program,
        header=trace.header,
        java_version=trace.java_version,
        notices=sorted(trace.notices, key=lambda notice: notice.about is About.PROGRAM),
        join=trace.join,
    )


def _alone(exchange: Exchange) -> Step:
    """A step that holds this exchange only."""
    line = exchange.site.user if exchange.site else None
    step = Step(phase_of(exchange), line, exchange.thread, exchange.connection, exchange.start_ns)
    step.add(exchange)
    return step


def _objects_table(trace: Trace, everything: bool) -> Iterator[str]:
    if everything:
        for line in views.objects_table(trace.lifetimes, width=_width()):
            yield line + "\n"
    else:
        yield views.lifetimes_table(trace.lifetimes, width=_width())
    yield from _below(trace)


def _objects_json(trace: Trace, _: bool) -> Iterator[str]:
    for life in trace.lifetimes.lives:
        yield views.life_json_line(life) + "\n"


def _objects_html(trace: Trace, everything: bool) -> Iterator[str]:
    count = len(trace.lifetimes.lives)
    most = {"groups": count, "objects": count} if everything else {}
    yield views.page(trace.header.program, views.lifetimes_html(trace.lifetimes, **most))


_OBJECTS = {"table": _objects_table, "json": _objects_json, "html": _objects_html}
_FORMATS = {"table": _table, "json": _json, "mermaid": _mermaid, "html": _html}
