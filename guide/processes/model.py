"""The model of a process map: who is whose child, which sockets join whom, and which port is what.

``guide.processes.look`` fills it from the operating system, ``guide.processes.picture`` draws it,
and ``known_ports`` reads from a trace what its ports are for. It holds no environment and no whole command
line, because both can hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkwire import Message, Trace

GATEWAY = "gateway"
CALLBACK = "callback"
ACCUMULATOR = "accumulator"
RESULT = "result"
WORKER = "Python worker"
CONNECT = "Spark Connect"

_DAEMON = "-m pyspark.daemon"
_JAVA_ROLES = {
    "SparkSubmit": "driver's JVM",
    "CoarseGrainedExecutorBackend": "executor's JVM",
    "Master": "cluster's master",
    "Worker": "cluster's worker",
}
_SECRET_AT = 1
"""Where a result socket's secret is in the array that names the socket; its port is before it."""


@dataclass(frozen=True, slots=True)
class MappedProcess:
    """One process. ``command`` is shortened, and fit to be shown."""

    pid: int
    parent: int
    """The process that it is a child of now, which need not be in the map."""
    program: str
    """The program's file name, such as ``java``."""
    command: str


@dataclass(frozen=True, slots=True)
class Listening:
    """A port on which a process takes connections."""

    pid: int
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection between two processes of the map, seen from the one that asked for it.

    ``server`` has the other end now. It accepted the connection, or is a fork of the process that did: a
    Python worker has the connection that its daemon accepted. ``sure`` is False when no one listens on
    either port any more and neither is known: then which of the
    two asked can't be told.
    """

    client: int
    client_port: int
    server: int
    port: int
    address: str
    """The server's side, such as ``127.0.0.1``."""
    sure: bool = True


@dataclass(frozen=True)
class ProcessMap:
    """What was there at one moment. Parents come before their children, and older children first."""

    processes: tuple[MappedProcess, ...]
    listening: tuple[Listening, ...] = ()
    connections: tuple[Connected, ...] = ()
    ports: Mapping[int, str] = field(default_factory=dict)
    """What a port is for, where that is known."""

    def process(self, pid: int) -> MappedProcess:
        """Raises ``KeyError`` when it isn't in the map."""
        for process in self.processes:
            if process.pid == pid:
                return process
        raise KeyError(pid)

    def parent(self, process: MappedProcess) -> MappedProcess | None:
        """Its parent, or None when that is outside the map."""
        return next((p for p in self.processes if p.pid == process.parent), None)

    def children(self, process: MappedProcess) -> list[MappedProcess]:
        return [p for p in self.processes if p.parent == process.pid]

    def find(self, role: str) -> list[MappedProcess]:
        """The processes with this role, such as ``driver's JVM``."""
        return [p for p in self.processes if self.role(p) == role]

    def listener(self, what: str) -> tuple[MappedProcess, Listening]:
        """Who listens on the port that is for ``what``, and on which address.

        Raises ``KeyError`` when nobody does.
        """
        for one in self.listening:
            if self.ports.get(one.port) == what:
                return self.process(one.pid), one
        raise KeyError(what)

    def connected(self, what: str) -> list[tuple[MappedProcess, MappedProcess]]:
        """Who asked for it and who has the other end, for each connection that is for ``what``."""
        return [
            (self.process(c.client), self.process(c.server)) for c in self.connections if self.what(c) == what
        ]

    def what(self, connection: Connected) -> str:
        """What a connection is for; empty when that isn't known."""
        if connection.port in self.ports:
            return self.ports[connection.port]
        return WORKER if self.role(self.process(connection.server)).startswith("Python worker") else ""

    def role(self, process: MappedProcess) -> str:
        """What a process is in Spark's words; empty when it has no part in Spark."""
        if process.program == "java":
            return next((r for name, r in _JAVA_ROLES.items() if name in process.command.split()), "")
        if _DAEMON in process.command:
            # A fork carries the command line of the daemon that it came from.
            parent = self.parent(process)
            forked = parent is not None and _DAEMON in parent.command
            return "Python worker" if forked else "Python workers' daemon"
        asked = {self.ports.get(c.port) for c in self.connections if c.client == process.pid}
        if GATEWAY in asked:
            return "driver's Python"
        return "Spark Connect client" if CONNECT in asked else ""


def known_ports(trace: Trace) -> dict[int, str]:
    """What the ports in a trace are for.

    Connections name the gateway's port, and Python's own for callbacks. Two more cross the gateway wire, each
    with a secret: the accumulator server's, as an argument of ``PythonAccumulatorV2``
    (pyspark/core/context.py, 4.3.0), and that of each result socket, in an array ``[port, secret, ...]``
    (pyspark/util.py, ``_load_from_socket``).
    """
    ports = {}
    for opened in trace.connections:
        if opened.channel == GATEWAY:
            ports[opened.remote_port] = GATEWAY
        else:
            ports[opened.local_port] = CALLBACK
    numbers: dict[object, int] = {}
    for exchange in trace.exchanges:
        request, reply = exchange.request, exchange.reply
        if not isinstance(request, Message) or not isinstance(reply, Message):
            continue
        if request.command == "constructor":
            name = request.field("class name")
            if name and str(name.value).endswith(".PythonAccumulatorV2"):
                ports |= {v: ACCUMULATOR for f in request.fields if isinstance(v := f.value, int) and v}
        elif request.command == "array" and (index := request.field("index")) and reply.field("result"):
            array, value = request.field("array id"), reply.field("result")
            if array is None or value is None:
                continue
            if index.value == _SECRET_AT - 1 and type(value.value) is int:
                numbers[array.value] = value.value
            elif index.value == _SECRET_AT and array.value in numbers and reply.hides(value):
                ports[numbers[array.value]] = RESULT
    return ports
