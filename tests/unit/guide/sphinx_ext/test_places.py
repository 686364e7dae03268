"""What a cell printed is on the page without the machine's folders, and what isn't one stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from guide.sphinx_ext.places import ROOT, tidy, without_places


@pytest.mark.parametrize(
    "printed, kept",
    [
        ("Python 3.11 (/a/project/.venv/bin/python)", "Python 3.11 (.venv/bin/python)"),
        ("trace: /tmp/tmpx1/adam.sparkwire;", "trace: adam.sparkwire;"),
        ("file:/home/adam/.m2/x", "file:~/.m2/x"),
        ("cd /home/adam", "cd ~"),
        ("/home/adam2/x /home/adam.x", "/home/adam2/x /home/adam.x"),
        ("/x/home/adam/y", "/x/home/adam/y"),
        ("/a/projects/y /b/a/project/y", "/a/projects/y /b/a/project/y"),
        ("/tmp/spark-1/userFiles", "/tmp/spark-1/userFiles"),
    ],
)
def test_a_folder_of_the_machine_is_not_told(printed: str, kept: str) -> None:
    home = Path("/home/adam")
    assert without_places(printed, "/tmp/tmpx1", root=Path("/a/project"), home=home) == kept


def test_a_home_that_is_the_root_leaves_all_as_it_is() -> None:
    assert without_places("/x/y", "/tmp/tmpx1", home=Path("/")) == "/x/y"


def test_only_what_cells_printed_changes() -> None:
    shown = new_output("display_data", data={"text/plain": f"{ROOT}/a"})
    notebook = new_notebook(
        cells=[new_code_cell("x", outputs=[new_output("stream", text=f"{ROOT}/a /here/b"), shown])]
    )
    tidy(notebook, "/here")
    printed, kept = notebook.cells[0].outputs
    assert printed.text == "a b"
    assert kept.data["text/plain"] == f"{ROOT}/a"
