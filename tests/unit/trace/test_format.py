"""A trace file gives back what was written, and says clearly what it is when it can't."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sparkwire.errors import ReplacedTrace, TraceError
from sparkwire.record.writer import TraceWriter, append_records, leave_notice
from sparkwire.trace.format import (
    HEADER_ROOM,
    MAGIC,
    ROOM_RECORD,
    ROOMS,
    STATUS_SIZE,
    TraceReader,
    encode_chunk,
    encode_header,
    encode_start,
    status_offset,
)
from sparkwire.trace.records import (
    About,
    CallSite,
    Chunk,
    Closed,
    FileName,
    Frame,
    Header,
    JavaCall,
    JavaVersion,
    Notice,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
    Unsent,
    Waited,
    Withheld,
)
from sparkwire.wire.message import Direction

HEADER = Header("3.11.7", "0.10.9.9", "4.3.0", "Linux", "adam test.py", 1_700_000_000_000_000_000)
RECORDS: list[Record] = [
    Redacted(0, Direction.TO_JAVA, ()),
    Opened(1, "gateway", 40000, 25333, 5),
    FileName("/tmp/cell.py", "In [3]"),
    ThreadName(2**63 + 7, "Thread-\N{SNOWMAN}"),
    Site(
        1, CallSite((Frame("adam.py", 2, "<module>", "sc = …", False), Frame("py4j/x.py", 3, "f", "", True)))
    ),
    Chunk(1, Direction.TO_JAVA, 6, 2**63 + 7, 1, b"c\no0\nget\ne\n"),
    Chunk(1, Direction.TO_PYTHON, 7, 2**63 + 7, 0, b"!ys\xff\x00\n"),
    Redacted(1, Direction.TO_PYTHON, ((3, 4), (2**40, 2**40 + 64))),
    Chunk(1, Direction.TO_PYTHON, 8, 1, 0, b""),
    Notice("java", "Java 17 can't trace methods", 9),
    JavaVersion("25.0.2"),
    JavaCall(33, "Thread-3", 10, 11, "py4j.commands.CallCommand.execute(String)", ("a line: 1", "b line: 2")),
    JavaCall(33, "Thread-3", 12, 1, "x.Y.z()", ("a line: 1", "b line: 2")),
    Withheld(1, Direction.TO_JAVA, 404, "0f" * 32, 10, 11),
    Withheld(2**31, Direction.TO_PYTHON, 2**40, "", 0, 2**62),
    Waited(2**31, Direction.TO_PYTHON, 2**62, 2**62 + 100_000),
    Waited(1, Direction.TO_JAVA, 0, 1),
    Closed(1, 13),
    Unsent(1, "Broken pipe"),
]


def write(path: Path, records: list[Record] = RECORDS) -> Path:
    writer = TraceWriter(path, HEADER)
    for record in records:
        writer.write_record(record)
    writer.close()
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    reader = TraceReader(write(tmp_path / "t.sparkwire"))
    assert reader.header == HEADER
    assert (reader.state, reader.reason) == ("complete", "")
    assert list(reader) == RECORDS
    assert list(reader) == RECORDS, "a reader can be read again"
    assert not reader.cut


def test_a_chunk_is_written_with_its_spans_before_it(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "t", HEADER)
    writer.write(encode_chunk(1, True, 7, 8, 0, b"!ys****\n", ((103, 107),)))
    writer.write(encode_chunk(1, True, 9, 8, 0, b"!yv\n"))
    writer.close()
    assert list(TraceReader(tmp_path / "t")) == [
        Redacted(1, Direction.TO_PYTHON, ((103, 107),)),
        Chunk(1, Direction.TO_PYTHON, 7, 8, 0, b"!ys****\n"),
        Chunk(1, Direction.TO_PYTHON, 9, 8, 0, b"!yv\n"),
    ]


@pytest.mark.parametrize("payload", [b"[1,0,[[3]]]", b"[1,7,[]]", b"[1,0,3]"])
def test_damaged_spans_end_the_reading(tmp_path: Path, payload: bytes) -> None:
    path = write(tmp_path / "t", RECORDS[:2])
    with path.open("ab") as file:
        file.write(len(payload).to_bytes(4, "little") + b"\x0c" + payload)
    reader = TraceReader(path)
    assert list(reader) == RECORDS[:2]
    assert reader.cut


def test_records_can_be_appended_after_the_program_ended(tmp_path: Path) -> None:
    path = write(tmp_path / "t.sparkwire", RECORDS[:5])
    append_records(path, HEADER.started_ns, RECORDS[5:])
    assert list(TraceReader(path)) == RECORDS


def test_nothing_is_appended_to_a_trace_that_took_anothers_place(tmp_path: Path) -> None:
    path = write(tmp_path / "t.sparkwire", RECORDS[:5])
    later = TraceWriter(path, replace(HEADER, started_ns=HEADER.started_ns + 1))
    before = path.read_bytes()
    with pytest.raises(ReplacedTrace, match="another recording was begun there"):
        append_records(path, HEADER.started_ns, RECORDS[5:])
    assert path.read_bytes() == before
    later.write_record(RECORDS[0])
    assert list(TraceReader(path)) == RECORDS[:1]


def test_a_file_cut_anywhere_opens_up_to_its_last_whole_record(tmp_path: Path) -> None:
    whole = write(tmp_path / "t.sparkwire").read_bytes()
    start = status_offset(encode_start(HEADER)) + 5 + STATUS_SIZE
    path = tmp_path / "cut.sparkwire"
    lengths = set()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size < start:
            with pytest.raises(TraceError, match=r"empty|ends inside its header"):
                TraceReader(path)
            continue
        reader = TraceReader(path)
        records = list(reader)
        assert records == RECORDS[: len(records)]
        lengths.add(len(records))
    assert lengths == set(range(len(RECORDS))), "every record is readable as soon as it is whole"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 a zip", "this is not a trace"),
        (b"sparkwire-trace x\n", "first line is damaged"),
        (b"sparkwire-trace 99\nwhatever", "format 99; this sparkwire reads up to 1. Update sparkwire"),
        (MAGIC[:10], "ends inside its header"),
        (MAGIC + b"\x02\x00\x00\x00\x01{}" * 2, "ends inside its header"),
    ],
)
def test_what_is_no_trace_is_said_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bad.sparkwire"
    path.write_bytes(content)
    with pytest.raises(TraceError) as error:
        TraceReader(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_record_ends_the_reading_and_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "t.sparkwire", RECORDS[:1])
    with path.open("ab") as file:
        file.write(b'\x03\x00\x00\x00\x05{"}')
    reader = TraceReader(path)
    assert list(reader) == RECORDS[:1]
    assert reader.cut


def test_notices_are_left_beside_the_writer_in_the_room_for_them(tmp_path: Path) -> None:
    path = tmp_path / "t"
    writer = TraceWriter(path, HEADER)
    writer.write_record(RECORDS[0])
    size = path.stat().st_size
    left = [Notice(About.CHILD, f"child {n} " + "\N{SNOWMAN}" * 200, n) for n in range(ROOMS + 2)]
    for notice in left:
        leave_notice(str(path), HEADER.started_ns, notice)
    assert path.stat().st_size == size
    writer.write_record(RECORDS[-1])
    writer.close()
    reader = TraceReader(path)
    *notices, first, last = list(reader)
    assert (first, last, reader.state, reader.cut) == (RECORDS[0], RECORDS[-1], "complete", False)
    more = notices.pop()
    assert (more.about, more.t_ns) == (About.CHILD, ROOMS + 1)
    assert more.text.startswith("At least 3 more processes, started by the program or forked from it, talked")
    assert more.text.endswith(" recorded.")
    assert [notice.t_ns for notice in notices] == list(range(ROOMS - 1))
    assert all(
        notice.about is About.CHILD
        and left[notice.t_ns].text.startswith(notice.text)
        and len(notice.text) > 50
        for notice in notices
    )


def test_no_notice_is_left_in_another_trace_nor_where_there_is_no_room(tmp_path: Path) -> None:
    notice = Notice(About.CHILD, "x", 5)
    path = write(tmp_path / "t.sparkwire")
    whole = path.read_bytes()
    leave_notice(str(path), HEADER.started_ns + 1, notice)
    assert path.read_bytes() == whole
    start = encode_start(HEADER)
    older = start[: len(start) - ROOMS * ROOM_RECORD] + whole[len(start) :]
    for content in (older, b"", b"some text\n", whole[:70], whole[: status_offset(start) + 600]):
        path.write_bytes(content)
        leave_notice(str(path), HEADER.started_ns, notice)
        assert path.read_bytes() == content
    path.write_bytes(older)
    assert list(TraceReader(path)) == RECORDS


def test_a_kind_of_a_newer_sparkwire_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "t.sparkwire", RECORDS[:1])
    with path.open("ab") as file:
        file.write(b"\x02\x00\x00\x00\xc8{}")
    append_records(path, HEADER.started_ns, [RECORDS[-1]])
    reader = TraceReader(path)
    assert list(reader) == [RECORDS[0], RECORDS[-1]]
    assert not reader.cut


def test_a_channel_or_a_subject_of_a_newer_sparkwire_is_skipped(tmp_path: Path) -> None:
    newer: list[Record] = [Opened(2, "pigeon", 1, 2, 3), Notice("weather", "it rains", 4)]  # type: ignore[arg-type]
    reader = TraceReader(write(tmp_path / "t.sparkwire", [RECORDS[1], *newer, RECORDS[-1]]))
    assert list(reader) == [RECORDS[1], RECORDS[-1]]
    assert not reader.cut


def test_a_writer_that_can_write_no_more_says_why_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.sparkwire"
    writer = TraceWriter(path, HEADER)
    writer.write_record(RECORDS[0])
    os.close(writer._append)  # from here on every write fails, as on a disk that went away
    for record in RECORDS[1:]:
        writer.write_record(record)
    assert writer.failure is not None
    assert "Bad file descriptor" in writer.failure
    reader = TraceReader(path)
    assert reader.state == "stopped"
    assert reader.reason == writer.failure
    assert list(reader) == RECORDS[:1]


def test_a_long_reason_still_fits_the_status(tmp_path: Path) -> None:
    path = tmp_path / "t.sparkwire"
    writer = TraceWriter(path, HEADER)
    writer.fail("\N{SNOWMAN}" * 2000)
    writer.close()
    reader = TraceReader(path)
    assert reader.state == "stopped"
    assert reader.reason.startswith("\N{SNOWMAN}")
    assert list(reader) == []


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    assert write(tmp_path / "t.sparkwire").stat().st_mode & 0o077 == 0


def test_a_header_is_replaced_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.sparkwire"
    writer = TraceWriter(path, HEADER)
    writer.write_record(RECORDS[0])
    size = path.stat().st_size
    newer = replace(HEADER, py4j="0.10.9.7", pyspark="4.0.0.dev1")
    writer.set_header(newer)
    writer.write_record(RECORDS[1])
    assert TraceReader(path).header == newer
    writer.set_header(HEADER)
    writer.close()
    assert TraceReader(path).header == HEADER
    assert list(TraceReader(path)) == RECORDS[:2]
    assert path.stat().st_size > size


def test_a_header_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.sparkwire"
    writer = TraceWriter(path, HEADER)
    fits = replace(HEADER, py4j=HEADER.py4j + "x" * HEADER_ROOM)
    writer.set_header(fits)
    assert TraceReader(path).header == fits
    writer.set_header(replace(fits, py4j=fits.py4j + "x"))
    assert TraceReader(path).header == fits
    with pytest.raises(ValueError, match="1 bytes longer"):
        encode_header(replace(fits, py4j=fits.py4j + "x"), encode_start(HEADER))
    writer.close()
    writer.set_header(HEADER)
    assert TraceReader(path).header == fits, "a closed file stays as it is"
