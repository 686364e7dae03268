"""Keeps the folders of the machine that builds the site off its pages.

A command in a notebook prints where files lie, and a page would tell everybody what that is called here. So
in what cells printed, files are named from the project's folder on, and the home folder is ``~``. Nothing
else changes: messages are shown to the byte, and would no longer be what crossed the wire.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def without_places(text: str, here: str, *, root: Path = ROOT, home: Path | None = None) -> str:
    """What was printed, without the folders ``here`` (the notebook's own), the project's and the home."""
    for folder in (Path(here), root):
        text = re.sub(rf"(?<![\w/.-]){re.escape(str(folder))}/", "", text)
    home = Path.home() if home is None else home
    return (
        text
        if home == Path(home.anchor)
        else re.sub(rf"(?<![\w/.-]){re.escape(str(home))}(?![\w.-])", "~", text)
    )


def tidy(notebook: Any, here: str) -> None:
    """Do so for all that the cells of a notebook printed."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = without_places(output.text, here)
