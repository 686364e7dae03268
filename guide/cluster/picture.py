"""A cluster's processes and connections as diagrams (Mermaid) and as rows of a table."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Mapping

from guide.cluster.flow import Flow, host_of
from guide.processes.model import MappedProcess, ProcessMap
from sparkwire.views import label

_WIDTH = 16
"""Characters in a line of a box or beside an arrow, so that two hosts fit side by side."""
_NEW = "classDef new fill:#dcebdc,stroke:#3f7d4c,color:#1f2329"
"""The palette's accent (``guide.sphinx_ext.diagram_svg``), which follows the page's colour scheme."""


def trees(map: ProcessMap, hosts: Mapping[int, str], *, title: str, new: Collection[int] = ()) -> str:
    """A Mermaid flowchart of the processes under each of ``hosts``, one box around each host.

    ``hosts`` names the top processes. Processes in ``new`` are marked.
    """
    lines = ["flowchart TB", f"    accTitle: {label(title, 80)}", f"    {_NEW}"]
    names: dict[int, str] = {}
    # Mermaid puts boxes without links between them from right to left.
    for number, (top, host) in reversed([*enumerate(hosts.items(), 1)]):
        lines += [f'    subgraph h{number}["{label(host)}"]', "        direction TB"]
        for process in _below(map, map.process(top)):
            names[process.pid] = f"p{len(names) + 1}"
            said = [map.role(process) or process.program, f"process {process.pid}"]
            mark = ""
            if process.pid in new:
                said.append("new")
                mark = ":::new"
            shown = "<br/>".join(label(line) for words in said for line in textwrap.wrap(words, _WIDTH))
            lines.append(f'        {names[process.pid]}["{shown}"]{mark}')
        lines.append("    end")
    for process in map.processes:
        if process.pid in names and process.parent in names:
            lines.append(f"    {names[process.parent]} ==> {names[process.pid]}")
    # Two boxes side by side fit a page. Links that aren't drawn put the others below them.
    lines += [f"    h{number} ~~~ h{number + 2}" for number in range(1, len(hosts) - 1)]
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

    ``where`` has the host of each role. A role without a connection isn't drawn. With ``addresses``, an arrow
    says where the connection was accepted.
    """
    lines = ["flowchart TB", f"    accTitle: {label(title, 80)}"]
    arrows: dict[tuple[str, str, bool], list[Flow]] = {}
    for flow in found:
        arrows.setdefault((flow.client, flow.server, flow.leaves), []).append(flow)
    joined = {role for client, server, _ in arrows for role in (client, server)}
    shown = {role: host for role, host in where.items() if role in joined}
    names = {role: f"r{number}" for number, role in enumerate(shown, 1)}
    for number, host in enumerate(dict.fromkeys(shown.values()), 1):
        lines.append(f'    subgraph h{number}["{label(host)}"]')
        lines += [f'        {names[role]}["{label(role)}"]' for role in shown if shown[role] == host]
        lines.append("    end")
    for (client, server, leaves), same in arrows.items():
        words = [flow.what or "unknown" for flow in same]
        if addresses:
            words += sorted({address for flow in same for address in flow.addresses})
        what = "<br/>".join(label(line) for one in words for line in textwrap.wrap(one, _WIDTH))
        lines.append(f'    {names[client]} {"==>" if leaves else "-.->"}|"{what}"| {names[server]}')
    return "\n".join(lines) + "\n"


def flow_rows(found: Iterable[Flow]) -> list[tuple[str, ...]]:
    """The same as rows of a table: from, to, what for, how many, and whether it would leave the host."""
    return [
        (one.client, one.server, one.what or "unknown", str(one.connections), "yes" if one.leaves else "no")
        for one in found
    ]


def _below(map: ProcessMap, top: MappedProcess) -> list[MappedProcess]:
    return [top, *(one for child in map.children(top) for one in _below(map, child))]
