"""Exchanges are the same whether the shapes of their messages are known or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_wire import any_conversation, pieces, splits

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.exchanges import ExchangeBuilder, exchanges, paired
from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.records import (
    CallSite,
    Chunk,
    Closed,
    Frame,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
)
from sparkwire.wire.gateway import shapes
from sparkwire.wire.message import Direction

J, P = Direction.TO_JAVA, Direction.TO_PYTHON


def forget() -> None:
    shapes.TO_JAVA.clear()
    shapes.TO_PYTHON.clear()


@contextmanager
def nothing_is_learnt() -> Iterator[None]:
    """Every message goes through the decoder."""
    forget()
    learn, shapes.learn = shapes.learn, lambda message: None
    try:
        yield
    finally:
        shapes.learn = learn


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


SITES = [Site(at, CallSite((Frame("a.py", at, "f", "", False),))) for at in (1, 2)]


def told(records: list[Record]) -> list[str]:
    """All that is made of records: their exchanges, and the steps of those, folded before they are whole."""
    found = list(exchanges(records))
    [steps] = {repr(fold(found)), repr(fold(chain.from_iterable(paired([records], ExchangeBuilder()))))}
    return [*map(repr, found), steps]


TALK = st.lists(
    st.sampled_from(
        [
            (J, b"c\no1\nsize\ne\n"),
            (J, b"c\no27\nsize\ne\n"),
            (J, b"r\nu\nArrayList\nrj\ne\n"),
            (J, b"m\nd\no3\ne\n"),
            (J, b"c\no1\nput\ns****\ne\n"),
            (J, b"A\n********\n"),
            (J, b"s\n"),
            (J, b"S\no1\nopen\ne\n"),
            (J, b"!yv\n"),
            (P, b"c\np0\nrun\ne\n"),
            (P, b"!yv\n"),
            (P, b"!yi3\n"),
            (P, b"!ys****\n"),
            (P, b"!xro5\n"),
            (P, b"!yi3\n!yv\n"),
            (P, b"!q\n"),
            (J, b"c\no1\nsi"),
            (J, b"ze\ne\n"),
            (J, b"hello\n"),
        ]
    ),
    max_size=14,
)
SIMPLE_TALK = st.lists(
    st.sampled_from(
        [
            [(J, b"c\no1\nsize\ne\n"), (P, b"!yi3\n")],
            [(J, b"c\no27\nsize\ne\n"), (P, b"!xro5\n")],
            [(P, b"c\np0\nrun\ne\n"), (J, b"!yv\n")],
            [(P, b"c\np0\nrun\ne\n")],
        ]
    ),
    max_size=14,
).map(lambda pairs: [*chain.from_iterable(pairs)][:14])
"""What is said again and again, so that the kinds of simple exchange come again, too."""


@given(TALK | SIMPLE_TALK, st.lists(st.integers(1, 2), min_size=14, max_size=14), st.data())
def test_exchanges_are_the_same_whether_shapes_are_known_or_not(said, connections, data):
    records: list[Record] = [Redacted(0, J, ())] if data.draw(st.booleans()) else []
    records += [Opened(1, "gateway", 1, 2, 0), ThreadName(7, "one"), ThreadName(8, "two"), SITES[0]]
    for at, ((way, raw), connection) in enumerate(zip(said, connections, strict=False)):
        thread, site = data.draw(st.sampled_from([7, 7, 7, 8, 9])), data.draw(st.integers(0, 2))
        records.append(Chunk(connection, way, at * 10, thread, site, raw))
        if data.draw(st.integers(0, 5)) == 0:
            others = [Closed(connection, 5), ThreadName(7, "three"), ThreadName(9, "four"), SITES[1]]
            records.append(data.draw(st.sampled_from(others)))
    with nothing_is_learnt():
        expected = told(records)
    assert told(records) == expected
    assert told(records) == expected, "and when all shapes are known"


@given(any_conversation, splits, st.booleans())
def test_pieces_of_any_messages_make_the_same_exchanges(conversation, sizes, whole_chunks):
    way, sent = conversation
    parts = sent if whole_chunks else list(pieces(b"".join(sent), sizes))
    records: list[Record] = []
    for part in parts:
        records.append(Chunk(1, way, len(records), 7, 0, part))
        records.append(Chunk(1, way.back, len(records), 7, 0, b"!yv\n"))
    with nothing_is_learnt():
        expected = told(records)
    assert told(records) == expected
    assert told(records) == expected


def test_a_simple_exchange_between_others_keeps_its_offsets_and_its_number():
    """What the conversation isn't told of is known to it when it takes part again."""
    simple = [(J, b"c\no1\nsize\ne\n"), (P, b"!yi3\n")]
    said = [*simple, *simple, (J, b"c\no1\nsi"), (J, b"ze\ne\n"), (P, b"!yi4\n"), *simple, (P, b"!yv\n")]
    records = [Chunk(1, way, at, 7, 0, raw) for at, (way, raw) in enumerate(said)]
    found: list[Exchange] = list(exchanges(records))
    assert [exchange.n for exchange in found] == [1, 2, 3, 4, 5]
    assert [exchange.request.offset for exchange in found] == [0, 12, 24, 36, 20]
    assert [exchange.reply.offset for exchange in found if exchange.reply] == [0, 5, 10, 15]


def often(way: Direction, *others: Record, site: int = 0) -> list[tuple[str, int, CallSite | None]]:
    """Thread, its number, and call site of exchanges that are alike. The others come between them, and each
    of them inside of another exchange, too."""
    asked = (J, b"c\no1\nsize\ne\n") if way is J else (P, b"c\np0\nrun\ne\n")
    request, reply = Chunk(1, asked[0], 1, 7, site, asked[1]), Chunk(1, way.back, 2, 7, 0, b"!yv\n")
    records: list[Record] = [request, reply] * 3
    for other in others:
        records += [request, other, reply, *[request, reply] * 3]
    return [(one.thread, one.thread_number, one.site) for one in exchanges(records)]


def test_a_thread_with_the_ident_of_an_earlier_one_is_another():
    names = ThreadName(7, "one"), ThreadName(7, "two")
    assert often(J, *names) == [("", 0, None)] * 4 + [("one", 1, None)] * 4 + [("two", 2, None)] * 3
    # Who answers a callback is known when it is answered.
    assert often(P, *names) == [("", 0, None)] * 3 + [("one", 1, None)] * 4 + [("two", 2, None)] * 4


def test_a_call_site_that_comes_late_is_that_of_what_comes_after_it():
    assert often(J, SITES[0], site=1) == [("", 0, None)] * 4 + [("", 0, SITES[0].site)] * 3
