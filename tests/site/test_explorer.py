"""The trace explorer in a real browser, on a report opened from a folder; and the report without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playbook import MAIN, Talk
from playwright.sync_api import expect
from waiting import becomes

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.records import CallSite, Frame
from sparkwire.views import report

OPEN = "[...document.querySelectorAll('.sw-x details[open]')].map(d => d.lastElementChild.id)"
LIT = "[...document.querySelectorAll('.sw-on')].map(e => e.tagName)"


def job() -> list[Exchange]:
    """Five requests from line 2 of a program, and one from line 3."""
    two, three = (CallSite((Frame("/x/job.py", 2 + i, "<module>", f"step({i})", False),)) for i in range(2))
    talk = Talk(step=500).open().named(MAIN, "MainThread")
    talk.at(two).ask("i\norg.apache.spark.SparkConf\ne\n", "!yro0\n")
    for i in range(1, 5):
        talk.ask(f"c\no0\nset\nskey{i}\nsvalue\ne\n", f"!yro{i}\n")
    talk.at(three).ask("c\no14\nsetCheckpointDir\nshere\ne\n", "!yv\n")
    return talk.exchanges()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("a report") / "job.html"
    file.write_text("".join(report(fold(job()), title="job.py")), encoding="utf-8")
    return file.as_uri()


def test_a_permalink_opens_its_field_with_and_without_the_script(chromium, address):
    for enabled in (True, False):
        context = chromium.new_context(java_script_enabled=enabled)
        page = context.new_page()
        page.goto(f"{address}#trace-x6-q4")
        expect(page.locator("#trace-x6-q4")).to_be_visible()
        expect(page.locator("#trace-x5-q4")).to_be_hidden()
        context.close()


def test_a_permalink_followed_later_opens_too(page):
    page.evaluate("location.hash = '#trace-x3-r3'")
    page.locator("#trace-x3-r3").wait_for(state="visible")
    becomes(page, OPEN, ["trace-x3"])


def test_all_open_and_close(page):
    page.get_by_role("button", name="Open all").click()
    becomes(page, f"{OPEN}.length", 6)
    page.get_by_role("button", name="Close all").click()
    becomes(page, OPEN, [])


def test_buttons_and_keys_go_from_exchange_to_exchange(page):
    page.get_by_role("button", name="Next").click()
    focused = "document.activeElement.closest('.sw-x').querySelector('a').textContent"
    becomes(page, focused, "#1")
    page.keyboard.press("j")
    page.keyboard.press("j")
    becomes(page, focused, "#3")
    page.keyboard.press("k")
    becomes(page, focused, "#2")
    page.keyboard.press("Control+j")
    becomes(page, focused, "#2")
    expect(page.get_by_role("status")).to_contain_text("j next, k previous")


def test_the_filter_takes_letters_and_hides_what_does_not_match(page):
    box = page.get_by_role("searchbox")
    box.press_sequentially("jk")
    expect(box).to_have_value("jk")
    becomes(page, OPEN, [])
    expect(page.locator(".sw-x:visible")).to_have_count(0)
    box.fill("call setcheck")
    expect(page.locator(".sw-x:visible")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("1 of 6 exchanges match")
    page.get_by_role("button", name="Next").click()
    becomes(page, OPEN, ["trace-x6"])
    box.fill("")
    expect(page.locator(".sw-x[hidden]")).to_have_count(0)


def test_bytes_and_fields_light_each_other(page):
    page.evaluate("location.hash = '#trace-x6'")
    message = page.locator("#trace-x6 .sw-m").first
    message.locator(".sw-c a").nth(2).hover()
    becomes(page, LIT, ["A", "LI"])
    message.locator(".sw-f li").nth(1).hover()
    becomes(page, LIT, ["A", "LI"])
    message.locator(".sw-c a").nth(3).focus()
    becomes(page, "document.querySelector('li.sw-on')?.id", "trace-x6-q6")
    message.locator(".sw-f li:not([id])").hover()
    becomes(page, LIT, ["I"] * 5 + ["LI"])


def test_it_leaves_nothing_behind_when_it_is_taken_out(page):
    page.evaluate("window.taken = document.querySelector('trace-explorer'); taken.remove()")
    becomes(page, "taken.querySelectorAll('.sw-tools').length", 0)
    page.evaluate("location.hash = '#trace-x2'; document.querySelector('main').append(taken)")
    expect(page.locator(".sw-tools")).to_have_count(1)
    becomes(page, OPEN, ["trace-x2"])
