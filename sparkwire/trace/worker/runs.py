"""Makes runs of a trace's records: what each worker was asked, by which task, and what came of it.

A run is what one ``PythonRunner.compute`` asks of one Python worker. A Spark task can have several. The
runs of all workers are numbered in the order in which they began.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from sparkwire.trace.hidden import Hidden
from sparkwire.trace.records import (
    Channel,
    Chunk,
    Closed,
    FileName,
    Opened,
    Record,
    Redacted,
    Waited,
    Withheld,
    Worker,
)
from sparkwire.trace.turn import Turn
from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker import (
    EVAL_TYPES,
    Exit,
    Passed,
    PickledFunction,
    Round,
    RoundPhase,
    WorkerConversation,
    pickled_functions,
    plan_node,
)

MOST_MESSAGES = 2_000
"""Messages of a run that are kept. Further ones are counted."""
_MAKES_CONTEXT = b"i\norg.apache.spark.api.java.JavaSparkContext\n"
"""How the message begins with which PySpark makes a SparkContext (``_initialize_context`` in
``pyspark/core/context.py``, 4.3.0)."""
MOST_WAITS = 10_000
"""Waits of a run that are kept. Of further ones only the time is."""
_LIBRARY = re.compile(r"(?:^|[/\\])pyspark(?:\.zip)?[/\\]")
_EVAL_NAMES = {one.code: one.name for one in EVAL_TYPES}
_TASK = {"stage": ("stage id", "stageId"), "partition": ("partition id", "partitionId"),
         "attempt": ("attempt number", "attemptNumber")}  # fmt: skip
"""The names of a task's numbers: as fields (up to PySpark 4.1), and in the task context's JSON."""


class Run(Turn):
    """A run of a worker. It is complete once nothing more can come of it."""

    __slots__ = (
        "_connection",
        "_messages",
        "_n",
        "_start_ns",
        "attempt",
        "context",
        "end_ns",
        "eval_type",
        "functions",
        "goes_on",
        "job",
        "left_out",
        "partition",
        "plan_node",
        "round",
        "stage",
        "times",
        "waited_more_ns",
        "waits",
        "worker",
    )
    wire: ClassVar[str] = "worker"

    def __init__(self, worker: Worker, round: Round, start_ns: int) -> None:
        self._n, self._connection, self._start_ns = 0, worker.connection, start_ns
        self._messages: list[Message | Malformed] = []
        self.worker = worker
        self.round = round
        """What the wire says of it: its sizes, its timing, how it ended."""
        self.end_ns: int | None = None
        """When its last byte passed."""
        self.times: list[int] = []
        """When each of ``messages`` had passed."""
        self.waits: list[tuple[int, int]] = []
        """When it waited for its JVM, from and until; empty in a recording that doesn't tell."""
        self.waited_more_ns = 0
        """How long it waited after ``MOST_WAITS``."""
        self.left_out = 0
        """How many messages came after ``MOST_MESSAGES``."""
        self.context = 0
        """How many times the recorded program had made a SparkContext. Each counts its stages from 0."""
        self.stage: int | None = None
        self.partition: int | None = None
        self.attempt: int | None = None
        self.eval_type = ""
        """The name that PySpark has for what the worker did; empty when that can't be read."""
        self.goes_on = False
        """Whether it was still going on when the recording ended."""
        self.plan_node = ""
        """The node of the query's plan that Spark runs it for, or PythonRDD; empty when that can't be read.
        """
        self.job = ""
        """Where the job was started, as Spark has it: ``collect at program.py:18``. Empty where it doesn't
        say.
        """
        self.functions: tuple[PickledFunction, ...] = ()
        """The user's functions that the worker was given, without PySpark's own around them."""

    @property
    def n(self) -> int:
        return self._n

    @property
    def connection(self) -> int:
        return self._connection

    @property
    def thread(self) -> str:
        return "MainThread"

    @property
    def thread_number(self) -> int:
        return 1

    @property
    def start_ns(self) -> int:
        return self._start_ns

    @property
    def duration_ns(self) -> int | None:
        return None if self.end_ns is None else self.end_ns - self._start_ns

    @property
    def messages(self) -> tuple[Message | Malformed, ...]:
        return tuple(self._messages)

    @property
    def failed(self) -> bool:
        return self.round.exit not in (Exit.REUSED, Exit.ENDED) and not self.goes_on

    @property
    def reused(self) -> bool:
        """Whether the worker had run before."""
        return self.round.number > 1

    @property
    def timing(self) -> Timing | None:
        """What the worker said of its time; None when it didn't."""
        return None if self.round.timing is None else _timing(self.round.timing)

    def number(self, n: int) -> None:
        """Say which one it is among all runs."""
        self._n = n

    def add(self, message: Message | Malformed, now: int) -> None:
        """A message of it, which had passed at ``now``."""
        self.end_ns = now
        if message.command == "init":
            self._learn(message)
        if len(self._messages) < MOST_MESSAGES:
            self._messages.append(message)
            self.times.append(now)
        else:
            self.left_out += 1

    def waited(self, since_ns: int, until_ns: int) -> None:
        """It waited for its JVM."""
        if len(self.waits) < MOST_WAITS:
            self.waits.append((since_ns, until_ns))
        else:
            self.waited_more_ns += until_ns - since_ns

    def _learn(self, init: Message | Malformed) -> None:
        """What the init message says of the task and of the user's functions."""
        if isinstance(init, Malformed):
            return
        values = {field.name: field.value for field in init.fields}
        context = values.get("task context")
        for name, (plain, in_json) in _TASK.items():
            value = context.get(in_json) if isinstance(context, dict) else values.get(plain)
            setattr(self, name, value if isinstance(value, int) else None)
        kind = values.get("eval type")
        if isinstance(kind, int):
            minor = ".".join(self.worker.pyspark.split(".")[:2])
            self.eval_type, self.plan_node = _EVAL_NAMES.get(kind, ""), plan_node(kind, minor)
        self.job = _local_properties(init).get("callSite.short", "")
        found: dict[PickledFunction, None] = {}
        for field in init.fields:
            if field.name in ("command", "function", "handler") and isinstance(field.value, bytes):
                own = (f for f in pickled_functions(field.value) if not _LIBRARY.search(f.file))
                found.update(dict.fromkeys(own))
        self.functions = tuple(found)


def _local_properties(init: Message) -> dict[str, str]:
    """The properties that the driver gave the job: in the task context's JSON since 4.2, else as fields."""
    found: dict[str, str] = {}
    name = ""
    for field in init.fields:
        value = field.value
        if field.name == "task context" and isinstance(value, dict):
            inside = value.get("localProperties")
            return inside if isinstance(inside, dict) else {}
        if field.name == "local property key" and isinstance(value, str):
            name = value
        elif field.name == "local property value" and isinstance(value, str):
            found[name] = value
    return found


class Timing(NamedTuple):
    """A worker's own account of a run, in milliseconds."""

    starting: int
    """Until it had read the init message and unpickled the function."""
    processing: int
    """While it read, computed and wrote rows."""
    memory_spilled: int
    """Bytes."""
    disk_spilled: int


def _timing(message: Message) -> Timing:
    values = {field.name: field.value for field in message.fields}

    def of(name: str) -> int:
        value = values.get(name)
        return value if isinstance(value, int) else 0

    init, finish = of("init time"), of("finish time")
    processing = of("processing time") if "processing time" in values else finish - init
    return Timing(init - of("boot time"), processing, of("memory spilled"), of("disk spilled"))


class Apart(NamedTuple):
    """A message of a worker's connection that belongs to no run."""

    worker: Worker
    phase: RoundPhase
    """``RoundPhase.HANDSHAKE``; or ``EXCEPTION``, of a worker that waited when the connection closed."""
    message: Message | Malformed
    t_ns: int
    """When it had passed."""


class RunBuilder:
    """Takes a trace's records. Those of one worker are in order; parts may come in any."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.apart: list[Apart] = []
        """What passed before the runs, between them and after them, in the order of time."""
        self._workers: dict[int, _Connection] = {}
        self._opened: set[int] = set()
        self._file_names: dict[str, str] = {}
        self._contexts: list[int] = []
        """When SparkContexts were made."""

    def feed(self, record: Record) -> None:
        """Take the next record."""
        match record:
            case FileName():
                self._file_names[record.file] = record.name
            case Opened(channel=Channel.WORKER):
                self._opened.add(record.connection)
            case Worker() if record.connection in self._opened:
                self._workers[record.connection] = _Connection(record, self.runs, self.apart)
            case Chunk() if (worker := self._workers.get(record.connection)) is not None:
                worker.passed(worker.conversation.feed(record.direction, record.data), record.t_ns)
            case Chunk(direction=Direction.TO_JAVA) if record.data.startswith(_MAKES_CONTEXT):
                self._contexts.append(record.t_ns)
            case Withheld() if (worker := self._workers.get(record.connection)) is not None:
                way, size, digest = record.direction, record.size, record.digest
                worker.passed(worker.conversation.skip(way, size, digest), record.last_ns)
            case Waited() if (worker := self._workers.get(record.connection)) is not None:
                worker.waited(record)
            case Redacted() if (worker := self._workers.get(record.connection)) is not None:
                worker.hidden[record.direction].add(record.spans)
            case Closed() if (worker := self._workers.pop(record.connection, None)) is not None:
                worker.passed(worker.conversation.end(), record.t_ns)

    def end(self) -> list[Run]:
        """The trace is over: what its workers did."""
        for worker in self._workers.values():
            worker.leave()
        self._workers.clear()
        self.apart.sort(key=lambda one: one.t_ns)
        self.runs.sort(key=lambda run: run.start_ns)
        self._contexts.sort()
        for n, run in enumerate(self.runs, 1):
            run.number(n)
            run.context = bisect(self._contexts, run.start_ns)
            run.functions = tuple(
                one._replace(file=self._file_names.get(one.file, one.file)) for one in run.functions
            )
        return self.runs


class _Connection:
    """One worker's connection, with the runs on it that are open."""

    def __init__(self, worker: Worker, runs: list[Run], apart: list[Apart]) -> None:
        self.conversation = WorkerConversation(
            worker.pyspark, worker.handshake, rounds_before=worker.rounds_before
        )
        self.hidden = {way: Hidden() for way in Direction}
        self.last_ns = 0
        self._worker, self._runs, self._apart = worker, runs, apart
        self._open: dict[int, Run] = {}

    def leave(self) -> None:
        """The recording ends, and nothing says that the connection does."""
        if not self._worker.goes_on:
            self.passed(self.conversation.end(), self.last_ns)
        for run in self._open.values():
            run.goes_on = True

    def waited(self, record: Waited) -> None:
        """While no run is open, the worker waits to be asked, and that isn't a run's time."""
        for run in self._open.values():
            run.waited(record.since_ns, record.until_ns)

    def passed(self, events: Iterable[Passed], now: int) -> None:
        self.last_ns = max(self.last_ns, now)
        for phase, round, message in events:
            if round is None:
                if message is not None:
                    marked = self.hidden[message.direction].mark(message)
                    self._apart.append(Apart(self._worker, phase, marked, now))
                continue
            run = self._open.get(round.number)
            if run is None:
                run = self._open[round.number] = Run(self._worker, round, now)
                self._runs.append(run)
            if message is not None:
                run.add(self.hidden[message.direction].mark(message), now)
            if phase is RoundPhase.OVER:
                del self._open[round.number]


def runs(records: Iterable[Record]) -> list[Run]:
    """The runs in a trace's records."""
    return built(records).runs


def built(records: Iterable[Record]) -> RunBuilder:
    """All that a trace's records say of workers."""
    builder = RunBuilder()
    for record in records:
        builder.feed(record)
    builder.end()
    return builder
