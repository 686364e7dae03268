"""Waiting for a browser to have done what a test asked of it. It does most things a moment later."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

SETTLED = """async () => {
    const frame = () => new Promise(done => requestAnimationFrame(done));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map(animation => animation.finished));
}"""
"""Resolves when what was asked of the page is laid out and painted, and what moves or fades has arrived."""


def resize(page: Page, width: int, height: int) -> None:
    """Give the window another size, and wait until the page is laid out for it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => innerWidth === width", arg=width)
    page.evaluate(SETTLED)


def becomes(page: Page, script: str, value: Any) -> None:
    """Wait until ``script`` gives ``value``. What a click or a key does may take a busy browser a while."""
    given = None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (given := page.evaluate(script)) == value:
            return
        page.evaluate(SETTLED)
    raise AssertionError(f"{script} gives {given!r}, and not {value!r}")
