"""Properties of the gateway decoder that hold for any messages, any bytes and any pieces."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from random_wire import any_bytes, any_conversation, near_bytes, pieces, splits, whole

from sparkwire.wire.gateway import Decoder
from sparkwire.wire.message import Direction, Malformed, Message

# Any bytes are mostly rubbish, so it takes more of them. The profile in use decides how many that is.
FOUR_TIMES = settings(max_examples=4 * settings().max_examples)


@given(any_conversation, splits)
def test_valid_messages_come_out_whole_however_they_are_split(conversation, sizes):
    direction, sent = conversation
    data = b"".join(sent)
    at_once = Decoder(direction).feed(data)
    assert [m.raw for m in at_once] == sent
    assert all(isinstance(m, Message) for m in at_once), at_once
    for m in at_once:
        assert [f.start for f in m.fields] == [0, *(f.end for f in m.fields[:-1])]
        assert m.fields[-1].end == len(m.raw)
    decoder = Decoder(direction)
    in_pieces = [m for piece in pieces(data, sizes) for m in decoder.feed(piece)]
    assert [whole(m) for m in in_pieces] == [whole(m) for m in at_once]
    assert decoder.pending == 0
    assert decoder.end() == []


@given(st.sampled_from(Direction), any_bytes, splits, st.booleans())
@FOUR_TIMES
def test_any_bytes_are_kept_in_order(direction, data, sizes, stream):
    decoder = Decoder(direction)
    if stream:
        decoder.expect_stream()
    out = []
    fed = 0
    for piece in pieces(data, sizes):
        fed += len(piece)
        out += decoder.feed(piece)
        assert sum(len(m.raw) for m in out) + decoder.pending == fed
    out += decoder.end()
    assert decoder.pending == 0
    assert b"".join(m.raw for m in out) == data
    offset = 0
    for m in out:
        assert m.raw
        assert m.offset == offset
        offset += len(m.raw)
        if isinstance(m, Malformed):
            assert 0 <= m.position <= len(m.raw)
            assert m.reason.endswith(".")


@given(st.sampled_from(Direction), any_bytes, splits)
@FOUR_TIMES
def test_any_bytes_come_out_the_same_however_they_are_split(direction, data, sizes):
    at_once = Decoder(direction)
    in_pieces = Decoder(direction)
    expected = at_once.feed(data)
    assert [whole(m) for p in pieces(data, sizes) for m in in_pieces.feed(p)] == [whole(m) for m in expected]
    assert in_pieces.pending == at_once.pending
    assert [whole(m) for m in in_pieces.end()] == [whole(m) for m in at_once.end()]


@given(any_conversation, near_bytes)
def test_what_follows_an_end_marker_after_rubbish_is_never_lost(conversation, rubbish):
    """After an unknown command and its end marker, every message is read as if nothing had been."""
    direction, sent = conversation
    start = b"?" + rubbish.replace(b"\n", b" ") + b"\ne\n"
    out = Decoder(direction).feed(start + b"".join(sent))
    assert [m.raw for m in out] == [start, *sent]
    assert isinstance(out[0], Malformed)
