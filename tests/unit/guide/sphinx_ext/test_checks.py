"""Cells that only check are named so, with the right number, and no other cell is."""

from __future__ import annotations

import pytest
from docutils import nodes
from docutils.utils import new_document

from guide.sphinx_ext.checks import assertions, name

TWO = "x = 1\nassert x == 1\nfor y in (1, 2):\n    assert y > 0, 'assert'"


def cell(source: str, *, printed: bool = False, mode: str = "input") -> nodes.container:
    parts = [nodes.container("", nodes.literal_block(source, source), nb_element="cell_code_source")]
    if printed:
        parts.append(nodes.container("", nodes.paragraph("", "out"), nb_element="cell_code_output"))
    return nodes.container("", *parts, nb_element="cell_code", hide_mode=mode, prompt_show="Show", classes=[])


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (cell(TWO), "Checked in this build: 2 facts"),
        (cell("assert True"), "Checked in this build: 1 fact"),
        (cell("import os"), "Show"),
        (cell(TWO, printed=True), "Show"),
        (cell(TWO, mode="input+output"), "Show"),
        (cell("%%wire x\nassert True"), "Show"),
    ],
    ids=["two", "one", "none", "prints", "a solution", "records"],
)
def test_a_cell_that_only_checks_is_named(one, shown):
    document = new_document("page")
    document += one
    name(document)
    assert one["prompt_show"] == shown
    assert ("checked" in one["classes"]) == (shown != "Show")


def test_what_is_no_statement_is_no_fact():
    assert assertions("text = 'assert False'\n# assert\nassertion = 1") == 0
