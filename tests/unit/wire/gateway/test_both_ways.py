"""In one stream of both directions each message is given the direction in which it went."""

from __future__ import annotations

import pytest

from sparkwire.wire.gateway import Happened
from sparkwire.wire.gateway.both_ways import _MAX_LINE, BothWays
from sparkwire.wire.message import Direction, Malformed, Message

CONVERSATION = (
    b"A\nsecret\n!yv\n"
    b"c\no1\nsort\nrp0\ne\nc\np0\ncompare\ni3\ni4\ne\n!yi-1\n!yv\n"
    b"g\np0\ne\n!yv\nm\nd\no5\ne\n!yv\n"
)
DIRECTIONS = ["java", "python", "java", "python", "java", "python", "python", "java", "java", "python"]


def messages(events):
    return [event.message for event in events if event.message is not None]


def shape(found):
    return ["java" if m.direction is Direction.TO_JAVA else "python" for m in found]


def test_each_message_goes_the_way_it_went():
    decoder = BothWays()
    found = messages(decoder.feed(CONVERSATION) + decoder.end())
    assert all(isinstance(message, Message) for message in found)
    assert b"".join(message.raw for message in found) == CONVERSATION
    assert shape(found) == DIRECTIONS
    at = 0
    for message in found:
        assert message.offset == at
        at += len(message.raw)


def test_byte_by_byte_gives_the_same():
    whole, pieces = BothWays(), BothWays()
    expected = whole.feed(CONVERSATION) + whole.end()
    found = [m for i in range(len(CONVERSATION)) for m in pieces.feed(CONVERSATION[i : i + 1])] + pieces.end()
    assert messages(found) == messages(expected)
    assert [event.happened for event in found] == [event.happened for event in expected]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe",
        b"c\n",
        b"c\no1\n",
        b"!y",
        b"zzz\n!yv\n",
        b"c\no1\n!yv\n",
        b"\r\n\r\n",
        b"!\n!\n",
        b"e\n" * 5,
    ],
)
def test_no_byte_is_lost_and_offsets_are_those_of_the_stream(data):
    decoder = BothWays()
    found = messages(decoder.feed(data) + decoder.end())
    assert b"".join(message.raw for message in found) == data
    assert [m.offset for m in found] == [sum(len(o.raw) for o in found[:i]) for i in range(len(found))]
    assert any(isinstance(message, Malformed) for message in found)


@pytest.mark.parametrize(
    ("data", "directions"),
    [
        (b"!yv\n", ["python"]),
        (b"c\np0\nrun\ne\n", ["python"]),
        (b"g\np12\ne\n", ["python"]),
        (b"c\np0x\nrun\ne\n", ["java"]),
        (b"c\no0\nrun\ne\n", ["java"]),
        (b"c\n", ["java"]),
        (b"c\np0", ["java"]),  # no line end, so nothing says that this is an object's id
        (b"m\nd\no1\ne\nc\no1\nf\n!yv\n", ["java", "java", "python"]),
        (b"c\np0\nc\ne\n!yv\n", ["python", "java"]),  # what is inside a message begins none
    ],
)
def test_the_first_lines_of_a_message_say_which_way_it_goes(data, directions):
    decoder = BothWays()
    assert shape(messages(decoder.feed(data) + decoder.end())) == directions


def test_a_message_that_another_one_ends_is_given_out_before_it():
    decoder = BothWays()
    events = decoder.feed(b"c\no1\nf\n!yv\nm\nd\no1\ne\n")
    assert [event.happened for event in events] == [
        Happened.ASKED, Happened.ANSWERED, Happened.OVER, Happened.ASKED,
    ]  # fmt: skip
    assert [message.raw for message in messages(events)] == [b"c\no1\nf\n", b"!yv\n", b"m\nd\no1\ne\n"]
    assert decoder.end() == []


def test_a_line_that_is_too_long_to_be_kept_is_handed_on_and_a_mark_in_its_midst_begins_no_reply():
    call = b"c\no1\nf\ns" + b"x" * (_MAX_LINE + 1)
    decoder = BothWays()
    events = [event for piece in (call, b"!yv", b"\ne\n", b"!yv\n") for event in decoder.feed(piece)]
    request, reply = messages(events)
    assert (request.size, request.offset) == (len(call) + 6, 0)
    assert (reply.raw, reply.offset) == (b"!yv\n", request.size)
    assert shape([request, reply]) == ["java", "python"]
    assert decoder.end() == []
