"""``sparkwire join``: put what Python workers recorded on other machines into the program's trace."""

from __future__ import annotations

import argparse
from pathlib import Path

from sparkwire.errors import CannotRun
from sparkwire.plain import many
from sparkwire.record import append_records
from sparkwire.trace.format import PART, TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import Worker
from sparkwire.trace.worker.parts import parts, read_parts


def main(options: argparse.Namespace) -> int:
    """Join; 0. Raises ``CannotRun``, and ``TraceError`` for what is no trace or no part.

    A part whose worker is in the trace already is left out, so that joining twice does no harm. The parts
    stay where they are.
    """
    trace = Path(options.trace)
    opened = load(trace)
    known = {(run.worker.host, run.worker.pid, run.worker.daemon) for run in opened.runs}
    found = list(dict.fromkeys(path.resolve() for given in options.parts for path in _parts(Path(given))))
    new = [path for path in found if not known.intersection(_workers(path))]
    append_records(trace, opened.header.started_ns, read_parts(new, opened.last_connection))
    left = len(found) - len(new)
    already = (
        f"; {many(left, 'part')} of workers that it had was left out"
        if left == 1
        else (f"; {many(left, 'part')} of workers that it had were left out" if left else "")
    )
    print(f"joined {many(len(new), 'Python worker')} to {trace}{already}")
    return 0


def _parts(given: Path) -> list[Path]:
    if not given.exists():
        raise CannotRun(f"there is no {given}. Name a part (*{PART}), or a folder with parts.")
    if not given.is_dir():
        return [given]
    if not (inside := parts(given)):
        raise CannotRun(f"the folder {given} has no parts (*{PART}) in it.")
    return inside


def _workers(part: Path) -> set[tuple[str, int, int]]:
    """The workers that recorded a part, one as a rule."""
    return {(one.host, one.pid, one.daemon) for one in TraceReader(part) if isinstance(one, Worker)}
