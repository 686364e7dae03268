"""Long runs of letters and digits: left out while a message is looked at, and put back in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record.redact import Expectation, Redactor, Secrets
from sparkwire.record.runs import LEAST, STAND_IN, put_back, runs, without

TOKEN = b"0123456789abcdef" * 4
LONG = b"a2V5cGFzc3dvcmR0b2tlbnNpZ25hdHVyZQ" * 500
"""Megabytes of base64 hold every short word; this holds them at once: it is keypasswordtokensignature."""


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def to_java(secrets: Secrets) -> Redactor:
    redactor = Redactor(Expectation(secrets))
    redactor.feed(b"A\n" + TOKEN + b"\n")
    return redactor


def stored(redactor: Redactor, data: bytes) -> bytes:
    out = redactor.feed(data)
    assert len(out) == len(data)
    return out


@pytest.mark.parametrize("begin", [b"c\no1\nadd\nj", b"c\no1\nadd\ns"])
def test_a_long_value_is_stored_as_it_is(to_java: Redactor, begin: bytes) -> None:
    assert stored(to_java, begin + LONG + b"=\ne\n") == begin + LONG + b"=\ne\n"


@pytest.mark.parametrize(("code", "star"), [(b"j", b"Kioq"), (b"s", b"****")])
def test_a_long_value_that_goes_to_a_secrets_name_is_hidden_whole(
    to_java: Redactor, code: bytes, star: bytes
) -> None:
    begin = b"c\no1\nsetPassword\n" + code
    assert stored(to_java, begin + LONG + b"\ne\n") == begin + star * (len(LONG) // 4) + b"\ne\n"


def test_what_stands_for_a_run_is_never_learned(to_java: Redactor, secrets: Secrets) -> None:
    known = secrets.known
    stored(to_java, b"c\no1\nsetPassword\ns" + LONG + b"\ne\n")
    assert secrets.known == known


def test_a_secret_between_two_runs_is_hidden_in_its_place(to_java: Redactor) -> None:
    begin = b"c\no1\nadd\ns" + LONG + b" jdbc:x://h/?password="
    end = b"&a=" + LONG + b"\ne\n"
    assert stored(to_java, begin + b"hunter2!" + end) == begin + b"********" + end
    [span] = to_java.spans
    assert span[1] - span[0] == 8
    assert span[0] == 2 + len(TOKEN) + 1 + len(begin)


def test_a_name_at_the_end_of_a_run_still_names_its_secret(to_java: Redactor) -> None:
    begin = b"c\no1\nadd\ns" + LONG + b"password="
    assert stored(to_java, begin + b"hunter2!&" + LONG + b"\ne\n") == begin + b"********&" + LONG + b"\ne\n"


def test_a_known_secret_within_a_run_is_hidden(to_java: Redactor) -> None:
    data = b"c\no1\nadd\ns" + LONG + TOKEN + LONG + b"\ne\n"
    assert stored(to_java, data) == data.replace(TOKEN, b"*" * len(TOKEN))


def test_a_reply_in_pieces_is_stored_as_it_is(secrets: Secrets) -> None:
    to_python = Redactor(Expectation(secrets))
    reply = b"!yv\n!yv\n!yj" + LONG * 20 + b"\n"
    pieces = [to_python.feed(reply[at : at + 8192]) for at in range(0, len(reply), 8192)]
    assert b"".join([*pieces, to_python.end()]) == reply


@pytest.mark.parametrize(("length", "is_run"), [(LEAST - 1, False), (LEAST, True)])
def test_only_a_run_of_some_length_is_left_out(length: int, is_run: bool) -> None:
    data = b"s" + b"A" * (length - 1) + b"\n"
    assert runs(data, ()) == ([(4, length - 64)] if is_run else [])


@given(st.lists(st.sampled_from([b"k=", b"'", b"\n", b"s" + LONG + b"=", LONG]), max_size=6), st.data())
def test_a_place_outside_runs_is_found_again_and_one_within_means_all_of_it(
    parts: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(parts)
    found = runs(whole, ())
    short = without(whole, found)
    assert len(short) == len(whole) - sum(end - start - len(STAND_IN) for start, end in found)
    start = data.draw(st.integers(0, max(len(short) - 1, 0)))
    end = data.draw(st.integers(start, len(short)))
    [(real_start, real_end)] = put_back([(start, end)], found)
    expected = whole[real_start:real_end]
    for run_start, run_end in found:
        inside = real_start < run_end and run_start < real_end
        assert not inside or (real_start <= run_start and run_end <= real_end) or start == end
    if start < end and not any(a < real_end and real_start < b for a, b in found):
        assert expected == short[start:end]
