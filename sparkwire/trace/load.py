"""Opens a trace whole: its exchanges, joined with their Java calls, and what must be known of it.

For a program's trace that fits in memory (some thousand exchanges). What has to go through millions
reads ``TraceReader`` and ``exchanges`` as a stream instead.

It imports its siblings here and the decoder behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import Exchange, ExchangeBuilder
from sparkwire.trace.gateway.fold import LineCost, Step, by_line, fold
from sparkwire.trace.gateway.lifetimes import Lifetimes, lifetimes
from sparkwire.trace.java.calls import Join, join
from sparkwire.trace.records import NOTEBOOK, Closed, Header, JavaCall, JavaVersion, Notice, Opened


@dataclass
class Trace:
    """A trace, ready to be shown."""

    header: Header
    exchanges: list[Exchange]
    notices: tuple[str, ...]
    """What the reader must be told: the recorder stopped, the file was cut, both sides don't agree."""
    java_version: str
    """The driver JVM's version; empty when nothing of the JVM was recorded."""
    connections: tuple[Opened, ...]
    """The connections, in the order in which they opened."""
    closed: dict[int, int]
    """The connections that were closed while they were recorded, with the time in nanoseconds."""
    joined: Join | None
    """How the Java calls were joined; None when there are none in the trace."""

    @cached_property
    def steps(self) -> list[Step]:
        return fold(self.exchanges)

    @cached_property
    def lifetimes(self) -> Lifetimes:
        return lifetimes(self.exchanges, self.connections)

    @property
    def lines(self) -> list[LineCost]:
        return by_line(self.steps)


def load(path: str | Path) -> Trace:
    """Read the trace at ``path``. Raises what ``TraceReader`` raises."""
    reader = TraceReader(path)
    builder = ExchangeBuilder()
    found: list[Exchange] = []
    calls: list[JavaCall] = []
    notices: list[str] = []
    connections: list[Opened] = []
    closed: dict[int, int] = {}
    version = ""
    for record in reader:
        match record:
            case JavaCall():
                calls.append(record)
            case JavaVersion():
                version = record.version
            case Notice():
                notices.append(record.text)
            case _:
                if isinstance(record, Opened):
                    connections.append(record)
                elif isinstance(record, Closed):
                    closed[record.connection] = record.t_ns
                found += builder.feed(record)
    found += builder.end()
    notices += trace_state(reader, builder.early_replies)
    joined = None
    if calls:
        found, joined = join(found, calls, whole=reader.header.program != NOTEBOOK)
        notices += [note for note in joined.notes if note not in notices]
    return Trace(reader.header, found, tuple(notices), version, tuple(connections), closed, joined)


def trace_state(reader: TraceReader, early_replies: int = 0) -> list[str]:
    """What the file itself says about how it began and ended; read the records first.

    ``early_replies`` are those that answer requests from before it began.
    """
    said = []
    if early_replies:
        said.append(
            f"Left out: {early_replies} of the first replies, to requests from before the recording began."
        )
    if reader.state == "stopped":
        said.append(f"Recording stopped before the program ended: {reader.reason}.")
    elif reader.state == "recording":
        said.append("The program was ended before the recorder could close the trace, or is still running.")
    if reader.cut:
        said.append("The file ends inside a record; everything before it is here.")
    return said
