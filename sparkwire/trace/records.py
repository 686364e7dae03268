"""The records of a trace.

A *trace* file is a list of records in the order in which they happened (``Chunk``, ``Opened``,
``Site`` ...). Nothing in a record is interpreted: a chunk holds the bytes as they were sent or
received. What they say is made of them afterwards, so a fault in a decoder can never lose what was recorded.

Times are nanoseconds since the epoch by the wall clock, because the JVM's recording uses it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from sparkwire.wire.message import Direction

NOTEBOOK = "notebook"
"""What stands for the script's path in the trace of a notebook's cell."""
RELAY = "recorded by a relay"
"""What stands for the script's path in the trace of a relay, which knows no program."""


def connection_name(connection: int) -> str:
    """What stands for a thread's name in the trace of a relay, which sees no threads."""
    return f"connection {connection}"


class Channel(StrEnum):
    """Which side opened a connection, and so which wire it carries."""

    GATEWAY = "gateway"
    """Python connected to the gateway."""
    CALLBACK = "callback"
    """Java connected to Python's callback server."""
    WORKER = "worker"
    """An executor's JVM and one of its Python workers."""


class About(StrEnum):
    """What a notice is about."""

    RECORDER = "recorder"
    """Chunks may be missing."""
    JAVA = "java"
    """Why there are no Java calls, or what of them does not agree."""
    RELAY = "relay"
    """What became of a relayed connection."""
    PROGRAM = "program"
    """How the program ended."""
    CHILD = "child"
    """A process that the program forked or started talked to Java, and wasn't recorded."""
    WORKER = "worker"
    """What of the Python workers isn't recorded, or not as it should be."""


@dataclass(frozen=True, slots=True)
class Header:
    """What was running when the trace began. Unknown versions are empty strings."""

    python: str
    py4j: str
    pyspark: str
    os: str
    program: str
    """The script's path as it was given, ``NOTEBOOK`` or ``RELAY``."""
    started_ns: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection began."""

    connection: int
    channel: Channel
    local_port: int
    remote_port: int
    t_ns: int
    address: str = ""
    """The other side's address, such as ``127.0.0.1``."""


@dataclass(frozen=True, slots=True)
class Closed:
    connection: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """The last chunk that Python sent on a connection failed to leave, or a part of it did."""

    connection: int
    reason: str
    """The system's, such as ``Broken pipe``."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Which process is at Python's end of a worker's connection."""

    connection: int
    pid: int
    daemon: int
    """The process that forked it; 0 for a worker that Spark started by itself."""
    host: str
    """The name of the machine."""
    pyspark: str
    """The version of the worker's PySpark, which decides how the wire is read."""
    handshake: str
    """What passed first, by the name that ``sparkwire.wire.worker.HANDSHAKES`` has for it."""
    rounds_before: int = 0
    """How many rounds passed on the connection before the recording."""
    goes_on: bool = False
    """Whether the connection was still open when the recording ended."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Bytes of a worker's connection that passed and aren't stored: the user's data.

    They stand in the stream where this record stands among the chunks.
    """

    connection: int
    direction: Direction
    size: int
    """Bytes."""
    digest: str
    """SHA-256 of them, in hexadecimal; empty where they were cut off."""
    first_ns: int
    """When the first of them passed."""
    last_ns: int


@dataclass(frozen=True, slots=True)
class Waited:
    """A worker waited for its JVM: for bytes to come, or for room for those that it sent.

    It stands before the chunks of the system call that waited. Waits of less than a tenth of a millisecond
    aren't stored, nor those of a thread that reads ahead.
    """

    connection: int
    direction: Direction
    since_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a Python stack. ``library`` says that it is not the user's own code."""

    file: str
    line: int
    function: str
    code: str
    """The text of the source line, stripped; empty when the source can't be read."""
    library: bool


@dataclass(frozen=True)
class CallSite:
    """Who caused a request. ``stack`` runs from the user's line to the function of Py4J that sent it.

    Where no user's line is in it, it runs from the thread's beginning, or from where a test was started. What
    called the user's line is not in it.
    """

    stack: tuple[Frame, ...]

    # Many requests have one call site, and what it says is asked of each.
    @cached_property
    def user(self) -> Frame | None:
        """The user's innermost line: the last frame before the library was entered."""
        return next((f for f in reversed(self.stack) if not f.library), None)

    @cached_property
    def function(self) -> str:
        """The library function that sent the request, such as ``SparkContext._do_init``.

        It is the innermost one that isn't Py4J's or Python's own, because those are the same for every
        request; where the user's code talks to Py4J itself, it is the Py4J function that she called.
        """
        py4j = ""
        for frame in reversed(self.stack):
            if not frame.library:
                return py4j
            if frame.file.startswith("py4j/"):
                py4j = frame.function
            elif not frame.file.startswith("python/"):
                return frame.function
        return py4j


@dataclass(frozen=True, slots=True)
class Site:
    """A call site, stored once; chunks refer to it by ``id``."""

    id: int
    site: CallSite


class Chunk(NamedTuple):
    """Bytes as they were sent or received, with secrets replaced by placeholders of the same length.

    A named tuple, because a trace holds little else.
    """

    connection: int
    direction: Direction
    t_ns: int
    thread: int
    """The Python thread's ``threading.get_ident()``; in the trace of a relay the connection."""
    site: int
    """The id of the call site; 0 when there is none (replies, or recording without call sites)."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Redacted:
    """Where placeholders stand in one direction of a connection, in place of secrets.

    Spans are offsets ``(start, end)`` in bytes since the first byte of that direction that was stored.
    They are in order and don't touch. A trace that names its spans says so by one such record for
    connection 0, without spans, at its beginning.
    """

    connection: int
    direction: Direction
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FileName:
    """What people call a file that has a name for the computer: ``In [3]`` for a notebook's cell."""

    file: str
    name: str


@dataclass(frozen=True, slots=True)
class ThreadName:
    """The name of a Python thread, stored once per thread; for a relay see ``connection_name``."""

    thread: int
    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of the trace must know, such as why recording stopped early."""

    about: About
    text: str
    t_ns: int
    """When it was written; 0 for what was found when the trace was read."""


@dataclass(frozen=True, slots=True)
class JavaVersion:
    """The driver JVM's ``java -version``, for example ``25.0.2``."""

    version: str


@dataclass(frozen=True, slots=True)
class JavaCall:
    """One run of one Java method, from the JVM's own recording."""

    thread: int
    """The Java thread's id."""
    thread_name: str
    start_ns: int
    duration_ns: int
    method: str
    """Fully qualified, with parameter types: ``py4j.commands.CallCommand.execute(String, ...)``."""
    stack: tuple[str, ...]
    """Callers, outermost first, in the same form, each with its line number where there is one."""


Record = (
    Opened
    | Closed
    | FileName
    | Worker
    | Site
    | Chunk
    | Withheld
    | Waited
    | Unsent
    | Redacted
    | ThreadName
    | Notice
    | JavaVersion
    | JavaCall
)
