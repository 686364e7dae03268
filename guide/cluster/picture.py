"""A cluster's processes and connections as diagrams (Mermaid) and tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from guide.cluster.flow import Flow, host_of
from guide.processes.model import MappedProcess, ProcessMap
from sparkwire.views import label

_NEW = "classDef new fill:#dcebdc,stroke:#3f7d4c,color:#1f2329"
"""The palette's accent (``guide.sphinx_ext.diagram_svg``), which follows the page's colour scheme."""


def trees(map: ProcessMap, hosts: Mapping[int, str], *, title: str, new: Collection[int] = ()) -> str:
    """A Mermaid flowchart of the processes under each of ``hosts``, one box around each host.

    ``hosts`` names the top processes. Processes in ``new`` are marked.
    """
    lines = ["flowchart TB", f"    accTitle: {label(title, 80)}", f"    {_NEW}"]
    names = {process.pid: f"p{i}" for i, process in enumerate(map.processes, 1)}
    for number, (top, host) in enumerate(hosts.items(), 1):
        lines.append(f'    subgraph h{number}["{label(host)}"]')
        for process in _below(map, map.process(top)):
            said = [map.role(process) or process.program, f"process {process.pid}"]
            if process.pid in new:
                said.append("new")
            shown = "<br/>".join(label(words) for words in said)
            mark = ":::new" if process.pid in new else ""
            lines.append(f'        {names[process.pid]}["{shown}"]{mark}')
        lines.append("    end")
    for process in map.processes:
        if process.parent in names:
            lines.append(f"    {names[process.parent]} ==> {names[process.pid]}")
    return "\n".join(lines) + "\n"


def flow_picture(found: Iterable[Flow], map: ProcessMap, hosts: Mapping[int, str], *, title: str) -> str:
    """A Mermaid flowchart of the connections: dashed ones stay on a host, thick ones would leave it.

    Hosts with the same parts, such as two workers, are one box.
    """
    lines = ["flowchart TB", f"    accTitle: {label(title, 80)}"]
    places: dict[str, set[str]] = {}
    for process in map.processes:
        places.setdefault(map.role(process) or process.program, set()).add(host_of(process, map, hosts))
    boxes: dict[tuple[str, ...], list[str]] = {}
    for role, where in places.items():
        boxes.setdefault(tuple(sorted(where)), []).append(role)
    names = {role: f"r{i}" for i, role in enumerate(places, 1)}
    for number, (together, roles) in enumerate(boxes.items(), 1):
        each = together[0] if len(together) == 1 else "each worker's host"
        lines.append(f'    subgraph h{number}["{label(each)}"]')
        lines += [f'        {names[role]}["{label(role)}"]' for role in roles]
        lines.append("    end")
    for flow in found:
        arrow = "==>" if flow.leaves else "-.->"
        lines.append(
            f'    {names[flow.client]} {arrow}|"{label(flow.what or "unknown")}"| {names[flow.server]}'
        )
    return "\n".join(lines) + "\n"


def flow_rows(found: Iterable[Flow]) -> list[tuple[str, ...]]:
    """The same as rows of a table: from, to, what for, how many, and whether it would leave the host."""
    return [
        (
            flow.client,
            flow.server,
            flow.what or "unknown",
            str(flow.connections),
            "yes" if flow.leaves else "no",
        )
        for flow in found
    ]


def _below(map: ProcessMap, top: MappedProcess) -> list[MappedProcess]:
    return [top, *(one for child in map.children(top) for one in _below(map, child))]
