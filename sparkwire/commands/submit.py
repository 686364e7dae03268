"""``sparkwire submit``: the real ``spark-submit``, recorded from the Python that it has Java start.

All its arguments go to ``spark-submit`` as they are. They are read here (``submit_line``) to name the trace,
and to refuse what can't be recorded.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from sparkwire.commands.recording import Program, record
from sparkwire.commands.submit_line import PYSPARK_SHELL, SubmitLine, read
from sparkwire.errors import CannotRun

KNOWN_BY = "PYSPARK_GATEWAY_PORT"
"""What only the driver's Python has in its environment (core/.../deploy/PythonRunner.scala)."""
SHELL_KNOWN_BY = "PYSPARK_SUBMIT_ARGS"
"""The same where it's the shell's Python (launcher/.../SparkSubmitCommandBuilder.java)."""
_GATEWAY_ONLY = "pyspark-shell"

_ANOTHER_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""The beginning of an address: Spark fetches such a script itself."""


def main(options: argparse.Namespace) -> NoReturn:
    """Run it; the process ends like it. Raises what ``record`` raises when it can't be run."""
    arguments = list(options.arguments)
    line = read(arguments)
    spark_submit = _spark_submit()
    if (asks := line.asks) is not None:
        print(f"sparkwire: spark-submit {asks} runs no program, so nothing is recorded", file=sys.stderr)
        sys.stderr.flush()
        os.execv(spark_submit, [str(spark_submit), *arguments])
    script = _script(line, spark_submit)
    env = dict(os.environ)
    if script == PYSPARK_SHELL:
        # It is bin/pyspark that makes a shell of the Python which spark-submit starts.
        command = [str(spark_submit.with_name("pyspark")), *arguments[1:]]
        name, known_by = "pyspark-shell", SHELL_KNOWN_BY
    else:
        command = [str(spark_submit), *arguments]
        name, known_by = Path(script).absolute().stem, KNOWN_BY
    # From an outer spark-submit. The inner one sets it for its own Python, which is known by it.
    env.pop(known_by, None)
    by_java = script != PYSPARK_SHELL
    record(Program(command, script, name, env, by_java=by_java, known_by=known_by), options)


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


def _script(line: SubmitLine, spark_submit: Path) -> str:
    """The script to record. Raises ``CannotRun`` for what can't be recorded."""
    script = line.script
    if line.deploy_mode(os.environ, spark_submit.parent.parent) == "cluster":
        raise CannotRun(
            "with deploy mode cluster the script's Python runs on another machine or in another "
            "container, so it can't be recorded from here. Use --deploy-mode client."
        )
    if script is None:
        raise CannotRun(
            "name a script, as for spark-submit: sparkwire submit -- --master 'local[1]' script.py"
        )
    if script == PYSPARK_SHELL:
        return script
    if script == _GATEWAY_ONLY:
        raise CannotRun(
            f"{_GATEWAY_ONLY} starts a gateway and no Python program. To record the shell, write "
            f"{PYSPARK_SHELL} in its place, first; to record a client of a gateway: sparkwire relay."
        )
    if not script.endswith(".py"):
        raise CannotRun(
            f"{script} is not a Python script (its name does not end with .py), and only Python is recorded."
        )
    if not _ANOTHER_PLACE.match(script) and not Path(script).is_file():
        raise CannotRun(f"there is no script {script}.")
    return script
