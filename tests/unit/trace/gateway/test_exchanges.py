"""Requests meet their replies, on every connection and in both roles."""

from sparkwire.trace.gateway.exchanges import Exchange, ExchangeBuilder, exchanges
from sparkwire.trace.records import CallSite, Chunk, Closed, Frame, Opened, Record, Site, ThreadName
from sparkwire.wire.message import Direction, Malformed

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
LINE = Frame("adam.py", 3, "<module>", "sc.setCheckpointDir(x)", False)
BEGIN: list[Record] = [Opened(1, "gateway", 1, 2, 0), ThreadName(7, "MainThread"), Site(1, CallSite((LINE,)))]


def conversation(*lines: tuple[Direction, bytes], connection: int = 1) -> list[Record]:
    return [
        Chunk(connection, direction, 100 * (i + 1), 7, int(direction is J), data)
        for i, (direction, data) in enumerate(lines)
    ]


def made(*lines: tuple[Direction, bytes]) -> list[Exchange]:
    return list(exchanges([*BEGIN, *conversation(*lines), Closed(1, 9999)]))


def test_a_request_is_paired_with_its_reply() -> None:
    [exchange] = made((J, b"c\no0\nget\nsspark.master\ne\n"), (P, b"!yslocal[1]\n"))
    assert (exchange.n, exchange.channel, exchange.command) == (1, "gateway", "call")
    assert exchange.reply is not None
    assert exchange.reply.raw == b"!yslocal[1]\n"
    assert (exchange.start_ns, exchange.duration_ns, exchange.thread) == (100, 100, "MainThread")
    assert exchange.site is not None
    assert exchange.site.user == LINE


def test_pieces_make_one_exchange_that_began_with_the_first() -> None:
    [exchange] = made((J, b"c\no0\nge"), (J, b"t\nsx\n"), (J, b"e\n"), (P, b"!y"), (P, b"v\n"))
    assert exchange.request.raw == b"c\no0\nget\nsx\ne\n"
    assert (exchange.start_ns, exchange.duration_ns) == (100, 400)


def test_a_callback_inside_a_call_knows_its_parent() -> None:
    outer, inner, nested = made(
        (J, b"c\no0\nrun\nfp0;java.lang.Runnable\ne\n"),
        (P, b"c\np0\nrun\ne\n"),
        (J, b"c\no1\nsize\ne\n"),
        (P, b"!yi3\n"),
        (J, b"!yv\n"),
        (P, b"!yv\n"),
    )
    assert [outer.channel, inner.channel, nested.channel] == ["gateway", "callback", "gateway"]
    assert [outer.parent, inner.parent, nested.parent] == [None, 1, 2]
    assert [e.reply.raw if e.reply else None for e in (outer, inner, nested)] == [
        b"!yv\n",
        b"!yv\n",
        b"!yi3\n",
    ]
    assert [e.duration_ns for e in (outer, inner, nested)] == [500, 300, 100]


def test_a_stream_command_counts_the_raw_bytes_after_its_reply() -> None:
    [exchange] = made((J, b"S\no1\nopen\ne\n"), (P, b"!yv\n"), (P, b"!y\nraw"), (P, b"more"))
    assert exchange.stream_bytes == 10


def test_a_connection_goes_on_after_a_stream() -> None:
    stream, call = made(
        (J, b"S\no1\nopen\ne\n"),
        (P, b"!yv\n"),
        (P, b"raw"),
        (J, b"c\no1\nsize\ne\n"),
        (P, b"!yi3\n"),
    )
    assert (stream.command, stream.stream_bytes) == ("stream", 3)
    assert call.reply is not None
    assert call.reply.raw == b"!yi3\n"


def test_a_program_that_ended_first_leaves_a_request_without_a_reply() -> None:
    [exchange] = made((J, b"c\no0\nget\ne\n"))
    assert exchange.reply is None
    assert exchange.duration_ns is None


def test_a_shutdown_has_no_reply_and_does_not_wait_for_one() -> None:
    [exchange] = made((J, b"s\n"))
    assert (exchange.command, exchange.reply) == ("shutdown", None)


def test_what_cannot_be_decoded_is_an_exchange_too() -> None:
    bad, good = made((J, b"?\nwhat\ne\n"), (P, b"!xsUnknown command\n"), (J, b"m\nd\no1\ne\n"), (P, b"!yv\n"))
    assert isinstance(bad.request, Malformed)
    assert bad.reply is not None
    assert bad.reply.command == "error"
    assert good.command == "memory"


def test_a_reply_to_what_was_asked_before_the_recording_is_counted_and_left_out() -> None:
    builder = ExchangeBuilder()
    early = conversation((P, b"!yv\n"), (J, b"m\nd\no1\ne\n"), (P, b"!yv\n"))
    found = [exchange for record in [*BEGIN, *early] for exchange in builder.feed(record)]
    assert [exchange.command for exchange in [*found, *builder.end()]] == ["memory"]
    assert builder.early_replies == 1


def test_a_reply_to_nothing_is_kept() -> None:
    first = (J, b"m\nd\no0\ne\n"), (P, b"!yv\n")
    _, orphan, after = made(*first, (P, b"!yv\n"), (J, b"m\nd\no1\ne\n"), (P, b"!yv\n"))
    assert isinstance(orphan.request, Malformed)
    assert orphan.request.raw == b"!yv\n"
    assert after.command == "memory"


def test_exchanges_come_in_the_order_of_their_requests() -> None:
    records: list[Record] = [Opened(1, "gateway", 1, 9, 0), Opened(2, "gateway", 2, 9, 0)]
    records += [
        Chunk(1, J, 1, 7, 0, b"c\no0\nslow\ne\n"),
        Chunk(2, J, 2, 8, 0, b"m\nd\no1\ne\n"),
        Chunk(2, P, 3, 8, 0, b"!yv\n"),
        Chunk(1, P, 4, 7, 0, b"!yv\n"),
    ]
    assert [e.connection for e in exchanges(records)] == [1, 2]


def test_a_connection_number_that_opens_again_starts_afresh() -> None:
    builder = ExchangeBuilder()
    for record in [*BEGIN, *conversation((J, b"c\no0\nhalf"))]:
        assert builder.feed(record) == []
    [cut] = builder.feed(Opened(1, "gateway", 1, 2, 0))
    assert isinstance(cut.request, Malformed)


def test_memory_stays_flat_when_the_first_request_is_never_answered() -> None:
    builder = ExchangeBuilder()
    builder.feed(Opened(1, "gateway", 1, 9, 0))
    builder.feed(Opened(2, "gateway", 1, 9, 0))
    builder.feed(Chunk(1, J, 1, 7, 0, b"c\no0\nawaitTermination\ne\n"))
    given = 0
    for at in range(60_000):
        builder.feed(Chunk(2, J, at, 8, 0, b"m\nd\no1\ne\n"))
        given += len(builder.feed(Chunk(2, P, at, 8, 0, b"!yv\n")))
    assert given >= 10_000
