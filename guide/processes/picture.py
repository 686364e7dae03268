"""A process map as a diagram (Mermaid flowchart) and as tables (HTML).

The diagram has a box for each process, a thick arrow from each parent to its child, and a dashed one for the
connections between two processes that are for the same thing. A dashed arrow points to the process that has
the other end of the connection now. Where another process listens on the port, as the Python workers' daemon
does, the arrow names it. The tables say the same in words, with every port.
"""

from __future__ import annotations

import re

from guide.processes.model import (
    ACCUMULATOR,
    CALLBACK,
    GATEWAY,
    RESULT,
    WORKER,
    Connected,
    MappedProcess,
    ProcessMap,
)
from sparkwire import views
from sparkwire.views import Html, label, tag

_ORDER = (GATEWAY, CALLBACK, ACCUMULATOR, RESULT, WORKER)
"""Ports in the order in which they are named; the system lists them in no order, and numbers differ."""

_SETTING = re.compile(r" --conf \S+")
"""Not shown in a box: PySpark hands over every setting in this way."""

COMMAND_SHOWN = 44
"""Characters of a command in a box, so that a map fits a phone."""


def process_map(map: ProcessMap, *, title: str = "", without: frozenset[str] = frozenset()) -> str:
    """A Mermaid flowchart. ``without`` names what connections may be for that aren't drawn."""
    names = {process.pid: f"p{i}" for i, process in enumerate(map.processes, 1)}
    lines = ["flowchart TB"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    for process in map.processes:
        role = map.role(process)
        command = _SETTING.sub("", process.command) or process.program
        said = [role, command] if role else [command]
        shown = "<br/>".join(label(words, COMMAND_SHOWN) for words in [*said, f"process {process.pid}"])
        lines.append(f'    {names[process.pid]}["{shown}"]')
    for process in map.processes:
        if process.parent in names:
            lines.append(f'    {names[process.parent]} ==>|"started"| {names[process.pid]}')
    listening = {one.port: one.pid for one in map.listening}
    for (client, server, what, sure), found in _joined(map).items():
        if what in without:
            continue
        words = [what or "unknown"]
        if len(found) > 1:
            words.append(f"{len(found)} connections")
        ports = sorted({one.port for one in found})
        where = f"port {ports[0]}" if len(ports) == 1 else f"{len(ports)} ports"
        others = sorted({listening.get(port, server) for port in ports} - {server})
        if others:
            where += f" of process {' and '.join(str(pid) for pid in others)}"
        arrow = "-.->" if sure else "-.-"
        shown = "<br/>".join(label(part) for part in [*words, where])
        lines.append(f'    {names[client]} {arrow}|"{shown}"| {names[server]}')
    return "\n".join(lines) + "\n"


def process_map_html(map: ProcessMap) -> Html:
    """Two tables: the processes, and the ports with who listens and who is connected."""
    processes = [
        views.row(
            _named(map, p), str(p.pid), _parent(map, p), tag("code", views.visible(p.command)), head=True
        )
        for p in map.processes
    ]
    shown = [views.table("Processes", ("Process", "Number", "Child of", "Command"), processes)]
    ports = [
        views.row(views.visible(what or "unknown"), str(port), views.visible(address), *who, head=True)
        for what, port, address, *who in _ports(map)
    ]
    if ports:
        heads = ("Port for", "Port", "Address", "Listening", "Connected to it")
        shown.append(views.table("Ports", heads, ports))
    others = sum(not map.ports.get(one.port) and not _clients(map, one.port) for one in map.listening)
    if others:
        more = views.many(others, "more port")
        shown.append(tag("p", f"{more} of these processes, not connected within this map."))
    return views.framed(views.join(shown))


def _joined(map: ProcessMap) -> dict[tuple[int, int, str, bool], list[Connected]]:
    found: dict[tuple[int, int, str, bool], list[Connected]] = {}
    for one in map.connections:
        found.setdefault((one.client, one.server, map.what(one), one.sure), []).append(one)
    return dict(sorted(found.items(), key=lambda pair: _rank(pair[0][2])))


def _rank(what: str) -> tuple[int, str]:
    return _ORDER.index(what) if what in _ORDER else len(_ORDER) + (not what), what


def _ports(map: ProcessMap) -> list[tuple[str, int, str, str, str]]:
    """What for, port, address, who listens, who is connected."""
    found: dict[int, tuple[str, int, str, str, str]] = {}
    for one in map.listening:
        clients = _clients(map, one.port)
        what = map.ports.get(one.port, "") or next((map.what(c) for c in clients), "")
        if what or clients:
            server = _named(map, map.process(one.pid))
            found[one.port] = (what, one.port, one.address, server, _counted(map, clients))
    for c in map.connections:
        if c.port not in found:
            server = _named(map, map.process(c.server))
            closed = f"{server} (no longer listening)" if c.sure else f"{server} (or the other way round)"
            clients = _clients(map, c.port)
            found[c.port] = (map.what(c), c.port, c.address, closed, _counted(map, clients))
    return sorted(found.values(), key=lambda row: (_rank(row[0]), row[1]))


def _clients(map: ProcessMap, port: int) -> list[Connected]:
    return [one for one in map.connections if one.port == port]


def _counted(map: ProcessMap, clients: list[Connected]) -> str:
    counts: dict[int, int] = {}
    for one in clients:
        counts[one.client] = counts.get(one.client, 0) + 1
    return (
        ", ".join(
            _named(map, map.process(pid)) + (f", {n} connections" if n > 1 else "")
            for pid, n in counts.items()
        )
        or "nobody"
    )


def _named(map: ProcessMap, process: MappedProcess) -> str:
    """A process in words; two with the same role are told apart by their numbers."""
    role = map.role(process) or process.program
    alike = [p for p in map.processes if (map.role(p) or p.program) == role]
    return views.visible(role + (f" {process.pid}" if len(alike) > 1 else ""))


def _parent(map: ProcessMap, process: MappedProcess) -> str:
    parent = map.parent(process)
    return _named(map, parent) if parent else f"{process.parent}, not in this map"
