"""Tables for a terminal.

Columns are aligned by what a terminal shows, text is cut to the width at hand, and nothing from outside
reaches the terminal as a control character. A table is made row by row, so that a million of them take no
memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sparkwire import plain

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
        said = cell if column.right else fit(plain.visible(cell), room)
        blank = " " * max(room - plain.width(said), 0)
        shown.append(blank + said if column.right else said if i == last else said + blank)
    return _GAP.join(shown).rstrip()


def fit(said: str, room: int) -> str:
    """``said`` cut in its middle so that it takes at most ``room`` columns of a terminal."""
    cut = plain.shorten_middle(said, room)
    while plain.width(cut) > room and cut:
        cut = plain.shorten_middle(said, len(cut) - 1)
    return cut
