"""Spark under a name that says nothing of the machine: workers' tracebacks name Spark's folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def spark_home_in(folder: Path) -> Path:
    """A link to PySpark's folder, in ``folder``."""
    import pyspark

    link = folder / "pyspark"
    link.symlink_to(Path(pyspark.__file__).parent)
    return link


def use_neutral_spark_home() -> None:
    """Have Spark start from such a link, which goes when this process ends. Call it before Spark starts."""
    _kept.append(tempfile.TemporaryDirectory(prefix="spark-"))  # Spark's own folders have such names
    os.environ["SPARK_HOME"] = str(spark_home_in(Path(_kept[-1].name)))


_kept: list[tempfile.TemporaryDirectory[str]] = []
