"""The table in ``docs/reference/benchmarks.md``: written from results, and read back for its check.

Only what is between the page's two marks is written; the words around it are for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import decoding, memory, round_trip, site, system
from benchmarks.measure import Result, Row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
BEGIN = "% Begin: written by make bench. Do not edit up to the end mark."
END = "% End"

PARTS: dict[str, tuple[Row, ...]] = {
    "Recording": (*round_trip.ROWS, *memory.ROWS),
    "What it is made of": system.ROWS,
    "Decoding": decoding.ROWS,
    "Building this site": site.ROWS,
}
HEADINGS = ("What", "Against", "Median", "Spread", "Samples", "Aim")


def rows() -> list[Row]:
    """All rows, in the order of the page."""
    return [row for part in PARTS.values() for row in part]


def block(results: Iterable[Result], machine: Sequence[str]) -> str:
    """What stands between the marks: one table for each part, and what it was measured on."""
    found = {result.row: result for result in results}
    lines = [f"Measured with `make bench` on {'; '.join(machine)}.", ""]
    for part, its_rows in PARTS.items():
        lines += [f"### {part}", "", _line(HEADINGS), _line(["---"] * len(HEADINGS))]
        for row in its_rows:
            median, apart, count = found[row].cells()
            lines.append(_line([row.what, row.against, median, apart, count, row.aim]))
        lines.append("")
    return "\n".join(lines)


def committed_rows(page: str) -> list[tuple[str, str, str]]:
    """The (what, against, aim) of every row of the committed page."""
    inside = page[page.index(BEGIN) : page.index(END)]
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in inside.splitlines()
        if line.startswith("|")
    ]
    named = [dict(zip(HEADINGS, row, strict=True)) for row in cells if row[0] not in (HEADINGS[0], "---")]
    return [(row["What"], row["Against"], row["Aim"]) for row in named]


def write(text: str) -> None:
    """Put ``text`` between the marks of the page."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{PAGE.name} has lost its marks {BEGIN!r} and {END!r}")
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
