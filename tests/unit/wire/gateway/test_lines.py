"""A buffer of lines hands out every byte once, at its place in the stream, and knows what is left out."""

from __future__ import annotations

from sparkwire.wire.gateway.lines import LineBuffer
from sparkwire.wire.message import Gap


def holding(data: bytes, *, line: int, handed_out: int = 0) -> LineBuffer:
    """A buffer in which the line at hand begins at ``line``, and all has been searched."""
    buffer = LineBuffer()
    buffer.data += data
    buffer.line, buffer.searched = line, len(data)
    if handed_out:
        buffer.message(handed_out)
    return buffer


def test_messages_come_out_at_their_places_and_are_counted_no_more():
    buffer = holding(b"one\ntwo\nthr", line=8)
    assert len(buffer) == 11
    assert buffer.message(4) == (b"one\n", 0, ())
    assert len(buffer) == 7
    assert buffer.message(8) == (b"two\n", 4, ())
    assert len(buffer) == 3
    buffer.forget()
    assert (buffer.data, buffer.line, buffer.searched, buffer.offset, len(buffer)) == (b"thr", 0, 3, 8, 3)
    buffer.data += b"ee\n"
    assert buffer.message(6) == (b"three\n", 8, ())
    buffer.forget()
    buffer.data += b"four\n"
    assert buffer.message(5) == (b"four\n", 14, ())


def test_a_message_says_what_is_left_out_of_it_and_the_next_one_is_where_it_was():
    buffer = holding(b"ab\n0123456789\nrest", line=3, handed_out=3)
    assert buffer.leave_out(5, 10) == 5
    assert (buffer.data, buffer.line, buffer.searched) == (b"ab\n01789\nrest", 3, 13)
    assert len(buffer) == 15
    assert buffer.leave_out(6, 7) == 1
    assert len(buffer) == 15
    assert buffer.message(8) == (b"0179\n", 3, (Gap(2, 5), Gap(3, 1)))
    assert len(buffer) == 4
    assert buffer.message(12) == (b"rest", 14, ())


def test_what_is_left_out_stays_where_it_was_when_older_bytes_are_forgotten():
    buffer = holding(b"ab\n0123456789\nrest", line=14, handed_out=3)
    buffer.leave_out(5, 10)
    assert buffer.line == 9
    buffer.forget()
    assert (buffer.line, buffer.searched, buffer.gaps) == (6, 10, [Gap(2, 5)])
    buffer.forget()
    assert buffer.gaps == [Gap(2, 5)]
    assert buffer.message(6) == (b"01789\n", 3, (Gap(2, 5),))
    assert buffer.message(10) == (b"rest", 14, ())


def test_gaps_that_touch_become_one_and_others_stay():
    #                 0123456789
    buffer = holding(b"abcdefghijklmnopqrst", line=20)
    buffer.leave_out(17, 18)
    buffer.leave_out(12, 14)
    buffer.leave_out(9, 10)
    buffer.leave_out(5, 6)
    buffer.leave_out(2, 3)
    assert buffer.data == b"abdeghikl" + b"opqst"
    assert buffer.gaps == [Gap(2, 1), Gap(4, 1), Gap(7, 1), Gap(9, 2), Gap(12, 1)]
    assert buffer.leave_out(4, 7) == 3
    assert buffer.data == b"abde" + b"kl" + b"opqst"
    assert buffer.gaps == [Gap(2, 1), Gap(4, 5), Gap(6, 2), Gap(9, 1)]
    assert buffer.line == buffer.searched == 11
    assert len(buffer) == 20


def test_a_line_that_begins_where_the_gap_ends_moves_with_it_and_one_before_the_gap_stays():
    behind = holding(b"0123456789", line=5)
    behind.leave_out(2, 5)
    assert behind.line == 2
    before = holding(b"0123456789", line=2)
    before.leave_out(4, 6)
    assert before.line == 2


def test_all_that_has_come_can_be_taken_at_once():
    buffer = holding(b"ab\ncd", line=3, handed_out=3)
    buffer.searched = 3
    assert buffer.all() == 5
    assert buffer.line == buffer.searched == 5
    assert buffer.message(buffer.all()) == (b"cd", 3, ())
