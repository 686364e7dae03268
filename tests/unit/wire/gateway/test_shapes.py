"""A message of a known shape is exactly what the decoder makes of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_wire import messages, whole

from sparkwire.wire.gateway import COMMANDS, REPLIES, TYPE_CODES, Conversation, Decoder, shapes
from sparkwire.wire.message import Direction, Message

J, P = Direction.TO_JAVA, Direction.TO_PYTHON


@pytest.fixture(autouse=True)
def fresh() -> None:
    shapes.TO_JAVA.clear()
    shapes.TO_PYTHON.clear()


def other_digits(data: st.DataObject, raw: bytes) -> bytes:
    """The message with any other digits in it."""
    return re.sub(rb"[0-9]", lambda _: b"%d" % data.draw(st.integers(0, 9)), raw)


def test_no_code_of_the_protocol_is_a_digit():
    codes = [c.code for c in COMMANDS] + [s.code for c in COMMANDS for s in c.subcommands]
    codes += [t.code for t in TYPE_CODES] + [r.code for r in REPLIES]
    assert not any(character.isdigit() for code in codes for character in code)


@pytest.mark.parametrize(
    ("direction", "raw", "asks", "answers", "subject"),
    [
        (J, b"c\no1\ntoXML\ne\n", True, False, "toXML"),
        (J, b"c\no1\nlog10\ne\n", True, False, None),  # another message of the shape may ask for log12
        (J, b"c\no1\nf\ns*\ne\n", False, False, "f"),
        (J, b"S\no1\nopen\ne\n", False, False, "open"),
        (J, b"s\n", False, False, "shutdown"),
        (P, b"!yi3\n", False, True, None),
        (P, b"!ys*\n", False, False, None),
    ],
)
def test_a_shape_says_whether_a_message_of_it_may_begin_or_end_a_simple_exchange(
    direction, raw, asks, answers, subject
):
    [message] = Decoder(direction).feed(raw)
    shapes.learn(message)
    [shape] = shapes.of(direction).values()
    assert (shape.asks, shape.answers, shape.subject) == (asks, answers, subject)


def test_a_message_is_known_again_with_other_ids_in_it():
    conversation = Conversation()
    conversation.feed(J, b"c\no14\nsize\ne\n")
    conversation.feed(P, b"!yi3\n")
    [asked] = conversation.feed(J, b"c\no15\nsize\ne\n")
    request = asked.message
    assert isinstance(request, Message)
    assert request.shape is not None
    assert request.shape.subject == "size"
    assert (request.raw, request.offset, request.command) == (b"c\no15\nsize\ne\n", 13, "call")
    assert [field.value for field in request.fields if field.name == "target object id"] == ["o15"]
    assert request.field("method name") == request.fields[4]
    assert request.field("argument") is None


def test_a_name_with_digits_is_read_anew():
    conversation = Conversation()
    for name in ("log10", "log22"):
        [asked] = conversation.feed(J, b"c\nz:java.lang.Math\n%b\nd2.0\ne\n" % name.encode())
        request = asked.message
        assert isinstance(request, Message)
        assert request.field("method name").value == name
        conversation.feed(P, b"!yd1.0\n")
    assert request.shape is not None
    assert request.shape.subject is None


@pytest.mark.parametrize("value", ["D1E5", "j" + "aGVsbG8="])
def test_a_value_that_a_digit_can_make_wrong_has_no_shape(value):
    Conversation().feed(J, f"c\no1\nf\n{value}\ne\n".encode())
    assert shapes.TO_JAVA == {}


def test_the_memory_of_shapes_is_bounded(monkeypatch):
    monkeypatch.setattr(shapes, "MAX_SHAPES", 3)
    conversation = Conversation()
    for letter in b"abcdefg":
        conversation.feed(J, b"c\no1\n%c\ne\n" % letter)
        assert len(shapes.TO_JAVA) <= 3
    conversation.feed(J, b"c\no1\nf\ns" + b"x" * shapes.LONGEST + b"\ne\n")
    assert len(shapes.TO_JAVA) == 1


@given(st.sampled_from(Direction).flatmap(lambda way: st.tuples(st.just(way), messages(way))), st.data())
def test_digits_change_nothing_but_values(said, data):
    way, raw = said
    Conversation().feed(way, raw)
    shape = shapes.of(way).get(raw.translate(shapes.ALIKE))
    if shape is None:
        return
    other = other_digits(data, raw)
    [decoded] = Decoder(way).feed(other)
    known = shape.message(other, 0)
    assert isinstance(decoded, Message)
    assert (known.direction, known.role, known.command) == (decoded.direction, decoded.role, decoded.command)
    for name in {field.name for field in decoded.fields} | {"none such"}:
        assert repr(known.field(name)) == repr(decoded.field(name))
    assert whole(known) == whole(decoded)
