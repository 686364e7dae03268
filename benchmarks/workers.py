"""What it costs to record Python workers: jobs of a million rows, with their workers recorded and not.

Both are done by one Spark, in turns. With each Python function Spark sends the environment of the workers
that run it, so the same function can be made twice: once for recorded workers, and once for others. Beside
the elapsed time there is the processor time of the JVM and of the workers: a machine that others use, too,
changes it less.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, Row
from guide.costs import Spent, Time, coming_back, computing, measured
from sparkwire.launch.bootstrap import STARTUP
from sparkwire.launch.worker_launch import FunctionEnvironment
from sparkwire.record.worker_settings import WorkerSettings
from sparkwire.trace.format import TraceReader
from sparkwire.trace.records import Withheld
from sparkwire.trace.worker.parts import parts

ROWS_OF_A_JOB = 1_000_000
ROUNDS = 20
WARM_UP = 2

AGAINST = "not recorded"
_AIM = "1.10, at most 1.25"
_JOBS = {
    "pickled": "a pickled UDF",
    "arrow": "an Arrow UDF",
    "map": "an RDD's map",
    "java": "no Python worker",
}
_TIMES = {Time.ELAPSED: "", Time.PROCESSOR: ", processor time"}
_ROWS = {
    (job, time): Row(
        f"workers-{job}{'-processor' if time is Time.PROCESSOR else ''}",
        f"Job of a million rows with {name}, workers recorded{said}",
        AGAINST,
        aim=_AIM if job != "java" else "1.00",
    )
    for time, said in _TIMES.items()
    for job, name in _JOBS.items()
}
ROWS = tuple(_ROWS.values())

Job = Callable[[], Any]


def measure(folder: Path) -> list[Result]:
    """Run all jobs in turns; the workers' parts go into ``folder``. Some minutes."""
    recorded_in = folder / "workers"
    settings = WorkerSettings(str(recorded_in), str(recorded_in), 0).variable()
    samples: dict[tuple[str, Time], list[float]] = {one: [] for one in _ROWS}
    with _spark() as spark:
        plain = _jobs(spark)
        environment = FunctionEnvironment(spark.sparkContext.environment, str(STARTUP), settings)
        environment.install()
        recorded = _jobs(spark)
        environment.remove()
        for number in range(-WARM_UP, ROUNDS):
            for job in random.sample(list(_JOBS), len(_JOBS)):
                took = _pair(recorded[job], plain[job])
                for time in _TIMES if number >= 0 else ():
                    samples[job, time].append(time.of(took[0]) / time.of(took[1]))
    _check(recorded_in)
    return [Result(row, tuple(samples[one])) for one, row in _ROWS.items()]


def _pair(recorded: Job, plain: Job) -> tuple[Spent, Spent]:
    """What both took; which of them is first is left to chance."""
    if random.random() < 0.5:
        first = measured(recorded)
        return first, measured(plain)
    other = measured(plain)
    return measured(recorded), other


def _jobs(spark: Any) -> Mapping[str, Job]:
    from pyspark.sql import functions as F

    def function(x: int) -> int:
        return 2 * x + 1

    numbers = spark.range(ROWS_OF_A_JOB, numPartitions=1)
    stored = spark.sparkContext.parallelize(list(range(ROWS_OF_A_JOB)), 1)
    more = spark.range(20 * ROWS_OF_A_JOB, numPartitions=1)  # a million would be over at once
    return {
        "pickled": computing(numbers.select(F.udf(function, "long", useArrow=False)("id"))),
        "arrow": computing(numbers.select(F.udf(function, "long", useArrow=True)("id"))),
        "map": coming_back(stored.map(function)),
        "java": computing(more.select(2 * F.col("id") + 1)),
    }


@contextmanager
def _spark() -> Iterator[Any]:
    """Spark in a JVM that ends with the block."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    gateway = spark.sparkContext._gateway
    try:
        yield spark
        spark.stop()
    finally:
        SparkContext._gateway = SparkContext._jvm = None
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(60)


def _check(folder: Path) -> None:
    """Raise ``AssertionError`` unless the rows of all rounds passed by the recorder."""
    seen = sum(
        record.size for part in parts(folder) for record in TraceReader(part) if isinstance(record, Withheld)
    )
    if seen < ROUNDS * 2 * 8 * ROWS_OF_A_JOB:
        raise AssertionError(f"the workers were not recorded: {seen} bytes of rows")
