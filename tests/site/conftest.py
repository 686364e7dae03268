"""The built site, in a real Chromium, from the folder and over http.

The site is what ``make html`` left in build/html; where there is none (pytest run by hand in a fresh tree) it
is built first. SPARKWIRE_BROWSER names the browser; else tools/browser.py finds or gets one, and fails when
there is none: these tests are never skipped. A request for anything but the site's own files fails the test.
"""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "build" / "html"
sys.path.insert(0, str(ROOT / "tools"))

expect.set_options(timeout=60_000)  # a busy machine takes its time

import browser as browser_tool  # noqa: E402  (tools/browser.py, after the path above)


def build_if_absent() -> Path:
    """The site's folder. A half-built site (its mark is missing) is built again."""
    if not (SITE / ".complete").is_file():
        subprocess.run(["make", "-C", str(ROOT), "html"], check=True, stdin=subprocess.DEVNULL)
    return SITE


def site_pages() -> list[str]:
    """Every page of the site as a path below its folder."""
    site = build_if_absent()
    return sorted(
        path.relative_to(site).as_posix() for path in site.rglob("*.html") if "_static" not in path.parts
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "path" in metafunc.fixturenames:
        pages = site_pages()
        assert pages, "the site has no page"
        metafunc.parametrize("path", pages)


class Open(Protocol):
    def __call__(self, address: str, **context: Any) -> AbstractContextManager[Page]: ...


@pytest.fixture(scope="session")
def site() -> Path:
    return build_if_absent()


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The site's address over http, on this machine alone."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_tool.find(), args=browser_tool.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_page(chromium: Browser, site: Path, served: str) -> Open:
    """Open an address; on the way out, fail on any console error, script error, failed or foreign request."""

    @contextmanager
    def opened(address: str, **context: Any) -> Iterator[Page]:
        faults: list[str] = []
        home = site.as_uri() + "/"

        def own(url: str) -> bool:
            if urlsplit(url).scheme == "file":
                return unquote(url).startswith(unquote(home))
            return url.startswith((served, "data:", "blob:"))

        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
        opened_context = chromium.new_context(**(settings | context))
        opened_context.set_default_timeout(60_000)
        page = opened_context.new_page()
        # Not by interception, which switches the browser's cache off: by listening, so that what is seen is
        # what a reader's browser does.
        page.on(
            "request", lambda request: own(request.url) or faults.append(f"foreign request: {request.url}")
        )
        page.on(
            "requestfailed",
            lambda request: faults.append(f"failed request: {request.url} ({request.failure})"),
        )
        page.on(
            "response",
            lambda response: response.status >= 400 and faults.append(f"{response.status}: {response.url}"),
        )
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and faults.append(f"console: {message.text}")
            ),
        )
        try:
            page.goto(address, wait_until="load")
            yield page
            page.wait_for_timeout(50)  # a late console message still arrives
        finally:
            opened_context.close()
        assert not faults, "\n".join(faults)

    return opened


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The page at the module's ``address``, on a phone. It must have no error, and say nothing."""
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(address)
    yield page
    page.close()
    assert not faults
