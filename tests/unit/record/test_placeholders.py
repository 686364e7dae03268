"""What stands for a secret has its length, and leaves a message that can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record.placeholders import merged_spans, replaced, starred
from sparkwire.record.redact import HOLD, Expectation, Redactor, Secrets
from sparkwire.wire.gateway import Decoder
from sparkwire.wire.message import Direction, Message

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)).map(lambda one: (one[0], sum(one))))


@given(SPANS)
def test_spans_that_overlap_or_touch_are_one_and_hold_the_same_places(spans: list[tuple[int, int]]) -> None:
    merged = merged_spans(spans)
    assert all(end < start for (_, end), (start, _) in pairwise(merged))
    assert {at for span in merged for at in range(*span)} == {at for span in spans for at in range(*span)}
    assert all(start < end for start, end in merged)


@pytest.mark.parametrize(
    ("text", "spans", "stored"),
    [
        ("c\no1\nf\nshush\ne\n", [(8, 12)], "c\no1\nf\ns****\ne\n"),
        ("c\no1\nf\njaHVzaA==\ne\n", [(8, 16)], "c\no1\nf\njKioqKioq\ne\n"),
        # In base64 each place has its own letter.
        ("c\no1\nf\njaHVzaA==\ne\n", [(9, 10), (11, 13)], "c\no1\nf\njaiVqKA==\ne\n"),
        (
            "c\no1\nf\njaHVz\nsaHVz\njaHVz\ne\n",
            [(8, 9), (15, 16), (21, 23)],
            "c\no1\nf\njKHVz\nsa*Vz\njaioz\ne\n",
        ),
        ("!yjaHVz\n", [(3, 6)], "!yjKioz\n"),
        ("!yshush\n", [(3, 7)], "!ys****\n"),
        ("!xjhush\n", [(3, 7)], "!xj****\n"),
        ("jhush", [(1, 5)], "jKioq"),
        # Of several messages each line counts by itself.
        ("!yv\n!yjaHVz\n", [(7, 11)], "!yv\n!yjKioq\n"),
        ("!x\n!yjaHVz\n", [(6, 10)], "!x\n!yjKioq\n"),
        ("c\no1\nf\ne\n!yjaHVz\n", [(12, 16)], "c\no1\nf\ne\n!yjKioq\n"),
        ("!yv\njaHVz\n", [(5, 9)], "!yv\njKioq\n"),
        ("!yv\nxyjaHVz\n", [(7, 11)], "!yv\nxyj****\n"),
    ],
)
def test_a_placeholder_is_stars_and_in_bytes_their_base64(text, spans, stored) -> None:
    assert replaced(text, spans) == stored


def test_in_a_line_of_source_a_placeholder_is_stars_whatever_the_line_begins_with() -> None:
    assert starred("job(password='hush', 'hush')", [(14, 18), (22, 26)]) == "job(password='****', '****')"


@pytest.mark.parametrize("value", ["aHVzaA==", "aHVzaGg=", "aHVzaGh1", ""])
def test_a_message_whose_bytes_are_hidden_can_be_read(value: str) -> None:
    expectation = Expectation(Secrets())
    to_java, to_python = Redactor(expectation), Redactor(expectation)
    asked = to_java.feed(f"c\no1\nsetSecret\nj{value}\nsvisible1\ne\n".encode())
    [message] = Decoder(Direction.TO_JAVA).feed(asked)
    assert isinstance(message, Message), message
    to_java.feed(b"c\no1\ngetSecret\ne\n")
    answered = to_python.feed(f"!yj{value}\n".encode())
    [reply] = Decoder(Direction.TO_PYTHON).feed(answered)
    assert isinstance(reply, Message), reply
    assert set(reply.field("result").value) == set(b"*" if value else b"")


@pytest.mark.parametrize("first", range(HOLD + 1, HOLD + 6))
def test_bytes_that_come_in_pieces_are_hidden_by_one_placeholder(first: int) -> None:
    expectation = Expectation(Secrets())
    to_java, to_python = Redactor(expectation), Redactor(expectation)
    to_java.feed(b"c\no1\ngetSecret\ne\n")
    reply = b"!yj" + b"aHVz" * HOLD + b"\n"
    pieces = reply[:first], reply[first : first + 7], reply[first + 7 : -1], reply[-1:]
    stored = b"".join(to_python.feed(piece) for piece in pieces)
    assert stored == b"!yj" + b"Kioq" * HOLD + b"\n"
