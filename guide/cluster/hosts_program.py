"""The program that runs on the driver's host of the exhibit: ``python -m guide.cluster.hosts_program URL``.

It connects to the cluster, and prints what its ports are for. Then it reads the names of phases, runs each,
and prints the name when that is done.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from guide.cluster.flow import cluster_ports
from guide.cluster.hosts_data import PROGRAMS, ROWS


def main(url: str) -> None:
    """Run what standard input asks for, until it ends."""
    from py4j import version
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F

    settings = {
        "spark.cores.max": "2",
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(url).appName("hosts")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    sc = spark.sparkContext
    names: dict[str, Any] = {
        "F": F,
        "sc": sc,
        "time": time,
        "nano_time": sc._jvm.java.lang.System.nanoTime,
        "numbers": lambda count: spark.range(count, numPartitions=4),
        "values": list(range(ROWS)),
        "plus_one": F.udf(lambda n: n + 1, "long"),
    }
    versions = {
        "pyspark": spark.version,
        "py4j": version.__version__,
        "java": sc._jvm.java.lang.System.getProperty("java.version"),
        "python": ".".join(map(str, sys.version_info[:3])),
    }
    print(json.dumps({"ports": cluster_ports(url, sc), "versions": versions}), flush=True)
    for line in sys.stdin:
        exec(PROGRAMS[line.strip()], names)
        print(line.strip(), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
