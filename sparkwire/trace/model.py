"""The records of a trace, and the exchanges made from them.

A *trace* file is a list of records in the order in which they happened (``Chunk``, ``Opened``,
``Site`` ...). Nothing in a record is interpreted: a chunk holds the bytes as they were sent or
received. An *exchange*, a request with its reply, is made from records afterwards, by
``sparkwire.trace.exchanges``. So a fault in a decoder can never lose what was recorded.

Times are nanoseconds since the epoch by the wall clock, because the JVM's recording uses it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sparkwire.wire.message import Direction, Malformed, Message

NOTEBOOK = "notebook"
"""What stands for the script's path in the trace of a notebook's cell."""
RELAY = "recorded by a relay"
"""What stands for the script's path in the trace of a relay, which knows no program."""


def connection_name(connection: int) -> str:
    """What stands for a thread's name in the trace of a relay, which sees no threads."""
    return f"connection {connection}"


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
    """A connection began. ``channel`` is ``gateway`` (Python connects) or ``callback`` (Java does)."""

    connection: int
    channel: str
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
class Frame:
    """One line of a Python stack. ``library`` says that it is not the user's own code."""

    file: str
    line: int
    function: str
    code: str
    """The text of the source line, stripped; empty when the source can't be read."""
    library: bool


@dataclass(frozen=True, slots=True)
class CallSite:
    """Who caused a request. ``stack`` runs from the user's line to the function of Py4J that sent it.

    Where no user's line is in it, it runs from the thread's beginning. What called the user's line is
    not in it.
    """

    stack: tuple[Frame, ...]

    @property
    def user(self) -> Frame | None:
        """The user's innermost line: the last frame before the library was entered."""
        return next((f for f in reversed(self.stack) if not f.library), None)

    @property
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


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they were sent or received, with secrets replaced by placeholders of the same length."""

    connection: int
    direction: Direction
    t_ns: int
    thread: int
    """The Python thread's ``threading.get_ident()``; in the trace of a relay the connection."""
    site: int
    """The id of the call site; 0 when there is none (replies, or recording without call sites)."""
    data: bytes


@dataclass(frozen=True, slots=True)
class ThreadName:
    """The name of a Python thread, stored once per thread; for a relay see ``connection_name``."""

    thread: int
    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of the trace must know, such as why recording stopped early.

    ``about`` is ``recorder`` (chunks may be missing), ``java`` (why there are no Java calls, or
    what does not agree), ``relay`` (what became of a connection) or ``program`` (how the program ended).
    """

    about: str
    text: str
    t_ns: int


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


Record = Opened | Closed | Site | Chunk | ThreadName | Notice | JavaVersion | JavaCall


@dataclass(slots=True)
class Exchange:
    """A request with its reply."""

    n: int
    """Counts from 1 in the order in which the requests were sent, over all connections."""
    channel: str
    """``gateway`` when Python asked, ``callback`` when Java did."""
    connection: int
    request: Message | Malformed
    reply: Message | Malformed | None
    """None when no reply was seen: the command has none, or the program ended first."""
    site: CallSite | None
    thread: str
    """The name of the Python thread that sent the request or, for a callback, answered it."""
    start_ns: int
    duration_ns: int | None
    parent: int | None = None
    """``n`` of the exchange during which this one ran on the same connection (a nested callback)."""
    thread_number: int = 0
    """Tells threads of one name apart. From 1, as they first spoke; 0 when unknown."""
    stream_bytes: int = 0
    """How many raw bytes followed the reply (stream command only)."""
    java: tuple[JavaCall, ...] = field(default=())
    """The Java calls of this exchange, in order of their start; the first is the command itself."""

    @property
    def command(self) -> str:
        return self.request.command
