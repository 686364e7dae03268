"""Records a Python worker of Spark's, in the worker's own process.

Spark starts such a process on each executor: ``pyspark.daemon``, which forks a worker for every task that
needs one. Its start-up comes here (``begin``), where the executor's environment asks for it
(``worker_settings``). Spark's files stay as they are, and so do its settings: in the forked worker the
daemon's name ``os`` is given a stand-in, whose ``fdopen`` makes streams that are recorded. So a worker
module or a daemon module of the user's own is recorded, too, and an executor that can't find sparkwire runs
as it always does.

With ``spark.python.use.daemon=false`` Spark starts each worker by itself, and the worker connects to the JVM
(``begin_alone``). There the stand-in is for ``socket``, in the module with ``local_connect_and_auth``.

Every worker writes a trace of its own, a *part*: it may be on another machine, and it may be killed.
``parts`` puts parts into the program's trace.

What must hold is what holds for the ``Recorder``: the bytes go through untouched, a fault of our own ends the
recording and not the job, and a process that the worker forks doesn't record.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import get_ident
from time import time_ns
from types import ModuleType
from typing import Any

from sparkwire.record.imports import forget, when_imported
from sparkwire.record.sieve import Piece, Sieve
from sparkwire.record.streams import Passed, ShownSocket, StandIn, shown
from sparkwire.record.texts import in_any_text
from sparkwire.record.worker_settings import WorkerSettings, elsewhere
from sparkwire.record.writer import TraceWriter, fault, leave_notice
from sparkwire.trace.format import PART, encode_chunk, encode_waited, encode_withheld
from sparkwire.trace.records import About, Channel, Closed, Header, Notice, Opened, Worker
from sparkwire.wire.message import Direction

SHORTEST_WAIT = 100_000
"""Nanoseconds. A system call that takes less hasn't waited for the JVM long enough to say so."""


def begin(settings: WorkerSettings) -> None:
    """Record the workers that this process, a daemon of Spark's, is going to fork."""
    os.register_at_fork(after_in_child=_Forks(settings).in_child)


def begin_alone(settings: WorkerSettings) -> None:
    """Record this process, a worker that Spark starts without a daemon."""
    recorder = WorkerRecorder(settings, 0)
    os.register_at_fork(after_in_child=recorder.disown)
    for name in _CONNECTING:
        when_imported(name, recorder.watch_connecting)


_CONNECTING = ("pyspark.util", "pyspark.java_gateway")
"""Where ``local_connect_and_auth`` is: from 4.0 on, and in 3.5."""


class _Forks:
    """Sees the daemon fork its workers, and the workers fork what they like."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._daemon = os.getpid()
        self._worker: WorkerRecorder | None = None

    def in_child(self) -> None:
        """Called in every forked process, before anything else runs in it."""
        if self._worker is not None:
            self._worker.disown()  # the worker forks: what that process does isn't the worker's doing
        elif os.getppid() == self._daemon:
            self._worker = WorkerRecorder(self._settings, self._daemon)
            self._worker.watch(sys.modules["__main__"])


class WorkerRecorder:
    """Records the one connection of this process to its JVM, into a part of its own.

    ``daemon`` is the process that forked this one. Nothing here raises.
    """

    def __init__(self, settings: WorkerSettings, daemon: int) -> None:
        self._settings, self._daemon = settings, daemon
        self._writer: TraceWriter | None = None
        self._sieves: dict[Direction, Sieve] = {}
        self._offsets = dict.fromkeys(Direction, 0)
        self._told_lost = False
        self._thread = 0
        """The one that works: PySpark's, which is the first to read or write."""
        self._main: ModuleType | None = None

    # --- coming and going ------------------------------------------------------------------------

    def watch(self, main: ModuleType) -> None:
        """Record from now on. ``main`` is the daemon's module, in the process that it has just forked.

        ``manager`` there says the process's id with ``write_int`` on a stream of its own, then calls
        ``worker`` again and again, each time with new streams (``pyspark/daemon.py``, 3.5 to 4.3).
        """
        try:
            self._main = main
            os_module: Any = main.os  # AttributeError: a daemon that does it in another way
            write_int = main.write_int
            self._open(_handshake("daemon"))
            main.os = StandIn(os_module, fdopen=self._fdopen, _exit=self._exit)  # type: ignore[attr-defined]
            main.write_int = partial(self._say_pid, write_int)  # type: ignore[attr-defined]
        except Exception as error:
            self._fail(error)

    def watch_connecting(self, module: ModuleType) -> None:
        """Record the connection that ``local_connect_and_auth`` in ``module`` makes first.

        Called when the module has just been imported. Later connections are those to other servers of the
        JVM's (broadcasts, barriers).
        """
        connect, original = getattr(module, "local_connect_and_auth", None), getattr(module, "socket", None)
        if not isinstance(original, ModuleType) or getattr(connect, "__module__", "") != module.__name__:
            return  # the module only passes the function on, or connects in another way

        def begin() -> Passed:
            module.socket = original  # type: ignore[attr-defined]
            for name in _CONNECTING:
                forget(name, self.watch_connecting)
            try:
                self._open(_handshake("worker"))
                atexit.register(self.close)
            except Exception as error:
                self._fail(error)
            return self._passed

        connecting = type("socket", (ShownSocket,), {"begin": staticmethod(begin)})
        module.socket = StandIn(original, socket=connecting)  # type: ignore[attr-defined]

    def disown(self) -> None:
        """This is a fork of the worker: it doesn't record."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.disown()

    def _open(self, handshake: str) -> None:
        settings, pid, pyspark = self._settings, os.getpid(), _version()
        folder = _folder(settings.folder)
        host = platform.node()
        name = f"{time_ns():016x}-{host}-{pid}{PART}"  # so that they sort by time
        header = Header(platform.python_version(), "", pyspark, platform.system(), settings.trace, time_ns())
        self._writer = TraceWriter(Path(folder, name), header)
        for way in Direction:
            self._sieves[way] = Sieve(way, pyspark, handshake, in_any_text, data=settings.data)
        self._writer.write_record(Opened(1, Channel.WORKER, 0, 0, time_ns()))
        self._writer.write_record(Worker(1, pid, self._daemon, host, pyspark, handshake))

    def _exit(self, code: int) -> None:
        """``os._exit``, as the daemon's module calls it at a worker's end."""
        self.close()
        os._exit(code)

    def close(self) -> None:
        """The worker's end: store what was held back."""
        if self._writer is None:
            return
        try:
            for way, sieve in self._sieves.items():
                now = time_ns()
                self._store(way, sieve.end(), now, now)
            self._writer.write_record(Closed(1, time_ns()))
            self._writer.close()
        except Exception as error:
            self._fail(error)

    # --- what passes -----------------------------------------------------------------------------

    def _fdopen(self, fd: int, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        if mode in ("rb", "wb") and buffering > 1 and not (more or named):
            return shown(fd, mode, buffering, self._passed)
        return os.fdopen(fd, mode, buffering, *more, **named)

    def _say_pid(self, write_int: Callable[[int, Any], None], value: int, stream: Any) -> None:
        """``write_int``, as the daemon's module calls it in a worker: once, with the process's id."""
        write_int(value, stream)
        if self._main is not None:
            self._main.write_int = write_int  # type: ignore[attr-defined]
        self._passed(True, value.to_bytes(4, "big", signed=True), time_ns())

    def _passed(self, sent: bool, data: bytes, began: int) -> None:
        if self._writer is None:
            return
        try:
            now = time_ns()
            way = Direction.TO_JAVA if sent else Direction.TO_PYTHON
            sieve = self._sieves[way]
            self._store(way, sieve.feed(data, now), now, began)
            if sieve.lost and not self._told_lost:
                self._told_lost = True
                text = f"What a Python worker exchanged is stored only in part. {sieve.lost}"
                self._writer.write_record(Notice(About.WORKER, text, now))
        except Exception as error:
            self._fail(error)

    def _store(self, way: Direction, pieces: Iterator[Piece], now: int, began: int) -> None:
        """Store what one system call moved, with one write, and how long it waited if it did."""
        writer, to_python, thread = self._writer, way is Direction.TO_PYTHON, get_ident()
        assert writer is not None
        at, encoded = self._offsets[way], []
        self._thread = self._thread or thread
        # While a thread that reads ahead (4.3, spark.python.udf.pipelined.enabled) waits, the worker goes on.
        if now - began >= SHORTEST_WAIT and thread == self._thread:
            encoded.append(encode_waited(1, to_python, began, now))
        for piece in pieces:
            if isinstance(piece[0], int):
                size, digest, first_ns = piece
                encoded.append(encode_withheld(1, to_python, size, digest, first_ns, now))
                at += size
            else:
                data, inside = piece
                spans = [(at + start, at + end) for start, end in inside]
                encoded.append(encode_chunk(1, to_python, now, thread, 0, data, spans))
                at += len(data)
        self._offsets[way] = at
        if encoded:
            writer.write(b"".join(encoded))

    def _fail(self, error: Exception) -> None:
        """Something of our own went wrong: record no more, and say why."""
        writer, self._writer = self._writer, None
        reason = f"the recorder of a Python worker failed and stopped: {fault(error)}"
        with contextlib.suppress(Exception):
            if writer is not None:
                writer.fail(reason)
            text = reason[:1].upper() + reason[1:] + "."
            leave_notice(
                self._settings.trace, self._settings.started_ns, Notice(About.WORKER, text, time_ns())
            )


def _folder(asked: str) -> str:
    """The folder for parts, made if need be: ``asked``, or one in the temporary folder where that can't be,
    as on another machine. Raises ``OSError``.
    """
    with contextlib.suppress(OSError):
        os.makedirs(asked, mode=0o700, exist_ok=True)
        if os.access(asked, os.W_OK):
            return asked
    own = os.path.join(tempfile.gettempdir(), f"{elsewhere(asked)}-{os.getuid()}")
    os.makedirs(own, mode=0o700, exist_ok=True)
    if os.stat(own).st_uid != os.getuid():  # whoever made it could read what is written there
        raise PermissionError(f"{own} belongs to another user")
    return own


def _handshake(who: str) -> str:
    """What passes first on the connection of a ``daemon``'s worker, or of a ``worker`` on its own."""
    enabled = os.environ.get("PYTHON_UNIX_DOMAIN_ENABLED", "false").lower() == "true"
    if enabled or (who == "worker" and "PYTHON_WORKER_FACTORY_SOCK_PATH" in os.environ):
        return f"{who} over a Unix socket"
    return f"{who} over TCP"


def _version() -> str:
    """The version of this process's PySpark. It need not be the installed one: Spark brings its own."""
    return str(sys.modules["pyspark"].__version__)
