"""Spark without Py4J: a Spark Connect server, what its client says to it, and how that looks.

``server`` holds the server, which ``__main__`` runs with the command line that ``command`` makes.
``recorder`` sits in a client and keeps every gRPC call, ``calls`` is the model of what was kept, ``plan``
reads the plan in a request, and ``picture`` and ``shown`` draw it. ``traffic`` asks the kernel what gRPC
moved in all.

The names below are imported when they are first used: the process that runs the server needs no PySpark.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guide.connect.calls import GrpcCall as GrpcCall
    from guide.connect.command import NoServer as NoServer
    from guide.connect.recorder import ConnectRecorder as ConnectRecorder
    from guide.connect.server import ConnectServer as ConnectServer
    from guide.connect.shown import ConnectRecording as ConnectRecording
    from guide.connect.traffic import Traffic as Traffic
    from guide.connect.traffic import connection_traffic as connection_traffic

_WHERE = {
    "ConnectRecorder": "recorder",
    "ConnectRecording": "shown",
    "ConnectServer": "server",
    "GrpcCall": "calls",
    "NoServer": "command",
    "Traffic": "traffic",
    "connection_traffic": "traffic",
}

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'guide.connect' has no attribute {name!r}")
    return getattr(importlib.import_module(f"guide.connect.{_WHERE[name]}"), name)
