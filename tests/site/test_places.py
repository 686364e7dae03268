"""Pages don't tell about the machine on which they were built."""

from __future__ import annotations

import platform
import re
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

_TEMPORARY = re.escape(tempfile.gettempdir())
PLACES = {
    "the project's folder": re.escape(str(ROOT)),
    "the home folder": rf"(?<![\w/.~-]){re.escape(str(Path.home()))}(?=[/\s\"'<:,;)]|$)",
    # Java's own is /tmp on every Linux, and Spark's folders in it are on the wire.
    "a temporary folder": rf"{_TEMPORARY}/(?:tmp[a-z0-9_]|sparkwire-)",
    "the kernel's release": re.escape(platform.release()),
}


def told(text: str) -> dict[str, str]:
    """What a text tells of this machine, with the words around it."""
    found = {}
    for what, expression in PLACES.items():
        if match := re.search(expression, text, re.MULTILINE):
            found[what] = text[max(match.start() - 60, 0) : match.end() + 60]
    return found


def test_a_page_names_no_place_of_the_machine(site: Path, path: str) -> None:
    assert told((site / path).read_text("utf-8")) == {}


def test_the_search_index_names_none_either(site: Path) -> None:
    assert told((site / "_static/search/sections.js").read_text("utf-8")) == {}


@pytest.mark.parametrize(
    "what, text",
    [
        ("the project's folder", f"Python 3 ({ROOT}/.venv/bin/python)"),
        ("the home folder", f"({Path.home()}/.cache)"),
        ("the home folder", f"cd {Path.home()}"),
        ("a temporary folder", f"trace: {tempfile.gettempdir()}/tmp4t9nvq9l/adam.sparkwire"),
        ("the kernel's release", f"Linux {platform.release()} x86_64"),
    ],
    # Not by their texts: two processes that share the tests must name them alike.
    ids=["project", "home and more", "home", "temporary", "kernel"],
)
def test_it_would_be_found(what: str, text: str) -> None:
    assert what in told(text)
