"""What the cells of pages share: a table, a box for HTML, and what an error says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

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
    """A table, as Markdown. Cells may hold Markdown; what isn't text is shown as ``str`` writes it."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in cells))


def asked(recording: Recording) -> list[Exchange]:
    """What the cell itself asked: no authentication, and no releases, which can come at any time."""
    return [exchange for exchange in recording.exchanges if exchange.command not in ("auth", "memory")]


def reason(error: Exception) -> str:
    """What Py4J's error says is wrong, without the line before it and without Java's stack."""
    lines = str(error).splitlines()
    if len(lines) < 2:
        return str(error)
    return lines[1].removeprefix(": ").removeprefix("py4j.Py4JException: ")


def complaint(call: Callable[[], object]) -> str:
    """What Py4J says is wrong with the call. Raises ``AssertionError`` when nothing is."""
    from py4j.protocol import Py4JError

    try:
        call()
    except Py4JError as error:
        return reason(error)
    raise AssertionError("the call worked")
