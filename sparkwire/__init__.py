"""sparkwire: record, decode and show what crosses the wires between Python and Java in PySpark.

In a notebook: ``%load_ext sparkwire``, then ``%%wire`` above a cell. On a script: ``sparkwire run``.

The names below are the public ones, and all of them but for what three modules offer: ``sparkwire.views``,
the pictures, and ``sparkwire.wire.gateway`` and ``sparkwire.wire.worker``, the protocols. Each name is
imported when it is first used, so that a recorded program loads no more than the recorder, and a page drawn
from a stored trace needs no Py4J.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkwire.errors import SparkwireError as SparkwireError
    from sparkwire.jvm.filter import method_filter as method_filter
    from sparkwire.jvm.gateway_objects import held_objects as held_objects
    from sparkwire.jvm.gateway_objects import wait_for_releases as wait_for_releases
    from sparkwire.jvm.java import Java as Java
    from sparkwire.jvm.java import NoJava as NoJava
    from sparkwire.jvm.java import find_java as find_java
    from sparkwire.launch.supervise import Supervisor as Supervisor
    from sparkwire.notebook.recording import Recording as Recording
    from sparkwire.record.recorder import Recorder as Recorder
    from sparkwire.trace.gateway.exchange import Exchange as Exchange
    from sparkwire.trace.load import Trace as Trace
    from sparkwire.trace.load import load as load
    from sparkwire.trace.worker.runs import Run as Run
    from sparkwire.wire.message import Direction as Direction
    from sparkwire.wire.message import Field as Field
    from sparkwire.wire.message import Malformed as Malformed
    from sparkwire.wire.message import Message as Message

_WHERE = {
    # record, open and look
    "Recorder": "sparkwire.record.recorder",
    "Recording": "sparkwire.notebook.recording",
    "load": "sparkwire.trace.load",
    # what a recording holds
    "Trace": "sparkwire.trace.load",
    "Exchange": "sparkwire.trace.gateway.exchange",
    "Run": "sparkwire.trace.worker.runs",
    # what crosses a wire
    "Direction": "sparkwire.wire.message",
    "Field": "sparkwire.wire.message",
    "Message": "sparkwire.wire.message",
    "Malformed": "sparkwire.wire.message",
    # Java, and a gateway that runs
    "Java": "sparkwire.jvm.java",
    "NoJava": "sparkwire.jvm.java",
    "find_java": "sparkwire.jvm.java",
    "method_filter": "sparkwire.jvm.filter",
    "held_objects": "sparkwire.jvm.gateway_objects",
    "wait_for_releases": "sparkwire.jvm.gateway_objects",
    # running a program that leaves nothing behind
    "Supervisor": "sparkwire.launch.supervise",
    # what can go wrong
    "SparkwireError": "sparkwire.errors",
}
"""Each public name, and the module that has it. ``tests/unit/test_public_names.py`` pins them."""

PUBLIC_MODULES = ("sparkwire.views", "sparkwire.wire.gateway", "sparkwire.wire.worker")
"""Modules whose own ``__all__`` is public, too."""

__all__ = [*_WHERE, "load_ipython_extension"]  # they are listed once, above


def __getattr__(name: str) -> Any:
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'sparkwire' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(where), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext sparkwire``."""
    # Imported here, so that the library works where there is no IPython.
    from sparkwire.notebook import load_ipython_extension as load_into

    load_into(shell)
