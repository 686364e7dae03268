"""Py4J itself as the oracle: its constants, its values both ways, and the commands its client sends."""

from __future__ import annotations

import math
import socket
from decimal import Decimal

import py4j.java_collections
import py4j.java_gateway
import py4j.protocol as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py4j.clientserver import ClientServerConnection, JavaParameters, PythonParameters

from sparkwire.wire.gateway import COMMANDS, END_MARKER, REPLIES, REPLY_MARKER, TYPE_CODES, Decoder
from sparkwire.wire.message import Direction, Message

TO_JAVA, TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(max_size=30),
    text,
    st.decimals(allow_nan=False, allow_infinity=False),
)


def decode(direction: Direction, raw: bytes) -> Message:
    (message,) = Decoder(direction).feed(raw)
    assert isinstance(message, Message), message
    return message


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


class TestConstants:
    def names(self, suffixes: tuple[str, ...]) -> dict[str, str]:
        return {n: v.strip() for n, v in vars(oracle).items() if n.endswith(suffixes) and isinstance(v, str)}

    def test_every_type_of_py4j_is_in_the_table_and_no_other(self):
        types = self.names(("_TYPE",)) | {"NO_MEMBER": oracle.NO_MEMBER}
        assert {t.code for t in TYPE_CODES} == set(types.values())
        assert len(TYPE_CODES) == len(types)

    def test_every_command_of_py4j_is_in_the_table(self):
        names = self.names(("_COMMAND_NAME",))
        ours = {c.code for c in COMMANDS}
        subs = {n: v for n, v in names.items() if "SUB_COMMAND" in n}
        assert {v for n, v in names.items() if n not in subs} == ours - {
            "z"
        }  # z is written out where it is sent

    @pytest.mark.parametrize(
        ("prefix", "code", "more"),
        [
            ("ARRAY_", "a", ""),
            ("REFL_", "r", ""),
            ("LIST_", "l", "xn"),
            ("FIELD_", "f", ""),
            ("MEMORY_", "m", ""),
            ("HELP_", "h", ""),
            ("JVM_", "j", "r"),
            ("DIR_", "d", ""),
        ],
    )
    def test_every_subcommand_of_py4j_is_in_the_table(self, prefix, code, more):
        """``more`` are those that only Java knows, or that py4j.protocol names without the prefix."""
        names = self.names(("SUBCOMMAND_NAME", "SUB_COMMAND_NAME"))
        theirs = {v for n, v in names.items() if n.startswith(prefix)}
        (command,) = [c for c in COMMANDS if c.code == code and c.direction is TO_JAVA]
        assert theirs
        assert {s.code for s in command.subcommands} == theirs | set(more)

    def test_the_marks_are_the_same(self):
        assert REPLY_MARKER == oracle.RETURN_MESSAGE
        assert END_MARKER == oracle.END
        assert {r.word: r.code for r in REPLIES} == {
            "success": oracle.SUCCESS,
            "error": oracle.ERROR,
            "fatal": oracle.FATAL_ERROR,
        }

    def test_python_reads_every_type_that_the_table_lets_through(self):
        in_arguments = {t.code for t in TYPE_CODES if t.to_python and not t.reply_only}
        assert in_arguments == set(oracle.OUTPUT_CONVERTER) | {oracle.VOID_TYPE}


class TestValues:
    @given(values)
    def test_what_py4j_writes_is_read_as_it_was(self, value):
        raw = f"c\no0\nf\n{oracle.get_command_part(value)}e\n".encode()
        assert same(decode(TO_JAVA, raw).field("argument").value, value)

    @given(values)
    def test_a_reply_is_read_as_py4j_reads_it(self, value):
        part = oracle.get_command_part(value)
        message = decode(TO_PYTHON, f"!y{part}".encode())
        theirs = oracle.get_return_value("y" + part[:-1], None)
        theirs = bytes(theirs) if isinstance(theirs, bytearray) else theirs
        assert same(message.field("result").value, theirs)

    @given(st.text(st.sampled_from("\\nrx"), max_size=10))
    def test_odd_escapes_are_read_as_py4j_reads_them(self, written):
        message = decode(TO_PYTHON, f"!ys{written}\n".encode())
        assert message.field("result").value == oracle.unescape_new_line(written)

    @pytest.mark.parametrize("answer", ["y", "yv", "ysx", "x", "xn", "xsno", "xro1", "zsno"])
    def test_errors_are_those_of_py4j(self, answer):
        direction = TO_JAVA if answer == "y" else TO_PYTHON
        message = decode(direction, f"!{answer}\n".encode())
        assert (message.command != "success") == oracle.is_error(answer)[0]
        assert (message.command == "fatal") == oracle.is_fatal_error(answer)
        theirs = oracle.get_error_message(answer)[1]
        if theirs is not None:
            assert message.field("error").value == theirs


class Wire(py4j.java_gateway.GatewayClient):
    """Py4J's own client, but for the socket: keeps what is sent, and gives the answers it was told."""

    def __init__(self, *answers: str) -> None:
        pool = py4j.java_gateway.PythonProxyPool()
        properties = py4j.java_gateway.GatewayProperty(False, pool, enable_memory_management=False)
        super().__init__(gateway_property=properties)
        self.converters = None  # JavaGateway sets it when it converts collections by itself
        self.answers = list(answers)
        self.sent: list[str] = []

    def send_command(self, command: str, retry: bool = True, binary: bool = False) -> object:
        self.sent.append(command)
        answer = self.answers.pop(0) if self.answers else "yv"
        return (answer, None) if binary else answer


def java_list(wire):
    return py4j.java_collections.JavaList("o5", wire)


def java_array(wire):
    return py4j.java_collections.JavaArray("o5", wire)


def java_class(wire):
    return py4j.java_gateway.JavaClass("java.lang.Math", wire)


def gateway(wire):
    made = object.__new__(py4j.java_gateway.JavaGateway)
    made._gateway_client = wire
    return made


class Proxy:
    class Java:
        implements = ("java.lang.Runnable", "java.util.Comparator")


def view(wire):
    return py4j.java_gateway.JVMView(wire, "default", id=oracle.DEFAULT_JVM_ID)


def member(wire):
    return py4j.java_gateway.JavaMember("open", None, "o3", wire)


def help_object(wire):
    target = py4j.java_gateway.JavaObject("o5", wire)
    py4j.java_gateway.gateway_help(wire, target, display=False)


def dir_object(wire):
    wire.gateway_property.auto_field = True
    dir(py4j.java_gateway.JavaObject("o5", wire))


# what Python does, the answers it gets, and the command that its last request must be
SENT = [
    (lambda w: member(w)(1, "x\ny", None, 2.5, b"a", Proxy()), [], "call", None),
    (lambda w: member(w).stream("x"), [], "stream", None),
    (lambda w: java_class(w)(3), ["yro9"], "constructor", None),
    (lambda w: java_class(w).PI, ["yd3.14"], "reflection", "m"),
    (lambda w: java_class(w)._java_lang_class, ["yro3"], "reflection", "c"),
    (lambda w: java_class(w).__dir__(), ["ysa\\nb"], "dir", "s"),
    (lambda w: view(w).java, ["yp"], "reflection", "u"),
    (lambda w: view(w).__dir__(), ["ys1", "yp"], "dir", "v"),
    (lambda w: py4j.java_gateway.java_import(view(w), "java.util.*"), [], "jvmview", "i"),
    (lambda w: gateway(w).new_jvm_view("mine"), ["yro4"], "jvmview", "c"),
    (lambda w: gateway(w).new_array(java_class(w), 2, 3), ["yto4"], "array", "c"),
    (lambda w: py4j.java_gateway.get_field(java_list(w), "x"), ["yi1"], "field", "g"),
    (lambda w: py4j.java_gateway.set_field(java_list(w), "x", 5), [], "field", "s"),
    (dir_object, ["ysa", "ysb"], "dir", "f"),
    (dir_object, ["ysa", "ysb"], "dir", "m"),
    (help_object, ["ystext"], "help", "o"),
    (lambda w: py4j.java_gateway.gateway_help(w, java_class(w), display=False), ["ystext"], "help", "c"),
    (lambda w: java_array(w)[0], ["yi2", "yi1"], "array", "g"),
    (lambda w: java_array(w)[0:2], ["yi3", "yto6"], "array", "l"),
    (lambda w: len(java_array(w)), ["yi2"], "array", "e"),
    (lambda w: java_array(w).__setitem__(0, "x"), ["yi2"], "array", "s"),
    (lambda w: java_list(w).sort(), [], "list", "s"),
    (lambda w: java_list(w).reverse(), [], "list", "r"),
    (lambda w: java_list(w).count("x"), ["yi1"], "list", "f"),
    (lambda w: java_list(w) + java_list(w), ["ylo6"], "list", "a"),
    (lambda w: java_list(w) * 3, ["ylo6"], "list", "m"),
    (lambda w: java_list(w).__imul__(3), [], "list", "i"),
    (lambda w: java_list(w)[0:2], ["yi3", "ylo6"], "list", "l"),
    (lambda w: w.garbage_collect_object("o5"), [], "memory", "d"),
]


@pytest.mark.parametrize(
    ("act", "answers", "command", "subcommand"),
    SENT,
    ids=[f"{number}-{command}-{subcommand}" for number, (*_, command, subcommand) in enumerate(SENT)],
)
def test_what_py4j_sends_is_read_as_the_table_says(act, answers, command, subcommand):
    wire = Wire(*answers)
    act(wire)
    assert wire.sent
    read = [decode(TO_JAVA, sent.encode()) for sent in wire.sent]
    found = [(m.command, sub.value if (sub := m.field("subcommand code")) else None) for m in read]
    assert (command, subcommand) in found


def test_a_call_of_py4j_carries_its_arguments():
    wire = Wire()
    member(wire)(1, "x\ny", None, Decimal("2.5"), b"a", Proxy(), java_list(wire))
    message = decode(TO_JAVA, wire.sent[-1].encode())
    assert message.field("target object id").value == "o3"
    assert message.field("method name").value == "open"
    assert [f.value for f in message.fields if f.name == "argument"] == [
        1,
        "x\ny",
        None,
        Decimal("2.5"),
        b"a",
        "p0;java.lang.Runnable;java.util.Comparator",
        "o5",
    ]


class Ends:
    """A connection of Py4J's ClientServer over a real socket, and the other end of it."""

    def __init__(self) -> None:
        self.far, near = socket.socketpair()
        self.far.settimeout(10)
        near.settimeout(10)
        self.pool = py4j.java_gateway.PythonProxyPool()
        self.connection = ClientServerConnection(
            JavaParameters(auth_token="s3cret"),
            PythonParameters(auth_token="s3cret"),
            py4j.java_gateway.GatewayProperty(False, self.pool),
            None,
        )
        self.connection.init_socket_from_python_server(near, near.makefile("rb"))

    def received(self) -> bytes:
        """Everything that Py4J sent, once it has closed its end."""
        self.connection.close()
        data = b""
        while piece := self.far.recv(4096):
            data += piece
        return data

    def __enter__(self) -> Ends:
        return self

    def __exit__(self, *exc: object) -> None:
        self.connection.close()
        self.far.close()


class TestConnection:
    def test_the_client_authenticates_without_an_end_marker(self):
        with Ends() as ends:
            ends.far.sendall(b"!yv\n")
            ends.connection._authenticate_connection()
            message = decode(TO_JAVA, ends.received())
        assert message.command == "auth"
        assert message.field("token").value == "s3cret"

    def test_shutdown_is_one_line(self):
        with Ends() as ends:
            ends.connection.shutdown_gateway()
            assert decode(TO_JAVA, ends.received()).command == "shutdown"

    def test_cancel_names_the_connection_to_shut_down(self):
        with Ends() as ends:
            ends.connection.shutdown_socket(40000, 25333)
            message = decode(TO_JAVA, ends.received())
        assert message.command == "cancel"
        assert [message.field(n).value for n in ("address", "remote port", "local port")] == [
            "127.0.0.1",
            40000,
            25333,
        ]

    def test_python_reads_callbacks_as_the_table_says(self):
        """Each request is answered, and each answer is a reply of the table."""
        asked = [b"A\ns3cret\ne\n", b"c\np0\nappend\nsx\\ny\ne\n", b"c\np0\nindex\nsz\ne\n", b"g\np0\ne\n"]
        assert [m.command for m in Decoder(TO_PYTHON).feed(b"".join(asked))] == [
            "auth",
            "call",
            "call",
            "garbage_collect",
        ]
        with Ends() as ends:
            target: list[str] = []
            ends.pool.put(target, force_id="p0")
            ends.far.sendall(b"".join(asked))
            ends.far.shutdown(socket.SHUT_WR)
            ends.connection.wait_for_commands()
            answers = Decoder(TO_JAVA).feed(ends.received())
            assert "p0" not in ends.pool
        assert target == ["x\ny"]
        assert [m.raw[:3] for m in answers] == [b"!yv", b"!yn", b"!xs", b"!y\n"]
        assert [m.command for m in answers] == ["success", "success", "error", "success"]
        assert "ValueError" in answers[2].field("error").value
