"""A cluster from pip alone: it starts, is seen whole, ends whatever happens, and runs the page by its URL."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jupytext
import psutil
import pytest
from nbclient import NotebookClient

from guide.cluster.hosts_make import NEEDED
from guide.cluster.page import MARK
from guide.cluster.running import VARIABLE, Cluster
from guide.cluster.standalone import NoCluster, Standalone, WorkerOffer

PAGE = Path(__file__).resolve().parents[2] / "notebooks" / "14-on-a-cluster.md"

# A cluster is six JVMs, and another's tests may run on the same machine.
pytestmark = pytest.mark.timeout(900)

HOLDING = """
import os
from guide.cluster import Cluster
from pyspark.sql import SparkSession

cluster = Cluster(workers=1)
print("cluster", cluster.master, *cluster.workers, flush=True)
"""
WORKING = """
spark = (
    SparkSession.builder.master(cluster.url)
    .config("spark.cores.max", 1)
    .config("spark.executor.memory", "512m")
    .config("spark.ui.enabled", False)
    .getOrCreate()
)
[pid] = set(spark.sparkContext.range(2).map(lambda n: os.getpid()).collect())
print("python", pid, flush=True)
"""
WAITING = """
import time
print("held", flush=True)
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture
def here(bench, monkeypatch):
    """The cluster is started with this process's environment."""
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    return bench


def lines_until(process: subprocess.Popen[bytes], last: str) -> dict[str, list[int]]:
    """The lines that a program printed, up to the one that says ``last``: the first word, and numbers."""
    said = {}
    assert process.stdout is not None
    for line in process.stdout:
        word, *numbers = line.decode().split()
        said[word] = [int(number) for number in numbers]
        if word == last:
            return said
    raise AssertionError(f"the program ended before it said {last!r}")


def test_a_cluster_is_seen_whole_and_ends_when_told(here):
    heard: list[str] = []
    with Cluster(workers=2, heard=heard.append) as cluster:
        map = cluster.look()
        assert [p.pid for p in map.find("cluster's master")] == [cluster.master]
        assert [p.pid for p in map.find("cluster's worker")] == list(cluster.workers)
        assert map.processes[0].pid == os.getpid()
        assert {map.role(p) for p in map.processes} <= {"", "cluster's master", "cluster's worker"}
        assert not [p for p in map.processes if p.command.startswith("python -m guide.cluster")]
        listening = [one for one in map.listening if one.pid in (cluster.master, *cluster.workers)]
        assert {one.address for one in listening} == {"127.0.0.1"}
        # Two each, with the web page's: no third one at a port that others want, too.
        assert len(listening) == 6
        assert cluster.url in {f"spark://127.0.0.1:{one.port}" for one in listening}
        assert len([c for c in map.connections if c.server == cluster.master]) == 2
    assert heard[-1] == "ready"
    assert here.left() == []
    cluster.end()


def test_a_failing_program_leaves_nothing(here):
    ended = here.plain(here.script(HOLDING + "raise SystemExit(3)"))
    assert ended.code == 3
    assert here.left() == []


def test_a_killed_program_leaves_nothing(here):
    program = here.start([sys.executable, here.script(HOLDING + WORKING + WAITING)])
    said = lines_until(program, "held")
    [python] = said["python"]
    above = [one.pid for one in psutil.Process(python).parents()]
    assert said["cluster"][1] in above  # function, daemon, executor, worker
    program.kill()
    here.ended(program)
    assert here.left(60) == []


@pytest.mark.parametrize("killed", ["front", "keeper"])
def test_whoever_is_killed_in_between_nothing_is_left(here, killed):
    program = here.start([sys.executable, here.script(HOLDING + WAITING)])
    master, worker = lines_until(program, "held")["cluster"]
    keeper = psutil.Process(master).parent()
    assert psutil.Process(worker).parent() == keeper
    front = keeper.parent().parent()
    assert front.parent().pid == program.pid
    {"front": front, "keeper": keeper}[killed].kill()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in (master, worker)], timeout=60)
    assert not alive
    program.kill()
    here.ended(program)
    assert here.left() == []


def test_an_interrupt_of_the_group_does_not_reach_the_cluster(here, until):
    program = here.start([sys.executable, here.script(HOLDING + WAITING)])
    parts = [psutil.Process(pid) for pid in lines_until(program, "held")["cluster"]]
    os.killpg(program.pid, signal.SIGINT)
    until(program.stdout, b"interrupted")
    assert program.pid not in {os.getpgid(part.pid) for part in parts}
    assert all(part.is_running() and part.status() != psutil.STATUS_ZOMBIE for part in parts)
    program.kill()
    here.ended(program)
    assert here.left(60) == []


def test_a_cluster_that_can_not_start_says_why(here):
    folder = here.folder / "cluster"
    folder.mkdir()
    with Standalone(folder) as cluster:
        cluster.master()
        cluster.worker(WorkerOffer(memory="much"))
        with pytest.raises(NoCluster, match="worker-1 ended with exit code") as caught:
            cluster.wait_for_workers()
        assert "It said:" in str(caught.value)
        assert "Usage: Worker [options] <master>" in str(caught.value)
    assert here.left() == []


def test_a_cluster_in_a_terminal_ends_with_an_interrupt(here):
    started = here.start([sys.executable, "-m", "guide.cluster", "start", "--workers", "1"])
    lines = []
    for line in started.stdout:
        lines.append(line.decode().strip())
        if lines[-1] == "ready":
            break
    assert any(line.startswith("master spark://127.0.0.1:") for line in lines)
    os.killpg(started.pid, signal.SIGINT)
    ended = here.ended(started)
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert here.left() == []


def test_the_page_runs_on_a_cluster_that_is_named(here, monkeypatch):
    notebook = jupytext.read(PAGE)
    first_lines = [re.sub(r"^%%.*\n", "", cell.source.lstrip()).splitlines()[:1] for cell in notebook.cells]
    marked = [
        (cell, line.removeprefix(MARK).strip())
        for cell, lines in zip(notebook.cells, first_lines, strict=True)
        for line in lines
        if line.startswith(MARK)
    ]
    with Cluster(workers=2) as cluster:
        monkeypatch.setenv(VARIABLE, cluster.url)
        folder = here.folder / "page"
        folder.mkdir()
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
        # A kernel that is busy ending its JVM is killed after five seconds, and leaves its folder behind.
        client.create_kernel_manager().shutdown_wait_time = 200
        client.execute()
    for cell, about in marked:
        [output] = cell.outputs
        assert output.data["text/markdown"].startswith(f"*Skipped: {about}. ")
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert len([one for one in shown if "Skipped" in str(one.get("data", ""))]) == len(marked) > 5
    # The functions still say where they ran: in two processes, both below the cluster that was named.
    [rows] = [eval(c.outputs[0].data["text/plain"]) for c in notebook.cells if c.source.endswith("\nof_rdd")]
    assert [square for square, *_ in rows] == [0, 1, 4, 9]
    assert len({pid for _, pid, _ in rows}) == 2
    assert here.left(60) == []


def can_make_hosts() -> bool:
    probe = [
        "unshare",
        "--net",
        "--uts",
        "--mount",
        "sh",
        "-c",
        " && ".join(f"command -v {n}" for n in NEEDED),
    ]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_make_hosts(), reason="network namespaces need Linux, root and iproute2")
def test_what_is_kept_of_separate_hosts_is_what_a_run_says(here):
    made = here.folder / "made"
    made.mkdir()
    inside = ["unshare", "--net", "--mount", sys.executable, "-m", "guide.cluster.hosts_make", made]
    ended = here.ended(here.start(inside), timeout=800)
    assert ended.code == 0, ended.err
    from guide.cluster.hosts_data import from_json, kept_hosts

    now, kept = from_json((made / "hosts.json").read_text("utf-8")), kept_hosts()
    assert now.versions | {"python": ""} == kept.versions | {"python": ""}
    assert {(f.client, f.server, f.what, f.leaves) for f in kept.flows} == {
        (f.client, f.server, f.what, f.leaves) for f in now.flows
    }
    for phase in kept.phases:
        again = now.phase(phase.name).bytes
        for host, counted in phase.bytes.items():
            # Silence is silence again. How the work is divided between the workers differs.
            if counted.loopback == 0:
                assert again[host].loopback == 0, (phase.name, host)
            elif host == "driver" and phase.name in ("calls", "rows"):
                assert 0.5 < again[host].loopback / counted.loopback < 2, phase.name
    assert here.left() == []
