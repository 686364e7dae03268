"""Settings of Spark's that a program makes once, when it starts, changed between two turns.

Only so can both values of a setting take turns in one run. A program of your own sets them with
``SparkSession.builder.config`` or as an argument of ``SparkContext``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.serializers import AutoBatchedSerializer, BatchedSerializer


@contextmanager
def worker_reuse(context: Any, on: bool) -> Iterator[None]:
    """While it lasts, ``spark.python.worker.reuse`` is ``on``.

    An executor reads the setting for each task anew (``BasePythonRunner``), and with ``local[...]`` it has
    the driver's settings themselves. There is a daemon for either value, because it is in the environment.
    """
    settings = context._conf
    before = settings.get("spark.python.worker.reuse", "true")
    settings.set("spark.python.worker.reuse", "true" if on else "false")
    try:
        yield
    finally:
        settings.set("spark.python.worker.reuse", before)


@contextmanager
def batch_size(context: Any, size: int) -> Iterator[None]:
    """While it lasts, RDDs are made as if ``SparkContext`` had been given ``batchSize=size``; 0 is usual.

    What that argument decides is in two attributes of the context (``pyspark/core/context.py``, 4.3.0).
    """
    before = context._batchSize, context.serializer
    each = context._unbatched_serializer
    context._batchSize = size
    context.serializer = BatchedSerializer(each, size) if size else AutoBatchedSerializer(each)
    try:
        yield
    finally:
        context._batchSize, context.serializer = before
