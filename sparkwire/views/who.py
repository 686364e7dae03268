"""Who asked, in a few words: the user's line, a thread, or what stands there where neither is known."""

from __future__ import annotations

from collections.abc import Iterable

from sparkwire.plain import visible
from sparkwire.trace.gateway.fold import Step
from sparkwire.trace.records import Frame, connection_name

_PY4J = "Py4J by itself"


def place(frame: Frame | None) -> str:
    """``mail.py:3``: where a line is, by the file's own name."""
    if frame is None:
        return ""
    return f"{visible(frame.file.replace(chr(92), '/').rsplit('/', 1)[-1])}:{frame.line}"


def asker(thread: str, connection: int) -> str:
    """Who asked, when it wasn't the main thread: ``thread T, connection 3``; else empty.

    In the trace of a relay it is the connection only.
    """
    if thread in ("", "MainThread"):
        return ""
    if thread == connection_name(connection):
        return thread
    return f"thread {thread}, connection {connection}"


def nobody(thread: str, connection: int) -> str:
    """Who asked, where no line of the program is known: Py4J by itself, or somebody behind a relay."""
    return thread if thread == connection_name(connection) else _PY4J


def no_line(steps: Iterable[Step]) -> str:
    """What to call the requests of ``steps`` for which no line is known."""
    relayed = any(step.thread == connection_name(step.connection) for step in steps)
    return "not known: a relay sees no lines" if relayed else _PY4J
