"""A table as HTML, in a box that scrolls where the page is narrower. It imports its sibling ``text``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sparkwire.views.text import escape


def table_html(name: str, heads: Sequence[str], rows: Iterable[str], kind: str = "sw-map") -> str:
    """``name`` is what screen readers call the box, ``kind`` the table's class; a row is a ``<tr>``."""
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return (
        f'<div class="sw-w" tabindex="0" role="group" aria-label="{escape(name)}"><table class="{kind}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
