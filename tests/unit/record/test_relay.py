"""The relay between real sockets: every byte passes, whoever fails ends nothing but its own connection."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sparkwire.errors import RelayError
from sparkwire.record import relay as relay_module
from sparkwire.record.relay import CHUNK, NO_PROGRAM, Relay
from sparkwire.record.route import LOOPBACK, Route
from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import RELAY, About, Chunk, Closed, Notice, Opened
from sparkwire.wire.message import Direction

SECRET = b"5ec2e7" * 8
AUTH = b"A\n" + SECRET + b"\n"
CALL = b"c\nz:java.lang.Math\nmax\ni3\ni4\ne\n"
PATIENCE = 20.0
"""Seconds after which a test that waits has failed."""
RESET = struct.pack("ii", 1, 0)


class Server:
    """Listens on loopback, and hands each connection to ``talk`` in a thread of its own."""

    def __init__(self, talk: Callable[[socket.socket], None], port: int = 0) -> None:
        self._talk = talk
        self._listener = socket.create_server((LOOPBACK, port))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._serve)
        self._main.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            thread = threading.Thread(target=self._one, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._talk(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._main, *self._threads):
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def gateway(connection: socket.socket) -> None:
    """Answers every authentication with yes, and every other command with 4."""
    with connection.makefile("rb") as lines:
        while line := lines.readline():
            if line == b"A\n":
                connection.sendall(b"!yv\n" if lines.readline() == SECRET + b"\n" else b"!xs\n")
                continue
            while line and line != b"e\n":
                line = lines.readline()
            connection.sendall(b"!yi4\n")


class Running:
    """A relay that serves in a thread."""

    def __init__(self, relay: Relay, listens: Callable[[], bool] | None = None) -> None:
        self.relay = relay
        self.ports: list[int] = []
        """All that were listened on."""
        self.why = ""
        self._listens = listens
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.why = self.relay.run(self._listens)

    def connect(self, route: int = 0) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.relay.ports[route]), timeout=PATIENCE)

    def served(self) -> None:
        """Wait until no connection is left."""
        until(lambda: not self.relay._connections, "a connection is left")

    def end(self) -> None:
        self.relay.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.ports = self.ports or self.relay.ports
        self.relay.close()


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Running]]:
    """Starts relays to the ports that it is given, recorded into ``t``."""
    made: list[Running] = []

    def start(*routes: Route, listens: Callable[[], bool] | None = None) -> Running:
        made.append(Running(Relay(tmp_path / "t", routes), listens))
        return made[-1]

    yield start
    for running in made:
        running.end()


def until(holds: Callable[[], object], otherwise: str) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def to(port: int, channel: str = "gateway") -> Route:
    return Route(0, LOOPBACK, port, channel)


def ask(connection: socket.socket, request: bytes) -> bytes:
    """The reply's line to a request."""
    connection.sendall(request)
    return line_of(connection)


def line_of(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (got := connection.recv(1)):
        line += got
    return line


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side's end."""
    found = bytearray()
    while got := connection.recv(1 << 16):
        found += got
    return bytes(found)


def records(path, kind):
    return [record for record in TraceReader(path) if isinstance(record, kind)]


def notices(path, about="relay") -> list[str]:
    return [notice.text for notice in records(path, Notice) if notice.about == about]


def stored(path, direction: Direction, connection: int = 1) -> bytes:
    chunks = records(path, Chunk)
    return b"".join(c.data for c in chunks if c.connection == connection and c.direction is direction)


# --- what passes, and what is recorded ---------------------------------------------------------------------


def test_bytes_pass_and_are_recorded_without_the_secret(serve, tmp_path):
    with Server(gateway) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            assert ask(client, AUTH) == b"!yv\n"
            assert ask(client, CALL) == b"!yi4\n"
            own = client.getsockname()[1]
        running.end()
    found = load(tmp_path / "t")
    assert [(e.command, e.reply.raw) for e in found.exchanges] == [("auth", b"!yv\n"), ("call", b"!yi4\n")]
    assert found.exchanges[0].request.raw == b"A\n" + b"*" * len(SECRET) + b"\n"
    assert found.exchanges[1].request.raw == CALL
    assert SECRET not in (tmp_path / "t").read_bytes()
    [opened] = records(tmp_path / "t", Opened)
    assert (opened.channel, opened.local_port, opened.remote_port) == ("gateway", own, server.port)
    assert len(records(tmp_path / "t", Closed)) == 1
    assert TraceReader(tmp_path / "t").state == "complete"
    assert notices(tmp_path / "t") == []


def test_the_trace_says_that_a_relay_made_it_and_claims_no_versions(serve, tmp_path):
    running = serve(to(1))
    running.end()
    found = load(tmp_path / "t")
    assert (found.header.program, found.header.python, found.header.py4j, found.header.pyspark) == (
        RELAY, "", "", "",
    )  # fmt: skip
    assert (found.notices[0].about, found.notices[0].text) == (About.JAVA, NO_PROGRAM)
    assert found.join.reason == NO_PROGRAM
    assert "Java calls" in NO_PROGRAM
    assert notices(tmp_path / "t", "program") == ["The relay ended: it was told to."]


def test_a_secret_that_comes_byte_by_byte_is_still_replaced(serve, tmp_path):
    with Server(gateway) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in AUTH:
                client.sendall(bytes([byte]))
            assert line_of(client) == b"!yv\n"
            # Another connection, which repeats the secret in a command.
            with running.connect() as other:
                assert ask(other, AUTH) == b"!yv\n"
                assert ask(other, b"c\no1\ntell\ns" + SECRET + b"\ne\n") == b"!yi4\n"
        running.end()
    assert SECRET not in (tmp_path / "t").read_bytes()
    assert len(stored(tmp_path / "t", Direction.TO_JAVA)) == len(AUTH)


def test_large_messages_pass_whole_both_ways(serve, tmp_path):
    large = b"c\no1\ntake\ns" + b"x" * 3_000_000 + b"\ne\n"

    def echo(connection: socket.socket) -> None:
        got = everything(connection)
        connection.sendall(b"!ys" + got[11:-3] + b"\n")

    with Server(echo) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            client.sendall(large)
            client.shutdown(socket.SHUT_WR)  # an end of one direction is passed on, too
            reply = everything(client)
        running.end()
    assert reply == b"!ys" + b"x" * 3_000_000 + b"\n"
    [exchange] = load(tmp_path / "t").exchanges
    assert (exchange.request.size, exchange.reply.size) == (len(large), len(reply))
    assert stored(tmp_path / "t", Direction.TO_JAVA) == large
    assert stored(tmp_path / "t", Direction.TO_PYTHON) == reply


def test_who_does_not_read_holds_up_who_writes_and_not_the_relay(serve, tmp_path):
    piece, pieces = b"y" * (1 << 20), 32
    sent, waiting = [], threading.Event()

    def pour(connection: socket.socket) -> None:
        connection.settimeout(0.5)  # long after the last piece found room
        for _ in range(pieces):
            left = memoryview(piece)
            while left:
                try:
                    count = connection.send(left)
                except TimeoutError:
                    waiting.set()
                    connection.settimeout(PATIENCE)
                    continue
                sent.append(count)
                left = left[count:]

    def pending() -> int:
        return sum(len(one.pipes[1].pending) for one in tuple(running.relay._connections))

    with Server(pour) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            assert waiting.wait(PATIENCE), "the sender was never held up"
            # Under load it may have waited for the thread of the relay, which then has room still.
            until(pending, "the relay has room for all")
            assert pending() <= CHUNK
            held_up = sum(sent)
            assert everything(client) == piece * pieces
        running.end()
    assert held_up < len(piece) * pieces
    assert len(stored(tmp_path / "t", Direction.TO_PYTHON)) == len(piece) * pieces


def test_small_messages_are_sent_at_once(serve):
    with Server(gateway) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            ask(client, AUTH)
            [connection] = running.relay._connections
            for sock in (connection.client, connection.target):
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_many_connections_at_once_keep_apart(serve, tmp_path):
    with Server(gateway) as server:
        running = serve(to(server.port))
        clients = [running.connect() for _ in range(100)]
        for i, client in enumerate(clients):
            client.sendall(AUTH + b"c\no%d\nname\ne\n" % i)
        assert [line_of(c) + line_of(c) for c in clients] == [b"!yv\n!yi4\n"] * len(clients)
        ports = [client.getsockname()[1] for client in clients]
        for client in clients:
            client.close()
        running.end()
    found = load(tmp_path / "t")
    by_port = {opened.local_port: opened.connection for opened in found.connections}
    asked = {e.connection: e.request.raw for e in found.exchanges if e.command == "call"}
    assert [asked[by_port[port]] for port in ports] == [b"c\no%d\nname\ne\n" % i for i in range(100)]


# --- callbacks ---------------------------------------------------------------------------------------------


def test_a_callback_route_records_java_as_the_one_who_asks(serve, tmp_path):
    with Server(gateway) as server, Server(gateway) as python:
        running = serve(to(server.port), to(python.port, "callback"))
        with running.connect(1) as java:
            assert ask(java, b"c\np0\ncompare\ni1\ni2\ne\n") == b"!yi4\n"
            own = java.getsockname()[1]
        running.end()
    [exchange] = load(tmp_path / "t").exchanges
    assert (exchange.channel, exchange.request.direction) == ("callback", Direction.TO_PYTHON)
    assert exchange.reply.raw == b"!yi4\n"
    [opened] = records(tmp_path / "t", Opened)
    assert (opened.local_port, opened.remote_port) == (python.port, own)


def tell(port: int) -> bytes:
    """As PySpark and Py4J tell Java the port of Python's callback server."""
    return b"c\nt\nresetCallbackClient\nro3\ni%d\ne\n" % port


@pytest.mark.parametrize("own", [False, True])
def test_it_says_when_java_calls_back_past_it(serve, tmp_path, own):
    with Server(gateway) as server:
        running = serve(to(server.port), to(1, "callback"))
        port = running.relay.ports[1] if own else 45678
        with running.connect() as client:
            ask(client, tell(port))
        running.end()
    said = [notice for notice in notices(tmp_path / "t") if "call it back on port 45678" in notice]
    assert len(said) == (0 if own else 1)


def test_java_is_told_the_relays_port_when_that_is_asked_for(tmp_path):
    heard: list[bytes] = []

    def java(connection: socket.socket) -> None:
        while command := connection.recv(1000):
            heard.append(command)
            connection.sendall(b"!yv\n")

    with Server(java) as server, Server(gateway) as python:
        running = Running(Relay(tmp_path / "t", [to(server.port)], redirect_callbacks=True))
        with running.connect() as client:
            for _ in range(2):
                ask(client, tell(python.port))
        told = {int(command.split(b"\n")[-3][1:]) for command in heard}
        [port] = told
        with socket.create_connection((LOOPBACK, port), PATIENCE) as called:
            assert ask(called, b"c\np0\ncompare\ni1\ni2\ne\n") == b"!yi4\n"
        running.end()
    assert port != python.port
    assert port in running.ports
    exchanges = load(tmp_path / "t").exchanges
    assert [e.channel for e in exchanges] == ["gateway", "gateway", "callback"]
    assert exchanges[0].request.raw == tell(python.port)  # as Python sent it
    for notice in notices(tmp_path / "t"):
        assert f"on port {python.port}" in notice
        assert f"its own port {port}" in notice


# --- who fails ---------------------------------------------------------------------------------------------


def test_a_gateway_that_resets_ends_its_connection_only(serve, tmp_path):
    def die(connection: socket.socket) -> None:
        if connection.recv(100) == b"die\n":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
        else:
            connection.sendall(b"!yv\n")

    with Server(die) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            client.sendall(b"die\n")
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        with running.connect() as client:
            assert ask(client, AUTH) == b"!yv\n"
        running.end()
    assert "Connection 1 was reset by Java." in notices(tmp_path / "t")
    assert stored(tmp_path / "t", Direction.TO_PYTHON, 2) == b"!yv\n"
    assert len(records(tmp_path / "t", Closed)) == 2


def test_what_a_side_said_before_it_ended_arrives(serve, tmp_path):
    with Server(lambda connection: connection.sendall(b"!xsgood-bye\n")) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            assert everything(client) == b"!xsgood-bye\n"
        running.end()
    assert notices(tmp_path / "t") == ["Java ended connection 1 first."]


def test_a_client_that_resets_ends_its_connection_only(serve, tmp_path):
    ended = threading.Event()

    def listen(connection: socket.socket) -> None:
        try:
            gateway(connection)
        finally:
            ended.set()

    with Server(listen) as server:
        running = serve(to(server.port))
        with running.connect() as other:
            client = running.connect()
            assert ask(client, AUTH) == b"!yv\n"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
            assert ended.wait(PATIENCE), "the gateway did not learn of it"
            assert ask(other, AUTH) == b"!yv\n"
        running.end()
    assert "Connection 2 was reset by Python." in notices(tmp_path / "t")


def test_what_java_sends_when_python_has_closed_is_not_in_the_trace(serve, tmp_path):
    """Py4J's GatewayServer answers the end of a connection with an error that nobody reads."""
    said = threading.Event()

    def complain(connection: socket.socket) -> None:
        everything(connection)
        connection.sendall(b"!zsUnknown command received: null\n")
        said.set()

    with Server(complain) as server:
        running = serve(to(server.port))
        running.connect().close()
        assert said.wait(PATIENCE)
        running.served()
        running.end()
    assert stored(tmp_path / "t", Direction.TO_PYTHON) == b""
    assert any("34 bytes" in notice and "closed" in notice for notice in notices(tmp_path / "t"))


def test_a_target_that_refuses_is_named_and_served_when_it_comes(serve, tmp_path):
    with Server(gateway) as server:
        port = server.port
    running = serve(to(port))
    with pytest.raises(ConnectionError), running.connect() as client:
        if client.recv(1) == b"":
            raise ConnectionResetError
    with Server(gateway, port), running.connect() as client:
        assert ask(client, AUTH) == b"!yv\n"
    running.end()
    [said] = notices(tmp_path / "t")
    assert "Connection 1" in said
    assert f"127.0.0.1:{port}" in said
    assert "refused" in said
    assert "The client saw the connection reset." in said
    assert [e.connection for e in load(tmp_path / "t").exchanges] == [2]


def met(port: int) -> str:
    """What a client meets at a port."""
    try:
        socket.create_connection((LOOPBACK, port), PATIENCE).close()
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"  # it came just when the port was shut
    return "accepted"


def test_while_the_gateway_is_not_there_a_client_is_refused_as_it_would_be_there(
    serve, tmp_path, monkeypatch
):
    monkeypatch.setattr(relay_module, "_LOOK_AGAIN", 0.05)
    monkeypatch.setattr(relay_module, "GONE_AFTER", PATIENCE)
    there = [False]
    with Server(gateway) as first:
        port = first.port
    running = serve(to(port), listens=lambda: there[0])
    [own] = running.relay.ports
    until(lambda: met(own) == "refused", "it listens, though nobody is there")
    assert running.relay.ports == [own]
    with pytest.raises(OSError), socket.socket() as taker:  # nobody else gets the port meanwhile
        taker.bind((LOOPBACK, own))
    for _ in "twice":
        with Server(gateway, port):
            there[0] = True
            until(lambda: met(own) == "accepted", "the gateway is there, and it does not listen")
            with running.connect() as client:
                assert ask(client, AUTH) == b"!yv\n"
            running.served()
            there[0] = False
        until(lambda: met(own) == "refused", "the gateway has gone, and it still listens")
    running.end()
    assert met(own) == "refused"


def test_it_ends_when_both_sides_are_gone_and_not_before(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(relay_module, "GONE_AFTER", 0.2)
    monkeypatch.setattr(relay_module, "_LOOK_AGAIN", 0.05)
    listening = [True]
    looked = threading.Semaphore(0)

    def listens() -> bool:
        looked.release()
        return listening[0]

    def looks(times: int) -> None:
        for _ in range(times):
            assert looked.acquire(timeout=PATIENCE)

    with Server(gateway) as server:
        running = serve(to(server.port), listens=listens)
        looks(10)  # the gateway is there: nothing ends, however long
        with running.connect() as client:
            assert ask(client, AUTH) == b"!yv\n"
            listening[0] = False
            running.thread.join(0.5)
            assert running.thread.is_alive(), "a client is still there"
        running.thread.join(PATIENCE)
    assert not running.thread.is_alive()
    assert "the gateway is gone" in running.why
    running.end()
    assert "the gateway is gone" in notices(tmp_path / "t", "program")[0]


def test_connections_that_are_open_when_it_ends_are_counted(serve, tmp_path):
    with Server(gateway) as server:
        running = serve(to(server.port))
        with running.connect() as client:
            assert ask(client, AUTH) == b"!yv\n"
            running.end()
            assert everything(client) == b""
    assert "1 of its connections still open" in notices(tmp_path / "t", "program")[0]
    assert TraceReader(tmp_path / "t").state == "complete"


# --- what can't be done ------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_named(tmp_path):
    with Server(gateway) as server, pytest.raises(RelayError) as raised:
        Relay(tmp_path / "t", [Route(server.port, LOOPBACK, 1)])
    assert str(server.port) in str(raised.value)
    assert "in use" in str(raised.value)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "::", "fe80::1", "example.org", ""])
def test_only_loopback_is_connected_to(tmp_path, host):
    with pytest.raises(RelayError) as raised:
        Relay(tmp_path / "t", [Route(0, host, 4040)])
    assert "secret" in str(raised.value)
    assert "ssh -L" in str(raised.value)


def test_it_does_not_relay_to_itself(tmp_path):
    with pytest.raises(RelayError, match="4040"):
        Relay(tmp_path / "t", [Route(4040, LOOPBACK, 4040)])


def test_it_listens_on_loopback_only(serve):
    running = serve(to(1))
    [door] = running.relay._doors
    assert door.listener.getsockname() == (LOOPBACK, running.relay.ports[0])


def test_a_trace_that_cannot_be_created_leaves_no_listener(tmp_path):
    with pytest.raises(OSError):
        Relay(tmp_path / "no such folder" / "t", [to(1)])


# --- the command, as a process of its own ------------------------------------------------------------------


@contextmanager
def command(folder, *arguments: object, limit: tuple[int, int] | None = None):
    """``sparkwire relay``, with a limit of the system's; its process and the port that it named."""

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(limit[0], (limit[1], limit[1]))

    process = subprocess.Popen(
        [sys.executable, "-m", "sparkwire", "relay", *map(str, arguments)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=prepare,
    )  # fmt: skip
    try:
        name, _, port = process.stdout.readline().strip().partition("=")
        assert name == "PYSPARK_GATEWAY_PORT", process.communicate(timeout=PATIENCE)
        yield process, int(port)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def ended(process, number: int = signal.SIGTERM) -> str:
    """End the relay as its user would; what it said."""
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_relays_until_it_is_told_to_stop(tmp_path, number):
    with Server(gateway) as server, command(tmp_path, "--to", server.port) as (process, port):
        with socket.create_connection((LOOPBACK, port), PATIENCE) as client:
            assert ask(client, AUTH) == b"!yv\n"
            assert ask(client, CALL) == b"!yi4\n"
        said = ended(process, number)
    assert f"relaying 127.0.0.1:{port} to 127.0.0.1:{server.port}" in said
    assert "PYSPARK_GATEWAY_SECRET" in said
    assert number.name in said
    assert "2 exchanges on 1 connection" in said
    assert "sparkwire show relay.sparkwire" in said
    assert load(tmp_path / "relay.sparkwire").exchanges[1].request.raw == CALL


def test_a_full_disk_ends_recording_and_not_relaying(tmp_path):
    with (
        Server(gateway) as server,
        command(tmp_path, "--to", server.port, limit=(resource.RLIMIT_FSIZE, 20_000)) as (process, port),
        socket.create_connection((LOOPBACK, port), PATIENCE) as client,
    ):
        assert ask(client, AUTH) == b"!yv\n"
        for _ in range(1000):
            assert ask(client, CALL) == b"!yi4\n"
        said = ended(process)
    assert "RECORDING STOPPED" in said
    assert "too large" in said
    reader = TraceReader(tmp_path / "relay.sparkwire")
    assert reader.state == "stopped"
    assert "too large" in reader.reason
    found = load(tmp_path / "relay.sparkwire").exchanges
    assert 10 < len(found) < 1000
    assert all(e.reply is not None for e in found[:-1])


def test_no_room_for_more_connections_is_said_and_passes(tmp_path):
    def refused() -> bool:
        return any("could not be accepted" in notice for notice in notices(tmp_path / "relay.sparkwire"))

    def served() -> bool:
        try:
            with socket.create_connection((LOOPBACK, port), PATIENCE) as client:
                return ask(client, AUTH) == b"!yv\n"
        except ConnectionError:
            return False  # the relay is still at those that waited and have gone, and has no room yet

    with (
        Server(gateway) as server,
        command(tmp_path, "--to", server.port, limit=(resource.RLIMIT_NOFILE, 32)) as (process, port),
    ):
        clients = [socket.create_connection((LOOPBACK, port), PATIENCE) for _ in range(30)]
        assert ask(clients[0], AUTH) == b"!yv\n"
        until(refused, "there was room for all")
        for client in clients:
            client.close()
        until(served, "there was room again, and nobody was served")
        ended(process)


def test_killed_the_trace_opens_up_to_its_last_whole_record(tmp_path):
    with (
        Server(gateway) as server,
        command(tmp_path, "--to", server.port) as (process, port),
        socket.create_connection((LOOPBACK, port), PATIENCE) as client,
    ):
        for _ in range(50):
            assert ask(client, CALL) == b"!yi4\n"
        process.kill()
        process.wait(PATIENCE)
    reader = TraceReader(tmp_path / "relay.sparkwire")
    assert reader.state == "recording"
    # The last reply may have passed an instant before it would have been recorded.
    found = load(tmp_path / "relay.sparkwire").exchanges
    assert len(found) == 50
    assert all(e.reply is not None for e in found[:-1])


REFUSED = {
    "another host": (["--to", "192.0.2.1:4040"], "loopback"),
    "no port": (["--to", "0"], "'0' is not a port"),
    "no number": (["--to", "gateway port"], "HOST:PORT"),
    "one port for callbacks": (["--to", "4040", "--callback", "25334"], "LISTEN:TO"),
    "a file that is no trace": (["--to", "4040", "-o", "other"], "is not a trace"),
    "a folder that is not there": (["--to", "4040", "-o", "nowhere/t"], "can't be written"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_first(tmp_path, case):
    (tmp_path / "other").write_text("somebody's text")
    arguments, expected = REFUSED[case]
    done = subprocess.run(
        [sys.executable, "-m", "sparkwire", "relay", *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, env=os.environ,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "other").read_text() == "somebody's text"


def test_a_port_that_is_taken_leaves_the_old_trace_alone(tmp_path):
    with Server(gateway) as server:
        Relay(tmp_path / "t", [to(1)]).close()
        before = (tmp_path / "t").read_bytes()
        arguments = ["-o", "t", "--listen", str(server.port), "--to", "1"]
        done = subprocess.run(
            [sys.executable, "-m", "sparkwire", "relay", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 2
    assert str(server.port) in done.stderr
    assert "in use" in done.stderr
    assert (tmp_path / "t").read_bytes() == before
