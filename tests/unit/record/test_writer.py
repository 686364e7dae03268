"""A trace's file: what was written stays, whoever is killed meanwhile and whatever stands at its path."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sparkwire.record.writer import TraceWriter
from sparkwire.trace.format import TraceReader, encode_chunk
from sparkwire.trace.records import Chunk, Header
from sparkwire.wire.message import Direction

HEADER = Header("", "", "", "", "", 0)


def chunk(number: int, size: int = 20) -> bytes:
    return encode_chunk(1, True, number, 7, 0, b"x" * size)


def times(path: Path) -> list[int]:
    """The times of the chunks, which number them here."""
    return [record.t_ns for record in TraceReader(path) if isinstance(record, Chunk)]


WRITES = """
import os, sys
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.format import encode_chunk
from sparkwire.trace.records import Header
writer = TraceWriter(sys.argv[1], Header("", "", "", "", "", 0))
number = 0
while True:
    number += 1
    writer.write(encode_chunk(1, True, number, 7, 0, b"x" * (number % 5000)))
    os.write(1, b"%d\\n" % number)
"""


@pytest.mark.parametrize("wanted", [1, 100, 1000])
def test_a_program_killed_while_it_writes_leaves_all_that_it_wrote(tmp_path: Path, wanted: int) -> None:
    path = tmp_path / "t"
    with subprocess.Popen([sys.executable, "-c", WRITES, path], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        while (said := int(program.stdout.readline())) < wanted:
            pass
        program.kill()
        said = int([str(said), *program.stdout.read().splitlines()][-1])
    reader = TraceReader(path)
    found = times(path)
    assert reader.state == "recording"
    assert found == list(range(1, len(found) + 1))
    assert len(found) - said in (0, 1), "it may have been killed between writing and saying so"


def test_where_a_file_may_grow_no_more_whole_records_stay(tmp_path: Path) -> None:
    """As on a full disk: a part of the last record still fits, and is taken back."""
    path = tmp_path / "t"
    writer = TraceWriter(path, HEADER)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = path.stat().st_size + 5 * len(chunk(1)) + 30
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        for number in range(10):
            writer.write(chunk(number))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.write(chunk(99))
    writer.close()
    reader = TraceReader(path)
    assert times(path) == [0, 1, 2, 3, 4]
    assert (reader.state, reader.reason) == ("stopped", writer.failure)
    assert "File too large" in reader.reason
    assert path.stat().st_size == room - 30


def test_two_who_record_into_one_path_do_not_mix(tmp_path: Path) -> None:
    """The later one has the path; the earlier one goes on, into a file without a name."""
    path = tmp_path / "t"
    earlier = TraceWriter(path, HEADER)
    earlier.write(chunk(1))
    later = TraceWriter(path, HEADER)
    earlier.write(chunk(2))
    later.write(chunk(3))
    earlier.fail("the earlier one failed")
    later.close()
    assert times(path) == [3]
    assert TraceReader(path).state == "complete"


def test_a_link_stays_one_and_its_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path, real = tmp_path / "t", tmp_path / "elsewhere" / "real"
    path.symlink_to(real)
    for number in (1, 2):
        writer = TraceWriter(path, HEADER)
        writer.write(chunk(number))
        writer.close()
    assert path.is_symlink()
    assert times(real) == [2]


def test_what_is_no_plain_file_is_written_to_and_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        writer = TraceWriter(path, HEADER)
        writer.write(chunk(1))
        writer.close()
        got = os.read(reading, 100_000)
    finally:
        os.close(reading)
    assert stat.S_ISFIFO(path.stat().st_mode)
    (tmp_path / "copy").write_bytes(got)
    assert times(tmp_path / "copy") == [1]


def test_a_device_that_is_always_full_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        TraceWriter("/dev/full", HEADER)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_file_in_a_folder_that_takes_no_new_ones_is_written_in_place(tmp_path: Path) -> None:
    (folder := tmp_path / "locked").mkdir()
    TraceWriter(folder / "t", HEADER).close()
    folder.chmod(0o500)
    try:
        writer = TraceWriter(folder / "t", HEADER)
        writer.write(chunk(1))
        writer.close()
    finally:
        folder.chmod(0o700)
    assert times(folder / "t") == [1]


def test_a_chunk_may_be_empty(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "t", HEADER)
    writer.write(chunk(1, 0))
    writer.close()
    assert list(TraceReader(tmp_path / "t")) == [Chunk(1, Direction.TO_PYTHON, 1, 7, 0, b"")]
