r"""What an executor's JVM and a Python worker say to each other in a test, and the runs that are made of it.

A ``WorkerTalk`` is the records that the recorder of one worker would have written, by PySpark 4.3. Times are
milliseconds since ``START``::

    talk = WorkerTalk(pid=71)
    talk.init(5, stage=3, partition=1, function=twice).rows(9, b"...").out(20, b"...")
    talk.timing(21, boot=0, ready=8, finish=20).over(21)
    [run] = found(talk)

The real decoder makes the runs. ``function_at`` makes a function that was written in some line of some file.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import FunctionType
from typing import Any, Self

from pyspark import cloudpickle

from sparkwire.trace.records import Channel, Chunk, Closed, Opened, Record, Redacted, Waited, Withheld, Worker
from sparkwire.trace.worker.runs import Run, runs
from sparkwire.wire.message import Direction
from sparkwire.wire.worker.codes import EVAL_TYPES

START = 1_796_000_000_000
"""Milliseconds since 1970."""
MS = 1_000_000
_IN, _OUT = Direction.TO_PYTHON, Direction.TO_JAVA
_STARS = "*" * 64
_EVAL_CODES = {one.name: one.code for one in EVAL_TYPES}


class WorkerTalk:
    """The conversation of one worker in the making."""

    def __init__(self, connection: int = 1, *, pid: int = 71, daemon: int = 7, host: str = "host") -> None:
        self.connection = connection
        self._sent = 0
        """How many bytes have passed to Python."""
        self.records: list[Record] = [
            Opened(connection, Channel.WORKER, 0, 0, START * MS),
            Worker(connection, pid, daemon, host, "4.3.0", "none"),
        ]

    def init(
        self,
        at: float,
        *,
        stage: int = 0,
        partition: int = 0,
        attempt: int = 0,
        function: Callable[..., Any] | None = None,
        kind: str = "NON_UDF",
    ) -> Self:
        context = {
            "secret": _STARS,
            "stageId": stage,
            "partitionId": partition,
            "attemptNumber": attempt,
        }
        command = b"\x80\x05N." if function is None else _pickled(function)
        said = _int(partition) + _text("3.11") + _text(json.dumps(context)) + _text("/files")
        said += _int(0) + b"\0" + _int(0)  # no archive, no broadcast
        said += _int(_EVAL_CODES[kind]) + _int(0) + _int(0)  # no setting
        if kind == "NON_UDF":
            said += _int(len(command)) + command
        else:  # one UDF, with one argument and one function
            said += _int(1) + _int(1) + _int(0) + b"\0" + _int(1) + _int(len(command)) + command
            said += struct.pack(">q", 0)
        message = _int(-8) + _int(len(said)) + said
        begin = self._sent + message.index(_STARS.encode())
        self.records.append(Redacted(self.connection, _IN, ((begin, begin + len(_STARS)),)))
        return self.to_python(at, message)

    def rows(self, at: float, *frames: bytes) -> Self:
        """Rows on their way in; the last of all."""
        data = b"".join(_int(len(one)) + one for one in frames)
        return self.to_python(at, data + _int(-1) + _int(-4))

    def some_rows(self, at: float, frame: bytes) -> Self:
        """Rows on their way in, after which others come."""
        return self.to_python(at, _int(len(frame)) + frame)

    def out(self, at: float, frame: bytes) -> Self:
        return self.to_java(at, _int(len(frame)) + frame)

    def timing(
        self, at: float, *, boot: int, ready: int, finish: int, computed: int | None = None, spilled: int = 0
    ) -> Self:
        processing = finish - ready if computed is None else computed
        times = (START + boot, START + ready, START + finish, processing, 2 * spilled, spilled)
        return self.to_java(at, _int(-3) + struct.pack(">qqqqqq", *times))

    def over(self, at: float, code: int = -4) -> Self:
        """The worker's last words: no accumulators, and that it can be used again or, with -1, ends."""
        return self.to_java(at, _int(-1) + _int(0) + _int(code))

    def raises(self, at: float, traceback: str) -> Self:
        return self.to_java(at, _int(-2) + _text(traceback))

    def withheld(self, at: float, size: int, digest: str = "d" * 64, way: Direction = _IN) -> Self:
        """Data that the recorder didn't store, with its length before it."""
        self._passed(at, way, _int(size))
        now = self._ns(at)
        self._sent += size if way is _IN else 0
        self.records.append(Withheld(self.connection, way, size, digest, now, now))
        return self

    def waits(self, since: float, until: float, way: Direction = _IN) -> Self:
        """A system call that waited, before what it moved."""
        self.records.append(Waited(self.connection, way, self._ns(since), self._ns(until)))
        return self

    def to_python(self, at: float, data: bytes) -> Self:
        return self._passed(at, _IN, data)

    def to_java(self, at: float, data: bytes) -> Self:
        return self._passed(at, _OUT, data)

    def close(self, at: float) -> Self:
        self.records.append(Closed(self.connection, self._ns(at)))
        return self

    def whole(
        self, at: float, *, took: int = 10, fresh: bool = True, data: bytes = b"rows", **init: Any
    ) -> Self:
        """A whole run that took so many milliseconds, of which it started for two and waited for one."""
        at = int(at)
        self.init(at, **init).rows(at + 3, data).out(at + took, b"back")
        boot = at if fresh else max(at - 500, 0)
        return self.timing(at + took, boot=boot, ready=at + 2, finish=at + took).over(at + took)

    def _passed(self, at: float, way: Direction, data: bytes) -> Self:
        self._sent += len(data) if way is _IN else 0
        self.records.append(Chunk(self.connection, way, self._ns(at), 1, 0, data))
        return self

    @staticmethod
    def _ns(at: float) -> int:
        return START * MS + round(at * MS)


def found(*talks: WorkerTalk) -> list[Run]:
    """The runs of some workers, numbered by time."""
    return runs(record for talk in talks for record in talk.records)


def repeated(run: Run, count: int, *, stages: int = 1, workers: int = 1) -> list[Run]:
    """So many runs as ``run``, each 20 ms after the one before, for some stages and on some workers."""
    made = []
    for n in range(count):
        later = n * 20 * MS
        one = Run(replace(run.worker, connection=1 + n % workers), run.round, run.start_ns + later)
        for message, now in zip(run.messages, run.times, strict=True):
            one.add(message, now + later)
        one.stage, one.partition = n * stages // count, n
        one.number(n + 1)
        made.append(one)
    return made


def function_at(line: int, file: str = "/x/job.py", name: str = "work") -> FunctionType:
    """A function of one argument that was written in this line."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile("\n" * (line - 1) + f"def {name}(x): return x", file, "exec"), scope)
    made = scope[name]
    assert isinstance(made, FunctionType)
    return made


@cache
def _pickled(function: Callable[..., Any]) -> bytes:
    return cloudpickle.dumps(function)


def _int(value: int) -> bytes:
    return struct.pack(">i", value)


def _text(value: str) -> bytes:
    data = value.encode()
    return _int(len(data)) + data
