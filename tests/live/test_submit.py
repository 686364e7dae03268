"""``sparkwire submit``: ``spark-submit`` runs as it would alone, and its driver's Python is recorded."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from submit_modes import MODES, mode_files

from sparkwire.commands import submit_line
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import exchanges

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


ORACLE = """
import json, os, sys
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
import pyspark

jars = os.path.join(os.path.dirname(pyspark.__file__), "jars", "*")
port = launch_gateway(classpath=jars, die_on_exit=True, java_path=None)
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auto_convert=True))
jvm = gateway.jvm
no_classes, no_objects = gateway.new_array(jvm.java.lang.Class, 0), gateway.new_array(jvm.java.lang.Object, 0)
parser_class = jvm.java.lang.Class.forName("org.apache.spark.launcher.SparkSubmitOptionParser")
make = parser_class.getDeclaredConstructor(no_classes)
make.setAccessible(True)
parser = make.newInstance(no_objects)

def names(of):
    field = parser_class.getDeclaredField(of)
    field.setAccessible(True)
    return [name for aliases in field.get(parser) for name in aliases]

def asked(words, env):
    convert = jvm.scala.jdk.javaapi.CollectionConverters
    given = getattr(jvm.scala.collection.immutable.Map, "from")(convert.asScala(env))
    found = jvm.org.apache.spark.deploy.SparkSubmitArguments(convert.asScala(words).toSeq(), given)
    script = found.primaryResource()
    return script and script.removeprefix("file:"), found.deployMode(), found.action().toString()

lines = json.load(sys.stdin)
print(json.dumps([names("opts"), names("switches"), [asked(*line) for line in lines]]))
"""
"""Asks the parser of the Spark that is installed what it makes of command lines."""

LINES = [
    ["s.py", "--version"],
    ["--name=x y", "--supervise", "--conf", "a=b", "s.py", "t.py"],
    ["-c", "spark.a=--b", "--load-spark-defaults", "s.py"],
    ["--py-files", "t.py,u.py", "--extra-properties-file", "silent", "s.py"],
    ["--remote", "local", "s.py"],
    ["--class", "a.Main", "app.jar"],
    ["--master", "local[1]", "--packages", "", "-v", "s.py"],
    ["--version", "s.py"],
    ["--kill", "x", "--master", "spark://a:1"],
    ["--status=x"],
    ["pyspark-shell"],
]


def test_command_lines_are_read_as_spark_submit_reads_them(bench, monkeypatch):
    mode_files(bench.folder)
    bench.script("", "s.py")
    modes = [([*words, "s.py"], env) for words, env, _ in MODES.values() if "nowhere" not in words]
    cases = [*((words, {}) for words in LINES), *modes]
    ran = bench.ended(
        bench.start([sys.executable, bench.script(ORACLE, "oracle.py")], stdin=subprocess.PIPE),
        data=json.dumps(cases).encode(),
    )
    assert ran.code == 0, ran.err
    values, switches, answers = json.loads(ran.out)
    assert set(values) == submit_line.VALUES
    assert set(switches) == submit_line.SWITCHES
    monkeypatch.chdir(bench.folder)
    for (words, env), (script, mode, action) in zip(cases, answers, strict=True):
        line = submit_line.read(words)
        assert (line.asks is None) == (action == "SUBMIT"), words
        if action == "SUBMIT":
            assert script in (line.script, str(bench.folder / line.script)), words
            assert line.deploy_mode(env, None) == mode, words


def typed_into(terminal: int, *dialogue: tuple[bytes, bytes]) -> bytes:
    """Wait for what a program says, then type the answer; what it said in all."""
    seen = b""
    for wanted, answer in dialogue:
        since = len(seen)
        while wanted not in seen[since:]:
            assert select.select([terminal], [], [], 250)[0], seen
            seen += os.read(terminal, 4096)
        os.write(terminal, answer)
    return seen


@pytest.mark.parametrize("driver", ["", "ipython"])
def test_the_pyspark_shell_is_recorded(bench, driver):
    front, terminal = pty.openpty()
    bench.env |= {"PYSPARK_DRIVER_PYTHON": driver, "IPYTHONDIR": str(bench.folder), "TERM": "dumb"}
    bench.env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), bench.env["PATH"]])
    process = bench.start(
        bench.command("submit", "--no-jvm", "-o", "t.sparkwire", "--", "pyspark-shell-main",
                      "--master", "local[1]", "--name", "typed"),
        stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    prompt = b"In [1]: " if driver else b">>> "
    code = b"import os; sc.setCheckpointDir('d'); print(sc.appName, 'SPARKWIRE_RUN' in os.environ)"
    seen = typed_into(
        front,
        (prompt, code + b"\r"),
        (b"typed False\r\n", b"exit()\r"),
        (b"sparkwire show t.sparkwire", b""),
    )
    assert process.wait(60) == 0, seen
    os.close(front)
    raw = [e.request.raw for e in exchanges(TraceReader(bench.folder / "t.sparkwire"))]
    assert any(b"\nsetCheckpointDir\nsd\n" in one for one in raw)


def test_the_default_trace_of_the_shell_has_its_name(bench):
    bench.env["PYSPARK_DRIVER_PYTHON"] = str(quits := bench.script("#!/bin/sh\necho 0\n", "quits"))
    quits.chmod(0o755)
    ran = bench.sparkwire("submit", "--no-jvm", "--", "pyspark-shell-main", "--master", "local[1]")
    assert (bench.folder / "pyspark-shell.sparkwire").exists(), ran.err


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_what_runs_no_program_is_spark_submits_alone(bench, words):
    spark_submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    alone = bench.ended(bench.start([spark_submit, *words]))
    ran = bench.sparkwire("submit", "-o", "t.sparkwire", "--", *words)
    assert (ran.code, ran.out, ran.own_err) == (alone.code, alone.out, alone.own_err)
    assert ran.said == f"sparkwire: spark-submit {words[0]} runs no program, so nothing is recorded\n"
    assert not (bench.folder / "t.sparkwire").exists()


REFUSED = {
    "the gateway of the shell": (["--", "pyspark-shell"], "starts a gateway and no Python program"),
    "deploy mode in a file": (["--", "--properties-file", "mode", "there.py"], "another machine"),
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
    "a file that is no trace": (["-o", "there.py", "--", "there.py"], "is not a trace"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_recorded_is_refused_first(bench, case):
    bench.script("print('ran')", "there.py")
    bench.script("spark.submit.deployMode cluster", "mode")
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
