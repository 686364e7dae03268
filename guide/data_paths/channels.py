"""Counts what passes beside the gateway: on local sockets, through files, and to the accumulator server.

PySpark moves data in three ways besides Py4J (4.3.0). ``pyspark/util.py`` connects to a port or a path that
the JVM named (``local_connect_and_auth``). ``pyspark/core/context.py`` and ``broadcast.py`` write temporary
files that the JVM reads. And the JVM connects to a server in ``pyspark/accumulators.py``. While ``Channels``
is open, the sockets are made by a class that counts, and Python's audit events say which files were written.
Nothing is changed that Spark sees.
"""

from __future__ import annotations

import os
import socket
import sys
from types import ModuleType
from typing import Any, ClassVar, cast


class _Counting(socket.socket):
    """A socket that adds up what it moves. ``found`` takes each that is made."""

    found: ClassVar[list[_Counting]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.received = self.sent = 0
        self.found.append(self)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        count = super().recv_into(*args, **kwargs)
        self.received += count
        return count

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        data = super().recv(*args, **kwargs)
        self.received += len(data)
        return data

    def send(self, *args: Any, **kwargs: Any) -> int:
        count = super().send(*args, **kwargs)
        self.sent += count
        return count

    def sendall(self, data: Any, *args: Any, **kwargs: Any) -> None:
        super().sendall(data, *args, **kwargs)
        self.sent += memoryview(data).nbytes


class _Accepted(_Counting):
    """The JVM's connection to the accumulator server, of which there is one: it stays open."""

    found: ClassVar[list[_Counting]] = []


def _total(cls: type[_Counting]) -> int:
    return sum(one.received for one in cls.found)


def _counting() -> type[_Counting]:
    """A class of its own, which knows its sockets and no others."""
    return cast(type[_Counting], type("socket", (_Counting,), {"found": []}))


class _SocketModule(ModuleType):
    """What ``pyspark.util`` sees as the module ``socket``: the same, with a class that counts."""

    def __init__(self, cls: type[_Counting]) -> None:
        super().__init__("socket")
        self.socket = cls

    def __getattr__(self, name: str) -> Any:
        return getattr(socket, name)


class Channels:
    """While open, counts what the program's ``SparkContext`` moves beside the gateway.

    A file is counted when it is removed, or at the end if it is still there: Python has written all of it by
    then. The JVM connects to the accumulator server once, for the first job with a Python function, and
    ``Channels`` must be open then.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._cls = _counting()
        self._open: set[str] = set()
        self._accumulated_before = 0
        self._accumulated_until: int | None = None
        self.file_bytes = 0
        """What went through files."""
        self.files = 0

    @property
    def sockets(self) -> int:
        """How many connections Python made."""
        return len(self._cls.found)

    @property
    def received(self) -> int:
        """Bytes that came over them."""
        return _total(self._cls)

    @property
    def sent(self) -> int:
        """Bytes that went over them: the secret, and what asks for more."""
        return sum(one.sent for one in self._cls.found)

    @property
    def accumulated(self) -> int:
        """Bytes that the JVM sent to the accumulator server."""
        until = _total(_Accepted) if self._accumulated_until is None else self._accumulated_until
        return until - self._accumulated_before

    def __enter__(self) -> Channels:
        import pyspark.util

        pyspark.util.socket = _SocketModule(self._cls)
        server = self._context._accumulatorServer
        self._accumulated_before = _total(_Accepted)
        self._get_request = server.get_request
        server.get_request = self._accept
        _hear(self)
        return self

    def __exit__(self, *_: object) -> None:
        import pyspark.util

        pyspark.util.socket = socket
        del self._context._accumulatorServer.get_request
        self._accumulated_until = _total(_Accepted)
        _hearing.remove(self)
        for path in self._open:
            self._count(path)

    def _accept(self) -> tuple[socket.socket, Any]:
        accepted, address = self._get_request()
        return _Accepted(fileno=accepted.detach()), address

    def heard(self, event: str, path: str) -> None:
        """Python opens or removes a file."""
        if not path.startswith(self._context._temp_dir + os.sep):
            return
        if event == "open":
            self._open.add(path)
        elif path in self._open:
            self._open.remove(path)
            self._count(path)

    def _count(self, path: str) -> None:
        if os.path.exists(path):
            self.files += 1
            self.file_bytes += os.path.getsize(path)


_hearing: list[Channels] = []
_hooked = False


def _hear(channels: Channels) -> None:
    """Have ``channels`` told of files. A hook can't be taken back, so there is one for all."""
    global _hooked
    _hearing.append(channels)
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _hearing and event in ("open", "os.remove") and isinstance(args[0], str):
        for channels in _hearing:
            channels.heard(event, args[0])
