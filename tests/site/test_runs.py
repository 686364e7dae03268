"""What Python workers did, on a page in a browser: folded, linked, accessible, and whole without script."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from playbook import MAIN, MS, Talk
from playwright.sync_api import expect
from waiting import becomes
from worker_talk import START, WorkerTalk, found, function_at

from sparkwire.views import workers_report

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN_AXE = """async () => (await axe.run(document)).violations.map(v =>
  v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | "))"""
WIDTHS = (1280, 390)


def program() -> str:
    """A page of three stages on three workers; one run failed, and one task has two runs at once."""
    driver = Talk(now=(START - 100) * MS, step=200 * MS).open().named(MAIN, "MainThread")
    for _ in range(4):
        driver.ask("c\no0\ncollect\ne\n", "!yv\n")
    work = function_at(12, name="add_one")
    outer = WorkerTalk(1, pid=71).whole(0, took=40, function=work, partition=0)
    outer.whole(100, fresh=False, took=300, stage=1, function=work)
    inner = WorkerTalk(2, pid=72).whole(5, took=40, function=work, partition=1)
    inner.whole(150, fresh=False, took=60, stage=1, kind="NON_UDF", function=function_at(14, name="inner"))
    failing = WorkerTalk(3, pid=73).init(500, stage=2).withheld(510, 4_096)
    failing.raises(520, "Traceback (most recent call last):\n  File x\nValueError: no")
    runs = found(outer, inner, failing)
    return "".join(workers_report(runs, driver.exchanges(), title="job.py"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("runs") / "job.html"
    file.write_text(program(), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_accessible_and_fits_its_window(chromium, address, width, scheme):
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address)
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate(RUN_AXE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


@pytest.mark.parametrize("enabled", [True, False])
def test_a_permalink_opens_its_run_and_field_with_and_without_the_script(chromium, address, enabled):
    context = chromium.new_context(java_script_enabled=enabled)
    page = context.new_page()
    page.goto(f"{address}#worker-r3-m0-1")
    expect(page.locator("#worker-r3-m0-1")).to_be_visible()
    expect(page.locator("#worker-r4-m0-1")).to_be_hidden()
    context.close()


def test_the_keys_go_from_run_to_run_and_the_filter_finds_one(page):
    focused = "document.activeElement.closest('.sw-x').querySelector('a').textContent"
    page.get_by_role("button", name="Next").click()
    becomes(page, focused, "#1")
    page.keyboard.press("j")
    becomes(page, focused, "#2")
    expect(page.get_by_role("status")).to_contain_text("5 runs.")
    page.get_by_role("searchbox").fill("valueerror")
    expect(page.get_by_role("status")).to_contain_text("1 of 5 runs match")
    expect(page.locator(".sw-x:visible")).to_have_count(1)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_two_sides_stand_beside_each_other_where_there_is_room(chromium, address, width):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{address}#worker-r1")
    pieces = page.locator("#worker-r1 .sw-d > details")
    set_up, timing = pieces.nth(0).bounding_box(), pieces.filter(has_text="timing").bounding_box()
    assert set_up is not None
    assert timing is not None
    assert (timing["x"] > set_up["x"] + set_up["width"]) is (width == 1280)
    assert timing["y"] > set_up["y"]  # in the order of time, at any width
    page.close()


def test_a_pointer_over_a_bar_tells_what_it_is(page):
    titles = page.locator(".sw-tl rect title").all_text_contents()
    assert "#1, stage 0, partition 0: computing" in titles
    assert any(title.endswith("waits for Java") for title in titles)


def test_what_failed_is_told_by_its_colour_too(page):
    colour = "(n) => getComputedStyle(document.querySelectorAll(`#worker-r${n}`)[0].parentElement"
    colour += ".querySelector('summary > code:last-of-type')).color"
    assert page.evaluate(colour, 5) != page.evaluate(colour, 1)
