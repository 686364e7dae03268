"""The recorder at a real gateway: bytes untouched, everything recorded, secrets never, Py4J as it was."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import py4j.clientserver
import py4j.java_gateway
import pytest
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import CallbackServerParameters, GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JError

from sparkwire.errors import RecordingError
from sparkwire.launch.launch_options import LaunchOptions
from sparkwire.record import Recorder
from sparkwire.record.redact import Redactor
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import exchanges
from sparkwire.trace.records import Chunk, Notice, Redacted

MODULES = (py4j.java_gateway, py4j.clientserver)


class Comparator:
    """Compares in Python what Java sorts."""

    def compare(self, one, other):
        return (one > other) - (one < other)

    class Java:
        implements = ("java.util.Comparator",)


def sort_by_callbacks(jvm):
    numbers = jvm.java.util.ArrayList()
    for number in (3, 1, 2):
        numbers.add(number)
    jvm.java.util.Collections.sort(numbers, Comparator())
    assert list(numbers) == [1, 2, 3]


@contextmanager
def started(java, **options):
    """A gateway's port, token and process; it ends with the block."""
    port, token, process = launch_gateway(
        die_on_exit=True, java_path=str(java.executable), enable_auth=True, return_proc=True, **options
    )
    try:
        yield port, token.decode()
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def server(java):
    with started(java) as found:
        yield found


def connected(server):
    port, token = server
    return JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))


def recorded(path):
    return list(exchanges(TraceReader(path)))


# --- what passes, and what is recorded ---------------------------------------------------------------------


def test_what_is_recorded_is_what_was_sent(server, tmp_path):
    with Recorder(tmp_path / "t") as recorder:
        gateway = connected(server)
        assert gateway.jvm.java.lang.Math.max(3, 4) == 4
        assert gateway.jvm.java.lang.String("ünïcode\nand a line") == "ünïcode\nand a line"
        gateway.close()
    assert recorder.failure is None
    found = recorded(tmp_path / "t")
    assert found[0].command == "auth"
    (call,) = [e for e in found if b"\nmax\n" in e.request.raw and e.command == "call"]
    assert call.request.raw == b"c\nz:java.lang.Math\nmax\ni3\ni4\ne\n"
    assert call.reply.raw == b"!yi4\n"
    assert call.site.user.file == __file__
    assert call.site.user.function == "test_what_is_recorded_is_what_was_sent"
    assert call.site.user.code == "assert gateway.jvm.java.lang.Math.max(3, 4) == 4"
    assert call.duration_ns > 0
    assert call.thread == "MainThread"
    reader = TraceReader(tmp_path / "t")
    list(reader)
    assert reader.state == "complete"
    assert not reader.cut


def test_large_values_pass_whole(server, tmp_path):
    text = "x" * 1_000_000 + "end"
    with Recorder(tmp_path / "t"):
        gateway = connected(server)
        whole = gateway.jvm.java.lang.String(text) == text
        gateway.close()
    (made,) = [e for e in recorded(tmp_path / "t") if e.command == "constructor"]
    assert whole
    assert made.request.size > len(text)
    assert made.request.raw.endswith(b"xend\ne\n")
    assert made.reply.size > len(text)
    assert made.reply.raw.endswith(b"xend\n")


def test_callbacks_of_a_java_gateway(server, tmp_path):
    with Recorder(tmp_path / "t"):
        port, token = server
        gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=port, auth_token=token),
            callback_server_parameters=CallbackServerParameters(port=0, daemonize=True),
        )
        own = gateway.get_callback_server().get_listening_port()
        address = gateway.jvm.java.net.InetAddress.getLoopbackAddress()
        gateway.java_gateway_server.resetCallbackClient(address, own)
        sort_by_callbacks(gateway.jvm)
        gateway.close()
        gateway.shutdown_callback_server()
    found = recorded(tmp_path / "t")
    called = [e for e in found if e.channel == "callback" and b"\ncompare\n" in e.request.raw]
    assert called
    assert all(e.reply.raw.startswith(b"!yi") for e in called)
    assert not any(e.command == "malformed" for e in found)


def test_a_callback_comes_after_the_call_that_caused_it(server, tmp_path):
    """Two threads store them, the callback's often first."""
    with Recorder(tmp_path / "t"):
        port, token = server
        gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=port, auth_token=token),
            callback_server_parameters=CallbackServerParameters(port=0, daemonize=True),
        )
        own = gateway.get_callback_server().get_listening_port()
        address = gateway.jvm.java.net.InetAddress.getLoopbackAddress()
        gateway.java_gateway_server.resetCallbackClient(address, own)
        numbers, comparator = gateway.jvm.java.util.ArrayList(), Comparator()
        numbers.add(2)
        numbers.add(1)
        for _ in range(1000):
            gateway.jvm.java.util.Collections.sort(numbers, comparator)
        gateway.close()
        gateway.shutdown_callback_server()
    found = recorded(tmp_path / "t")
    assert [e.n for e in found] == list(range(1, len(found) + 1))
    sorting = None
    called = 0
    for exchange in found:
        if exchange.channel == "gateway" and exchange.command == "call":
            sorting = exchange
        elif b"\ncompare\n" in exchange.request.raw:
            called += 1
            assert b"\nsort\n" in sorting.request.raw
            assert sorting.start_ns < exchange.start_ns < sorting.start_ns + sorting.duration_ns
    assert called >= 1000


def test_a_message_that_could_not_be_sent_is_said_to_be_so(server, tmp_path):
    with Recorder(tmp_path / "t"):
        gateway = connected(server)
        absolute = gateway.jvm.java.lang.Math.abs
        [held] = gateway._gateway_client.deque
        held.socket.shutdown(socket.SHUT_WR)
        assert absolute(-4) == 4  # Py4J tries again, on another connection
        gateway.close()
    [said] = [r.text for r in TraceReader(tmp_path / "t") if isinstance(r, Notice)]
    # Java closes its side meanwhile, and sooner or later resets the connection.
    assert re.search(r"On connection 1 a message .* not sent: (Broken pipe|Connection reset by peer)\.", said)
    first, second = [e for e in recorded(tmp_path / "t") if b"abs\ni-4\n" in e.request.raw]
    assert (first.connection, first.reply, first.failed) == (1, None, True)
    assert first.unsent in ("Broken pipe", "Connection reset by peer")
    assert (second.connection, second.reply.raw) == (2, b"!yi4\n")


def test_a_client_server_with_callbacks_on_one_connection(server, tmp_path):
    """PySpark's own mode: Java calls back on the connection on which Python waits for its reply."""
    starter = connected(server)
    served = starter.jvm.py4j.ClientServer.ClientServerBuilder().javaPort(0).pythonPort(0).build()
    served.startServer()
    with Recorder(tmp_path / "t"):
        client = ClientServer(
            java_parameters=JavaParameters(port=served.getJavaServer().getListeningPort()),
            python_parameters=PythonParameters(port=0),
        )
        sort_by_callbacks(client.jvm)
        client.close()
    served.shutdown()
    starter.close()
    found = recorded(tmp_path / "t")
    (sort,) = [e for e in found if b"\nsort\n" in e.request.raw and e.command == "call"]
    called = [e for e in found if e.channel == "callback" and b"\ncompare\n" in e.request.raw]
    assert called
    assert all(e.parent == sort.n and e.connection == sort.connection for e in called)
    assert all(e.reply.raw.startswith(b"!yi") for e in called)
    assert sort.reply.raw == b"!yv\n"


def test_the_bytes_of_a_stream_are_stored_before_the_next_command(server, tmp_path):
    with Recorder(tmp_path / "t.sparkwire"):
        gateway = connected(server)
        jvm = gateway.jvm
        with jvm.java.nio.channels.Channels.newChannel.stream(
            jvm.java.io.ByteArrayInputStream(b"no line end")
        ) as channel:
            assert channel.read(11) == b"no line end"
        assert jvm.java.lang.Math.abs(-4) == 4
        gateway.close()
    found = list(exchanges(TraceReader(tmp_path / "t.sparkwire")))
    (stream,) = (e for e in found if e.command == "stream")
    assert stream.stream_bytes == 11
    assert [e.reply.raw for e in found if e.command == "call"] == [b"!yi4\n"]


def test_many_threads_each_with_its_name_and_connection(server, tmp_path):
    with Recorder(tmp_path / "t"):
        gateway = connected(server)
        gateway.jvm.java.lang.Math.abs(0)
        barrier = threading.Barrier(8)

        def work(start):
            barrier.wait()
            for i in range(50):
                assert gateway.jvm.java.lang.Math.abs(-start - i) == start + i

        threads = [threading.Thread(target=work, args=(1000 * k,), name=f"worker {k}") for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gateway.close()
    found = recorded(tmp_path / "t")
    calls = [e for e in found if e.command == "call" and e.thread.startswith("worker")]
    assert len(calls) == 400
    for call in calls:
        number = int(call.request.raw.split(b"\n")[3][1:])
        assert call.reply.raw == b"!yi%d\n" % -number
        assert call.thread == f"worker {-number // 1000}"
    assert len({e.connection for e in calls}) >= 2


def test_who_speaks_by_hand_is_recorded_too(server, tmp_path):
    port, token = server
    recorder = Recorder(tmp_path / "t")
    with pytest.raises(RecordingError, match="not installed"):
        recorder.socket()
    with recorder, recorder.socket() as by_hand:
        by_hand.connect(("127.0.0.1", port))
        by_hand.sendall(b"A\n%b\n" % token.encode())
        assert by_hand.recv(100) == b"!yv\n"
        by_hand.sendall(b"c\nz:java.lang.Math\nabs\ni-5\ne\n")
        assert by_hand.recv(100) == b"!yi5\n"
    assert recorder.gateway_ports == {port}
    found = recorded(tmp_path / "t")
    assert [(e.command, e.reply.raw) for e in found] == [("auth", b"!yv\n"), ("call", b"!yi5\n")]
    assert found[1].site.user.code == r'by_hand.sendall(b"c\nz:java.lang.Math\nabs\ni-5\ne\n")'


# --- coming and going --------------------------------------------------------------------------------------


def test_installing_and_removing_leaves_py4j_as_it_was(server, tmp_path):
    before = {module: dict(vars(module)) for module in MODULES}
    finders, real = list(sys.meta_path), socket.socket
    open_before = connected(server)
    open_before.jvm.java.lang.Math.abs(1)
    launch = LaunchOptions("java", list)
    launch.install()
    with Recorder(tmp_path / "t"):
        assert py4j.java_gateway.socket.socket is not real
        open_before.jvm.java.lang.Math.abs(2)
    launch.remove()
    assert {module: dict(vars(module)) for module in MODULES} == before
    assert sys.meta_path == finders
    assert socket.socket is real
    for connection in open_before._gateway_client.deque:
        assert type(connection.socket) is real
    open_before.jvm.java.lang.Math.abs(3)
    open_before.close()
    requests = b"".join(e.request.raw for e in recorded(tmp_path / "t"))
    assert b"abs\ni2\n" in requests
    assert b"abs\ni1\n" not in requests
    assert b"abs\ni3\n" not in requests


def test_connections_opened_while_recording_go_on_afterwards(server, tmp_path):
    with Recorder(tmp_path / "t"):
        gateway = connected(server)
        gateway.jvm.java.lang.Math.abs(1)
    assert gateway.jvm.java.lang.Math.abs(-2) == 2
    gateway.close()
    assert b"i-2" not in b"".join(e.request.raw for e in recorded(tmp_path / "t"))


def test_an_open_client_server_that_waits_for_callbacks_is_recorded(server, tmp_path):
    starter = connected(server)
    served = starter.jvm.py4j.ClientServer.ClientServerBuilder().javaPort(0).pythonPort(0).build()
    served.startServer()
    client = ClientServer(
        java_parameters=JavaParameters(port=served.getJavaServer().getListeningPort()),
        python_parameters=PythonParameters(port=0),
    )
    client.jvm.java.lang.Math.abs(1)
    with Recorder(tmp_path / "t") as recorder:
        client.jvm.java.lang.Math.abs(-2)
    assert recorder.failure is None
    client.close()
    served.shutdown()
    starter.close()
    assert b"\nabs\ni-2\n" in b"".join(e.request.raw for e in recorded(tmp_path / "t"))


def test_a_connection_that_java_has_reset_stops_no_recorder(server, tmp_path):
    """Java resets the connection of who has no token. Py4J keeps it until it is used again."""
    stranger = JavaGateway(gateway_parameters=GatewayParameters(port=server[0]))
    with pytest.raises(Py4JError, match="Authentication error"):
        _ = stranger.jvm.java
    [kept] = stranger._gateway_client.deque
    deadline = time.monotonic() + 20
    with pytest.raises(OSError):
        while time.monotonic() < deadline:
            kept.socket.getpeername()
    with Recorder(tmp_path / "t") as recorder:
        gateway = connected(server)
        gateway.jvm.java.lang.Math.abs(-3)
        assert recorder.failure is None
    gateway.close()
    stranger.close()
    assert any(b"\nabs\ni-3\n" in e.request.raw for e in recorded(tmp_path / "t"))


def test_a_second_recorder_is_refused_and_the_first_goes_on(server, tmp_path):
    with Recorder(tmp_path / "one"):
        with pytest.raises(RecordingError, match="one"):
            Recorder(tmp_path / "two").install()
        gateway = connected(server)
        gateway.jvm.java.lang.Math.abs(1)
        gateway.close()
    assert any(b"\nabs\n" in e.request.raw for e in recorded(tmp_path / "one"))
    with Recorder(tmp_path / "three"):
        pass


def test_py4j_imported_after_the_recorder_came(java, tmp_path):
    """From a zip file that the program itself puts on its path, as findspark does."""
    import zipfile

    with zipfile.ZipFile(tmp_path / "py4j.zip", "w") as archive:
        folder = os.path.dirname(py4j.__file__)
        for name in os.listdir(folder):
            if name.endswith(".py"):
                archive.write(os.path.join(folder, name), f"py4j/{name}")
    program = f"""
import sys
from sparkwire.record import Recorder
recorder = Recorder(sys.argv[1]).install()
sys.path.insert(0, {str(tmp_path / "py4j.zip")!r})
from py4j.java_gateway import GatewayParameters, JavaGateway, __file__
assert "py4j.zip" in __file__
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(sys.argv[2])))
gateway.jvm.java.lang.Math.abs(1)
recorder.remove()
import py4j.java_gateway, socket
assert py4j.java_gateway.socket.socket is socket.socket
"""
    port, process = launch_gateway(die_on_exit=True, java_path=str(java.executable), return_proc=True)
    subprocess.run([sys.executable, "-c", program, tmp_path / "t", str(port)], check=True, timeout=60)
    process.stdin.close()
    process.wait(20)
    process.stdout.close()
    assert any(b"\nabs\n" in e.request.raw for e in recorded(tmp_path / "t"))


# --- when the recorder fails -------------------------------------------------------------------------------


def test_when_the_recorder_fails_the_program_goes_on_and_the_trace_says_so(server, tmp_path, monkeypatch):
    real = Redactor.feed

    def failing(self, data):
        if b"i77" in data:
            raise RuntimeError("injected")
        return real(self, data)

    monkeypatch.setattr(Redactor, "feed", failing)
    with Recorder(tmp_path / "t") as recorder:
        gateway = connected(server)
        for i in (1, 77, 2):
            assert gateway.jvm.java.lang.Math.abs(i) == i
        gateway.close()
    assert "injected" in recorder.failure
    reader = TraceReader(tmp_path / "t")
    requests = b"".join(e.request.raw for e in exchanges(reader))
    assert reader.state == "stopped"
    assert "injected" in reader.reason
    assert b"abs\ni1\n" in requests
    assert b"i77" not in requests
    assert b"abs\ni2\n" not in requests


# --- secrets -----------------------------------------------------------------------------------------------


def test_the_token_of_a_gateway_is_not_in_the_trace(server, tmp_path):
    with Recorder(tmp_path / "t"):
        gateway = connected(server)
        gateway.jvm.java.lang.Math.abs(1)
        gateway.jvm.java.lang.String(server[1])
        gateway.close()
    assert server[1].encode() not in (tmp_path / "t").read_bytes()
    first = recorded(tmp_path / "t")[0]
    assert first.request.raw == b"A\n" + b"*" * len(server[1]) + b"\n"
    marker, token, *_ = (one for one in TraceReader(tmp_path / "t") if isinstance(one, Redacted))
    assert (marker.connection, marker.spans) == (0, ())
    assert (token.connection, token.spans) == (first.connection, ((2, 2 + len(server[1])),))


SPARK_SECRETS = """
import sys
from sparkwire.record import Recorder
import py4j.java_gateway, py4j.clientserver, pyspark.accumulators, pyspark.util, socket
seen = []

# Every secret that crosses, from Py4J's and PySpark's own hands.
real_start = pyspark.accumulators._start_update_server
def start(token, *more):
    seen.append(token)
    return real_start(token, *more)
pyspark.accumulators._start_update_server = start

with Recorder(sys.argv[1]):
    from pyspark import SparkConf, SparkContext
    import pyspark.core.context, pyspark.core.rdd
    pyspark.core.context.accumulators._start_update_server = start
    conf = SparkConf().set("spark.ui.enabled", "false").set("spark.hadoop.x.secret.key", "set-before-1f2e3d")
    sc = SparkContext("local[1]", "secrets", conf=conf)
    seen.append(sc._gateway.gateway_parameters.auth_token)
    jconf = sc._jsc.sc().conf()
    jconf.set("spark.my.password", "set-later-9a8b7c")
    assert jconf.get("spark.my.password") == "set-later-9a8b7c"
    assert dict(sc.getConf().getAll())["spark.hadoop.x.secret.key"] == "set-before-1f2e3d"
    jconf.toDebugString()
    counter = sc.accumulator(0)
    data = sc._jsc.sc()
    real = pyspark.core.rdd._load_from_socket
    def load(info, deserializer):
        seen.append(info[1])
        return real(info, deserializer)
    pyspark.core.rdd._load_from_socket = load
    assert sc.parallelize([1, 2, 3], 1).map(lambda x: (counter.add(x), x)[1]).collect() == [1, 2, 3]
    sc.stop()
with open(sys.argv[2], "w") as file:
    file.write("\\n".join(["set-before-1f2e3d", "set-later-9a8b7c", *filter(None, seen)]))
"""


def test_no_secret_of_a_spark_program_is_in_the_trace(java, tmp_path):
    env = os.environ | {"JAVA_HOME": str(java.home), "SPARK_LOCAL_IP": "127.0.0.1"}
    (tmp_path / "program.py").write_text(SPARK_SECRETS)
    done = subprocess.run(
        [sys.executable, "program.py", "t", "secrets"],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    secrets = (tmp_path / "secrets").read_text().split("\n")
    assert len(secrets) >= 4, secrets  # two of the user's own, the gateway's token, a result's
    stored = (tmp_path / "t").read_bytes()
    # What was set on the way in is there, with stars; the secrets themselves are not.
    assert b"spark.my.password" in stored
    assert b"s****" in stored
    assert [secret for secret in secrets if secret.encode() in stored] == []


# --- killed, and how much memory ---------------------------------------------------------------------------

BUSY = """
import os, resource, sys
from sparkwire.record import Recorder
from py4j.java_gateway import GatewayParameters, JavaGateway
recorder = Recorder(sys.argv[1]).install()
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(sys.argv[2]), auth_token=sys.argv[3]))
absolute = gateway.jvm.java.lang.Math.abs

def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def many(count):
    for i in range(count):
        absolute(i)
"""


def test_killed_at_any_moment_the_trace_opens_up_to_its_last_whole_record(server, tmp_path):
    program = BUSY + "print('go', flush=True)\nmany(10**9)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "t", *map(str, server)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"go\n"
    threading.Event().wait(0.5)
    process.kill()
    process.wait()
    process.stdout.close()
    reader = TraceReader(tmp_path / "t")
    calls = [e for e in exchanges(reader) if e.command == "call"]
    assert reader.state == "recording"
    assert len(calls) > 100
    sent = [int(e.request.raw.split(b"\n")[3][1:]) for e in calls]
    assert sent == list(range(len(sent)))
    assert all(e.reply is not None for e in calls[:-1])


def test_memory_stays_flat_however_many_exchanges(server, tmp_path):
    program = BUSY + "many(20_000)\nfirst = memory()\nmany(60_000)\nprint(memory() - first)\n"
    program += "recorder.remove()\n"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "t", *map(str, server)],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 4_000_000  # 60 000 exchanges are 9 MB in the file
    chunks = sum(isinstance(record, Chunk) for record in TraceReader(tmp_path / "t"))
    assert chunks > 160_000
    notices = [record for record in TraceReader(tmp_path / "t") if isinstance(record, Notice)]
    assert notices == []
