"""The built files, read as text: links inside the site lead somewhere; nothing is asked of another host."""

from __future__ import annotations

from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        for name, value in attrs:
            if (
                (tag, name) in LOADED
                and value
                and values.get("rel") not in ("search", "canonical", "license")
            ):
                self.loads.append(value)


@cache
def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def test_every_link_inside_the_site_leads_somewhere(site, path):
    here = site / path
    lost = []
    for link in _read(here).links + _read(here).loads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (here.parent / unquote(parts.path)).resolve() if parts.path else here.resolve()
        if not target.is_file():
            lost.append(f"{link}: no such file")
        elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in _read(target).ids:
            lost.append(f"{link}: no such place")
    assert not lost, "\n".join(lost)


def test_nothing_is_loaded_from_another_host(site, path):
    away = [load for load in _read(site / path).loads if urlsplit(load).netloc]
    assert not away, "\n".join(away)


def test_ids_are_unique(site, path):
    twice = [name for name, count in Counter(_read(site / path).ids).items() if count > 1]
    assert not twice, f"ids that occur more than once: {twice}"


def test_no_style_sheet_asks_another_host(site):
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        for foreign in ("url(http", "url(//", "@import"):
            assert foreign not in text, sheet


def test_no_diagram_script_is_in_the_pages(site, path):
    text = (site / path).read_text("utf-8")
    assert "mermaid.esm" not in text
    assert "mermaid.min" not in text
