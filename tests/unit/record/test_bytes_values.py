"""Bytes cross as base64, and a secret in them is no less one."""

from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record import bytes_values
from sparkwire.record.bytes_values import MOST, hidden_in_bytes
from sparkwire.record.redact import Expectation, Redactor, Secrets

SECRET = "open-sesame"
FUNCTION = {"user": "ada", "password": SECRET, "rows": 17}


def command(*values: bytes) -> bytes:
    return b"c\no1\nf\n" + b"".join(b"j" + base64.b64encode(one) + b"\n" for one in values) + b"e\n"


def read(stored: bytes) -> list[bytes]:
    """The values of bytes in a stored command."""
    return [base64.b64decode(line[1:], validate=True) for line in stored.split(b"\n") if line[:1] == b"j"]


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor(Expectation(Secrets()))
    redactor.feed(b"c\no1\nf\ne\n" * 2)
    return redactor


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "name", ["password", "Secret", "TOKEN", "credential", "api_key", "pwd", "authorization"]
)
def test_a_secret_that_a_function_closes_over_is_hidden_by_its_name(redactor, protocol, name) -> None:
    sent = command(b"", pickle.dumps({"user": "ada", name: SECRET}, protocol), b"\0\1")
    stored = redactor.feed(sent)
    assert len(stored) == len(sent)
    first, function, last = read(stored)
    assert (first, last) == (b"", b"\0\1")
    assert pickle.loads(function) == {"user": "ada", name: "*" * len(SECRET)}
    [(start, end)] = redactor.spans
    assert stored[: start - 18] == sent[: start - 18]
    assert stored[end - 18 :] == sent[end - 18 :]


def test_a_secret_in_a_text_of_a_pickle_is_hidden(redactor) -> None:
    sent = pickle.dumps({"rows": 17, "url": "jdbc:x://h/?password=open-sesame&x=1"})
    [function] = read(redactor.feed(command(sent)))
    assert pickle.loads(function) == {"url": "jdbc:x://h/?password=***********&x=1", "rows": 17}


def test_a_pickle_that_comes_back_is_looked_through_too(redactor) -> None:
    stored = redactor.feed(b"!yj" + base64.b64encode(pickle.dumps(FUNCTION)) + b"\n")
    assert pickle.loads(base64.b64decode(stored[3:])) == FUNCTION | {"password": "*" * len(SECRET)}


@given(st.binary(max_size=9), st.binary(max_size=9), st.binary(max_size=9))
def test_a_known_secret_in_bytes_is_hidden_wherever_it_stands(before, between, after) -> None:
    secret = SECRET.encode()
    sent = command(before + secret + between + secret + after)
    stored, spans = hidden_in_bytes(sent, [SECRET])
    stars = b"*" * len(secret)
    assert read(stored) == [before + stars + between + stars + after]
    # The spans are the characters with a bit of the secret in it, and no others.
    text = sent.split(b"\n")[3]
    expected = set()
    for start in (len(before), len(before) + len(secret) + len(between)):
        bits = range(start * 8, (start + len(secret)) * 8)
        expected |= {8 + bit // 6 for bit in bits}
    assert {at for span in spans for at in range(*span)} == expected
    assert text == b"j" + base64.b64encode(before + secret + between + secret + after)


def test_a_secret_that_the_message_itself_tells_is_hidden_in_its_bytes(redactor) -> None:
    sent = b"c\no1\nsetIfMissing\nsmy.password\ns" + SECRET.encode() + b"\n" + command(SECRET.encode())[7:]
    stored = redactor.feed(sent)
    assert b"s***********\n" in stored
    assert read(stored) == [b"*" * len(SECRET)]
    assert len(redactor.spans) == 2


def test_what_was_known_before_and_what_the_message_tells_are_both_hidden_in_its_bytes(redactor) -> None:
    before = redactor.feed(b"c\no0\nset\nsmy.password\nshunter2468\ne\n")
    begin = 2 * len(b"c\no1\nf\ne\n") + len(before)
    sent = b"c\no0\nset\nsmy.token\ns" + SECRET.encode() + b"\n"
    sent += command(b"!" + SECRET.encode(), b"say hunter2468")[7:]
    assert read(redactor.feed(sent)) == [b"!***********", b"say **********"]
    first, second, third = redactor.spans
    assert sent[first[0] - begin : first[1] - begin] == SECRET.encode()
    assert base64.b64decode(sent[second[0] - begin - 1 : second[1] - begin]) == b"!" + SECRET.encode()
    assert third[0] > second[1]


def test_a_message_with_a_secret_in_its_bytes_is_never_taken_for_harmless(redactor) -> None:
    for _ in range(3):
        [function] = read(redactor.feed(command(pickle.dumps({"password": SECRET}))))
        assert pickle.loads(function) == {"password": "*" * len(SECRET)}


@pytest.mark.parametrize("pieces", [(100_000,), (70_000, 30_000)])
def test_bytes_that_come_in_pieces_are_looked_through_in_the_first(redactor, pieces) -> None:
    sent = b"!yj" + base64.b64encode(pickle.dumps([FUNCTION, "x" * 200_000])) + b"\n"
    at, stored = 0, b""
    for piece in (*pieces, len(sent)):
        stored += redactor.feed(sent[at : at + piece])
        at += piece
    assert len(stored) == len(sent)
    assert pickle.loads(base64.b64decode(stored[3:])) == [FUNCTION | {"password": "*" * 11}, "x" * 200_000]


@pytest.mark.parametrize("cut", [5, 7, 8, 40])
def test_bytes_in_a_command_that_comes_in_pieces_are_looked_through(redactor, cut) -> None:
    sent = command(pickle.dumps(FUNCTION), b"\0\1")
    stored = redactor.feed(sent[:cut]) + redactor.feed(sent[cut:])
    assert len(stored) == len(sent)
    function, last = read(stored)
    assert pickle.loads(function) == FUNCTION | {"password": "*" * len(SECRET)}
    assert last == b"\0\1"


@pytest.mark.parametrize("begin", [b"j", b"!yj", b"o1\nf\nj", b"c\no1\nf\njAAEC\nj"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\ne\n"])
def test_a_value_is_found_on_every_line_whatever_the_data_begin_and_end_with(begin, end) -> None:
    value = base64.b64encode(b"an " + SECRET.encode())
    stored, spans = hidden_in_bytes(begin + value + end, [SECRET])
    assert stored == begin + base64.b64encode(b"an ***********") + end
    assert spans == [(len(begin) + 4, len(begin) + len(value.rstrip(b"=")))]


@pytest.mark.parametrize(
    "data",
    [
        command(pickle.dumps({"user": "ada"})),
        command(b"password: open-sesame"),  # no pickle
        b"c\no1\nf\njgAR9!\ne\n",  # no base64
        b"c\no1\nf\nj!!!!" + base64.b64encode(b"another-one") + b"\ne\n",
        b"c\no1\nf\njgA\ne\n",
        b"c\no1\nf\ns" + base64.b64encode(pickle.dumps(FUNCTION)) + b"\ne\n",  # no bytes
        b"c\no1\nf\nj",
        b"c\no1\nj" + base64.b64encode(b"another-one.")[:-1] + b"?\ne\n",
        b"xj" + base64.b64encode(b"another-one.") + b"\n",
        b"",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(data: bytes) -> None:
    assert hidden_in_bytes(data, ["another-one"]) == (data, [])


def test_a_pickle_without_a_secrets_name_is_not_taken_apart(monkeypatch) -> None:
    """Which would take as long as all the rest."""
    monkeypatch.setattr(bytes_values, "secrets_in_pickle", None)
    hidden_in_bytes(command(pickle.dumps({"user": "ada"})), [])


def test_of_a_long_value_so_much_is_looked_at() -> None:
    secret = SECRET.encode()
    room = MOST // 4 * 3
    for before, hidden in ((room - len(secret), True), (room - len(secret) + 1, False)):
        value = b"x" * before + secret + b"x" * room
        found, spans = hidden_in_bytes(command(value, secret), [SECRET])
        assert len(spans) == 1 + hidden
        assert read(found)[0] == (value.replace(secret, b"*" * len(secret)) if hidden else value)
        assert read(found)[1] == b"*" * len(secret)
