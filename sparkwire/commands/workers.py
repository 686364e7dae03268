"""What becomes of the parts that Python workers recorded, at a program's beginning and end."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sparkwire.plain import in_line, many
from sparkwire.record import append_records
from sparkwire.trace.load import Trace
from sparkwire.trace.records import About, Notice
from sparkwire.trace.worker.parts import parts, parts_folder, read_parts


def add_workers(trace: Path, started_ns: int) -> list[str]:
    """Put the workers' parts into the trace, and remove them; returns what to say of it.

    Raises what ``append_records`` raises. The parts are still there then.
    """
    folder = parts_folder(trace)
    found = parts(folder)
    if not found:
        append_records(trace, started_ns, [notice := _nothing_recorded()])
        return [in_line(notice.text)]
    append_records(trace, started_ns, read_parts(found, Trace(trace).last_connection))
    remove_parts(folder)
    return [f"{many(len(found), 'Python worker')} recorded; see what they did with: sparkwire show --workers"]


def remove_parts(folder: Path) -> None:
    """Remove the parts in a folder, and the folder if nothing else is in it."""
    for path in parts(folder):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _nothing_recorded() -> Notice:
    """What to say when no worker left a part."""
    return Notice(
        About.WORKER,
        "No Python worker was recorded. Either the program ran none, or its workers ran where they aren't "
        "recorded: on a cluster, with spark.python.use.daemon=false, or with a daemon module of its own.",
        0,
    )
