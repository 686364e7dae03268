"""Puts the records of a trace into the order in which things happened.

The recorder stores what was sent just after it was sent, because Java is at work by then. When Java calls
back at once, another thread may store the callback first. Each chunk carries the time at which it began to be
sent or had come, so a late one is moved back to its place, with the records that belong to it.

The records of one connection keep their order, which is the order on the wire.

Records come and go many at once, because most are in order, and to look at each takes long.
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


def in_order(batches: Iterable[list[Record]]) -> Iterator[list[Record]]:
    """The records of a trace, as a stream, with each chunk at its place in time."""
    held: list[Record] = []
    sizes: deque[tuple[int, int]] = deque()
    """Of the batches that are held: how many records, and how many bytes in them."""
    latest = weight = 0
    for batch in batches:
        # A trace is nearly all chunks, and their columns are looked at much faster than they are.
        only_chunks = set(map(type, batch)) == {Chunk}
        chunks = batch if only_chunks else [record for record in batch if type(record) is Chunk]
        added = 0
        if chunks:
            _, _, times, _, _, datas = zip(*chunks, strict=True)
            added = sum(map(len, datas))
            if times[0] < latest or list(times) != sorted(times):
                latest = _put_in(held, batch, latest)
            else:
                held += batch
                latest = times[-1]
        else:
            held += batch
        sizes.append((len(batch), added))
        weight += added
        cut = 0
        while sizes and (weight > MAX_HELD_BYTES or len(held) - cut - sizes[0][0] >= MAX_HELD):
            count, gone = sizes.popleft()
            weight -= gone
            cut += count
        if cut:
            yield held[:cut]
            del held[:cut]
    yield held


def _put_in(held: list[Record], batch: list[Record], latest: int) -> int:
    """Add a batch in which something is late; returns when its latest chunk was."""
    added = 0
    for at, record in enumerate(batch):
        if type(record) is not Chunk:
            continue
        t_ns = record.t_ns
        if t_ns >= latest or latest - t_ns > MAX_LATE_NS:
            latest = t_ns
        else:
            held += batch[added : at + 1]
            added = at + 1
            _move_back(held)
    held += batch[added:]
    return latest


def _move_back(held: list[Record]) -> None:
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
