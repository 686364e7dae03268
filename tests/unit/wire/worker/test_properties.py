"""What holds for any bytes: nothing is raised, no byte is lost, and pieces make no difference."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from worker_recordings import assert_covers, decode, recorded

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import HANDSHAKES, VERSIONS, WorkerConversation, WorkerDecoder

DIRECTIONS = st.sampled_from(Direction)
VERSION = st.sampled_from([version.minor for version in VERSIONS])
HANDSHAKE = st.sampled_from([handshake.name for handshake in HANDSHAKES])
RECORDED = st.sampled_from(recorded())
CUTS = st.lists(st.integers(0, 1 << 16), max_size=20)
NUMBERS = st.integers(-9, 12).map(lambda number: number.to_bytes(4, "big", signed=True))
"""Special lengths and small lengths: bytes that lead on into the layouts."""
BYTES = st.one_of(st.binary(max_size=300), st.lists(st.one_of(NUMBERS, st.binary(max_size=9))).map(b"".join))


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(place % (len(stream) + 1) for place in cuts)})
    return [stream[a:b] for a, b in pairwise(places)]


@given(DIRECTIONS, VERSION, HANDSHAKE, BYTES, CUTS)
def test_any_bytes(direction, version, handshake, stream, cuts):
    whole = decode(WorkerDecoder(direction, version, handshake), stream)
    assert_covers(whole, stream)
    assert decode(WorkerDecoder(direction, version, handshake), *cut(stream, cuts)) == whole


@given(RECORDED, DIRECTIONS, CUTS)
def test_any_pieces_of_a_recording(one, direction, cuts):
    stream = one.stream(direction)
    assert decode(one.decoder(direction), *cut(stream, cuts)) == one.messages(direction)


@given(RECORDED, DIRECTIONS, CUTS, st.data())
def test_a_recording_with_bytes_changed(one, direction, cuts, data):
    stream = bytearray(one.stream(direction))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(stream) - 1))
        stream[place : place + data.draw(st.integers(0, 4))] = data.draw(
            st.one_of(NUMBERS, st.binary(max_size=9))
        )
    whole = decode(one.decoder(direction), bytes(stream))
    assert_covers(whole, bytes(stream))
    assert decode(one.decoder(direction), *cut(bytes(stream), cuts)) == whole


@given(RECORDED, DIRECTIONS, CUTS)
@settings(max_examples=30)
def test_a_decoder_with_little_room_reads_the_same_messages(one, direction, cuts):
    stream = one.stream(direction)
    small = decode(one.decoder(direction, max_message=2048), *cut(stream, cuts))
    assert_covers(small, stream)
    whole = one.messages(direction)
    assert [(each.command, each.size, each.offset) for each in small] == [
        (each.command, each.size, each.offset) for each in whole
    ]
    for mine, full in zip(small, whole, strict=True):
        assert [(field.name, mine.length(field)) for field in mine.fields] == [
            (field.name, full.length(field)) for field in full.fields
        ]


@given(VERSION, HANDSHAKE, st.lists(st.tuples(DIRECTIONS, BYTES), max_size=10))
def test_any_conversation(version, handshake, pieces):
    conversation = WorkerConversation(version, handshake)
    passed = [event for way, piece in pieces for event in conversation.feed(way, piece)] + conversation.end()
    told = sum(event.message.size for event in passed if event.message is not None)
    assert told == sum(len(piece) for _, piece in pieces)
    over = [event.round for event in passed if event.message is None]
    assert len(over) == len(set(map(id, over))) == len({id(event.round) for event in passed if event.round})
