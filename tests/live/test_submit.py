"""``sparkwire submit``: ``spark-submit`` runs as it would alone, and its driver's Python is recorded."""

from __future__ import annotations

import json
import os
import signal

import pytest

MAIL = """\
import os, subprocess, sys
from pyspark import SparkContext
sc = SparkContext()
sc.setCheckpointDir("foo checkpoint dir")
names = lambda _: sorted(n for n in os.environ if "SPARKWIRE_RUN" in n or "startup" in os.environ[n])
print(sys.argv[1:], names(0), sc.parallelize([0], 1).map(names).collect())
code = "import sys; print('sparkwire' in sys.modules, [p for p in sys.path if 'startup' in p])"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout, end="")
sc.stop()
sys.exit(5)
"""

GATEWAY = """\
import time
from pyspark.java_gateway import launch_gateway
print(launch_gateway().jvm.java.lang.Math.max(3, 4))
print("ready")
time.sleep(60)
"""
"""No SparkContext: the gateway that ``spark-submit`` made is there, in a few seconds less."""


def test_the_mails_command_line_end_to_end(bench):
    script = bench.script(MAIL, "adam.py")
    ran = bench.sparkwire(
        "submit", "--jvm", "-o", "t.sparkwire", "--", "--master", "local[1]", "--name", "Adam test",
        script, "--", "-x",
    )  # fmt: skip
    assert ran.code == 5, ran.err
    assert ran.out.splitlines() == [b"['--', '-x'] [] [[]]", b"False []"]
    assert (bench.folder / "foo checkpoint dir").is_dir()
    assert "both sides counted the same" in ran.said, ran.said
    assert "NOT recorded" not in ran.said
    assert "nothing was recorded" not in ran.said

    shown = bench.sparkwire("show", "t.sparkwire", "--format", "json").out.decode()
    lines = [json.loads(line) for line in shown.splitlines()]
    assert lines[0]["command"] == "auth"
    [set_dir] = [line for line in lines if "\nsetCheckpointDir\n" in line["request"]]
    assert set_dir["call_site"]["file"] == str(script)
    assert (set_dir["call_site"]["line"], set_dir["call_site"]["function"]) == (
        4,
        "SparkContext.setCheckpointDir",
    )
    methods = [call["method"] for call in set_dir["java"]]
    assert "org.apache.spark.SparkContext.setCheckpointDir(String)" in methods


@pytest.mark.parametrize("victim", ["front", "java", "python"])
def test_whoever_is_ended_nothing_is_left(bench, until, victim):
    process = bench.start(
        bench.command(
            "submit", "--no-jvm", "-o", "t.sparkwire", "--", "--master", "local[1]", bench.script(GATEWAY)
        )
    )
    until(process.stdout, b"ready")
    java = bench.family_of(process.pid)["program"]
    [python] = [child for child in java.children() if child.name().startswith("python")]
    if victim == "front":
        os.kill(process.pid, signal.SIGTERM)
    else:
        {"java": java, "python": python}[victim].kill()
    ran = bench.ended(process)
    # As with spark-submit alone: a JVM that gets SIGTERM ends with 128 + 15, and with its Python's code.
    assert ran.code == {"front": 143, "java": -signal.SIGKILL, "python": 137}[victim], ran.err
    assert bench.left() == []
    assert [e.command for e in ran.exchanges][-1] == "call"


def test_a_python_that_cannot_load_the_recorder_is_named(bench):
    other = bench.script("#!/bin/sh\necho 'ran without it'\n", "another python")
    other.chmod(0o755)
    ran = bench.sparkwire(
        "submit", "--no-jvm", "-o", "t.sparkwire", "--", "--conf", f"spark.pyspark.driver.python={other}",
        bench.script("print(1)"),
    )  # fmt: skip
    assert (ran.code, ran.out) == (0, b"ran without it\n"), ran.err
    assert "nothing was recorded" in ran.said
    assert "PYSPARK_DRIVER_PYTHON" in ran.said


REFUSED = {
    "no arguments": ([], "name a script"),
    "no script": (["--", "--master", "local[1]"], "name a script"),
    "a script that is not there": (["--", "--verbose", "nothing.py"], "there is no script nothing.py"),
    "no Python": (["--", "--class", "Main", "app.jar"], "only Python is recorded"),
    "deploy mode": (["--", "--deploy-mode", "cluster", "there.py"], "another machine"),
    "deploy mode as a setting": (
        ["--", "--conf", "spark.submit.deployMode=cluster", "there.py"],
        "another machine",
    ),
    "deploy mode with =": (["--", "--deploy-mode=cluster", "there.py"], "another machine"),
    "a file that is no trace": (["-o", "there.py", "--", "there.py"], "is no trace"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_recorded_is_refused_first(bench, case):
    bench.script("print('ran')", "there.py")
    arguments, said = REFUSED[case]
    ran = bench.sparkwire("submit", *arguments)
    assert (ran.code, ran.out) == (2, b""), ran.err
    assert said in ran.said
    assert len(ran.err.splitlines()) == 1


def test_a_spark_home_without_spark_submit_is_named(bench):
    bench.env["SPARK_HOME"] = str(bench.folder)
    ran = bench.sparkwire("submit", "--", bench.script("print(1)"))
    assert (ran.code, ran.out) == (2, b"")
    assert "SPARK_HOME" in ran.said
