"""Which notebooks of a build run side by side, and which run alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from guide.sphinx_ext import execution
from guide.sphinx_ext.execution import Notebook, Ran, rounds

PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
{line}---

# A page

```{{code-cell}} ipython3
1 + 1
```
"""


def notebook(name: str, line: str = "") -> Notebook:
    """A page, read as MyST-NB reads it."""
    content = read_myst_markdown_notebook(PAGE.format(line=line), MdParserConfig())
    return Notebook(name, Path(f"{name}.md"), content)


TOGETHER = [notebook("a"), notebook("b"), notebook("c", "runs_alone: false\n")]
ALONE = [notebook(name, "runs_alone: true\n") for name in ("x", "y")]


def test_a_page_says_in_its_front_matter_that_it_runs_alone():
    assert [one.alone for one in [*TOGETHER, *ALONE]] == [False, False, False, True, True]


def test_what_runs_alone_runs_after_the_others():
    mixed = [ALONE[0], *TOGETHER, ALONE[1]]
    assert rounds(mixed, 4) == [(TOGETHER, 4), (ALONE, 1)]
    assert rounds(TOGETHER, 2) == [(TOGETHER, 2)]
    assert rounds(ALONE, 2) == [(ALONE, 1)]
    assert rounds([], 2) == []


def test_nothing_else_runs_while_a_page_runs_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    lock, running, seen = threading.Lock(), set(), {}
    both = threading.Barrier(2, timeout=60)

    def run(one: Notebook, *rest: object) -> Ran:
        with lock:
            running.add(one.docname)
            seen[one.docname] = set(running)
        if one in TOGETHER[:2]:
            both.wait()  # ends only when two run side by side
        with lock:
            running.remove(one.docname)
        return Ran(0.0)

    monkeypatch.setattr(execution, "_run", run)
    ended = [one for one, _ in execution._run_many([*ALONE, *TOGETHER], None, tmp_path, 2)]
    assert [one.docname for one in ended[-2:]] == ["x", "y"]
    assert len(ended) == 5
    assert seen["x"] == {"x"}
    assert seen["y"] == {"y"}
