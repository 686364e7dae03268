"""A message of any length is one message with its true size, and little of it is kept.

The reference is the same decoder with a limit beyond what is fed: it keeps every message whole. What a
decoder with a small limit says of the same bytes must agree with that in everything but what is left out.
"""

from __future__ import annotations

import base64
import hashlib
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.wire.gateway import Decoder
from sparkwire.wire.message import Direction, FurtherValues, Gap, LongValue, Malformed, Message

TO_JAVA, TO_PYTHON = Direction.TO_JAVA, Direction.TO_PYTHON
SMALLEST = 2048
WHOLE = 1 << 40
MIB = 1 << 20

Decoded = list[Message | Malformed]


def decoded(direction: Direction, *pieces: bytes, limit: int = SMALLEST, end: bool = True) -> Decoded:
    decoder = Decoder(direction, max_message=limit)
    return [m for piece in pieces for m in decoder.feed(piece)] + (decoder.end() if end else [])


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at, i = [], 0, 0
    while at < len(data):
        pieces.append(data[at : at + sizes[i % len(sizes)]])
        at += len(pieces[-1])
        i += 1
    return pieces


def kept_as_it_was(message: Message | Malformed, sent: bytes) -> None:
    """Every byte that is kept is where the message says, and all others are in its gaps."""
    rebuilt, at = b"", 0
    for gap in message.gaps:
        rebuilt += message.raw[at : gap.at]
        rebuilt += sent[len(rebuilt) :][: gap.size]
        at = gap.at
    assert rebuilt + message.raw[at:] == sent
    assert message.size == len(sent)


def said_of(value: object) -> LongValue:
    value = str(value) if isinstance(value, Decimal) else value
    data = value.encode() if isinstance(value, str) else value
    assert isinstance(data, bytes)
    assert isinstance(value, str | bytes)
    return LongValue(value[:128], value[-128:], len(value), hashlib.sha256(data).hexdigest())


def agree(short: Decoded, whole: Decoded, data: bytes) -> None:
    """What was followed says the same as what was kept."""
    assert [m.command for m in short] == [m.command for m in whole]
    for m, w in zip(short, whole, strict=True):
        assert (m.offset, m.size) == (w.offset, len(w.raw))
        assert all(gap.size > 0 for gap in m.gaps)
        kept_as_it_was(m, data[w.offset :][: len(w.raw)])
        if isinstance(m, Malformed) or isinstance(w, Malformed):
            continue
        assert m.fields[0].start == 0
        assert m.fields[-1].end == len(m.raw)
        assert [f.start for f in m.fields[1:]] == [f.end for f in m.fields[:-1]]
        mine = [(f.name, m.place(f.start), m.place(f.end), f.meaning) for f in m.fields]
        theirs = [(f.name, f.start, f.end, f.meaning) for f in w.fields]
        further = next((i for i, f in enumerate(m.fields) if isinstance(f.value, FurtherValues)), len(mine))
        assert mine[:further] == theirs[:further]
        for f, g in zip(m.fields[:further], w.fields, strict=False):
            assert f.value == (said_of(g.value) if isinstance(f.value, LongValue) else g.value)
        if further < len(mine):
            after = theirs[further + 1 - len(mine) :]
            assert mine[further + 1 :] == after
            run = theirs[further : -len(after)]
            assert mine[further][1:3] == (run[0][1], run[-1][2])
            assert mine[further][3] in [meaning for name, _, _, meaning in run if name == mine[further][0]]
            counted = m.fields[further].value
            assert isinstance(counted, FurtherValues)
            assert counted.count == sum(name == mine[further][0] for name, *_ in run)


def test_a_character_that_is_cut_where_a_long_line_is_shortened_is_no_fault():
    [message] = decoded(TO_JAVA, b"?" + "é".encode() * 5000 + b"\ne\n")
    assert isinstance(message, Malformed)
    assert (message.position, message.reason[:18]) == (0, "Expected a command")


def test_a_long_string_is_one_argument_with_its_length_and_digest():
    text = "žluťoučký\n" * 4000
    escaped = text.replace("\n", "\\n").encode()
    raw = b"c\no0\nadd\ns" + escaped + b"\ni7\ne\n"
    [message] = decoded(TO_JAVA, raw)
    assert isinstance(message, Message)
    assert message.size == len(raw)
    assert message.raw == b"c\no0\nadd\ns" + escaped[:511] + escaped[-512:] + b"\ni7\ne\n"
    assert message.gaps == (Gap(10 + 511, len(escaped) - 1023),)
    first, second = (f for f in message.fields if f.name == "argument")
    assert first.value == LongValue(
        text[:128], text[-128:], 40_000, hashlib.sha256(text.encode()).hexdigest()
    )
    assert (message.place(first.start), message.place(first.end)) == (10, 10 + len(escaped))
    assert message.length(first) == len(escaped)
    assert (second.value, message.place(second.start)) == (7, 10 + len(escaped) + 2)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize(
    ("escaped", "text"), [("\\n", "\n"), ("\\\\", "\\"), ("\\\\\\n", "\\\n"), ("a\\\\\\\\", "a\\\\")]
)
def test_an_escape_that_is_cut_by_a_piece_is_one_character(size, escaped, text):
    for direction, begin, end, part in (
        (TO_JAVA, b"c\no0\nadd\ns", b"\ne\n", "argument"),
        (TO_PYTHON, b"!ys", b"\n", "result"),
    ):
        data = begin + escaped.encode() * 1200 + end
        [message] = decoded(direction, *cut(data, [size]))
        assert isinstance(message, Message)
        assert message.field(part).value == said_of(text * 1200)


@pytest.mark.parametrize("direction", Direction)
def test_each_side_reads_a_backslash_before_another_character_in_its_way_in_long_text_too(direction):
    [message] = decoded(direction, b"!ys" + b"a\\q" * 2000 + b"\n")
    assert message.field("result").value == said_of(("aq" if direction is TO_JAVA else "a\\q") * 2000)


def test_a_bare_carriage_return_is_a_fault_towards_java_only():
    raw = b"!ys" + b"x" * 3000 + b"\r" + b"x" * 3000 + b"\n"
    [message] = decoded(TO_PYTHON, raw)
    assert message.field("result").value == said_of("x" * 3000 + "\r" + "x" * 3000)
    [bad] = decoded(TO_JAVA, raw)
    assert bad.reason == "In the result: a bare carriage return, which Java takes for the end of a line."


@pytest.mark.parametrize("piece", [1, 100, 200, MIB])
def test_the_ends_of_a_long_value_are_its_own_however_it_comes(piece):
    text = "".join(f"{i} " for i in range(1500))
    number = "".join(f"{i}" for i in range(1500))
    horses = "".join(chr(0x1F400 + i % 997) for i in range(1500))  # four bytes each
    data = text.encode()
    sent = [b"s" + data, b"s" + horses.encode(), b"D" + number.encode(), b"j" + base64.b64encode(data)]
    for code, value in zip(sent, (text, horses, number, data), strict=True):
        [message] = decoded(TO_PYTHON, *cut(b"!y" + code + b"\n", [piece]))
        assert message.field("result").value == said_of(value)


def test_long_bytes_are_one_result_with_the_digest_of_the_bytes():
    data = bytes(range(256)) * 100 + b"!"
    raw = b"!yj" + base64.b64encode(data) + b"\n"
    [message] = decoded(TO_PYTHON, raw)
    assert isinstance(message, Message)
    assert message.field("result").value == LongValue(
        data[:128], data[-128:], 25_601, hashlib.sha256(data).hexdigest()
    )
    assert message.size == len(raw)


def test_what_follows_a_long_message_is_where_it_was_in_the_stream():
    long = b"!ys" + b"x" * 5000 + b"\n"
    [first, second, third] = decoded(TO_PYTHON, long + b"!yi1\n" + long)
    assert [m.offset for m in (first, second, third)] == [0, 5004, 5009]
    assert second.gaps == ()
    assert first.raw == third.raw


def test_a_message_up_to_the_limit_is_kept_whole_and_not_one_byte_more():
    most = b"c\no0\nadd\ns" + b"x" * (SMALLEST - 13) + b"\ne\n"
    [kept] = decoded(TO_JAVA, most)
    assert (len(kept.raw), kept.gaps) == (SMALLEST, ())
    reply = b"!ys" + b"x" * (SMALLEST - 3) + b"\n"
    [short] = decoded(TO_PYTHON, reply[:-2] + b"\n")
    assert (len(short.raw), short.gaps) == (SMALLEST, ())
    [longer] = decoded(TO_PYTHON, reply)
    assert (longer.size, longer.gaps) == (SMALLEST + 1, (Gap(512, SMALLEST - 1024),))


def test_a_message_is_as_long_as_it_is_by_itself_however_much_came_with_it():
    string = b"c\no0\nadd\ns" + b"x" * 1500 + b"\ne\n"
    integers = b"c\no0\nadd\n" + b"i1\n" * 900 + b"e\n"
    *before, one, other = decoded(TO_JAVA, b"s\n" * 3000 + string + integers)
    assert len(before) == 3000
    assert (one.raw, one.gaps) == (string, ())
    assert (other.raw, other.gaps) == (integers, ())


@pytest.mark.parametrize(("size", "gaps"), [(1024, ()), (1025, (Gap(2009 + 512, 1),))])
def test_in_a_long_message_a_line_of_more_than_its_two_ends_is_shortened(size, gaps):
    begin = b"c\no0\nadd\n" + b"s" + b"y" * 998 + b"\ns" + b"z" * 998 + b"\n"
    for piece in (1, 900, MIB):
        [message] = decoded(TO_JAVA, *cut(begin + b"s" + b"x" * (size - 1) + b"\ne\n", [piece]))
        assert message.gaps == gaps


def test_further_values_begin_where_the_message_is_twice_as_long_as_what_is_kept():
    """Where it is exactly as long, too: the line end after 583 values is the 4097th byte."""
    lines = b"".join(b"i%05d\n" % i for i in range(1000))
    for message in decoded(TO_JAVA, (b"c\no0\nadd\n" + lines + b"e\n") * 3):
        arguments = [f for f in message.fields if f.name == "argument"]
        assert arguments[-1].value == FurtherValues(1000 - 583)
        assert message.raw == b"c\no0\nadd\n" + lines[: 583 * 7] + b"i00999\ne\n"


def test_lines_that_are_not_long_stay_whole_in_a_message_that_is():
    lines = b"".join(b"s%d" % i + b"y" * 600 + b"\n" for i in range(5))
    [message] = decoded(TO_JAVA, b"c\no0\nadd\n" + lines + b"e\n")
    assert message.size == len(message.raw) > SMALLEST
    assert message.gaps == ()


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        (b"D", "1" * 3000 + "." + "5" * 3000 + "E+2", None),
        (b"d", "0." + "3" * 5000, None),
        (b"r", "o" + "1" * 5000, None),
        (b"f", "p0;" + "java.lang.Runnable;" * 500, None),
    ],
)  # fmt: skip
def test_a_number_or_a_name_may_be_long_too(code, text, value):
    [message] = decoded(TO_JAVA, b"c\no0\nadd\n" + code + text.encode() + b"\ne\n")
    assert isinstance(message, Message), message
    assert message.field("argument").value == said_of(text)


def test_a_long_line_of_text_is_followed_wherever_the_layout_has_one():
    name = b"m" * 5000
    for raw, part in (
        (b"c\n" + name + b"\nadd\ne\n", "target object id"),
        (b"c\no0\n" + name + b"\ne\n", "method name"),
        (b"A\n" + name + b"\n", "token"),
        (b"c\no0\n!ys" + name[3:] + b"\ne\n", "method name"),
        (b"j\ni\nrj\n" + name + b"\ne\n", None),
    ):
        message, after = decoded(TO_JAVA, raw + b"s\n")
        assert isinstance(message, Message), message
        assert (after.command, after.offset) == ("shutdown", len(raw))
        long = [f for f in message.fields if isinstance(f.value, LongValue)]
        assert [f.value.length for f in long] == [5000]
        assert part in (None, long[0].name)


FAULTS = [
    (b"i" + b"7" * 5000, "found one of 5000 digits"),
    (b"i" + b"-7" * 2500, "expected a whole number, found '-7-7"),
    (b"L" + b"7" * 4999 + b"x", "expected a whole number"),
    (b"i1." + b"7" * 5000, "expected a whole number, found '1.777"),
    (b"d1.5." + b"7" * 5000, "expected a floating point number"),
    (b"d" + b"7" * 5000 + b"e", "expected a floating point number"),
    (b"D" + b"7" * 5000 + b",5", "expected a decimal number, found '7777"),
    (b"D1-" + b"-0.0E-0-" * 900, "expected a decimal number"),
    (b"D" + b"7" * 3000 + b"\r" + b"7" * 3000, "a bare carriage return"),
    (b"btrue" + b"e" * 5000, "expected true or false, found 'trueeee"),
    (b"n" + b"x" * 5000, "expected nothing"),
    (b"r" + b" " * 5000, "expected an object id"),
    (b"fp0" + b"0" * 5000, "expected a proxy id"),
    (b"j" + b"AAAA" * 1250 + b"AAA", "expected base64, found 'AAAAAAAA"),
    (b"j" + b"AAAA" * 500 + b"AA==" + b"AAAA" * 900, "expected base64"),
    (b"j" + b"AAAA" * 500 + b"A-AA" + b"AAAA" * 900, "expected base64"),
    (b"j" + b"AAAA" * 500 + b"----" + b"AAAA" * 900, "expected base64"),
    (b"j" + b"AAAA" * 1250 + b"A===", "expected base64"),
    (b"j" + b"AAAA" * 1250 + b"=", "expected base64"),
    (b"s" + b"x" * 3000 + b"\xff" + b"x" * 3000, "the text is not UTF-8"),
    (b"s" + b"x" * 6000 + b"\xc5", "the text is not UTF-8"),
    (b"s" + b"x" * 3000 + b"\r" + b"x" * 3000, "a bare carriage return"),
    (b"j\xff" + b"AAAA" * 1250, "expected base64, found '\\ufffdAAAA"),
    (b"q" + b"x" * 5000, "Expected a type code and the argument, found 'qxxx"),
]


@pytest.mark.parametrize(("value", "reason"), FAULTS)
@pytest.mark.parametrize("piece", [1, 700, MIB])
def test_a_long_value_that_is_none_makes_the_message_malformed_and_reading_goes_on(value, reason, piece):
    raw = b"c\no0\nadd\n" + value + b"\nsx\ne\n"
    data = b"!yv\n" + raw + b"s\n"
    before, bad, after = decoded(TO_JAVA, *cut(data, [piece]))
    assert before.command == "success"
    assert isinstance(bad, Malformed)
    assert reason in bad.reason
    assert bad.reason.endswith(".")
    assert bad.position == (9 if value.startswith(b"q") else 10)
    assert bad.place(bad.position) == bad.position
    assert (bad.offset, bad.size) == (4, len(raw))
    assert (after.command, after.offset) == ("shutdown", 4 + len(raw))
    assert len(bad.raw) < 1200
    kept_as_it_was(bad, raw)


@pytest.mark.parametrize("piece", [1, 300, 700, MIB])
def test_the_reason_is_told_in_full(piece):
    number = "".join(f"{i}" for i in range(1500))
    for value, reason in (
        (b"s" + b"x" * 3000 + b"\xff" * 3000, "the text is not UTF-8"),
        (b"j" + number.encode() + b"-", f"expected base64, found '{number[:37]}...'"),
    ):
        [bad] = decoded(TO_JAVA, *cut(b"c\no0\nadd\n" + value + b"\ne\n", [piece]))
        assert isinstance(bad, Malformed)
        assert bad.reason == f"In the argument: {reason}."


@pytest.mark.parametrize("piece", [1, 700, MIB])
@pytest.mark.parametrize(
    ("raw", "position", "reason"),
    [
        (b"ais" + b"x" * 5000 + b"\nx\ne\n", 0, "Expected a command that Java knows or a reply, found 'aisx"),
        (b"h" * 5000 + b"\nx\ne\n", 0, "Expected a command that Java knows or a reply, found 'hhhh"),
        (b"f\n" + b"g" * 5000 + b"\ne\n", 2, "Expected a subcommand of field"),
        (b"f\ng\no0\nx\n" + b"e" * 5000 + b"\ne\n", 9, "Expected the end marker e, found 'eeee"),
        (b"z\nhost\n1" + b"0" * 5000 + b"\n25333\n", 7, "one of 5001 digits"),
        (b"!q" + b"x" * 5000 + b"\n", 1, "Expected one of y, x after the reply marker"),
        (b"!yq" + b"x" * 5000 + b"\n", 2, "Expected a type code and the result"),
        (b"hello\n" + b"x" * 5000 + b"\ny\n" + b"z" * 9000 + b"\ne\n", 0, "'hello'"),
    ],
)
def test_a_line_where_the_layout_allows_none_so_long_is_bounded_too(piece, raw, position, reason):
    before, bad, after = decoded(TO_JAVA, *cut(b"!yv\n" + raw + b"m\nd\no1\ne\n", [piece]))
    assert before.command == "success"
    assert isinstance(bad, Malformed)
    assert reason in bad.reason
    assert bad.position == position
    assert (after.command, bad.offset, after.offset) == ("memory", 4, 4 + len(raw))
    assert len(bad.raw) < 3000
    kept_as_it_was(bad, raw)


def test_garbage_without_end_is_one_stretch_of_which_the_beginning_and_the_last_line_are_kept():
    garbage = b"".join(b"line %d of no message\n" % i for i in range(20_000))
    bad, after = decoded(TO_JAVA, *cut(garbage + b"!yv\n", [5000]))
    assert isinstance(bad, Malformed)
    assert after.command == "success"
    assert bad.raw.startswith(b"line 0 of no message\nline 1 of")
    assert bad.raw.endswith(b"\nline 19999 of no message\n")
    assert len(bad.raw) < 2 * SMALLEST + 100
    kept_as_it_was(bad, garbage)


def test_a_reply_after_much_garbage_may_be_long_itself():
    garbage, reply = b"what\n" * 2000, b"!ys" + b"x" * 9000 + b"\n"
    for piece in (1, 900, MIB):
        bad, long = decoded(TO_JAVA, *cut(garbage + reply, [piece]))
        assert (bad.command, bad.size) == ("malformed", len(garbage))
        assert isinstance(long, Message)
        assert (long.field("result").value.length, long.offset, long.size) == (9000, len(garbage), len(reply))


def test_values_without_number_are_counted_and_the_last_is_kept():
    count = 50_000
    raw = b"c\no0\nadd\n" + b"".join(b"i%d\n" % i for i in range(count)) + b"e\n"
    [message] = decoded(TO_JAVA, *cut(raw, [4096]))
    assert isinstance(message, Message)
    arguments = [f for f in message.fields if f.name == "argument"]
    further = arguments.pop()
    assert [f.value for f in arguments] == list(range(len(arguments)))
    assert further.value == FurtherValues(count - len(arguments))
    assert further.meaning == arguments[0].meaning
    assert message.raw[further.start : further.end] == b"i49999\n"
    assert message.place(further.end) == len(raw) - 2
    assert [(gap.at, gap.at + gap.size) for gap in message.gaps] == [
        (further.start, len(raw) - 2 - len(b"i49999\n"))
    ]
    assert len(message.raw) < 2 * SMALLEST + 20


def test_a_fault_among_the_further_values_is_told_and_its_place_is_where_they_are():
    lines = [b"i%d\n" % i for i in range(3000)]
    lines[2500] = b"ixyz\n"
    raw = b"c\no0\nadd\n" + b"".join(lines) + b"e\n"
    before, bad, after = decoded(TO_JAVA, b"s\n" + raw + b"s\n")
    assert isinstance(bad, Malformed)
    assert "found 'xyz'" in bad.reason
    assert after.offset - 2 == bad.size == len(raw)
    assert (before.command, before.offset, bad.offset) == ("shutdown", 0, 2)
    [gap] = bad.gaps
    assert bad.position == gap.at
    lost = raw.replace(b"ixyz\n", b"?\n")
    bad, after = decoded(TO_JAVA, lost + b"s\n")
    assert "found '?'" in bad.reason
    assert after.offset == bad.size == len(lost)


def test_a_connection_that_closes_inside_a_long_line_keeps_its_ends():
    sent = b"c\no0\nadd\ns" + b"x" * 5000 + b"y" * 600
    for piece in (1, 700, MIB):
        [bad] = decoded(TO_JAVA, *cut(sent, [piece]))
        assert isinstance(bad, Malformed)
        assert bad.reason == "The connection closed inside a call command, where the argument was expected."
        assert bad.raw == sent[: 9 + 512] + sent[-512:]
        assert bad.gaps == (Gap(9 + 512, len(sent) - 9 - 1024),)
        assert bad.position == len(bad.raw)
        assert bad.place(bad.position) == len(sent)


def test_after_a_connection_that_closed_inside_a_long_line_the_decoder_is_fresh():
    for unfinished in (b"c\no0\nadd\ns" + b"x" * 5000, b"c\no0\nadd\n" + b"i1\n" * 5000):
        decoder = Decoder(TO_JAVA, max_message=SMALLEST)
        assert decoder.feed(unfinished) == []
        assert len(decoder.end()) == 1
        assert decoder.fresh
        call = b"c\no0\nadd\ns" + b"x" * 1500 + b"\ne\n"
        [message] = decoder.feed(call)
        assert (message.raw, message.gaps) == (call, ())


def test_what_has_come_of_an_unfinished_message_is_counted_with_what_is_left_out():
    decoder = Decoder(TO_JAVA, max_message=SMALLEST)
    decoder.feed(b"s\nc\no0\nadd\ns")
    assert (decoder.pending, decoder.offset) == (10, 2)
    decoder.feed(b"x" * 9000)
    assert (decoder.pending, decoder.offset) == (9010, 2)
    decoder.feed(b"\ne\ns")
    assert (decoder.pending, decoder.offset) == (1, 9015)


def test_the_line_at_hand_begins_where_it_does_on_the_wire_whatever_was_left_out():
    decoder = Decoder(TO_JAVA, max_message=SMALLEST)
    for data, begins in (
        (b"s\nc\no0\nadd\ns", 2 + 9),
        (b"x" * 9000, 2 + 9),
        (b"\n", 2 + 9 + 9002),
        (b"s" + b"y" * 5000, 2 + 9 + 9002),
        (b"\ne", 2 + 9 + 9002 + 5002),
        (b"\n", 2 + 9 + 9002 + 5002 + 2),
    ):
        decoder.feed(data)
        assert decoder.line_offset == begins


def test_a_quarter_of_a_megabyte_is_kept_whole_when_nothing_else_is_said():
    decoder = Decoder(TO_PYTHON)
    for size, whole in ((256 * 1024, True), (256 * 1024 + 1, False)):
        [message] = decoder.feed(b"!ys" + b"x" * (size - 4) + b"\n")
        assert (message.size, message.gaps == ()) == (size, whole)


def test_the_limit_has_room_for_the_ends_of_two_lines():
    assert Decoder(TO_JAVA, max_message=2048).max_message == 2048
    with pytest.raises(ValueError, match="at least 2048 bytes"):
        Decoder(TO_JAVA, max_message=2047)


def test_a_gap_maps_places_to_kept_bytes_and_back():
    [message] = decoded(TO_PYTHON, b"!ys" + b"x" * 5000 + b"\n")
    [gap] = message.gaps
    assert gap == Gap(512, 5003 - 1024)
    assert [message.index(p) for p in (0, 512, 513, 2000, 512 + gap.size, 513 + gap.size, 5003, 5004)] == [
        0, 512, 512, 512, 512, 513, 1024, 1025,
    ]  # fmt: skip
    assert [message.place(i) for i in (0, 3, 512, 513, 1025)] == [0, 3, 512, 513 + gap.size, 5004]


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("code", [b"s", b"j"])
def test_a_hundred_megabytes_pass_in_little_memory(direction, code):
    piece = b"QUJD" * (16 * 1024)
    decoder = Decoder(direction)
    begin, end = (b"c\no0\nadd\n", b"e\n") if direction is TO_JAVA else (b"!y", b"")
    decoder.feed(begin + code)
    tracemalloc.start()
    try:
        for _ in range(100 * MIB // len(piece)):
            assert decoder.feed(piece) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [message] = decoder.feed(b"\n" + end)
    assert isinstance(message, Message)
    assert message.size == 100 * MIB + len(begin + code + b"\n" + end)
    [value] = [f.value for f in message.fields if isinstance(f.value, LongValue)]
    assert value.length == (100 * MIB if code == b"s" else 75 * MIB)
    assert peak < 2 * MIB


# --- anything, in any pieces ------------------------------------------------------------------------

LENGTHS = st.sampled_from([0, 1, 5, 500, 511, 512, 513, 1023, 1024, 1025, 1026, 2046, 2047, 2048, 2049, 6000])


@st.composite
def long_lines(draw: st.DrawFn) -> bytes:
    """A typed value, right or nearly so, of any length."""
    length = draw(LENGTHS)
    unit = draw(st.sampled_from(["x", "ž", "\\n", "\\\\", "\\", "\U0001f40e", "\\r\\q", "\\ž", "*"]))
    text = draw(st.sampled_from(["", "a", "\\"])) + unit * (length // len(unit))
    bytes_ = base64.b64encode(bytes(length)).decode()
    number = "7" * length
    bad = draw(st.sampled_from(["", "", "", "", "\r", "=", "-"]))
    return draw(
        st.sampled_from(
            [f"s{text}{bad}", f"j{bytes_}{bad}", f"D1{number}.{number}{bad}", f"i{number[:9]}1", "n", "bTrue"]
        )
    ).encode()


TAILS = {TO_JAVA: b"e\n", TO_PYTHON: b"e\n"}


@st.composite
def long_conversations(draw: st.DrawFn) -> tuple[Direction, bytes]:
    direction = draw(st.sampled_from(Direction))
    target = b"o0" if direction is TO_JAVA else b"p0"
    said = []
    for _ in range(draw(st.integers(1, 4))):
        lines = draw(st.lists(long_lines(), max_size=5))
        match draw(st.sampled_from(["call", "reply", "many", "garbage"])):
            case "call":
                said.append(b"c\n" + target + b"\nrun\n" + b"".join(one + b"\n" for one in lines) + b"e\n")
            case "reply":
                said += [b"!y" + one + b"\n" for one in lines]
            case "many":
                one = draw(st.sampled_from([b"n\n", b"sab\n", b"i12345\n", b"s" + b"z" * 1000 + b"\n"]))
                some = one * draw(st.integers(1, 3000 // len(one) * 2 + 4))
                more = b"".join(line + b"\n" for line in lines)
                said.append(b"c\n" + target + b"\nrun\n" + some + more + b"n\n" * 3 + b"e\n")
            case "garbage":
                said.append(b"?" + b"\n".join([*lines, b"?\n" * draw(st.integers(0, 4000))]) + b"\ne\n")
    return direction, b"".join(said)


sizes = st.lists(st.sampled_from([1, 2, 64, 500, 512, 1024, 3000, 9000]), min_size=3, max_size=6)
cut_at = st.one_of(st.none(), st.integers(0, 40_000))


@given(long_conversations(), sizes, cut_at)
def test_what_is_followed_agrees_with_what_is_kept_however_it_comes_and_wherever_it_is_cut(said, sizes, at):
    direction, data = said
    data = data[:at]
    at_once = decoded(direction, data)
    agree(at_once, decoded(direction, data, limit=WHOLE), data)
    assert decoded(direction, *cut(data, sizes)) == at_once
    assert sum(m.size for m in at_once) == len(data)
    for message in at_once:
        assert len(message.raw) <= 2 * SMALLEST + 3 * 1026
