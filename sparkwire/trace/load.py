"""Opens a trace: what must be known of it at once, its exchanges as a stream or whole, and their Java calls.

There is one loader for everything that looks at a trace. It reads the file once for what must be told about
it. The exchanges are decoded when they are asked for, as a stream in flat memory (``Trace.stream``) or whole
(``Trace.exchanges``). Joining them with Java calls takes them whole, so a trace with more exchanges than
``MAX_JOINED`` is shown without its Java calls, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path

from sparkwire.errors import TraceError
from sparkwire.plain import number
from sparkwire.trace.format import RecordKind, TraceReader, Watch, unwatched
from sparkwire.trace.gateway.exchange import Exchange, Paired, whole
from sparkwire.trace.gateway.exchanges import ExchangeBuilder, paired
from sparkwire.trace.gateway.fold import Folder, LineCost, Step, by_line
from sparkwire.trace.gateway.lifetimes import lifetimes
from sparkwire.trace.gateway.lives import Lifetimes
from sparkwire.trace.gateway.threads import ThreadPair, thread_pairs
from sparkwire.trace.java.calls import Join, join
from sparkwire.trace.records import (
    NOTEBOOK,
    About,
    Channel,
    Closed,
    Header,
    JavaCall,
    JavaVersion,
    Notice,
    Opened,
    Record,
)
from sparkwire.trace.worker.runs import Apart, Run, RunBuilder, built

MAX_JOINED = 200_000
"""Exchanges that are joined with their Java calls: that takes about 1 kB of memory for each."""

_JAVA = frozenset({RecordKind.JAVA_STACK, RecordKind.JAVA_CALL})
_NOT_JAVA = frozenset(RecordKind) - _JAVA
_NOT_TOLD = _JAVA | {RecordKind.CHUNK, RecordKind.SITE, RecordKind.REDACTED}
"""Kinds that say nothing of a trace before its exchanges are decoded: nearly all of its records."""


class Trace:
    """A trace, ready to be looked at. Made by ``load``."""

    def __init__(self, path: str | Path, watch: Watch = unwatched) -> None:
        self._reader = TraceReader(path)
        self._reader.watch = watch
        self.header: Header = self._reader.header
        self.java_version = ""
        """The driver JVM's version; empty when nothing of the JVM was recorded."""
        self.notices: list[Notice] = []
        """What the reader must be told, in the order in which it was found out. The decoder adds to it."""
        opened: list[Opened] = []
        closed: dict[int, int] = {}
        anything = False
        for record in self._reader.read(without=_NOT_TOLD):
            match record:
                case JavaVersion():
                    self.java_version = record.version
                case Notice():
                    self.notices.append(record)
                case Opened():
                    opened.append(record)
                    anything = True
                case Closed():
                    closed[record.connection] = record.t_ns
                    anything = True
                case _:
                    anything = True
        passed = self._reader.passed_over
        self._java_calls = RecordKind.JAVA_CALL in passed
        anything = anything or bool(passed - _JAVA)
        if self._reader.cut and not anything:
            raise TraceError(f"{path}: the trace was cut before its first whole record. Record it again.")
        self._workers = frozenset(one.connection for one in opened if one.channel is Channel.WORKER)
        self.connections: tuple[Opened, ...] = tuple(
            one for one in opened if one.connection not in self._workers
        )
        """The gateway's connections, in the order in which they opened."""
        self.last_connection = max((one.connection for one in opened), default=0)
        """The highest number of a connection, those of workers included; 0 when there is none."""
        self.closed: dict[int, int] = closed
        """The connections that were closed while they were recorded, with the time in nanoseconds."""
        self._told = {notice.text.replace(",", "") for notice in self.notices}
        self._tell(About.RECORDER, *_how_it_ended(self._reader))

    def unwatch(self) -> None:
        """From now on nobody is told how far reading is."""
        self._reader.watch = unwatched

    @property
    def state(self) -> str:
        """``complete``, ``stopped`` early, or ``recording`` when nobody could close the file."""
        return self._reader.state

    @property
    def reason(self) -> str:
        """Why recording stopped early; empty when it didn't."""
        return self._reader.reason

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """All exchanges, in the order of their requests."""
        return [whole(exchange) for batch in self._decoded() for exchange in batch]

    def stream(self) -> Iterator[Exchange]:
        """The exchanges one by one: in flat memory, unless they are held already, as for ``join``."""
        return map(whole, self._paired())

    @property
    def runs(self) -> list[Run]:
        """What Python workers did, in the order in which they were asked."""
        return self._of_workers.runs

    @property
    def apart(self) -> list[Apart]:
        """What passed on workers' connections and belongs to no run: handshakes, and the exceptions of
        workers that waited when their connection closed. In the order of time."""
        return self._of_workers.apart

    @cached_property
    def _of_workers(self) -> RunBuilder:
        return built(self._reader.read(without=_JAVA) if self._workers else ())

    @cached_property
    def join(self) -> Join:
        """Which Java calls each exchange caused; ``Join.reason`` says why there are none."""
        if not self._java_calls:
            return Join(reason=self._no_java())
        found: list[Exchange] = []
        for exchange in self.stream():
            found.append(exchange)
            if len(found) > MAX_JOINED:
                self._tell(About.JAVA, too_long_to_join())
                return Join(reason=too_long_to_join())
        self.__dict__["exchanges"] = found
        calls = (record for record in self._reader.read(without=_NOT_JAVA) if isinstance(record, JavaCall))
        made = join(found, calls, whole=self.header.program != NOTEBOOK)
        self._tell(About.JAVA, *made.notes)
        return made

    @cached_property
    def folded(self) -> Folder:
        """The exchanges, folded into a story of a few steps."""
        folder = Folder()
        folder.add(self._paired())
        folder.end()
        return folder

    @property
    def steps(self) -> list[Step]:
        """The steps of that story."""
        return self.folded.steps

    @property
    def lines(self) -> list[LineCost]:
        """The user's lines with what each cost on the wire, the chattiest first."""
        return by_line(self.steps)

    @cached_property
    def lifetimes(self) -> Lifetimes:
        """The lives of the objects that were named."""
        return lifetimes(self.stream(), self.connections, self.join, self.closed)

    @cached_property
    def threads(self) -> list[ThreadPair]:
        """Which Python thread spoke to which Java thread, over which connection."""
        return thread_pairs(self.stream(), self.closed, self.join)

    def _paired(self) -> Iterator[Paired]:
        held: list[Exchange] | None = self.__dict__.get("exchanges")
        return iter(held) if held is not None else chain.from_iterable(self._decoded())

    def _decoded(self) -> Iterator[list[Paired]]:
        builder = ExchangeBuilder()
        yield from paired(self._of_gateway(self._reader.batches(without=_JAVA)), builder)
        if early := builder.early_replies:
            self._tell(
                About.RECORDER,
                f"Left out: {early} of the first replies, to requests from before the recording began.",
            )

    def _of_gateway(self, batches: Iterator[list[Record]]) -> Iterator[list[Record]]:
        """The records without those of workers' connections."""
        workers = self._workers
        if not workers:
            return batches
        return ([one for one in batch if getattr(one, "connection", 0) not in workers] for batch in batches)

    def _no_java(self) -> str:
        return next(
            (one.text for one in self.notices if one.about is About.JAVA), "No Java calls were recorded."
        )

    def _tell(self, about: About, *texts: str) -> None:
        """Add notices of our own. One text is told once."""
        for text in texts:
            # Older traces hold sentences of ours whose numbers have no commas.
            told = text.replace(",", "")
            if told not in self._told:
                self._told.add(told)
                self.notices.append(Notice(about, text, 0))


def load(path: str | Path, watch: Watch = unwatched) -> Trace:
    """Open the trace at ``path``. ``watch`` is told how far it is whenever the file is read.

    Raises ``TraceError`` when the file is no trace, is damaged at its start, or has a newer format;
    ``OSError`` when it can't be opened.
    """
    return Trace(path, watch)


def too_long_to_join() -> str:
    """What to say of a trace with too many exchanges."""
    return (
        f"The trace has more than {number(MAX_JOINED)} exchanges, so they are shown without their Java calls."
    )


def _how_it_ended(reader: TraceReader) -> list[str]:
    """What the file itself says about how it ended; its records were read before."""
    said = []
    if reader.state == "stopped":
        said.append(f"Recording stopped before the program ended: {reader.reason}.")
    elif reader.state == "recording":
        said.append("The program was stopped before the recorder could close the trace, or is still running.")
    if reader.cut:
        said.append("The file ends inside a record; everything before it is here.")
    return said
