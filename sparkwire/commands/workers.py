"""What becomes of the parts that Python workers recorded, at a program's beginning and end."""

from __future__ import annotations

import contextlib
import shlex
import socket
from collections.abc import Iterable
from pathlib import Path

from sparkwire.plain import in_line, many
from sparkwire.record import append_records
from sparkwire.record.worker_settings import elsewhere
from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import Trace
from sparkwire.trace.records import About, Notice, Worker
from sparkwire.trace.worker.parts import parts, parts_folder, read_parts


def add_workers(trace: Path, started_ns: int, master: str = "") -> list[str]:
    """Put the workers' parts into the trace, and remove them; returns what to say of it.

    ``master`` is that of the cluster on which the program ran, if it did. Raises what ``append_records``
    raises. The parts are still there then.
    """
    folder = parts_folder(trace)
    found = parts(folder)
    if not found:
        append_records(trace, started_ns, [notice := _nothing_recorded(trace, master)])
        return [in_line(notice.text)]
    append_records(trace, started_ns, read_parts(found, Trace(trace).last_connection))
    hosts = _hosts(found)
    remove_parts(folder)
    recorded = many(len(found), "Python worker")
    said = [f"{recorded} recorded; see what they did with: sparkwire show --workers"]
    if master:
        where = "on this machine" if hosts <= {socket.gethostname()} else f"on {many(len(hosts), 'machine')}"
        said.append(f"these were {where}. {_elsewhere(trace)}")
    return said


def remove_parts(folder: Path) -> None:
    """Remove the parts in a folder, and the folder if nothing else is in it."""
    for path in parts(folder):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _hosts(found: Iterable[Path]) -> set[str]:
    """The machines whose workers left these parts."""
    hosts: set[str] = set()
    for path in found:
        with contextlib.suppress(Exception):  # what can't be read was said
            hosts.update(record.host for record in TraceReader(path) if isinstance(record, Worker))
    return hosts


def _nothing_recorded(trace: Path, master: str) -> Notice:
    """What to say when no worker left a part."""
    if master:
        text = (
            f"No Python worker was recorded on this machine. The program ran on the cluster {master}. Either "
            "it ran no Python worker, or the executors don't have sparkwire: sparkwire pack makes an archive "
            f"that can be sent to them. {_elsewhere(trace)}"
        )
    else:
        text = (
            "No Python worker was recorded. Either the program ran none, or it has a daemon module of its "
            "own (spark.python.daemon.module)."
        )
    return Notice(About.WORKER, text, 0)


def _elsewhere(trace: Path) -> str:
    folder = parts_folder(trace)
    return (
        f"Workers on other machines leave their parts there, in {folder}, or in the temporary folder's "
        f"{elsewhere(folder.name)}-UID. Copy them here, and join them with: "
        f"sparkwire join {shlex.quote(str(trace))} FOLDER"
    )
