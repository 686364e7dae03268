"""Py4J's sockets in this process, and how somebody listens to them.

Py4J's modules create sockets through the name ``socket`` that they imported. That name is given a stand-in
for the module, whose class ``socket`` is made by ``recording``; sockets that are open already are given such
a class. So Py4J's code runs as it is, and all of it can be undone.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from types import ModuleType
from typing import Any, Protocol

from sparkwire.trace.records import Channel

PATCHED_MODULES = ("py4j.java_gateway", "py4j.clientserver")

_SOCKET_HOLDERS = {
    "py4j.java_gateway": ("GatewayConnection", "CallbackConnection", "CallbackServer"),
    "py4j.clientserver": ("ClientServerConnection",),
}
"""The classes whose objects hold sockets, in ``socket`` or ``server_socket`` (Py4J 0.10.9.9)."""


class Listener(Protocol):
    """Who is told what the sockets do. None of these may raise, and none changes what passes."""

    path: Path
    """Where it records what it is told."""

    def opened(self, sock: socket.socket, channel: Channel) -> None: ...

    def sent(self, sock: socket.socket, data: Any, now: int) -> None:
        """``data`` was sent at ``now`` (ns), or that was tried. The caller's caller is who sent it."""

    def unsent(self, sock: socket.socket, reason: str) -> None:
        """What ``sent`` told last of this socket failed to be sent."""

    def received(self, sock: socket.socket, data: bytes) -> None: ...

    def closing(self, sock: socket.socket) -> None: ...

    def detached(self, sock: socket.socket) -> None:
        """Something takes the descriptor over; in Py4J that is a TLS wrapper."""

    def forking(self) -> None:
        """This thread is about to fork. From now on a call may come from the child, even before ``forked``:
        there CPython first drops what other threads had, whose finalizers close and send.
        """

    def forked_off(self) -> None:
        """The fork is over, and this is the parent."""

    def forked(self) -> None:
        """The fork is over, and this process is the child."""

    def in_child(self) -> bool:
        """Whether this process is a fork of the one that installed the listener."""


listener: Listener | None = None
"""The one listener of this process. It may go at any moment, so a socket looks here once."""


class Recorded:
    """What the classes of ``recording`` have in common, and nothing else has."""

    __slots__ = ()
    original: type
    """The class that the socket would have had."""


def recording(plain: Any) -> Any:
    """The class of sockets that are of the class ``plain``, and tell the listener what passes.

    ``plain`` is whatever the program has in the place of ``socket.socket``: gevent and eventlet put classes
    of their own there, and a program may, too. What is no class of sockets comes back as it is; so does TLS.
    """
    if plain not in _recording:
        _recording[plain] = _make(plain) if _is_recordable(plain) else plain
    return _recording[plain]


def _is_recordable(plain: Any) -> bool:
    return (
        isinstance(plain, type)
        and not issubclass(plain, Recorded)
        and all(hasattr(plain, name) for name in ("sendall", "recv_into", "accept", "connect"))
        and not _is_tls(plain)
    )


def _is_tls(plain: type) -> bool:
    return hasattr(plain, "do_handshake")  # Python's own class, gevent's and eventlet's


def _make(plain: Any) -> Any:
    class RecordingSocket(plain, Recorded):  # type: ignore[misc]
        """Adds no attributes of its own, so that an open socket can be given this class and its own back."""

        __slots__ = ()
        original = plain

        def connect(self, address: Any) -> None:
            plain.connect(self, address)
            if (told := listener) is not None:
                told.opened(self, Channel.GATEWAY)

        def accept(self) -> tuple[Any, Any]:
            accepted, address = plain.accept(self)
            if (told := listener) is not None:
                become(accepted, recording(type(accepted)))
                told.opened(accepted, Channel.CALLBACK)
            return accepted, address

        def detach(self) -> int:
            if (told := listener) is not None:
                told.detached(self)
            return plain.detach(self)  # type: ignore[no-any-return]

        def sendall(self, data: Any, flags: int = 0) -> None:
            if (told := listener) is None:
                return plain.sendall(self, data, flags)  # type: ignore[no-any-return]
            now, reason = time_ns(), ""
            try:
                plain.sendall(self, data, flags)
            except OSError as error:
                reason = error.strerror or str(error)
                raise
            finally:
                # Only now: the other side is at work already, and recording takes place meanwhile.
                told.sent(self, data, now)
                if reason:
                    told.unsent(self, reason)

        def recv(self, size: int, flags: int = 0) -> bytes:
            data = plain.recv(self, size, flags)
            if (told := listener) is not None:
                told.received(self, data)
            return data  # type: ignore[no-any-return]

        def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
            count = plain.recv_into(self, buffer, nbytes, flags)
            if (told := listener) is not None:
                # What Py4J's stream passes is a view of bytes; of others a view is made.
                plain_view = type(buffer) is memoryview and len(buffer) == buffer.nbytes
                view = buffer if plain_view else memoryview(buffer).cast("B")
                told.received(self, view[:count].tobytes())
            return count  # type: ignore[no-any-return]

        def close(self) -> None:
            if (told := listener) is not None:
                told.closing(self)
            plain.close(self)

    return RecordingSocket


_recording: dict[Any, Any] = {}
"""For each class that a program has in the place of ``socket.socket`` its recording one."""


def become(sock: Any, cls: Any) -> None:
    """Give an open socket another class, where Python can."""
    if type(sock) is not cls:
        with contextlib.suppress(TypeError):
            sock.__class__ = cls


class SocketModule(ModuleType):
    """Stands in for the module ``socket`` inside Py4J: everything is the original's but the class.

    The class is asked for each time, because gevent and eventlet replace it in the original at any moment.
    """

    def __init__(self, original: ModuleType) -> None:
        super().__init__(original.__name__)
        self.__dict__["original"] = original

    @property
    def socket(self) -> Any:
        return recording(self.__dict__["original"].socket)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["original"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["original"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["original"], name)


def adopt_open_sockets() -> Iterator[tuple[socket.socket, Channel]]:
    """Make the sockets that Py4J has open recording ones; yields those of connections.

    A server's socket (CallbackServer, PythonServer) isn't yielded: the connections that it accepts will be
    reported. Nor is one whose other side is gone, because nothing can pass there any more.
    """
    for holder, sock in _py4j_sockets():
        become(sock, recording(type(sock)))
        if not isinstance(sock, Recorded):
            continue  # of a class that Python can't exchange
        if holder.__dict__.get("server_socket") is sock or peer(sock) is None:
            continue
        # A CallbackConnection always serves Java; of the others only those that Java opened.
        is_callback = type(holder).__name__ == "CallbackConnection"
        from_java = is_callback or getattr(holder, "initiated_from_client", True) is False
        yield sock, Channel.CALLBACK if from_java else Channel.GATEWAY


def release_open_sockets() -> None:
    """Give the sockets that Py4J has open their own class back."""
    for _, sock in _py4j_sockets():
        if isinstance(sock, Recorded):
            become(sock, sock.original)


def has_tls_open() -> bool:
    """Whether Py4J has a socket with TLS open, which can't be made a recording one."""
    return any(_is_tls(type(sock)) for _, sock in _held())


def peer(sock: socket.socket) -> Any:
    """The other side's address; None when it has reset the connection, because the system then forgets it."""
    try:
        return sock.getpeername()
    except OSError:
        return None


def _py4j_sockets() -> Iterator[tuple[object, socket.socket]]:
    """Py4J's objects that hold an open socket, with it. Those with TLS are left alone."""
    for holder, sock in _held():
        is_socket = issubclass(type(sock), Recorded) or _is_recordable(type(sock))
        if is_socket and sock.fileno() >= 0:
            yield holder, sock


def _held() -> Iterator[tuple[object, Any]]:
    """Py4J's objects that may hold a socket, with whatever they hold in its place."""
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
                if (sock := found.__dict__.get(attribute)) is not None:
                    yield found, sock


def _before_fork() -> None:
    if (told := listener) is not None:
        told.forking()


def _after_fork_in_parent() -> None:
    if (told := listener) is not None:
        told.forked_off()


def _after_fork_in_child() -> None:
    if (told := listener) is not None:
        told.forked()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
)
