"""One real conversation, as each tool that people have writes it: ``decode`` finds the same in all of it."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest

from guide.gateways import PlainGateway

HOST = "127.0.0.1"
PASSWORD = "hunter2hunter2"

PROGRAM = f"""
import logging, sys
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

logging.basicConfig(filename="python.log", level="DEBUG", format="%(asctime)s %(levelname)s: %(message)s")
port, token = int(sys.argv[1]), sys.argv[2]

class Shorter:
    def compare(self, left, right):
        return len(left) - len(right)

    class Java:
        implements = ["java.util.Comparator"]

client = ClientServer(
    java_parameters=JavaParameters(port=port, auth_token=token, auto_gc=False),
    python_parameters=PythonParameters(port=0, auth_token=token, daemonize=True, daemonize_connections=True),
)
java = client.jvm.java
java.lang.System.setProperty("my.password", "{PASSWORD}")
java.util.Objects.isNull(token)
words = java.util.ArrayList()
for word in ("three", "to\\nbe or", "\\N{{LATIN SMALL LETTER E WITH ACUTE}}", "back\\\\slash"):
    words.add(word)
java.util.Collections.sort(words, Shorter())
print(words.get(0), java.lang.Math.max(3, 4), words.size())
"""

LOGGING = """\
handlers=java.util.logging.FileHandler
.level=OFF
java.util.logging.FileHandler.level=FINEST
java.util.logging.FileHandler.pattern={}
java.util.logging.FileHandler.encoding=UTF-8
java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter
"""

Told = tuple[str, str, bytes]
"""Of a message: its direction, whether it is a request, and its bytes without secrets."""


class Tap:
    """Passes on what one client and a gateway say, and keeps it as it is, secrets too."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        self.said: list[tuple[bool, bytes]] = []
        """Whether the client said it, and what, in the order in which it was said."""
        self._over = False
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                gateway = socket.create_connection((HOST, self._port))
                for asks, source, sink in ((True, client, gateway), (False, gateway, client)):
                    threading.Thread(target=self._pass, args=(asks, source, sink), daemon=True).start()

    def _pass(self, asks: bool, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    if self._over:  # what Java says to a client that has gone, nobody hears
                        return
                    self.said.append((asks, data))
                sink.sendall(data)
            self._over = True
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._server.close()


def packets(said: list[tuple[bool, bytes]], path: Path) -> None:
    """A capture of the loopback as tcpdump makes it, where there is no right to make one."""
    seen = {True: 1, False: 1}
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for at, (asks, data) in enumerate(said):
            ports = (40000, 25333) if asks else (25333, 40000)
            tcp = dpkt.tcp.TCP(
                sport=ports[0], dport=ports[1], seq=seen[asks], ack=seen[not asks],
                flags=dpkt.tcp.TH_ACK | dpkt.tcp.TH_PUSH, data=data,
            )  # fmt: skip
            ip = dpkt.ip.IP(
                src=bytes([127, 0, 0, 1]), dst=bytes([127, 0, 0, 1]), p=dpkt.ip.IP_PROTO_TCP, data=tcp
            )
            seen[asks] += len(data)
            writer.writepkt(dpkt.ethernet.Ethernet(data=ip), ts=1_700_000_000 + at / 1000)


@contextlib.contextmanager
def captured(port: int, path: Path) -> Iterator[None]:
    """With what tcpdump captures of a port in ``path``, if there is one that may."""
    if shutil.which("tcpdump") is None:
        yield
        return
    command = ["tcpdump", "-i", "lo", "-U", "-w", str(path), f"tcp port {port}"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=path.parent)
    assert process.stderr is not None
    listens = any(b"listening on" in line for line in iter(process.stderr.readline, b""))
    try:
        yield
        time.sleep(1 if listens else 0)  # what passed has been handed to it a moment later
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with all that was written of one conversation, and the token that was said in it."""
    folder = tmp_path_factory.mktemp("talk")
    (folder / "program.py").write_text(PROGRAM, "utf-8")
    (folder / "logging.properties").write_text(LOGGING.format(folder / "java.log"), "utf-8")
    with PlainGateway(f"-Djava.util.logging.config.file={folder / 'logging.properties'}") as plain:
        plain.gateway.jvm.py4j.GatewayServer.turnAllLoggingOn()
        tap = Tap(plain.client_port)
        before = (folder / "java.log").stat().st_size
        command = [sys.executable, "program.py", str(tap.port), plain.token]
        strace = [
            "strace",
            "-f",
            "-s",
            "1000000",
            "-e",
            "trace=network,read,write,close",
            "-o",
            "talk.strace",
        ]
        if (
            shutil.which("strace")
            and subprocess.run([*strace, "true"], cwd=folder, check=False).returncode == 0
        ):
            command = [*strace, *command]
        with captured(tap.port, folder / "talk.pcap"):
            done = subprocess.run(
                command, cwd=folder, capture_output=True, check=True, text=True, timeout=120
            )
        assert done.stdout == "\N{LATIN SMALL LETTER E WITH ACUTE} 4 4\n", done.stderr
        after = (folder / "java.log").stat().st_size
        tap.close()
        token = plain.token
    (folder / "java.log").write_bytes((folder / "java.log").read_bytes()[before:after])
    whole = b"".join(data for _, data in tap.said)
    assert token.encode() in whole
    assert PASSWORD.encode() in whole
    (folder / "talk.raw").write_bytes(whole)
    (folder / "talk.repr").write_text("".join(f"{data!r}\n" for _, data in tap.said))
    for name, tool in (("talk.hexdump", ["hexdump", "-C"]), ("talk.xxd", ["xxd"])):
        if shutil.which(tool[0]):
            (folder / name).write_bytes(
                subprocess.run(tool, input=whole, capture_output=True, check=True).stdout
            )
    if not (folder / "talk.pcap").exists() or (folder / "talk.pcap").stat().st_size < len(whole):
        packets(tap.said, folder / "talk.pcap")
    return folder, token


def decoded(path: Path) -> tuple[str, str, list[Told]]:
    """What ``decode`` says that a file is; all that it says; the messages."""
    done = subprocess.run(
        [sys.executable, "-m", "sparkwire", "decode", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    first, *rest = done.stdout.split("\n\n")
    messages = []
    for text in filter(str.strip, rest):
        head, _, table = text.partition("\n")
        [(role, way)] = re.findall(r"(request|reply|stream), .*(Python → Java|Java → Python)", head)
        rows = re.findall(r"^ +\d+  ((?:[0-9a-f]{2} )*[0-9a-f]{2})  ", table, re.MULTILINE)
        messages.append((way, role, bytes.fromhex("".join(rows))))
    return first, done.stdout + done.stderr, messages


READ_AS = {
    "talk.repr": "text with line ends written as \\n",
    "talk.hexdump": "a dump of bytes, as hexdump -C makes it",
    "talk.xxd": "a dump of bytes, as xxd makes it",
    "talk.strace": "what strace wrote",
    "talk.pcap": "a capture of packets",
    "python.log": "a Python log with Py4J's DEBUG lines",
    "java.log": "a Java log with Py4J's lines",
}

LEFT_OUT = {
    "python.log": {("Java → Python", "request"), ("Python → Java", "reply")},
    "java.log": {("Python → Java", "request")},
}
"""Py4J's Python half logs the beginning only of what Java asks, its Java half that of what Python asks."""


@pytest.mark.parametrize("name", READ_AS)
def test_each_tools_account_of_a_conversation_has_the_same_messages_and_no_secret(
    talk: tuple[Path, str], name: str
) -> None:
    folder, token = talk
    if not (folder / name).exists():
        pytest.skip("the tool that writes it isn't here, or has no right to")
    read_as, said, found = decoded(folder / name)
    assert READ_AS[name] in read_as
    assert token not in said
    assert PASSWORD not in said
    _, _, whole = decoded(folder / "talk.raw")
    expected = [one for one in whole if one[:2] not in LEFT_OUT.get(name, ())]
    if name == "java.log":
        assert expected.pop(0)[2] == b"!yv\n"  # AuthCommand answers without a word in the log,
        found = [one for one in found if not one[2].startswith(b"!z")]  # and the end answers nobody
    assert found == expected
    assert len(found) > 10


def test_the_bytes_that_are_explained_are_those_that_passed(talk: tuple[Path, str]) -> None:
    folder, token = talk
    real = (folder / "talk.raw").read_bytes()
    for secret in (token, PASSWORD):
        real = real.replace(secret.encode(), b"*" * len(secret))
    _, _, whole = decoded(folder / "talk.raw")
    assert b"".join(raw for _, _, raw in whole) == real
    assert {one[:2] for one in whole} == {
        (way, role) for way in ("Python → Java", "Java → Python") for role in ("request", "reply")
    }
