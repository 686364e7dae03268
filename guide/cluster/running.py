"""The cluster that a page works with: one of its own, or an existing one.

``Cluster`` starts a cluster and knows its processes, so that a page can look at them. ``NamedCluster`` is one
that somebody else runs, and of which no more is known than the URL in ``SPARKWIRE_MASTER``: its processes may
be on other hosts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from guide.cluster.standalone import NoCluster
from guide.processes import Held
from guide.processes.look import look
from guide.processes.model import ProcessMap

VARIABLE = "SPARKWIRE_MASTER"
"""The environment variable that names an existing cluster's master."""

_LINE = re.compile(r"^(?:master (?P<url>\S+)|worker) process (?P<pid>\d+)$", re.MULTILINE)
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|localhost|::1")


class Cluster:
    """A cluster of this process's own, which ends with it. Use it as a context manager, or call ``end``.

    ``heard`` is told what is being waited for. Raises ``NoCluster`` when the cluster doesn't start.
    """

    own = True

    def __init__(self, workers: int = 2, heard: Callable[[str], None] = lambda _: None) -> None:
        try:
            # Apart, because an interrupted cell sends its signal to the whole group, JVMs included.
            self._held = Held(
                "start",
                "--workers",
                str(workers),
                module="guide.cluster",
                heard=heard,
                apart=True,
                timeout=600,
            )
        except RuntimeError as error:
            raise NoCluster(str(error)) from None
        master, *others = _LINE.finditer(self._held.printed)
        self.url = master["url"]
        """The master's URL."""
        self.master = int(master["pid"])
        """The process of the master's JVM."""
        self.workers = tuple(int(one["pid"]) for one in others)
        """The processes of the workers' JVMs."""

    @property
    def hosts(self) -> dict[int, str]:
        """The processes that would each be on a host of their own, with what to call that host."""
        named = {pid: f"worker {n}'s host" for n, pid in enumerate(self.workers, 1)}
        return {os.getpid(): "the driver's host", self.master: "the master's host"} | named

    def look(self, ports: Mapping[int, str] | None = None, without: Collection[int] = ()) -> ProcessMap:
        """The map of this process, the cluster, and what they started. ``ports`` says what ports are for."""
        return look(None, ports, {self._held.pid, *without}, also=(self.master, *self.workers))

    def end(self) -> None:
        """End it. Ending it twice is harmless."""
        self._held.end()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class NamedCluster:
    """A cluster that is somebody else's. It has no processes that can be looked at, and isn't ended."""

    own = False

    def __init__(self, url: str) -> None:
        self.url = url
        host = urlsplit(url.partition(",")[0]).hostname or ""
        self.on_loopback = bool(_LOOPBACK.fullmatch(host))
        """Whether the master listens on this host's loopback address."""
        if not self.on_loopback:
            # With this one the driver would listen where the executors of another host can't reach it.
            os.environ.pop("SPARK_LOCAL_IP", None)

    def end(self) -> None:
        """Do nothing."""


def named() -> str:
    """The URL of the cluster that the environment names; empty when it names none."""
    return os.environ.get(VARIABLE, "").strip()
