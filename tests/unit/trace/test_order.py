"""A chunk that was stored late is given its place in time back, with what belongs to it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest

from sparkwire.trace import order
from sparkwire.trace.gateway.exchanges import exchanges
from sparkwire.trace.order import MAX_HELD, MAX_LATE_NS, in_order
from sparkwire.trace.records import (
    CallSite,
    Channel,
    Chunk,
    Closed,
    Frame,
    Notice,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
)
from sparkwire.wire.message import Direction

TO_JAVA, TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
SITE = Site(4, CallSite((Frame("adam.py", 3, "f", "sort()", False),)))


def ordered(records: Iterable[Record], size: int = 1) -> Iterator[Record]:
    """The records in order; they come so many at once."""
    waiting: list[Record] = []

    def batches() -> Iterator[list[Record]]:
        for record in records:
            waiting.append(record)
            if len(waiting) == size:
                yield waiting.copy()
                waiting.clear()
        yield waiting

    for batch in in_order(batches()):
        yield from batch


def test_a_callback_that_was_stored_before_the_call_that_caused_it_comes_after_it() -> None:
    records = [
        Opened(1, Channel.GATEWAY, 1, 2, 1),
        Opened(2, Channel.CALLBACK, 1, 2, 2),
        ThreadName(8, "callbacks"),
        Chunk(2, TO_PYTHON, 20, 8, 0, b"c\np0\nrun\ne\n"),
        ThreadName(7, "MainThread"),
        SITE,
        Redacted(1, TO_JAVA, ((5, 6),)),
        Chunk(1, TO_JAVA, 10, 7, 4, b"c\no1\n*\ne\n"),
        Chunk(2, TO_JAVA, 30, 8, 0, b"!yv\n"),
        Chunk(1, TO_PYTHON, 40, 7, 0, b"!yv\n"),
    ]
    call, callback = exchanges(records)
    assert (call.n, call.channel, call.start_ns, call.thread) == (1, Channel.GATEWAY, 10, "MainThread")
    assert call.site == SITE.site
    assert (callback.n, callback.channel, callback.start_ns, callback.thread) == (
        2,
        "callback",
        20,
        "callbacks",
    )


@pytest.mark.parametrize("seed", range(30))
def test_what_was_delayed_is_put_back(seed: int) -> None:
    chance = random.Random(seed)
    happened = [
        Chunk(chance.randrange(6), chance.choice((TO_JAVA, TO_PYTHON)), t, 1, 0, b"x") for t in range(1, 400)
    ]
    stored: list[Record] = []
    for chunk in happened:
        at = len(stored)
        while (
            at and chance.random() < 0.8
        ):  # everybody else is faster by some records, but for its own connection
            at -= 1
            if stored[at].connection == chunk.connection:  # type: ignore[union-attr]
                at += 1
                break
        stored.insert(at, chunk)
    assert seed or stored != happened
    found = list(ordered(stored))
    assert sorted(found, key=lambda c: c.t_ns) == happened  # type: ignore[union-attr]
    for connection in range(6):
        mine = [c for c in happened if c.connection == connection]
        assert [c for c in found if c.connection == connection] == mine  # type: ignore[union-attr]
    assert found == happened
    for size in (2, 7, 1000):
        assert list(ordered(stored, size)) == happened


def test_what_is_in_order_stays_as_it_is() -> None:
    records: list[Record] = [
        Opened(1, Channel.GATEWAY, 1, 2, 1),
        Chunk(1, TO_JAVA, 5, 7, 0, b"a"),
        Closed(1, 6),
        Notice("program", "ended", 9),
        Opened(2, Channel.GATEWAY, 1, 2, 7),
        Chunk(2, TO_JAVA, 5, 7, 0, b"at the same moment"),
    ]
    assert list(ordered(records)) == records


def test_nothing_passes_the_beginning_or_the_end_of_its_own_connection() -> None:
    records: list[Record] = [
        Chunk(2, TO_JAVA, 9, 7, 0, b"later"),
        Opened(1, Channel.GATEWAY, 1, 2, 1),
        Chunk(1, TO_JAVA, 5, 7, 0, b"late"),
        Chunk(3, TO_JAVA, 12, 7, 0, b"later"),
        Closed(1, 6),
        Chunk(1, TO_JAVA, 6, 7, 0, b"a connection of the same number"),
    ]
    assert list(ordered(records)) == records


def test_a_clock_that_was_set_back_moves_nothing() -> None:
    ahead = MAX_LATE_NS + 100
    records: list[Record] = [Chunk(1, TO_JAVA, ahead, 7, 0, b"a"), Chunk(2, TO_JAVA, 50, 7, 0, b"b")]
    assert list(ordered(records)) == records
    late = [*records, Chunk(1, TO_JAVA, 60, 7, 0, b"c"), Chunk(2, TO_JAVA, 55, 7, 0, b"d")]
    assert [c.data for c in ordered(late)] == [b"a", b"b", b"d", b"c"]  # type: ignore[union-attr]
    just = [Chunk(1, TO_JAVA, 50 + MAX_LATE_NS, 7, 0, b"a"), Chunk(2, TO_JAVA, 50, 7, 0, b"b")]
    assert list(ordered(just)) == just[::-1]


def test_few_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def reading():
        nonlocal read
        for t in range(1, 10 * MAX_HELD):
            read += 1
            yield Chunk(1, TO_JAVA, t, 7, 0, b"12345")

    given_out = ordered(reading())
    for given, _ in enumerate(given_out, 1):
        assert read - given <= MAX_HELD
    assert given == read
    read = 0
    monkeypatch.setattr(order, "MAX_HELD_BYTES", 50)
    for given, _ in enumerate(ordered(reading()), 1):
        assert read - given <= 10
