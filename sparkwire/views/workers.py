"""What Python workers did: a table with a row for each stage and function, a line of JSON for each run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from sparkwire.plain import duration, many, number, size, visible
from sparkwire.trace.worker.runs import Run
from sparkwire.views.text import WIDTH, Column, table_lines
from sparkwire.views.turn import turn_json_line
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import Exit
from sparkwire.wire.worker.conversation import Tally

_COLUMNS = (
    Column("stage", 5, right=True),
    Column("function", 18, share=1),
    Column("type", 12, share=1),
    Column("runs", 5, right=True),
    Column("workers", 7, right=True),
    Column("in", 10, right=True),
    Column("out", 10, right=True),
    Column("worked", 8, right=True),
)
MILLISECOND = 1_000_000
"""Nanoseconds."""


@dataclass(slots=True)
class _Group:
    """The runs of one stage that have the same functions."""

    runs: list[Run] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        first = self.runs[0]
        fresh = sum(not run.reused for run in self.runs)
        workers = len({run.worker.pid for run in self.runs})
        worked = sum(run.timing.processing for run in self.runs if run.timing is not None)
        return (
            "" if first.stage is None else str(first.stage),
            visible(_functions(first)),
            first.eval_type.removeprefix("SQL_").lower().replace("_", " ") or "unknown",
            number(len(self.runs)),
            f"{workers}, {fresh} new" if fresh else number(workers),
            size(sum(run.round.data_in.size for run in self.runs)),
            size(sum(run.round.data_out.size for run in self.runs)),
            duration(worked * MILLISECOND) if worked else "< 1 ms",
        )


def workers_table(runs: Iterable[Run], *, width: int = WIDTH) -> str:
    """What each stage had its workers do: for each set of functions a row, and a line for each run that
    failed.

    *In* and *out* are the bytes of the data, as the worker sees it. *Worked* is the time in which it read,
    computed and wrote rows, by its own account.
    """
    groups: dict[tuple[object, ...], _Group] = {}
    failed: list[str] = []
    for run in runs:
        groups.setdefault((run.stage, run.functions, run.eval_type), _Group()).runs.append(run)
        if run.failed:
            failed.append(_failure(run))
    if not groups:
        return "No Python worker was recorded. 'sparkwire run --workers SCRIPT' records them.\n"
    lines = table_lines(_COLUMNS, [group.cells() for group in groups.values()], width=width)
    return "\n".join([*lines, *failed]) + "\n"


def run_json_line(run: Run) -> str:
    """One line, without its newline: what every turn has, and then ``channel``, ``stage``, ``partition``,
    ``attempt``, ``worker_pid``, ``reused``, ``eval_type``, ``functions``, ``to_worker_bytes``,
    ``to_jvm_bytes``, ``batches_in``, ``batches_out``, ``rows_in``, ``rows_out``, ``messages``, ``timing``
    and ``exit``. These keys are a promise.

    ``functions`` are the user's, each with ``file``, ``line`` and ``name``. A batch is a frame, or a batch
    of Arrow. ``rows_in`` and ``rows_out`` count the rows of Arrow's batches; how many rows a pickle holds
    isn't known, and then they are null. ``messages`` have ``direction``, ``kind`` and ``bytes``, the first
    2,000 of a run. ``timing`` is the worker's own account in milliseconds, or null. ``exit`` is ``reused``,
    ``ended``, ``killed``, ``error``, or null where the worker's last word can't be read.
    """
    told, timing = run.round, run.timing
    return turn_json_line(
        run,
        {
            "channel": "worker",
            "stage": run.stage,
            "partition": run.partition,
            "attempt": run.attempt,
            "worker_pid": run.worker.pid,
            "reused": run.reused,
            "eval_type": run.eval_type,
            "functions": [one._asdict() for one in run.functions],
            "to_worker_bytes": told.size[Direction.TO_PYTHON],
            "to_jvm_bytes": told.size[Direction.TO_JAVA],
            "batches_in": _batches(told.data_in),
            "batches_out": _batches(told.data_out),
            "rows_in": told.data_in.rows if told.data_in.batches else None,
            "rows_out": told.data_out.rows if told.data_out.batches else None,
            "messages": [
                {"direction": one.direction.value, "kind": one.command, "bytes": one.size}
                for one in run.messages
            ],
            "timing": timing._asdict() if timing is not None else None,
            "exit": told.exit.value if told.exit is not None else None,
        },
    )


def _batches(tally: Tally) -> int:
    return tally.frames + tally.batches


def _functions(run: Run) -> str:
    if not run.functions:
        return "PySpark's own"
    first = run.functions[0]
    more = len(run.functions) - 1
    return f"{PurePath(first.file).name}:{first.line} {first.name}" + (f" and {more} more" if more else "")


def _failure(run: Run) -> str:
    """What became of a run that failed."""
    who = f"stage {run.stage}, partition {run.partition}, attempt {run.attempt}"
    if run.round.exit is Exit.KILLED:
        return f"Killed: the worker of {who} (process {run.worker.pid}) said no last word."
    traceback = run.round.exception.field("traceback") if run.round.exception is not None else None
    if traceback is not None:
        last = str(traceback.value).strip().rpartition("\n")[2]
        return f"Failed: {who}: {visible(last)}"
    return f"Unreadable: {who}, {many(len(run.messages), 'message')}."
