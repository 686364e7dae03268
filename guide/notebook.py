"""What the cells of pages share: tables, a box for HTML, and what a cell asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.display import HTML, Markdown

from sparkwire import Exchange, Recording, views
from sparkwire.views import Html


def framed(fragment: Html) -> HTML:
    """A fragment of HTML in the box that carries the style of everything sparkwire shows."""
    return HTML(views.framed(fragment))


def diagram(source: str) -> Markdown:
    """A diagram, as Markdown with a fence that JupyterLab and the site both draw."""
    return Markdown(views.fenced(source))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """A table, as Markdown. Cells may hold Markdown; what isn't text is shown as ``str`` writes it.

    Raises ``ValueError`` when a column has no heading: then a screen reader couldn't say what a cell is.
    """
    if not all(head):
        raise ValueError(f"a column has no heading: {tuple(head)}")
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in cells))


def asked(recording: Recording) -> list[Exchange]:
    """What the cell itself asked: no authentication, and no releases, which can come at any time."""
    return [exchange for exchange in recording.exchanges if exchange.command not in ("auth", "memory")]


def code_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    """A table whose cells are code."""
    return table(head, [[as_code(cell) for cell in row] for row in rows])


def as_code(text: str) -> str:
    """Text as code in a table's cell, with escapes for characters that can't be seen."""
    seen = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return f"`{seen}`" if seen else ""
