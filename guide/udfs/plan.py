"""Asks a running JVM for the nodes of a DataFrame's executed plan.

Spark makes the executed plan when it is first asked for, or when the DataFrame is computed. Asking starts
no job.
"""

from __future__ import annotations

import re
from typing import Any

_PYTHON = re.compile(r"Python|Pandas|InArrow|PySpark")
"""In the names of the nodes that give work to Python workers (4.3.0: sql/core, execution/python)."""


def plan_nodes(frame: Any) -> list[str]:
    """The names of the nodes, those that work first in front."""
    return _named(frame._jdf.queryExecution().executedPlan())


def python_nodes(frame: Any) -> list[str]:
    """Those that give work to Python workers, or read from a Python data source."""
    return [name for name in plan_nodes(frame) if _PYTHON.search(name) or name.startswith("BatchScan")]


def _named(plan: Any) -> list[str]:
    kind = str(plan.getClass().getSimpleName())
    if kind == "AdaptiveSparkPlanExec":  # the plan so far is inside it, and so are its parts
        return _named(plan.executedPlan())
    if kind.endswith("QueryStageExec"):
        return _named(plan.plan())
    children = plan.children()
    below = [name for place in range(children.size()) for name in _named(children.apply(place))]
    name = str(plan.nodeName()).strip().removeprefix("!")  # Spark marks columns that it can't find
    # Stages of generated code and adapters are in the plan, too, and do nothing to the rows.
    return below if name.startswith(("WholeStageCodegen", "InputAdapter")) else [*below, name]
