"""A cluster's process map for tests: a driver, a master and two workers, of which one has Python workers."""

from __future__ import annotations

from guide.processes.model import Connected, MappedProcess, ProcessMap

LOOPBACK = "127.0.0.1"


def process(pid: int, parent: int, program: str, command: str) -> MappedProcess:
    return MappedProcess(pid, parent, program, command)


def connected(client: int, server: int, port: int) -> Connected:
    """A connection from a port that nobody else has."""
    connected.port += 1
    return Connected(client, connected.port, server, port, LOOPBACK)


connected.port = 50_000

DAEMON = "python3 -m pyspark.daemon …"
DRIVER = (process(1, 0, "python", "python"), process(2, 1, "java", "java … SparkSubmit pyspark-shell"))
MASTER = process(3, 0, "java", "java … Master …")
EXECUTORS = [process(pid, pid - 1, "java", "java … CoarseGrainedExecutorBackend …") for pid in (11, 21)]
WORKERS = [process(pid, 0, "java", "java … Worker …") for pid in (10, 20)]
PYTHON = [process(12, 11, "python3", DAEMON), process(13, 12, "python3", DAEMON)]
PORTS = {4000: "gateway", 7077: "master", 5000: "blocks", 5001: "blocks"}
HOSTS = {1: "the driver's host", 3: "the master's host", 10: "worker 1's host", 20: "worker 2's host"}

JAVA_ONLY = ProcessMap(
    (*DRIVER, MASTER, WORKERS[0], EXECUTORS[0], WORKERS[1], EXECUTORS[1]),
    (),
    (
        connected(1, 2, 4000), connected(1, 2, 4000), connected(2, 3, 7077), connected(10, 3, 7077),
        connected(20, 3, 7077), connected(11, 10, 6000), connected(11, 2, 4500), connected(21, 2, 5000),
        connected(11, 21, 5001),
    ),
    PORTS,
)  # fmt: skip
"""After a job without Python functions."""
MAP = ProcessMap(
    (*DRIVER, MASTER, WORKERS[0], EXECUTORS[0], *PYTHON, WORKERS[1], EXECUTORS[1]),
    (),
    (*JAVA_ONLY.connections, connected(11, 13, 7000)),
    PORTS,
)
"""After a job with a Python function, which ran on one of the workers."""
