"""A reader finds a question or an error message: in the list at the top of its page, and by searching."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

PAGES = ["questions", "errors-driver", "errors-workers", "errors-udfs"]


@pytest.mark.parametrize("name", PAGES)
def test_the_list_at_the_top_leads_to_every_entry_of_its_page(site: Path, open_page, name: str) -> None:
    with open_page((site / "docs" / f"{name}.html").as_uri()) as page:
        entries = page.locator("article h3").evaluate_all("all => all.map(one => one.parentElement.id)")
        listed = page.locator("article section > ul a[href^='#']").evaluate_all(
            "all => all.map(one => document.getElementById(one.hash.slice(1)).closest('section').id)"
        )
    assert len(entries) >= 10
    assert listed == entries


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("'JavaPackage' object is not callable", "errors-driver"),
        ("Cannot run multiple SparkContexts at once", "errors-driver"),
        ("getSubject is not supported", "errors-driver"),
        ("expected zero arguments for construction of ClassDict (for numpy.dtype)", "errors-udfs"),
        ("Python worker exited unexpectedly (crashed)", "errors-workers"),
        ("PYTHON_VERSION_MISMATCH", "errors-workers"),
        ("Why are Python UDFs slow?", "questions"),
    ],
)
def test_who_searches_for_the_words_of_a_message_finds_its_page(
    site: Path, open_page, words: str, name: str
) -> None:
    with open_page((site / "search.html").as_uri() + "?q=" + quote(words)) as page:
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a").evaluate_all("all => all.map(one => one.href)")
    assert any(re.search(rf"/docs/{name}\.html", link) for link in found[:3]), found[:5]
