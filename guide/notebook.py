"""What the cells of pages share: a table, and a box for HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.display import HTML, Markdown

from sparkwire import views
from sparkwire.views import Html


def framed(fragment: Html) -> HTML:
    """A fragment of HTML in the box that carries the style of everything sparkwire shows."""
    return HTML(views.framed(fragment))


def diagram(source: str) -> Markdown:
    """A diagram, as Markdown with a fence that JupyterLab and the site both draw."""
    return Markdown(views.fenced(source))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """A table, as Markdown. Cells may hold Markdown; what isn't text is shown as ``str`` writes it."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in cells))
