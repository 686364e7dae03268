"""What a comparison shows on a page: the plot, and the table with the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from IPython.display import HTML

from guide.costs.model import Rounds, Time
from guide.costs.plot import ratios_svg
from sparkwire import views
from sparkwire.views import Html, join, tag

BOTH = (Time.PROCESSOR, Time.ELAPSED)


def shown(
    comparison: Rounds,
    against: str,
    *,
    title: str,
    times: Sequence[Time] = BOTH,
    unit: str = "",
    beside: Mapping[str, Mapping[str, object]] | None = None,
) -> HTML:
    """All jobs beside the job ``against``: the ratios as a plot, then as a table.

    ``unit`` says what a ratio is of, where jobs do different amounts of work: ``"for a row"``. ``beside`` has
    further columns by their heads, each with a cell for a job.
    """
    extra = beside or {}
    rows = []
    for job in comparison.jobs:
        told = ["1" if job == against else str(comparison.ratio(job, against, time)) for time in times]
        told += [str(column.get(job, "")) for column in extra.values()]
        rows.append(views.row(job, *told, head=True))
    table = views.table(title, [title, *map(_capital, times), *extra], rows)
    return HTML(
        views.framed(join([ratios_svg(comparison, against, times, unit), table, _caption(comparison)]))
    )


def _caption(comparison: Rounds) -> Html:
    return tag("p", f"Medians of {comparison.count} rounds, with the quartiles in brackets.")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
