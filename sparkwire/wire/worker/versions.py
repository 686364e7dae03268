"""What each minor version of PySpark writes in an init message and in the timings, as data.

``codes`` opens with what differs. Each layout is what that version's worker reads: ``worker.py`` of the
releases that ``PySpark.source`` names; since 4.3 ``worker_message.py``. Scala's writers
(``BasePythonRunner`` and its heirs under ``org.apache.spark.sql.execution.python``) write the same, as
recordings of each version show.
"""

from __future__ import annotations

from sparkwire.wire.worker.layout import (
    Coding,
    Comparison,
    Condition,
    Entries,
    Entry,
    Item,
    PySpark,
    Times,
    When,
)

_INT, _LONG, _FLAG, _TEXT, _BYTES = Coding.INT, Coding.LONG, Coding.FLAG, Coding.TEXT, Coding.BYTES


def _is(item: str, value: object) -> Condition:
    return Condition(item, Comparison.IS, value)


def _in(item: str, *values: object) -> Condition:
    return Condition(item, Comparison.IN, frozenset(values))


def _not_in(item: str, *values: object) -> Condition:
    return Condition(item, Comparison.NOT_IN, frozenset(values))


def _several(name: str, meaning: str, *entries: Entry) -> Entries:
    """A count, and the entries as often."""
    return Item(name, _INT, meaning, least=0), Times(name, entries)


def _settings(kind: str, what: str) -> Entries:
    """A map from texts to texts."""
    return _several(
        f"number of {kind} entries",
        f"How many {what} follow.",
        Item(f"{kind} key", _TEXT, "The name of a setting."),
        Item(f"{kind} value", _TEXT, "Its value."),
    )


# The task

_SPLIT = Item("split index", _INT, "Which partition this is, counted from 0.", least=0)
_PYTHON = Item("Python version", _TEXT, "The driver's Python. Another one's worker refuses.", longest=16)

_BARRIER = Item("barrier task", _FLAG, "Whether the task is one of a barrier stage.")
_PORT = Item(
    "barrier port", _INT, "Where the JVM serves barrier(): a port, 0 when nowhere, -1 when a socket."
)
_SECRET = Item("barrier secret", _TEXT, "What the worker must say there; empty when there is no barrier.")
_PATH = Item("barrier socket", _TEXT, "The path of the Unix socket where the JVM serves barrier().")

_IDS: Entries = (
    Item("stage id", _INT, "Which stage the task belongs to."),
    Item("partition id", _INT, "Which partition of the stage."),
    Item("attempt number", _INT, "How often this task was tried before."),
    Item("task attempt id", _LONG, "A number that no other attempt of this application has."),
    Item("cpus", _INT, "How many cores the task has."),
    *_several(
        "number of resources",
        "How many kinds of resources, such as gpu, follow.",
        Item("resource", _TEXT, "A kind of resources."),
        Item("resource name", _TEXT, "Its name."),
        *_several(
            "number of addresses",
            "How many addresses of this resource follow.",
            Item("resource address", _TEXT, "One that the task has."),
        ),
    ),
    *_settings("local property", "local properties of the job"),
)

_CONTEXT_3_5: Entries = (_BARRIER, _PORT, _SECRET, *_IDS)
_CONTEXT_4_1: Entries = (
    _BARRIER,
    When(
        (_is("barrier task", True),),
        (
            _PORT,
            When((_is("barrier port", -1),), (_PATH,)),
            When((_not_in("barrier port", -1),), (_SECRET,)),
        ),
    ),
    *_IDS,
)
_CONTEXT_4_2: Entries = (
    Item("task context", Coding.JSON, "The task: stage, partition, attempt, resources, local properties."),
)

# Files and broadcasts

_FILES: Entries = (
    Item("files folder", _TEXT, "Where the job's files and archives are, such as those of addPyFile."),
    *_several(
        "number of includes",
        "How many Python archives of the job follow.",
        Item("include", _TEXT, "A zip or egg file that the worker adds to its path."),
    ),
)
_SERVER_PORT = Item("broadcast port", _INT, "Where the JVM serves them: a port, or -1 when a Unix socket.")
_SERVER_SECRET = Item("broadcast secret", _TEXT, "What the worker must say there.")
_SERVER_PATH = Item("broadcast socket", _TEXT, "The path of the Unix socket where the JVM serves them.")


def _broadcasts(*server: Entry) -> Entries:
    """The broadcasts that are new to this worker, and those that it is to forget."""
    return (
        Item("broadcast server", _FLAG, "Whether the JVM serves broadcasts, for they are encrypted on disk."),
        Item("number of broadcasts", _INT, "How many broadcasts are new, or to be forgotten.", least=0),
        When((_is("broadcast server", True),), server),
        Times(
            "number of broadcasts",
            (
                Item("broadcast id", _LONG, "A new broadcast; or, as -id-1, one to forget."),
                When(
                    (Condition("broadcast id", Comparison.AT_LEAST, 0), _is("broadcast server", False)),
                    (Item("broadcast file", _TEXT, "The file that holds its value, pickled."),),
                ),
            ),
        ),
    )


_BROADCASTS_3_5 = _broadcasts(_SERVER_PORT, _SERVER_SECRET)
_BROADCASTS_4_1 = _broadcasts(
    _SERVER_PORT,
    When((_is("broadcast port", -1),), (_SERVER_PATH,)),
    When((_not_in("broadcast port", -1),), (_SERVER_SECRET,)),
)

# The command

_EVAL_TYPE = Item("eval type", _INT, "What the worker is to do with the rows.")
_RUNNER_CONF = _settings("runner conf", "settings for the worker")
_EVAL_CONF = _settings("eval conf", "settings for this evaluation type")
_COMMAND = Item("command", _BYTES, "The user's function and the serializers of its data, pickled.")
_OFFSET = Item("argument offset", _INT, "Which column of the rows is the argument.")
_NAMED: Entries = (
    _OFFSET,
    Item("argument is named", _FLAG, "Whether it is passed by its name."),
    When((_is("argument is named", True),), (Item("argument name", _TEXT, "The name."),)),
)
_STATE_SCHEMA = Item("state schema", _TEXT, "The type of the state, as JSON.")
_KEY_SCHEMA = Item("key schema", _TEXT, "The type of the grouping key, as JSON.")
_INPUT_TYPE = Item("input type", _TEXT, "The types of the arguments, as JSON.")
_STATE_PORT = Item("state server port", _INT, "Where the JVM serves the state: a port, or -1 when a socket.")
_STATE_PATH = Item(
    "state server socket", _TEXT, "The path of the Unix socket where the JVM serves the state."
)
_RESULT_ID = Item("result id", _LONG, "Under which number the profiler keeps what it measured.")
_FUNCTION = Item(
    "function", _BYTES, "A function and its return type, pickled. It is called with what came before."
)
_HANDLER = Item("handler", _BYTES, "The UDTF's class, pickled.")
_RETURN_TYPE = Item("return type", _TEXT, "The type of the rows that it gives, as JSON.")


def _arguments(entries: Entries) -> Entries:
    return _several("number of arguments", "How many arguments follow.", *entries)


_FUNCTIONS = _several(
    "number of functions", "How many functions follow, to be called one after the other.", _FUNCTION
)


def _udfs(*entries: Entry) -> Entries:
    return _several("number of UDFs", "How many UDFs follow.", *entries)


_UDTF_4_0: Entries = (
    *_arguments(_NAMED),
    *_several(
        "number of partition columns",
        "How many columns of PARTITION BY follow.",
        Item("partition column", _INT, "Which column of the rows."),
    ),
    Item("analyzed", _FLAG, "Whether the UDTF has a method analyze, whose result follows."),
    When(
        (_is("analyzed", True),),
        (Item("analyze result", _BYTES, "What analyze returned on the driver, pickled."),),
    ),
    _HANDLER,
    _RETURN_TYPE,
    Item("UDTF name", _TEXT, "Its name in SQL."),
)

_BATCHED = 100
_WITH_STATE, _TRANSFORMS_4_0, _TRANSFORMS_4_1 = 208, (211, 212), (211, 212, 213, 214)
# read_single_udf of each version: these share the protocol of arguments by name, though some can't have any.
_NAMED_4_0 = (100, 101, 200, 202, 203, 204)
_NAMED_4_1 = (*_NAMED_4_0, 250, 251, 252, 253)
_NOT_UDFS = (0, 300, 301, 302)


def _commands(udtfs: Entries, udfs: Entries) -> Entries:
    """The command by its evaluation type: of an RDD, of a UDTF, or of UDFs."""
    return (
        When((_is("eval type", 0),), (_COMMAND,)),
        When((_in("eval type", 300, 301, 302),), udtfs),
        When((_not_in("eval type", *_NOT_UDFS),), udfs),
    )


_COMMANDS_3_5 = _commands(
    (
        When((_is("eval type", 301),), _RUNNER_CONF),
        *_arguments((_OFFSET,)),
        _HANDLER,
        _RETURN_TYPE,
    ),
    (
        When((_not_in("eval type", _BATCHED),), _RUNNER_CONF),
        When((_is("eval type", _WITH_STATE),), (_STATE_SCHEMA,)),
        *_udfs(*_arguments((_OFFSET,)), *_FUNCTIONS),
    ),
)


def _udfs_with_profiler(named: tuple[int, ...]) -> Entries:
    """As 4.0 and 4.1 have it."""
    return (
        Item("profiling", _FLAG, "Whether a profiler is to run."),
        When((_is("profiling", True),), (Item("profiler", _TEXT, "Which one: perf or memory."),)),
        *_udfs(
            Item("number of arguments", _INT, "How many arguments follow.", least=0),
            When((_in("eval type", *named),), (Times("number of arguments", _NAMED),)),
            When((_not_in("eval type", *named),), (Times("number of arguments", (_OFFSET,)),)),
            *_FUNCTIONS,
            When((_in("profiler", "perf", "memory"),), (_RESULT_ID,)),
        ),
    )


_COMMANDS_4_0 = _commands(
    (When((_is("eval type", 301),), _RUNNER_CONF), *_UDTF_4_0),
    (
        When((_not_in("eval type", _BATCHED),), _RUNNER_CONF),
        When((_is("eval type", _WITH_STATE),), (_STATE_SCHEMA,)),
        When((_in("eval type", *_TRANSFORMS_4_0),), (_STATE_PORT, _KEY_SCHEMA)),
        *_udfs_with_profiler(_NAMED_4_0),
    ),
)

_COMMANDS_4_1 = _commands(
    (
        When((_in("eval type", 301, 302),), _RUNNER_CONF),
        When((_is("eval type", 301),), (_INPUT_TYPE,)),
        When(
            (_is("eval type", 302),),
            _several(
                "number of table arguments",
                "How many arguments are tables.",
                Item("table argument offset", _INT, "Which argument is a table."),
            ),
        ),
        *_UDTF_4_0,
    ),
    (
        When((_not_in("eval type", _BATCHED),), _RUNNER_CONF),
        When((_is("eval type", _WITH_STATE),), (_STATE_SCHEMA,)),
        When(
            (_in("eval type", *_TRANSFORMS_4_1),),
            (_STATE_PORT, When((_is("state server port", -1),), (_STATE_PATH,)), _KEY_SCHEMA),
        ),
        When((_is("eval type", 101),), (_INPUT_TYPE,)),
        *_udfs_with_profiler(_NAMED_4_1),
    ),
)

_COMMANDS_4_2 = _commands(_UDTF_4_0, _udfs(*_arguments(_NAMED), *_FUNCTIONS, _RESULT_ID))

# The timings

_TIMES_3_5: Entries = (
    Item("boot time", _LONG, "When the worker began to read this run, in milliseconds since 1970."),
    Item("init time", _LONG, "When it had read the init message and unpickled the function."),
    Item("finish time", _LONG, "When it had written its last row."),
)
_PROCESSING = Item("processing time", _LONG, "How long it read, computed and wrote rows, in milliseconds.")
_SPILLS: Entries = (
    Item("memory spilled", _LONG, "How many bytes of memory the worker freed by writing to disk."),
    Item("disk spilled", _LONG, "How many bytes it wrote for that."),
)
_TIMING_3_5: Entries = (*_TIMES_3_5, *_SPILLS)
_TIMING_4_2: Entries = (*_TIMES_3_5, _PROCESSING, *_SPILLS)

_INIT_4_2: Entries = (
    _SPLIT,
    _PYTHON,
    *_CONTEXT_4_2,
    *_FILES,
    *_BROADCASTS_4_1,
    _EVAL_TYPE,
    *_RUNNER_CONF,
    *_EVAL_CONF,
    *_COMMANDS_4_2,
)

VERSIONS: tuple[PySpark, ...] = (
    PySpark(
        "3.5",
        False,
        (_SPLIT, _PYTHON, *_CONTEXT_3_5, *_FILES, *_BROADCASTS_3_5, _EVAL_TYPE, *_COMMANDS_3_5),
        _TIMING_3_5,
        "3.5.9: worker.py main, read_udtf, read_udfs, read_single_udf, report_times",
    ),
    PySpark(
        "4.0",
        False,
        (_SPLIT, _PYTHON, *_CONTEXT_3_5, *_FILES, *_BROADCASTS_3_5, _EVAL_TYPE, *_COMMANDS_4_0),
        _TIMING_3_5,
        "4.0.5: worker.py main, read_udtf, read_udfs, read_single_udf, report_times; worker_util.py",
    ),
    PySpark(
        "4.1",
        False,
        (_SPLIT, _PYTHON, *_CONTEXT_4_1, *_FILES, *_BROADCASTS_4_1, _EVAL_TYPE, *_COMMANDS_4_1),
        _TIMING_3_5,
        "4.1.4: worker.py main, read_udtf, read_udfs, read_single_udf, report_times; worker_util.py",
    ),
    PySpark(
        "4.2",
        False,
        _INIT_4_2,
        _TIMING_4_2,
        "4.2.1: worker.py main, read_udtf, read_udfs, read_single_udf, report_times; worker_util.py",
    ),
    PySpark(
        "4.3",
        True,
        _INIT_4_2,
        _TIMING_4_2,
        "4.3.0: worker_message.py; messages/socket/spark_socket_message_receiver.py; worker.py invoke_udf",
    ),
)

_BY_MINOR = {one.minor: one for one in VERSIONS}


def version_of(pyspark: str) -> PySpark | None:
    """What the table says of a release such as ``4.3.0``; None for one that isn't in it."""
    return _BY_MINOR.get(".".join(pyspark.split(".")[:2]))
