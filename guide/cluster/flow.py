"""Which connections a cluster's processes hold, and which of them would leave a host.

On this machine every part of a cluster listens on loopback. What would leave a host is told by which
processes a connection joins: the map's trees each stand for a host, with whatever was started there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from guide.processes.look import own_ports
from guide.processes.model import MappedProcess, ProcessMap

BLOCKS = "blocks"
MASTER_PORT = "master"
WORKER_PORT = "worker"


@dataclass(frozen=True, slots=True)
class Flow:
    """The connections of one kind between processes of two roles."""

    client: str
    """The role of the process that asked for them."""
    server: str
    """The role of the process that has the other end."""
    what: str
    """What they are for."""
    leaves: bool
    """Whether the two processes would be on different hosts."""
    connections: int
    addresses: tuple[str, ...] = ()
    """The addresses on which they were accepted."""


def cluster_ports(url: str, context: Any) -> dict[int, str]:
    """What ports are for: the master's, the driver's, and where the driver and the executors give out blocks.

    ``context`` is the SparkContext. The blocks' ports are those in ``SparkContext.getExecutorMemoryStatus``
    (SparkContext.scala, 4.3.0), which is a map from host and port.
    """
    ports = own_ports()
    status = context._jsc.sc().getExecutorMemoryStatus().keys().mkString(" ")
    ports |= {int(place.rpartition(":")[2]): BLOCKS for place in status.split()}
    if port := urlsplit(url).port:
        ports[port] = MASTER_PORT
    return ports


def host_of(process: MappedProcess, map: ProcessMap, hosts: Mapping[int, str]) -> str:
    """The host of a process: that of the nearest process above it which has one in ``hosts``, or its own.

    Raises ``KeyError`` when there is none.
    """
    above: MappedProcess | None = process
    while above is not None and above.pid not in hosts:
        above = map.parent(above)
    if above is None:
        raise KeyError(process.pid)
    return hosts[above.pid]


def flows(map: ProcessMap, hosts: Mapping[int, str]) -> list[Flow]:
    """All connections of the map, counted by roles and by what they are for. Those that stay come first."""
    kinds: dict[tuple[str, str, str, bool], list[str]] = {}
    for one in map.connections:
        client, server = map.process(one.client), map.process(one.server)
        roles = [map.role(process) or process.program for process in (client, server)]
        what = map.what(one) or (WORKER_PORT if roles[1] == "cluster's worker" else "")
        leaves = host_of(client, map, hosts) != host_of(server, map, hosts)
        kinds.setdefault((roles[0], roles[1], what, leaves), []).append(one.address)
    found = [
        Flow(*kind, connections=len(where), addresses=tuple(sorted(set(where))))
        for kind, where in kinds.items()
    ]
    return sorted(found, key=lambda flow: (flow.leaves, flow.client, flow.server, flow.what))
