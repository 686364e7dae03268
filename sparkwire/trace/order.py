"""Puts the records of a trace into the order in which things happened.

The recorder stores what was sent just after it was sent, because Java is at work by then. When Java calls
back at once, another thread may store the callback first. Each chunk carries the time at which it began to be
sent or had come, so a late one is moved back to its place, with the records that belong to it.

The records of one connection keep their order, which is the order on the wire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from sparkwire.trace.records import Chunk, Closed, Opened, Record, Redacted, Site, ThreadName

MAX_HELD = 2_000
"""How many records may be stored before one that happened earlier. As many are held while a trace is read."""
MAX_HELD_BYTES = 1 << 20
"""Beyond this many bytes in them fewer are held."""
MAX_LATE_NS = 10_000_000_000
"""A chunk that seems later than that isn't: somebody set the clock back."""


def in_order(records: Iterable[Record]) -> Iterator[Record]:
    """The records of a trace, as a stream, with each chunk at its place in time."""
    held: deque[Record] = deque()
    latest = weight = 0
    for record in records:
        held.append(record)
        if type(record) is Chunk:
            weight += len(record.data)
            if (t_ns := record.t_ns) >= latest or latest - t_ns > MAX_LATE_NS:
                latest = t_ns
            else:
                _move_back(held)
        while len(held) > MAX_HELD or weight > MAX_HELD_BYTES:
            first = held.popleft()
            if type(first) is Chunk:
                weight -= len(first.data)
            yield first
    yield from held


def _move_back(held: deque[Record]) -> None:
    """Move the last record, a chunk, before what happened later."""
    late = held.pop()
    assert isinstance(late, Chunk)
    own: list[Record] = []
    passed: list[Record] = []
    while held:
        match before := held[-1]:
            case Chunk():
                if before.connection == late.connection or before.t_ns <= late.t_ns:
                    break
                passed.append(before)
            case Opened() | Closed():
                if before.connection == late.connection:
                    break
                passed.append(before)
            case Redacted():
                (own if before.connection == late.connection else passed).append(before)
            case Site():
                (own if before.id == late.site else passed).append(before)
            case ThreadName():
                (own if before.thread == late.thread else passed).append(before)
            case _:
                passed.append(before)
        held.pop()
    held.extend(reversed(own))
    held.append(late)
    held.extend(reversed(passed))
