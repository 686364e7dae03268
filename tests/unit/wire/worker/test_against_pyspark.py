"""PySpark's own reader of the init message as an oracle, and its numbers: in tests only."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from pyspark import __version__
from pyspark.messages import ZeroCopyByteStream
from pyspark.serializers import SpecialLengths
from pyspark.util import PythonEvalType
from pyspark.worker_message import UDFInfo, UDTFInfo, WorkerInitInfo
from worker_recordings import recorded

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import EVAL_TYPES, SPECIAL_LENGTHS

MINOR = ".".join(__version__.split(".")[:2])
MINE = [one for one in recorded() if one.pyspark.startswith(MINOR)]


def inits() -> list:
    found = [message for one in MINE for message in one.messages(Direction.TO_PYTHON)]
    return [message for message in found if message.command == "init"]


def values(message, name):
    return [field.value for field in message.fields if field.name == name]


def test_there_are_messages_to_compare():
    assert len(inits()) >= len(MINE) > 30


@pytest.mark.parametrize("message", inits(), ids=lambda message: str(message.offset + message.size))
def test_pyspark_reads_the_same(message):
    stream = ZeroCopyByteStream(memoryview(message.raw)[8:])
    stream.finish()
    info = WorkerInitInfo.from_stream(stream)
    assert stream.finished
    one = {field.name: field.value for field in message.fields}
    assert one["message length"] == message.size - 8
    assert one["split index"] == info.split_index
    assert one["Python version"] == info.python_version
    assert one["files folder"] == info.spark_files_dir
    assert values(message, "include") == info.python_includes
    assert one["eval type"] == info.eval_type
    for kind in ("runner conf", "eval conf"):
        pairs = zip(values(message, f"{kind} key"), values(message, f"{kind} value"), strict=True)
        assert dict(pairs) == getattr(info, kind.replace(" ", "_"))
    context, told = one["task context"], info.task_context
    names = (
        "isBarrier",
        "connInfo",
        "secret",
        "stageId",
        "partitionId",
        "attemptNumber",
        "taskAttemptId",
        "cpus",
    )
    assert [context[name] for name in names] == list(dataclasses.astuple(told))[: len(names)]
    assert Decimal(context["cpuAmount"]) == told.cpu_amount
    assert context["localProperties"] == told.local_properties
    assert one["broadcast server"] == (info.broadcast.conn_info is not None)
    assert one.get("broadcast secret") == info.broadcast.auth_secret
    assert values(message, "broadcast id") == [number for number, _ in info.broadcast.variables]
    assert values(message, "broadcast file") == [
        path for _, path in info.broadcast.variables if path is not None
    ]
    if isinstance(info.udf_info, UDTFInfo):
        assert one["handler"] == bytes(info.udf_info.handler)
        assert one["return type"] == info.udf_info.return_type
        assert one["UDTF name"] == info.udf_info.name
        assert one["analyzed"] == (info.udf_info.pickled_analyze_result is not None)
        assert values(message, "partition column") == info.udf_info.partition_child_indexes
        assert values(message, "argument offset") == [*info.udf_info.args, *info.udf_info.kwargs.values()]
        assert values(message, "argument name") == list(info.udf_info.kwargs)
    elif isinstance(info.udf_info, list):
        assert all(isinstance(udf, UDFInfo) for udf in info.udf_info)
        assert one["number of UDFs"] == len(info.udf_info)
        assert values(message, "function") == [bytes(each) for udf in info.udf_info for each in udf.udfs]
        assert values(message, "result id") == [udf.result_id for udf in info.udf_info]
        offsets = [offset for udf in info.udf_info for offset in (*udf.args, *udf.kwargs.values())]
        assert values(message, "argument offset") == offsets
        assert values(message, "argument name") == [name for udf in info.udf_info for name in udf.kwargs]
    else:
        assert one["command"] == bytes(info.udf_info)


def test_the_special_lengths_are_pysparks():
    theirs = {name: value for name, value in vars(SpecialLengths).items() if name.isupper()}
    assert {one.name: one.code for one in SPECIAL_LENGTHS if one.directions} == theirs


def test_the_evaluation_types_are_pysparks():
    theirs = {name: value for name, value in vars(PythonEvalType).items() if name.isupper()}
    assert {one.name: one.code for one in EVAL_TYPES if MINOR in one.data} == theirs
