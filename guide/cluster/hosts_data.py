"""What crossed the wires of a cluster whose parts each had a host of their own, as data kept in a file.

The hosts are network namespaces of one machine (``guide.cluster.hosts_make``), each with its own loopback
interface and one wire to the others. The file is JSON, made by ``make hosts`` and committed, because making
it takes root. It holds addresses that the exhibit chose for its hosts, and nothing of the machine.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guide.cluster.flow import Flow

FORMAT = 1
COMMAND = "make hosts"
KEPT = Path(__file__).with_name("hosts.json")
"""The file."""
NETWORK = ipaddress.ip_network("10.77.0.0/24")
"""The hosts' addresses. They exist only inside the exhibit."""
HOSTS = {"driver": "10.77.0.1", "master": "10.77.0.2", "worker 1": "10.77.0.3", "worker 2": "10.77.0.4"}
SWITCH = "10.77.0.254"
"""The address from which the exhibit asks the master for its state."""

CALLS = 5_000
ROWS = 200_000
IDLE = "nothing"
PROGRAMS = {
    IDLE: "time.sleep(10)",
    "calls": f"for _ in range({CALLS:_}): nano_time()",
    "built-in": f"numbers({ROWS:_}).select(F.sum(F.col('id') + 1)).collect()",
    "udf": f"numbers({ROWS:_}).select(F.sum(plus_one('id'))).collect()",
    "list": "sc.parallelize(values, 4).map(lambda n: n + 1).sum()",
    "rows": f"numbers({ROWS:_}).collect()",
}
"""Each phase's code, in the order in which the phases run. ``guide.cluster.hosts_program`` has the names."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Bytes that a host's network interfaces counted during a phase, headers included."""

    loopback: int
    """What processes of this host sent to each other."""
    sent: int
    """What left the host."""
    received: int
    """What came from other hosts."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One piece of the program, with what each host counted while it ran."""

    name: str
    program: str
    bytes: dict[str, Counted]


@dataclass(frozen=True, slots=True)
class Hosts:
    """The whole file."""

    made: str
    """The day, as 2026-12-01."""
    command: str
    system: str
    """The operating system's name."""
    versions: dict[str, str]
    """Of pyspark, py4j, java and python."""
    hosts: dict[str, str]
    """Each host's name and address."""
    flows: tuple[Flow, ...]
    """The connections that were there after the last phase."""
    phases: tuple[Measured, ...]

    def phase(self, name: str) -> Measured:
        """Raises ``KeyError`` when there is none of that name."""
        for one in self.phases:
            if one.name == name:
                return one
        raise KeyError(name)


def to_json(kept: Hosts) -> str:
    """The text of the file; the same data is always the same text."""
    return json.dumps({"format": FORMAT} | asdict(kept), indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Hosts:
    """Read the file. Raises ``ValueError`` that says what is wrong with it."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise ValueError(f"this version reads format {FORMAT}")
        phases = tuple(
            Measured(one["name"], one["program"], {host: Counted(**n) for host, n in one["bytes"].items()})
            for one in data.pop("phases")
        )
        flows = tuple(Flow(**(one | {"addresses": tuple(one["addresses"])})) for one in data.pop("flows"))
        return Hosts(**data, flows=flows, phases=phases)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the data of hosts is not as it should be: {error!r}") from error


def kept_hosts() -> Hosts:
    """What the file holds. Raises ``ValueError`` as ``from_json`` does."""
    return from_json(KEPT.read_text("utf-8"))


def faults(text: str, also: dict[str, str] | None = None) -> list[str]:
    """What is wrong with the file; ``also`` has texts that must not be in it, by what they are."""
    kept = from_json(text)
    found = [] if to_json(kept) == text else [f"it is not written as '{COMMAND}' writes it"]
    found += [f"it names {what}" for what, given in (also or {}).items() if given and given in text]
    found += [f"it names a place: {hit[0]}" for hit in re.finditer(r"\"/\w[^\"]*|/(?:tmp|home|work)\b", text)]
    if (kept.command, kept.hosts) != (COMMAND, HOSTS):
        found.append("its command or its hosts are not those of guide/cluster/hosts_data.py")
    if {one.name: one.program for one in kept.phases} != PROGRAMS:
        found.append("its phases are not those of guide/cluster/hosts_data.py")
    if set(kept.versions) != {"pyspark", "py4j", "java", "python"} or not all(kept.versions.values()):
        found.append("it doesn't say with which versions it was made")
    for one in kept.phases:
        if set(one.bytes) != set(HOSTS):
            found.append(f"{one.name}: its hosts are not those of the exhibit")
        found += [
            f"{one.name}: {host} counted less than nothing" for host, n in one.bytes.items() if _negative(n)
        ]
    for flow in kept.flows:
        # A process may also be asked at its host's address by another process of that host.
        outside = [one for one in flow.addresses if ipaddress.ip_address(one) in NETWORK]
        if flow.leaves and list(flow.addresses) != outside:
            found.append(f"{flow.client} to {flow.server}: its addresses say otherwise than its hosts")
    return found


def _negative(counted: Counted) -> bool:
    return min(counted.loopback, counted.sent, counted.received) < 0
