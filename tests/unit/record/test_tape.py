"""What a tape writes: secrets never, where they were always, and why it stopped if it did."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from sparkwire.record.redact import Redactor
from sparkwire.record.tape import MOST, Tape, program_header, relay_header
from sparkwire.trace.format import MAX_PAYLOAD, TraceReader
from sparkwire.trace.records import RELAY, Channel, Chunk, Closed, Notice, Opened, Redacted, Site
from sparkwire.wire.message import Direction

MARKER = Redacted(0, Direction.TO_JAVA, ())
TOKEN = b"A\nsome-token\n"


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "t", program_header("adam.py"))


def records(tape: Tape) -> list[object]:
    return list(TraceReader(tape.writer.path))


def test_a_trace_says_first_that_it_names_its_spans(tape: Tape) -> None:
    assert records(tape) == [MARKER]


def test_the_header_of_a_relay_claims_no_versions() -> None:
    own, relays = program_header("adam.py"), relay_header()
    assert (own.program, own.python) == ("adam.py", ".".join(map(str, sys.version_info[:3])))
    assert (relays.program, relays.python, relays.py4j, relays.pyspark) == (RELAY, "", "", "")
    assert own.os == relays.os


def test_the_header_names_the_system_and_not_its_build() -> None:
    system = program_header("adam.py").os
    assert system.split() == [platform.system(), platform.machine()]
    assert platform.release() not in system


@pytest.mark.parametrize("to_python", [False, True])
def test_a_request_in_pieces_began_with_the_first_and_a_reply_came_with_the_last(tape, to_python) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "127.0.0.1")
    request, next_one, reply = b"c\no1\nf\nsx\ne\n", b"c\no2\nf\ne\n", b"!ysabc\n"
    pieces = [
        request[:4],
        request[4:8],
        request[8:] + next_one[:3],
        next_one[3:],
        reply[:2],
        reply[2:5],
        reply[5:],
    ]
    for at, piece in enumerate([*pieces, request]):
        tape.chunk(connection, to_python, at, 7, piece)
    chunks = [record for record in records(tape) if isinstance(record, Chunk)]
    assert [(chunk.t_ns, chunk.data) for chunk in chunks] == [
        (0, request), (2, next_one), (6, reply), (7, request),
    ]  # fmt: skip


def test_a_chunk_and_its_spans_are_one_write(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "127.0.0.1")
    written: list[bytes] = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: written.append(data) or real(fd, data))
    tape.chunk(connection, False, 5, 7, TOKEN)
    tape.chunk(connection, True, 6, 7, b"!yv\n")
    monkeypatch.undo()
    assert len(written) == 2
    assert records(tape)[2:] == [
        Redacted(1, Direction.TO_JAVA, ((2, 12),)),
        Chunk(1, Direction.TO_JAVA, 5, 7, 0, b"A\n**********\n"),
        Chunk(1, Direction.TO_PYTHON, 6, 7, 0, b"!yv\n"),
    ]


def test_what_was_held_back_is_stored_with_its_spans_when_the_connection_closes(tape: Tape) -> None:
    connection = tape.opened(Channel.CALLBACK, 4000, 25333, "")
    tape.chunk(connection, True, 5, 7, b"A\nsome-t")
    tape.closed(connection, 8)
    opened, first, redacted, held, closed = records(tape)[1:]
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert isinstance(first, Chunk)
    assert first.data == b"A\n"
    assert redacted == Redacted(1, Direction.TO_PYTHON, ((2, 8),))
    assert isinstance(held, Chunk)
    assert (held.data, held.thread) == (b"******", 8)


def test_the_end_of_a_stream_is_stored_before_the_next_command(tape: Tape) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "")
    tape.chunk(connection, True, 5, 7, b"no line end")
    tape.chunk(connection, False, 6, 7, b"c\no1\nf\ne\n")
    assert [record.data for record in records(tape) if isinstance(record, Chunk)] == [
        b"no line end",
        b"c\no1\nf\ne\n",
    ]


def test_a_secret_in_the_bytes_is_not_in_the_line_that_sent_them(tape: Tape) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "")
    tape.chunk(connection, False, 6, 7, b"A\nsome-token\n", sys._getframe())  # b"A\nsome-token\n"
    [site] = [record for record in records(tape) if isinstance(record, Site)]
    assert site.site.user is not None
    assert site.site.user.code.count("**********") == 2
    assert b"some-token" not in tape.writer.path.read_bytes()


PASSWORD = b"c\no1\nf\nsjdbc:x://h/db;user=me;password=s3cret/pw\ne\n"


def test_a_password_in_an_address_is_in_no_line_either(tape: Tape) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "")
    tape.chunk(connection, False, 6, 7, b"c\no1\ng\ne\n", sys._getframe())  # "jdbc:x;password=s3cret/pw"
    tape.chunk(connection, False, 6, 7, PASSWORD, sys._getframe())  # it is s3cret/pw
    tape.chunk(connection, False, 6, 7, b"c\no1\nf\nss3cret/pw\ne\n", sys._getframe())  # 's3cret%2Fpw'
    stored = tape.writer.path.read_bytes()
    assert len([record for record in records(tape) if isinstance(record, Site)]) == 3
    assert b"s3cret" not in stored
    assert b"jdbc:x;password=*********" in stored
    assert b"# it is *********" in stored


@pytest.mark.parametrize("to_python", [False, True])
def test_what_is_longer_than_a_record_may_be_is_several(tape: Tape, to_python: bool) -> None:
    """A record of a gigabyte would be taken for damage, and all that follows it would be lost."""
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "")
    start, end = (b"!ys", b"\n") if to_python else (b"c\no1\nf\ns", b"\ne\n")
    for marker in (b"password=hush&", b"somewhere=a.b&"):
        tape.chunk(connection, to_python, 5, 7, start + marker + b"x" * (2 * MOST) + marker + end)
    tape.chunk(connection, False, 6, 7, b"c\no1\ng\ne\n")
    assert MOST < MAX_PAYLOAD // 2
    reader = TraceReader(tape.writer.path)
    spans = [record.spans for record in reader if isinstance(record, Redacted)][1:]
    *pieces, last = [record for record in reader if isinstance(record, Chunk)]
    assert not reader.cut
    assert last.data == b"c\no1\ng\ne\n"
    assert {(one.t_ns, one.thread, one.direction) for one in pieces} == {
        (5, 7, Direction.TO_PYTHON if to_python else Direction.TO_JAVA)
    }
    assert [len(one.data) for one in pieces[:2]] == [MOST, MOST]
    hidden = start + b"password=****&" + b"x" * (2 * MOST) + b"password=****&" + end
    plain = start + b"somewhere=a.b&" + b"x" * (2 * MOST) + b"somewhere=a.b&" + end
    assert b"".join(one.data for one in pieces) == hidden + plain
    at = len(start) + len(b"password=")
    later = at + 2 * MOST + len(b"password=hush&")
    assert spans == [((at, at + 4), (later, later + 4))]


def test_connections_share_their_secrets_and_have_numbers(tape: Tape) -> None:
    one, other = (tape.opened(Channel.GATEWAY, 4000, 25333, "") for _ in range(2))
    tape.chunk(one, False, 5, 7, TOKEN)
    tape.chunk(other, False, 6, 7, memoryview(b"c\no1\nf\nssome-token\ne\n"))
    assert (one.number, other.number) == (1, 2)
    assert records(tape)[-1] == Chunk(2, Direction.TO_JAVA, 6, 7, 0, b"c\no1\nf\ns**********\ne\n")


def test_a_fault_of_our_own_ends_the_recording_and_raises_nothing(
    tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = tape.opened(Channel.GATEWAY, 4000, 25333, "")
    monkeypatch.setattr(Redactor, "feed", lambda self, data: 1 / 0)
    tape.chunk(connection, False, 5, 7, b"c\no1\nf\ne\n")
    monkeypatch.undo()
    tape.chunk(connection, False, 6, 7, b"c\no1\ng\ne\n")
    tape.note("program", "more")
    tape.closed(connection, 7)
    reader = TraceReader(tape.writer.path)
    assert reader.state == "stopped"
    assert "division by zero" in reader.reason
    assert not [record for record in reader if isinstance(record, Chunk | Notice | Closed)]


def test_the_header_names_the_versions_that_the_program_imports(tape: Tape) -> None:
    tape.uses("py4j", "0.10.9.5+tree")
    assert TraceReader(tape.writer.path).header.py4j == "0.10.9.5+tree"
    tape.uses("pyspark", "4.0.1")
    header = TraceReader(tape.writer.path).header
    assert (header.py4j, header.pyspark, header.program) == ("0.10.9.5+tree", "4.0.1", "adam.py")
    assert tape.writer.failure is None
