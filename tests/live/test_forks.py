"""A recorded program forks: nothing hangs, no child writes anything false, the trace says what it did."""

from __future__ import annotations

import pytest

from sparkwire.trace.format import TraceReader
from sparkwire.trace.records import Chunk, Closed, Opened

CLIENT_SERVER = """
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
port = launch_gateway(die_on_exit=True, java_path=None)
starter = JavaGateway(gateway_parameters=GatewayParameters(port=port))
served = starter.jvm.py4j.ClientServer.ClientServerBuilder().javaPort(0).pythonPort(0).build()
served.startServer()
client = ClientServer(
    java_parameters=JavaParameters(
        port=served.getJavaServer().getListeningPort(), daemonize_memory_management=True
    ),
    python_parameters=PythonParameters(port=0, daemonize=True, daemonize_connections=True),
)
jvm = client.jvm
"""
"""A gateway as PySpark uses it: a connection for each thread, one of them the finalizer's."""

LOAD = """
import os, subprocess, sys, threading, multiprocessing

stop = threading.Event()
spoken = [0, 0]

def load(number):
    while not stop.is_set():
        jvm.java.util.ArrayList()  # and let go of at once: the finalizer speaks too
        spoken[number] += 1

threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(2)]
for thread in threads:
    thread.start()

def forked(body):
    child = os.fork()
    if child == 0:
        try:
            body()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def done():
    stop.set()
    for thread in threads:
        thread.join()
"""

FORKS = {
    "that do nothing": "for _ in range(200):\n    assert forked(lambda: None) == 0\n",
    "that exec, with a function of ours before": """
for _ in range(60):
    assert subprocess.run(["true"], preexec_fn=lambda: None).returncode == 0
""",
    "that remove the recorder": """
from sparkwire.record import sockets
for _ in range(60):
    assert forked(lambda: sockets.listener.remove()) == 0
""",
    "that end as Python ends": """
for _ in range(8):
    child = os.fork()
    if child == 0:
        sys.exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
""",
    "of multiprocessing": """
with multiprocessing.get_context("fork").Pool(4) as pool:
    assert pool.map(abs, range(-200, 0)) == list(range(200, 0, -1))
""",
    "from many threads": """
def many():
    for _ in range(20):
        if forked(lambda: None) != 0:
            os._exit(9)
forkers = [threading.Thread(target=many) for _ in range(4)]
for forker in forkers:
    forker.start()
for forker in forkers:
    forker.join()
""",
}


@pytest.mark.parametrize("which", FORKS)
def test_forks_under_load(bench, which):
    program = CLIENT_SERVER + LOAD + FORKS[which]
    ran = bench.run(bench.script(program + "done()\nprint('spoken', sum(spoken))\n"))
    assert ran.code == 0, ran.err
    reader = TraceReader(ran.trace)
    records = list(reader)
    assert (reader.state, reader.cut) == ("complete", False), reader.reason
    assert ran.notices("child") == []
    made = sum(e.command == "constructor" and b"ArrayList" in e.request.raw for e in ran.exchanges)
    assert made == int(ran.out.split()[1])
    assert all(e.reply is not None for e in ran.exchanges if e.command in ("call", "constructor"))
    # A child closes what it inherited. Had it said so in the trace, more would pass on a closed connection.
    is_open: set[int] = set()
    for record in records:
        match record:
            case Opened():
                is_open.add(record.connection)
            case Chunk():
                assert record.connection in is_open
            case Closed():
                is_open.remove(record.connection)
