"""Records Py4J's conversations in this process, at its sockets.

How it gets in: Py4J's modules create sockets through the name ``socket`` that they imported. While a
recorder is installed, that name holds a stand-in for the module whose ``socket`` class is
``RecordingSocket``. Sockets that were already open when the recorder came are given that class, and
get their own back when it goes. So Py4J's code runs as it is, and afterwards everything is as before.

What must hold:
- the program's bytes go through untouched, whatever happens here: the recorder works on copies;
- if the recorder fails, it stops and says so in the trace; the program goes on;
- a forked child shares the file with its parent, so it doesn't record; the trace says that it was there.

It imports ``sparkwire.trace`` (raw records only), never a decoder.
"""

from __future__ import annotations

import gc
import itertools
import os
import platform
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from time import time_ns
from types import ModuleType
from typing import Any

from sparkwire.errors import RecordingError
from sparkwire.record.imports import forget, when_imported
from sparkwire.record.redact import Conversation, Redactor, Secrets, redact_source
from sparkwire.record.sites import CallSites
from sparkwire.record.writer import TraceWriter, fault
from sparkwire.trace.format import encode_chunk
from sparkwire.trace.records import About, CallSite, Channel, Closed, Header, Notice, Opened, Site, ThreadName

PATCHED_MODULES = ("py4j.java_gateway", "py4j.clientserver")


_SOCKET_HOLDERS = {
    "py4j.java_gateway": ("GatewayConnection", "CallbackConnection", "CallbackServer"),
    "py4j.clientserver": ("ClientServerConnection",),
}
"""The classes whose objects hold sockets, in ``socket`` or ``server_socket`` (Py4J 0.10.9.9)."""


class _Connection:
    """What the recorder knows of one socket."""

    __slots__ = ("from_java", "id", "to_java")

    def __init__(self, connection: int, secrets: Secrets) -> None:
        conversation = Conversation(secrets)
        self.id = connection
        self.to_java = Redactor(conversation)
        self.from_java = Redactor(conversation)


# What ``super()`` would find each time.
_sendall, _recv_into = socket.socket.sendall, socket.socket.recv_into


class _Thread(threading.local):
    """What the recorder knows of a thread."""

    ident = 0
    """Not 0 once the thread's name has been stored."""


class RecordingSocket(socket.socket):
    """A socket that shows the installed recorder what passes. It adds no attributes of its own, so
    that an open socket can be given this class and get its old one back.
    """

    __slots__ = ()

    def connect(self, address: Any) -> None:
        super().connect(address)
        if (recorder := _installed) is not None:
            recorder.opened(self, Channel.GATEWAY)

    def accept(self) -> tuple[socket.socket, Any]:
        plain, address = super().accept()
        timeout = plain.gettimeout()
        accepted = type(self)(plain.family, plain.type, plain.proto, fileno=plain.detach())
        accepted.settimeout(timeout)
        if (recorder := _installed) is not None:
            recorder.opened(accepted, Channel.CALLBACK)
        return accepted, address

    def detach(self) -> int:
        if (recorder := _installed) is not None:
            recorder.detached(self)
        return super().detach()

    def sendall(self, data: Any, flags: int = 0) -> None:
        if (recorder := _installed) is None:
            return _sendall(self, data, flags)
        now = time_ns()
        try:
            _sendall(self, data, flags)
        finally:
            # Only now: the other side is at work already, and recording takes place meanwhile.
            recorder.sent(self, data, now)

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(size, flags)
        if (recorder := _installed) is not None:
            recorder.received(self, data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        count = _recv_into(self, buffer, nbytes, flags)
        if (recorder := _installed) is not None:
            recorder.received(self, bytes(memoryview(buffer)[:count]))
        return count

    def close(self) -> None:
        if (recorder := _installed) is not None and not self._closed:  # type: ignore[attr-defined]
            recorder.closing(self)
        super().close()


class _SocketModule(ModuleType):
    """Stands in for the module ``socket`` inside Py4J: everything is the original's but the class."""

    def __init__(self, original: ModuleType) -> None:
        super().__init__(original.__name__)
        self.original = original
        self.socket = RecordingSocket

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


_installed: Recorder | None = None
"""The one recorder of this process; sockets look here."""


class Recorder:
    """Records all Py4J conversations of this process into a trace file.

    ``call_sites=False`` leaves out who caused each request, and is a little faster. ``program`` goes
    into the header. ``name_file`` gives notebook cells a name (see ``CallSites``).

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
    ) -> None:
        self.path = Path(path)
        self._writer = TraceWriter(path, _header(program))
        self._write = self._writer.write
        self._sites = CallSites(self._store_site, name_file) if call_sites else None
        self._secrets = Secrets()
        self._connections: dict[int, _Connection] = {}
        self.gateway_ports: set[int] = set()
        """The ports of the gateways that this process has talked to while it was recorded."""
        self._threads = _Thread()
        self._numbers = itertools.count(1)  # threads may connect at the same time; ``next`` is atomic
        self._forked = False
        self._fork_noted = False
        self._originals: dict[ModuleType, ModuleType] = {}

    # --- coming and going ------------------------------------------------------------------------

    def install(self) -> Recorder:
        """Begin to record, connections that are already open included. Returns itself."""
        global _installed
        if _installed is not None:
            self._writer.close(complete=False)
            raise RecordingError(
                f"this process is being recorded already, into {_installed.path}; "
                "remove that recorder before installing another"
            )
        _installed = self
        for name in PATCHED_MODULES:
            when_imported(name, self._patch)
        self._adopt_open_sockets()
        return self

    def remove(self) -> None:
        """Stop recording, put Py4J back as it was, and close the file."""
        global _installed
        if _installed is self:
            _installed = None
        for name in PATCHED_MODULES:
            forget(name, self._patch)
        for module, original in self._originals.items():
            module.socket = original  # type: ignore[attr-defined]
        self._originals.clear()
        for _, sock in _py4j_sockets():
            sock.__class__ = socket.socket
        if not self._forked:
            for connection in list(self._connections.values()):
                self._flush(connection)
        self._writer.close(complete=not self._forked)
        self._connections.clear()

    def __enter__(self) -> Recorder:
        return self.install()

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def failure(self) -> str | None:
        """Why recording stopped early, in one line; None while all is well."""
        return self._writer.failure

    def note(self, about: About, text: str) -> None:
        """Leave a notice (see ``Notice``) for the reader of the trace."""
        self._writer.write_record(Notice(about, text, time.time_ns()))

    # --- what the sockets report; none of these may raise ------------------------------------------

    def opened(self, sock: socket.socket, channel: Channel) -> None:
        try:
            self._register(sock, channel)
        except Exception as error:
            self._stop(error)

    def sent(self, sock: socket.socket, data: Any, now: int) -> None:
        """``data`` was sent at ``now``, or that was tried."""
        connection = self._connections.get(sock.fileno())
        if connection is None or self._forked or self._writer.failure is not None:
            return
        try:
            thread = self._threads.ident or self._new_thread()
            if connection.from_java.holding:  # the bytes of a stream, which end without a line end
                self._flush_one(connection.id, True, connection.from_java)
            # First the bytes: a secret in them may stand in the line's source text, too.
            stored = connection.to_java.feed(data if type(data) is bytes else bytes(data))
            site = self._sites.find(sys._getframe(2)) if self._sites is not None else 0
            if stored:
                self._write(encode_chunk(connection.id, False, now, thread, site, stored))
        except Exception as error:
            self._stop(error)

    def received(self, sock: socket.socket, data: bytes) -> None:
        connection = self._connections.get(sock.fileno())
        if connection is None or not data or self._forked or self._writer.failure is not None:
            return
        try:
            now = time.time_ns()
            thread = self._threads.ident or self._new_thread()
            stored = connection.from_java.feed(data)
            if stored:
                self._write(encode_chunk(connection.id, True, now, thread, 0, stored))
        except Exception as error:
            self._stop(error)

    def closing(self, sock: socket.socket) -> None:
        try:
            connection = self._connections.pop(sock.fileno(), None)
            if connection is not None and not self._forked:
                self._flush(connection)
                self._writer.write_record(Closed(connection.id, time.time_ns()))
        except Exception as error:
            self._stop(error)

    def detached(self, sock: socket.socket) -> None:
        """Something takes the descriptor over; in Py4J that is a TLS wrapper."""
        if type(sock) is RecordingSocket and sock.fileno() not in self._connections:
            self.note(
                About.RECORDER, "a connection was handed to another socket object (TLS): it is not recorded"
            )

    # --- how -----------------------------------------------------------------------------------------

    def _patch(self, module: ModuleType) -> None:
        if module not in self._originals:
            self._originals[module] = module.socket
            module.socket = _SocketModule(module.socket)  # type: ignore[attr-defined]

    def _adopt_open_sockets(self) -> None:
        """Take on the connections and callback servers that Py4J opened before the recorder came."""
        for holder, sock in _py4j_sockets():
            sock.__class__ = RecordingSocket
            if holder.__dict__.get("server_socket") is sock:
                continue  # it listens (CallbackServer, PythonServer); what it accepts will be registered
            # A CallbackConnection always serves Java; of the others only those that Java opened.
            is_callback = type(holder).__name__ == "CallbackConnection"
            from_java = is_callback or getattr(holder, "initiated_from_client", True) is False
            if _peer(sock) is not None:  # else the other side is gone, and nothing can pass any more
                self.opened(sock, Channel.CALLBACK if from_java else Channel.GATEWAY)

    def _register(self, sock: socket.socket, channel: Channel) -> None:
        if self._forked:
            self._note_fork()
            return
        number = next(self._numbers)
        local, remote = sock.getsockname(), _peer(sock)
        self._connections[sock.fileno()] = _Connection(number, self._secrets)
        if channel == Channel.GATEWAY and remote is not None:
            self.gateway_ports.add(_port(remote))
        self._writer.write_record(
            Opened(number, channel, _port(local), _port(remote), time.time_ns(), _address(remote))
        )

    def _note_fork(self) -> None:
        if not self._fork_noted:
            self._fork_noted = True
            self.note(
                About.RECORDER,
                f"process {os.getpid()}, forked by the program, opened a connection of its own; "
                "a forked process is not recorded",
            )

    def _flush(self, connection: _Connection) -> None:
        self._flush_one(connection.id, False, connection.to_java)
        self._flush_one(connection.id, True, connection.from_java)

    def _flush_one(self, connection: int, to_python: bool, redactor: Redactor) -> None:
        """Store what was held back of one direction, of which no more will come."""
        if held := redactor.end():
            now, thread = time.time_ns(), threading.get_ident()
            self._write(encode_chunk(connection, to_python, now, thread, 0, held))

    def _store_site(self, number: int, call_site: CallSite) -> None:
        stack = tuple(replace(f, code=redact_source(f.code, self._secrets)) for f in call_site.stack)
        self._writer.write_record(Site(number, CallSite(stack)))

    def _new_thread(self) -> int:
        """This thread's ident, once its name is stored. An ident is used again, a thread's own data isn't."""
        self._threads.ident = ident = threading.get_ident()
        self._writer.write_record(ThreadName(ident, threading.current_thread().name))
        return ident

    def _stop(self, error: Exception) -> None:
        self._writer.fail(f"the recorder failed and stopped: {fault(error)}")


def _py4j_sockets() -> Iterator[tuple[object, socket.socket]]:
    """Py4J's objects that hold a socket, with it. Sockets of other classes (TLS) are left alone."""
    classes = tuple(
        getattr(sys.modules[module], name)
        for module, names in _SOCKET_HOLDERS.items()
        if module in sys.modules
        for name in names
    )
    for found in gc.get_objects():
        # Not isinstance: it would ask the object, and some proxies raise when they are asked.
        if classes and issubclass(type(found), classes):
            for attribute in ("socket", "server_socket"):
                sock = found.__dict__.get(attribute)
                if type(sock) in (socket.socket, RecordingSocket) and sock.fileno() >= 0:
                    yield found, sock


def _after_fork_in_child() -> None:
    if _installed is not None:
        _installed._forked = True


os.register_at_fork(after_in_child=_after_fork_in_child)


def _peer(sock: socket.socket) -> Any:
    """The other side's address; None when it has reset the connection, because the system then forgets it."""
    try:
        return sock.getpeername()
    except OSError:
        return None


def _address(address: Any) -> str:
    return str(address[0]) if isinstance(address, tuple) else str(address or "")


def _port(address: Any) -> int:
    return address[1] if isinstance(address, tuple) else 0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _header(program: str) -> Header:
    return Header(
        python=platform.python_version(),
        py4j=_version("py4j"),
        pyspark=_version("pyspark"),
        os=f"{platform.system()} {platform.release()} {platform.machine()}",
        program=program,
        started_ns=time.time_ns(),
    )
