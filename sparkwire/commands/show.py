"""``sparkwire show``: a trace as a table, as JSON, as a diagram or as a page; or its threads, or its objects.

A trace is read twice: once for what must be told about it and how large it is, then for its exchanges.
Without Java calls, or with too many exchanges to join them, the exchanges go through as a stream.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sparkwire import views
from sparkwire.errors import TraceError
from sparkwire.jvm.program import read_joinable, too_long_to_join
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import Exchange, exchanges
from sparkwire.trace.gateway.fold import Step, fold, phase_of
from sparkwire.trace.gateway.lifetimes import Lifetimes, lifetimes
from sparkwire.trace.gateway.threads import thread_pairs
from sparkwire.trace.java.calls import join
from sparkwire.trace.load import trace_state
from sparkwire.trace.records import About, Closed, Header, JavaCall, JavaVersion, Notice, Opened
from sparkwire.views.table import WIDTH

MAX_DRAWN = 500
"""Exchanges in a diagram that is drawn without folding; more would be no diagram."""


@dataclass(slots=True)
class _Opened:
    """A trace, ready to be shown once."""

    header: Header
    exchanges: Iterable[Exchange]
    notices: list[str] = field(default_factory=list)
    """What the reader must be told."""
    ending: list[str] = field(default_factory=list)
    """How the program ended."""
    java_version: str = ""
    no_java: str | None = None
    """Why there are no Java calls."""
    closed: set[int] = field(default_factory=set)
    """The connections that were closed while they were recorded."""
    connections: list[Opened] = field(default_factory=list)
    """The connections that were opened while they were recorded."""


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
        opened = _open(options.trace)
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
    for notice in opened.notices:
        print(f"sparkwire: {notice}", file=sys.stderr)
    # Whatever a file's name or a source line holds, showing it must not fail.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if options.threads:
        print(_threads(opened, options.format), end="")
        return 0
    for piece in (_OBJECTS if options.objects else _FORMATS)[options.format](opened, options.all):
        sys.stdout.write(piece)
    return 0


def _open(path: str) -> _Opened:
    reader = TraceReader(path)
    opened = _Opened(reader.header, ())
    calls = anything = 0
    for record in reader:
        match record:
            case JavaCall():
                calls += 1
            case JavaVersion():
                opened.java_version = record.version
            case Notice():
                (opened.ending if record.about == About.PROGRAM else opened.notices).append(record.text)
            case Opened():
                opened.connections.append(record)
                anything += 1
            case Closed():
                opened.closed.add(record.connection)
                anything += 1
            case _:
                anything += 1
    opened.notices += trace_state(reader)
    if reader.cut and not anything:
        raise TraceError(f"{path}: the trace was cut before its first whole record. Record it again.")
    opened.exchanges = exchanges(reader)
    if not calls:
        about_java = [notice for notice in opened.notices if "Java" in notice]
        opened.no_java = about_java[0] if about_java else "No Java calls were recorded."
    elif (found := read_joinable(reader.path)) is None:
        opened.no_java = too_long_to_join()
        opened.notices += [opened.no_java] if opened.no_java not in opened.notices else []
    else:
        opened.exchanges, joined = join(*found)
        opened.notices += [note for note in joined.notes if note not in opened.notices]
    return opened


def _table(opened: _Opened, everything: bool) -> Iterator[str]:
    width = _width()
    if everything:
        for line in views.exchanges_table(opened.exchanges, width=width):
            yield line + "\n"
    else:
        steps = fold(opened.exchanges)
        yield views.steps_table(steps, width=width)
        yield "\n" + views.lines_table(steps, width=width)
    yield from _told(opened)


def _told(opened: _Opened) -> Iterator[str]:
    """What stands below a table."""
    # On a terminal the notices stand above already.
    told = [] if sys.stdout.isatty() and sys.stderr.isatty() else opened.notices
    for notice in [*told, *opened.ending]:
        yield f"\n{notice}"
    yield "\n" if told or opened.ending else ""


def _threads(opened: _Opened, format: str) -> str:
    """Which Python thread spoke to which Java thread: a table, or a flowchart for Mermaid."""
    pairs = thread_pairs(opened.exchanges, opened.closed)
    if format == "mermaid":
        return views.threads_map(pairs, title=opened.header.program)
    return views.threads_table(pairs, width=_width())


def _width() -> int:
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else WIDTH


def _json(opened: _Opened, _: bool) -> Iterator[str]:
    for exchange in opened.exchanges:
        yield views.json_line(exchange) + "\n"


def _mermaid(opened: _Opened, everything: bool) -> Iterator[str]:
    title = opened.header.program
    if everything:
        yield views.sequence_of(opened.exchanges, most=MAX_DRAWN, title=title)
    else:
        yield views.sequence(fold(opened.exchanges), title=title)


def _html(opened: _Opened, everything: bool) -> Iterator[str]:
    yield views.report(
        list(map(_alone, opened.exchanges)) if everything else fold(opened.exchanges),
        title=opened.header.program,
        header=opened.header,
        java_version=opened.java_version,
        notices=[*opened.notices, *opened.ending],
        java_reason=opened.no_java,
    )


def _alone(exchange: Exchange) -> Step:
    """A step that holds this exchange only."""
    line = exchange.site.user if exchange.site else None
    step = Step(phase_of(exchange), line, exchange.thread, exchange.connection, exchange.start_ns)
    step.add(exchange)
    return step


def _lives(opened: _Opened) -> Lifetimes:
    return lifetimes(opened.exchanges, opened.connections)


def _objects_table(opened: _Opened, everything: bool) -> Iterator[str]:
    found = _lives(opened)
    if everything:
        for line in views.objects_table(found, width=_width()):
            yield line + "\n"
    else:
        yield views.lifetimes_table(found, width=_width())
    yield from _told(opened)


def _objects_json(opened: _Opened, _: bool) -> Iterator[str]:
    for life in _lives(opened).lives:
        yield views.life_json_line(life) + "\n"


def _objects_html(opened: _Opened, everything: bool) -> Iterator[str]:
    found = _lives(opened)
    most = {"groups": len(found.lives), "objects": len(found.lives)} if everything else {}
    yield views.page(opened.header.program, views.lifetimes_html(found, **most))


_OBJECTS = {"table": _objects_table, "json": _objects_json, "html": _objects_html}
_FORMATS = {"table": _table, "json": _json, "mermaid": _mermaid, "html": _html}
