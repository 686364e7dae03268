"""Programs of greenlets: the recorder uses the sockets that gevent or eventlet put there, whenever it did."""

from __future__ import annotations

import pytest

from sparkwire.trace.records import Channel

PATCH = {
    "gevent": """
from gevent import monkey
monkey.patch_all()
import gevent
def together(*functions):
    for one in gevent.joinall([gevent.spawn(function) for function in functions], raise_error=True):
        one.get()
""",
    "eventlet": """
import eventlet
eventlet.monkey_patch()
def together(*functions):
    for one in [eventlet.spawn(function) for function in functions]:
        one.wait()
""",
}
PROGRAM = """
from py4j.java_gateway import CallbackServerParameters, GatewayParameters, JavaGateway, launch_gateway
port = launch_gateway(die_on_exit=True, java_path=None)
gateway = JavaGateway(
    gateway_parameters=GatewayParameters(port=port),
    callback_server_parameters=CallbackServerParameters(port=0, daemonize=True, daemonize_connections=True),
)
own = gateway.get_callback_server().get_listening_port()
address = gateway.jvm.java.net.InetAddress.getLoopbackAddress()
gateway.java_gateway_server.resetCallbackClient(address, own)
"""
USE = """
class Comparator:
    def compare(self, one, other):
        return (one > other) - (one < other)
    class Java:
        implements = ("java.util.Comparator",)

numbers = gateway.jvm.java.util.ArrayList()
for number in (3, 1, 2):
    numbers.add(number)
gateway.jvm.java.util.Collections.sort(numbers, Comparator())
print(list(numbers))

# Java lets go of none until all three wait there: one after the other, they would wait for ever.
barrier = gateway.jvm.java.util.concurrent.CyclicBarrier(3)
seconds = gateway.jvm.java.util.concurrent.TimeUnit.SECONDS
wait = getattr(barrier, "await")
together(*[lambda: wait(60, seconds)] * 3)
print("overlapped")
gateway.shutdown_callback_server()
gateway.close()
import os, sys
sys.stdout.flush()
"""
WITH_RECORDER = """
from sparkwire.record import Recorder
with Recorder("t.sparkwire") as recorder:
"""


def check(ran):
    assert (ran.code, ran.out) == (0, b"[1, 2, 3]\noverlapped\n"), ran.err
    found = ran.exchanges
    assert [e.reply for e in found if e.command == "malformed"] == []
    compared = [e for e in found if e.channel == Channel.CALLBACK and b"\ncompare\n" in e.request.raw]
    assert compared
    assert all(e.reply.raw.startswith(b"!yi") for e in compared)
    waited = [e for e in found if b"\nawait\n" in e.request.raw and e.command == "call"]
    assert len(waited) == 3
    assert max(e.start_ns for e in waited) < min(e.start_ns + e.duration_ns for e in waited)
    assert len({e.connection for e in waited}) == 3
    return waited


@pytest.mark.parametrize("kind", PATCH)
@pytest.mark.parametrize("when", ["recorder first", "patched first", "patched and connected first"])
def test_greenlets(bench, kind, when):
    if when == "recorder first":
        ran = bench.run(bench.script(PATCH[kind] + PROGRAM + USE))
    else:
        before, inside = (PROGRAM, USE) if "connected" in when else ("", PROGRAM + USE)
        indented = WITH_RECORDER + "".join(f"    {line}\n" for line in inside.splitlines())
        ran = bench.plain(bench.script(PATCH[kind] + before + indented))
    waited = check(ran)
    if kind == "gevent":
        assert len({e.thread_number for e in waited}) == 3


def test_a_class_of_sockets_that_the_program_itself_put_there(bench):
    ran = bench.run(
        bench.script(
            """
import socket
class Mine(socket.socket):
    sent = 0
    def sendall(self, data, flags=0):
        Mine.sent += len(data)
        return super().sendall(data, flags)
socket.socket = Mine
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
port = launch_gateway(die_on_exit=True, java_path=None)
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
gateway.jvm.java.lang.Math.abs(-3)
import py4j.java_gateway
held = gateway._gateway_client.deque[0].socket
print(Mine.sent, isinstance(held, Mine))
py4j.java_gateway.socket.socket = 5
print(socket.socket)
"""
        )
    )
    sent = sum(len(e.request.raw) for e in ran.exchanges if e.command != "memory")
    assert ran.out.decode().splitlines() == [f"{sent} True", "5"], ran.err
