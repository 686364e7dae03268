"""What a notebook shows besides a recording: a map of processes, and a claim's verdict."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from IPython.display import HTML, Markdown, display

from sparkwire import views
from sparkwire.notebook.box import framed, mermaid
from sparkwire.notebook.recording import Wire
from sparkwire.runtime.processes import look, own_ports
from sparkwire.trace.process_map import ProcessMap, known_ports


class Processes:
    """A process map as a notebook shows it: a diagram, and the same in words. ``map`` is the map itself."""

    def __init__(self, map: ProcessMap, title: str = "") -> None:
        self.map = map
        self.title = title

    def _ipython_display_(self) -> None:
        display(mermaid(views.process_map(self.map, title=self.title)))
        display(HTML(views.process_map_html(self.map)))


def processes(
    root: int | None = None, recording: Wire | None = None, title: str = "", without: Collection[int] = ()
) -> Processes:
    """What is running now: the process ``root`` (the notebook's own when None) and all that it started, with
    the sockets between them. Processes in ``without`` are left out with all below them.

    What the ports are for comes from ``recording`` and, for the notebook's own, from PySpark too.
    """
    ports = own_ports() if root is None else {}
    if recording is not None:
        ports |= known_ports(recording.trace.connections, recording.exchanges)
    return Processes(look(root, ports, without), title)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markdown:
    """A table, as Markdown. Cells may hold Markdown; what isn't text is shown as ``str`` writes it."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in cells))


def judge(
    claim: str, expected: str, *checks: tuple[str, bool, str] | tuple[str, bool], but: Collection[str] = ()
) -> HTML:
    """A claim's verdict, computed from what was recorded.

    Each check is a sentence, whether it held, and what was found. ``but`` has the sentences that the page
    says do not hold, because *in part* alone would stay the same when another part is the one that holds.
    Raises AssertionError when the verdict is not the ``expected`` one or rests on other sentences, so that a
    page can't go on saying what is no longer so.
    """
    made = [views.Check(*check) for check in checks]
    said = views.verdict(made)
    failed = {check.statement for check in made if not check.holds}
    if said != expected:
        not_so = "; ".join(sorted(failed))
        raise AssertionError(f"{claim}: this run says {said!r}, the page says {expected!r}. Not so: {not_so}")
    if said == "holds in part" and failed != set(but):
        raise AssertionError(f"{claim}: not so in this run: {sorted(failed)}; the page says: {sorted(but)}")
    return framed(views.verdict_html(made))
