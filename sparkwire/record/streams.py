"""Streams that show a listener what passes, at the level of system calls.

A Python worker of Spark's reads and writes buffered streams over one socket (``pyspark/daemon.py``, 3.5 to
4.3). What is put in their place has the same types, because PySpark and pyarrow may look: the buffers are
the standard library's, and only the raw stream below them is ours. So a listener is shown what one system
call moved, when it moved it, and nothing is slower for what Python takes out of the buffer.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from time import time_ns
from types import ModuleType
from typing import Any

Passed = Callable[[bool, bytes, int], None]
"""Told what has passed: whether Python sent it, the bytes, and when the system call began, in nanoseconds
since the epoch. It must not raise."""


class Shown(io.RawIOBase):
    """The raw stream ``inner``, which tells ``passed`` of all that it moves."""

    def __init__(self, inner: io.RawIOBase, passed: Passed) -> None:
        self._inner, self._passed = inner, passed

    @property
    def name(self) -> Any:
        return getattr(self._inner, "name", None)

    @property
    def mode(self) -> Any:
        return getattr(self._inner, "mode", None)

    def fileno(self) -> int:
        return self._inner.fileno()

    def isatty(self) -> bool:
        return self._inner.isatty()

    def readable(self) -> bool:
        return self._inner.readable()

    def writable(self) -> bool:
        return self._inner.writable()

    def readinto(self, buffer: Any) -> int | None:
        began = time_ns()
        count: int | None = self._inner.readinto(buffer)
        if count:
            self._passed(False, bytes(memoryview(buffer)[:count]), began)
        return count

    def write(self, data: Any) -> int | None:
        began = time_ns()
        count = self._inner.write(data)
        if count:
            self._passed(True, bytes(memoryview(data)[:count]), began)
        return count

    def close(self) -> None:
        if not self.closed:
            try:
                super().close()
            finally:
                self._inner.close()


def shown(fd: int, mode: str, buffering: int, passed: Passed) -> Any:
    """What ``os.fdopen`` gives for a binary mode and a buffer, with its raw stream shown."""
    raw = Shown(io.FileIO(fd, mode), passed)
    return io.BufferedReader(raw, buffering) if "r" in mode else io.BufferedWriter(raw, buffering)


class ShownSocket(socket.socket):
    """A socket whose stream for reading and writing, ``makefile("rwb", buffering)``, is shown.

    ``begin`` is asked whom to tell when that stream is made.
    """

    begin: Callable[[], Passed]

    def makefile(self, mode: Any = "r", buffering: Any = None, **named: Any) -> Any:
        if mode != "rwb" or named or buffering is None or buffering <= 1:
            return super().makefile(mode, buffering, **named)
        raw = Shown(super().makefile(mode, 0), type(self).begin())
        return io.BufferedRWPair(raw, raw, buffering)


class StandIn(ModuleType):
    """What stands for a module in one other module: the same, but for what it is given."""

    def __init__(self, original: ModuleType, **replaced: Any) -> None:
        super().__init__(original.__name__)
        self.__dict__.update(replaced)
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)
