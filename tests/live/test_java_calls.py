"""A real JVM's method calls: recorded, read, and joined to what Python sent."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from sparkwire.errors import JvmError, UnreadableRecording
from sparkwire.jvm import recording as jvm_recording
from sparkwire.jvm.filter import method_filter
from sparkwire.jvm.java import Java
from sparkwire.jvm.recording import java_arguments, read_calls, wait_until_written
from sparkwire.launch.launch_options import with_options
from sparkwire.record import Recorder
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.exchanges import exchanges
from sparkwire.trace.java.calls import Join, join, within_command
from sparkwire.trace.java.paths import children, method

MARK = "marked-as-secret-8d1f"

MAIL = """
import sys
from sparkwire.record import Recorder
with Recorder(sys.argv[1]):
    from pyspark import SparkContext
    sc = SparkContext("local[1]", "Adam test")
    sc.setCheckpointDir("foo checkpoint dir")
    gateway = sc._gateway
    with open(sys.argv[2], "w") as file:
        file.write(gateway.gateway_parameters.auth_token)
    sc.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
"""


def java_options(recording: Path, filter: str) -> str:
    return with_options("", java_arguments(recording, filter))


def joined(trace: Path, recording: Path, java: Java) -> tuple[list[Exchange], Join]:
    found = list(exchanges(TraceReader(trace)))
    return found, join(found, read_calls(recording, java))


def test_the_mails_program(java: Java, tmp_path: Path) -> None:
    recording, trace, secret = tmp_path / "it's java.jfr", tmp_path / "trace", tmp_path / "secret"
    env = os.environ | {
        "JAVA_HOME": str(java.home),
        "SPARK_SUBMIT_OPTS": java_options(recording, method_filter()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TZ": "Asia/Kathmandu",
        "MARK": MARK,
    }
    done = subprocess.run(
        [sys.executable, "-c", MAIL, trace, secret], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "jfr" not in (done.stdout + done.stderr).lower()

    wait_until_written(recording)
    found, report = joined(trace, recording, java)
    assert report.agreed, report.notes
    assert report.joined == report.exchanges == report.commands == len(found)
    assert report.python_counts == report.java_counts
    assert report.java_counts["AuthCommand"] == 2
    assert all(report.of(e) for e in found)

    checkpoint = next(e for e in found if b"setCheckpointDir" in e.request.raw)
    target = report.target(checkpoint)
    assert target is not None
    assert target.method == "org.apache.spark.SparkContext.setCheckpointDir(String)"
    assert [method(frame).split("(")[0] for frame in report.path(checkpoint)] == [
        "java.lang.Thread.run",
        "py4j.ClientServerConnection.run",
        "py4j.ClientServerConnection.waitForCommands",
        "py4j.commands.CallCommand.execute",
        "py4j.commands.AbstractCommand.invokeMethod",
        "py4j.Gateway.invoke",
        "py4j.reflection.ReflectionEngine.invoke",
        "py4j.reflection.MethodInvoker.invoke",
        "java.lang.reflect.Method.invoke",
        "org.apache.spark.SparkContext.setCheckpointDir",
    ]
    assert report.of(checkpoint)[0].method.startswith("py4j.commands.CallCommand.execute(")
    assert children(report.of(checkpoint), target)
    for e in found:  # what ran for a command did so while Python waited for it
        invoked = report.target(e)
        if invoked and e.duration_ns:
            assert invoked.duration_ns <= e.duration_ns

    assert_holds_no_secret(recording, secret.read_text(), java)


def assert_holds_no_secret(recording: Path, token: str, java: Java) -> None:
    data = recording.read_bytes()
    assert len(token) > 20
    for secret in (token, MARK, str(Path.home()) + "/", "java.class.path"):
        assert secret.encode() not in data
    summary = subprocess.run(
        [java.tool("jfr"), "summary", recording], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in summary.stdout.partition("====\n")[2].splitlines()]
    counted = {row[0] for row in rows if len(row) == 3 and int(row[1])}
    assert counted == {"jdk.MethodTrace", "jdk.Metadata", "jdk.Checkpoint"}


# --- a JVM with Py4J alone: no Spark, up in a second -------------------------------------------------


@contextmanager
def gateway_jvm(java: Java, options: str = "") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port of a gateway, and its JVM; ended on the way out."""
    import pyspark

    (jar,) = (Path(pyspark.__file__).parent / "jars").glob("py4j-*.jar")
    port, process = launch_gateway(
        classpath=str(jar), jarpath=str(jar), javaopts=shlex.split(options), java_path=str(java.executable),
        die_on_exit=True, return_proc=True,
    )  # fmt: skip
    try:
        yield port, process
    finally:
        process.stdin.close()
        try:
            process.wait(20)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def call_java(port: int, times: int, threads: int = 1) -> None:
    """``times`` calls from each of ``threads`` threads, over a pool of connections that is then closed."""
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))

    def work() -> None:
        for i in range(times):
            assert gateway.jvm.java.lang.Math.abs(-i) == i

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    gateway.close()


def test_a_pool_of_connections_without_spark(java: Java, tmp_path: Path) -> None:
    recording, trace = tmp_path / "java.jfr", tmp_path / "trace"
    options = java_options(recording, method_filter(["java.lang.Math::abs"]))
    with gateway_jvm(java, options) as (port, _), Recorder(trace):
        call_java(port, 10, threads=3)
    wait_until_written(recording)
    found, report = joined(trace, recording, java)
    assert report.agreed, report.notes
    calls = [e for e in found if e.command == "call"]
    assert len(calls) == 30
    assert {t.method for t in map(report.target, calls) if t} == {"java.lang.Math.abs(int)"}
    assert all(report.target(e) for e in calls)
    assert not jvm_recording.repository(recording).exists() or not any(
        jvm_recording.repository(recording).iterdir()
    )


def test_a_running_jvm_gives_the_calls_of_one_cell(java: Java, tmp_path: Path) -> None:
    with gateway_jvm(java) as (port, process):
        call_java(port, 3)
        assert not jvm_recording.is_recording(process.pid, java)
        assert jvm_recording.start(process.pid, method_filter(["java.lang.Math::abs"]), java)
        assert not jvm_recording.start(process.pid, method_filter(), java)
        call_java(port, 5)
        for cell in ("first", "second"):
            begin = time.time_ns()
            with Recorder(tmp_path / cell):
                call_java(port, 4)
            jvm_recording.dump(process.pid, begin, tmp_path / f"{cell} cell.jfr", java)
            found, report = joined(tmp_path / cell, tmp_path / f"{cell} cell.jfr", java)
            assert report.agreed, report.notes
            assert sum(1 for e in found if report.target(e)) == 4
        # The JDK calls abs itself; of those that Python caused, the earlier cells' are not there again.
        calls = filter(within_command, read_calls(tmp_path / "second cell.jfr", java))
        assert sum(c.method.startswith("java.lang.Math.abs") for c in calls) == 4
        jvm_recording.stop(process.pid, java)
        assert not jvm_recording.is_recording(process.pid, java)
    with pytest.raises(JvmError, match=str(process.pid)):
        jvm_recording.start(process.pid, method_filter(), java)


def test_a_killed_jvm_leaves_its_calls_up_to_the_last_flush(java: Java, tmp_path: Path) -> None:
    recording, trace = tmp_path / "java.jfr", tmp_path / "trace"
    with gateway_jvm(java, java_options(recording, method_filter())) as (port, process), Recorder(trace):
        call_java(port, 10)
        parts = jvm_recording.repository(recording)
        copy = tmp_path / "copy"
        # The JVM flushes once a second; go on when a copy of what it has on disk holds calls.
        for _ in range(100):
            time.sleep(0.2)
            shutil.copytree(parts, copy, dirs_exist_ok=True)
            if jvm_recording.recover(copy, tmp_path / "copy.jfr") and any(
                read_calls(tmp_path / "copy.jfr", java)
            ):
                break
        process.kill()
        process.wait()
    wait_until_written(recording)
    found, report = joined(trace, recording, java)
    assert report.joined > 0
    assert report.joined < len(found) or report.agreed


def test_a_recording_that_cannot_be_read_says_why(java: Java, tmp_path: Path) -> None:
    recording = tmp_path / "java.jfr"
    with gateway_jvm(java, java_options(recording, method_filter())) as (port, _):
        call_java(port, 2)
    wait_until_written(recording)
    data = recording.read_bytes()
    assert list(read_calls(recording, java))
    for name, damaged in (
        ("cut", data[: len(data) // 2]),
        ("empty", b""),
        ("other", b"%PDF" + data),
        ("holes", data[:68] + b"\xff" * 2000 + data[2068:]),
    ):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(UnreadableRecording) as caught:
            list(read_calls(tmp_path / name, java))
        assert len(str(caught.value).splitlines()) == 1
    # A reader that stops early leaves no process behind.
    reading = read_calls(recording, java)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
