"""Requests meet their replies, on every connection and in both roles."""

import tracemalloc
from collections.abc import Iterator

import pytest
from playbook import LINE, MAIN, MS, SITE, Talk

from sparkwire.trace.gateway.exchange import whole
from sparkwire.trace.gateway.exchanges import ExchangeBuilder, exchanges
from sparkwire.trace.gateway.words import reply_summary
from sparkwire.trace.records import Chunk, Record
from sparkwire.wire.message import Direction, Malformed


@pytest.fixture
def talk() -> Talk:
    return Talk(now=0).open(1).named(MAIN, "MainThread")


def test_a_request_is_paired_with_its_reply(talk: Talk) -> None:
    talk.at(SITE).ask("c\no0\nget\nsspark.master\ne\n", "!yslocal[1]\n")
    [exchange] = talk.exchanges()
    assert (exchange.n, exchange.channel, exchange.command) == (1, "gateway", "call")
    assert exchange.reply is not None
    assert exchange.reply.raw == b"!yslocal[1]\n"
    assert (exchange.start_ns, exchange.duration_ns, exchange.thread) == (MS, MS, "MainThread")
    assert exchange.site is not None
    assert exchange.site.user == LINE


@pytest.mark.parametrize("first", [1, 8])
def test_pieces_make_one_exchange_that_began_with_the_first(talk: Talk, first: int) -> None:
    request = "c\no0\nget\nsx\n"
    talk.to_java(request[:first], request[first:], "e\n")
    talk.to_python("!y", "v\n")
    [exchange] = talk.exchanges()
    assert exchange.request.raw == b"c\no0\nget\nsx\ne\n"
    assert (exchange.start_ns, exchange.duration_ns) == (MS, 4 * MS)


def test_a_request_that_came_with_the_end_of_another_began_with_that_piece(talk: Talk) -> None:
    talk.to_java("c\no0\nge", "t\ne\nm\nd\no1\ne\n")
    assert [one.start_ns for one in talk.exchanges()] == [MS, 2 * MS]


@pytest.mark.parametrize("pieces", [1, 3, 100])
def test_a_reply_that_is_cut_by_the_end_ended_with_its_last_piece(talk: Talk, pieces: int) -> None:
    talk.to_java("c\no0\nget\ne\n").to_python("!ys", *["x"] * pieces).close()
    [cut] = talk.exchanges()
    assert isinstance(cut.reply, Malformed)
    assert (cut.start_ns, cut.duration_ns) == (MS, (1 + pieces) * MS)


def test_a_callback_inside_a_call_knows_its_parent_though_its_thread_got_a_name_meanwhile(talk: Talk) -> None:
    for _ in range(3):
        talk.to_java("c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
        talk.named(MAIN, "again")
        talk.call_back("c\np0\nrun\ne\n", "!yv\n")
        talk.to_python("!yv\n")
    assert [one.parent for one in talk.exchanges()] == [None, 1, None, 3, None, 5]


def test_a_callback_inside_a_call_knows_its_parent(talk: Talk) -> None:
    talk.to_java("c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
    talk.to_python("c\np0\nrun\ne\n")
    talk.ask("c\no1\nsize\ne\n", "!yi3\n")
    talk.to_java("!yv\n")
    talk.to_python("!yv\n")
    outer, inner, nested = talk.exchanges()
    assert [outer.channel, inner.channel, nested.channel] == ["gateway", "callback", "gateway"]
    assert [outer.parent, inner.parent, nested.parent] == [None, 1, 2]
    assert [e.reply.raw if e.reply else None for e in (outer, inner, nested)] == [
        b"!yv\n",
        b"!yv\n",
        b"!yi3\n",
    ]
    assert [e.duration_ns for e in (outer, inner, nested)] == [5 * MS, 3 * MS, MS]


def test_a_stream_command_counts_the_raw_bytes_after_its_reply(talk: Talk) -> None:
    talk.to_java("S\no1\nopen\ne\n")
    talk.to_python("!yv\n", "!y\nraw", "more")
    [exchange] = talk.exchanges()
    assert exchange.stream_bytes == 10


def test_a_connection_goes_on_after_a_stream(talk: Talk) -> None:
    talk.to_java("S\no1\nopen\ne\n")
    talk.to_python("!yv\n", "raw")
    talk.ask("c\no1\nsize\ne\n", "!yi3\n")
    stream, call = talk.exchanges()
    assert (stream.command, stream.stream_bytes) == ("stream", 3)
    assert call.reply is not None
    assert call.reply.raw == b"!yi3\n"


@pytest.mark.parametrize("end", ["closed", "cut"])
def test_a_program_that_ended_first_leaves_a_request_without_a_reply(talk: Talk, end: str) -> None:
    talk.to_java("c\no0\nget\ne\n")
    if end == "closed":
        talk.close()
    [exchange] = talk.exchanges()
    assert exchange.reply is None
    assert exchange.duration_ns is None


def test_a_shutdown_has_no_reply_and_does_not_wait_for_one(talk: Talk) -> None:
    talk.to_java("s\n")
    [exchange] = talk.exchanges()
    assert (exchange.command, exchange.reply) == ("shutdown", None)


def test_what_cannot_be_decoded_is_an_exchange_too(talk: Talk) -> None:
    talk.ask("?\nwhat\ne\n", "!xsUnknown command\n")
    talk.ask("m\nd\no1\ne\n", "!yv\n")
    bad, good = talk.exchanges()
    assert isinstance(bad.request, Malformed)
    assert bad.reply is not None
    assert bad.reply.command == "error"
    assert good.command == "memory"


def test_a_reply_to_what_was_asked_before_the_recording_is_counted_and_left_out(talk: Talk) -> None:
    talk.open(2).to_python("!yv\n").to_python("!yv\n", on=2)
    talk.ask("m\nd\no1\ne\n", "!yv\n")
    builder = ExchangeBuilder()
    found = [*builder.feed(talk.records), *builder.end()]
    assert [whole(exchange).command for exchange in found] == ["memory"]
    assert builder.early_replies == 2


def test_a_reply_to_nothing_is_kept(talk: Talk) -> None:
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    talk.to_python("!yv\n")
    talk.ask("m\nd\no1\ne\n", "!yv\n")
    _, orphan, after = talk.exchanges()
    assert isinstance(orphan.request, Malformed)
    assert orphan.request.raw == b"!yv\n"
    assert after.command == "memory"


def test_exchanges_come_in_the_order_of_their_requests(talk: Talk) -> None:
    talk.open(2)
    talk.to_java("c\no0\nslow\ne\n", on=1)
    talk.ask("m\nd\no1\ne\n", "!yv\n", on=2)
    talk.to_python("!yv\n", on=1)
    assert [e.connection for e in talk.exchanges()] == [1, 2]


def test_exchanges_are_given_out_as_soon_as_the_earlier_ones_are_complete(talk: Talk) -> None:
    talk.open(2)
    talk.to_java("c\no0\nslow\ne\n", on=1)
    talk.ask("?\nwhat\ne\n", "!xsno\n", on=2)
    talk.to_python("!yv\n", on=1)
    talk.ask("?\nwhat\ne\n", "!xsno\n", on=2).ask("?\nwhat\ne\n", "!xsno\n", on=1)
    builder = ExchangeBuilder()
    given = [
        [one.n for one in builder.feed([record])] for record in talk.records if isinstance(record, Chunk)
    ]
    assert given == [[], [], [], [1, 2], [], [3], [], [4]]
    assert builder.end() == []


def test_beyond_a_limit_exchanges_are_given_out_without_the_earlier_ones(talk: Talk, monkeypatch) -> None:
    monkeypatch.setattr("sparkwire.trace.gateway.exchanges.MAX_HELD_BACK", 3)
    talk.open(2)
    talk.to_java("c\no0\nslow\ne\n", on=1)
    for _ in range(5):
        talk.ask("?\nwhat\ne\n", "!xsno\n", on=2)
    talk.to_python("!yv\n", on=1)
    builder = ExchangeBuilder()
    given = [
        [one.n for one in builder.feed([record])] for record in talk.records if isinstance(record, Chunk)
    ]
    assert [found for found in given if found] == [[2, 3, 4, 5], [6], [1]]


def test_a_connection_number_that_opens_again_starts_afresh(talk: Talk) -> None:
    talk.to_java("c\no0\nhalf")
    *before, again = talk.open(1).records
    builder = ExchangeBuilder()
    assert builder.feed(before) == []
    [cut] = builder.feed([again])
    assert isinstance(cut.request, Malformed)


def test_memory_stays_flat_when_the_first_request_is_never_answered(talk: Talk) -> None:
    talk.open(2)
    talk.to_java("c\no0\nawaitTermination\ne\n", on=1)
    for _ in range(60_000):
        talk.ask("m\nd\no1\ne\n", "!yv\n", on=2)
    builder = ExchangeBuilder()
    assert len(builder.feed(talk.records)) >= 10_000


def test_a_long_callback_began_with_its_first_piece_and_its_answer_ended_with_its_last(talk: Talk) -> None:
    piece = b"x" * 8192
    text = b"s" + piece * 2000 + b"\n"
    talk.to_java("c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
    talk.to_python("c\np0\nrun\n", *[text[i : i + 8192] for i in range(0, len(text), 8192)], "e\n")
    asked, answered = talk.now - 2002 * MS, talk.now
    talk.to_java("!ys", *[piece] * 1000, "\n").to_python("!yv\n")
    _, callback = talk.exchanges()
    assert callback.request.size == len("c\np0\nrun\ne\n") + len(text)
    assert callback.start_ns == asked
    assert callback.start_ns + (callback.duration_ns or 0) == answered + 1002 * MS


def test_what_begins_after_much_that_is_malformed_began_with_its_own_first_piece(talk: Talk) -> None:
    garbage = [b"what is this\n"] * 500 + [b"w" * 300] * 500 + [b"\n"]
    before = talk.now
    talk.to_java(*garbage, "c", "\no1\nsize\ne\n")
    bad, call = talk.exchanges()
    assert isinstance(bad.request, Malformed)
    assert bad.request.size == len(b"".join(garbage))
    assert (bad.start_ns, call.request.raw) == (before + MS, b"c\no1\nsize\ne\n")
    assert call.start_ns == before + (len(garbage) + 1) * MS


def test_a_long_message_is_read_in_little_memory() -> None:
    piece = b"x" * 65536

    def records() -> Iterator[Record]:
        for one in (b"c\no0\nadd\ns", *[piece] * 640, b"\ne\n"):
            yield Chunk(1, Direction.TO_JAVA, 0, MAIN, 0, bytes(bytearray(one)))
        for one in (b"!yj", *[b"AAAA" * 16384] * 1600, b"\n"):
            yield Chunk(1, Direction.TO_PYTHON, 0, MAIN, 0, bytes(bytearray(one)))

    tracemalloc.start()
    try:
        [exchange] = exchanges(records())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert exchange.request.size == 40 * 2**20 + len("c\no0\nadd\ns\ne\n")
    assert exchange.reply is not None
    assert exchange.reply.size == 100 * 2**20 + len("!yj\n")
    assert peak < 12 * 2**20


def test_a_request_that_was_not_sent_says_why_and_no_other_does(talk: Talk) -> None:
    talk.ask("c\no0\nget\nsx\ne\n", "!yv\n").to_java("c\no0\nget\nsy\ne\n").not_sent("Broken pipe").close()
    talk.open(2).ask("c\no0\nget\nsy\ne\n", "!yv\n", on=2)
    before, unsent, again = talk.exchanges()
    assert [e.unsent for e in (before, unsent, again)] == ["", "Broken pipe", ""]
    assert [e.failed for e in (before, unsent, again)] == [False, True, False]
    assert unsent.reply is None
    assert reply_summary(unsent) == "not sent: Broken pipe"


def test_a_reply_to_java_that_was_not_sent_says_nothing_of_the_request_around_it(talk: Talk) -> None:
    talk.to_java("c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
    talk.to_python("c\np0\nrun\ne\n").to_java("!yv\n").not_sent("Broken pipe").close()
    run, called = talk.exchanges()
    assert (run.command, run.unsent) == ("call", "")
    assert called.channel == "callback"


def test_a_request_in_pieces_of_which_the_last_was_not_sent_is_no_message(talk: Talk) -> None:
    talk.to_java("c\no0\nge", "t\nsx\n").not_sent("timed out").close()
    [cut] = talk.exchanges()
    assert isinstance(cut.request, Malformed)
