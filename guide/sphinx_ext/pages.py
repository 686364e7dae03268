"""What every page gets after Furo made it: its place in the reading order, and a way in for the keyboard."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sparkwire.views import tag


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
    listed = app.env.toctree_includes.get(app.config.root_doc, [])
    chapters = [name for name in listed if re.fullmatch(r"notebooks/\d\d-.*", name)]
    if pagename in chapters and context.get("body"):
        place = tag("p", f"Chapter {chapters.index(pagename) + 1} of {len(chapters)}", class_="chapter-place")
        context["body"] = context["body"].replace("<h1>", f"{place}<h1>", 1)
