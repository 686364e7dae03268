"""``--workers``: real Spark's Python workers are recorded, and do what they do without that."""

from __future__ import annotations

import json
import re

import pytest

from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import Chunk, Worker
from sparkwire.views.worker.times import MILLISECOND, Doing, spent
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import Exit

PROGRAM = """\
import os, sys, time
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False).getOrCreate()
sc = spark.sparkContext
password = "open-sesame-and-more"

def add_one(x):
    return x + 1

print(sc.parallelize(["data-of-the-user-%d" % i for i in range(500)], 2).map(len).map(add_one).sum())
print(sc.parallelize([1, 2, 3], 1).map(lambda x: (f"password={password}", x)).count())

@F.pandas_udf("long")
def double(s: pd.Series) -> pd.Series:
    return s * 2

print(spark.range(10).coalesce(1).select(double("id")).collect()[-1])
print(sc.parallelize([str(i) for i in range(100_000)], 1).map(len).take(1))
try:
    sc.parallelize([0], 1).map(lambda x: 1 / x).collect()
except Exception as error:
    print("ZeroDivisionError" in str(error))
try:
    sc.parallelize([0], 1).map(lambda x: os._exit(3)).collect()
except Exception as error:
    print(type(error).__name__)
def slow(x):
    time.sleep(1)
    return x

print(sc.parallelize([1], 1).map(slow).coalesce(1).map(lambda x: x).collect())
print(sorted(name for name in os.environ if "SPARKWIRE" in name))
ours = lambda _: [name for name in os.environ if "SPARKWIRE" in name or "startup" in os.environ[name]]
print(sc.parallelize([0], 1).map(ours).collect())
spark.stop()
sys.exit(4)
"""


@pytest.fixture(scope="module")
def lines_of():
    """Which line of the program has a text."""
    source = PROGRAM.splitlines()
    return lambda text: next(n for n, line in enumerate(source, 1) if text in line)


def test_what_workers_were_asked_and_what_came_of_it(bench, lines_of):
    script = bench.script(PROGRAM)
    plain = bench.plain(script)
    ran = bench.run("--workers", script)
    assert (ran.code, ran.out) == (plain.code, plain.out), ran.err
    assert ran.code == 4
    assert "Python workers recorded" in ran.said
    assert not (bench.folder / "t.sparkwire.workers").exists()

    runs = load(ran.trace).runs
    assert [run.n for run in runs] == list(range(1, len(runs) + 1))
    assert [run.start_ns for run in runs] == sorted(run.start_ns for run in runs)
    assert all(run.round.init is not None for run in runs)
    summed = [run for run in runs if run.functions and run.functions[0].name == "add_one"]
    assert [(run.partition, run.attempt, run.eval_type) for run in summed] == [
        (0, 0, "NON_UDF"),
        (1, 0, "NON_UDF"),
    ]
    assert summed[0].functions[0].line == lines_of("def add_one")
    assert summed[0].functions[0].file.endswith("program.py")
    assert [run.reused for run in summed] == [False, True]
    assert {run.round.exit for run in summed} == {Exit.REUSED}

    [pandas] = [run for run in runs if run.functions and run.functions[0].name == "double"]
    assert pandas.eval_type == "SQL_SCALAR_PANDAS_UDF"
    assert (pandas.round.data_in.rows, pandas.round.data_out.rows) == (10, 10)

    exits = [run.round.exit for run in runs]
    assert {exit: exits.count(exit) for exit in (Exit.ENDED, Exit.ERROR, Exit.KILLED)} == {
        Exit.ENDED: 1,  # take(1)
        Exit.ERROR: 1,
        Exit.KILLED: 1,
    }

    [sleeper] = [run for run in runs if run.functions and run.functions[0].name == "slow"]
    [fed] = [run for run in runs if run is not sleeper and run.stage == sleeper.stage]
    assert spent([sleeper])[Doing.COMPUTING] >= 900 * MILLISECOND  # a worker counts in milliseconds
    assert fed.waits

    # The gateway's exchanges are what they are without workers.
    assert {exchange.wire for exchange in ran.exchanges} == {"gateway"}
    assert all(exchange.request.command != "malformed" for exchange in load(ran.trace).stream())
    _shown(bench, ran.trace, lines_of)
    stored = _stored(ran.trace)
    assert b"add_one" in stored
    assert b"data-of-the-user-7" not in stored  # it isn't in the program's text, either
    _has_no_secret(ran.trace)


def _shown(bench, trace, lines_of):
    table = bench.sparkwire("show", "--workers", trace).out.decode()
    assert f"program.py:{lines_of('def add_one')} add_one" in table
    assert "ZeroDivisionError: division by zero" in table
    assert "said no last word" in table

    printed = bench.sparkwire("show", "--workers", "--format", "json", "--all", trace).out.decode()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    for line in lines:
        assert line["channel"] == line["wire"] == "worker"
        both = {"to_python": 0, "to_java": 0}
        for message in line["messages"]:
            both[message["direction"]] += message["bytes"]
        assert both == {"to_python": line["to_worker_bytes"], "to_java": line["to_jvm_bytes"]}
    first = next(line for line in lines if line["functions"] and line["functions"][0]["name"] == "add_one")
    assert first["functions"][0]["line"] == lines_of("def add_one")
    assert first["messages"][0]["kind"] == "init"
    assert first["batches_in"] > 0
    assert first["exit"] == "reused"


def _stored(trace):
    """All bytes of workers' connections that are in the trace."""
    workers = {record.connection for record in TraceReader(trace) if isinstance(record, Worker)}
    return b"".join(r.data for r in TraceReader(trace) if isinstance(r, Chunk) and r.connection in workers)


def _has_no_secret(trace):
    assert b"open-sesame" not in trace.read_bytes()
    assert not re.search(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", _stored(trace))
    workers = {record.connection for record in TraceReader(trace) if isinstance(record, Worker)}
    sent = [r for r in TraceReader(trace) if isinstance(r, Chunk) and r.connection in workers]
    # What a worker reads first is the secret of its JVM: 64 characters, behind their number.
    first = {
        chunk.connection: chunk.data for chunk in reversed(sent) if chunk.direction is Direction.TO_PYTHON
    }
    assert set(first.values()) == {b"\0\0\0@" + b"*" * 64}
    for run in load(trace).runs:
        secret = run.messages[0].field("task context").value["secret"]
        assert set(secret or "*") == {"*"}


def test_data_is_stored_when_asked_for(bench):
    ran = bench.run("--workers", "--worker-data", bench.script(PROGRAM))
    assert ran.code == 4, ran.err
    assert b"data-of-the-user-7" in _stored(ran.trace)
    runs = load(ran.trace).runs
    frames = [message for run in runs for message in run.messages if message.command == "frame"]
    assert any(b"data-of-the-user-7" in frame.raw for frame in frames)
    _has_no_secret(ran.trace)


def test_submit_records_workers_too(bench):
    script = bench.script("""\
        from pyspark import SparkContext
        sc = SparkContext()
        print(sc.parallelize([1, 2], 1).map(lambda x: x * 2).collect())
    """)
    ran = bench.sparkwire(
        "submit", "--no-jvm", "--workers", "-o", "t.sparkwire", "--", "--master", "local[1]", script
    )
    assert (ran.code, ran.out) == (0, b"[2, 4]\n"), ran.err
    assert "1 Python worker recorded" in ran.said
    [run] = load(ran.trace).runs
    assert run.functions[0].line == 3


def test_parts_are_kept_and_shown_when_everything_is_killed(bench, until):
    script = bench.script("""\
        import time
        from pyspark import SparkContext
        sc = SparkContext("local[1]", "x")
        sc.parallelize([1, 2], 1).map(lambda x: x * 2).collect()
        print("ready", flush=True)
        time.sleep(600)
    """)
    process = bench.start(bench.command("run", "--no-jvm", "--workers", "-o", "t.sparkwire", script))
    until(process.stdout, b"ready")
    process.kill()
    process.communicate()
    assert bench.left() == []
    shown = bench.sparkwire("show", "--workers", "t.sparkwire")
    assert "program.py:4 <lambda>" in shown.out.decode()
    assert "t.sparkwire.workers" in shown.err

    again = bench.run("--workers", bench.script("print(1)\n"))
    assert "no Python worker was recorded" in again.said


def test_a_program_without_workers_says_so(bench):
    ran = bench.run("--workers", bench.script("print(1)\n"))
    assert ran.code == 0
    assert "no Python worker was recorded" in ran.said


ALONE = """\
import os, sys
from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False)
builder = builder.config("spark.python.use.daemon", False)
spark = builder.config("spark.python.unix.domain.socket.enabled", sys.argv[1]).getOrCreate()
sc = spark.sparkContext
known = sc.broadcast([1, 2, 3])

def add(x):
    return x + len(known.value)

print(sc.parallelize([1, 2], 1).map(add).collect())
ours = lambda _: [name for name in os.environ if "startup" in os.environ[name] or name == "SPARKWIRE_WORKERS"]
print(sc.parallelize([0], 1).map(ours).collect())
try:
    sc.parallelize([0], 1).map(lambda x: 1 / x).collect()
except Exception as error:
    print("ZeroDivisionError" in str(error))
sys.exit(4)
"""


@pytest.mark.parametrize(
    ("unix", "handshake"), [("false", "worker over TCP"), ("true", "worker over a Unix socket")]
)
def test_workers_without_a_daemon(bench, unix, handshake):
    ran = bench.run("--no-jvm", "--workers", bench.script(ALONE), unix)
    assert ran.code == 4, ran.err
    assert ran.out.decode() == "[4, 5]\n[[]]\nTrue\n"
    runs = load(ran.trace).runs
    assert [run.round.exit for run in runs] == [Exit.REUSED, Exit.REUSED, Exit.ERROR]
    assert runs[0].functions[0].name == "add"
    assert not any(run.reused for run in runs)
    assert len({run.worker.pid for run in runs}) == 3
    assert {(run.worker.daemon, run.worker.handshake) for run in runs} == {(0, handshake)}
    sent = [one.data for one in TraceReader(ran.trace) if isinstance(one, Chunk) and one.connection > 2]
    assert not any(re.search(rb"[0-9a-f]{64}", data) for data in sent)
    assert any(data == b"\0\0\0@" + b"*" * 64 for data in sent) is (unix == "false")
