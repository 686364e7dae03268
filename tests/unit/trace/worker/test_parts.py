"""Parts come into a trace with numbers of their own, and a part that can't be read is told."""

from __future__ import annotations

from sparkwire.commands.workers import remove_parts
from sparkwire.record.worker_settings import WorkerSettings
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.format import PART, TraceReader, encode_chunk
from sparkwire.trace.records import About, Channel, Chunk, Closed, Header, Notice, Opened, Redacted, Worker
from sparkwire.trace.worker.parts import parts, parts_folder, read_parts
from sparkwire.wire.message import Direction


def part(folder, name, data, *, fail=""):
    folder.mkdir(exist_ok=True)
    writer = TraceWriter(folder / (name + PART), Header("3.11", "", "4.3.0", "Linux", "t", 5))
    writer.write_record(Opened(1, Channel.WORKER, 0, 0, 6))
    writer.write_record(Worker(1, 42, 7, "host", "4.3.0", "none"))
    writer.write(encode_chunk(1, False, 7, 8, 0, data, [(0, 1)]))
    writer.write_record(Closed(1, 9))
    if fail:
        writer.fail(fail)
    writer.close()


def test_each_part_has_connections_of_its_own(tmp_path):
    folder = parts_folder(tmp_path / "t.sparkwire")
    part(folder, "2-b", b"second")
    part(folder, "1-a", b"first")
    (folder / "other").write_text("no part")
    found = parts(folder)
    assert [path.name for path in found] == ["1-a" + PART, "2-b" + PART]
    told = list(read_parts(found, 5))
    assert [(r.connection, r.data) for r in told if isinstance(r, Chunk)] == [(6, b"first"), (7, b"second")]
    for kind in (Opened, Worker, Closed, Redacted):
        assert [r.connection for r in told if isinstance(r, kind)] == [6, 7]


def test_what_went_wrong_is_told(tmp_path):
    part(tmp_path, "1", b"x", fail="the disk is full")
    (tmp_path / ("2" + PART)).write_bytes(b"nothing like it")
    part(tmp_path, "3", b"y")
    told = list(read_parts(parts(tmp_path), 0))
    said = [record.text for record in told if isinstance(record, Notice)]
    assert said[0] == "Recording a Python worker stopped: the disk is full."
    assert "can't be read" in said[1]
    assert {record.about for record in told if isinstance(record, Notice)} == {About.WORKER}
    assert [record.connection for record in told if isinstance(record, Chunk)] == [1, 2]


def test_a_part_that_was_cut_gives_what_is_whole(tmp_path):
    part(tmp_path, "1", b"x" * 100)
    [path] = parts(tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    told = list(read_parts([path], 0))
    assert any(isinstance(record, Worker) for record in told)
    assert not any(isinstance(record, Notice) for record in told)


def test_only_parts_are_removed(tmp_path):
    folder = parts_folder(tmp_path / "t.sparkwire")
    remove_parts(folder)
    part(folder, "1", b"x")
    (folder / "mine").touch()
    remove_parts(folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]
    (folder / "mine").unlink()
    remove_parts(folder)
    assert not folder.exists()


def test_no_folder_has_no_parts(tmp_path):
    assert parts(tmp_path / "t.sparkwire.workers") == []


def test_settings_travel(tmp_path):
    settings = WorkerSettings("/a folder", "t", 7, data=True)
    assert WorkerSettings.read(settings.variable()) == settings


def test_records_are_read_as_they_were_written(tmp_path):
    part(tmp_path, "1", b"x")
    [path] = parts(tmp_path)
    assert [r for r in TraceReader(path) if isinstance(r, Worker)] == [
        Worker(1, 42, 7, "host", "4.3.0", "none")
    ]
    [chunk] = [r for r in TraceReader(path) if isinstance(r, Chunk)]
    assert (chunk.direction, chunk.data) == (Direction.TO_JAVA, b"x")
