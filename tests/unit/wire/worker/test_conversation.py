"""Both directions of a worker's connection: which message belongs to which round, and how each ended."""

from __future__ import annotations

from collections import Counter

import pytest
from worker_recordings import SIGNS, Recorded, of, recorded

from sparkwire.wire.message import Direction, Malformed
from sparkwire.wire.worker import Exit, Passed, Round, RoundPhase, WorkerConversation

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
ALL = recorded()
EXITS = {"exception": [Exit.ERROR], "exit_code": [Exit.KILLED], "take": [Exit.ENDED]}


def hold(one: Recorded) -> tuple[WorkerConversation, list[Passed]]:
    conversation = WorkerConversation(one.pyspark, one.handshake)
    passed = [event for way, piece in one.pieces for event in conversation.feed(way, piece)]
    return conversation, passed + conversation.end()


def rounds(passed: list[Passed]) -> list[Round]:
    return [event.round for event in passed if event.phase is RoundPhase.OVER]


@pytest.mark.parametrize("one", ALL, ids=str)
def test_every_message_has_its_round(one):
    conversation, passed = hold(one)
    assert conversation.pid > 0
    found = rounds(passed)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert len(found) == sum(message.command == "init" for message in one.messages(P))
    assert [each.exit for each in found] == EXITS.get(one.program, [Exit.REUSED] * len(found))
    outside = [event for event in passed if event.round is None]
    assert {event.phase for event in outside} <= {RoundPhase.HANDSHAKE, RoundPhase.EXCEPTION}
    greeting = sum(event.message.size for event in outside)
    sizes = sum(each.size[way] for each in found for way in Direction)
    assert greeting + sizes == sum(len(piece) for _, piece in one.pieces)
    for way in Direction:
        assert [event.message for event in passed if event.message and event.message.direction is way] == (
            one.messages(way)
        )


@pytest.mark.parametrize("one", [of("rdd"), of("reuse"), of("grouped_map")], ids=str)
def test_pieces_make_no_difference(one):
    """All of one direction first, then all of the other; or byte by byte."""
    expected = [(e.phase, e.round and e.round.number, e.message) for e in hold(one)[1]]
    conversation = WorkerConversation(one.pyspark, one.handshake)
    passed = [*conversation.feed(J, one.stream(J)), *conversation.feed(P, one.stream(P)), *conversation.end()]
    got = [(e.phase, e.round and e.round.number, e.message) for e in passed]
    assert Counter(map(repr, got)) == Counter(map(repr, expected))
    conversation = WorkerConversation(one.pyspark, one.handshake)
    slowly = [e for way, piece in one.pieces for byte in piece for e in conversation.feed(way, bytes([byte]))]
    got = [(e.phase, e.round and e.round.number, e.message) for e in slowly + conversation.end()]
    assert Counter(map(repr, got)) == Counter(map(repr, expected))


def test_a_round_in_its_phases():
    _, passed = hold(of("broadcast_and_accumulator"))
    assert [event.phase for event in passed if event.round is not None and event.round.number == 1] == [
        RoundPhase.SET_UP,
        RoundPhase.DATA_IN,
        RoundPhase.DATA_IN,
        RoundPhase.END,
        RoundPhase.DATA_OUT,
        RoundPhase.DATA_OUT,
        RoundPhase.TIMING,
        RoundPhase.ACCUMULATORS,
        RoundPhase.ACCUMULATORS,
        RoundPhase.END,
        RoundPhase.OVER,
    ]
    first, second = rounds(passed)
    assert (first.accumulators, second.accumulators) == (1, 0)
    assert first.init.field("split index").value == 0
    assert first.timing.field("finish time").value >= first.timing.field("boot time").value


def test_rows_are_counted_where_the_bytes_say_how_many():
    [one] = rounds(hold(of("arrow_udf"))[1])
    assert (one.data_in.batches, one.data_in.rows, one.data_in.frames) == (1, 4, 0)
    assert (one.data_out.batches, one.data_out.rows, one.data_out.frames) == (1, 4, 0)
    [one] = rounds(hold(of("rdd"))[1])
    assert (one.data_in.batches, one.data_in.rows, one.data_in.frames) == (0, 0, 1)


def test_an_exception_is_kept():
    [one] = rounds(hold(of("exception"))[1])
    assert "ZeroDivisionError" in one.exception.field("traceback").value
    assert one.timing is None


def test_a_worker_that_waited_in_vain():
    """When the JVM closes the connection between two rounds, the worker's complaint belongs to none."""
    idle = [
        event
        for one in ALL
        for event in hold(one)[1]
        if event.phase is RoundPhase.EXCEPTION and not event.round
    ]
    one = of("rdd")
    conversation = WorkerConversation(one.pyspark, one.handshake)
    for way, piece in one.pieces:
        conversation.feed(way, piece)
    complaint = b"\xff\xff\xff\xfe\0\0\0\x08EOFError"
    [passed] = conversation.feed(J, complaint)
    assert (passed.phase, passed.round, passed.message.size) == (RoundPhase.EXCEPTION, None, len(complaint))
    assert conversation.end() == []
    assert all("EOFError" in event.message.field("traceback").value for event in idle)


def test_a_connection_that_closes_early():
    one = of("rdd")
    conversation = WorkerConversation(one.pyspark, one.handshake)
    conversation.feed(P, one.stream(P)[:1000])
    conversation.feed(J, one.stream(J)[:4])
    passed = conversation.end()
    assert [event.phase for event in passed] == [RoundPhase.UNREADABLE, RoundPhase.OVER]
    assert isinstance(passed[0].message, Malformed)
    assert passed[0].round.init is passed[0].message
    assert passed[0].round.exit is Exit.KILLED


def test_of_what_cannot_be_read_no_exit_is_claimed():
    one = of("rdd")
    conversation = WorkerConversation("9.9.9", one.handshake)
    for way, piece in one.pieces:
        assert conversation.feed(way, piece) == []
        assert "9.9.9" in conversation.lost(way)
    passed = conversation.end()
    assert [event.phase for event in passed] == [
        RoundPhase.UNREADABLE,
        RoundPhase.UNREADABLE,
        RoundPhase.OVER,
    ]
    assert passed[-1].round.exit is None
    assert {event.message.direction for event in passed[:-1]} == set(SIGNS.values())


def test_nothing_was_said():
    assert WorkerConversation("4.3.0").end() == []
