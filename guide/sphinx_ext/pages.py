"""What every page gets after Furo made it: its place in the reading order, and a way in for the keyboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sparkwire.views import tag

_CHAPTER = re.compile(r"notebooks/(?P<number>\d\d)(?P<part>[a-z]?)-.*")


def connect(app: Sphinx) -> None:
    """Finish each page, after Furo's own handler, which makes the navigation."""
    app.connect("html-page-context", _reach_by_keyboard, priority=900)
    app.connect("html-page-context", _place_in_order, priority=900)


def _reach_by_keyboard(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the keyboard reach code and tables, which scroll sideways when they are wider than the page."""
    body = context.get("body")
    if body:
        body = body.replace('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">')
        body = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
        context["body"] = body
    # Sphinx makes headings of the contents' captions, without the level that the role asks for.
    navigation = context.get("furo_navigation_tree")
    if navigation:
        levelled = navigation.replace('role="heading">', 'role="heading" aria-level="2">')
        context["furo_navigation_tree"] = levelled


def _place_in_order(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Say above a chapter's title which one it is, of how many."""
    place = place_in_order(pagename, app.env.toctree_includes.get(app.config.root_doc, []))
    if place and context.get("body"):
        line = tag("p", place, class_="chapter-place")
        context["body"] = context["body"].replace("<h1>", f"{line}<h1>", 1)


def place_in_order(pagename: str, listed: Sequence[str]) -> str:
    """Such as "Chapter 4 of 8"; empty for a page that is no chapter.

    ``listed`` has all pages in their order. A chapter in two parts has a letter in its second one's name
    (``04b``), which is chapter 4b and doesn't count again.
    """
    chapters = [found for name in listed if (found := _CHAPTER.fullmatch(name))]
    here = next((found for found in chapters if found[0] == pagename), None)
    if here is None:
        return ""
    return f"Chapter {int(here['number'])}{here['part']} of {len({found['number'] for found in chapters})}"
