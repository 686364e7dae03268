"""A secret is found in other spellings than its own, too."""

from __future__ import annotations

import pytest

from sparkwire.record.spellings import spellings


def latin(text: str) -> str:
    """Text as the wire's bytes are looked at: a character for each byte."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    "on_wire, meant",
    [
        ("a\\\\b", "a\\b"),
        ("a\\nb", "a\nb"),
        ("a\\rb", "a\rb"),
        ("a%20b", "a b"),
        ("a''b", "a'b"),
        ('a\\\\"b', 'a"b'),
    ],
)
def test_a_secret_is_what_its_reader_makes_of_it(on_wire: str, meant: str) -> None:
    assert meant in spellings(on_wire.encode())[1]


@pytest.mark.parametrize(
    "on_wire, written",
    [
        # In JSON, whether the rest is ASCII or not; on the wire the backslash is doubled.
        ('é"é', 'é\\\\"é'),
        ('é"é', '\\\\u00e9\\\\"\\\\u00e9'),
        ("a/b c", "a/b%20c"),
        ("a/b c", "a%2Fb%20c"),
        ("a/b c", "a%2Fb+c"),
        ("a'b", "a''b"),
        # What a URL has escaped stands on the wire in Py4J's way.
        ("a%0Ab", "a\\nb"),
        ("a%0Db", "a\\rb"),
        ("a%5Cb", "a\\\\b"),
    ],
)
def test_a_secret_may_stand_on_the_wire_in_another_spelling(on_wire: str, written: str) -> None:
    assert latin(written) in spellings(on_wire.encode())[0]


def test_half_a_character_is_no_hindrance() -> None:
    """A secret may have been cut, or be bytes that aren't text."""
    found, meant = spellings(b"tiger\xc3")
    assert "tiger\xc3" in found
    assert "tiger\ufffd" in meant


def test_half_a_pair_of_surrogates_is_no_text() -> None:
    """JSON can escape it, but neither side could send it."""
    found, meant = spellings(b"tiger\\\\ud83d")
    assert "tiger\\ud83d" in meant
    assert "tiger\\\\ud83d" in found
    assert not [one for one in meant if "\ud83d" in one]
