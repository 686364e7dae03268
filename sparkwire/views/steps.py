"""The folded steps of a trace, and what each of the user's lines cost: as HTML, and as tables of text.

The fragment of HTML is complete without script: steps and exchanges are ``<details>``, and every exchange and
field has a permalink. ``explorer.js`` adds stepping, filtering and the linking of bytes with fields where it
is loaded; ``trace.css`` is its look. Names of classes and ids are short, because a page holds hundreds of
exchanges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sparkwire.plain import agreeing, duration, many, number, shorten, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import KEPT, Step, by_line, phase_of
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import RELAY, Frame, Header, Notice
from sparkwire.views import markup
from sparkwire.views.bounds import shares
from sparkwire.views.exchange import Drawing, exchange_item
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.text import WIDTH, Column, table_lines
from sparkwire.views.who import asker, no_line, nobody, place

# --- HTML -----------------------------------------------------------------------------------------


DRAWN = 2000
"""Exchanges that a page draws in full, unless it is asked for more: they take about 3 kB each."""


def trace_html(
    steps: Iterable[Step],
    *,
    prefix: str,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice] = (),
    join: Join = NOT_JOINED,
    per_step: int = KEPT,
    most: int = DRAWN,
    how_to_see_all: str = "sparkwire show --all TRACE",
    how_to_see_more: str = "sparkwire show --format html --limit N TRACE",
) -> Html:
    """An HTML fragment: a ``<details>`` for each step, in it one for each exchange.

    ``prefix`` begins every id (``{prefix}-x42``, ``{prefix}-x42-q3``) and must be unique on its page; it
    starts with a letter and holds letters, digits, ``-`` and ``_``. Of each step at most ``per_step``
    exchanges are drawn, and of all steps together at most ``most``: the first of each step. The others are
    counted, with ``how_to_see_all`` as the command that lists them, and ``how_to_see_more`` as what draws
    more than ``most``. Raises ``ValueError`` for a bad prefix.
    """
    folded = list(steps)
    kept = shares([min(len(step.exchanges), per_step) for step in folded], most)
    drawing = Drawing(
        prefix=prefix,
        join=join,
        how_to_see_all=how_to_see_all,
        shown=frozenset(
            exchange.n
            for step, share in zip(folded, kept, strict=True)
            for exchange in step.exchanges[:share]
        ),
    )
    said: list[Html] = []
    if any(share < min(len(step.exchanges), per_step) for step, share in zip(folded, kept, strict=True)):
        every = number(sum(step.count for step in folded))
        counted = f"{number(sum(kept))} of {every} exchanges are drawn here, the first of each step: "
        said.append(tag("p", counted, tag("code", how_to_see_more), " draws more."))
    items = _step_items(zip(folded, kept, strict=True), drawing)
    return markup.join(_explorer(items, header, java_version, notices, said))


def all_pieces(
    exchanges: Iterable[Exchange],
    *,
    count: int,
    prefix: str,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice] = (),
    join: Join = NOT_JOINED,
) -> Iterator[Html]:
    """The same of ``exchanges`` one by one, each in a step of its own, as pieces that come as they do.

    The numbers of the exchanges are 1 to ``count``. The other arguments are those of ``trace_html``.
    """
    drawing = Drawing(prefix=prefix, join=join, shown=range(1, count + 1))
    items = _step_items(((_alone(exchange), 1) for exchange in exchanges), drawing)
    return _explorer(items, header, java_version, notices)


def _alone(exchange: Exchange) -> Step:
    """A step that holds this exchange only."""
    line = exchange.site.user if exchange.site else None
    step = Step(phase_of(exchange), line, exchange.thread, exchange.connection, exchange.start_ns)
    step.add(exchange)
    return step


def _explorer(
    items: Iterable[Html],
    header: Header | None,
    java_version: str,
    notices: Iterable[Notice],
    said: Iterable[Html] = (),
) -> Iterator[Html]:
    """The whole fragment around the items of its list."""

    def inside() -> Iterator[Html]:
        if header is not None:
            yield tag("p", _versions(header, java_version), class_="sw-v")
        yield notices_html(notices)
        yield from said
        yield from markup.around("ol", items, class_="sw-t")

    return markup.around("trace-explorer", inside(), class_="sparkwire")


def _step_items(steps: Iterable[tuple[Step, int]], drawing: Drawing) -> Iterator[Html]:
    """The items of the steps, each given with how many of its exchanges are drawn."""
    line: Frame | None = None
    for i, (step, share) in enumerate(steps, 1):
        # The source line once, not for each of its steps.
        yield _step_item(step, i, share, drawing, with_code=step.line != line)
        line = step.line


def _versions(header: Header, java_version: str) -> str:
    named = (
        ("PySpark", header.pyspark),
        ("Py4J", header.py4j),
        ("Java", java_version),
        ("Python", header.python),
        ("", header.os),
    )
    said = [visible(f"{name} {value}".strip()) for name, value in named if value]
    return " · ".join([*([RELAY] if header.program == RELAY else []), *said])


def notices_html(notices: Iterable[Notice]) -> Html:
    """What the reader of a trace must be told, as a list."""
    items = [tag("li", visible(notice.text)) for notice in notices]
    return tag("ul", *items, class_="sw-n") if items else EMPTY


def _step_item(step: Step, at: int, share: int, drawing: Drawing, *, with_code: bool) -> Html:
    facts = [many(step.count, "round trip"), duration(step.duration_ns)]
    if step.errors:
        facts.append(many(step.errors, "error"))
    if step.runs > 1:
        facts.append(f"in {number(step.runs)} runs")
    itself = nobody(step.thread, step.connection)
    line = _line(step.line, itself, with_code)
    other = visible(asker(step.thread, step.connection))
    if other and (step.line is not None or other != itself):
        line += [f" ({other})"]
    title = visible(_beside_phase(step))
    kept = step.exchanges[:share]
    left = step.count - len(kept)
    more = (
        tag(
            "p",
            f"{many(left, 'more exchange')} of this step {agreeing(left, 'is')} not drawn here: ",
            tag("code", drawing.how_to_see_all),
            " lists all.",
        )
        if left
        else EMPTY
    )
    summary = tag(
        "summary",
        tag("b", step.phase.value),
        f" {title} ",
        tag("small", " · ".join(facts)),
        tag("span", *line),
    )
    exchanges = tag("ol", *(exchange_item(exchange, drawing) for exchange in kept))
    details = tag("details", summary, exchanges, more, class_="sw-g", id=f"{drawing.prefix}-s{at}")
    return markup.join([tag("li", details), "\n"])


def _beside_phase(step: Step) -> str:
    """A step's title without its phase's word, with which some begin: that word stands before it already."""
    return step.title.removeprefix(f"{step.phase.value} ")


def _line(line: Frame | None, itself: str, with_code: bool = True) -> list[str]:
    """A line of the program; ``itself`` stands where none is known."""
    if line is None:
        return [itself]
    code = [" ", tag("code", shorten(visible(line.code), 100))] if line.code and with_code else []
    return [place(line), *code]


def lines_html(steps: Iterable[Step], *, most: int = 20) -> Html:
    """What each of the user's lines cost on the wire, as a table, the chattiest first."""
    steps = list(steps)
    itself = no_line(steps)
    costs = by_line(steps)
    whole = sum(cost.count for cost in costs) or 1
    rows = [
        markup.row(
            markup.join(_line(cost.line, itself)),
            number(cost.count),
            f"{100 * cost.count / whole:.0f} %",
            duration(cost.duration_ns),
            number(cost.bytes),
        )
        for cost in costs[:most]
    ]
    left = sum(cost.count for cost in costs[most:])
    more = f"And {many(len(costs) - most, 'more line')} with {many(left, 'round trip')}."
    heads = ("Line", "Round trips", "Share", "Time", "Bytes")
    return markup.framed(
        markup.join(
            [
                markup.table("Cost of each line", heads, rows, kind=""),
                tag("p", more) if len(costs) > most else EMPTY,
            ]
        )
    )


# --- a terminal -----------------------------------------------------------------------------------

_STEPS = (
    Column("#", 3, right=True),
    Column("line", 14),
    Column("phase", 12),
    Column("what", 16, share=1),
    Column("trips", 6, right=True),
    Column("time", 7, right=True),
    Column("bytes", 8, right=True),
)
_LINES = (
    Column("trips", 9, right=True),
    Column("share", 5, right=True),
    Column("time", 7, right=True),
    Column("bytes", 11, right=True),
    Column("line", 14),
    Column("code", 16, share=1),
)


def steps_table(steps: Iterable[Step], *, width: int = WIDTH) -> str:
    """The folded trace: a row for each step, with its exchanges' numbers where it has one."""
    rows = [
        (
            str(i),
            place(step.line) or f"({step.thread or 'Py4J'})",
            step.phase.value,
            _beside_phase(step) + (f"  ({many(step.errors, 'error')})" if step.errors else ""),
            number(step.count),
            duration(step.duration_ns),
            number(step.request_bytes + step.reply_bytes),
        )
        for i, step in enumerate(steps, 1)
    ]
    return "".join(line + "\n" for line in table_lines(_STEPS, rows, width))


def lines_table(steps: Iterable[Step], *, width: int = WIDTH, most: int = 20) -> str:
    """What each of the user's lines cost on the wire, the chattiest first."""
    steps = list(steps)
    itself = no_line(steps)
    costs = by_line(steps)
    whole = sum(cost.count for cost in costs) or 1
    rows = [
        (
            number(cost.count),
            f"{100 * cost.count / whole:.0f} %",
            duration(cost.duration_ns),
            number(cost.bytes),
            place(cost.line) or ("(Py4J)" if itself.startswith("Py4J") else "(relay)"),
            cost.line.code if cost.line is not None else itself,
        )
        for cost in costs[:most]
    ]
    lines = list(table_lines(_LINES, rows, width))
    if len(costs) > most:
        left = sum(cost.count for cost in costs[most:])
        lines.append(f"and {many(len(costs) - most, 'more line')} with {many(left, 'round trip')}")
    return "".join(line + "\n" for line in lines)
