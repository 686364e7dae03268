r"""The gateway decoder reads every production of the protocol, in whatever pieces it comes.

The examples are written out as bytes, as they stand on the wire, with the command and the values that
must come out. One test checks that no entry of the code table is without an example.
"""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from sparkwire.wire.gateway import COMMANDS, REPLIES, TYPE_CODES, Decoder
from sparkwire.wire.message import Direction, Field, Malformed, Message, Role

TO_JAVA, TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
PUNCTUATION = {
    "line end",
    "type code",
    "end of command",
    "command code",
    "subcommand code",
    "reply marker",
    "reply code",
}

# bytes, command, the values of all fields that are not punctuation
TOWARDS_JAVA = [
    (b"A\ns3cret\n", "auth", ["s3cret"]),
    (b"c\no14\nsc\ne\n", "call", ["o14", "sc"]),
    (
        b"c\no22\nsetCheckpointDir\nsfoo checkpoint dir\ne\n",
        "call",
        ["o22", "setCheckpointDir", "foo checkpoint dir"],
    ),
    (b"c\nz:java.lang.Math\nmax\ni1\nL9999999999\ne\n", "call", ["z:java.lang.Math", "max", 1, 9999999999]),
    # positions beat the end marker: the method is called e
    (b"c\no0\ne\nsx\ne\n", "call", ["o0", "e", "x"]),
    (b"c\ne\ne\ne\n", "call", ["e", "e"]),
    (b"c\nt\n\ne\n", "call", ["t", ""]),
    (
        b"c\no0\nf\nn\ns\nbTrue\nbfalse\nd-0.5\ndInfinity\nD1.50\njAAEC\nj\nro12\nrt\nrj\nv\ni-7\ne\n",
        "call",
        [
            "o0",
            "f",
            None,
            "",
            True,
            False,
            -0.5,
            math.inf,
            Decimal("1.50"),
            b"\0\1\2",
            b"",
            "o12",
            "t",
            "j",
            None,
            -7,
        ],
    ),
    (
        b"c\no0\nrun\nfp0;java.lang.Runnable;java.util.Comparator\ne\n",
        "call",
        ["o0", "run", "p0;java.lang.Runnable;java.util.Comparator"],
    ),
    (b"c\no0\nm\nsa\\nb\\r\\\\n\ne\n", "call", ["o0", "m", "a\nb\r\\n"]),
    ("c\no0\nm\ns\u017eluťoučký \U0001f40e\ne\n".encode(), "call", ["o0", "m", "\u017eluťoučký \U0001f40e"]),
    (b"i\njava.util.ArrayList\ne\n", "constructor", ["java.util.ArrayList"]),
    (b"i\njava.io.File\ns/x\ne\n", "constructor", ["java.io.File", "/x"]),
    (b"S\no3\nopen\nsx\ne\n", "stream", ["o3", "open", "x"]),
    (b"f\ng\no0\nlength\ne\n", "field", ["o0", "length"]),
    (b"f\ns\no0\nname\nsnew\ne\n", "field", ["o0", "name", "new"]),
    (b"r\nu\njava\nrj\ne\n", "reflection", ["java", "j"]),
    (b"r\nm\njava.lang.System\nout\ne\n", "reflection", ["java.lang.System", "out"]),
    (b"r\nc\njava.lang.System\ne\n", "reflection", ["java.lang.System"]),
    (b"j\nc\nsmine\ne\n", "jvmview", ["mine"]),
    (b"j\ni\nrj\njava.util.*\ne\n", "jvmview", ["j", "java.util.*"]),
    (b"j\nr\nro4\njava.util.*\ne\n", "jvmview", ["o4", "java.util.*"]),
    (b"j\ns\nrj\nList\ne\n", "jvmview", ["rj", "List"]),
    (b"m\nd\no5\ne\n", "memory", ["o5"]),
    (b"m\na\no5\ne\n", "memory", ["o5"]),
    (b"a\ng\no5\ni0\ne\n", "array", ["o5", 0]),
    (b"a\ns\no5\ni0\ns0\ne\n", "array", ["o5", 0, "0"]),
    (b"a\nl\no5\ni0\ni2\ne\n", "array", ["o5", 0, 2]),
    (b"a\nl\no5\ne\n", "array", ["o5"]),
    (b"a\ne\no5\ne\n", "array", ["o5"]),
    (b"a\nc\nsint\ni2\ni3\ne\n", "array", ["int", 2, 3]),
    (b"l\ns\no5\ne\n", "list", ["o5"]),
    (b"l\nr\no5\ne\n", "list", ["o5"]),
    (b"l\nx\no5\ne\n", "list", ["o5"]),
    (b"l\nn\no5\ne\n", "list", ["o5"]),
    (b"l\nl\no5\ni0\ni1\ne\n", "list", ["o5", 0, 1]),
    (b"l\na\no5\no6\ne\n", "list", ["o5", "o6"]),
    (b"l\nm\no5\ni3\ne\n", "list", ["o5", 3]),
    (b"l\ni\no5\ni3\ne\n", "list", ["o5", 3]),
    (b"l\nf\no5\nsx\ne\n", "list", ["o5", "x"]),
    (b"h\no\no5\nn\nbTrue\ne\n", "help", ["o5", None, True]),
    (b"h\nc\njava.lang.String\nsget*\nbFalse\ne\n", "help", ["java.lang.String", "get*", False]),
    (b"d\nf\no5\ne\n", "dir", ["o5"]),
    (b"d\nm\no5\ne\n", "dir", ["o5"]),
    (b"d\ns\njava.lang.Math\ne\n", "dir", ["java.lang.Math"]),
    (b"d\nv\nrj\nn\ne\n", "dir", ["j", None]),
    (b"d\nv\nrj\ns12\ne\n", "dir", ["j", "12"]),
    (b"p\nro7\ne\n", "exception", ["o7"]),
    (b"s\n", "shutdown", []),
    (b"z\n127.0.0.1\n40000\n25333\n", "cancel", ["127.0.0.1", 40000, 25333]),
    (b"!y\n", "success", []),
    (b"!yv\n", "success", [None]),
    (b"!yi5\n", "success", [5]),
    (b"!yfp0;java.lang.Runnable\n", "success", ["p0;java.lang.Runnable"]),
    (b"!xn\n", "error", [None]),
    (b"!xsTraceback\\n  boom\n", "error", ["Traceback\n  boom"]),
    (b"!xro5\n", "error", ["o5"]),
]
TOWARDS_PYTHON = [
    (b"A\ns3cret\ne\n", "auth", ["s3cret"]),
    (b"c\np0\nrun\ne\n", "call", ["p0", "run"]),
    (b"c\np0\ncompare\nsa\nlo3\nn\ne\n", "call", ["p0", "compare", "a", "o3", None]),
    (b"g\np0\ne\n", "garbage_collect", ["p0"]),
    (b"!yv\n", "success", [None]),
    (b"!yn\n", "success", [None]),
    (b"!yo\n", "success", [None]),
    (b"!ym\n", "success", [None]),
    (b"!yp\n", "success", [None]),
    (b"!yc\n", "success", [""]),
    (b"!ycjava.lang.System\n", "success", ["java.lang.System"]),
    (b"!yro22\n", "success", ["o22"]),
    (b"!ylo1\n", "success", ["o1"]),
    (b"!yho1\n", "success", ["o1"]),
    (b"!yao1\n", "success", ["o1"]),
    (b"!yto1\n", "success", ["o1"]),
    (b"!ygo1\n", "success", ["o1"]),
    (b"!ybtrue\n", "success", [True]),
    (b"!yi-1\n", "success", [-1]),
    (b"!yL4294967296\n", "success", [4294967296]),
    (b"!yd1.0E-5\n", "success", [1e-5]),
    (b"!yd-Infinity\n", "success", [-math.inf]),
    (b"!yD12345678901234567890.5\n", "success", [Decimal("12345678901234567890.5")]),
    (b"!yjaGk=\n", "success", [b"hi"]),
    (b"!ys\n", "success", [""]),
    (b"!ysone\\ntwo\n", "success", ["one\ntwo"]),
    (b"!x\n", "error", []),
    (b"!xsno\n", "error", ["no"]),
    (b"!xro5\n", "error", ["o5"]),
    (b"!zspy4j.Py4JException\\n\n", "fatal", ["py4j.Py4JException\n"]),
]
EXAMPLES = [(TO_JAVA, *e) for e in TOWARDS_JAVA] + [(TO_PYTHON, *e) for e in TOWARDS_PYTHON]

every_example = pytest.mark.parametrize(
    ("direction", "raw", "command", "values"), EXAMPLES, ids=lambda x: repr(x)[:40]
)


def values_of(message: Message) -> list[object]:
    return [f.value for f in message.fields if f.name not in PUNCTUATION]


def check_cover(message: Message) -> None:
    """The fields cover the bytes, with no gap and no overlap."""
    at = 0
    for field in message.fields:
        assert field.start == at
        assert field.end >= at
        assert field.meaning.endswith(".")
        at = field.end
    assert at == len(message.raw)


@every_example
def test_reads_a_whole_message(direction, raw, command, values):
    decoder = Decoder(direction)
    (message,) = decoder.feed(raw)
    assert isinstance(message, Message), message
    assert message.command == command
    assert message.role is (Role.REPLY if raw.startswith(b"!") else Role.REQUEST)
    assert (message.direction, message.raw, message.offset) == (direction, raw, 0)
    assert values_of(message) == values
    assert [type(v) for v in values_of(message)] == [type(v) for v in values]
    check_cover(message)
    assert decoder.pending == 0
    assert decoder.end() == []


@every_example
def test_reads_it_byte_by_byte_and_no_sooner_than_its_last_byte(direction, raw, command, values):
    decoder = Decoder(direction)
    for i in range(len(raw) - 1):
        assert decoder.feed(raw[i : i + 1]) == []
        assert decoder.pending == i + 1
    assert decoder.feed(raw[-1:]) == Decoder(direction).feed(raw)


@every_example
def test_says_that_it_was_cut_at_any_byte(direction, raw, command, values):
    for size in range(1, len(raw)):
        decoder = Decoder(direction)
        assert decoder.feed(raw[:size]) == []
        (cut,) = decoder.end()
        assert isinstance(cut, Malformed)
        assert cut.raw == raw[:size]
        assert cut.position == size
        assert "connection closed" in cut.reason
        assert decoder.pending == 0


@every_example
def test_reads_what_follows_it(direction, raw, command, values):
    next_one = b"!xsnext\n"
    decoder = Decoder(direction)
    first, second = decoder.feed(raw + next_one + raw[:1])
    assert first == Decoder(direction).feed(raw)[0]
    assert Decoder(direction).feed(next_one + raw)[1].fields == first.fields
    assert second.raw == next_one
    assert second.offset == len(raw)
    assert decoder.pending == 1


def test_no_entry_of_the_table_is_without_an_example():
    commands, types, replies = set(), set(), set()
    for direction, raw, *_ in EXAMPLES:
        (message,) = Decoder(direction).feed(raw)
        sub = message.field("subcommand code")
        if message.role is Role.REQUEST:
            commands.add((direction, message.field("command code").value, sub.value if sub else None))
        else:
            replies.add((direction, message.field("reply code").value))
        types |= {(direction, f.value) for f in message.fields if f.name == "type code"}
    assert commands == {
        (c.direction, c.code, s.code if s else None) for c in COMMANDS for s in (c.subcommands or (None,))
    }
    assert replies == {(d, r.code) for r in REPLIES for d in r.directions}
    assert types >= {(d, t.code) for t in TYPE_CODES for d in Direction if t.goes(d)}


def test_a_backslash_before_another_character_is_dropped_by_java_and_kept_by_python():
    for direction, read in ((TO_JAVA, "aqb"), (TO_PYTHON, "a\\qb")):
        (message,) = Decoder(direction).feed(b"!ysa\\qb\n")
        assert message.field("result").value == read


def test_not_a_number_is_read():
    (message,) = Decoder(TO_PYTHON).feed(b"!ydNaN\n")
    assert math.isnan(message.field("result").value)


def test_fields_of_a_call_say_what_each_byte_is():
    (message,) = Decoder(TO_JAVA).feed(b"c\no14\nsc\nsx\ne\n")
    assert [(f.name, message.raw[f.start : f.end], f.value) for f in message.fields] == [
        ("command code", b"c", "c"),
        ("line end", b"\n", "\n"),
        ("target object id", b"o14", "o14"),
        ("line end", b"\n", "\n"),
        ("method name", b"sc", "sc"),
        ("line end", b"\n", "\n"),
        ("type code", b"s", "s"),
        ("argument", b"x", "x"),
        ("line end", b"\n", "\n"),
        ("end of command", b"e", "e"),
        ("line end", b"\n", "\n"),
    ]
    assert message.field("type code").meaning == "s: a string follows, escaped."
    assert message.field("method name").meaning == "The method to call on the target."


class TestStream:
    def test_raw_bytes_follow_the_reply_until_the_end(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        reply, first = decoder.feed(b"!yv\n\x00!yv\n")
        (second,) = decoder.feed(b"\nmore")
        assert reply.role is Role.REPLY
        assert [(m.role, m.raw, m.offset) for m in (first, second)] == [
            (Role.STREAM, b"\x00!yv\n", 4),
            (Role.STREAM, b"\nmore", 9),
        ]
        check_cover(first)
        meaning = "Raw bytes of the Java channel, outside the protocol."
        assert first.fields == (Field("stream data", 0, len(first.raw), meaning, first.raw),)
        assert decoder.feed(b"") == []
        assert decoder.pending == 0
        assert decoder.end() == []

    def test_it_ends_when_the_client_asks_again(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        assert [m.role for m in decoder.feed(b"!yv\n!yi1\n")] == [Role.REPLY, Role.STREAM]
        assert not decoder.fresh
        decoder.end_stream()
        assert decoder.fresh
        (reply,) = decoder.feed(b"!yi1\n")
        assert (reply.role, reply.raw, reply.offset) == (Role.REPLY, b"!yi1\n", 9)

    def test_none_follows_an_error(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        assert [m.command for m in decoder.feed(b"!xsno\n!yv\n!yi1\n")] == ["error", "success", "success"]

    def test_a_callback_may_come_before_the_reply(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        assert [m.command for m in decoder.feed(b"c\np0\nrun\ne\n!yv\nraw")] == ["call", "success", "stream"]

    def test_none_is_expected_any_more_when_the_connection_has_closed(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        assert decoder.end() == []
        assert [m.role for m in decoder.feed(b"!yv\n!yv\n")] == [Role.REPLY, Role.REPLY]

    def test_one_expectation_is_for_one_reply(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        decoder.feed(b"!yv\nraw")
        decoder.end_stream()
        assert [m.role for m in decoder.feed(b"!yv\n!yv\n")] == [Role.REPLY, Role.REPLY]

    def test_asking_again_ends_nothing_else(self):
        decoder = Decoder(TO_PYTHON)
        decoder.feed(b"c\np0\n")
        decoder.end_stream()
        assert [m.command for m in decoder.feed(b"run\ne\n")] == ["call"]

    def test_the_next_connection_starts_fresh(self):
        decoder = Decoder(TO_PYTHON)
        decoder.expect_stream()
        decoder.feed(b"!yv\nraw")
        decoder.end()
        (message,) = decoder.feed(b"!yv\n")
        assert message.role is Role.REPLY


# bytes, then for each message what comes out: a command's word, or (raw, position, part of the reason)
FAULTS = [
    (TO_JAVA, b"c\no0\nf\nixyz\nsok\ne\ns\n", [(b"c\no0\nf\nixyz\nsok\ne\n", 8, "whole number"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\ni\ne\n", [(b"c\no0\nf\ni\ne\n", 8, "whole number")]),
    (TO_JAVA, b"c\no0\nf\ni1_0\ne\n", [(b"c\no0\nf\ni1_0\ne\n", 8, "'1_0'")]),
    (TO_JAVA, b"c\no0\nf\nL" + b"9" * 5000 + b"\ne\ns\n", [(None, 8, "5000 digits"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\nbmaybe\ne\n", [(b"c\no0\nf\nbmaybe\ne\n", 8, "true or false")]),
    (TO_JAVA, b"c\no0\nf\nd1,5\ne\n", [(b"c\no0\nf\nd1,5\ne\n", 8, "floating point")]),
    (TO_JAVA, b"c\no0\nf\nDsNaN\ne\n", [(b"c\no0\nf\nDsNaN\ne\n", 8, "decimal")]),
    (TO_JAVA, b"c\no0\nf\nD1E9999999999999999999\ne\n", [(None, 8, "out of range")]),
    (TO_JAVA, b"c\no0\nf\njA===\ne\n", [(b"c\no0\nf\njA===\ne\n", 8, "base64")]),
    (TO_JAVA, b"c\no0\nf\njAAAA=\ne\n", [(b"c\no0\nf\njAAAA=\ne\n", 8, "base64")]),
    (TO_PYTHON, b"!yjAAAA====\n!yv\n", [(b"!yjAAAA====\n", 3, "found 'AAAA===='"), "success"]),
    (TO_PYTHON, b"!yjAAAA----\n!yv\n", [(b"!yjAAAA----\n", 3, "found 'AAAA----'"), "success"]),
    (TO_PYTHON, b"!yjAA==AAAA\n!yv\n", [(b"!yjAA==AAAA\n", 3, "found 'AA==AAAA'"), "success"]),
    (TO_JAVA, b"c\no0\nf\nr\ne\n", [(b"c\no0\nf\nr\ne\n", 8, "object id")]),
    (TO_JAVA, b"c\no0\nf\nnull\ne\n", [(b"c\no0\nf\nnull\ne\n", 8, "nothing after")]),
    (TO_JAVA, b"c\no0\nf\nfp0\ne\n", [(b"c\no0\nf\nfp0\ne\n", 8, "proxy id")]),
    (TO_JAVA, b"c\no0\nf\ns\xff\ne\ns\n", [(b"c\no0\nf\ns\xff\ne\n", 8, "UTF-8"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\nsa\rb\ne\ns\n", [(b"c\no0\nf\nsa\rb\ne\n", 9, "carriage return"), "shutdown"]),
    (TO_JAVA, b"z\nhost\nx\n1\ns\n", [(b"z\nhost\nx\n1\n", 7, "whole number"), "shutdown"]),
    # the layout is lost
    (TO_JAVA, b"hello\nc\no0\nf\ne\n", [(b"hello\n", 0, "'hello'"), "call"]),
    (TO_JAVA, b"q\no0\ns\nj\ne\nc\no0\nf\ne\n", [(b"q\no0\ns\nj\ne\n", 0, "'q'"), "call"]),
    (TO_JAVA, b"\n\n!yv\n", [(b"\n\n", 0, "''"), "success"]),
    (TO_JAVA, b"e\ns\n", [(b"e\n", 0, "'e'"), "shutdown"]),
    (TO_JAVA, b"f\nq\no0\nx\ne\ns\n", [(b"f\nq\no0\nx\ne\n", 2, "subcommand of field"), "shutdown"]),
    (TO_JAVA, b"f\nc\no0\nx\ne\ns\n", [(b"f\nc\no0\nx\ne\n", 2, "subcommand of field"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\nq5\ni1\ne\ns\n", [(b"c\no0\nf\nq5\ni1\ne\n", 7, "type code"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\n\ne\ns\n", [(b"c\no0\nf\n\ne\n", 7, "found nothing"), "shutdown"]),
    (TO_JAVA, b"c\no0\nf\nlo1\ne\n", [(b"c\no0\nf\nlo1\ne\n", 7, "type code")]),
    (TO_JAVA, b"c\no0\nf\nsx\nc\no0\nf\ne\n", [(b"c\no0\nf\nsx\n", 10, "'c'"), "call"]),
    (TO_JAVA, b"c\no0\nf\nsx\n!yv\n", [(b"c\no0\nf\nsx\n", 10, "'!yv'"), "success"]),
    (TO_JAVA, b"f\ng\no0\nx\nm\nd\no1\ne\n", [(b"f\ng\no0\nx\n", 9, "end marker"), "memory"]),
    (TO_JAVA, b"f\ns\no0\nx\ne\nm\nd\no1\ne\n", [(b"f\ns\no0\nx\ne\n", 9, "new value"), "memory"]),
    # the fault is beyond where the message was given up
    (
        TO_JAVA,
        b"c\no0\nf\n!\xff\ns\n",
        [(b"c\no0\nf\n", 7, "Another message"), (b"!\xff\n", 1, "UTF-8"), "shutdown"],
    ),
    # replies are one line each
    (TO_PYTHON, b"!\n!yv\n", [(b"!\n", 1, "y, x, z"), "success"]),
    (TO_PYTHON, b"!q\n!yv\n", [(b"!q\n", 1, "'q'"), "success"]),
    (TO_PYTHON, b"!y\n!yv\n", [(b"!y\n", 2, "found nothing"), "success"]),
    (TO_PYTHON, b"!yix\n!yv\n", [(b"!yix\n", 3, "whole number"), "success"]),
    (TO_PYTHON, b"!yQ\n!yv\n", [(b"!yQ\n", 2, "type code"), "success"]),
    (TO_PYTHON, b"!y\xc3\xa9\n!yv\n", [(b"!y\xc3\xa9\n", 2, "type code"), "success"]),
    (TO_JAVA, b"!zsx\n!yv\n", [(b"!zsx\n", 1, "y, x"), "success"]),
    (TO_JAVA, b"!x\n!yv\n", [(b"!x\n", 2, "found nothing"), "success"]),
    (TO_PYTHON, b"c\np0\nrun\nm\ng\np0\ne\n", [(b"c\np0\nrun\nm\n", 9, "type code"), "garbage_collect"]),
    (TO_PYTHON, b"s\n!yv\n", [(b"s\n", 0, "Python knows"), "success"]),
]


@pytest.mark.parametrize(("direction", "raw", "expected"), FAULTS, ids=lambda x: repr(x)[:40])
@pytest.mark.parametrize("piece", [1, 3, 1 << 20])
@pytest.mark.parametrize("before", [b"", b"!yv\n"], ids=["first", "after a reply"])
def test_a_fault_is_told_and_reading_goes_on(direction, raw, expected, piece, before):
    decoder = Decoder(direction)
    out = []
    for i in range(0, len(before + raw), piece):
        out += decoder.feed((before + raw)[i : i + piece])
    if before:
        assert out.pop(0).raw == before
    assert [m.command for m in out] == [e if isinstance(e, str) else "malformed" for e in expected]
    for message, e in zip(out, expected, strict=True):
        if not isinstance(e, str):
            text, position, reason = e
            assert text is None or message.raw == text
            assert message.position == position
            assert reason in message.reason
            assert message.reason.endswith(".")
    assert b"".join(m.raw for m in out) == raw
    assert decoder.pending == 0


def test_a_fault_in_a_message_that_was_cut_is_told_too():
    decoder = Decoder(TO_JAVA)
    decoder.feed(b"c\no0\nf\nixyz\n")
    (cut,) = decoder.end()
    assert cut.position == 8
    assert cut.reason == (
        "In the argument: expected a whole number, found 'xyz'. "
        "The connection closed inside a call command, where the argument was expected."
    )


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        (b"c", "inside the first line of a message"),
        (b"f\n", "inside a field command, where a subcommand was expected"),
        (b"f\ng\no", "inside a field command, where the object id was expected"),
        (b"f\ng\no0\nx\n", "inside a field command, where the end of command was expected"),
    ],
)
def test_a_connection_that_closes_says_what_was_expected_next(sent, where):
    decoder = Decoder(TO_JAVA)
    (_,) = decoder.feed(b"!yv\n" + sent)
    (cut,) = decoder.end()
    assert (cut.position, cut.offset) == (len(sent), 4)
    assert cut.reason == f"The connection closed {where}."


def test_a_connection_that_closes_while_reading_can_not_go_on_says_so():
    decoder = Decoder(TO_JAVA)
    assert decoder.feed(b"hello\nthere") == []
    (cut,) = decoder.end()
    assert cut.position == 0
    assert cut.reason == (
        "Expected a command that Java knows or a reply, found 'hello'. "
        "The connection closed before reading could go on."
    )
    assert [m.command for m in decoder.feed(b"s\n")] == ["shutdown"]


@pytest.mark.parametrize("name", [b";java.lang.Runnable;java.util.Comparator", b"p0;", b";", b""])
def test_a_proxy_has_both_an_id_and_interfaces(name):
    (bad,) = Decoder(TO_JAVA).feed(b"c\no0\nrun\nf" + name + b"\ne\n")
    assert isinstance(bad, Malformed)
    assert bad.reason.endswith(f"expected a proxy id, a semicolon and interfaces, found {name.decode()!r}.")


def test_what_was_found_is_quoted_whole_or_says_that_there_is_more():
    for found, quoted in (("x" * 40, "x" * 40), ("x" * 37 + "yyyy", "x" * 37 + "...")):
        (bad,) = Decoder(TO_PYTHON).feed(b"!yi" + found.encode() + b"\n")
        assert bad.reason == f"In the result: expected a whole number, found '{quoted}'."


@pytest.mark.parametrize(
    ("line", "position", "reason"),
    [
        (b"c\r\n", 1, "A bare carriage return, which Java takes for the end of a line."),
        (b"!ysa\rb\rc\n", 4, "A bare carriage return, which Java takes for the end of a line."),
        (b"m\nd\r\ne\n", 3, "A bare carriage return, which Java takes for the end of a line."),
        (b"c\no\r1\nf\ne\n", 3, "A bare carriage return, which Java takes for the end of a line."),
        (b"!ysa\xffb\n", 4, "The text is not UTF-8."),
        (b"!ys\rb\xff\n", 5, "The text is not UTF-8."),
    ],
)
def test_the_first_sign_that_no_line_holds_is_told_with_its_place(line, position, reason):
    """In the stream's first message and in the second, which came with it."""
    for message in decoded(TO_JAVA, line * 2):
        assert isinstance(message, Malformed)
        assert (message.raw, message.position, message.reason) == (line, position, reason)


def decoded(direction: Direction, data: bytes) -> list[Message | Malformed]:
    return Decoder(direction).feed(data)


def test_towards_python_a_carriage_return_is_a_character_like_others():
    [message] = decoded(TO_PYTHON, b"!ysa\rb\n")
    assert isinstance(message, Message)
    assert values_of(message) == ["a\rb"]


def test_a_reply_without_a_value_ends_after_its_code():
    [message] = decoded(TO_PYTHON, b"!x\n")
    assert isinstance(message, Message)
    assert message.fields[-1] == Field("line end", 2, 3, "Ends the line.", "\n")
