"""A reader gets from page to page: previous, next, a chapter's number, to the wire's reference and back."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = "docs/reference/gateway-wire.html"
CHAPTER = re.compile(r"notebooks/(\d\d)([a-z]?)-")


def order() -> list[str]:
    """All pages in the order of the contents lists on the home page."""
    text = (ROOT / "index.md").read_text("utf-8")
    lists = re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for one in lists for line in one.splitlines() if line and not line.startswith(":")]


def chapters() -> list[str]:
    return [page for page in order() if CHAPTER.match(page)]


def numbers() -> list[tuple[int, str]]:
    """Each chapter's number and, for the later part of one, its letter."""
    return [(int(found[1]), found[2]) for page in order() if (found := CHAPTER.match(page))]


def test_every_page_is_in_the_order_once():
    pages = [*(ROOT / "notebooks").glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert sorted(order()) == sorted(page.relative_to(ROOT).with_suffix("").as_posix() for page in pages)


def test_chapters_are_in_the_order_of_their_numbers():
    assert numbers() == sorted(set(numbers()))
    assert [number for number, part in numbers() if not part] == list(range(1, numbers()[-1][0] + 1))
    for number, parts in itertools.groupby(numbers(), key=lambda one: one[0]):
        letters = [part for _, part in parts]
        assert letters == ["", *"bcdefgh"][: len(letters)], f"chapter {number}"


def test_the_home_page_names_every_chapter_and_every_guide(site):
    home = (site / "index.html").read_text("utf-8")
    article = home[home.index("<article") : home.index("</article>")]
    unnamed = {"docs/reference/benchmarks", "docs/reference/execution", "docs/contributing/page-template"}
    assert not [page for page in order() if page not in unnamed and f'href="{page}.html"' not in article]


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["wide", "phone"])
def test_next_leads_through_the_whole_guide_and_previous_back(site, open_page, size):
    pages = ["index", *order()]
    viewport = {"width": size[0], "height": size[1]}
    with open_page((site / "index.html").as_uri(), viewport=viewport) as page:
        for before, after in itertools.pairwise(pages):
            link = page.locator(".related-pages .next-page")
            assert link.is_visible(), f"{before} has no next page"
            link.click()
            page.wait_for_url(f"**/{after}.html")
            back = page.locator(".related-pages .prev-page")
            assert back.evaluate("link => link.href") == (site / f"{before}.html").as_uri()
        assert page.locator(".related-pages .next-page").count() == 0


@pytest.mark.parametrize("chapter", chapters())
def test_a_chapter_says_which_it_is(site, chapter):
    text = (site / f"{chapter}.html").read_text("utf-8")
    number, part = numbers()[chapters().index(chapter)]
    place = f"Chapter {number}{part} of {numbers()[-1][0]}"
    assert text.count(f">{place}</p><h1>") == 1


WORKER_REFERENCE = "docs/reference/worker-wire.html"
ABOUT_A_WIRE = [
    *(
        (chapter, REFERENCE)
        for chapter, (number, _) in zip(chapters(), numbers(), strict=True)
        if int(number) < 9
    ),
    ("notebooks/10-the-worker-wire", WORKER_REFERENCE),
]
"""The chapters about a wire: those of part 1, and one about the worker wire."""


@pytest.mark.parametrize(("chapter", "where"), ABOUT_A_WIRE)
def test_a_chapter_leads_to_the_reference_and_is_named_there(site, chapter, where):
    text = (site / f"{chapter}.html").read_text("utf-8")
    entries = set(re.findall(rf'href="\.\./{where}#([a-z-]+)"', text))
    assert entries, "no link to an entry of the wire's reference"
    reference = (site / where).read_text("utf-8")
    for entry in entries:
        start = reference.find(f"<div id={entry}>")
        if start < 0:
            continue  # a heading of that page
        said = reference[start : reference.index("</p>", start)]
        assert "Explained in" in said, entry
        assert f"../../{chapter}.html" in said, entry
