"""``sparkwire relay`` between real programs and real gateways: what it records equals the recorder's."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import Chunk, Notice, Opened, Redacted
from sparkwire.wire.message import Direction

MAIL = """\
import threading
from pyspark import SparkContext

sc = SparkContext("local[1]", "Adam test")
sc.setCheckpointDir("foo checkpoint dir")

class Comparator:
    def compare(self, one, other):
        return (one > other) - (one < other)

    class Java:
        implements = ["java.util.Comparator"]

numbers = sc._jvm.java.util.ArrayList()
for number in (3, 1, 2):
    numbers.add(number)
sc._jvm.java.util.Collections.sort(numbers, Comparator())
asks = threading.Thread(target=lambda: numbers.get(0))
asks.start()
asks.join()
print(list(numbers), sc.parallelize([1, 2], 1).map(lambda x: x + 1).collect())
sc.stop()
"""
"""The mail's program, with what else uses connections: a callback, a thread, a result's socket."""


@contextmanager
def driver_jvm(bench) -> Iterator[tuple[int, str]]:
    """A driver's JVM that somebody else started, and to which nobody has connected: its port and secret."""
    info = bench.folder / "connection info"
    launched = bench.start(
        [Path(pyspark.__file__).parent / "bin" / "spark-submit", "pyspark-shell"],
        env=bench.env | {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(info)},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not info.exists():
            assert launched.poll() is None, "the gateway has ended"
            assert time.monotonic() < deadline, "no gateway came"
            time.sleep(0.05)
        raw = info.read_bytes()
        yield struct.unpack(">i", raw[:4])[0], raw[8:].decode()
    finally:
        launched.stdin.close()
        launched.wait(30)


def relaying(bench, *arguments: object):
    """A running relay, and its port."""
    relay = bench.start(bench.command("relay", *arguments))
    name, _, port = relay.stdout.readline().decode().strip().partition("=")
    assert name == "PYSPARK_GATEWAY_PORT", relay.communicate()
    return relay, int(port)


def streams(trace: Path) -> dict[tuple[int, Direction], bytes]:
    """All bytes of each direction of each connection, which is named by Python's own port."""
    ports: dict[int, int] = {}
    found: dict[tuple[int, Direction], bytes] = {}
    for record in TraceReader(trace):
        if isinstance(record, Opened):
            ports[record.connection] = record.local_port
        elif isinstance(record, Chunk):
            key = ports[record.connection], record.direction
            found[key] = found.get(key, b"") + record.data
    return found


def spans(trace: Path) -> dict[tuple[int, Direction], list[tuple[int, int]]]:
    """Where placeholders stand in each stream, which is named as in ``streams``."""
    ports = {one.connection: one.local_port for one in load(trace).connections}
    found: dict[tuple[int, Direction], list[tuple[int, int]]] = {}
    for record in TraceReader(trace):
        if isinstance(record, Redacted) and record.spans:
            found.setdefault((ports[record.connection], record.direction), []).extend(record.spans)
    return found


def messages(trace: Path) -> dict[int, list[tuple[str, str, bytes, bytes]]]:
    """The decoded exchanges of each connection, in order."""
    opened = load(trace)
    ports = {one.connection: one.local_port for one in opened.connections}
    found: dict[int, list[tuple[str, str, bytes, bytes]]] = {}
    for e in opened.exchanges:
        reply = e.reply.raw if e.reply else b""
        found.setdefault(ports[e.connection], []).append((e.channel, e.command, e.request.raw, reply))
    return found


def test_one_run_recorded_by_both_is_the_same_to_the_byte(bench):
    with driver_jvm(bench) as (gateway, secret):
        relay, port = relaying(bench, "-o", "relayed.sparkwire", "--to", gateway)
        bench.env |= {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
        ran = bench.run(bench.script(MAIL, "adam.py"))
        assert (ran.code, ran.out) == (0, b"[1, 2, 3] [2, 3]\n"), ran.err
        assert relay.poll() is None  # the gateway is still there, so the relay is, too
    # Now both are gone, and it ends by itself.
    ended = bench.ended(relay, timeout=60)
    assert ended.code == 0, ended.err
    assert "the gateway is gone" in ended.said

    relayed = bench.folder / "relayed.sparkwire"
    assert secret.encode() not in relayed.read_bytes()
    own, others = streams(ran.trace), streams(relayed)
    assert own.keys() == others.keys()
    assert len({port for port, _ in own}) >= 2
    inside, outside = messages(ran.trace), messages(relayed)
    for key in own:
        # The recorder is gone a moment before the program, and Py4J's own thread may still let objects go.
        assert others[key].startswith(own[key]), key
        later = outside[key[0]][len(inside[key[0]]) :]
        assert {command for _, command, _, _ in later} <= {"memory"}
        assert inside[key[0]] == outside[key[0]][: len(inside[key[0]])]
    assert spans(ran.trace) == spans(relayed) != {}
    whole = load(relayed)
    assert [e for e in whole.exchanges if e.channel == "callback"], "Java did not call back"
    assert not any(e.command == "malformed" for e in whole.exchanges)
    # Python asked the relay's port, and the trace names the gateway's.
    assert {one.remote_port for one in whole.connections} == {gateway}


def test_a_gateway_that_is_killed_ends_the_program_and_not_the_relay(bench):
    script = bench.script(
        """
        import sys
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        from py4j.protocol import Py4JError
        port, process = launch_gateway(java_path=None, return_proc=True, die_on_exit=True)
        print(port, process.pid, flush=True)
        to = int(sys.stdin.readline())
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=to))
        assert gateway.jvm.java.lang.Math.max(3, 4) == 4
        process.kill()
        process.wait()
        try:
            gateway.jvm.java.lang.Math.max(3, 4)
        except Py4JError:
            print("failed")
        """
    )
    program = bench.start([sys.executable, script], stdin=subprocess.PIPE)
    gateway = int(program.stdout.readline().split()[0])
    relay, port = relaying(bench, "--to", gateway)
    program.stdin.write(b"%d\n" % port)
    program.stdin.flush()
    ran = bench.ended(program)
    assert (ran.code, ran.out) == (0, b"failed\n"), ran.err
    relay.send_signal(signal.SIGTERM)
    assert bench.ended(relay).code == 0
    trace = bench.folder / "relay.sparkwire"
    said = [record.text for record in TraceReader(trace) if isinstance(record, Notice)]
    assert any("by Java" in text or "Java ended connection" in text for text in said), said
    assert [e.reply.raw for e in load(trace).exchanges if e.command == "call"][:1] == [b"!yi4\n"]


def test_show_says_that_a_relay_recorded_it(bench, gateway_script):
    waits = bench.script(gateway_script + "import sys\nprint(port, flush=True)\nsys.stdin.read()\n")
    program = bench.start([sys.executable, waits], stdin=subprocess.PIPE)
    gateway = int(program.stdout.readline())
    relay, port = relaying(bench, "--to", gateway)
    talk = bench.plain(
        bench.script(
            "import sys\n"
            "from py4j.java_gateway import GatewayParameters, JavaGateway\n"
            "gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(sys.argv[1])))\n"
            "print(gateway.jvm.java.lang.Math.max(3, 4))\n",
            "client.py",
        ),
        port,
    )
    assert talk.out == b"4\n", talk.err
    program.communicate()
    relay.send_signal(signal.SIGINT)
    bench.ended(relay)
    shown = {name: bench.sparkwire("show", "relay.sparkwire", "--format", name) for name in ("table", "html")}
    for ran in shown.values():
        assert ran.code == 0
        assert b"Recorded by a relay" in ran.out
        assert b"Py4J by itself" not in ran.out
    assert b"(connection 1)" in shown["table"].out
    assert b"a relay sees no lines" in shown["table"].out
    lines = bench.sparkwire("show", "relay.sparkwire", "--format", "json").out.splitlines()
    assert all(json.loads(line)["call_site"] is None for line in lines)
