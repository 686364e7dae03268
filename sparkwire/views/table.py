"""Tables for a terminal: the folded steps, all exchanges, and the cost of each of the user's lines.

Columns are aligned by what a terminal shows, text is cut to the width at hand, and nothing from the wire
reaches the terminal as a control character. The table of exchanges is made row by row, so that a million
of them take no memory. It imports the trace's model and folding, and the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.gateway.fold import Step, by_line
from sparkwire.trace.records import Channel
from sparkwire.views import text

WIDTH = 100
"""Columns of a table when the caller doesn't say."""
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its width, and how it is filled. One of width 0 shares what is left."""

    head: str
    width: int
    right: bool = False
    share: int = 0
    """Its part of the width that is left over, against the other columns' parts."""


_STEPS = (
    Column("#", 3, right=True),
    Column("line", 14),
    Column("phase", 12),
    Column("what", 16, share=1),
    Column("trips", 6, right=True),
    Column("time", 7, right=True),
    Column("bytes", 8, right=True),
)
_EXCHANGES = (
    Column("n", 5, right=True),
    Column("conn", 4, right=True),
    Column("at", 9, right=True),
    Column("time", 7, right=True),
    Column("command", 11),
    Column("request", 18, share=5),
    Column("reply", 10, share=2),
    Column("call site", 12, share=3),
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
            text.place(step.line) or f"({step.thread or 'Py4J'})",
            step.phase.value,
            step.title + (f"  ({text.many(step.errors, 'error')})" if step.errors else ""),
            text.number(step.count),
            text.duration(step.duration_ns),
            text.number(step.request_bytes + step.reply_bytes),
        )
        for i, step in enumerate(steps, 1)
    ]
    return "".join(line + "\n" for line in table_lines(_STEPS, rows, width))


def lines_table(steps: Iterable[Step], *, width: int = WIDTH, most: int = 20) -> str:
    """What each of the user's lines cost on the wire, the chattiest first."""
    steps = list(steps)
    itself = text.no_line(steps)
    costs = by_line(steps)
    whole = sum(cost.count for cost in costs) or 1
    rows = [
        (
            text.number(cost.count),
            f"{100 * cost.count / whole:.0f} %",
            text.duration(cost.duration_ns),
            text.number(cost.bytes),
            text.place(cost.line) or ("(Py4J)" if itself.startswith("Py4J") else "(relay)"),
            cost.line.code if cost.line is not None else itself,
        )
        for cost in costs[:most]
    ]
    lines = list(table_lines(_LINES, rows, width))
    if len(costs) > most:
        left = sum(cost.count for cost in costs[most:])
        lines.append(f"and {text.many(len(costs) - most, 'more line')} with {text.many(left, 'round trip')}")
    return "".join(line + "\n" for line in lines)


def exchanges_table(exchanges: Iterable[Exchange], *, width: int = WIDTH) -> Iterator[str]:
    """Every exchange as a line of text (without its line end), the head first, as they come.

    ``at`` counts from the first exchange.
    """
    rows = _exchange_rows(exchanges)
    yield from table_lines(_EXCHANGES, rows, width)


def _exchange_rows(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, ...]]:
    began: int | None = None
    for exchange in exchanges:
        if began is None:
            began = exchange.start_ns
        user = exchange.site.user if exchange.site else None
        where = text.place(user)
        called = exchange.site.function if exchange.site else ""
        yield (
            str(exchange.n),
            str(exchange.connection),
            f"{(exchange.start_ns - began) / 1e9:.4f}",
            text.duration(exchange.duration_ns),
            ("← " if exchange.channel == Channel.CALLBACK else "") + exchange.command,
            text.request_summary(exchange),
            text.reply_summary(exchange),
            f"{where} {called}".strip(),
        )


def table_lines(columns: tuple[Column, ...], rows: Iterable[tuple[str, ...]], width: int) -> Iterator[str]:
    """A table line by line, each without its line end, in ``width`` columns of a terminal."""
    widths = _fit(columns, width)
    yield _row(columns, widths, tuple(column.head for column in columns))
    yield _GAP.join("-" * w for w in widths)
    for row in rows:
        yield _row(columns, widths, row)


def _fit(columns: tuple[Column, ...], width: int) -> list[int]:
    """The columns' widths: what is left goes to those that have a share. Never below their least width."""
    left = width - sum(column.width for column in columns) - len(_GAP) * (len(columns) - 1)
    shares = sum(column.share for column in columns)
    return [column.width + max(left, 0) * column.share // max(shares, 1) for column in columns]


def _row(columns: tuple[Column, ...], widths: list[int], cells: tuple[str, ...]) -> str:
    last = len(columns) - 1
    shown = []
    for i, (column, room, cell) in enumerate(zip(columns, widths, cells, strict=True)):
        # Numbers are never cut: a wrong one is worse than a crooked table.
        said = cell if column.right else fit(text.visible(cell), room)
        blank = " " * max(room - text.width(said), 0)
        shown.append(blank + said if column.right else said if i == last else said + blank)
    return _GAP.join(shown).rstrip()


def fit(said: str, room: int) -> str:
    """``said`` cut in its middle so that it takes at most ``room`` columns of a terminal."""
    cut = text.shorten_middle(said, room)
    while text.width(cut) > room and cut:
        cut = text.shorten_middle(said, len(cut) - 1)
    return cut
