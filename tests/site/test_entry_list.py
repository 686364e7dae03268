"""A reader finds a question or an error message: in the list at the top of its page."""

from __future__ import annotations

from pathlib import Path

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
