"""What the operating system takes for the parts of a recorded round trip, and what the recorder adds to them.

These are times, not ratios. They say where the time of a recorded exchange goes on this machine, and what a
mapped window of the file would save; docs/contributing/architecture.md says why there is none.
"""

from __future__ import annotations

import mmap
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

from py4j.clientserver import JavaClient, JavaParameters, PythonParameters
from py4j.java_gateway import GatewayProperty, JavaMember

from benchmarks.measure import Result, Row
from sparkwire.record import Recorder

APPEND = Row("append", "Appending one record to a file with a write", "", unit="µs")
MAPPED = Row("mapped", "Copying one record into a mapped window of a file", "", unit="µs")
LOOPBACK = Row("loopback", "Round trip of one byte over a loopback socket to another process", "", unit="µs")
ADDED = Row("added", "Processor time that recording adds to an exchange, with call sites", "", unit="µs")
BARE = Row(
    "added-bare", "Processor time that recording adds to an exchange, without call sites", "", unit="µs"
)
ROWS = (APPEND, MAPPED, LOOPBACK, ADDED, BARE)

BLOCKS = 40
CALLS = 300
SETTLE = 40  # exchanges at the start of a block, not timed

REPLY = b"!ybtrue\n"
RECORD = bytes(60)  # about the size of a chunk's record

_ECHO = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as peer:
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while said := peer.recv(1):
        peer.sendall(said)
"""


def measure(folder: Path) -> list[Result]:
    """Time all of them, in turns; files go into ``folder``. Some seconds."""
    samples: dict[Row, list[float]] = {row: [] for row in ROWS}
    with _appending(folder) as append, _mapping(folder) as mapped, _echoing() as echo:
        for _ in range(BLOCKS):
            nothing = _median(lambda: None, perf_counter_ns)
            for row, call in ((APPEND, append), (MAPPED, mapped), (LOOPBACK, echo)):
                samples[row].append((_median(call, perf_counter_ns) - nothing) / 1000)
            plain = _exchanges()
            for row, call_sites in ((ADDED, True), (BARE, False)):
                with Recorder(folder / "added.sparkwire", call_sites=call_sites) as recorder:
                    taken = _exchanges()
                if recorder.failure or recorder.path.stat().st_size < 100 * CALLS:
                    raise AssertionError(f"the exchanges were not recorded: {recorder.failure}")
                samples[row].append((taken - plain) / 1000)
    return [Result(row, tuple(samples[row])) for row in ROWS]


def _median(call: Callable[[], object], clock: Callable[[], int]) -> float:
    """Nanoseconds of one ``call``."""
    taken = []
    for _ in range(CALLS):
        begun = clock()
        call()
        taken.append(clock() - begun)
    return statistics.median(taken)


@contextmanager
def _appending(folder: Path) -> Iterator[Callable[[], object]]:
    file = os.open(folder / "appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield lambda: os.write(file, RECORD)
    finally:
        os.close(file)


@contextmanager
def _mapping(folder: Path) -> Iterator[Callable[[], object]]:
    """Blocks are reserved, and a record's first bytes are copied last, as a recorder would have to."""
    room = len(RECORD) * CALLS * BLOCKS
    file = os.open(folder / "mapped", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, room)
        else:
            os.ftruncate(file, room)
        with mmap.mmap(file, room) as window:
            at = 0

            def copy() -> None:
                nonlocal at
                window[at + 4 : at + len(RECORD)] = RECORD[4:]
                window[at : at + 4] = RECORD[:4]
                at += len(RECORD)

            yield copy
    finally:
        os.close(file)


@contextmanager
def _echoing() -> Iterator[Callable[[], object]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", _ECHO, str(server.getsockname()[1])]
        with subprocess.Popen(command):
            peer, _ = server.accept()
            with peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

                def echo() -> None:
                    peer.sendall(b"x")
                    peer.recv(1)

                yield echo


@contextmanager
def _talking() -> Iterator[Callable[[], float]]:
    """Py4J's own client, talking to this thread: what it reads is there before it asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        java = JavaParameters(port=server.getsockname()[1])
        client = JavaClient(java, PythonParameters(), gateway_property=GatewayProperty(True, None))
        client.converters = None  # as a gateway sets it
        connection = client._create_new_connection()
        client.deque.append(connection)
        there, _ = server.accept()
        contains = JavaMember("containsKey", None, "o14", client)
        taken: list[int] = []

        def exchange() -> None:
            there.sendall(REPLY)
            begun = thread_time_ns()
            contains("spark.master")
            taken.append(thread_time_ns() - begun)
            there.recv(1000)

        def block() -> float:
            for _ in range(SETTLE):
                exchange()
            taken.clear()
            for _ in range(CALLS):
                exchange()
            return statistics.median(taken)

        with there:
            yield block
            connection.close()


def _exchanges() -> float:
    """Nanoseconds of this thread's processor time for one exchange."""
    with _talking() as block:
        return block()
