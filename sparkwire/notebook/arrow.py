"""Arrow messages of a worker's connection as rows, where pyarrow is installed.

The decoder knows how many rows a batch has, and where it ends. What the columns hold takes a reader of Arrow,
and this is the one place that asks for it: whoever only looks at messages needs no pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkwire.wire.message import Message

_PARTS = ("Arrow schema", "Arrow dictionary", "Arrow batch")
_END = b"\xff\xff\xff\xff\0\0\0\0"


def arrow_rows(messages: Iterable[Message]) -> list[dict[str, Any]] | None:
    """The rows of one Arrow stream, each by the names of its columns.

    ``messages`` are those of one direction, from its schema to its end or as far as they came. None where
    pyarrow is missing, where no schema is among them, and where bytes of one were not kept.
    """
    try:
        import pyarrow
    except ImportError:
        return None
    kept: list[bytes] = []
    for message in messages:
        if message.gaps:
            return None
        if message.command in _PARTS:
            kept.append(message.raw)
    if not kept:
        return None
    try:
        rows: list[dict[str, Any]] = pyarrow.ipc.open_stream(b"".join(kept) + _END).read_all().to_pylist()
    except (pyarrow.ArrowException, OSError):
        return None
    return rows
