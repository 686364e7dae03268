"""The trace being recorded, for whoever sees the bytes pass: the recorder in a process, or a relay.

Recording is never the reason why a program or a connection ends. So nothing here raises once a tape is made:
what goes wrong ends the recording, and the trace says what it was.
"""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from time import time_ns
from types import FrameType
from typing import Any

from sparkwire.record.redact import Expectation, Redactor, Secrets, redact_source
from sparkwire.record.sites import CallSites
from sparkwire.record.writer import TraceWriter, fault
from sparkwire.trace.format import encode_chunk
from sparkwire.trace.records import (
    RELAY,
    About,
    CallSite,
    Channel,
    Closed,
    Header,
    Notice,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
    Unsent,
)
from sparkwire.wire.message import Direction

MOST = 16 * 1024 * 1024
"""Bytes that one record holds: a reader takes a record over ``MAX_PAYLOAD`` for damage."""


class Taped:
    """What a tape knows of a connection."""

    __slots__ = ("from_java", "held_ns", "number", "to_java")

    def __init__(self, number: int, secrets: Secrets) -> None:
        expectation = Expectation(secrets)
        self.number = number
        self.to_java, self.from_java = Redactor(expectation), Redactor(expectation)
        self.held_ns = [0, 0]
        """When what is held back towards Java began, and towards Python."""


class Tape:
    """A trace file that is being recorded, without secrets.

    ``name_file`` gives notebook cells a name, ``users`` and ``libraries`` say whose code is whose (see
    ``CallSites``). Raises ``OSError`` when the file can't be
    created.
    """

    def __init__(
        self,
        path: str | Path,
        header: Header,
        name_file: Callable[[str], str | None] | None = None,
        users: Sequence[str] = (),
        libraries: Sequence[str] = (),
    ) -> None:
        self.writer = TraceWriter(path, header)
        self._header = header
        self._write = self.writer.write
        self._secrets = Secrets()
        self._sites = CallSites(self._site, name_file, users, libraries)
        self._numbers = itertools.count(1)  # threads may connect at the same time; ``next`` is atomic
        self._record(Redacted(0, Direction.TO_JAVA, ()))  # from here on, placeholders are named

    def opened(self, channel: Channel, local_port: int, remote_port: int, address: str) -> Taped:
        """A connection came, with the ports as Python sees them: its own, and the one it talks to."""
        connection = Taped(next(self._numbers), self._secrets)
        self._record(Opened(connection.number, channel, local_port, remote_port, time_ns(), address))
        return connection

    def chunk(
        self,
        connection: Taped,
        to_python: bool,
        t_ns: int,
        thread: int,
        data: Any,
        frame: FrameType | None = None,
    ) -> None:
        """Store what passed at ``t_ns``: ``data`` is anything that ``bytes`` takes.

        ``frame`` is the innermost one of the call site; None stores none.
        """
        try:
            if to_python:
                redactor = connection.from_java
            else:
                redactor = connection.to_java
                if connection.from_java.held:  # the bytes of a stream, which end without a line end
                    self._flush(connection, True, thread)
            # First the bytes: a secret in them may stand in the line's source text, too.
            held = redactor.held
            stored = redactor.feed(data if type(data) is bytes else bytes(data))
            if held or redactor.held:
                t_ns = self._since(connection, to_python, t_ns, held, stored)
            site = self._sites.find(frame) if frame is not None else 0
            if len(stored) > MOST:
                self._write_long(connection.number, to_python, t_ns, thread, site, stored, redactor.spans)
            elif stored:
                self._write(
                    encode_chunk(connection.number, to_python, t_ns, thread, site, stored, redactor.spans)
                )
        except Exception as error:
            self.fail(error)

    def flush(self, connection: Taped, thread: int) -> None:
        """Store what was held back of a connection, of which no more will come."""
        try:
            self._flush(connection, False, thread)
            self._flush(connection, True, thread)
        except Exception as error:
            self.fail(error)

    def closed(self, connection: Taped, thread: int) -> None:
        self.flush(connection, thread)
        self._record(Closed(connection.number, time_ns()))

    def unsent(self, connection: Taped, reason: str) -> None:
        """What was stored last of what Python sent did not leave, or only in part."""
        self._record(Unsent(connection.number, reason))

    def thread(self, thread: int, name: str) -> None:
        self._record(ThreadName(thread, name))

    def uses(self, package: str, version: str) -> None:
        """The program uses this version of ``py4j`` or ``pyspark``."""
        try:
            if package == "py4j":
                self._header = replace(self._header, py4j=version)
            else:
                self._header = replace(self._header, pyspark=version)
            self.writer.set_header(self._header)
        except Exception as error:
            self.fail(error)

    def note(self, about: About, text: str) -> None:
        """Leave a notice (see ``Notice``) for the reader of the trace."""
        self._record(Notice(about, text, time_ns()))

    def fail(self, error: Exception) -> None:
        """Something of our own went wrong: record no more, and say why."""
        self.writer.fail(f"the recorder failed and stopped: {fault(error)}")

    def _flush(self, connection: Taped, to_python: bool, thread: int) -> None:
        redactor = connection.from_java if to_python else connection.to_java
        if held := redactor.end():
            number, spans = connection.number, redactor.spans
            self._write(encode_chunk(number, to_python, time_ns(), thread, 0, held, spans))

    def _since(self, connection: Taped, to_python: bool, t_ns: int, held: bytes, stored: bytes) -> int:
        """When what is ``stored`` passed: a request with its first piece, a reply with its last."""
        began = connection.held_ns[to_python]
        if stored or not held:
            connection.held_ns[to_python] = t_ns
        return began if held and not held.startswith(b"!") else t_ns

    def _write_long(
        self,
        number: int,
        to_python: bool,
        t_ns: int,
        thread: int,
        site: int,
        stored: bytes,
        spans: Sequence[tuple[int, int]],
    ) -> None:
        """Write what passed as several records, of which each holds the time, the thread and the site."""
        view = memoryview(stored)
        for at in range(0, len(stored), MOST):
            self._write(encode_chunk(number, to_python, t_ns, thread, site, view[at : at + MOST], spans))
            spans = ()  # those of all, which count from the stream's first byte

    def _site(self, number: int, call_site: CallSite) -> None:
        stack = tuple(replace(f, code=redact_source(f.code, self._secrets)) for f in call_site.stack)
        self._record(Site(number, CallSite(stack)))

    def _record(self, record: Record) -> None:
        try:
            self.writer.write_record(record)
        except Exception as error:
            self.fail(error)


def program_header(program: str) -> Header:
    """The header of this process's own trace."""
    return Header(
        python=platform.python_version(),
        py4j=_version("py4j"),
        pyspark=_version("pyspark"),
        os=_system(),
        program=program,
        started_ns=time_ns(),
    )


def relay_header() -> Header:
    """The header of a relay's trace: whose Python and Py4J are at the other end, it doesn't know."""
    return Header(python="", py4j="", pyspark="", os=_system(), program=RELAY, started_ns=time_ns())


def _system() -> str:
    """Without the kernel's release, which tells of the machine and of nothing on the wire."""
    return f"{platform.system()} {platform.machine()}"


def _version(package: str) -> str:
    """The installed version. The program may import another one: see ``Tape.uses``."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
