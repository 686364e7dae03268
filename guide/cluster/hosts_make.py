"""Run a cluster whose parts each have a host of their own, and write what each host's wires counted as data.

    python -m guide.cluster hosts            run it, and write hosts.json beside this file (Linux, as root)
    python -m guide.cluster hosts --check    say whether the file is well-formed

A host is a network namespace: it has a loopback interface of its own, one wire (``veth``) to a switch
(``bridge``), and a name of its own (UTS namespace). Processes of two hosts can reach each other over the
switch only, as on separate machines. The kernel counts the bytes of each interface.

Nothing of the machine's own network is touched: the switch is in a namespace, too, and all namespaces end
with their processes, which end with this one (``sparkwire.Supervisor``).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from guide.cluster.flow import Flow, flows
from guide.cluster.hosts_data import (
    COMMAND,
    HOSTS,
    KEPT,
    PROGRAMS,
    SWITCH,
    Counted,
    Hosts,
    Measured,
    faults,
    to_json,
)  # fmt: skip
from guide.cluster.standalone import Host, Standalone, WorkerOffer, environment
from guide.processes.look import look
from sparkwire import SparkwireError, Supervisor

NEEDED = ("ip", "unshare", "nsenter", "mount")
MASTER_PORTS, WORKER_PORTS = (7077, 8080), (7078, 8081)

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_SETTLED = 0.5
"""Seconds after a phase, so that what it set off has crossed the wires."""
_HOLD = 'hostname "$1" && mount --bind "$2" /etc/hosts && echo ready && exec sleep infinity'


class NoHosts(SparkwireError, RuntimeError):
    """The exhibit can't be made here, or its file is not as it should be. The message says why."""


def make_hosts() -> None:
    """Make the file. Raises ``NoHosts``."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or missing:
        lacks = f", and {', '.join(missing)}" if missing else ""
        raise NoHosts(f"network namespaces need Linux and root{lacks}.")
    with Supervisor() as supervisor:
        inside = ["unshare", "--net", "--mount", sys.executable, "-m", "guide.cluster.hosts_make"]
        ended = supervisor.run([*inside, str(supervisor.private)], os.environ)
        if ended.code != 0:
            raise NoHosts(f"the run ended with exit code {ended.code}.")
        text = (supervisor.private / KEPT.name).read_text("utf-8")
    if found := faults(text, {"this machine": platform.node(), "the kernel": platform.release()}):
        raise NoHosts("what was measured can't be kept:\n" + "\n".join(found))
    KEPT.write_text(text, "utf-8")
    print(f"Written: {KEPT.name}, {len(text.encode())} bytes")


def check_hosts() -> None:
    """Look at the file only. Raises ``NoHosts``."""
    if found := faults(KEPT.read_text("utf-8")):
        raise NoHosts(f"{KEPT.name} is not as it should be:\n" + "\n".join(found))


class Network:
    """The hosts: one process in each, which holds its namespaces. It is made in the switch's namespace."""

    def __init__(self, folder: Path) -> None:
        names = folder / "hosts"
        addresses = "".join(f"{address} {_plain(name)}\n" for name, address in HOSTS.items())
        names.write_text(f"127.0.0.1 localhost\n{addresses}", "utf-8")
        _ip("link set lo up")
        _ip("link add switch type bridge")
        _ip(f"addr add {SWITCH}/24 dev switch")
        _ip("link set switch up")
        self._holders: dict[str, subprocess.Popen[str]] = {}
        for number, (name, address) in enumerate(HOSTS.items()):
            self._holders[name] = self._hold(_plain(name), names)
            pid = self._holders[name].pid
            _ip(f"link add wire{number} type veth peer name eth0 netns {pid}")
            _ip(f"link set wire{number} master switch up")
            for command in (f"addr add {address}/24 dev eth0", "link set eth0 up", "link set lo up"):
                _ip(command, enter=self.enter(name))

    def enter(self, name: str) -> tuple[str, ...]:
        """What makes a command run on a host when it is put in front of it."""
        return ("nsenter", "--target", str(self._holders[name].pid), "--net", "--uts", "--mount")

    def counters(self) -> dict[str, Counted]:
        """The bytes that each host's interfaces have counted so far."""
        return {name: _counted(one.pid) for name, one in self._holders.items()}

    def close(self) -> None:
        """End the processes that hold the namespaces, and so the hosts."""
        for holder in self._holders.values():
            holder.terminate()
            holder.wait()

    def _hold(self, hostname: str, names: Path) -> subprocess.Popen[str]:
        unshare = ["unshare", "--net", "--uts", "--mount", "sh", "-c", _HOLD, "sh", hostname, str(names)]
        holder = subprocess.Popen(unshare, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert holder.stdout is not None
        if holder.stdout.readline().strip() != "ready":
            raise NoHosts(f"there could be no namespaces for the host {hostname}.")
        # No address of IPv6: the kernel would talk to its neighbours about it, and count that.
        enter = ("nsenter", "--target", str(holder.pid), "--net")
        subprocess.run([*enter, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"], check=True)
        return holder


def measure(folder: Path) -> Hosts:
    """Run the cluster and the program, phase by phase. Raises ``NoCluster`` and ``NoHosts``."""
    with contextlib.closing(Network(folder)) as network, Standalone(folder, print) as cluster:
        cluster.master(Host(HOSTS["master"], network.enter("master"), MASTER_PORTS))
        for name in ("worker 1", "worker 2"):
            cluster.worker(WorkerOffer(), Host(HOSTS[name], network.enter(name), WORKER_PORTS))
        cluster.wait_for_workers()
        driver = subprocess.Popen(
            [*network.enter("driver"), sys.executable, "-m", "guide.cluster.hosts_program", cluster.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder, HOSTS["driver"]),
        )
        began: dict[str, Any] = json.loads(_next_line(driver))
        phases = [_phase(name, driver, network) for name in PROGRAMS]
        ports = {int(port): what for port, what in began["ports"].items()}
        tops = dict(zip([driver.pid, *cluster.pids], HOSTS, strict=True))
        found = _flows(driver.pid, cluster.pids, ports, tops)
        driver.communicate()
    return Hosts(
        time.strftime("%Y-%m-%d", time.gmtime()), COMMAND, platform.system(), began["versions"], HOSTS,
        tuple(found), tuple(phases),
    )  # fmt: skip


def _phase(name: str, driver: subprocess.Popen[str], network: Network) -> Measured:
    assert driver.stdin is not None
    before = network.counters()
    driver.stdin.write(f"{name}\n")
    driver.stdin.flush()
    if _next_line(driver) != name:
        raise NoHosts(f"the program did not say that it did {name!r}.")
    time.sleep(_SETTLED)
    after = network.counters()
    print(f"{name}: {after['driver'].loopback - before['driver'].loopback} bytes on the driver's loopback")
    return Measured(name, PROGRAMS[name], {host: _less(after[host], before[host]) for host in after})


def _flows(driver: int, others: list[int], ports: Mapping[int, str], tops: Mapping[int, str]) -> list[Flow]:
    return flows(look(driver, ports, also=others, inside=in_network_of), tops)


@contextlib.contextmanager
def in_network_of(process: psutil.Process) -> Iterator[None]:
    """Meanwhile, what this process asks about sockets is answered for the process's network namespace.

    Use it from the main thread: ``/proc/net`` is about the main thread's namespace (proc(5), namespaces(7)).
    """
    library = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as own, open(f"/proc/{process.pid}/ns/net") as other:
        _enter(library, other.fileno())
        try:
            yield
        finally:
            _enter(library, own.fileno())


def _enter(library: ctypes.CDLL, namespace: int) -> None:
    if library.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    if not (line := process.stdout.readline()):
        raise NoHosts(f"the program ended with exit code {process.wait()}.")
    return line.strip()


def _counted(pid: int) -> Counted:
    """From ``/proc/<pid>/net/dev``: bytes received are the first number, and bytes sent the ninth."""
    counts: dict[str, list[int]] = {}
    for line in Path(f"/proc/{pid}/net/dev").read_text("ascii").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        counts[name.strip()] = [int(number) for number in numbers.split()]
    return Counted(counts["lo"][0], counts["eth0"][8], counts["eth0"][0])


def _less(after: Counted, before: Counted) -> Counted:
    return Counted(
        after.loopback - before.loopback, after.sent - before.sent, after.received - before.received
    )


def _plain(name: str) -> str:
    return name.replace(" ", "-")


def _ip(words: str, enter: tuple[str, ...] = ()) -> None:
    done = subprocess.run([*enter, "ip", *words.split()], capture_output=True, text=True)
    if done.returncode != 0:
        raise NoHosts(f"ip {words}: {done.stderr.strip()}")


if __name__ == "__main__":
    private = Path(sys.argv[1])
    try:
        (private / KEPT.name).write_text(to_json(measure(private)), "utf-8")
    except SparkwireError as error:
        sys.exit(f"cluster: {error}")
