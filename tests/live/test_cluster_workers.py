"""The Python workers of a cluster's executors are recorded, and do what they do without that."""

from __future__ import annotations

import json
import re

import pytest

from guide.cluster.running import Cluster
from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import Chunk
from sparkwire.wire.worker import Exit

# A cluster is several JVMs, and another's tests may run on the same machine.
pytestmark = pytest.mark.timeout(900)

PROGRAM = """\
import os, sys
from pyspark.sql import SparkSession

builder = SparkSession.builder.master(sys.argv[1]).config("spark.ui.enabled", False)
builder = builder.config("spark.executor.memory", "512m").config("spark.cores.max", 2)
spark = builder.config("spark.executor.cores", 1).getOrCreate()
sc = spark.sparkContext
sc.setLogLevel("OFF")

def add_one(x):
    return x + 1

print(sc.parallelize([1, 2, 3, 4], 4).map(add_one).sum())
def ours(_):
    return [name for name in os.environ if name == "SPARKWIRE_WORKERS" or "startup" in os.environ[name]]

print(sc.parallelize([0], 1).map(ours).collect())
try:
    sc.parallelize([0], 1).map(lambda x: os._exit(3)).collect()
except Exception as error:
    print(type(error).__name__)
sys.exit(4)
"""


@pytest.fixture
def cluster(bench, monkeypatch):
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    with Cluster() as made:
        yield made


def test_a_clusters_workers_are_recorded(bench, cluster):
    script = bench.script(PROGRAM)
    ran = bench.run("--no-jvm", "--workers", script, cluster.url)
    assert ran.code == 4, ran.err
    assert ran.out == b"14\n[[]]\nPy4JJavaError\n"
    assert "Python workers recorded" in ran.said
    assert "Workers on other machines leave their parts there" in ran.said

    runs = load(ran.trace).runs
    summed = [run for run in runs if run.functions and run.functions[0].name == "add_one"]
    assert sorted(run.partition for run in summed) == [0, 1, 2, 3]
    assert {run.worker.handshake for run in summed} == {"daemon over TCP"}
    assert len({run.worker.daemon for run in summed}) == 2  # one for each executor
    # Spark tries a task four times (spark.task.maxFailures).
    killed = [run for run in runs if run.round.exit is Exit.KILLED]
    assert [run.attempt for run in killed] == [0, 1, 2, 3]
    stored = b"".join(one.data for one in TraceReader(ran.trace) if isinstance(one, Chunk))
    assert not re.search(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", stored)
    printed = bench.sparkwire("show", "--workers", "--format", "json", "--all", ran.trace).out.decode()
    assert len([json.loads(line) for line in printed.splitlines()]) == len(runs)
