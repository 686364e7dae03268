"""The runs of Python workers in groups: by stage, and in a stage by what the worker was to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sparkwire.plain import many, number
from sparkwire.trace.worker.runs import Run
from sparkwire.views.worker.times import most_at_once
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import PickledFunction, Tally

Stage = tuple[int, int | None]
"""How many SparkContexts there had been, and the stage's number in that one."""
Task = tuple[Stage, int | None, int | None]
"""Its stage, the number of its partition, and which attempt it is."""


@dataclass(slots=True)
class RunGroup:
    """The runs of one stage that did the same: alike but for their data."""

    runs: list[Run] = field(default_factory=list)

    @property
    def first(self) -> Run:
        """The one that began first. It speaks for the others where they are alike."""
        return self.runs[0]

    @property
    def functions(self) -> tuple[PickledFunction, ...]:
        """The user's functions that all of them were given."""
        return self.first.functions

    @property
    def workers(self) -> int:
        """How many processes did it."""
        return len({run.connection for run in self.runs})

    @property
    def new_workers(self) -> int:
        """How many of these were made for it."""
        return sum(not run.reused for run in self.runs)

    @property
    def failed(self) -> list[Run]:
        """Those that failed."""
        return [run for run in self.runs if run.failed]

    def tallies(self, direction: Direction) -> list[Tally]:
        """What each had of data in one direction."""
        to_python = direction is Direction.TO_PYTHON
        return [run.round.data_in if to_python else run.round.data_out for run in self.runs]


@dataclass(slots=True)
class StageRuns:
    """The runs of one stage."""

    stage: int | None
    context: int = 0
    groups: list[RunGroup] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        """All of them, in the order in which they began."""
        return sorted((run for group in self.groups for run in group.runs), key=lambda run: run.n)

    def tasks(self) -> dict[Task, list[Run]]:
        """The runs of each task."""
        found: dict[Task, list[Run]] = {}
        for run in self.runs:
            found.setdefault(task_of(run), []).append(run)
        return found

    def task_words(self) -> str:
        """``8 tasks``; where a task has several runs, how many and whether at the same time."""
        tasks = self.tasks()
        said = many(len(tasks), "task")
        several = [runs for runs in tasks.values() if len(runs) > 1]
        if not several:
            return said
        most = max(len(runs) for runs in several)
        if len(tasks) == 1:
            said += f" with {many(most, 'run')}"
        elif len(several) == len(tasks) and all(len(runs) == most for runs in several):
            said += f" with {many(most, 'run')} each"
        else:
            said += f", {number(len(several))} with several runs"
        at_once = max(most_at_once(runs) for runs in several)
        return said + (f", up to {number(at_once)} at once" if at_once > 1 else ", one after the other")


def stage_of(run: Run) -> Stage:
    """Which stage a run belongs to."""
    return run.context, run.stage


def task_of(run: Run) -> Task:
    """Which task a run belongs to."""
    return stage_of(run), run.partition, run.attempt


def by_stage(runs: Iterable[Run]) -> list[StageRuns]:
    """The stages in the order in which their first runs began, each with its groups in that order."""
    stages: dict[Stage, StageRuns] = {}
    groups: dict[tuple[object, ...], RunGroup] = {}
    for run in runs:
        stage = stages.setdefault(stage_of(run), StageRuns(run.stage, run.context))
        key = (stage_of(run), run.functions, run.eval_type)
        if (group := groups.get(key)) is None:
            group = groups[key] = RunGroup()
            stage.groups.append(group)
        group.runs.append(run)
    return list(stages.values())
