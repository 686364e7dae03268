"""What Python workers did, stage by stage: a table for a terminal, and a table of HTML.

A row is what a stage had its workers do with one set of functions. A terminal has no room for all of it in
one line: there what went in stands above what came out, and how the time went beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sparkwire.plain import many, number, size, visible
from sparkwire.trace.worker.runs import Run
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.text import WIDTH, Column, fit, table_lines
from sparkwire.views.worker.groups import RunGroup, StageRuns, by_stage
from sparkwire.views.worker.times import Doing, spent_words
from sparkwire.views.worker.words import (
    batches,
    capital,
    data_words,
    failure_words,
    function_words,
    functions_words,
    job_words,
    rows,
    stage_words,
    type_sentence,
    type_words,
)
from sparkwire.wire.message import Direction

NOTHING = "No Python worker was recorded. 'sparkwire run --workers SCRIPT' records them."
GROUPS_SHOWN = 200
"""Rows of the table on a page."""
FAILURES_SHOWN = 20
"""Runs that failed of which is said how."""
_FUNCTIONS_SHOWN = 4

_COLUMNS = (
    Column("", 5),
    Column("runs", 8, right=True),
    Column("batches", 8, right=True),
    Column("rows", 10, right=True),
    Column("bytes", 13, right=True),
    Column("starting", 9, right=True),
    Column("computing", 10, right=True),
)
_BELOW = ("", "workers", "", "", "", "waiting", "spilled")
"""What stands in the second line of a row."""


# --- a terminal -----------------------------------------------------------------------------------


def workers_table(runs: Iterable[Run], *, width: int = WIDTH) -> str:
    """What each stage had its workers do, and a line for each run that failed.

    For each set of functions there are three lines: the functions with their type, then what went *in* and
    what came *out*, as the worker sees it. What the times are, ``times`` says.
    """
    stages = by_stage(runs)
    if not stages:
        return NOTHING + "\n"
    heads, dashes, below = table_lines(_COLUMNS, [_BELOW], width)
    lines = [heads, below, dashes]
    for stage in stages:
        lines.append(fit(f"{capital(stage_words(stage))}: {_facts(stage)}", width))
        for group in stage.groups:
            first = group.first
            told = [functions_words(first, most=2), type_words(first), visible(first.plan_node)]
            lines.append("  " + fit(" · ".join(one for one in told if one), width - 2))
            lines += list(table_lines(_COLUMNS, _in_and_out(group), width))[2:]
    return "\n".join([*lines, *_failures(stages)]) + "\n"


def _facts(stage: StageRuns) -> str:
    """How many tasks a stage has, and for which job."""
    job = job_words(stage.runs[0])
    return f"{stage.task_words()} · {job}" if job else stage.task_words()


def _in_and_out(group: RunGroup) -> Iterator[tuple[str, ...]]:
    runs, new, spilled = group.runs, group.new_workers, _spilled(group.runs)[1]
    times = spent_words(runs)
    yield (
        "  in",
        number(len(runs)),
        *_data_cells(group, Direction.TO_PYTHON),
        times[Doing.STARTING],
        times[Doing.COMPUTING],
    )
    yield (
        "  out",
        f"{number(group.workers)}, {new} new" if new else number(group.workers),
        *_data_cells(group, Direction.TO_JAVA),
        times[Doing.WAITING],
        number(spilled) if spilled else "–",
    )


def _data_cells(group: RunGroup, direction: Direction) -> Iterator[str]:
    tallies = group.tallies(direction)
    known = rows(tallies)
    yield number(batches(tallies))
    yield "–" if known is None else number(known)
    yield number(sum(one.size for one in tallies))


def _spilled(runs: Iterable[Run]) -> tuple[int, int]:
    """How many bytes were freed because memory was short, and how many were written to disk for that."""
    told = [run.timing for run in runs if run.timing is not None]
    return sum(one.memory_spilled for one in told), sum(one.disk_spilled for one in told)


def _failures(stages: Iterable[StageRuns]) -> list[str]:
    """A line for each run that failed."""
    failed = [run for stage in stages for group in stage.groups for run in group.failed]
    lines = [failure_words(run) for run in failed[:FAILURES_SHOWN]]
    if (left := len(failed) - len(lines)) > 0:
        lines.append(f"And {many(left, 'more run')} failed.")
    return lines


# --- a page ---------------------------------------------------------------------------------------

_HEADS = ("Function", "Runs", "Workers", "In", "Out", "Starting", "Waiting", "Computing", "Spilled")


def workers_html(runs: Iterable[Run], *, most: int = GROUPS_SHOWN) -> Html:
    """The same table for a page, at most ``most`` rows. It holds no ids, so it may stand there twice."""
    stages = by_stage(runs)
    if not stages:
        return markup.framed(tag("p", NOTHING))
    bodies, room = [], most
    for stage in stages:
        if shown := stage.groups[:room]:
            bodies.append(_stage_rows(stage, shown))
        room -= len(shown)
    head = tag("thead", tag("tr", *(tag("th", one, scope="col") for one in _HEADS)))
    table = tag("table", head, *bodies, class_="sw-wt")
    left = sum(len(stage.groups) for stage in stages) - most
    failures = [tag("li", line) for line in _failures(stages)]
    return markup.framed(
        markup.join(
            [
                tag("div", table, class_="sw-w", tabindex=0, role="group", aria_label="Workers, by stage"),
                tag("p", f"And {many(left, 'more row')}.") if left > 0 else EMPTY,
                tag("ul", *failures, class_="sw-n") if failures else EMPTY,
            ]
        )
    )


def _stage_rows(stage: StageRuns, shown: Sequence[RunGroup]) -> Html:
    said = markup.join([tag("b", capital(stage_words(stage))), " ", tag("small", _facts(stage))])
    head = tag("tr", tag("th", said, colspan=len(_HEADS), scope="rowgroup"))
    return tag("tbody", head, *map(_row, shown))


def _row(group: RunGroup) -> Html:
    runs, new = group.runs, group.new_workers
    return markup.row(
        markup.join([functions_html(group), tag("small", type_sentence(group.first))]),
        number(len(runs)),
        _under(number(group.workers), f"{number(new)} new" if new else "used again"),
        _under(*data_words(group.tallies(Direction.TO_PYTHON))),
        _under(*data_words(group.tallies(Direction.TO_JAVA))),
        *spent_words(runs).values(),
        _spilled_html(runs),
        head=True,
    )


def functions_html(group: RunGroup) -> Html:
    """The user's functions, a line each."""
    listed = group.functions[:_FUNCTIONS_SHOWN]
    lines = [tag("code", function_words(one)) for one in listed] or [
        tag("code", functions_words(group.first))
    ]
    if (left := len(group.functions) - len(listed)) > 0:
        lines.append(tag("small", f"and {many(left, 'more function')} "))
    return markup.join(lines)


def _spilled_html(runs: Iterable[Run]) -> str:
    memory, disk = _spilled(runs)
    return _under(size(memory), f"{size(disk)} on disk") if memory or disk else "–"


def _under(said: str, below: str) -> Html:
    """A cell with small print under what it says."""
    return markup.join([said, tag("br"), tag("small", below)] if below else [said])
