"""A word of the glossary shows its definition, by pointer, keyboard and touch, and hides it again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from waiting import becomes

PAGE = "notebooks/02-who-starts-whom.html"
GLOSSARY = "docs/reference/glossary.html"
BOX = "#glossary-definition"
INSIDE = """() => {
    const box = document.querySelector('#glossary-definition').getBoundingClientRect();
    return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight
        && document.documentElement.scrollWidth <= document.documentElement.clientWidth;
}"""


def test_the_keyboard_shows_a_definition_and_escape_closes_it(site, open_page):
    with open_page((site / PAGE).as_uri()) as page:
        word = page.locator("a.glossary-word").first
        word.focus()
        box = page.locator(BOX)
        expect(box).to_be_visible()
        expect(box).to_have_text(word.get_attribute("data-definition"))
        expect(word).to_have_attribute("aria-describedby", "glossary-definition")
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()
        expect(word).not_to_have_attribute("aria-describedby", "glossary-definition")
        becomes(page, "document.activeElement.className", "glossary-word")
        page.keyboard.press("Enter")
        page.wait_for_url("**/glossary.html#term-*")


def test_leaving_by_keyboard_closes_it(site, open_page):
    with open_page((site / PAGE).as_uri()) as page:
        page.locator("a.glossary-word").first.focus()
        expect(page.locator(BOX)).to_be_visible()
        page.evaluate("document.activeElement.blur()")
        expect(page.locator(BOX)).to_be_hidden()


def test_the_pointer_may_move_onto_the_definition(site, open_page):
    with open_page((site / PAGE).as_uri()) as page:
        page.locator("a.glossary-word").first.hover()
        box = page.locator(BOX)
        expect(box).to_be_visible()
        box.hover()
        page.wait_for_timeout(400)  # longer than it stays without the pointer
        expect(box).to_be_visible()
        page.mouse.move(5, 5)
        box.wait_for(state="hidden")


@pytest.mark.parametrize("width", [390, 1280])
def test_every_definition_is_inside_the_window(site, open_page, width):
    with open_page((site / PAGE).as_uri(), viewport={"width": width, "height": 700}) as page:
        words = page.locator("a.glossary-word")
        assert words.count() > 5
        page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
        for word in words.all():
            word.focus()
            expect(page.locator(BOX)).to_be_visible()
            page.wait_for_function(INSIDE)


def test_the_first_tap_shows_and_the_second_follows(site, open_page):
    phone = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}
    with open_page((site / PAGE).as_uri(), **phone) as page:
        word = page.locator("a.glossary-word").first
        word.tap()
        expect(page.locator(BOX)).to_be_visible()
        assert page.url.endswith(PAGE)
        page.locator("h1").tap()
        expect(page.locator(BOX)).to_be_hidden()
        word.tap()
        word.tap()
        page.wait_for_url("**/glossary.html#term-*")


def test_a_word_is_a_link_without_script(site, open_page):
    with open_page((site / PAGE).as_uri(), java_script_enabled=False) as page:
        page.locator("a.glossary-word").first.click()
        page.wait_for_url("**/glossary.html#term-*")


def test_each_word_is_linked_once_on_a_page_and_not_in_its_glossary(site, path):
    found = re.findall(r"<a class=glossary-word href=([^ >]+)", (site / path).read_text("utf-8"))
    assert len(found) == len(set(found))
    assert not (found and path == GLOSSARY)


def test_chapters_have_words(site):
    for chapter in site.glob("notebooks/0*.html"):
        assert "glossary-word" in chapter.read_text("utf-8"), chapter.name


def test_what_chapters_take_from_code_has_one_entry(site):
    terms = re.findall(r"<dt id=[\"']?term-[^>]*>([^<]+)<", (site / GLOSSARY).read_text("utf-8"))
    assert len(terms) == len(set(terms))
    assert {"_jsc", "_jvm", "o123", "view", "finalizer", "finalizer thread", "finalizer connection"} <= set(
        terms
    )
