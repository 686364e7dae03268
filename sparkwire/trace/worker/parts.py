"""The parts that Python workers recorded, and how they come into the program's trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sparkwire.errors import TraceError
from sparkwire.trace.format import PART, TraceReader
from sparkwire.trace.records import (
    About,
    Chunk,
    Closed,
    Notice,
    Opened,
    Record,
    Redacted,
    Waited,
    Withheld,
    Worker,
)


def parts_folder(trace: Path) -> Path:
    """Where the workers of a program leave their parts: beside its trace, in case all is killed."""
    return trace.with_name(trace.name + ".workers")


def parts(folder: Path) -> list[Path]:
    """The parts in a folder, in the order in which their workers were recorded first."""
    found = [path for path in folder.glob("*" + PART) if path.is_file()] if folder.is_dir() else []
    return sorted(found)


def read_parts(
    paths: Iterable[Path],
    connections: int,
    select: Callable[[Iterable[Record]], Iterable[Record]] = iter,
) -> Iterator[Record]:
    """The records of some parts, for a trace that has so many connections already.

    ``select`` says which records of a part are wanted. A part that can't be read gives a notice that says
    so.
    """
    for path in paths:
        try:
            reader = TraceReader(path)
            most = connections
            for record in select(reader):
                if isinstance(record, Redacted) and not record.connection:
                    continue  # that placeholders are named, which the trace says of itself
                if isinstance(record, (Chunk, Closed, Opened, Redacted, Waited, Withheld, Worker)):
                    number = connections + record.connection
                    most = max(most, number)
                    if isinstance(record, Chunk):
                        yield record._replace(connection=number)
                    else:
                        yield replace(record, connection=number)
                else:
                    yield record
            connections = most
            if reader.state == "stopped":
                yield Notice(About.WORKER, f"Recording a Python worker stopped: {reader.reason}.", 0)
        except (TraceError, OSError) as error:
            yield Notice(About.WORKER, f"A Python worker's part of the recording can't be read: {error}", 0)
