"""Spark's standalone cluster on this machine, from nothing but the pip-installed PySpark.

A cluster is a master and some workers. Each is a JVM that ``bin/spark-class`` becomes, by exec, so the
process that is started here is the JVM itself. Where each listens is asked of the operating system, because
they are told to take any free port; the master's web page says as JSON (``/json/``) which workers it knows
(MasterPage.scala and JsonProtocol.scala in org.apache.spark.deploy, 4.3.0).

Whoever makes a ``Standalone`` ends it. What happens if that process is killed is not decided here: see
``guide.cluster.keeper``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import Any, TypeVar

import psutil

from guide.gateways.jvm import LOOPBACK, java
from sparkwire import SparkwireError

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
PATIENCE = 240.0
"""Seconds that one part of the cluster may take to come up. On a quiet machine it takes three."""
GRACE = 20.0
"""Seconds that a part may take to end when it is asked to."""

_POLL = 0.1
_LINES = 20
"""How many of its last lines are shown of what a part said before it ended."""

# All of these JVMs, the executors' too, live short: the first compiler and the simplest collector take the
# least from a small machine.
_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# The master's REST server would take port 6066 (spark.master.rest.enabled is true in 4.3.0).
_SPARK = "-Dspark.master.rest.enabled=false"
_HEAP = "192m"
_NOT_INHERITED = ("SPARK_MASTER_HOST", "SPARK_MASTER_PORT", "SPARK_WORKER_DIR", "SPARK_NO_DAEMONIZE")

Found = TypeVar("Found")


class NoCluster(SparkwireError, RuntimeError):
    """The cluster could not be started. The message says which part of it and why."""


@dataclass(frozen=True)
class Host:
    """Where a part of the cluster runs: an address, and what makes a command run there.

    ``ports`` are the part's own and its web page's; 0 is any free one.
    """

    address: str = LOOPBACK
    enter: tuple[str, ...] = ()
    """What is put in front of a command, such as ``nsenter --target 12 --net``; nothing for this host."""
    ports: tuple[int, int] = (0, 0)


HERE = Host()


@dataclass(frozen=True)
class WorkerOffer:
    """What a worker offers."""

    cores: int = 1
    memory: str = "512m"


class Standalone:
    """A cluster's processes. Use it as a context manager, or call ``end``.

    ``folder`` holds what its parts write: logs, and the workers' folders with those of the executors.
    ``heard`` is told what is being waited for, about once a second.
    """

    def __init__(self, folder: Path, heard: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._heard = heard
        self._web: tuple[str, int] | None = None
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.url = ""
        """The master's, such as ``spark://127.0.0.1:7077``."""

    @property
    def pids(self) -> list[int]:
        """The processes: the master, then the workers in the order in which they were started."""
        return [process.pid for _, process in self._started]

    def master(self, host: Host = HERE) -> None:
        """Start the master, and wait until it answers. Raises ``NoCluster``."""
        port, web = host.ports
        self._start("master", host, [MASTER, "--host", host.address, "--port", port, "--webui-port", web])
        self._web, self.url = self._wait("the master", lambda: self._master_at(host))

    def worker(self, offer: WorkerOffer, host: Host = HERE) -> None:
        """Start a worker. ``wait_for_workers`` waits for it."""
        name = f"worker-{len(self._started)}"
        port, web = host.ports
        command: list[object] = [
            WORKER, "--host", host.address, "--port", port, "--webui-port", web,
            "--cores", offer.cores, "--memory", offer.memory, "--work-dir", self._folder / name, self.url,
        ]  # fmt: skip
        self._start(name, host, command)

    def wait_for_workers(self) -> None:
        """Wait until the master knows each worker that was started. Raises ``NoCluster``."""
        wanted = len(self._started) - 1

        def known() -> bool:
            state = self.state()
            return state is not None and state["aliveworkers"] == wanted

        self._wait(f"{wanted} worker{'s'[: wanted != 1]} to join the master", known)

    def state(self) -> dict[str, Any] | None:
        """What the master says of itself and its workers, or None when it doesn't answer."""
        return _asked(*self._web) if self._web else None

    def end(self) -> None:
        """End the workers, with their executors, and then the master. Ending twice is harmless."""
        for _, process in reversed(self._started):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE
        for _, process in reversed(self._started):
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> Standalone:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _start(self, name: str, host: Host, command: Sequence[object]) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*host.enter, str(_spark_class()), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(self._folder, host.address),
            )
        self._started.append((name, process))

    def _master_at(self, host: Host) -> tuple[tuple[str, int], str] | None:
        """Where the master's web page is, and the URL that it gives."""
        [(_, process)] = self._started
        # Of its two ports only one speaks HTTP; at the other, the request is junk, and that connection ends.
        for port in [host.ports[1]] if host.ports[1] else _listening(process.pid):
            said = _asked(host.address, port)
            if said is not None:
                return (host.address, port), str(said["url"])
        return None

    def _wait(self, what: str, found: Callable[[], Found | None]) -> Found:
        """What ``found`` gives when it gives something. Raises ``NoCluster``."""
        began = time.monotonic()
        told = 0
        while not (result := found()):
            for name, process in self._started:
                if process.poll() is not None:
                    raise NoCluster(
                        f"the {name} ended with exit code {process.returncode}.{self._said(name)}"
                    )
            seconds = time.monotonic() - began
            if seconds > PATIENCE:
                raise NoCluster(f"waited {seconds:.0f} s for {what}.{self._said(self._started[-1][0])}")
            if int(seconds) > told:
                told = int(seconds)
                self._heard(f"waiting for {what}, {told} s")
            time.sleep(_POLL)
        return result

    def _said(self, name: str) -> str:
        lines = (self._folder / f"{name}.log").read_text("utf-8", "replace").splitlines()[-_LINES:]
        return "\n".join([" It said:", *lines]) if lines else " It said nothing."


def environment(folder: Path, address: str) -> Mapping[str, str]:
    """What the cluster's processes find in their environment. Executors and Python workers inherit it.

    They find this Python first, listen on ``address``, and keep what they write in ``folder``.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return inherited | {
        "JAVA_HOME": str(_java_home()),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "JDK_JAVA_OPTIONS": _JVM,
        "SPARK_DAEMON_JAVA_OPTS": _SPARK,
        "SPARK_DAEMON_MEMORY": _HEAP,
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_LOCAL_IP": address,
    }


@once
def _java_home() -> Path:
    """The home of the Java that runs a gateway here, too. Raises ``NoGateway`` when there is none."""
    return java().home


def _spark_class() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent / "bin" / "spark-class"


def _listening(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        own = psutil.Process(pid).net_connections("tcp")
        return [one.laddr.port for one in own if one.status == psutil.CONN_LISTEN]
    return []


def _asked(address: str, port: int) -> dict[str, Any] | None:
    """What a web page says as JSON at ``/json/``, or None when nothing that does so listens there."""
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", "/json/")
        said = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None
