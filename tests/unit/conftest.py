"""What the tests of pages share: HTML is read strictly."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest


class Outline(HTMLParser):
    """Reads HTML strictly: every element that needs an end tag must have it, in order."""

    VOID = frozenset({"br", "meta", "wbr"})
    PHRASING_ONLY = frozenset({"summary", "p", "code", "small", "b", "i", "a", "h1", "h2"})
    BLOCKS = frozenset({"div", "p", "ol", "ul", "li", "details", "table", "pre", "h1", "h2"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs), f"an attribute twice in {self.get_starttag_text()}"
        assert not (tag in self.BLOCKS and self.PHRASING_ONLY & set(self.open)), f"<{tag}> inside {self.open}"
        if tag == "a":
            assert "a" not in self.open
            assert "summary" not in self.open
        self.elements.append((tag, named))
        if "id" in named:
            self.ids.append(str(named["id"]))
        if "href" in named:
            self.links.append(str(named["href"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> where {self.open} is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def _check(html: str) -> Outline:
    """The outline of sound HTML: balanced, ids unique, links within it have their target, nothing foreign."""
    outline = Outline(html)
    assert len(outline.ids) == len(set(outline.ids)), "an id stands twice"
    for link in outline.links:
        assert link.startswith("#"), f"{link} leads out of it"
        assert link[1:] in outline.ids, f"{link} leads nowhere"
    for _, attributes in outline.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
    return outline


@pytest.fixture
def check():
    """``check(html)``: reads HTML strictly, fails on what is not sound, and gives its outline."""
    return _check
