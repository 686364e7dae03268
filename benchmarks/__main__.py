"""Measure everything, print the table, and write it into the docs. ``BENCH_SITE=0`` leaves out the site."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import decoding, memory, page, round_trip, site, system
from benchmarks.measure import Result
from sparkwire.jvm.java import Java, find_java


def main() -> None:
    java = find_java()
    if not isinstance(java, Java) or not java.traces_methods:
        raise SystemExit("benchmarks: Java 25 is needed; `make bench` brings its own")
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in (
            ("round trips", lambda: round_trip.measure(java, Path(folder))),
            ("what the system takes", lambda: system.measure(Path(folder))),
            ("decoding", lambda: decoding.measure(java, Path(folder))),
            ("memory", lambda: memory.measure(java, Path(folder))),
            ("the site", site.measure),
        ):
            print(f"Measuring {name} ...", file=sys.stderr, flush=True)
            results += measure()
    text = page.block(results, _machine(java))
    page.write(text)
    print(text)
    print(f"Written to {page.PAGE.relative_to(site.ROOT)}", file=sys.stderr)


def _machine(java: Java) -> list[str]:
    """When, with which versions, and on what kind of machine."""
    busy = f"load average {os.getloadavg()[0]:.1f} at the end"
    return [
        datetime.now(UTC).strftime("%Y-%m-%d"),
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {busy}",
        f"Python {platform.python_version()}, Py4J {metadata.version('py4j')}, Java {java.version}",
    ]


if __name__ == "__main__":
    main()
