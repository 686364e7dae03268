"""The tool's public names: which they are, and that pages use no others."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from test_imports import FILES, ROOT, public

import sparkwire
from sparkwire import views
from sparkwire.wire import gateway, worker

NAMES = {
    "Direction", "Exchange", "Field", "Java", "Malformed", "Message", "NoJava", "Recorder", "Recording",
    "Run", "SparkwireError", "Supervisor", "Trace", "find_java", "held_objects", "load",
    "load_ipython_extension",
    "method_filter", "wait_for_releases",
}  # fmt: skip
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?::tags: \[[^\]]*\]\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted([*(ROOT / "notebooks").glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_public_names_are_these():
    assert set(sparkwire.__all__) == NAMES
    assert len(sparkwire.__all__) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_is_there_and_says_what_it_is(name):
    assert getattr(sparkwire, name).__doc__
    assert name in dir(sparkwire)


def test_the_types_that_a_checker_sees_are_the_same():
    [block] = [
        node
        for node in ast.parse(Path(sparkwire.__file__).read_text("utf-8")).body
        if isinstance(node, ast.If)
    ]
    seen = {
        (n.module, a.name, a.asname) for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names
    }
    assert seen == {(where, name, name) for name, where in sparkwire._WHERE.items()}


@pytest.mark.parametrize("module", [views, gateway, worker], ids=lambda module: module.__name__)
def test_what_a_public_module_offers_is_there(module):
    assert module.__name__ in sparkwire.PUBLIC_MODULES
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert sorted(module.__all__) == sorted(set(module.__all__))


def test_a_name_that_is_not_there_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="module 'sparkwire' has no attribute 'Wire'"):
        sparkwire.Wire  # noqa: B018


def test_importing_the_tool_imports_nothing_else():
    asked = (
        "import sys; before = set(sys.modules); import sparkwire; print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert [name for name in loaded.split() if name.startswith("sparkwire")] == ["sparkwire"]


def test_looking_at_a_trace_loads_no_recorder():
    asked = "import sys, sparkwire.commands.show; sparkwire.load; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    forbidden = {"psutil", "py4j", "pyspark", "IPython", "socket", "sparkwire.record", "sparkwire.jvm"}
    assert forbidden & set(loaded.split()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_use_public_names_only(page):
    wrong = []
    for cell in CELL.findall(page.read_text("utf-8")):
        for line in re.findall(r"^\s*(?:from|import) sparkwire\b.*$", cell, re.MULTILINE):
            node = ast.parse(line.strip()).body[0]
            names = (
                [f"{node.module}.{a.name}" for a in node.names]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
            )
            wrong += [name for name in names if not public(name)]
    assert wrong == []


def classes() -> list[str]:
    """The names of all classes of both houses that are for more than their own module."""
    return [
        node.name
        for file in FILES
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def test_a_noun_has_one_owner():
    counts = Counter(classes())
    assert [name for name, count in counts.items() if count > 1] == []
    assert {
        "Field",
        "Message",
        "Malformed",
        "Conversation",
        "Chunk",
        "Turn",
        "Exchange",
        "Join",
        "Trace",
    } <= set(counts)
