"""Run the notebooks of a build side by side, before Sphinx reads their pages.

Sphinx reads pages one after the other, and MyST-NB executes a notebook when its page is read. A notebook
waits most of its time: for a JVM to start, for a job to end. So those that have no valid result run first, as
many at once as there is room for, each in a kernel and a folder of its own, and their results go into the
cache in which MyST-NB then finds them. (Sphinx's own parallel reading deals out pages in runs of the
alphabet, which puts all notebooks into one run.)

A notebook that starts a whole cluster takes more than its share. Its front matter says ``runs_alone: true``,
and it runs when the others have ended.

Nothing else changes: with ``nb_execution_mode`` other than ``cache``, MyST-NB executes as it always does.
A cell that fails is a warning with the page, the cell's line and the traceback, which ends a build that
runs with -W; its page is read without results, and not run again. When the build is interrupted, all
that the notebooks started ends with it.

What a kernel and the JVMs below it write to their standard output and error is no part of a page, and goes
into a file for each notebook, in ``notebook-logs`` beside the site. When the build fails, all of it is shown.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import Any

import psutil
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from guide.sphinx_ext.places import tidy
from guide.sphinx_ext.progress import Progress

logger = logging.getLogger(__name__)

MEMORY = 1_500_000_000
"""Bytes that a notebook with Spark takes at most: its Python, its JVM, its workers."""
RUNS_ALONE = "runs_alone"
"""The key in a notebook's front matter that asks for a machine without other notebooks."""
_STARTS = 3
"""How often a kernel may be started until it answers. Its ports are chosen before it takes them, and another
process can be quicker."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """One page that has to be run. ``content`` is the notebook as MyST-NB reads it."""

    docname: str
    path: Path
    content: Any

    @property
    def alone(self) -> bool:
        """Whether it asks that no other notebook runs at the same time."""
        return self.content.metadata.get(RUNS_ALONE) is True


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a notebook, whose cells hold their outputs now. ``seconds`` is how long it took."""

    seconds: float
    error: Exception | None = None
    """Why it ended early."""


def connect(app: Sphinx) -> None:
    """Run what has no result yet when Sphinx is about to read."""
    app.add_config_value("sparkwire_jobs", "auto", "", [str, int])
    app.connect("env-before-read-docs", _run_all)
    app.connect("build-finished", _show_logs_of_a_failure)


def jobs(wanted: str | int) -> int:
    """How many notebooks may run at once: ``wanted``, or for ``auto`` what the machine has room for."""
    if str(wanted) != "auto":
        return max(1, int(wanted))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    room = int(psutil.virtual_memory().available // MEMORY)
    return max(1, min(cores, room))


def _run_all(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    config: Any = env.mystnb_config  # type: ignore[attr-defined]  # MyST-NB puts it there
    if config.execution_mode != "cache":
        return
    cache = get_cache(config.execution_cache_path)
    # One of the theme's colour schemes, a11y_pygments, sets all logging to INFO when it is imported.
    getLogger("traitlets").setLevel("WARNING")
    waiting = [one for one in _notebooks(env, config, docnames) if not _is_cached(cache, one)]
    times = Path(app.outdir).parent / "execution-times.json"
    known = _known(times)
    # Those that take long first, or else the others wait for them at the end.
    waiting.sort(key=lambda one: (-known.get(one.docname, 0.0), -_size(one)))
    logs = _logs(app)
    shutil.rmtree(logs, ignore_errors=True)
    failed = []
    for notebook, ran in _run_many(waiting, config, logs, jobs(app.config.sparkwire_jobs)):
        if ran.error is not None:
            failed.append(notebook.path.as_posix())
            _report(notebook, ran.error)
            continue
        known[notebook.docname] = round(ran.seconds, 1)
        cache.cache_notebook_bundle(
            CacheBundleIn(notebook.content, str(notebook.path), data={"execution_seconds": ran.seconds}),
            check_validity=False,
            overwrite=True,
        )
    if waiting:
        times.parent.mkdir(parents=True, exist_ok=True)
        times.write_text(json.dumps(known, indent=1), "utf-8")
    if failed:  # MyST-NB shall not run them again
        skipped = [*config.execution_excludepatterns, *failed]
        env.mystnb_config = config.copy(execution_excludepatterns=skipped)  # type: ignore[attr-defined]


def _notebooks(env: BuildEnvironment, config: Any, docnames: list[str]) -> Iterator[Notebook]:
    """Those of the pages that are notebooks, read as MyST-NB reads them: its results are found by content."""
    for docname in docnames:
        path = Path(env.doc2path(docname))
        text = path.read_text("utf-8")
        reader = create_nb_reader(str(path), env.myst_config, config, text)  # type: ignore[attr-defined]
        if reader is not None:
            yield Notebook(docname, path, reader.read(text))


def _is_cached(cache: Any, notebook: Notebook) -> bool:
    try:
        cache.match_cache_notebook(notebook.content)
    except KeyError:
        return False
    return True


def _known(times: Path) -> dict[str, float]:
    """How long each page took the last time, as far as that is known."""
    try:
        return {str(name): float(value) for name, value in json.loads(times.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _size(notebook: Notebook) -> int:
    """How much code there is: which of two unknown pages takes longer is a guess."""
    return sum(len(cell.source) for cell in notebook.content.cells if cell.cell_type == "code")


def rounds(notebooks: list[Notebook], at_once: int) -> list[tuple[list[Notebook], int]]:
    """Who runs after whom: notebooks, each with how many of them may run at the same time."""
    together = [one for one in notebooks if not one.alone]
    alone = [one for one in notebooks if one.alone]
    return [(some, many) for some, many in ((together, at_once), (alone, 1)) if some]


def _run_many(
    notebooks: list[Notebook], config: Any, logs: Path, at_once: int
) -> Iterator[tuple[Notebook, Ran]]:
    """Run them, at most ``at_once`` at a time; yields each when it has ended."""
    if not notebooks:
        return
    progress = Progress("notebooks", len(notebooks), note=f"{at_once} at a time")
    try:
        for some, many in rounds(notebooks, at_once):
            yield from _side_by_side(some, config, logs, many, progress)
    finally:
        progress.close()


def _side_by_side(
    notebooks: list[Notebook], config: Any, logs: Path, at_once: int, progress: Progress
) -> Iterator[tuple[Notebook, Ran]]:
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="notebook")
    running: dict[Future[Ran], Notebook] = {}
    try:
        for one in notebooks:
            running[pool.submit(_run, one, config, logs, progress)] = one
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                notebook, ran = running.pop(future), future.result()
                progress.ended(notebook.docname, ran.seconds, how="failed" if ran.error else "")
                with progress.aside():
                    yield notebook, ran
    finally:
        for future in running:
            future.cancel()
        if running:  # interrupted, or one went wrong
            _end_children()
        pool.shutdown()


def _run(notebook: Notebook, config: Any, logs: Path, progress: Progress) -> Ran:
    """Run one notebook in a folder of its own. A kernel that never answered is started again."""
    log = logs / f"{notebook.docname}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    progress.began(notebook.docname)
    for attempt in range(1, _STARTS + 1):
        with tempfile.TemporaryDirectory() as folder, log.open("ab") as output:
            client = NotebookClient(
                notebook.content,
                resources={"metadata": {"path": folder}},
                timeout=config.execution_timeout,
                allow_errors=config.execution_allow_errors,
                # A command's output comes in pieces of 100 bytes, and MyST-NB would end a line after each.
                coalesce_streams=True,
                record_timing=False,
                on_cell_executed=lambda cell, cell_index, **_: progress.moved(
                    notebook.docname, f"{cell_index + 1}/{len(notebook.content.cells)}"
                ),
            )
            began = time.monotonic()
            try:
                client.execute(stdout=output, stderr=output)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:  # while it ran a cell
                return Ran(time.monotonic() - began, error)
            except RuntimeError:
                if attempt == _STARTS:
                    raise
            else:
                tidy(notebook.content, folder)
                return Ran(time.monotonic() - began)
    raise AssertionError("unreachable")


def _report(notebook: Notebook, error: Exception) -> None:
    """Warn, with the line of the cell that failed: the first that didn't end well."""
    line = None
    for cell, start in zip(
        notebook.content.cells, notebook.content.metadata.get("source_map", ()), strict=False
    ):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None or any(out.output_type == "error" for out in cell.outputs):
            line = start + 1
            if "raises-exception" not in cell.metadata.get("tags", ()):
                break
    logger.warning(
        "Executing notebook failed: %s\n%s",
        type(error).__name__,
        error,
        location=(notebook.docname, line),
        type="sparkwire",
        subtype="execution",
    )


def _logs(app: Sphinx) -> Path:
    """Where the notebooks' logs are, those of this build only."""
    return Path(app.outdir).parent / "notebook-logs"


def _show_logs_of_a_failure(app: Sphinx, exception: Exception | None) -> None:
    """Whatever Spark and Java said, when something went wrong: the reason may be in it."""
    if exception is None and not app._warncount:
        return
    for log in sorted(_logs(app).rglob("*.log")):
        if said := log.read_text("utf-8", "replace").strip():
            name = log.relative_to(_logs(app)).with_suffix("")
            print(f"\nWhat {name} and the JVMs below it wrote:\n{said}", file=sys.stderr, flush=True)


def _end_children() -> None:
    """End the kernels, and all that the notebooks started. JVMs get the time to tidy up."""
    getLogger("asyncio").setLevel("CRITICAL")  # nbclient's tasks end in the middle of something
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    for child in psutil.wait_procs(children, timeout=3)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
