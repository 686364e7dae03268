"""Measure, print the tables, and write them into the docs: everything, or the parts that are named.

``python -m benchmarks`` measures everything. ``python -m benchmarks workers`` measures one part, and leaves
the others as they were measured: each part says when that was, and on what.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import decoding, memory, page, round_trip, site, system, workers
from benchmarks.measure import Result
from sparkwire.jvm.java import Java, find_java

Measure = Callable[[Java, Path], list[Result]]
MEASURES: dict[str, tuple[Measure, ...]] = {
    "recording": (round_trip.measure, memory.measure),
    "workers": (lambda java, folder: workers.measure(folder),),
    "system": (lambda java, folder: system.measure(folder),),
    "decoding": (decoding.measure,),
    "site": (lambda java, folder: site.measure(),),
}
"""What measures each part of the page, in the page's order."""


def main(asked: list[str]) -> None:
    unknown = [name for name in asked if name not in MEASURES]
    if unknown:
        raise SystemExit(f"benchmarks: there is no part {unknown[0]!r}: there are {', '.join(MEASURES)}")
    java = find_java()
    if not isinstance(java, Java) or not java.traces_methods:
        raise SystemExit("benchmarks: Java 25 is needed; `make bench` brings its own")
    names = [name for name in MEASURES if name in asked or not asked]
    sections: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(f"Measuring: {name} ...", file=sys.stderr, flush=True)
            results = [one for measure in MEASURES[name] for one in measure(java, Path(folder))]
            sections[name] = page.section(name, results, _machine(java))
            print(sections[name], flush=True)
            page.write({name: sections[name]})
    print(f"Written to {page.PAGE.relative_to(site.ROOT)}", file=sys.stderr)


def _machine(java: Java) -> list[str]:
    """When, with which versions, and on what kind of machine."""
    busy = f"load average {os.getloadavg()[0]:.1f} at the end"
    spark, py4j = metadata.version("pyspark"), metadata.version("py4j")
    return [
        datetime.now(UTC).strftime("%Y-%m-%d"),
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {busy}",
        f"Python {platform.python_version()}, PySpark {spark}, Py4J {py4j}, Java {java.version}",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
