"""Cells that only check what a page says, folded into one line: ``Checked in this build: 5 facts``.

Such a cell has the tag ``hide-input``, prints nothing and holds assertions. It ran when the site was built,
or there would be no site. The line opens to the code.
"""

from __future__ import annotations

import ast

from docutils import nodes
from sphinx.application import Sphinx

from sparkwire.views import many


def connect(app: Sphinx) -> None:
    """Name the cells when a page has been read. MyST-NB folds them afterwards, with the words given here."""
    app.connect("doctree-read", lambda app, doctree: name(doctree))


def name(document: nodes.document) -> None:
    """Give each folded cell that only checks its line."""
    for cell in document.findall(nodes.container):
        if cell.get("nb_element") != "cell_code" or cell.get("hide_mode") != "input":
            continue
        if len(cell.children) == 1 and (facts := assertions(cell.astext())):
            cell["prompt_show"] = cell["prompt_hide"] = f"Checked in this build: {many(facts, 'fact')}"
            cell["classes"].append("checked")


def assertions(source: str) -> int:
    """How many ``assert`` statements a cell has; 0 for what isn't plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return 0
    return sum(isinstance(node, ast.Assert) for node in ast.walk(tree))
