"""Who answers whom is protocol: requests meet their replies in the conversation, whatever the pieces."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkwire.wire.gateway import Conversation, Event, Happened, Pair
from sparkwire.wire.gateway.both_ways import BothWays
from sparkwire.wire.message import Direction, Gap, Malformed, Message, Role

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
ASKED, ANSWERED, STREAMED, OVER, EARLY = Happened

CALL = (J, b"c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
BACK = (P, b"c\np0\nrun\ne\n")
NESTED = (J, b"c\no1\nsize\ne\n")
THREE, VOID_BACK, VOID = (P, b"!yi3\n"), (J, b"!yv\n"), (P, b"!yv\n")
STREAM, RAW = (J, b"S\no1\nopen\ne\n"), (P, b"!yv\nraw")


def held(*said: tuple[Direction, bytes], end: bool = True) -> list[Event]:
    """What happens when this is said, in this order."""
    conversation = Conversation()
    events = [event for way, data in said for event in conversation.feed(way, data)]
    return events + (conversation.end() if end else [])


def happened(events: list[Event]) -> list[tuple[Happened, bytes]]:
    return [(what, pair.request.raw if pair else b"") for what, pair, _ in events]


def test_a_request_is_asked_answered_and_over():
    events = held((J, b"c\no0\nget\ne\n"), (P, b"!yi1\n"))
    assert [what for what, _, _ in events] == [ASKED, ANSWERED, OVER]
    [pair] = {pair for _, pair, _ in events}
    assert pair is not None
    assert (pair.asks, pair.request.command, pair.outer) == (J, "call", None)
    assert pair.reply is not None
    assert pair.reply.raw == b"!yi1\n"


def test_each_event_has_the_message_that_did_it():
    events = held((J, b"c\no0\nget\ne\n"), (P, b"!yi1\n"))
    assert [message.raw if message else None for _, _, message in events] == [
        b"c\no0\nget\ne\n",
        b"!yi1\n",
        None,
    ]


def test_a_callback_is_answered_before_what_caused_it():
    events = held(CALL, BACK, NESTED, THREE, VOID_BACK, VOID)
    call, back, nested = CALL[1], BACK[1], NESTED[1]
    assert happened(events) == [
        (ASKED, call), (ASKED, back), (ASKED, nested),
        (ANSWERED, nested), (OVER, nested),
        (ANSWERED, back), (OVER, back),
        (ANSWERED, call), (OVER, call),
    ]  # fmt: skip
    pairs = list(dict.fromkeys(pair for _, pair, _ in events if pair))
    assert [pair.outer for pair in pairs] == [None, pairs[0], pairs[1]]
    assert [pair.asks for pair in pairs] == [J, P, J]


def test_what_is_left_open_inside_is_over_without_a_reply():
    events = held(CALL, BACK, VOID)
    assert happened(events) == [
        (ASKED, CALL[1]), (ASKED, BACK[1]), (ANSWERED, CALL[1]), (OVER, BACK[1]), (OVER, CALL[1]),
    ]  # fmt: skip


@pytest.mark.parametrize("request_", [b"s\n", b"z\n127.0.0.1\n4\n5\n"])
def test_what_the_table_says_is_never_answered_is_over_at_once(request_):
    assert happened(held((J, request_), end=False)) == [(ASKED, request_), (OVER, request_)]


def test_raw_bytes_belong_to_the_stream_until_python_asks_again():
    events = held(STREAM, RAW, (P, b"more"), NESTED, THREE)
    assert [what for what, _, _ in events] == [
        ASKED, ANSWERED, STREAMED, STREAMED, OVER, ASKED, ANSWERED, OVER,
    ]  # fmt: skip
    assert events[4].pair is not None
    assert events[4].pair.stream_bytes == len(b"rawmore")


def test_each_piece_of_raw_bytes_is_of_the_request_for_the_stream():
    asked, *_, streamed, over = held(STREAM, RAW)
    assert (streamed.happened, over.happened) == (STREAMED, OVER)
    assert asked.pair is streamed.pair is over.pair is not None


def test_a_stream_that_failed_has_no_raw_bytes():
    assert [what for what, _, _ in held(STREAM, (P, b"!xsno\n"))] == [ASKED, ANSWERED, OVER]


def test_a_reply_to_something_from_before_is_early_and_later_an_orphan():
    [early] = held(VOID, end=False)
    assert (early.happened, early.pair) == (EARLY, None)
    events = held((J, b"s\n"), VOID, end=False)
    assert [what for what, _, _ in events] == [ASKED, OVER, ASKED, OVER]
    orphan = events[2].pair
    assert orphan is not None
    assert isinstance(orphan.request, Malformed)
    assert orphan.request.reason == "a reply came, but no request was open on this connection"
    assert (orphan.request.position, orphan.outer) == (0, None)
    assert isinstance(events[2].message, Message)


def test_a_reply_that_answers_nothing_came_during_what_is_open():
    call, _, _, orphan, *_ = held(BACK, (J, b"s\n"), THREE, end=False)
    assert orphan.pair is not None
    assert isinstance(orphan.pair.request, Malformed)
    assert orphan.pair.outer is call.pair is not None


def test_raw_bytes_after_two_requests_at_once_are_kept_and_belong_to_none():
    [*_, asked, over] = held(STREAM, NESTED, RAW, end=False)
    assert (asked.happened, over.happened) == (ASKED, OVER)
    assert asked.pair is not None
    assert isinstance(asked.pair.request, Malformed)
    assert asked.pair.request.reason == "raw bytes came, and no stream command had been answered"
    assert asked.pair.request.raw == b"raw"


def test_of_a_long_message_in_either_direction_so_much_is_kept_as_is_wanted():
    conversation = Conversation(max_message=2048)
    long = b"!ys" + b"x" * 3000 + b"\n"
    conversation.feed(J, b"s\n")
    for way in Direction:  # orphans: what is left out is said of them, too
        asked, _ = conversation.feed(way, long)
        assert asked.pair is not None
        assert asked.pair.request.gaps == (Gap(512, 3003 - 1024),)


def test_what_is_unfinished_in_a_direction_is_known():
    conversation = Conversation()
    conversation.feed(J, b"s\nc\no1\nsi")
    conversation.feed(P, b"!yv\n!y")
    assert [conversation.pending(way) for way in (J, P)] == [7, 2]
    assert conversation.unfinished(J) == (2, 7)
    assert conversation.unfinished(P) == (4, 4)


def test_what_is_unfinished_in_one_direction_is_malformed_when_it_does_not_go_on():
    conversation = Conversation()
    [asked] = conversation.feed(*CALL)
    conversation.feed(J, b"c\no1\nsi")
    answered, over = [*conversation.feed(P, b"!y"), *conversation.end_message(P)]
    assert (answered.happened, over.happened) == (ANSWERED, OVER)
    assert isinstance(answered.message, Malformed)
    assert answered.message.raw == b"!y"
    assert answered.pair is over.pair is asked.pair
    assert conversation.pending(J) == 7, "the other direction goes on"


def test_the_innermost_open_request_says_which_way_a_reply_comes():
    conversation = Conversation()
    seen = [conversation.waiting_for]
    for way, data in (CALL, BACK, NESTED, THREE, VOID_BACK, VOID):
        conversation.feed(way, data)
        seen.append(conversation.waiting_for)
    assert seen == [None, P, J, P, J, P, None]


def test_a_conversation_is_idle_when_the_next_bytes_begin_something_new():
    conversation = Conversation()
    seen = [conversation.idle]
    for way, data in (CALL, VOID, (J, b"c\n"), (J, b"o1\nsize\ne\n"), (P, b"!y"), (P, b"v\n"), STREAM, RAW,
                      NESTED, THREE):  # fmt: skip
        conversation.feed(way, data)
        seen.append(conversation.idle)
    assert seen == [True, False, True, False, False, False, True, False, False, False, True]


def test_a_malformed_reply_to_nothing_waits_for_no_reply():
    events = held((P, b"!q\n"), (J, b"c\no0\nget\ne\n"), (P, b"!yv\n"))
    assert [what for what, _, _ in events] == [ASKED, OVER, ASKED, ANSWERED, OVER]


def test_a_malformed_reply_answers_what_is_open():
    events = held((J, b"c\no0\nget\ne\n"), (P, b"!yixyz\n"))
    assert [what for what, _, _ in events] == [ASKED, ANSWERED, OVER]
    assert events[1].pair is not None
    assert isinstance(events[1].pair.reply, Malformed)


def test_at_the_end_everything_that_was_open_is_over():
    events = held(CALL, (P, b"c\np0\nru"))
    assert [what for what, _, _ in events] == [ASKED, ANSWERED, OVER]
    assert isinstance(events[1].message, Malformed), "half a message could only be the reply"


SAID = st.lists(
    st.sampled_from([CALL, BACK, NESTED, THREE, VOID_BACK, VOID, STREAM, (P, b"!q\n"), (J, b"hello\n")])
)


@given(SAID, st.data())
def test_pieces_make_no_difference(said, data):
    whole = held(*said)
    pieces = []
    for way, text in said:
        cut = data.draw(st.integers(0, len(text)))
        pieces += [(way, text[:cut]), (way, text[cut:])]
    assert happened(without_raw_bytes(held(*pieces))) == happened(without_raw_bytes(whole))


def without_raw_bytes(events: list[Event]) -> list[Event]:
    """Raw bytes come in the pieces in which they are fed: there is nothing in them to tell messages by."""
    return [event for event in events if event.happened is not STREAMED and not is_raw(event.pair)]


def is_raw(pair: Pair | None) -> bool:
    return pair is not None and isinstance(pair.request, Malformed) and "raw bytes" in pair.request.reason


SEVERAL_STREAMS = [STREAM, STREAM, STREAM, THREE, CALL, THREE, THREE, THREE]


@given(SAID)
@example(SEVERAL_STREAMS)
def test_every_request_is_asked_once_and_over_once_and_every_byte_is_somewhere(said):
    events = held(*said)
    asked = [pair for what, pair, _ in events if what is ASKED]
    over = [pair for what, pair, _ in events if what is OVER]
    assert len(set(map(id, asked))) == len(asked) == len(over)
    assert set(map(id, asked)) == set(map(id, over))
    for way in Direction:
        stored = b"".join(m.raw for _, _, m in events if m is not None and m.direction is way)
        assert stored == b"".join(data for direction, data in said if direction is way)


@given(SAID)
def test_a_request_inside_another_is_over_before_it(said):
    order: dict[Pair, int] = {}
    for at, (what, pair, _) in enumerate(held(*said)):
        if what is OVER and pair is not None:
            order[pair] = at
    streams = {pair for pair in order if pair.request.command == "stream"}
    for pair, at in order.items():
        if pair.outer is not None and not {pair, pair.outer} & streams:
            assert pair.reply is None or at < order[pair.outer]


def test_both_ways_in_one_stream_knows_a_stream_by_its_command():
    data = STREAM[1] + b"!yv\nthese bytes are\nno message\n" + NESTED[1] + THREE[1]
    decoder = BothWays()
    happened = [*decoder.feed(data), *decoder.end()]
    messages = [event.message for event in happened if event.message is not None]
    assert [m.role for m in messages if isinstance(m, Message)] == [
        Role.REQUEST, Role.REPLY, Role.STREAM, Role.STREAM, Role.REQUEST, Role.REPLY,
    ]  # fmt: skip
    assert b"".join(m.raw for m in messages) == data
    assert [m.offset for m in messages] == [
        sum(len(m.raw) for m in messages[:i]) for i in range(len(messages))
    ]
