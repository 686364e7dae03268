"""Frames that are passed over: the decoder goes on behind them as if it had read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_recordings import recorded

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import WorkerDecoder

FRAME = b"\0\0\0\x02ab"
EMPTY = b"\0\0\0\0"
END_OF_DATA = b"\xff\xff\xff\xff\0\0\0\0"


def decoder():
    return WorkerDecoder(Direction.TO_JAVA, "4.3.0")


def test_frames_that_are_whole_are_passed_over_and_said_where_they_are():
    reading = decoder()
    assert reading.pass_frames(FRAME + EMPTY + FRAME) == [(4, 6), (10, 10), (14, 16)]
    assert reading.offset == 16
    assert reading.pending == 0
    [message] = reading.feed(FRAME)
    assert (message.command, message.offset, message.raw) == ("frame", 16, FRAME)


def test_what_is_no_whole_frame_is_left():
    reading = decoder()
    assert reading.pass_frames(b"xx" + FRAME + FRAME[:5], 2) == [(6, 8)]
    assert reading.pass_frames(FRAME[:3]) == reading.pass_frames(b"") == []
    assert reading.pass_frames(END_OF_DATA) == []
    assert reading.offset == 6
    assert reading.wanted == 4


@pytest.mark.parametrize("begun", [FRAME[:2], FRAME[:5], END_OF_DATA])
def test_in_the_middle_of_something_else_nothing_is_passed_over(begun):
    reading = decoder()
    reading.feed(begun)
    before = reading.offset, reading.pending
    assert reading.pass_frames(FRAME) == []
    assert (reading.offset, reading.pending) == before


def test_where_the_layout_is_lost_nothing_is_passed_over_and_nothing_wanted():
    for reading in (decoder(), WorkerDecoder(Direction.TO_JAVA, "9.9.0")):
        reading.feed(b"\xff\xff\xff\x00")
        assert reading.lost
        assert reading.pass_frames(FRAME) == []
        assert reading.wanted == 0


def test_arrow_has_no_frames():
    arrow = next(
        one
        for one in recorded()
        if any(message.command == "Arrow batch" for message in one.messages(Direction.TO_PYTHON))
    )
    reading = arrow.decoder(Direction.TO_PYTHON)
    init = next(m for m in arrow.messages(Direction.TO_PYTHON) if m.command == "init")
    reading.feed(arrow.stream(Direction.TO_PYTHON)[: init.offset + init.size])
    assert reading.pass_frames(FRAME) == []


def reads(one, direction, sizes):
    """What is read of a stream in pieces, with frames passed over: each message's place, command and size."""
    reading, stream, found, at = one.decoder(direction), one.stream(direction), [], 0
    for size in [*sizes, len(stream)]:
        piece, begin, at = stream[at : at + size], at, at + size
        place = 0
        while place < len(piece):
            for start, end in reading.pass_frames(piece, place):
                found.append((begin + place, "frame", end - start + 4))
                assert start == place + 4
                place = end
            wanted = reading.wanted or len(piece)
            found += [(m.offset, m.command, m.size) for m in reading.feed(piece[place : place + wanted])]
            place += wanted
    return [*found, *((m.offset, m.command, m.size) for m in reading.end())]


@given(st.data())
def test_in_any_pieces_the_rest_is_read_as_without_passing_over(data):
    one = data.draw(st.sampled_from(recorded()))
    direction = data.draw(st.sampled_from(list(Direction)))
    sizes = data.draw(st.lists(st.integers(1, 400), max_size=20))
    wanted = [(m.offset, m.command, m.size) for m in one.messages(direction)]
    assert reads(one, direction, sizes) == wanted
