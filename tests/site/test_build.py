"""A build that must fail, fails: with the traceback of the cell, and the place of the diagram."""

from __future__ import annotations

import shutil
import subprocess
import sys

FAILING = """---
file_format: mystnb
kernelspec:
  name: python3
---

# Failing

```{code-cell} ipython3
quotient = 1 / (2 - 2)
```
"""
WRONG = """# Wrong

One line, and then:

```mermaid
sequenceDiagram
  P->>: nobody
```
"""


def test_a_failing_cell_and_a_wrong_diagram_fail_the_build(root, tmp_path):
    for name in ("conf.py", "_static", "_templates"):
        source = root / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "index.md").write_text(
        "# Home\n\n```{toctree}\nnotebooks/failing\ndocs/wrong\n```\n", "utf-8"
    )
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/failing.md").write_text(FAILING, "utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/wrong.md").write_text(WRONG, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", ".", "build/html"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    said = run.stdout + run.stderr
    assert run.returncode == 1, said
    assert "notebooks/failing.md: WARNING: Executing notebook failed" in said
    assert "ZeroDivisionError" in said and "quotient" in said
    assert "docs/wrong.md:5: WARNING: this diagram can't be drawn" in said, said[-2000:]
