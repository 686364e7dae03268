"""Jobs to measure: functions without arguments that have Spark compute every row, and keep none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def computing(frame: Any) -> Callable[[], None]:
    """A job that computes every row of a DataFrame, and throws the rows away where they are."""

    def job() -> None:
        frame.write.format("noop").mode("overwrite").save()

    return job


def coming_back(rdd: Any) -> Callable[[], int]:
    """A job that computes every element of an RDD, and has Java count the batches that come back.

    ``rdd.count()`` would not do: it counts in the Python worker, and only the count comes back.
    """
    batches = rdd._jrdd
    return lambda: int(batches.count())


def with_setting(spark: Any, name: str, value: object, job: Callable[[], Any]) -> Callable[[], Any]:
    """A job that gives the session a setting before it runs ``job``, and its own value back afterwards."""

    def run() -> Any:
        before = spark.conf.get(name)
        spark.conf.set(name, str(value))
        try:
            return job()
        finally:
            spark.conf.set(name, before)

    return run
