"""The code table of the worker wire: messages, special lengths, evaluation types and handshakes, as data.

What every version shares is here; ``versions`` has each version's init message. The classes are in
``layout``.

Sources are files under ``pyspark/`` of PySpark 4.3.0 unless a version is named, and Scala classes of its
jars. A layout is what the *reader* reads: Python's files towards Python,
``BasePythonRunner.ReaderIterator`` and its heirs towards Java. All numbers have their highest byte first,
except inside Arrow's own format.

What the versions say differently, from 3.5.9, 4.0.5, 4.1.4, 4.2.1 and 4.3.0:

* Only since 4.3 does the init message begin with -8 and its length
  (messages/socket/spark_socket_message_receiver.py). Before, it begins with the split index and ends where
  its last part ends.
* The task context is separate parts up to 4.1, and JSON since 4.2 (worker.py ``main``; worker_message.py).
* A barrier task's port and secret are there for every task in 3.5 and 4.0, only for barrier tasks in 4.1.
* Unix sockets since 4.1: a port of -1, and then a path in the place of the secret.
* The settings that a worker needs (runner conf) come for Arrow's evaluation types only, before 4.2, and
  inside the command; since 4.2 for all, before it, with a second map (eval conf) for what used to be parts
  of their own: the schema of a state, the state server's port, the types of a UDF's arguments.
* Arguments by name since 4.0, for some evaluation types; since 4.2 for all.
* A UDF's result id comes only with a profiler in 4.0 and 4.1, and always since 4.2.
* Timings are three numbers in 3.5 to 4.1, and four since 4.2: the time of processing.
* Grouped rows come as one Arrow batch a group in 3.5 and 4.0, and as a stream for each group since 4.1; only
  cogrouped ones came so before.

What no version says: which PySpark it is. A reader must know it.

What isn't here: the other modules that a daemon can run in the place of ``pyspark.worker``. Since 4.0 the
driver's JVM plans with some of ``pyspark/sql/worker/`` (a UDTF's ``analyze``, a Python data source), and
talks with those of ``pyspark/sql/streaming/``. They have the same handshakes and special lengths, begin
with the Python version, and go on each in its own way. Nor are the sockets here that an init message
names: of barriers, encrypted broadcasts and states.
"""

from __future__ import annotations

from sparkwire.wire.message import Direction, Role
from sparkwire.wire.worker.layout import Coding, Data, EvalType, Handshake, Item, Production, SpecialLength

_JAVA, _PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON

END_OF_DATA, EXCEPTION, TIMING, END_OF_STREAM, NULL, START_ARROW, START_OF_INIT = -1, -2, -3, -4, -5, -6, -8

SPECIAL_LENGTHS: tuple[SpecialLength, ...] = (
    SpecialLength(
        END_OF_DATA,
        "END_OF_DATA_SECTION",
        "No further frame follows. To Java, the accumulators follow. Last of all, to Java: the worker ends.",
        (_PYTHON, _JAVA),
        "serializers.py SpecialLengths, FramedSerializer._read_with_length; worker.py invoke_udf",
    ),
    SpecialLength(
        EXCEPTION,
        "PYTHON_EXCEPTION_THROWN",
        "The worker failed; the traceback follows.",
        (_JAVA,),
        "util.py handle_worker_exception",
    ),
    SpecialLength(
        TIMING,
        "TIMING_DATA",
        "When the worker did what, and what it spilled.",
        (_JAVA,),
        "worker.py report_times, invoke_udf",
    ),
    SpecialLength(
        END_OF_STREAM,
        "END_OF_STREAM",
        "The run is over, and the worker can be used again.",
        (_PYTHON, _JAVA),
        "worker.py invoke_udf; messages/socket/spark_socket_message_receiver.py",
    ),
    SpecialLength(
        NULL,
        "NULL",
        "No value: a null, in the place of a frame or a text.",
        (_PYTHON,),
        "serializers.py FramedSerializer, UTF8Deserializer; PythonRDD.writeIteratorToStream",
    ),
    SpecialLength(
        START_ARROW,
        "START_ARROW_STREAM",
        "An Arrow stream follows.",
        (_JAVA,),
        "sql/pandas/serializers.py ArrowStreamSerializer._write_stream_start",
    ),
    # In the jars of 3.5.9 to 4.3.0 only the object SpecialLengths mentions it.
    SpecialLength(
        -7,
        "END_OF_MICRO_BATCH",
        "Declared in Scala, in every version from 3.5 to 4.3, and sent by none.",
        (),
        "org.apache.spark.api.python.SpecialLengths",
    ),
    SpecialLength(
        START_OF_INIT,
        "START_OF_INIT_MESSAGE",
        "The init message follows, with its length first. Since 4.3.",
        (_PYTHON,),
        "messages/socket/spark_socket_message_receiver.py; BasePythonRunner.Writer",
    ),
)

_SECRET = Item("secret", Coding.TEXT, "What only the JVM and those whom it told can know.")
_SECRET_REPLY = Item("secret reply", Coding.TEXT, "ok: it is the right one. err: it isn't.")
_PID = Item("process id", Coding.INT, "The process id of the worker.", least=1)
FRAME = Item("data", Coding.BYTES, "Rows of the data: mostly a pickle of several.")
_TRACEBACK = Item("traceback", Coding.TEXT, "The exception, as Python prints it.")
_UPDATE = Item("update", Coding.BYTES, "The accumulator's id and what was added, pickled.")
ACCUMULATORS = Item("number of accumulators", Coding.INT, "How many accumulators follow.", least=0)

PRODUCTIONS: tuple[Production, ...] = (
    Production(
        "secret",
        (_PYTHON, _JAVA),
        Role.REQUEST,
        "Whoever connected proves with a secret that it may.",
        "daemon.py worker; util.py do_server_auth; SocketAuthHelper",
        (_SECRET,),
    ),
    Production(
        "secret reply",
        (_PYTHON, _JAVA),
        Role.REPLY,
        "The answer to the secret: ok, or err.",
        "daemon.py worker; util.py do_server_auth; SocketAuthHelper",
        (_SECRET_REPLY,),
    ),
    Production(
        "pid",
        (_JAVA,),
        Role.REPLY,
        "The worker says which process it is.",
        "daemon.py manager; worker_util.py get_sock_file_to_executor",
        (_PID,),
    ),
    Production(
        "init",
        (_PYTHON,),
        Role.REQUEST,
        "What the worker is to do: for which task, with which settings, and the user's function.",
        "worker_message.py WorkerInitInfo; BasePythonRunner.Writer",
    ),
    Production(
        "frame",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "Rows: mostly a pickle of several.",
        "serializers.py FramedSerializer; PythonRDD.writeIteratorToStream",
        (FRAME,),
    ),
    Production(
        "null",
        (_PYTHON,),
        Role.STREAM,
        "A null in the place of a frame.",
        "serializers.py FramedSerializer._read_with_length",
    ),
    Production(
        "end of data",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "No further frame follows. To Java, the number of accumulators follows.",
        "worker.py invoke_udf; worker_util.py send_accumulator_updates",
        (ACCUMULATORS,),  # to Java only
    ),
    Production(
        "group",
        (_PYTHON,),
        Role.STREAM,
        "Another group follows, with so many Arrow streams; or, with 0, none.",
        "sql/pandas/serializers.py ArrowStreamGroupSerializer, ArrowStreamCoGroupSerializer",
    ),
    Production(
        "Arrow start",
        (_JAVA,),
        Role.STREAM,
        "An Arrow stream follows.",
        "sql/pandas/serializers.py ArrowStreamSerializer._write_stream_start",
    ),
    Production(
        "Arrow schema",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "The names and types of the columns that follow.",
        "Arrow columnar format, IPC streaming format; org.apache.arrow.vector.ipc",
    ),
    Production(
        "Arrow batch",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "Rows, column by column.",
        "Arrow columnar format, IPC streaming format; org.apache.arrow.vector.ipc",
    ),
    Production(
        "Arrow dictionary",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "Values to which the batches refer by number.",
        "Arrow columnar format, IPC streaming format; org.apache.arrow.vector.ipc",
    ),
    Production(
        "Arrow end",
        (_PYTHON, _JAVA),
        Role.STREAM,
        "The Arrow stream is over.",
        "Arrow columnar format, IPC streaming format; org.apache.arrow.vector.ipc",
    ),
    Production(
        "timing",
        (_JAVA,),
        Role.REPLY,
        "When the worker did what, and how much it spilled.",
        "worker.py report_times, invoke_udf; BasePythonRunner.ReaderIterator.handleTimingData",
    ),
    Production(
        "exception",
        (_JAVA,),
        Role.REPLY,
        "The worker failed: the traceback, as Python prints it. The worker then ends.",
        "util.py handle_worker_exception; BasePythonRunner.ReaderIterator.handlePythonException",
        (_TRACEBACK,),
    ),
    Production(
        "accumulator",
        (_JAVA,),
        Role.REPLY,
        "What the worker added to one accumulator: a pickle of its id and the value.",
        "worker_util.py send_accumulator_updates; BasePythonRunner.ReaderIterator.handleEndOfDataSection",
        (_UPDATE,),
    ),
    Production(
        "end of stream",
        (_PYTHON, _JAVA),
        Role.REPLY,
        "The run is over. To Java: -4 when the worker can be used again, -1 when it ends.",
        "worker.py invoke_udf",
    ),
)

# The daemon forks first and reads the secret then, so the process id comes first. A worker that the JVM
# starts by itself (spark.python.use.daemon=false) connects to the JVM, and so it is the worker that proves
# itself.
HANDSHAKES: tuple[Handshake, ...] = (
    Handshake(
        "daemon over TCP",
        "The JVM connects to the daemon, which forks a worker.",
        ("secret",),
        ("pid", "secret reply"),
        "daemon.py manager, worker; PythonWorkerFactory.createThroughDaemon",
    ),
    Handshake(
        "daemon over a Unix socket",
        "As over TCP, and the rights to the socket's file are the proof. Since 4.1.",
        (),
        ("pid",),
        "daemon.py manager (PYTHON_UNIX_DOMAIN_ENABLED)",
    ),
    Handshake(
        "worker over TCP",
        "The JVM starts a worker, which connects to the JVM.",
        ("secret reply",),
        ("secret", "pid"),
        "worker_util.py get_sock_file_to_executor; PythonWorkerFactory.createSimpleWorker",
    ),
    Handshake(
        "worker over a Unix socket",
        "As over TCP, and the rights to the socket's file are the proof. Since 4.1.",
        (),
        ("pid",),
        "worker_util.py get_sock_file_to_executor; PythonWorkerFactory.createSimpleWorker",
    ),
    Handshake(
        "none",
        "The bytes begin with the first run: whoever recorded them saw the worker's streams only.",
        (),
        (),
        "worker.py main",
    ),
)

_ALL = ("3.5", "4.0", "4.1", "4.2", "4.3")
_FROM_4_0, _FROM_4_1, _FROM_4_2 = _ALL[1:], _ALL[2:], _ALL[3:]


def _data(versions: tuple[str, ...], data: Data, later: Data | None = None) -> dict[str, Data]:
    """``data`` in these versions; ``later``, if it differs, since 4.1."""
    return {v: later if later is not None and v in _FROM_4_1 else data for v in versions}


def _arrow(code: int, name: str, meaning: str, versions: tuple[str, ...] = _ALL) -> EvalType:
    return EvalType(code, name, meaning, _data(versions, Data.ARROW))


def _grouped(code: int, name: str, meaning: str, versions: tuple[str, ...] = _ALL) -> EvalType:
    """Rows of groups: one batch a group up to 4.0, a stream for each group since 4.1."""
    return EvalType(code, name, meaning, _data(versions, Data.ARROW, Data.GROUPS))


# Names and numbers: util.py PythonEvalType (3.5: rdd.py). Which data: worker.py read_udfs and read_udtf of
# each version, where they choose the serializer, and load_stream of that in sql/pandas/serializers.py.
EVAL_TYPES: tuple[EvalType, ...] = (
    EvalType(0, "NON_UDF", "a function of an RDD.", _data(_ALL, Data.FRAMES)),
    EvalType(100, "SQL_BATCHED_UDF", "a UDF on pickled rows.", _data(_ALL, Data.FRAMES)),
    _arrow(101, "SQL_ARROW_BATCHED_UDF", "a UDF on rows that come as Arrow."),
    _arrow(200, "SQL_SCALAR_PANDAS_UDF", "a pandas UDF, from series to series."),
    _grouped(201, "SQL_GROUPED_MAP_PANDAS_UDF", "applyInPandas: a frame of each group to a frame."),
    _grouped(202, "SQL_GROUPED_AGG_PANDAS_UDF", "a pandas UDF from a group's series to one value."),
    _grouped(203, "SQL_WINDOW_AGG_PANDAS_UDF", "a pandas UDF from a window's series to one value."),
    _arrow(204, "SQL_SCALAR_PANDAS_ITER_UDF", "a pandas UDF from an iterator of series to another."),
    _arrow(205, "SQL_MAP_PANDAS_ITER_UDF", "mapInPandas: an iterator of frames to another."),
    EvalType(
        206,
        "SQL_COGROUPED_MAP_PANDAS_UDF",
        "cogroup and applyInPandas: two frames of each group to a frame.",
        _data(_ALL, Data.GROUPS),
    ),
    _arrow(207, "SQL_MAP_ARROW_ITER_UDF", "mapInArrow: an iterator of batches to another."),
    _arrow(208, "SQL_GROUPED_MAP_PANDAS_UDF_WITH_STATE", "applyInPandasWithState: groups with a state."),
    _grouped(209, "SQL_GROUPED_MAP_ARROW_UDF", "applyInArrow: a table of each group to a table.", _FROM_4_0),
    EvalType(
        210,
        "SQL_COGROUPED_MAP_ARROW_UDF",
        "cogroup and applyInArrow: two tables of each group to a table.",
        _data(_FROM_4_0, Data.GROUPS),
    ),
    _arrow(211, "SQL_TRANSFORM_WITH_STATE_PANDAS_UDF", "transformWithStateInPandas.", _FROM_4_0),
    _arrow(
        212,
        "SQL_TRANSFORM_WITH_STATE_PANDAS_INIT_STATE_UDF",
        "transformWithStateInPandas with a first state.",
        _FROM_4_0,
    ),
    _arrow(213, "SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_UDF", "transformWithState on rows.", _FROM_4_1),
    _arrow(
        214,
        "SQL_TRANSFORM_WITH_STATE_PYTHON_ROW_INIT_STATE_UDF",
        "transformWithState on rows with a first state.",
        _FROM_4_1,
    ),
    _grouped(
        215,
        "SQL_GROUPED_MAP_ARROW_ITER_UDF",
        "applyInArrow on an iterator of each group's batches.",
        _FROM_4_1,
    ),
    _grouped(
        216,
        "SQL_GROUPED_MAP_PANDAS_ITER_UDF",
        "applyInPandas on an iterator of each group's frames.",
        _FROM_4_1,
    ),
    _grouped(
        217,
        "SQL_GROUPED_AGG_PANDAS_ITER_UDF",
        "a pandas UDF from an iterator of a group's series.",
        _FROM_4_2,
    ),
    _arrow(250, "SQL_SCALAR_ARROW_UDF", "an Arrow UDF, from arrays to an array.", _FROM_4_1),
    _arrow(
        251, "SQL_SCALAR_ARROW_ITER_UDF", "an Arrow UDF from an iterator of arrays to another.", _FROM_4_1
    ),
    _grouped(252, "SQL_GROUPED_AGG_ARROW_UDF", "an Arrow UDF from a group's array to one value.", _FROM_4_1),
    _grouped(253, "SQL_WINDOW_AGG_ARROW_UDF", "an Arrow UDF from a window's array to one value.", _FROM_4_1),
    _grouped(
        254, "SQL_GROUPED_AGG_ARROW_ITER_UDF", "an Arrow UDF from an iterator of a group's arrays.", _FROM_4_2
    ),
    EvalType(300, "SQL_TABLE_UDF", "a UDTF on pickled rows.", _data(_ALL, Data.FRAMES)),
    _arrow(301, "SQL_ARROW_TABLE_UDF", "a UDTF on rows that come as Arrow."),
    _arrow(302, "SQL_ARROW_UDTF", "a UDTF that takes and gives Arrow.", _FROM_4_1),
)

# The nodes in sql/core's execution/python that make a PythonRunner for each evaluation type. Those of 4.3.0
# are checked against running plans (tests/live/test_plan_nodes.py). In other versions they are named where
# the class has had its name since 3.5. A Python data source reads through the runner of mapInArrow.
_NODES: tuple[tuple[str, tuple[int, ...], tuple[str, ...]], ...] = (
    ("PythonRDD", (0,), _ALL),
    ("BatchEvalPython", (100,), _ALL),
    ("ArrowEvalPython", (101, 200, 204, 250, 251), _ALL),
    ("FlatMapGroupsInPandas", (201, 216), _ALL),
    ("FlatMapGroupsInArrow", (209, 215), ("4.3",)),
    ("FlatMapCoGroupsInPandas", (206,), _ALL),
    ("FlatMapCoGroupsInArrow", (210,), ("4.3",)),
    ("ArrowAggregatePython", (202, 217, 252, 254), ("4.3",)),
    ("ArrowWindowPython", (203, 253), ("4.3",)),
    ("MapInPandas", (205,), _ALL),
    ("MapInArrow, or a Python data source", (207,), ("4.3",)),
    ("FlatMapGroupsInPandasWithState", (208,), _ALL),
    ("TransformWithStateInPySpark", (211, 212, 213, 214), ("4.3",)),
    ("BatchEvalPythonUDTF", (300,), _ALL),
    ("ArrowEvalPythonUDTF", (301, 302), _ALL),
)


def plan_node(eval_type: int, minor: str) -> str:
    """The node of a query's plan, or the RDD, that asks workers for an evaluation type; empty where it isn't
    known.
    """
    found = (node for node, types, versions in _NODES if eval_type in types and minor in versions)
    return next(found, "")
