"""Chapter 15's exhibit with real Spark: jobs are told apart on both wires, and settings have effects."""

from __future__ import annotations

import json
import os

from guide.costs import crossed
from sparkwire import Recording

PROGRAM = """\
import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from guide.costs import batch_size, coming_back, computing, take_turns, worker_reuse
from guide.jobs import described

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False).getOrCreate()
sc = spark.sparkContext
numbers = spark.range(5000, numPartitions=1)
parts = sc.parallelize(range(3), 3)
known = sc.broadcast({0: "nought"})


def reusing(on):
    def job():
        with worker_reuse(sc, on):
            return parts.map(lambda x: known.value.get(x)).collect()

    return job


with batch_size(sc, 10):
    tens = coming_back(sc.parallelize(list(range(100)), 1).map(abs))
with batch_size(sc, 0):
    doubled = coming_back(sc.parallelize(list(range(100)), 1).map(abs))

jobs = {
    "built-in": computing(numbers.select(F.col("id") + 1)),
    "udf": computing(numbers.select(F.udf(abs, "long")("id"))),
    "reused": reusing(True),
    "not reused": reusing(False),
    "tens": tens,
    "doubled": doubled,
}
described(sc, jobs)
described(sc, {"nothing": lambda: None, "one": lambda: sc._jvm.System.nanoTime()})
many = F.udf(lambda x: sum(range(x % 100)), "long")
sc.setJobDescription("measured")
busy = computing(spark.range(100_000, numPartitions=1).select(many("id")))
turns = take_turns({"busy": busy, "nothing": lambda: None}, rounds=3).turns["busy"]
json.dump([[one.java, one.workers] for one in turns], open(sys.argv[1], "w"))
spark.stop()
"""
JOBS = ("built-in", "udf", "reused", "not reused", "tens", "doubled", "nothing", "one")


def test_each_jobs_share_of_both_wires_and_of_processor_time(bench, root):
    bench.env["PYTHONPATH"] = os.pathsep.join([str(root), bench.env.get("PYTHONPATH", "")])
    ran = bench.run("--workers", bench.script(PROGRAM), "used.json")
    assert ran.code == 0, ran.err

    found = crossed(Recording(ran.trace), (*JOBS, "measured"))
    assert [found[name].runs for name in JOBS] == [0, 1, 3, 3, 1, 1, 0, 0]
    assert found["udf"].batches_in == 1
    assert found["udf"].rows_in > 8 * 5000 <= found["udf"].rows_out
    assert found["udf"].whole_in > found["udf"].rows_in
    assert [found[name].round_trips for name in ("nothing", "one")] == [0, 3]
    assert found["udf"].round_trips > found["nothing"].round_trips

    assert [len(found[name].workers) for name in ("reused", "not reused")] == [1, 3]
    assert [found[name].broadcasts for name in ("udf", "reused", "not reused")] == [0, 1, 3]

    # A hundred elements in tens, and as one batch, because parallelize knows how many there are.
    assert [found[name].batches_in for name in ("tens", "doubled")] == [10, 1]

    used = json.loads((bench.folder / "used.json").read_text())
    assert len(used) == 3
    assert sum(java for java, _ in used) > 0
    assert sum(workers for _, workers in used) > 0, "a worker's processor time is seen"
