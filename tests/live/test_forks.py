"""A recorded program forks: nothing hangs, no child writes anything false, the trace says what it did."""

from __future__ import annotations

import pytest

from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import exchanges
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


def test_a_child_that_uses_its_parents_connection_is_told_of_once(bench, gateway_script):
    script = bench.script(
        gateway_script
        + """
import os, sys
gateway.jvm.java.lang.Math.max(1, 2)
for _ in range(3):
    child = os.fork()
    if child == 0:
        print("child", gateway.jvm.java.lang.Math.abs(-3), gateway.jvm.java.lang.Math.abs(-4), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
print("parent", gateway.jvm.java.lang.Math.min(1, 2))
"""
    )
    ran = bench.run(script)
    assert (ran.code, ran.out) == (0, b"child 3 4\n" * 3 + b"parent 1\n"), ran.err
    requests = b"".join(e.request.raw for e in ran.exchanges)
    assert b"\nmin\n" in requests
    assert b"\nabs\n" not in requests
    said = ran.notices("child")
    assert len(said) == 3
    assert all("used a connection to Java that the program had opened" in text for text in said)
    assert all("'sparkwire relay' records what both send" in text for text in said)
    assert "used a connection to Java that the program had opened" in ran.said
    assert "1 more notice" in ran.said
    assert TraceReader(ran.trace).state == "complete"


def test_a_forked_child_can_record_itself(bench, gateway_script):
    script = bench.script(
        gateway_script
        + """
import os
from sparkwire.record import Recorder
child = os.fork()
if child == 0:
    with Recorder("child.sparkwire"):
        own = JavaGateway(gateway_parameters=GatewayParameters(port=port))
        print(own.jvm.java.lang.Math.abs(-3), flush=True)
        own.close()
    os._exit(0)
os.waitpid(child, 0)
print(gateway.jvm.java.lang.Math.min(1, 2))
"""
    )
    ran = bench.run(script)
    assert (ran.code, ran.out) == (0, b"3\n1\n"), ran.err
    assert ran.notices("child") == []
    childs = b"".join(e.request.raw for e in exchanges(TraceReader(bench.folder / "child.sparkwire")))
    parents = b"".join(e.request.raw for e in ran.exchanges)
    assert b"\nabs\n" in childs
    assert b"\nmin\n" not in childs
    assert b"\nabs\n" not in parents
    assert b"\nmin\n" in parents


STARTED = {
    "subprocess": """
        import subprocess, sys
        assert subprocess.run([sys.executable, "job.py"]).returncode == 0
    """,
    "a child's child": """
        import subprocess, sys
        again = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, 'job.py']).returncode)"
        assert subprocess.run([sys.executable, "-c", again]).returncode == 0
    """,
    "spawn": """
        import multiprocessing
        def job():
            import job
        if __name__ == "__main__":
            process = multiprocessing.get_context("spawn").Process(target=job)
            process.start()
            process.join()
            assert process.exitcode == 0
    """,
    "pytest-xdist": """
        import pytest, sys
        sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-n1", "test_job.py"]))
    """,
}


@pytest.mark.parametrize("how", STARTED)
def test_a_process_that_the_program_starts_and_that_talks_to_java_is_told_of(bench, gateway_script, how):
    bench.script(gateway_script + "print(gateway.jvm.java.lang.Math.abs(-3))\ngateway.shutdown()\n", "job.py")
    bench.script("def test_job():\n    import job\n", "test_job.py")
    ran = bench.run(bench.script(STARTED[how]))
    assert ran.code == 0, ran.err + ran.out.decode()
    [said] = ran.notices("child")
    assert "started by the program, talked to Java. It is not recorded" in said
    assert said in ran.said
    assert "no exchange with Java was recorded" in ran.said
    assert "exchanged nothing" not in ran.said


def test_a_process_that_the_program_starts_sees_what_it_would_see(bench):
    bench.env["PYTHONPATH"] = str(bench.folder)
    script = bench.script(
        """
        import subprocess, sys
        code = "import os, sys; print(sys.path, sorted(os.environ.items()), 'sparkwire' in sys.modules)"
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        """
    )
    assert bench.run(script).out == bench.plain(script).out


def test_tls_is_told_of_once(bench):
    """The gateway speaks no TLS, so nothing is exchanged, twice."""
    script = bench.script(
        """
        import ssl
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        port = launch_gateway(die_on_exit=True, java_path=None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for _ in range(2):
            try:
                JavaGateway(gateway_parameters=GatewayParameters(port=port, ssl_context=context)).jvm.java
            except Exception as error:
                print(type(error).__name__)
        """
    )
    ran = bench.run(script)
    assert ran.out == b"Py4JNetworkError\n" * 2
    [said] = ran.notices("recorder")
    assert "use TLS" in said
    assert ran.said.count(said) == 1
    assert "exchanged nothing" not in ran.said
