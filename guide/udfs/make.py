"""Ask each version of PySpark what a plain UDF is by default, and write the answers as data.

    python -m guide.udfs          make what is missing, ask, and write defaults.json beside this file
    python -m guide.udfs --check  look at the file only: is it well-formed, for the right versions

The environments are those of ``make versions``, with pandas and pyarrow. The file holds nothing of this
machine. Chapter 13b asserts that the installed PySpark still gives the same answers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from guide.udfs.defaults import KEPT, from_answer
from guide.versions.make import PINNED, ROOT, Pinned, with_udfs

COMMAND = "python -m guide.udfs"
PROGRAM = Path(__file__).with_name("program.py")


def ask(pinned: Pinned) -> dict[str, object]:
    """Run the program under one version. Raises ``subprocess.CalledProcessError`` when it fails."""
    place = with_udfs(pinned)
    env = {
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "JAVA_HOME": str(place / "java-home"),
        "PYSPARK_PYTHON": str(place / "bin" / "python"),
        "SPARK_CONF_DIR": str(ROOT / "tools" / "spark-conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    print(f"Asking PySpark {pinned.pyspark}", flush=True)
    command = [str(place / "bin" / "python"), str(PROGRAM)]
    said = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(said.stdout)
    return answer


def faults(text: str) -> list[str]:
    """What is wrong with the file."""
    data = json.loads(text)
    found = [] if text == written(data["versions"]) else [f"it is not written as '{COMMAND}' writes it"]
    if [from_answer(one).pyspark for one in data["versions"]] != [one.pyspark for one in PINNED]:
        found.append("its versions of PySpark are not those of guide/versions/make.py")
    return found


def written(answers: list[dict[str, object]]) -> str:
    """The file's text."""
    return json.dumps({"command": COMMAND, "versions": answers}, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="look at the file only")
    if not parser.parse_args().check:
        KEPT.write_text(written([ask(one) for one in PINNED]), "utf-8")
    found = faults(KEPT.read_text("utf-8"))
    for one in found:
        print(f"{KEPT.relative_to(ROOT)}: {one}", file=sys.stderr)
    return 1 if found else 0
