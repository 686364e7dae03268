"""Text is shortened between words, and never grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.plain import ELLIPSIS, shorten, shorten_middle


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("import twelve names", 19, "import twelve names"),
        ("import twelve names", 18, "import twelve…"),
        ("import twelve names", 14, "import twelve…"),
        ("import twelve names", 13, "import…"),
        ("what it doesn't have", 14, "what it…"),
        ("a.b.setCheckpointDir", 12, "a.b.setChec…"),
        ("org.apache.spark.SparkContext", 20, "org.apache.spark…"),
        ("abcdefgh", 1, "…"),
        ("abcdefgh", 0, "…"),
    ],
)
def test_the_end_is_cut_between_words_unless_a_word_is_too_long(text: str, most: int, shown: str) -> None:
    assert shorten(text, most) == shown


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("new JavaSparkContext(o0)", 24, "new JavaSparkContext(o0)"),
        ("the gateway never answered this request", 30, "the gateway never…this request"),
        ("org.apache.spark.util.Utils.getLocalDir(o20)", 40, "org.apache.spark.util…getLocalDir(o20)"),
        ("org.apache.spark.util.Utils.getLocalDir(o20)", 36, "org.apache.spark.util…tLocalDir(o20)"),
        ("abcdefghijklmnop", 10, "abcdef…nop"),
        ("abcdefgh", 2, "…h"),
        ("abcdefgh", 1, "…"),
    ],
)  # fmt: skip
def test_the_middle_is_cut_between_words_unless_a_word_is_too_long(text: str, most: int, shown: str) -> None:
    assert shorten_middle(text, most) == shown


@given(st.text(st.sampled_from("ab. (")), st.integers(1, 40))
def test_what_is_shortened_fits_and_keeps_both_its_ends(text: str, most: int) -> None:
    for short in (shorten(text, most), shorten_middle(text, most)):
        assert len(short) <= most
        if len(text) <= most:
            assert short == text
        else:
            head, _, tail = short.partition(ELLIPSIS)
            assert text.startswith(head)
            assert text.endswith(tail)
