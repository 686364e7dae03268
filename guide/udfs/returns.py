"""What becomes of a value whose type isn't the one that a UDF declared, pickled and as Arrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.display import Markdown

from guide.notebook import as_code, table
from sparkwire.views import shorten

_RAISED = re.compile(r"^((?:\w+\.)*\w*(?:Error|Invalid|Exception))(?:: .*)?$", re.MULTILINE)
_SHOWN = 44
"""Characters of a value that a table shows."""


@dataclass(frozen=True, slots=True)
class Returned:
    """One value that a UDF returned, and what came of it."""

    declared: str
    value: object
    pickled: object
    arrow: object
    """What the row holds; or ``Raised``."""


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception in the worker, by its class."""

    name: str


def returned(spark: Any, values: Mapping[str, Sequence[object]]) -> list[Returned]:
    """Have UDFs of each declared type return each of its values, in a job each."""
    return [
        Returned(declared, value, *(_through(spark, declared, value, arrow) for arrow in (False, True)))
        for declared, several in values.items()
        for value in several
    ]


def returns_table(found: Iterable[Returned]) -> Markdown:
    """A row for each value."""
    head = ("declared", "returned", "pickled", "as Arrow")
    return table(
        head, [(f"`{one.declared}`", *map(_shown, (one.value, one.pickled, one.arrow))) for one in found]
    )


def _through(spark: Any, declared: str, value: object, arrow: bool) -> object:
    from pyspark.errors import PythonException
    from pyspark.sql import functions

    udf = functions.udf(lambda _: value, declared, useArrow=arrow)
    try:
        return spark.range(1).select(udf("id")).collect()[0][0]
    except PythonException as error:
        return Raised(raised(str(error)))


def raised(said: str) -> str:
    """The class of the worker's exception, from what Spark says of it, without its module."""
    found = _RAISED.findall(said.partition(" SQLSTATE")[0].partition("JVM stacktrace")[0])
    return str(found[-1]).rpartition(".")[2]


def _shown(value: object) -> str:
    return f"raises `{value.name}`" if isinstance(value, Raised) else as_code(shorten(repr(value), _SHOWN))
