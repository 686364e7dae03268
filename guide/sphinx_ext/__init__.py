"""What the site adds to Sphinx.

``execution`` runs the notebooks side by side before pages are read; ``progress`` tells of it meanwhile, and
``status`` afterwards. ``diagrams`` draws Mermaid to SVG, ``glossary`` links its words, ``entries`` links
pages with the wire's reference, ``entry_list`` lists the entries of a page of questions, ``answers`` boxes
their answers, ``checks`` folds the cells that only check, ``pages`` finishes each page, and
``search_index`` collects what the search finds. Settings are in conf.py.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from guide.sphinx_ext import (
    answers,
    checks,
    diagrams,
    entries,
    entry_list,
    execution,
    glossary,
    pages,
    progress,
    search_index,
    status,
)

_PARTS = (
    execution,
    progress,
    status,
    diagrams,
    glossary,
    entries,
    entry_list,
    answers,
    checks,
    pages,
    search_index,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's way in."""
    for part in _PARTS:
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
