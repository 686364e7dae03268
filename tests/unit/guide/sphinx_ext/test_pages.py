"""A chapter's place among the chapters, as the line above its title says it."""

from __future__ import annotations

import pytest

from guide.sphinx_ext.pages import place_in_order

LISTED = [
    "notebooks/01-one",
    "notebooks/02-two",
    "notebooks/02b-two-more",
    "notebooks/claims",
    "docs/questions",
]


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("notebooks/01-one", "Chapter 1 of 2"),
        ("notebooks/02-two", "Chapter 2 of 2"),
        ("notebooks/02b-two-more", "Chapter 2b of 2"),
        ("notebooks/claims", ""),
        ("docs/questions", ""),
        ("notebooks/03-not-listed", ""),
    ],
)
def test_the_second_part_of_a_chapter_has_its_number_and_a_letter(page: str, place: str) -> None:
    assert place_in_order(page, LISTED) == place
