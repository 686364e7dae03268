"""A run of a Python worker in a few words: its task, its functions, its worker, and how it ended.

Everything from the wire is made safe to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol

from sparkwire.plain import ELLIPSIS, many, shorten, size, visible
from sparkwire.trace.worker.runs import Run
from sparkwire.wire.worker import EVAL_TYPES, Exit, PickledFunction, Tally

FAULT_SHOWN = 120
"""Characters of an exception's last line."""
_OWN = "PySpark's own"
"""What stands where a worker was given no function of the user's: ``take`` and ``count`` bring theirs."""
_JOB = re.compile(r"(.*?) at (.*):(\d+)", re.DOTALL)
_CELL = re.compile(r"\d+\.py")
_LIBRARIES = re.compile(r"[^\0\n\"]+(?=[/\\](?:site|dist)-packages[/\\])")
_MEANINGS = {one.name: one.meaning.rstrip(".") for one in EVAL_TYPES}


def function_words(function: PickledFunction) -> str:
    """``pipeline.py:9 add_one``."""
    return visible(f"{file_name(function.file)}:{function.line} {function.name}")


def file_name(file: str) -> str:
    """The last part of a file's path."""
    path = PureWindowsPath(file) if "\\" in file else PurePosixPath(file)
    return path.name or file


def without_folder(text: str) -> str:
    """``text`` without the folders in which a Python has its packages: these say something of the machine,
    and nothing of the program.
    """
    return _LIBRARIES.sub(ELLIPSIS, text)


def functions_words(run: Run, most: int = 1) -> str:
    """The first ``most`` of the user's functions, and how many more there are."""
    named = [function_words(one) for one in run.functions[:most]]
    more = f" and {len(run.functions) - most} more" if len(run.functions) > most else ""
    return (", ".join(named) + more) or (_OWN if run.eval_type else "function not known")


def type_words(run: Run) -> str:
    """What kind of function it was, as PySpark names it: ``scalar pandas udf``."""
    return run.eval_type.removeprefix("SQL_").lower().replace("_", " ") or "unknown"


def type_sentence(run: Run) -> str:
    """The same with its meaning: ``NON_UDF: a function of an RDD``."""
    if not run.eval_type:
        return "What kind of function it was can't be read"
    node = f", for {visible(run.plan_node)}" if run.plan_node else ""
    return f"{run.eval_type}: {_MEANINGS[run.eval_type]}{node}"


def job_words(run: Run) -> str:
    """Where its job was started: ``collect at program.py:18``; empty where that isn't known."""
    found = _JOB.fullmatch(run.job)
    if found is None:
        return visible(shorten(run.job, FAULT_SHOWN))
    action, file, line = found.groups()
    name = file_name(file)
    # A notebook's cell is a file whose name says nothing.
    return visible(f"{action} at line {line}" if _CELL.fullmatch(name) else f"{action} at {name}:{line}")


def capital(said: str) -> str:
    """With which a sentence or a heading begins."""
    return said[:1].upper() + said[1:]


class _InStage(Protocol):
    """A run, or the runs of a stage."""

    @property
    def stage(self) -> int | None: ...
    @property
    def context(self) -> int: ...


def stage_words(one: _InStage) -> str:
    """``stage 3``, and of which SparkContext where that isn't the recording's first."""
    if one.stage is None:
        return "stage not known"
    return f"stage {one.stage}" + (f" of SparkContext {one.context}" if one.context > 1 else "")


def task_words(run: Run) -> str:
    """``partition 0``, with the attempt where it isn't the first."""
    if run.partition is None:
        return "partition not known"
    return f"partition {run.partition}" + (f", attempt {run.attempt}" if run.attempt else "")


def worker_words(run: Run) -> str:
    """``process 14486, new``."""
    return f"process {run.worker.pid}, {'used again' if run.reused else 'new'}"


def ending_words(run: Run) -> str:
    """How it ended, in a word or with the exception's last line."""
    match run.round.exit:
        case Exit.REUSED:
            return "done"
        case Exit.ENDED:
            return "done, and the worker ended"
        case Exit.KILLED:
            return "killed"
        case Exit.ERROR:
            return last_line(run) or "error"
    return "goes on" if run.goes_on else "not readable"


def last_line(run: Run) -> str:
    """The last line of its traceback; empty when there is none."""
    return visible(shorten(traceback_of(run).strip().rpartition("\n")[2], FAULT_SHOWN))


def traceback_of(run: Run) -> str:
    """The worker's traceback; empty when there is none. Of a long one the middle is missing."""
    field = run.round.exception.field("traceback") if run.round.exception is not None else None
    return "" if field is None else str(field.value)


def failure_words(run: Run) -> str:
    """What became of a run that failed, in a sentence."""
    who = "a task that can't be read"
    if run.stage is not None:
        who = f"{stage_words(run)}, {task_words(run)}"
    match run.round.exit:
        case Exit.KILLED:
            return f"Killed: the worker of {who} (process {run.worker.pid}) said no last word."
        case Exit.ERROR:
            return f"Failed: {who}: {last_line(run)}"
    return f"Unreadable: {who}, {many(len(run.messages), 'message')}."


def batches(tallies: Iterable[Tally]) -> int:
    """How many frames or batches of Arrow the data came in."""
    return sum(one.frames + one.batches for one in tallies)


def rows(tallies: Iterable[Tally]) -> int | None:
    """How many rows there were; None where pickles hold some of them, because these don't say how many."""
    listed = list(tallies)
    counted = any(one.batches for one in listed) and not any(one.frames for one in listed)
    return sum(one.rows for one in listed) if counted else None


def data_words(tallies: Iterable[Tally]) -> tuple[str, str]:
    """``8,432 bytes``, and ``1,000 rows in 1 batch`` or as much of that as is known."""
    listed = list(tallies)
    counted, known = batches(listed), rows(listed)
    said = many(counted, "batch", "batches") if counted else ""
    return size(sum(one.size for one in listed)), said if known is None else f"{many(known, 'row')} in {said}"
