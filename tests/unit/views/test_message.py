"""A message is drawn to the byte, whatever it holds."""

import hashlib
import re

import pytest

from sparkwire.plain import visible
from sparkwire.trace.gateway.words import request_words
from sparkwire.trace.hidden import Hidden
from sparkwire.views import message_html, message_text
from sparkwire.wire.gateway import COMMANDS, REPLIES, TYPE_CODES, Decoder, Kind
from sparkwire.wire.gateway.layout import Form
from sparkwire.wire.message import Direction, Malformed

VALUES = {
    Form.NOTHING: "", Form.INTEGER: "42", Form.FLOAT: "1.5", Form.DECIMAL: "1.50", Form.BOOLEAN: "true",
    Form.STRING: "text", Form.BYTES: "AQID", Form.REFERENCE: "o7", Form.PROXY: "p0;java.lang.Runnable",
    Form.NAME: "java.util.List",
}  # fmt: skip
LINES = {
    Kind.LINE: ["o7"], Kind.OBJECT: ["o9"], Kind.ESCAPED: ["java.util.*"], Kind.NUMBER: ["25333"],
    Kind.TYPED: ["s1"], Kind.TYPED_REPEATED: ["i1", "stwo"], Kind.LINES: ["one", "two"], Kind.END: ["e"],
}  # fmt: skip


def of_table():
    """A message for every command, subcommand and type code in the code table, as (direction, bytes)."""
    for command in COMMANDS:
        for sub in command.subcommands or (None,):
            lines = [command.code, *([sub.code] if sub else [])]
            for part in (sub or command).parts:
                lines += LINES[part.kind]
            yield command.direction, "".join(line + "\n" for line in lines).encode()
    for code in TYPE_CODES:
        for direction in Direction:
            if code.goes(direction):
                for reply in REPLIES:
                    if direction in reply.directions:
                        yield direction, f"!{reply.code}{code.code}{VALUES[code.form]}\n".encode()


def decode(raw, direction=Direction.TO_JAVA):
    decoder = Decoder(direction)
    [message] = decoder.feed(raw) + decoder.end()
    return message


@pytest.mark.parametrize(("direction", "raw"), list(of_table()))
def test_every_message_of_the_table_is_drawn_with_all_its_fields(check, direction, raw):
    message = decode(raw, direction)
    assert not isinstance(message, Malformed), message
    text = message_text(message)
    shown = bytes.fromhex("".join(re.findall(r"^ *\d+  ((?:[0-9a-f]{2} ?)+) ", text, re.MULTILINE)))
    assert shown == raw
    outline = check(message_html(message, "t-x1-q"))
    named = {field.name for field in message.fields}
    for name in named:
        assert f"  {name}" in text
        assert name in outline.text
    ids = {f"t-x1-q{i}" for i in range(len(message.fields))}
    assert ids == set(outline.ids)
    cells = re.sub(r"\s", "", "".join(re.findall(r"<small>(.*?)</small>", message_html(message, "t"))))
    assert bytes.fromhex(cells) == raw
    for field in message.fields:
        assert visible(field.meaning) in text
        assert visible(field.meaning).removeprefix(f"{field.value}: ") in outline.text


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("!yn\n", "null"), ("!yv\n", "void"), ("!yp\n", "a package"), ("!ym\n", "a method"),
        ("!yo\n", "no such member"), ("!ys\n", '""'), ("!yc\n", '""'),
    ],
)  # fmt: skip
def test_a_result_that_its_code_tells_is_not_called_null(check, raw, value):
    message = decode(raw.encode(), Direction.TO_PYTHON)
    assert f"  result = {value}: " in message_text(message)
    assert f"result {value} " in check(message_html(message, "t")).text


def test_a_long_value_is_shortened_and_says_by_how_much(check):
    message = decode(b"c\no0\nset\ns" + b"x" * 100_000 + b"\ne\n")
    text, html = message_text(message), message_html(message, "t")
    assert "99,952 bytes left out" in text
    assert len(text) < 3000
    assert "99,964 bytes left out" in check(html).text
    assert len(html) < 5000
    whole = message_text(message, full=True)
    assert whole.count("78 78") > 40_000
    assert "left out" not in whole


@pytest.mark.parametrize("length", range(34, 80))
def test_to_say_how_many_bytes_are_left_out_never_takes_more_room_than_they_do(check, length):
    message = decode(b"c\no0\nset\ns" + b"x" * length + b"\ne\n")
    text = message_text(message)
    raw = check(message_html(message, "t")).text
    for said in (text, raw):
        for left in re.findall(r"([\d,]+) bytes? left out", said):
            assert int(left) > 12
    assert ("left out" in raw) is (length > 48)
    assert ("left out" in text) is (length > 60)


def test_a_malformed_message_shows_its_bytes_where_and_why(check):
    message = decode(b"c\no0\nget\nq?\x1b[31m\ne\n")
    assert isinstance(message, Malformed)
    text, outline = message_text(message), check(message_html(message, "t-x1-q"))
    for said in (text, outline.text):
        assert "malformed at byte 9" in said.lower()
        assert "type code" in said
        assert "not understood" in said
        assert "\x1b" not in said
    assert "1b 5b 33 31 6d" in text
    assert "71 3f" in outline.text
    assert outline.ids == ["t-x1-q0", "t-x1-q1"]


def test_an_empty_or_wholly_unread_stretch_is_drawn_too(check):
    """Of what could be read nothing is said, because there is none."""
    for message in (decode(b"what\n"), Malformed(Direction.TO_PYTHON, b"", 5, 0, "Nothing came.")):
        text, html = message_text(message), check(message_html(message, "t")).text
        assert message.reason in text
        assert visible(message.reason) in html
        assert f"not understood from byte 0, {len(message.raw)} bytes" in html
        assert "could be read" not in text + html


SECRETS = (b"A\n" + b"*" * 64 + b"\n", b"i\norg.X\ns127.0.0.1\ns" + b"*" * 32 + b"\ne\n")


@pytest.mark.parametrize("raw", SECRETS)
def test_a_placeholder_is_labelled_as_a_secret(check, raw):
    at, end = re.search(rb"\*+", raw).span()
    message = decode(raw).hiding(((at, end),))
    text, outline = message_text(message), check(message_html(message, "t"))
    assert text.count("A secret, recorded as a placeholder") == 1
    assert outline.text.count("A secret, recorded as a placeholder") == 1
    assert f"{end - at} bytes" in outline.text
    assert outline.count("strong") == 1
    # Its length is told, and where the list of fields has values there is none.
    assert "***" not in outline.text.rpartition("A secret")[0].rpartition("⏎0a")[2]


@pytest.mark.parametrize("raw", [*SECRETS, b"c\no0\nget\ns***\ne\n", b"c\no0\nget\ns********\ne\n"])
def test_stars_that_the_program_sent_are_text(check, raw):
    message = decode(raw)
    text, outline = message_text(message), check(message_html(message, "t"))
    assert "placeholder" not in text
    assert "placeholder" not in outline.text
    stars = re.search(rb"\*+", raw)[0].decode()
    shown = stars if raw.startswith(b"A") else f'"{stars}"'
    assert shown in outline.text
    assert len(stars) > 60 or shown in text


def test_a_malformed_stretch_says_that_it_holds_a_secret(check):
    raw = b"c\no0\nget\nq?" + b"*" * 16 + b"\ne\n"
    message = decode(raw).hiding(((11, 27),))
    assert isinstance(message, Malformed)
    assert message_text(message).count("A secret, recorded") == 1
    outline = check(message_html(message, "t"))
    assert outline.text.count("A secret, recorded") == 1
    assert "from byte 9" in outline.text


HOSTILE = (
    "<script>alert(1)</script>", "\"'&<>", "</code></details>", "\u202eevil", "a\u200bb", "\x00", "\x1b[31m",
    "\x9b", "a\\\\nb", "\ufeff", "&lt;", "']]>--><svg onload=x>", "end", "😀" * 3,
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_from_the_wire_becomes_markup_or_control(check, value):
    message = decode(f"c\no0\nget\ns{value}\ne\n".encode())
    text, outline = message_text(message), check(message_html(message, "t"))
    assert {tag for tag, _ in outline.elements} <= {
        "div",
        "p",
        "a",
        "i",
        "small",
        "ul",
        "li",
        "b",
        "code",
        "strong",
    }
    for said in (text.replace("\n", ""), outline.text.replace("\n", "")):
        assert said.isprintable()


def test_bytes_that_are_not_utf8_are_shown(check):
    message = decode(b"c\no0\nget\ns\xff\xfe\ne\n")
    assert "ff fe" in message_text(message)
    assert "\\xff" in check(message_html(message, "t")).text


LONG = b"c\no0\nset\ns" + b"x" * 300_000 + b"\ne\n"


def test_what_a_long_message_did_not_keep_is_counted_and_its_value_is_known_by_length_and_digest(check):
    message = decode(LONG)
    digest = hashlib.sha256(b"x" * 300_000).hexdigest()
    said = f"300,000 characters, SHA-256 {digest}"
    full, short, html = message_text(message, full=True), message_text(message), message_html(message, "t")
    for text in (full, short, check(html).text):
        assert said in text
        assert "call, 300,013 bytes" in text.replace("request, ", "")
    assert "298,977 bytes left out" in full
    assert "299,952 bytes left out" in short
    assert "299,964 bytes left out" in check(html).text
    # What comes after it stands where it stood on the wire.
    for text in (full, short):
        assert re.search(r"^300011 +65 +e +end of command", text, re.MULTILINE)
    shown = bytes.fromhex("".join(re.findall(r"^ *\d+  ((?:[0-9a-f]{2} ?)+) ", full, re.MULTILINE)))
    assert shown == message.raw


def test_long_bytes_and_numbers_are_known_by_digest_too():
    data = message_text(decode(b"!yj" + b"QUJD" * 100_000 + b"\n", Direction.TO_PYTHON))
    assert f" = 300,000 bytes, SHA-256 {hashlib.sha256(b'ABC' * 100_000).hexdigest()}" in data
    number = message_text(decode(b"!yD" + b"7" * 300_000 + b"\n", Direction.TO_PYTHON))
    assert re.search(r"result = 7+…7+, 300,000 characters, SHA-256 [0-9a-f]{64}: ", number)


def test_many_further_values_are_counted(check):
    [message] = Decoder(Direction.TO_JAVA, max_message=2048).feed(
        b"c\no0\nset\n" + b"i%s\n" % (b"7" * 400) * 1000 + b"e\n"
    )
    kept = sum(field.name == "argument" for field in message.fields) - 1
    for text in (message_text(message), check(message_html(message, "t")).text):
        assert f"{1000 - kept} further values" in text
    assert request_words(message, 1000).endswith("… 992 more)")


def test_a_secret_in_what_is_not_kept_is_told():
    message = with_secret(decode(LONG), 100_000, 100_016)
    assert message_text(message).count("A secret, recorded as a placeholder") == 1
    assert "SHA-256" not in message_text(message)


def test_a_long_malformed_stretch_says_where_and_how_long(check):
    message = decode(b"hello\n" + b"x" * 300_000 + b"\ne\n")
    assert isinstance(message, Malformed)
    assert "malformed at byte 0, 300,009 bytes" in message_text(message)
    assert "from byte 0, 300,009 bytes" in check(message_html(message, "t")).text
    cut = decode(LONG[:200_000] + b"y" * 100_000)
    assert "malformed at byte 300,000, 300,000 bytes" in message_text(cut)


def with_secret(message, start, end):
    marks = Hidden()
    marks.add(((start, end),))
    return marks.mark(message)
