"""The trace that a relay writes.

It holds what the recorder in a process writes, without what only that one knows. It imports the trace's
records, and its siblings here.
"""

from __future__ import annotations

import platform
from pathlib import Path
from time import time_ns
from typing import Protocol

from sparkwire.record.redact import Redactor
from sparkwire.record.writer import TraceWriter, fault
from sparkwire.trace.format import encode_chunk
from sparkwire.trace.records import (
    RELAY,
    About,
    Channel,
    Closed,
    Header,
    Notice,
    Opened,
    ThreadName,
    connection_name,
)

NO_PROGRAM = (
    "Recorded by a relay, which sees the bytes of two processes and neither program: "
    "there are no call sites and no Java calls."
)
"""What every trace of a relay says first."""


class Tape:
    """The trace being written. Nothing here raises: recording ends, and the relay goes on."""

    def __init__(self, path: Path) -> None:
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        self.writer = TraceWriter(path, Header("", "", "", system, RELAY, time_ns()))
        self.note(About.JAVA, NO_PROGRAM)

    def opened(self, number: int, channel: Channel, local_port: int, remote_port: int, address: str) -> None:
        """A connection, with the ports as Python would have seen them: its own, and the one it talks to."""
        self._record(Opened(number, channel, local_port, remote_port, time_ns(), address))
        self._record(ThreadName(number, connection_name(number)))

    def chunk(self, connection: Taped, to_python: bool, now: int, data: bytes) -> None:
        """Store what passed, without secrets."""
        if self.writer.failure is not None:
            return
        try:
            if not to_python and connection.from_java.holding:  # the end of a stream, without a line end
                self._flush(connection, True)
            redactor = connection.from_java if to_python else connection.to_java
            if stored := redactor.feed(data):
                self._write(connection, to_python, now, stored)
        except Exception as error:
            self._stop(error)

    def closed(self, connection: Taped) -> None:
        try:
            self._flush(connection, False)
            self._flush(connection, True)
        except Exception as error:
            self._stop(error)
        self._record(Closed(connection.number, time_ns()))

    def note(self, about: About, text: str) -> None:
        self._record(Notice(about, text, time_ns()))

    def _flush(self, connection: Taped, to_python: bool) -> None:
        if held := (connection.from_java if to_python else connection.to_java).end():
            self._write(connection, to_python, time_ns(), held)

    def _write(self, connection: Taped, to_python: bool, now: int, data: bytes) -> None:
        self.writer.write(encode_chunk(connection.number, to_python, now, connection.number, 0, data))

    def _record(self, record: Opened | Closed | ThreadName | Notice) -> None:
        try:
            self.writer.write_record(record)
        except Exception as error:
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        self.writer.fail(f"the relay could not record, and stopped recording: {fault(error)}")


class Taped(Protocol):
    """What the tape must know of a connection."""

    number: int
    to_java: Redactor
    from_java: Redactor
