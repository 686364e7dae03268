"""A build that must fail says where and why; and whatever ends a build, ends what it started."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

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


WAITING = FAILING.replace("Failing", "Waiting").replace(
    "quotient = 1 / (2 - 2)",
    """import time
from pathlib import Path

from guide.gateways.plain import PlainGateway

started = PlainGateway()
Path(SIGN).touch()
time.sleep(250)""",
)


def tree(root: Path, folder: Path, **pages: str) -> list[str]:
    """A site of these notebooks in ``folder``; returns the command that builds it as `make html` does."""
    for name in ("conf.py", "_static", "_templates"):
        source = root / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "notebooks").mkdir()
    for name, text in pages.items():
        (folder / "notebooks" / f"{name}.md").write_text(text, "utf-8")
    listed = "\n".join(f"notebooks/{name}" for name in pages)
    (folder / "index.md").write_text(f"# Home\n\n```{{toctree}}\n{listed}\n```\n", "utf-8")
    return [
        *(sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"),
        *("-D", "nb_execution_mode=cache", "-D", "sparkwire_jobs=2", ".", "build/html"),
    ]


def test_a_failing_cell_and_a_wrong_diagram_fail_the_build(root, tmp_path):
    after = FAILING.replace("2 - 2", "2 - 1").replace("Failing", "Fine")
    command = tree(root, tmp_path, fine=after, failing=FAILING, wrong=WRONG)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    said = run.stdout + run.stderr
    assert run.returncode == 1, said
    # Line 10 is the first of the cell; it is reported, and run, only once.
    assert said.count("Executing notebook failed") == 1, said
    assert "notebooks/failing.md:10: WARNING: Executing notebook failed" in said
    assert "ZeroDivisionError" in said
    assert "quotient" in said
    assert "notebooks/wrong.md:5: WARNING: this diagram can't be drawn" in said, said[-2000:]
    assert "fine.md" not in said
    # What failed isn't kept as a result: a second build without Sphinx's own memory fails again.
    shutil.rmtree(tmp_path / "build" / "html")
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 1
    assert "notebooks/failing.md:10: WARNING: Executing notebook failed" in again.stdout + again.stderr


NOISY = FAILING.replace("Failing", "Noisy").replace(
    "quotient = 1 / (2 - 2)",
    """import os
import subprocess

os.write(2, b"the kernel itself\\n")
_ = subprocess.Popen(["sh", "-c", "echo a child of the kernel >&2"]).wait()""",
)


def test_a_build_tells_what_it_does_and_keeps_what_spark_says_for_a_failure(root, tmp_path):
    """Spark's JVMs write to the kernel's standard error, as any child does."""
    fine = FAILING.replace("2 - 2", "2 - 1").replace("Failing", "Fine")
    command = tree(root, tmp_path, noisy=NOISY, fine=fine)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    lines = run.stderr.splitlines()
    assert lines[0] == "notebooks: 2 to do, 2 at a time"
    for name in ("notebooks/noisy", "notebooks/fine"):
        assert f"notebooks: {name} began" in lines
        assert len([line for line in lines if line.startswith(f"notebooks: {name} ran in ")]) == 1, lines
    assert "; 0 left" in run.stderr
    for noise in ("the kernel itself", "a child of the kernel"):
        assert noise not in run.stdout + run.stderr

    # A second build runs the changed notebook only. As that fails, what it and its processes wrote is shown.
    failing = tmp_path / "notebooks" / "fine.md"
    failing.write_text(NOISY.replace("_ =", "1 / 0; _ =").replace("the kernel itself", "before it failed"))
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 1
    assert "notebooks: 1 to do" in again.stderr
    assert "notebooks: notebooks/fine failed in" in again.stderr
    shown = again.stderr.partition("What notebooks/fine and the JVMs below it wrote:\n")[2]
    assert shown.startswith("before it failed")


def test_a_line_that_a_command_prints_is_one_line_of_the_page(root, tmp_path):
    """IPython reads what a command prints in pieces of 100 bytes."""
    line = " ".join(f"word{n:03}" for n in range(80))
    cell = f"%%bash\nprintf '%s\\n' '{line}' 'the second line'\necho '{line}' >&2"
    page = FAILING.replace("Failing", "Long").replace("quotient = 1 / (2 - 2)", cell)
    command = tree(root, tmp_path, long=page)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    html = (tmp_path / "build" / "html" / "notebooks" / "long.html").read_text("utf-8")
    assert f"{line}\nthe second line\n" in html
    assert html.count(f"{line}\n") == 2


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_what_a_build_started_ends_with_it(root, tmp_path, ending):
    """Two notebooks run, each with a JVM, when the build is ended: by Ctrl-C, politely, and by force."""
    signs = [tmp_path / "one is up", tmp_path / "two is up"]
    one, two = (WAITING.replace("SIGN", repr(str(sign))) for sign in signs)
    command = tree(root, tmp_path, one=one, two=two)
    with (tmp_path / "log").open("w") as log:
        build = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    started: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 120
        while not all(sign.exists() for sign in signs):
            assert build.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        started = psutil.Process(build.pid).children(recursive=True)
        assert sum("java" in process.name() for process in started) == 2
        build.send_signal(ending)
        assert build.wait(60) != 0
        assert psutil.wait_procs(started, timeout=30)[1] == []
    finally:
        for process in [*started, psutil.Process(build.pid)] if build.poll() is None else started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
