"""The ways of the data as a diagram and as a table."""

from __future__ import annotations

from collections.abc import Iterable

from IPython.display import Markdown

from guide.data_paths.paths import Path
from guide.notebook import diagram, table
from sparkwire import views


def path_diagram(path: Path) -> Markdown:
    """One action's ways between the driver's Python, the JVM and Python workers (a Mermaid flowchart).

    A way on which nothing passed isn't drawn. A thick arrow has the most bytes.
    """
    ways = [
        ("python", "jvm", "gateway", path.gateway_out),
        ("jvm", "python", "gateway", path.gateway_in),
        ("jvm", "python", "socket", path.socket_in),
        ("python", "jvm", "socket", path.socket_out),
        ("python", "jvm", "file", path.files),
        ("jvm", "python", "accumulator server", path.accumulated),
        ("jvm", "worker", "worker wire", path.to_workers),
        ("worker", "jvm", "worker wire", path.from_workers),
    ]
    most = max(count for *_, count in ways)
    lines = [
        "flowchart LR",
        f"    accTitle: {views.label(path.name, 80)}",
        '    python["driver\'s Python"]',
        '    jvm["driver\'s JVM<br/>(and executor)"]',
    ]
    if path.runs:
        lines.append(f'    worker["{views.many(path.runs, "run")} of<br/>Python workers"]')
    for source, target, what, count in ways:
        if count:
            arrow = "==>" if count == most else "-->"
            lines.append(f'    {source} {arrow}|"{what}<br/>{views.size(count)}"| {target}')
    return diagram("\n".join(lines))


def paths_table(found: Iterable[Path]) -> Markdown:
    """A row for each action, with bytes for each way."""
    head = ["action", "round trips", "gateway, both ways", "socket", "file", "to and from workers"]
    rows = [
        [
            one.name,
            one.round_trips,
            views.size(one.gateway_out + one.gateway_in),
            _size(one.socket_in + one.socket_out + one.accumulated),
            _size(one.files),
            _size(one.to_workers + one.from_workers),
        ]
        for one in found
    ]
    return table(head, rows)


def _size(count: int) -> str:
    return views.size(count) if count else "–"
