"""Records Py4J's conversations in this process, at its sockets.

What must hold:
- the program's bytes go through untouched, whatever happens here: the recorder works on copies;
- if the recorder fails, it stops and says so in the trace; the program goes on;
- a forked child shares the file with its parent, so it doesn't record; the trace says that it talked to Java.

When a process forks, CPython drops in the child what the other threads had, before any hook can say that this
is a child. Finalizers of Py4J run then, which close connections and even send. So whoever may be in a child
looks at the process's id: always, where that is rare; and where messages pass, only while a thread forks,
because looking is a system call.
"""

from __future__ import annotations

import contextlib
import os
import socket as socket_module
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import socket as Socket
from threading import get_native_id
from time import time_ns
from types import ModuleType
from typing import Any

from sparkwire.errors import RecordingError
from sparkwire.record import sockets
from sparkwire.record.imports import forget, when_imported
from sparkwire.record.sockets import PATCHED_MODULES, Recorded, SocketModule, peer, recording
from sparkwire.record.tape import Tape, Taped, program_header
from sparkwire.trace.records import About, Channel, Notice

TLS = (
    "The program's connections to Java use TLS, so what crosses them is not recorded. To record it, leave "
    "ssl_context out of the gateway's parameters."
)
MAX_UNSENT_NOTED = 20
"""Notices of messages that were not sent."""

_OPENED = "talked to Java on a connection of its own."
_USED = (
    "used a connection to Java that the program had opened. Both use it now, so replies may reach the wrong "
    "process; 'sparkwire relay' records what both send."
)

_VERSIONS = ("py4j.version", "pyspark.version")
"""Modules that say which version it is that the program uses. It need not be the installed one: with
``spark-submit`` it comes from Spark's own archives, and a source tree isn't installed."""


def _thread_data() -> Any:
    """What the recorder knows of a thread: its ``ident``, which isn't 0 once its name has been stored."""

    class _Thread(threading.local):
        ident = 0

    return _Thread()


class Recorder:
    """Records all Py4J conversations of this process into a trace file.

    ``call_sites=False`` leaves out who caused each request, and is a little faster. ``program`` goes
    into the header. ``name_file`` gives notebook cells a name (see ``CallSites``). Code below the paths
    ``users`` counts as the user's, and the packages named ``libraries`` as libraries, wherever they lie.

    Use it as a context manager, or call ``install`` and ``remove``. Raises ``OSError`` when the file
    can't be created and ``RecordingError`` when another recorder is installed.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        program: str = "",
        call_sites: bool = True,
        name_file: Callable[[str], str | None] | None = None,
        users: Sequence[str] = (),
        libraries: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        header = program_header(program)
        self.started_ns = header.started_ns
        """When the trace began, by its header."""
        self._tape = Tape(path, header, name_file, users, libraries)
        self._call_sites = call_sites
        self._connections: dict[int, Taped] = {}
        """By the socket's descriptor."""
        self.gateway_ports: set[int] = set()
        """The ports of the gateways that this process has talked to while it was recorded."""
        self._threads = _thread_data()
        self._process = os.getpid()
        self._forking: set[int] = set()
        """The threads that are forking just now. In a child it is never empty."""
        self._child_noted = self._tls_noted = False
        self._unsent_noted = 0
        self._originals: dict[ModuleType, ModuleType] = {}

    # --- coming and going ------------------------------------------------------------------------

    def install(self) -> Recorder:
        """Begin to record, connections that are already open included. Returns itself.

        A forked child of a recorded process isn't recorded, so it can install a recorder of its own.
        """
        if (other := sockets.listener) is not None and other.in_child():
            sockets.listener = None
        elif other is not None:
            self._tape.writer.close(complete=False)
            raise RecordingError(
                f"this process is being recorded already, into {other.path}; "
                "remove that recorder before installing another"
            )
        sockets.listener = self
        for name in PATCHED_MODULES:
            when_imported(name, self._patch)
        for name in _VERSIONS:
            when_imported(name, self._learn_version)
        for sock, channel in sockets.adopt_open_sockets():
            self.opened(sock, channel)
        if sockets.has_tls_open():
            self._note_tls()
        return self

    def remove(self) -> None:
        """Stop recording, put Py4J back as it was, and close the file, unless this is a forked child."""
        if sockets.listener is self:
            sockets.listener = None
        for name in PATCHED_MODULES:
            forget(name, self._patch)
        for name in _VERSIONS:
            forget(name, self._learn_version)
        for module, original in self._originals.items():
            module.socket = original  # type: ignore[attr-defined]
        self._originals.clear()
        sockets.release_open_sockets()
        if not self.in_child():
            for connection in list(self._connections.values()):
                self._tape.flush(connection, threading.get_ident())
        self._tape.writer.close()
        self._connections.clear()

    def __enter__(self) -> Recorder:
        return self.install()

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def failure(self) -> str | None:
        """Why recording stopped early, in one line; None while all is well."""
        return self._tape.writer.failure

    def note(self, about: About, text: str) -> None:
        """Leave a notice (see ``Notice``) for the reader of the trace."""
        self._tape.note(about, text)

    def socket(self) -> Socket:
        """A new TCP socket (IPv4), not connected, for speaking to a gateway by hand.

        Once it connects, what passes is recorded, as for Py4J's own sockets. The caller closes it.
        Raises ``RecordingError`` when this recorder isn't installed.
        """
        if sockets.listener is not self:
            raise RecordingError(f"the recorder into {self.path} is not installed, so it records no socket")
        sock: Socket = recording(socket_module.socket)()
        return sock

    # --- what the sockets report; none of these may raise ------------------------------------------

    def opened(self, sock: Socket, channel: Channel) -> None:
        try:
            self._register(sock, channel)
        except Exception as error:
            self._tape.fail(error)

    def sent(self, sock: Socket, data: Any, now: int) -> None:
        connection = self._connections.get(sock.fileno())
        if connection is not None:
            if self._forking and self.in_child():
                self._note_child(_USED)
                return
            thread = self._threads.ident or self._new_thread()
            frame = sys._getframe(2) if self._call_sites else None
            self._tape.chunk(connection, False, now, thread, data, frame)

    def received(self, sock: Socket, data: bytes) -> None:
        connection = self._connections.get(sock.fileno())
        if connection is not None and data:
            if self._forking and self.in_child():
                self._note_child(_USED)
                return
            now = time_ns()
            self._tape.chunk(connection, True, now, self._threads.ident or self._new_thread(), data)

    def unsent(self, sock: Socket, reason: str) -> None:
        connection = self._connections.get(sock.fileno())
        if connection is None or self.in_child():
            return
        self._tape.unsent(connection, reason)
        if self._unsent_noted < MAX_UNSENT_NOTED:
            self._unsent_noted += 1
            self.note(
                About.RECORDER,
                f"On connection {connection.number} a message from Python was not sent: {reason}. "
                "It is not known how much of the message was sent, and it has no reply.",
            )

    def closing(self, sock: Socket) -> None:
        connection = self._connections.pop(sock.fileno(), None)
        if connection is not None and not self.in_child():
            self._tape.closed(connection, threading.get_ident())

    def detached(self, sock: Socket) -> None:
        if isinstance(sock, Recorded) and sock.fileno() not in self._connections:
            self._note_tls()

    def forking(self) -> None:
        self._forking.add(get_native_id())

    def forked_off(self) -> None:
        self._forking.discard(get_native_id())

    def forked(self) -> None:
        self._forking.add(0)
        self._tape.writer.disown()

    def in_child(self) -> bool:
        return os.getpid() != self._process

    # --- how -----------------------------------------------------------------------------------------

    def _patch(self, module: ModuleType) -> None:
        if not isinstance(module.socket, SocketModule):
            self._originals[module] = module.socket
            module.socket = SocketModule(module.socket)  # type: ignore[attr-defined]

    def _learn_version(self, module: ModuleType) -> None:
        version = getattr(module, "__version__", None)
        if isinstance(version, str):
            self._tape.uses(module.__name__.partition(".")[0], version)

    def _register(self, sock: Socket, channel: Channel) -> None:
        if self.in_child():
            self._note_child(_OPENED)
            return
        if not isinstance(self._threads, threading.local):  # gevent has put its own there meanwhile
            self._threads = _thread_data()
        local, remote = sock.getsockname(), peer(sock)
        taped = self._tape.opened(channel, _port(local), _port(remote), _address(remote))
        if (gone := self._connections.pop(sock.fileno(), None)) is not None:  # closed without our ``close``
            self._tape.closed(gone, threading.get_ident())
        self._connections[sock.fileno()] = taped
        if channel == Channel.GATEWAY and remote is not None:
            self.gateway_ports.add(_port(remote))

    def _note_child(self, what: str) -> None:
        """Say once in the trace that this forked child talked to Java. There is no more to be told then."""
        if sockets.listener is self:
            sockets.listener = None
        if not self._child_noted:
            self._child_noted = True
            text = f"Process {os.getpid()}, forked by the program, {what} A forked process is not recorded."
            with contextlib.suppress(Exception):
                self._tape.writer.note_from_child(Notice(About.CHILD, text, time_ns()))

    def _note_tls(self) -> None:
        if not self._tls_noted:
            self._tls_noted = True
            self.note(About.RECORDER, TLS)

    def _new_thread(self) -> int:
        """This thread's ident, once its name is stored. An ident is used again, a thread's own data isn't."""
        self._threads.ident = ident = threading.get_ident()
        try:
            name = threading.current_thread().name
        except Exception as error:  # a thread that Python didn't start, while the interpreter shuts down
            self._tape.fail(error)
        else:
            self._tape.thread(ident, name)
        return ident


def _address(address: Any) -> str:
    return str(address[0]) if isinstance(address, tuple) else str(address or "")


def _port(address: Any) -> int:
    return address[1] if isinstance(address, tuple) else 0
