"""Spark jobs of one recorded cell, told apart by their descriptions.

``described`` runs each job under a description of its own. Spark keeps the description in a local property,
and hands the local properties on to the Python workers, in each task's context. So a recording says which
run belongs to which job, and a job that had no Python worker is seen to have had none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sparkwire import Message, Recording, Run

DESCRIPTION = "spark.job.description"
"""The local property in which Spark keeps what ``setJobDescription`` says (4.3.0: SparkContext.scala)."""

T = TypeVar("T")


def described(context: Any, jobs: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Run every job once, under its name as description; what each returned. ``context`` is the
    ``SparkContext``.
    """
    before = context.getLocalProperty(DESCRIPTION)
    returned = {}
    try:
        for name, job in jobs.items():
            context.setJobDescription(name)
            returned[name] = job()
    finally:
        context.setLocalProperty(DESCRIPTION, before)
    return returned


def runs_by_job(recording: Recording) -> dict[str, list[Run]]:
    """The runs of each job, by its description; those without one under an empty name."""
    found: dict[str, list[Run]] = {}
    for run in recording.runs:
        found.setdefault(job_of(run), []).append(run)
    return found


def job_of(run: Run) -> str:
    """The description of the job that a run belongs to; empty when it has none."""
    context = told(run, "task context")
    properties = context.get("localProperties", {}) if isinstance(context, dict) else {}
    return str(properties.get(DESCRIPTION, ""))


def told(run: Run, name: str) -> object:
    """What the init message of a run says under ``name``; None when it says nothing."""
    init = run.round.init
    field = init.field(name) if isinstance(init, Message) else None
    return field.value if field is not None else None
