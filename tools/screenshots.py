"""Pictures of built pages: light and dark, wide and phone.

    python tools/screenshots.py [PAGE ...] [-o DIR]    PAGE is a path below build/html; by default every page
    python tools/screenshots.py --picture              the one that README.md shows (make picture)

Run ``make html`` first. The pictures go to build/screenshots.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import browser as browser_tool
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "html"
WIDTHS = {"wide": 1280, "phone": 390}
PICTURE_OF = "notebooks/01-first-contact.html"


def shoot(
    browser: Browser, page_path: Path, target: Path, scheme: str, width: int, whole: bool = True
) -> None:
    """One picture of one page. ``whole`` takes all of it, else what a screen shows."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(page_path.as_uri(), wait_until="load")
    if not whole:
        # The first drawing is what the page is about.
        page.evaluate(
            "scrollTo(0, (document.querySelector('.diagram')?.getBoundingClientRect().top ?? 0) - 220)"
        )
        page.wait_for_timeout(300)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target, full_page=whole)
    context.close()
    print(target.relative_to(ROOT) if target.is_relative_to(ROOT) else target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of built pages")
    parser.add_argument(
        "pages", nargs="*", metavar="PAGE", help="a path below build/html (default: every page)"
    )
    parser.add_argument("-o", dest="folder", type=Path, default=ROOT / "build" / "screenshots", metavar="DIR")
    parser.add_argument("--picture", action="store_true", help="take the picture that README.md shows")
    arguments = parser.parse_args()
    pages = arguments.pages or sorted(
        path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts
    )
    if arguments.picture:
        pages = [PICTURE_OF]
    missing = [page for page in pages if not (SITE / page).is_file()]
    if missing or not pages:
        raise SystemExit(
            f"screenshots: not in build/html: {', '.join(missing) or 'any page'}. Run: make html"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_tool.find(), args=browser_tool.FLAGS)
        if arguments.picture:
            picture = ROOT / "docs" / "images" / "first-contact.png"
            shoot(browser, SITE / PICTURE_OF, picture, "light", WIDTHS["wide"], whole=False)
        else:
            for page in pages:
                for scheme in ("light", "dark"):
                    for name, width in WIDTHS.items():
                        stem = page.removesuffix(".html").replace("/", "-")
                        target = (arguments.folder / f"{stem}-{scheme}-{name}.png").resolve()
                        shoot(browser, SITE / page, target, scheme, width)
        browser.close()


if __name__ == "__main__":
    main()
