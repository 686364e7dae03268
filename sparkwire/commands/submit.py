"""``sparkwire submit``: the real ``spark-submit``, recorded from the Python that it has Java start.

Which of its arguments is the script must be known, to name the trace and to refuse what can't be recorded. So
its grammar is read here as far as that takes (4.3.0: ``SparkSubmitOptionParser``): an option takes the next
argument as its value unless it is one of the few switches, and the first argument that is no option is the
script. All of them go to ``spark-submit`` as they are.
"""

from __future__ import annotations

import argparse
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from sparkwire.commands.recording import Program, record
from sparkwire.errors import CannotRun

SWITCHES = frozenset({"--help", "-h", "--supervise", "--usage-error", "--verbose", "-v", "--version"})
"""The options of ``spark-submit`` without a value."""

KNOWN_BY = "PYSPARK_GATEWAY_PORT"
"""What only the driver's Python has in its environment (core/.../deploy/PythonRunner.scala)."""

_ANOTHER_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""The beginning of an address: Spark fetches such a script itself."""


def main(options: argparse.Namespace) -> NoReturn:
    """Run it; the process ends like it. Raises what ``record`` raises when it can't be run."""
    script = _script(options.arguments)
    env = dict(os.environ)
    # From an outer spark-submit. The inner one sets it for its own Python, which is known by it.
    env.pop(KNOWN_BY, None)
    program = Program(
        [str(_spark_submit()), *options.arguments], script, Path(script).absolute().stem, env, KNOWN_BY
    )
    record(program, options)


def _spark_submit() -> Path:
    """The ``spark-submit`` of SPARK_HOME or, without that variable, of the installed PySpark."""
    home = os.environ.get("SPARK_HOME", "")
    if home:
        found = Path(home, "bin", "spark-submit")
        if not os.access(found, os.X_OK):
            raise CannotRun(
                f"SPARK_HOME is {home}, but there is no program bin/spark-submit in it. "
                "Set it to the folder of a Spark installation, or unset it to use the installed PySpark's."
            )
        return found
    spec = find_spec("pyspark")
    for folder in spec.submodule_search_locations or () if spec else ():
        if os.access(found := Path(folder, "bin", "spark-submit"), os.X_OK):
            return found
    raise CannotRun(
        "there is no spark-submit: PySpark is not installed in this environment, and SPARK_HOME is not set. "
        "Install it (pip install pyspark), or set SPARK_HOME to the folder of a Spark installation."
    )


def _script(arguments: list[str]) -> str:
    """The script among the arguments. Raises ``CannotRun`` for what can't be recorded."""
    given, script = _read(arguments)
    where = (
        given.get("--deploy-mode") or given.get("spark.submit.deployMode") or os.environ.get("DEPLOY_MODE")
    )
    if where == "cluster":
        raise CannotRun(
            "with deploy mode cluster the script's Python runs on another machine or in another "
            "container, so it can't be recorded from here. Use --deploy-mode client."
        )
    if script is None:
        raise CannotRun(
            "name a script, as for spark-submit: sparkwire submit -- --master 'local[1]' script.py"
        )
    if not script.endswith(".py"):
        raise CannotRun(
            f"{script} is no Python script (its name does not end with .py), and only Python is recorded."
        )
    if not _ANOTHER_PLACE.match(script) and not Path(script).is_file():
        raise CannotRun(f"there is no script {script}.")
    return script


def _read(arguments: list[str]) -> tuple[dict[str, str], str | None]:
    """The options with their values, and the script. A setting (``--conf``) is an option by its own name."""
    given: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            return given, argument
        name, equals, value = argument.partition("=")
        if argument in SWITCHES:
            continue
        if not equals:
            value = next(rest, "")
        if name in ("--conf", "-c"):
            name, _, value = value.partition("=")
        given[name] = value
    return given, None
