"""All runs of Python workers as HTML: by stage, folded; every run opens to its messages.

The fragment is complete without script, as ``steps.trace_html`` is, and has the same look: a stage stands
where a step does, and a run where an exchange does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sparkwire.plain import agreeing, many, number
from sparkwire.trace.worker.runs import Run
from sparkwire.views import markup
from sparkwire.views.bounds import shares
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.worker.groups import RunGroup, StageRuns, by_stage
from sparkwire.views.worker.run import RunDrawing, run_item
from sparkwire.views.worker.times import Doing, spent_words
from sparkwire.views.worker.words import functions_words, stage_words, type_sentence

RUNS_DRAWN = 100
"""Runs that are drawn in full, unless more are asked for: they take about 12 kB each."""
STAGES_DRAWN = 200
_MESSAGES_OF_ALL = 1_000
"""Messages that are drawn of all runs together, but for the first few of each."""
_MESSAGES_LEAST = 8
_OPCODES = 300
"""Opcodes of a pickle that are listed. A run that is opened by itself lists more."""


def runs_html(
    runs: Iterable[Run],
    *,
    prefix: str,
    most: int = RUNS_DRAWN,
    how_to_see_more: str = "sparkwire show --workers --format html --limit N TRACE",
) -> Html:
    """An HTML fragment: a ``<details>`` for each stage, in it one for each run.

    ``prefix`` begins every id (``{prefix}-r12``, ``{prefix}-r12-m0-4``) and must be unique on its page. At
    most ``most`` runs are drawn, the first of each stage, and the others are counted. ``how_to_see_more`` is
    the command that draws more. Raises ``ValueError`` for a bad prefix.
    """
    return markup.join(runs_pieces(runs, prefix=prefix, most=most, how_to_see_more=how_to_see_more))


def runs_pieces(
    runs: Iterable[Run],
    *,
    prefix: str,
    most: int = RUNS_DRAWN,
    how_to_see_more: str = "sparkwire show --workers --format html --limit N TRACE",
) -> Iterator[Html]:
    """The same in pieces."""
    stages = by_stage(runs)
    drawn = stages[:STAGES_DRAWN]
    kept = shares([len(stage.runs) for stage in drawn], most)
    count = sum(len(stage.runs) for stage in stages)
    drawing = RunDrawing(
        prefix=prefix,
        tasks={task: runs for stage in stages for task, runs in stage.tasks().items()},
        shown={run.n for stage, share in zip(drawn, kept, strict=True) for run in stage.runs[:share]},
        messages=max(_MESSAGES_OF_ALL // max(sum(kept), 1), _MESSAGES_LEAST),
        opcodes=_OPCODES,
    )

    def inside() -> Iterator[Html]:
        workers = len({run.connection for stage in stages for run in stage.runs})
        said = f"{many(count, 'run')} of {many(workers, 'Python worker')} for {many(len(stages), 'stage')}."
        yield tag("p", said, class_="sw-v")
        if sum(kept) < count:
            counted = f"{number(sum(kept))} of {number(count)} runs are drawn here, the first of each stage: "
            yield tag("p", counted, tag("code", how_to_see_more), " draws more.")
        items = (
            _stage_item(stage, i, share, drawing)
            for i, (stage, share) in enumerate(zip(drawn, kept, strict=True), 1)
        )
        yield from markup.around("ol", items, class_="sw-t")
        if len(stages) > len(drawn):
            yield tag("p", f"And {many(len(stages) - len(drawn), 'more stage')}.")

    return markup.around("trace-explorer", inside(), class_="sparkwire", data_noun="run")


def _stage_item(stage: StageRuns, at: int, share: int, drawing: RunDrawing) -> Html:
    runs = stage.runs
    failed = sum(run.failed for run in runs)
    facts = [many(len(runs), "run"), stage.task_words()]
    times = spent_words(runs)
    facts += [f"{doing.value} {times[doing]}" for doing in (Doing.STARTING, Doing.COMPUTING)]
    if failed:
        facts.append(f"{number(failed)} failed")
    left = len(runs) - share
    more = tag("p", f"{many(left, 'more run')} of this stage {agreeing(left, 'is')} not drawn here.")
    summary = tag(
        "summary",
        tag("b", stage_words(stage)),
        " ",
        tag("small", " · ".join(facts)),
        *(tag("span", _did(group)) for group in stage.groups),
    )
    listed = tag("ol", *(run_item(run, drawing) for run in runs[:share]))
    details = tag(
        "details", summary, listed, more if left else EMPTY, class_="sw-g", id=f"{drawing.prefix}-g{at}"
    )
    return markup.join([tag("li", details), "\n"])


def _did(group: RunGroup) -> Html:
    return markup.join(
        [tag("code", functions_words(group.first, most=3)), " ", tag("small", type_sentence(group.first))]
    )
