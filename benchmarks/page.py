"""The tables in ``docs/reference/benchmarks.md``: written from results, and read back for their check.

Only what is between the page's two marks is written; the words around it are for people. Each part has a
heading, a line that says when and on what it was measured, and a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import decoding, memory, round_trip, site, system, workers
from benchmarks.measure import Result, Row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
BEGIN = "% Begin: written by make bench. Do not edit up to the end mark."
END = "% End"


class Part(NamedTuple):
    """A part of the page."""

    heading: str
    rows: tuple[Row, ...]


PARTS: dict[str, Part] = {
    "recording": Part("Recording", (*round_trip.ROWS, *memory.ROWS)),
    "workers": Part("Recording Python workers", workers.ROWS),
    "system": Part("What it is made of", system.ROWS),
    "decoding": Part("Decoding", decoding.ROWS),
    "site": Part("Building this site", site.ROWS),
}
"""By the names by which they are asked for."""
HEADINGS = ("What", "Against", "Median", "Spread", "Samples", "Aim")


def rows() -> list[Row]:
    """All rows, in the order of the page."""
    return [row for part in PARTS.values() for row in part.rows]


def section(name: str, results: Iterable[Result], machine: Sequence[str]) -> str:
    """A part of the page: its heading, what it was measured on, and its table."""
    part, found = PARTS[name], {result.row: result for result in results}
    lines = [f"### {part.heading}", "", f"Measured on {'; '.join(machine)}.", ""]
    lines += [_line(HEADINGS), _line(["---"] * len(HEADINGS))]
    for row in part.rows:
        median, apart, count = found[row].cells()
        lines.append(_line([row.what, row.against, median, apart, count, row.aim]))
    return "\n".join(lines) + "\n"


def committed_rows(page: str) -> list[tuple[str, str, str]]:
    """The (what, against, aim) of every row of the committed page."""
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in _inside(page)[1].splitlines()
        if line.startswith("|")
    ]
    named = [dict(zip(HEADINGS, row, strict=True)) for row in cells if row[0] not in (HEADINGS[0], "---")]
    return [(row["What"], row["Against"], row["Aim"]) for row in named]


def put(page: str, sections: Mapping[str, str]) -> str:
    """The page with new ``sections``, in the page's order, in place of those for the same parts."""
    before, inside, after = _inside(page)
    headings = {part.heading: name for name, part in PARTS.items()}
    there = {
        headings[heading]: f"### {heading}\n\n{text.strip()}\n"
        for heading, text in re.findall(r"^### (.*?)\n(.*?)(?=^### |\Z)", inside, re.M | re.S)
        if heading in headings
    }
    there |= sections
    return before + "\n".join(there[name] for name in PARTS if name in there) + after


def write(sections: Mapping[str, str]) -> None:
    """Put ``sections`` into the page."""
    PAGE.write_text(put(PAGE.read_text("utf-8"), sections), "utf-8")


def _inside(page: str) -> tuple[str, str, str]:
    """What is before the tables, the tables, and what is after them."""
    before, begin, rest = page.partition(BEGIN + "\n\n")
    inside, end, after = rest.partition("\n" + END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} has lost its marks {BEGIN!r} and {END!r}")
    return before + begin, inside, end + after


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
