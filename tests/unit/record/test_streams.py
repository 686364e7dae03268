"""Streams that show what passes: they are what they were, and tell of each system call."""

from __future__ import annotations

import io
import os
import socket
from time import time_ns

import pytest

from sparkwire.record.streams import Shown, ShownSocket, StandIn, shown


@pytest.fixture
def ends():
    read, write = os.pipe()
    passed: list[tuple[bool, bytes]] = []
    tell = lambda sent, data, began: passed.append((sent, data))  # noqa: E731
    return shown(read, "rb", 16, tell), shown(write, "wb", 16, tell), passed


def test_the_types_are_those_of_fdopen(ends):
    read, write, _ = ends
    assert type(read) is io.BufferedReader
    assert type(write) is io.BufferedWriter
    assert (read.readable(), read.writable(), write.readable(), write.writable()) == (
        True,
        False,
        False,
        True,
    )


def test_what_one_system_call_moves_is_told_once(ends):
    read, write, passed = ends
    write.write(b"ab")
    write.write(b"cd")
    assert passed == []
    write.flush()
    assert passed == [(True, b"abcd")]
    assert read.read(1) == b"a"
    assert passed == [(True, b"abcd"), (False, b"abcd")]
    assert read.read(3) == b"bcd"  # from the buffer
    assert len(passed) == 2


def test_when_a_system_call_began_is_told():
    read, write = os.pipe()
    began: list[int] = []
    tell = lambda sent, data, since: began.append(since)  # noqa: E731
    with shown(read, "rb", 16, tell) as reader, shown(write, "wb", 16, tell) as writer:
        before = time_ns()
        writer.write(b"ab")
        writer.flush()
        between = time_ns()
        assert reader.read(2) == b"ab"
        assert before <= began[0] <= between <= began[1] <= time_ns()


def test_more_than_a_buffer_passes_whole(ends):
    read, write, passed = ends
    data = bytes(range(256)) * 8
    write.write(data)
    write.flush()
    assert read.read(len(data)) == data
    assert b"".join(piece for sent, piece in passed if sent) == data
    assert b"".join(piece for sent, piece in passed if not sent) == data


def test_the_end_is_no_piece_and_closing_closes(ends):
    read, write, passed = ends
    fd = write.fileno()
    write.close()
    assert read.read() == b""
    assert passed == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    write.close()


def test_a_stand_in_for_os_has_all_of_it_but_one():
    stand_in = StandIn(os, fdopen=len)
    assert stand_in.fdopen is len
    assert stand_in.getpid() == os.getpid()
    assert stand_in.path is os.path
    assert os.fdopen is not len
    with pytest.raises(AttributeError):
        _ = stand_in.no_such_name


def test_the_stream_of_a_socket_is_shown_both_ways():
    here, there = socket.socketpair()
    passed = []
    cls = type(
        "socket", (ShownSocket,), {"begin": staticmethod(lambda: lambda *what: passed.append(what[:2]))}
    )
    ours = cls(fileno=here.detach())
    with there, ours:
        stream = ours.makefile("rwb", 1024)
        assert isinstance(stream, io.BufferedRWPair)
        stream.write(b"pid")
        assert passed == []  # it is in the buffer
        stream.flush()
        assert there.recv(10) == b"pid"
        there.sendall(b"init and more")
        assert stream.read(4) == b"init"
        assert passed == [(True, b"pid"), (False, b"init and more")]
        assert stream.read(9) == b" and more"
        stream.close()
        assert stream.closed
        # Other streams are what they are without us.
        with ours.makefile("rb", 16) as other:
            assert isinstance(other, io.BufferedReader)
            assert not isinstance(other.raw, Shown)
