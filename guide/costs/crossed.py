"""What each job made cross the wires, from a recording of one cell.

``guide.jobs.described`` gives every job a description. Spark is told it over the gateway wire, and hands it
on to the workers. So the jobs can be told apart on both wires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from guide.jobs import DESCRIPTION, job_of, told
from sparkwire import Direction, Message, Recording


@dataclass(slots=True)
class Crossed:
    """What one job made cross. Sizes are in bytes."""

    round_trips: int = 0
    """Between Python and Java, without releases, which can come at any time."""
    runs: int = 0
    """How often a Python worker was given work: once for each task and chain of functions."""
    workers: set[int] = field(default_factory=set)
    """The processes that did it."""
    rows_in: int = 0
    """Bytes of rows that went to Python, and what says where they begin and end."""
    rows_out: int = 0
    """The same of the rows that came back."""
    batches_in: int = 0
    whole_in: int = 0
    """All bytes that went to Python, the functions and settings too."""
    broadcasts: int = 0
    """How often a worker was told to load a broadcast."""


def crossed(recording: Recording, jobs: Iterable[str]) -> dict[str, Crossed]:
    """What each of the jobs made cross, in their order. Raises ``KeyError`` for a run of another job."""
    found = {name: Crossed() for name in jobs}
    _round_trips(recording, found)
    for run in recording.runs:
        job, told_of = found[job_of(run)], told(run, "number of broadcasts")
        job.runs += 1
        job.workers.add(run.worker.pid)
        job.rows_in += run.round.data_in.size
        job.rows_out += run.round.data_out.size
        job.batches_in += run.round.data_in.frames + run.round.data_in.batches
        job.whole_in += run.round.size[Direction.TO_PYTHON]
        job.broadcasts += told_of if isinstance(told_of, int) else 0
    return found


def _round_trips(recording: Recording, found: Mapping[str, Crossed]) -> None:
    """Count the exchanges between one description and the next."""
    current: Crossed | None = None
    for exchange in recording.exchanges:
        request = exchange.request
        said = [one.value for one in request.fields] if isinstance(request, Message) else []
        if "setJobDescription" in said:
            current = next((found[name] for name in said if isinstance(name, str) and name in found), None)
        elif "setLocalProperty" in said and DESCRIPTION in said:
            current = None
        elif current is not None and exchange.command not in ("auth", "memory"):
            current.round_trips += 1
