"""Notices when a process that a recorded program started talks to Java, and says so in the program's trace.

Such a process isn't recorded. ``sparkwire run`` lets its Python find the folder ``startup``; when Py4J is
imported there, ``watch`` is called. The first connection is noted, and then there is nothing more to do.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from time import time_ns
from types import ModuleType
from typing import Any

from sparkwire.record import sockets
from sparkwire.record.imports import forget, when_imported
from sparkwire.record.sockets import PATCHED_MODULES, SocketModule
from sparkwire.record.writer import leave_notice
from sparkwire.trace.records import About, Channel, Notice


class _Watcher:
    """A listener (see ``sockets.Listener``) that only waits for the first connection."""

    def __init__(self, trace: str, started_ns: int) -> None:
        self.path = Path(trace)
        self._started_ns = started_ns
        self._originals: dict[ModuleType, ModuleType] = {}

    def patch(self, module: ModuleType) -> None:
        if not isinstance(module.socket, SocketModule):
            self._originals[module] = module.socket
            module.socket = SocketModule(module.socket)  # type: ignore[attr-defined]

    def opened(self, sock: Any, channel: Channel) -> None:
        self._found()

    def detached(self, sock: Any) -> None:
        self._found()  # TLS is a way to talk to Java, too

    def sent(self, sock: Any, data: Any, now: int) -> None: ...

    def unsent(self, sock: Any, reason: str) -> None: ...

    def received(self, sock: Any, data: bytes) -> None: ...

    def closing(self, sock: Any) -> None: ...

    def forking(self) -> None: ...

    def forked_off(self) -> None: ...

    def forked(self) -> None: ...

    def in_child(self) -> bool:
        return True

    def _found(self) -> None:
        if sockets.listener is self:
            sockets.listener = None
        for name in PATCHED_MODULES:
            forget(name, self.patch)
        for module, original in self._originals.items():
            module.socket = original  # type: ignore[attr-defined]
        text = (
            f"Process {os.getpid()}, started by the program, talked to Java. It is not recorded, because "
            "only the program's own process is. Do its work in that process (pytest: without -n), or run it "
            "by itself under 'sparkwire run'."
        )
        with contextlib.suppress(Exception):
            leave_notice(str(self.path), self._started_ns, Notice(About.CHILD, text, time_ns()))


def watch(trace: str, started_ns: int) -> None:
    """Note it in ``trace``, which began at ``started_ns``, when this process connects to Java."""
    if sockets.listener is None:
        watcher = sockets.listener = _Watcher(trace, started_ns)
        for name in PATCHED_MODULES:
            when_imported(name, watcher.patch)
