"""Find a Chromium to open the built site with, or get one, and print its path.

In this order: Debian's own package (installed when this is Debian and we are root), a Chromium or Chrome that
is there, Playwright's own download into build/browsers. One that can't open a page doesn't count. When
none is left this fails with what to do; the tests are never skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FLAGS = [
    # It opens only pages that this tree built, and its sandbox needs rights that containers withhold.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # No request but the pages' own.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def _say(text: str) -> None:
    print(f"browser: {text}", file=sys.stderr, flush=True)


def _works(path: str) -> bool:
    """Whether this browser opens a page without a screen."""
    page = "<p>opened</p>"
    with tempfile.TemporaryDirectory() as profile:
        command = [
            path,
            "--headless",
            *FLAGS,
            f"--user-data-dir={profile}",
            "--dump-dom",
            f"data:text/html,{page}",
        ]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _say(f"{path} does not work: {error}")
            return False
    if page in run.stdout:
        return True
    _say(f"{path} does not open a page: {(run.stderr.strip().splitlines() or ['no message'])[-1]}")
    return False


def _from_debian() -> str | None:
    """Debian's chromium, installed first where it is absent and we may. (Ubuntu's is a snap: not this.)"""
    apt = shutil.which("apt-get")
    release = Path("/etc/os-release")
    is_debian = release.is_file() and "\nID=debian\n" in "\n" + release.read_text("utf-8")
    if not Path("/usr/bin/chromium").exists() and apt and is_debian and os.geteuid() == 0:
        _say("installing Debian's chromium package")
        quiet = {
            "stdin": subprocess.DEVNULL,
            "stdout": sys.stderr,
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run([apt, "-qq", "update"], check=False, **quiet)
        wanted = ["chromium", "fonts-liberation", "fonts-dejavu-core"]
        subprocess.run(
            [apt, "-qq", "-y", "--no-install-recommends", "install", *wanted], check=False, **quiet
        )
    return "/usr/bin/chromium" if is_debian and Path("/usr/bin/chromium").exists() else None


def _from_playwright() -> str | None:
    """Playwright's own Chromium, downloaded into build/ so that nothing else on the machine changes."""
    os.environ["PLAYWRIGHT_BROWSERS_PATH"] = str(ROOT / "build/browsers")
    _say("downloading Chromium with Playwright's installer into build/browsers")
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(install, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode != 0:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return str(playwright.chromium.executable_path)


def find() -> str:
    """The path of a browser that works. Raises ``SystemExit`` with what to do when there is none."""
    named = os.environ.get("SPARKWIRE_BROWSER")
    if named:
        return named
    there = [path for name in NAMES if (path := shutil.which(name))]
    there += [path for path in APPLICATIONS if Path(path).exists()]
    debian = _from_debian()
    for path in dict.fromkeys([debian] * bool(debian) + there):
        if path and _works(path):
            return path
    downloaded = _from_playwright()
    if downloaded and _works(downloaded):
        return downloaded
    raise SystemExit(
        "browser: no Chromium works here, and the tests of the built site need one. "
        "Install it (on Debian: apt install chromium) or name one: "
        "SPARKWIRE_BROWSER=/path/to/chrome make test"
    )


if __name__ == "__main__":
    print(find())
