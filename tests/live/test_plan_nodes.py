"""The node of the plan that a run is said to belong to is in the plan that Spark ran."""

from __future__ import annotations

import re

from sparkwire.trace.load import load
from sparkwire.wire.worker import EVAL_TYPES, plan_node

PROGRAM = """\
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", False)
         .config("spark.sql.shuffle.partitions", 1).getOrCreate())
df = spark.range(4).coalesce(1).withColumn("key", F.col("id") % 2)
grouped, other = df.groupBy("key"), spark.range(2).withColumn("key", F.col("id"))

@F.pandas_udf("long")
def plus(s: pd.Series) -> pd.Series:
    return s + 1

@F.pandas_udf("long")
def total(s: pd.Series) -> int:
    return int(s.sum())

@F.arrow_udf("long")
def same(a: pa.Array) -> pa.Array:
    return a

@F.udtf(returnType="n: int", useArrow=False)
class Twice:
    def eval(self, x):
        yield x,
        yield x,

@F.udtf(returnType="n: int", useArrow=True)
class TwiceInArrow(Twice.func):
    pass

frames, batches = (lambda frames: frames), (lambda batches: batches)
frame, table = (lambda frame: frame), (lambda table: table)
both = lambda left, right: left
schema = "id long, key long"
cases = [
    df.select(F.udf(lambda x: x, "long", useArrow=False)("id")),
    df.select(F.udf(lambda x: x, "long", useArrow=True)("id")),
    df.select(plus("id")),
    df.select(same("id")),
    df.mapInPandas(frames, schema),
    df.mapInArrow(batches, schema),
    grouped.applyInPandas(frame, schema),
    grouped.applyInArrow(table, schema),
    grouped.cogroup(other.groupBy("key")).applyInPandas(both, schema),
    grouped.cogroup(other.groupBy("key")).applyInArrow(both, schema),
    grouped.agg(total("id")),
    df.select(total("id").over(Window.partitionBy("key"))),
    Twice(F.lit(1)),
    TwiceInArrow(F.lit(1)),
]
for case in cases:
    case.collect()
    print(case._jdf.queryExecution().executedPlan().toString().replace(chr(10), " "))
"""


def test_each_run_names_a_node_of_the_plan_that_ran(bench):
    ran = bench.run("--no-jvm", "--workers", bench.script(PROGRAM))
    assert ran.code == 0, ran.err
    plans = [set(re.findall(r"\b[A-Z]\w*(?:Python|InPandas|InArrow|UDTF)\b", line)) for line in
             ran.out.decode().splitlines()]  # fmt: skip
    runs = load(ran.trace).runs
    stages = sorted({run.stage for run in runs})
    assert len(plans) == len(stages) == 14
    seen = set()
    for plan, stage in zip(plans, stages, strict=True):
        nodes = {run.plan_node for run in runs if run.stage == stage}
        [node] = nodes
        assert node.partition(",")[0] in plan, (plan, nodes)
        seen.add(node)
    assert all(run.job.startswith("collect at ") for run in runs)
    known = {plan_node(one.code, "4.3") for one in EVAL_TYPES}
    # What streams and RDDs ask for is in other tests.
    assert known - seen == {"PythonRDD", "FlatMapGroupsInPandasWithState", "TransformWithStateInPySpark"}
