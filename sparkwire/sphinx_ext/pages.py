"""What every page gets after Furo made it: places that scroll, within reach of the keyboard."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def connect(app: Sphinx) -> None:
    """Finish each page, after Furo's own handler, which makes the navigation."""
    app.connect("html-page-context", _reach_by_keyboard, priority=900)


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
