"""What a plain UDF is by default in each version of PySpark, as data that is kept in a file.

``python -m guide.udfs`` makes the file, which takes an environment for each version. A page asks the PySpark
that is installed the same questions (``said_by``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.display import Markdown

from guide.notebook import table
from guide.udfs.program import look

KEPT = Path(__file__).with_name("defaults.json")
"""The file."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """The answers of one version. See ``guide.udfs.program``."""

    pyspark: str
    settings: tuple[str, ...]
    """The values of the settings that ``guide.udfs.program`` names; nobody set them."""
    udf: str
    """The node of the plan of a plain UDF."""
    udtf: str
    int_from_float: int | None
    """What a UDF that declares ``int`` gives for 1.5."""


def defaults() -> list[Defaults]:
    """What is kept, oldest version first."""
    return [from_answer(one) for one in json.loads(KEPT.read_text("utf-8"))["versions"]]


def said_by(spark: Any) -> Defaults:
    """The answers of the PySpark that runs now."""
    return from_answer(look(spark))


def from_answer(answer: dict[str, Any]) -> Defaults:
    """One version, from the JSON that ``guide.udfs.program`` prints."""
    return Defaults(
        answer["pyspark"],
        tuple(answer["settings"]),
        answer["udf"],
        answer["udtf"],
        answer["int from 1.5"],
    )


def defaults_table(found: Iterable[Defaults]) -> Markdown:
    """A row for each version. The settings are those of ``guide.udfs.program``."""
    head = ("PySpark", "UDF setting", "UDTF setting", "`toPandas` setting")
    rows = [
        (one.pyspark, *one.settings, f"`{one.udf}`", f"`{one.udtf}`", f"`{one.int_from_float}`")
        for one in found
    ]
    return table((*head, "a UDF's node", "a UDTF's node", "1.5 as `int`"), rows)
