"""What the cheap looks say of a long message in pieces, they say of it as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record import hints
from sparkwire.record.hints import look, look_in_pieces
from sparkwire.record.rules import HEX_DIGITS

KNOWN = ("open sesame, " * 12, "hush-hush")
FILLERS = st.integers(0, 500).map(lambda size: "x" * size)
HINTS = st.sampled_from(["", "", "secret", "api_key", "eyJ", "0a" * (HEX_DIGITS // 2), *KNOWN, "sesame"])


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hints, "PIECE", 200)
        yield


@given(st.lists(st.tuples(FILLERS, HINTS)), FILLERS)
def test_a_look_in_pieces_sees_what_a_look_at_the_whole_sees(parts: list[tuple[str, str]], last: str) -> None:
    text = "".join(filler + hint for filler, hint in parts) + last
    assert look_in_pieces(text.encode("latin-1"), KNOWN) == look(text, KNOWN)


@pytest.mark.parametrize(
    ("hint", "named", "suspect"),
    [
        ("", False, False),
        ("secret", True, True),
        ("eyJ", False, True),
        ("0a" * (HEX_DIGITS // 2), False, True),
        (KNOWN[0], False, True),
        (KNOWN[1], False, True),
    ],
)
@pytest.mark.parametrize("before", [0, 99, 199, 200, 201, 400])
def test_a_hint_is_seen_wherever_it_stands(hint: str, named: bool, suspect: bool, before: int) -> None:
    """At the very beginning, where two pieces meet, in the last piece."""
    text = "x" * before + hint + "x" * 500
    assert look_in_pieces(text.encode("latin-1"), KNOWN) == (named, suspect)


NAMES = "My_SECRET Password a-token credential key Authorization PWD sig= identified Bearer a@b getConnection"


@pytest.mark.parametrize("text", NAMES.split())
def test_each_hint_suffices_by_itself(text: str) -> None:
    assert look(text, ()) == (True, True)
    assert look("x" * 300 + text, ("another",)) == (True, True)


def test_hexadecimal_digits_and_a_web_token_name_nothing_and_are_suspect() -> None:
    digits = "0a" * (HEX_DIGITS // 2)
    assert look(digits, ()) == (False, True)
    assert look(digits[:-1] + "xy", ()) == (False, False)
    assert look("x" * HEX_DIGITS + "eyJ", ()) == (False, True)
    assert look("a harmless text", ("known",)) == (False, False)
    assert look("unknown", ("known", "other")) == (False, True)
