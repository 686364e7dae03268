"""Streams that pyarrow itself writes, and metadata that nobody does."""

from __future__ import annotations

import io
import struct

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_recordings import assert_covers, decode

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import WorkerDecoder
from sparkwire.wire.worker.arrow import KINDS, read_metadata

START = struct.pack("!i", -6)


def stream(*batches: pyarrow.RecordBatch) -> bytes:
    with io.BytesIO() as file:
        with pyarrow.ipc.new_stream(file, batches[0].schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return file.getvalue()


def batch(rows: int, columns: int = 1) -> pyarrow.RecordBatch:
    return pyarrow.record_batch({f"c{n}": [f"text {row}" for row in range(rows)] for n in range(columns)})


WORDS = pyarrow.array(["one", "two", "one"]).dictionary_encode()
STREAMS = {
    "no rows": stream(pyarrow.record_batch({"a": pyarrow.array([], pyarrow.int64())})),
    "several batches": stream(batch(3), batch(1), batch(1000)),
    "many columns": stream(batch(2, 3000)),
    "a dictionary": stream(pyarrow.record_batch({"word": WORDS})),
    "nested": stream(pyarrow.record_batch({"a": [{"b": [1, 2], "c": None}], "d": [[["x"]]]})),
}


@pytest.mark.parametrize("name", STREAMS)
def test_pyarrow_reads_the_same(name):
    data = STREAMS[name]
    found = decode(WorkerDecoder(Direction.TO_JAVA, "4.3.0"), START + data)
    assert_covers(found, START + data)
    assert [found[0].command, found[-1].command] == ["Arrow start", "Arrow end"]
    reader = pyarrow.ipc.MessageReader.open_stream(data)
    rows = iter([each.num_rows for each in pyarrow.ipc.open_stream(data)])
    for message in found[1:-1]:
        theirs = reader.read_next_message()
        mine = message.field("metadata").value
        assert theirs.type == message.command.removeprefix("Arrow ").replace("batch", "record batch")
        assert mine.body == theirs.body.size == message.length(message.field("body"))
        if message.command == "Arrow batch":
            assert mine.number == next(rows)
        elif message.command == "Arrow schema":
            assert mine.number == len(pyarrow.ipc.open_stream(data).schema)
        else:
            assert mine.number == len(WORDS.dictionary)
    assert next(rows, None) is None


def test_each_kind_was_among_them():
    seen = {
        message.command
        for data in STREAMS.values()
        for message in decode(WorkerDecoder(Direction.TO_JAVA, "4.3.0"), START + data)
    }
    assert seen >= set(KINDS.values())


METADATA = pyarrow.ipc.read_message(STREAMS["several batches"]).metadata.to_pybytes()


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(METADATA)), st.binary(max_size=8))))
def test_any_metadata_is_read_or_refused(data):
    if isinstance(data, tuple):
        place, bytes_ = data
        data = METADATA[:place] + bytes_ + METADATA[place + len(bytes_) :]
    try:
        metadata = read_metadata(data)
    except ValueError as fault:
        assert str(fault)
    else:
        assert metadata.kind in KINDS.values()
        assert metadata.body >= 0
