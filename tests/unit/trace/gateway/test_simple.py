"""Exchanges are the same whether the shapes of their messages are known or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_wire import any_conversation, pieces, splits

from sparkwire.trace.gateway.exchange import Exchange, Simple, whole
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
    of_one = often(J, ThreadName(7, "one"), SITES[0], site=1)
    assert of_one[4:] == [("one", 1, None)] * 4 + [("one", 1, SITES[0].site)] * 3
    assert often(J, ThreadName(7, "one"), site=0)[4:] == [("one", 1, None)] * 3


def test_how_an_exchange_begins_is_remembered_once_its_thread_and_its_site_are_known():
    for others, site, remembered in (
        ([], 0, 0),
        ([SITES[0]], 1, 0),
        ([ThreadName(7, "one")], 0, 1),
        ([ThreadName(7, "one")], 1, 0),
        ([ThreadName(7, "one"), SITES[0]], 1, 1),
    ):
        records = [*others, Chunk(1, J, 1, 7, site, b"c\no1\nf\ne\n"), Chunk(1, P, 2, 7, 0, b"!yv\n")]
        list(exchanges(records))
        builder = ExchangeBuilder()
        builder.feed(records)
        assert len(builder._connections[1].to_java.starts) == remembered


def test_simple_exchanges_have_all_that_others_have():
    """Both ways, and of each kind the second one too, which nothing is looked up for."""
    records: list[Record] = [ThreadName(7, "one"), *SITES]
    for at in range(3):
        records += [
            Chunk(1, J, 100 * at, 7, 2, b"c\no%d\nsize\ne\n" % at),
            Chunk(1, P, 100 * at + 3, 7, 0, b"!yi%d\n" % at),
            Chunk(2, P, 100 * at + 10, 7, 0, b"c\np%d\nrun\ne\n" % at),
            Chunk(2, J, 100 * at + 14, 7, 0, b"!yv\n"),
        ]
    list(exchanges(records))  # now all shapes are known
    builder = ExchangeBuilder()
    given = [builder.feed([record]) for record in records]
    assert [len(found) for found in given] == [0, 0, 0, *[0, 1] * 6], "as soon as they are over"
    assert builder.end() == []
    simple = [one for found in given for one in found]
    assert all(isinstance(one, Simple) for one in simple)
    found = [whole(one) for one in simple]
    asked, called = found[::2], found[1::2]
    for at in range(3):
        for one, n, connection, channel, begun, took in (
            (asked[at], 2 * at + 1, 1, "gateway", 100 * at, 3),
            (called[at], 2 * at + 2, 2, "callback", 100 * at + 10, 4),
        ):
            assert (one.n, one.connection, one.channel) == (n, connection, channel)
            assert (one.start_ns, one.duration_ns, one.parent, one.stream_bytes) == (begun, took, None, 0)
            assert (one.thread, one.thread_number, one.failed, len(one.messages)) == ("one", 1, False, 2)
        assert asked[at].request.raw == b"c\no%d\nsize\ne\n" % at
        assert asked[at].messages[1].raw == b"!yi%d\n" % at
        assert called[at].request.raw == b"c\np%d\nrun\ne\n" % at
        assert [m.offset for m in asked[at].messages] == [12 * at, 5 * at]
        assert [m.offset for m in called[at].messages] == [11 * at, 4 * at]
        assert (asked[at].site, called[at].site) == (SITES[1].site, None)


def test_a_simple_exchange_that_failed_says_so_before_it_is_whole():
    records = [Chunk(1, J, 1, 7, 0, b"c\no1\nf\ne\n"), Chunk(1, P, 2, 7, 0, b"!xro5\n")] * 2
    list(exchanges(records))
    simple = ExchangeBuilder().feed(records)
    assert [one.alike.failed for one in simple if isinstance(one, Simple)] == [True, True]


def test_what_either_side_asks_is_told_apart_though_the_bytes_are_the_same():
    said = [(J, b"c\np0\nrun\ne\n"), (P, b"!yv\n"), (P, b"c\np0\nrun\ne\n"), (J, b"!yv\n")] * 3
    records = [ThreadName(7, "one"), *(Chunk(1, way, at, 7, 0, raw) for at, (way, raw) in enumerate(said))]
    for one in exchanges(records):
        assert one.request.direction is (J if one.n % 2 else P)
        assert one.channel == ("gateway" if one.n % 2 else "callback")
        assert one.messages[1].direction is one.request.direction.back


def test_a_request_and_a_reply_of_another_thread_are_no_simple_exchange():
    said = [(J, 7, b"c\no1\nf\ne\n"), (P, 8, b"!yv\n"), (J, 7, b"c\no1\nf\ne\n"), (J, 7, b"!yv\n")]
    records = [Chunk(1, way, at, thread, 0, raw) for at, (way, thread, raw) in enumerate(said)]
    list(exchanges(records))
    builder = ExchangeBuilder()
    found = [*builder.feed(records), *builder.end()]
    assert not any(isinstance(one, Simple) for one in found)


def test_of_the_kinds_of_simple_exchange_so_many_are_remembered(monkeypatch):
    """Each has a request and a reply; when there is no more room all are forgotten."""
    monkeypatch.setattr("sparkwire.trace.gateway.exchanges.MAX_ALIKE", 4)
    records = [
        [Chunk(1, J, 1, 7, 0, b"c\no1\n%c\ne\n" % letter), Chunk(1, P, 2, 7, 0, b"!yv\n")]
        for letter in b"abcdefa"
    ]
    list(exchanges(chain.from_iterable(records)))
    builder = ExchangeBuilder()
    builder.feed([ThreadName(7, "one")])
    remembered = []
    for pair in records:
        [one] = builder.feed(pair)
        assert isinstance(one, Simple)
        starts = builder._connections[1].to_java.starts
        remembered.append(len(starts) + sum(len(start.replies) for start in starts.values()))
    assert remembered == [2, 4, 2, 4, 2, 4, 2]


@pytest.mark.parametrize(("way", "connection"), [(J, 1), (P, 1), (J, 2), (P, 2)])
def test_a_placeholder_is_marked_on_its_connection_in_its_direction(way, connection):
    requests = [Chunk(at, J, at, 7, 0, b"c\no1\nf\ns****\ne\n") for at in (1, 2)]
    replies = [Chunk(at, P, 2 + at, 7, 0, b"!ys12****\n") for at in (1, 2)]
    records = [Redacted(connection, way, ((8, 12) if way is J else (5, 9),)), *requests, *replies]
    hidden = {(one.connection, m.direction): m.hidden for one in exchanges(records) for m in one.messages}
    assert hidden.pop((connection, way)) == ((8, 12) if way is J else (5, 9),)
    assert set(hidden.values()) == {()}


def test_a_placeholder_that_is_left_out_of_a_long_message_is_marked_where_the_bytes_are_missing():
    raw = b"c\no1\nf\ns" + b"x" * 200_000 + b"*" * 10 + b"x" * 200_000 + b"\ne\n"
    [one] = exchanges([Redacted(1, J, ((200_008, 200_018),)), Chunk(1, J, 1, 7, 0, raw), Closed(1, 2)])
    [gap] = one.request.gaps
    assert one.request.hidden == ((gap.at, gap.at),)
    assert b"*" not in one.request.raw


def test_where_nothing_says_where_placeholders_stand_stars_are_taken_for_them():
    records = [Chunk(1, J, 1, 7, 0, b"A\n********\n"), Chunk(1, P, 2, 7, 0, b"!yv\n")]
    [guess] = exchanges(records)
    assert guess.request.hidden == ((2, 10),)
    [known] = exchanges([Redacted(0, J, ()), *records])
    assert known.request.hidden == ()


def test_a_connection_that_closes_gives_out_what_was_open():
    builder = ExchangeBuilder()
    assert builder.feed([Chunk(1, J, 1, 7, 0, b"c\no1\nf\ne\n")]) == []
    [one] = builder.feed([Closed(1, 5)])
    assert whole(one).reply is None
    assert builder.feed([Closed(2, 6)]) == builder.end() == []
