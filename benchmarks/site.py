"""How long ``make html`` takes when there is nothing to do, against a build from nothing.

Cold means that every notebook runs and every page is written; the environment in .venv is there already.
It throws away what the build keeps in build/ and makes it again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from time import perf_counter

from benchmarks.measure import Result, Row

ROOT = Path(__file__).resolve().parent.parent
COLD = Row("site-cold", "Cold make html: all notebooks run, all pages written", "", unit="s")
ONE_BY_ONE = Row("site-one-by-one", "Cold make html JOBS=1: one notebook after the other", "cold")
WARM = Row("site-warm", "Warm make html: nothing has changed", "cold")
PAGES = Row("site-pages", "make html with all pages written anew, no notebook run", "cold")
ROWS = (COLD, ONE_BY_ONE, PAGES, WARM)

WARM_ROUNDS = 3


def measure() -> list[Result]:
    """Build the site cold, then again. Raises CalledProcessError when it doesn't build."""
    if os.environ.get("BENCH_SITE") == "0":
        return [Result(row, missing="not measured: BENCH_SITE=0") for row in ROWS]
    _make(".venv/.java")  # whatever the environment lacks is not the build's time
    one_by_one, cold = (_cold(jobs) for jobs in ("JOBS=1", "JOBS=auto"))
    pages = []
    for _ in range(WARM_ROUNDS):
        shutil.rmtree(ROOT / "build" / "html")
        shutil.rmtree(ROOT / "build" / "doctrees")
        pages.append(_make("html") / cold)
    warm = tuple(_make("html") / cold for _ in range(WARM_ROUNDS))
    return [
        Result(COLD, (cold,)),
        Result(ONE_BY_ONE, (one_by_one / cold,)),
        Result(PAGES, tuple(pages)),
        Result(WARM, warm),
    ]


def _cold(jobs: str) -> float:
    for kept in ("html", "doctrees", "jupyter_cache", "diagrams"):
        shutil.rmtree(ROOT / "build" / kept, ignore_errors=True)
    return _make("html", jobs)


def _make(*arguments: str) -> float:
    """Seconds that ``make`` takes, in an environment of its own and not that of the make around it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    begun = perf_counter()
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"make {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return perf_counter() - begun
