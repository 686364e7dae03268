"""What a recording socket tells: every byte that its owner gets, whatever it is read into."""

from __future__ import annotations

import socket
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkwire.record import Recorder, sockets
from sparkwire.trace.format import TraceReader
from sparkwire.trace.records import Channel, Chunk


@pytest.fixture
def two() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A recording socket, and the plain one at its other end."""
    one, other = socket.socketpair()
    recording = sockets.recording(socket.socket)(one.family, one.type, fileno=one.detach())
    with recording, other:
        yield recording, other


@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(8),
        memoryview(bytearray(8)),
        array("I", [0, 0]),
        memoryview(array("I", [0, 0])),
        memoryview(bytearray(8)).cast("B", (2, 4)),
    ],
    ids=["bytearray", "view", "numbers", "view of numbers", "view in two dimensions"],
)
def test_what_is_read_into_any_buffer_is_recorded(
    two: tuple[socket.socket, socket.socket], tmp_path: Path, buffer: Any
) -> None:
    recording, other = two
    with Recorder(tmp_path / "t") as recorder:
        recorder.opened(recording, Channel.GATEWAY)
        other.sendall(b"!yi12\n")
        assert recording.recv_into(buffer) == 6
        other.sendall(b"!yi34\n")
        assert recording.recv(100) == b"!yi34\n"
    assert recorder.failure is None
    found = [record.data for record in TraceReader(tmp_path / "t") if isinstance(record, Chunk)]
    assert found == [b"!yi12\n", b"!yi34\n"]
    assert memoryview(buffer).cast("B")[:6].tobytes() == b"!yi12\n"
