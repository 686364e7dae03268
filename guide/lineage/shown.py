"""A lineage as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from IPython.display import display

from guide.lineage.look import lineage
from guide.lineage.model import Lineage
from guide.lineage.picture import HEAD, diagram_of, rows_of
from guide.notebook import diagram, table
from sparkwire import Run


class DrawnLineage:
    """A lineage as a notebook shows it: a diagram, and the same as a table. ``lineage`` is the lineage."""

    def __init__(self, lineage: Lineage, runs: Iterable[Run], title: str) -> None:
        self.lineage = lineage
        self.runs = tuple(runs)
        self.title = title

    def _ipython_display_(self) -> None:
        display(diagram(diagram_of(self.lineage, self.runs, title=self.title)))
        display(table(HEAD, rows_of(self.lineage, self.runs)))


def shown(rdd: Any, runs: Iterable[Run] = (), title: str = "") -> DrawnLineage:
    """The lineage of a PySpark RDD as its Java objects have it now, with the runs that computed it."""
    return DrawnLineage(lineage(rdd), runs, title)
