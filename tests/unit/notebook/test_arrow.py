"""Arrow messages as rows, with pyarrow and without."""

from __future__ import annotations

import sys

from worker_recordings import decode, of, recorded

from sparkwire.notebook.arrow import arrow_rows
from sparkwire.wire.message import Direction

J, P = Direction.TO_JAVA, Direction.TO_PYTHON


def test_rows_in_and_out():
    one = of("arrow_udf")
    assert [list(row.values()) for row in arrow_rows(one.messages(P))] == [[0], [1], [2], [3]]
    assert [list(row.values()) for row in arrow_rows(one.messages(J))] == [[1], [2], [3], [4]]


def test_there_are_as_many_as_the_decoder_counts():
    for one in recorded():
        for direction in Direction:
            messages = one.messages(direction)
            if sum(message.command == "Arrow schema" for message in messages) == 1:
                batches = [message for message in messages if message.command == "Arrow batch"]
                counted = sum(message.field("metadata").value.number for message in batches)
                assert len(arrow_rows(messages)) == counted


def test_without_a_stream_or_without_all_its_bytes():
    assert arrow_rows(of("rdd").messages(P)) is None
    one = of("pandas_udf_without_rows")
    assert arrow_rows(one.messages(J)) is None
    big = of("with_state")
    assert arrow_rows(decode(big.decoder(P, max_message=2048), big.stream(P))) is None


def test_without_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert arrow_rows(of("arrow_udf").messages(P)) is None
