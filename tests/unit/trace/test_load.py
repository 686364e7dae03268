"""One loader: what a trace says of itself, and its exchanges as a stream or whole, come out alike."""

from __future__ import annotations

import pytest

from sparkwire import load
from sparkwire.errors import TraceError
from sparkwire.record.writer import TraceWriter
from sparkwire.trace import load as loading
from sparkwire.trace.records import (
    About,
    Channel,
    Chunk,
    Closed,
    Header,
    JavaCall,
    JavaVersion,
    Notice,
    Opened,
    Record,
    Redacted,
    ThreadName,
)
from sparkwire.wire.message import Direction

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
MS = 1_000_000
EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"
BEGIN: list[Record] = [Opened(1, Channel.GATEWAY, 1, 2, 0), ThreadName(7, "MainThread")]


def asked(n: int, connection: int = 1) -> list[Record]:
    return [
        Chunk(connection, J, n * MS, 7, 0, b"c\no%d\nget\ne\n" % n),
        Chunk(connection, P, n * MS + 500, 7, 0, b"!yi1\n"),
    ]


def executed(n: int) -> JavaCall:
    return JavaCall(30, "Thread-30", n * MS + 100, 200, EXECUTE, ("java.lang.Thread.run()",))


@pytest.fixture
def written(tmp_path):
    def write(*records: Record, complete: bool = True, program: str = "adam.py"):
        path = tmp_path / "t.sparkwire"
        writer = TraceWriter(path, Header("3.11", "0.10.9.9", "4.3.0", "Linux", program, 0))
        for record in records:
            writer.write_record(record)
        writer.close(complete=complete)
        return path

    return write


def test_a_stream_and_the_whole_are_the_same(written):
    path = written(*BEGIN, *asked(1), *asked(2), Closed(1, 9 * MS))
    streamed = list(load(path).stream())
    assert streamed == load(path).exchanges
    assert [e.n for e in streamed] == [1, 2]


def test_what_a_trace_says_of_itself_is_there_at_once(written):
    trace = load(written(*BEGIN, Notice(About.RELAY, "it was slow", 5), JavaVersion("25.0.2"), Closed(1, 9)))
    assert trace.header.program == "adam.py"
    assert trace.java_version == "25.0.2"
    assert [c.connection for c in trace.connections] == [1]
    assert trace.closed == {1: 9}
    assert trace.notices == [Notice(About.RELAY, "it was slow", 5)]


@pytest.mark.parametrize("way", ["exchanges", "steps", "lifetimes", "threads"])
def test_early_replies_are_told_whoever_reads(written, way):
    trace = load(written(*BEGIN, Chunk(1, P, MS, 7, 0, b"!yv\n"), *asked(2)))
    assert trace.notices == []
    getattr(trace, way)
    assert len(trace.exchanges) == 1
    assert [(n.about, n.t_ns) for n in trace.notices] == [(About.RECORDER, 0)]
    assert trace.notices[0].text == (
        "Left out: 1 of the first replies, to requests from before the recording began."
    )


def test_java_calls_lie_beside_the_exchanges(written):
    trace = load(written(*BEGIN, *asked(1), *asked(2), executed(1), executed(2)))
    assert trace.join.agreed
    assert [trace.join.of(e) for e in trace.exchanges] == [(executed(1),), (executed(2),)]
    assert trace.join.reason == ""
    assert trace.notices == []


def test_why_there_are_no_java_calls_is_what_the_notice_about_java_says(written):
    notices = (Notice(About.RELAY, "Java was slow", 1), Notice(About.JAVA, "No calls: too old.", 2))
    assert load(written(*BEGIN, *asked(1), *notices)).join.reason == "No calls: too old."
    assert load(written(*BEGIN, *asked(1))).join.reason == "No Java calls were recorded."


def test_what_the_join_finds_out_is_told_once(written):
    records = [*BEGIN, *asked(1), *asked(2), executed(1), executed(2), executed(9)]
    trace = load(written(*records))
    notes = trace.join.notes
    assert notes
    assert [n.text for n in trace.notices] == list(notes)
    again = load(written(*records, *(Notice(About.JAVA, note, 3) for note in notes)))
    assert again.join.notes == notes
    assert [n.text for n in again.notices] == list(notes)


def test_a_trace_that_is_too_long_is_shown_without_java_calls_and_says_so(written, monkeypatch):
    monkeypatch.setattr(loading, "MAX_JOINED", 1)
    trace = load(written(*BEGIN, *asked(1), *asked(2), executed(1), executed(2)))
    assert trace.join.calls == {}
    assert "more than 1 exchanges" in trace.join.reason
    assert [n.text for n in trace.notices] == [trace.join.reason]
    assert [e.n for e in trace.stream()] == [1, 2]


def test_how_the_file_ended_is_told(written, tmp_path):
    path = written(*BEGIN, *asked(1), complete=False)
    assert "still running" in load(path).notices[0].text
    path.write_bytes(path.read_bytes()[:-3])
    trace = load(path)
    assert [n.about for n in trace.notices] == [About.RECORDER, About.RECORDER]
    assert "ends inside a record" in trace.notices[1].text
    assert trace.exchanges[0].reply is None


def test_a_file_that_was_cut_before_anything_is_refused(written):
    path = written(*BEGIN)
    data = path.read_bytes()
    start = len(written().read_bytes())
    path.write_bytes(data[: start + 7])
    with pytest.raises(TraceError, match="before its first whole record"):
        load(path)


def test_where_a_secret_stood_is_known_and_a_users_own_stars_are_text(written):
    stars = b"c\no1\nset\ns********\ns********\ne\n"
    secret = (stars.rindex(b"*" * 8), stars.rindex(b"*" * 8) + 8)
    named = [
        Redacted(0, J, ()),
        *BEGIN,
        *asked(1),
        Redacted(1, J, tuple((a + 11, b + 11) for a, b in [secret])),
    ]
    assert len(b"c\no1\nget\ne\n") == 11
    first, told = load(written(*named, Chunk(1, J, 5 * MS, 7, 0, stars))).exchanges
    assert first.request.hidden == ()
    assert told.request.hidden == (secret,)
    values = [field for field in told.request.fields if field.name == "argument"]
    assert [told.request.hides(field) for field in values] == [False, True]
    _, guessed = load(written(*BEGIN, *asked(1), Chunk(1, J, 5 * MS, 7, 0, stars))).exchanges
    assert [guessed.request.hides(field) for field in values] == [True, True]


def test_a_secret_in_a_reply_and_across_chunks_is_marked(written):
    reply = b"!ys****************\n"
    records = [Redacted(0, J, ()), *BEGIN, Chunk(1, J, MS, 7, 0, b"c\no1\nget\ne\n")]
    records += [Redacted(1, P, ((3, 8),)), Chunk(1, P, 2 * MS, 7, 0, reply[:8])]
    records += [Redacted(1, P, ((8, 19),)), Chunk(1, P, 3 * MS, 7, 0, reply[8:])]
    [exchange] = load(written(*records)).exchanges
    assert exchange.reply.hidden == ((3, 8), (8, 19))
    assert exchange.reply.hides(exchange.reply.field("result"))
    assert not exchange.reply.hides(exchange.reply.field("type code"))
