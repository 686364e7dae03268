"""A JVM with a Py4J gateway of the kind that PySpark uses, and a realistic call to time.

PySpark 4.3.0 talks through ``py4j.clientserver.ClientServer`` (pyspark/java_gateway.py). Without Spark,
Py4J's launcher starts a ``GatewayServer``; through it a Java ``ClientServer`` is made beside it, in the
same JVM, and that one is measured.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import pyspark
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from sparkwire.jvm.java import Java

JAR = next((Path(pyspark.__file__).parent / "jars").glob("py4j-*.jar"))
TOKEN = "0123456789abcdef" * 4


class Caller:
    """An open gateway, with a map in Java to ask.

    ``call`` is one round trip like most of PySpark's own: a method of an object that is there already,
    a string argument, a truth value back (PySpark's ``SparkConf.contains``). Those who time it are a dozen
    frames deep, as a PySpark program is when it sends a command.
    """

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway
        self._map = gateway.jvm.java.util.HashMap()
        self._map.put("spark.master", "local[1]")
        self._contains = self._map.containsKey

    def call(self) -> None:
        """One round trip."""
        self._contains("spark.master")

    def times(self, count: int) -> list[int]:
        """Nanoseconds of each of ``count`` round trips, one after the other."""
        return clocked(self.call, count)


def clocked(call: Callable[[], None], count: int) -> list[int]:
    """Nanoseconds of each of ``count`` runs of ``call``."""
    taken = []
    for _ in range(count):
        begun = perf_counter_ns()
        call()
        taken.append(perf_counter_ns() - begun)
    return taken


@contextmanager
def relayed(to: Caller, trace: Path) -> Iterator[Caller]:
    """Another conversation with the same JVM, through ``sparkwire relay`` in a process of its own."""
    command = [sys.executable, "-m", "sparkwire", "relay", "-o", str(trace)]
    command += ["--to", str(to.gateway.java_parameters.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as relay:
        try:
            assert relay.stdout is not None
            client = _client(int(relay.stdout.readline().partition("=")[2]))
            yield Caller(client)
            client.shutdown_callback_server()
            client.close()
        finally:
            relay.terminate()


def _client(port: int) -> Any:
    return ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=TOKEN, auto_convert=True),
        python_parameters=PythonParameters(port=0, auth_token=TOKEN),
    )


@contextmanager
def conversation(java: Java, options: Sequence[str] = ()) -> Iterator[Caller]:
    """Start a JVM, and end it however the block is left. It also ends when this process does."""
    port, token, process = launch_gateway(
        jarpath=str(JAR),
        java_path=str(java.executable),
        javaopts=list(options),
        die_on_exit=True,
        enable_auth=True,
        return_proc=True,
    )
    try:
        launcher = JavaGateway(
            gateway_parameters=GatewayParameters(port=port, auth_token=token, auto_convert=True)
        )
        loopback = launcher.jvm.java.net.InetAddress.getLoopbackAddress()
        builder = launcher.jvm.py4j.ClientServer.ClientServerBuilder()
        server = builder.javaAddress(loopback).javaPort(0).authToken(TOKEN).build()
        server.startServer()
        client = _client(server.getJavaServer().getListeningPort())
        yield Caller(client)
        client.shutdown_callback_server()
        client.close()
        launcher.close()
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except Exception:
            process.kill()
            process.wait()
