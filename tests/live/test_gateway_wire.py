r"""Py4J's own Java server reads every request of the code table as the table says.

Raw bytes go to a real ``py4j.GatewayServer``, one command at a time, and the replies are decoded. After
each one a question with a known answer follows: had Java read one line more or less than the table says,
it would get the wrong answer.
"""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pyspark
import pytest

from sparkwire import Direction, Message, find_java
from sparkwire.wire.gateway import COMMANDS, Decoder

IN_STEP = b"r\nu\njava\nrj\ne\n"

# Requests, with the start of the reply. The ids are those that Java gives out, in this order.
CONVERSATION = [
    (b"i\njava.util.ArrayList\ne\n", "!ylo0"),
    (b"c\no0\nadd\ni3\ne\n", "!ybtrue"),
    (b"c\no0\nadd\ni1\ne\n", "!ybtrue"),
    (b"l\ns\no0\ne\n", "!yv"),
    (b"l\nr\no0\ne\n", "!yv"),
    (b"l\nx\no0\ne\n", "!yi3"),
    (b"l\nn\no0\ne\n", "!yi1"),
    (b"l\nl\no0\ni0\ni1\ne\n", "!ylo1"),
    (b"l\na\no0\no0\ne\n", "!ylo2"),
    (b"l\nm\no0\ni3\ne\n", "!ylo3"),
    (b"l\ni\no0\ni2\ne\n", "!yv"),
    (b"l\nf\no0\ni1\ne\n", "!yi2"),
    (b"a\nc\nsint\ni2\ni3\ne\n", "!yto4"),
    (b"a\nc\nsint\ni2\ne\n", "!yto5"),
    (b"a\ns\no5\ni0\ni7\ne\n", "!yv"),
    (b"a\ng\no5\ni0\ne\n", "!yi7"),
    (b"a\ne\no5\ne\n", "!yi2"),
    (b"a\nl\no5\ni0\ne\n", "!yto6"),
    (b"r\nm\njava.lang.Math\nPI\ne\n", "!yd3.14"),
    (b"r\nm\njava.lang.Math\nmax\ne\n", "!ym"),
    (b"r\nm\njava.lang.Thread\nState\ne\n", "!yc"),
    (b"r\nc\njava.lang.Math\ne\n", "!yro7"),
    (b"r\nu\nMath\nrj\ne\n", "!ycjava.lang.Math"),
    (b"j\nc\nsmine\ne\n", "!yro8"),
    (b"j\ni\nrj\njava.util.*\ne\n", "!yv"),
    (b"j\nr\nrj\njava.util.*\ne\n", "!ybtrue"),
    (b"d\nf\no0\ne\n", "!ys"),
    (b"d\nm\no0\ne\n", "!ys"),
    (b"d\ns\njava.lang.Math\ne\n", "!ys"),
    (b"d\nv\nrj\nn\ne\n", "!ys"),
    (b"d\nv\nrj\ns0\ne\n", "!y"),
    (b"h\no\no0\nn\nbTrue\ne\n", "!ysHelp on class ArrayList"),
    (b"h\nc\njava.lang.String\nsget*\nbFalse\ne\n", "!ysHelp on class String"),
    (b"c\nz:java.lang.Math\nmax\ni1\ni2\ne\n", "!yi2"),
    (b"c\nz:java.lang.String\nvalueOf\nd-inf\ne\n", "!ys-Infinity"),
    (b"c\nz:java.math.BigDecimal\nvalueOf\nd1.5\ne\n", "!yD1.5"),
    (b"c\nz:java.lang.System\nlineSeparator\ne\n", "!ys\\n"),
    # a method may be called e; there is none here, and Java says so by that name
    (b"c\no0\ne\nsx\ne\n", "!xspy4j.Py4JException: Method e([class java.lang.String])"),
    (b"f\ng\no0\nx\ne\n", "!yo"),
    (b"f\ns\no0\nx\ni1\ne\n", "!yo"),
    (b"c\nz:java.lang.Integer\nparseInt\nsx\ne\n", "!xro9"),
    (b"p\nro9\ne\n", "!ysjava.lang.NumberFormatException"),
    (b"m\nd\no0\ne\n", "!yv"),
]
# Each on a connection of its own, which Java closes or leaves out of step, as the table's comments say.
FAILING = [
    (b"m\na\no5\ne\n", "!xsUnknown Memory SubCommand"),
    (b"j\ns\nrj\nx\ne\n", "!zsjava.lang.NullPointerException"),
    (b"hello\n", "!zspy4j.Py4JException: Unknown command"),
    (b"e\n", "!zspy4j.Py4JException: Unknown command"),
    (b"c\nz:java.lang.String\nvalueOf\nDNaN\ne\n", "!zsjava.lang.NumberFormatException"),
]
# Nothing comes back from these; auth needs a server with a token.
WITHOUT_REPLY = {("s", None), ("z", None), ("A", None), ("S", None)}


@pytest.fixture(scope="module")
def port():
    java = find_java()
    assert java, f"this test needs Java: {java}"
    (jar,) = (Path(pyspark.__file__).parent / "jars").glob("py4j*.jar")
    process = subprocess.Popen(
        [str(java.executable), "-cp", str(jar), "py4j.GatewayServer", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.replies = self.socket.makefile("rb")
        self.decoder = Decoder(Direction.TO_PYTHON)

    def ask(self, request: bytes) -> Message:
        self.socket.sendall(request)
        (reply,) = self.decoder.feed(self.replies.readline())
        assert isinstance(reply, Message), reply
        return reply

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc: object) -> None:
        self.replies.close()
        self.socket.close()


def test_java_reads_each_request_to_its_last_line_and_no_further(port):
    with Connection(port) as connection:
        for request, answer in CONVERSATION:
            (message,) = Decoder(Direction.TO_JAVA).feed(request)
            assert isinstance(message, Message), message
            assert connection.ask(request).raw.decode().startswith(answer), request
            assert connection.ask(IN_STEP).raw == b"!yp\n", request


def test_java_reads_no_end_marker_after_cancel(port):
    with Connection(port) as connection:
        assert connection.ask(b"z\n127.0.0.1\n1\n2\n" + IN_STEP).raw == b"!yp\n"


@pytest.mark.parametrize(("request_bytes", "answer"), FAILING)
def test_java_fails_where_the_table_says(port, request_bytes, answer):
    with Connection(port) as connection:
        assert connection.ask(request_bytes).raw.decode().startswith(answer)


def test_every_request_of_the_table_was_sent():
    sent = set()
    for request, _ in CONVERSATION + FAILING[:2]:
        (message,) = Decoder(Direction.TO_JAVA).feed(request)
        sub = message.field("subcommand code")
        sent.add((message.field("command code").value, sub.value if sub else None))
    to_java = [c for c in COMMANDS if c.direction is Direction.TO_JAVA]
    assert (
        sent
        == {(c.code, s.code if s else None) for c in to_java for s in (c.subcommands or (None,))}
        - WITHOUT_REPLY
    )
