"""A lineage as a diagram (Mermaid flowchart) and as a table.

Each stage is a box, and each PythonRDD a box inside it, which holds the functions that share the PythonRDD.
The arrows into such a box and out of it say what went to the Python workers, and what came back.
"""

from __future__ import annotations

from collections.abc import Iterable

from guide.lineage.model import PYTHON_RDD, Lineage, Node
from sparkwire import Run, views
from sparkwire.views import label

HEAD = ("stage", "RDD", "functions", "runs", "to Python", "to the JVM")


def diagram_of(lineage: Lineage, runs: Iterable[Run] = (), *, title: str = "") -> str:
    """A Mermaid flowchart, with the bytes of those runs that computed one of the lineage's PythonRDDs."""
    found = lineage.runs(runs)
    lines = ["flowchart TB"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    stages = lineage.stages()
    for number, nodes in enumerate(stages, 1):
        several = len(stages) > 1
        if several:
            lines.append(f'    subgraph stage{number}["{label(_stage(nodes, found, number))}"]')
        for node in nodes:
            lines += _box(node)
        if several:
            lines.append("    end")
    for node in lineage.nodes:
        for link in node.links:
            parent = next(one for one in lineage.nodes if one.id == link.parent)
            lines.append(_arrow(parent, node, found, shuffle=link.shuffle))
    top = lineage.top
    lines.append(f'    r{top.id} -->{_said(_from_python(top, found))} result(["the result"])')
    return "\n".join(lines) + "\n"


def rows_of(lineage: Lineage, runs: Iterable[Run] = ()) -> list[tuple[str, ...]]:
    """The same as rows of a table with ``HEAD``: a row for each RDD, those that are computed first on top."""
    found = lineage.runs(runs)
    rows: list[tuple[str, ...]] = []
    for number, nodes in enumerate(lineage.stages(), 1):
        for node in nodes:
            mine = found.get(node.id, [])
            rows.append(
                (
                    _number(nodes, found, number),
                    _named(node),
                    ", ".join(f"`{name}`" for name in _functions(node)),
                    str(len(mine)) if node.kind == PYTHON_RDD else "",
                    _size(mine, inward=True) if mine else "",
                    _size(mine, inward=False) if mine else "",
                )
            )
    return rows


def _box(node: Node) -> list[str]:
    if node.kind != PYTHON_RDD:
        return [f'    r{node.id}["{label(_named(node))}"]']
    names = _functions(node) or ["PySpark's own functions"]
    inside = [f'        r{node.id}f{place}(["{label(name)}"])' for place, name in enumerate(names)]
    chain = " --> ".join(f"r{node.id}f{place}" for place in range(len(names)))
    order = [f"        {chain}"] if len(names) > 1 else []
    head = [f'    subgraph r{node.id}["{label(_named(node))}"]', "        direction TB"]
    return [*head, *inside, *order, "    end"]


def _arrow(parent: Node, node: Node, found: dict[int, list[Run]], *, shuffle: bool) -> str:
    said = [part for part in (_from_python(parent, found), "shuffle" if shuffle else "") if part]
    if node.kind == PYTHON_RDD and found.get(node.id):
        said.append(f"to Python: {_size(found[node.id], inward=True)}")
    arrow = "==>" if shuffle else "-->"
    return f"    r{parent.id} {arrow}{_said('<br/>'.join(said))} r{node.id}"


def _from_python(node: Node, found: dict[int, list[Run]]) -> str:
    mine = found.get(node.id)
    return f"to the JVM: {_size(mine, inward=False)}" if mine else ""


def _said(words: str) -> str:
    return f'|"{"<br/>".join(label(part) for part in words.split("<br/>"))}"|' if words else ""


def _functions(node: Node) -> list[str]:
    """The names of a PythonRDD's functions, without the function in which they were written."""
    return [one.name.rpartition("<locals>.")[2] for one in node.functions]


def _named(node: Node) -> str:
    return f"{node.kind} {node.id}" + (f", {node.kept}" if node.kept else "")


def _stage(nodes: list[Node], found: dict[int, list[Run]], number: int) -> str:
    return f"stage {_number(nodes, found, number)}"


def _number(nodes: list[Node], found: dict[int, list[Run]], number: int) -> str:
    """Spark's number of the stage, if a run says it; else its place in the lineage."""
    told = {run.stage for node in nodes for run in found.get(node.id, []) if run.stage is not None}
    return str(min(told)) if told else f"({number})"


def _size(runs: list[Run], *, inward: bool) -> str:
    return views.size(sum((run.round.data_in if inward else run.round.data_out).size for run in runs))
