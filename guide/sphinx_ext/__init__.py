"""What the site adds to Sphinx.

``execution`` runs the notebooks side by side before pages are read; ``progress`` tells of it meanwhile, and
``status`` afterwards. ``diagrams`` draws Mermaid to SVG, ``glossary`` links its words, ``entries`` links
pages with the wire's reference, ``entry_list`` lists the entries of a page of questions, and ``pages``
finishes each page. Settings are in conf.py.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from guide.sphinx_ext import diagrams, entries, entry_list, execution, glossary, pages, progress, status


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's way in."""
    for part in (execution, progress, status, diagrams, glossary, entries, entry_list, pages):
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
