"""Recordings that can't be read are said to be so, in one sentence, before jfr is asked."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sparkwire.errors import UnreadableRecording
from sparkwire.jvm.jfr_file import HEADER_SIZE, chunks, recover
from sparkwire.jvm.recording import _utc, wait_until_written


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def chunk(offset_ms: int | None, start_ns: int = 1_000, duration_ns: int = 500, state: int = 0) -> bytes:
    """A chunk with nothing in it but the metadata that tells the UTC offset."""
    words = ["root", "region", "gmtOffset", "" if offset_ms is None else str(offset_ms), "locale", "en"]
    body = number(0) * 4 + number(len(words))
    for word in words:
        body += b"\x01" if not word else b"\x03" + number(len(word)) + word.encode()
    body += number(0) + number(0) + number(1)  # root, no attributes, one child
    region = [(4, 5)] if offset_ms is None else [(4, 5), (2, 3)]
    body += number(1) + number(len(region)) + b"".join(number(n) + number(v) for n, v in region) + number(0)
    metadata = number(len(body) + 1) + body
    header = struct.pack(
        ">4sHHQQQQQQQ",
        b"FLR\0",
        2,
        1,
        HEADER_SIZE + len(metadata),
        0,
        HEADER_SIZE,
        start_ns,
        duration_ns,
        0,
        1,
    )
    return header + bytes([state, 0, 0, 0]) + metadata


def test_reads_the_offset_of_every_chunk(tmp_path: Path) -> None:
    file = tmp_path / "r.jfr"
    first = chunk(-18_000_000)
    file.write_bytes(first + chunk(0) + chunk(None) + chunk(20_700_000))
    found = chunks(file)
    assert [c.utc_offset_ns for c in found] == [-18_000_000_000_000, 0, 0, 20_700_000_000_000]
    assert [c.offset for c in found][:2] == [0, len(first)]


def test_times_follow_a_change_to_summer_time(tmp_path: Path) -> None:
    hour = 3_600_000_000_000
    file = tmp_path / "r.jfr"
    file.write_bytes(chunk(3_600_000, 10 * hour, hour) + chunk(7_200_000, 11 * hour, hour))
    utc = _utc(chunks(file))
    assert utc(11 * hour + 5) == 10 * hour + 5
    assert utc(13 * hour + 5) == 11 * hour + 5


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"no flight recording", "at byte 0"),
        (chunk(0)[:-1], "cut"),
        (chunk(0)[:40], "damaged"),
        (chunk(0) + b"FLR", "at byte"),
        (b"FLR\0\0\x09" + chunk(0)[6:], "format 9"),
        (chunk(0)[:HEADER_SIZE] + b"\x7f" * (len(chunk(0)) - HEADER_SIZE), "damaged"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "r.jfr"
    file.write_bytes(data)
    with pytest.raises(UnreadableRecording, match=said):
        chunks(file)


def test_a_missing_recording_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match=r"no recording r\.jfr"):
        chunks(tmp_path / "r.jfr")
    with pytest.raises(UnreadableRecording, match="did not start, or it ended at once"):
        wait_until_written(tmp_path / "r.jfr")


def test_what_a_killed_jvm_left_is_put_together(tmp_path: Path) -> None:
    parts = tmp_path / "r.jfr.repository" / "2026_11_22_12_00_00_999999999"
    parts.mkdir(parents=True)
    (tmp_path / "r.jfr").write_bytes(b"")
    with pytest.raises(UnreadableRecording, match="killed"):
        wait_until_written(tmp_path / "r.jfr")
    whole = chunk(3_600_000, start_ns=7, state=9)
    (parts / "2026_11_22_12_00_00.jfr").write_bytes(whole + b"not flushed")
    (parts / "2026_11_22_12_00_01.jfr").write_bytes(b"FLR\0")
    wait_until_written(tmp_path / "r.jfr")
    (found,) = chunks(tmp_path / "r.jfr")
    assert (found.start_ns, found.size) == (7, len(whole))
    assert not recover(tmp_path / "nothing", tmp_path / "other.jfr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.jfr", "r.jfr.repository"]


def test_a_recording_cut_while_it_was_written_is_made_from_its_parts(tmp_path: Path) -> None:
    parts = tmp_path / "r.jfr.repository" / "2026_11_22_12_00_00_999999999"
    parts.mkdir(parents=True)
    (tmp_path / "r.jfr").write_bytes(chunk(0)[:-3])
    wait_until_written(tmp_path / "r.jfr")
    with pytest.raises(UnreadableRecording, match="cut"):
        chunks(tmp_path / "r.jfr")
    (parts / "a.jfr").write_bytes(chunk(0, start_ns=9))
    wait_until_written(tmp_path / "r.jfr")
    assert [c.start_ns for c in chunks(tmp_path / "r.jfr")] == [9]


def test_a_whole_recording_is_left_alone_and_its_empty_folder_removed(tmp_path: Path) -> None:
    (tmp_path / "r.jfr.repository").mkdir()
    (tmp_path / "r.jfr").write_bytes(chunk(0))
    wait_until_written(tmp_path / "r.jfr")
    assert [p.name for p in tmp_path.iterdir()] == ["r.jfr"]
    assert (tmp_path / "r.jfr").read_bytes() == chunk(0)
