"""A cluster's processes and connections as diagrams (Mermaid) and as rows of a table."""

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
    names: dict[int, str] = {}
    for number, (top, host) in enumerate(hosts.items(), 1):
        lines.append(f'    subgraph h{number}["{label(host)}"]')
        for process in _below(map, map.process(top)):
            names[process.pid] = f"p{len(names) + 1}"
            said = [map.role(process) or process.program, f"process {process.pid}"]
            mark = ""
            if process.pid in new:
                said.append("new")
                mark = ":::new"
            shown = "<br/>".join(label(words) for words in said)
            lines.append(f'        {names[process.pid]}["{shown}"]{mark}')
        lines.append("    end")
    for process in map.processes:
        if process.pid in names and process.parent in names:
            lines.append(f"    {names[process.parent]} ==> {names[process.pid]}")
    return "\n".join(lines) + "\n"


def places(map: ProcessMap, hosts: Mapping[int, str]) -> dict[str, str]:
    """For each role, the host where it is; roles on several hosts are on ``each worker's host``."""
    found: dict[str, set[str]] = {}
    for process in map.processes:
        found.setdefault(map.role(process) or process.program, set()).add(host_of(process, map, hosts))
    return {role: where.pop() if len(where) == 1 else "each worker's host" for role, where in found.items()}


def flow_picture(
    found: Iterable[Flow], where: Mapping[str, str], *, title: str, addresses: bool = False
) -> str:
    """A Mermaid flowchart of the connections: dashed ones stay on a host, thick ones leave it.

    ``where`` has the host of each role. With ``addresses``, an arrow says where the connection was accepted.
    """
    lines = ["flowchart TB", f"    accTitle: {label(title, 80)}"]
    names = {role: f"r{number}" for number, role in enumerate(where, 1)}
    for number, host in enumerate(dict.fromkeys(where.values()), 1):
        lines.append(f'    subgraph h{number}["{label(host)}"]')
        lines += [f'        {names[role]}["{label(role)}"]' for role in where if where[role] == host]
        lines.append("    end")
    for flow in found:
        words = [flow.what or "unknown", *(flow.addresses if addresses else ())]
        what = "<br/>".join(label(one) for one in words)
        lines.append(
            f'    {names[flow.client]} {"==>" if flow.leaves else "-.->"}|"{what}"| {names[flow.server]}'
        )
    return "\n".join(lines) + "\n"


def flow_rows(found: Iterable[Flow]) -> list[tuple[str, ...]]:
    """The same as rows of a table: from, to, what for, how many, and whether it would leave the host."""
    return [
        (one.client, one.server, one.what or "unknown", str(one.connections), "yes" if one.leaves else "no")
        for one in found
    ]


def _below(map: ProcessMap, top: MappedProcess) -> list[MappedProcess]:
    return [top, *(one for child in map.children(top) for one in _below(map, child))]
