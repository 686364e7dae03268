"""What a plain UDF and a plain UDTF are by default, under the PySpark that runs this file.

Run as a script it prints one line of JSON; ``guide.udfs.make`` runs it so under each version. It imports
nothing but PySpark, and takes no function that PySpark 3.5 doesn't have.
"""

from __future__ import annotations

import json
import re
from typing import Any

SETTINGS = (
    "spark.sql.execution.pythonUDF.arrow.enabled",
    "spark.sql.execution.pythonUDTF.arrow.enabled",
    "spark.sql.execution.arrow.pyspark.enabled",
)
"""Whether UDFs, UDTFs and the driver's ``toPandas`` use Arrow unless they are told."""


def look(spark: Any) -> dict[str, object]:
    """The version, the settings' values, the node of each plan, and what an ``int`` UDF makes of 1.5."""
    from pyspark.sql import functions

    class Once:
        def eval(self, n: int) -> Any:
            yield (n,)

    udf = functions.udf(lambda _: 1.5, "int")
    frame = spark.range(1).select(udf("id"))
    return {
        "pyspark": spark.version,
        "settings": [spark.conf.get(name) for name in SETTINGS],
        "udf": python_node(frame),
        "udtf": python_node(functions.udtf(Once, returnType="n long")(functions.lit(1))),
        "int from 1.5": frame.collect()[0][0],
    }


def python_node(frame: Any) -> str:
    """The node that gives work to Python workers."""
    plan = frame._jdf.queryExecution().executedPlan().toString()
    return str(re.findall(r"\b\w*EvalPython\w*", plan)[0])


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    print(json.dumps(look(session)))
    session.stop()
