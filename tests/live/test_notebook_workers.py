"""``%%wire --workers`` in a real kernel, with real Spark."""

from __future__ import annotations

import json

import pytest
from kernels import started

SPARK = """\
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False).getOrCreate()
sc = spark.sparkContext
def add_one(x):
    return x + 1
before = F.udf(lambda x: x - 1, "int")
"""
WORKED = """
import json
print(json.dumps([[*run.functions[0], run.reused, run.round.exit.value] for run in {name}.runs]))
"""
LINE = 1 + SPARK[: SPARK.index("def add_one")].count("\n")
ADD_ONE = ["Cell In[2]", LINE, "add_one"]
BELOW_MAGIC = ["Cell In[2]", LINE + 1, "add_one"]
JOB = "print(sc.parallelize([1], 1).map(add_one).collect())"


@pytest.fixture
def notebook(java, tmp_path, root):
    with started(java, root, tmp_path) as made:
        made.run("%load_ext sparkwire")
        yield made


def worked(notebook, name):
    """What the runs of a recording say: the function by file, line and name, whether the worker was
    reused, how it ended.
    """
    return json.loads(notebook.printed(WORKED.format(name=name)))


def wire(name, source, *options):
    return f"%%wire {name} --quiet --no-jvm {' '.join(options)}\n{source}"


def test_a_cell_has_the_runs_that_began_in_it(notebook):
    notebook.run(wire("begun", SPARK + JOB, "--workers"))
    assert worked(notebook, "begun") == [[*BELOW_MAGIC, False, "reused"]]
    notebook.run("sc.parallelize([1], 1).map(lambda x: 0).count()")
    assert notebook.printed(wire("again", f"{JOB}\n{JOB}", "--workers")) == "[2]\n[2]\n"
    assert worked(notebook, "again") == [[*BELOW_MAGIC, True, "reused"]] * 2
    # A function that isn't new is recorded, too: the JVM was told.
    notebook.run("spark.range(1).select(before('id')).collect()")
    notebook.run(wire("older", "spark.range(1).select(before('id')).collect()", "--workers"))
    assert [one[2] for one in worked(notebook, "older")] == ["<lambda>"]
    # Without --workers a cell has none, and one that gives workers nothing to do says so.
    notebook.run(wire("without", JOB))
    assert notebook.printed("print(without.runs, without.trace.notices)") == "[] []\n"
    notebook.run(wire("idle", "spark.range(3).count()", "--workers"))
    assert "the cell had no work for one." in notebook.printed("print(idle.trace.notices)")
    # With the data, workers of their own are needed.
    assert notebook.printed(wire("data", JOB, "--workers", "--worker-data")) == "[2]\n"
    assert worked(notebook, "data") == [[*BELOW_MAGIC, False, "reused"]]
    stored = "print([m.field('data').value for m in data.runs[0].messages if m.command == 'frame'])"
    assert "sha256" not in notebook.printed(stored)
    # A saved recording says the same.
    notebook.run("from sparkwire import Recording\nsaved = Recording(again.save('again.sparkwire'))")
    assert worked(notebook, "saved") == worked(notebook, "again")


def test_a_worker_that_is_killed_in_a_cell_was_killed(notebook):
    notebook.run(wire("begun", SPARK, "--workers"))
    dies = "import os\ntry: sc.parallelize([1], 1).foreach(lambda x: os._exit(3))\nexcept Exception: pass"
    notebook.run(wire("dying", dies, "--workers"))
    assert [one[-1] for one in worked(notebook, "dying")] == ["killed"]


def test_a_jvm_that_runs_already(notebook):
    notebook.run(SPARK)
    notebook.run("spark.range(1).select(before('id')).collect()")
    environment = notebook.printed("print(sc.environment)")
    assert notebook.printed(wire("own", JOB, "--workers")) == "[2]\n"
    assert worked(notebook, "own") == [[*ADD_ONE, False, "reused"]]
    notebook.run(wire("again", JOB, "--workers"))
    assert worked(notebook, "again") == [[*ADD_ONE, True, "reused"]]
    assert notebook.printed("print(sc.environment)") == environment
    # What was made ready before goes to a worker that isn't recorded, and the cell says so.
    notebook.run(wire("older", "spark.range(1).select(before('id')).collect()", "--workers"))
    assert worked(notebook, "older") == []
    assert "use --workers in the cell that starts Spark." in notebook.printed("print(older.trace.notices)")


def test_the_data_without_the_workers_is_refused(notebook):
    _, error = notebook.fails("%%wire --worker-data\n1")
    assert "--worker-data needs --workers" in error
