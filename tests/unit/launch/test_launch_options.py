"""A JVM that a program starts gets more options, if it is the Java that knows them and can take them."""

from __future__ import annotations

import os
from pathlib import Path

import py4j.java_gateway
import pyspark.java_gateway
import pytest

from sparkwire.launch.launch_options import DRIVER_OPTIONS, LaunchOptions, cannot_take


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """A JAVA_HOME with a program java in it."""
    program = tmp_path / "home" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def launched(monkeypatch):
    """The arguments with which Py4J's own function was called."""
    calls = []

    def launch_gateway(port=0, javaopts=(), java_path="java"):
        calls.append((port, javaopts, java_path))
        return port

    monkeypatch.setattr(py4j.java_gateway, "launch_gateway", launch_gateway)
    return calls


@pytest.fixture
def install():
    """``install(java, refused)``: adds ``-Xmore`` until the test has ended; Py4J's function is back then."""
    before, made = py4j.java_gateway.launch_gateway, []

    def begin(java, refused):
        made.append(LaunchOptions(java, lambda: ["-Xmore"], refused.append))
        made[-1].install()

    yield begin
    for one in made:
        one.remove()
    assert py4j.java_gateway.launch_gateway is before


@pytest.fixture
def refused():
    return []


@pytest.mark.parametrize("how", ["its path", "a link", "JAVA_HOME", "PATH"])
def test_this_java_gets_them_however_it_is_named(
    java, launched, install, refused, monkeypatch, tmp_path, how
):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    given: str | None = str(java)
    if how == "a link":
        given = str(tmp_path / "link")
        Path(given).symlink_to(java)
    elif how == "JAVA_HOME":
        monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))
        given = None
    elif how == "PATH":
        monkeypatch.setenv("PATH", str(java.parent))
        given = "java"
    install(java, refused)
    assert py4j.java_gateway.launch_gateway(7, ["-Xmine"], java_path=given) == 7
    assert launched == [(7, ["-Xmine", "-Xmore"], given)]
    assert refused == []


@pytest.mark.parametrize("other", ["another", "missing"])
def test_another_java_is_refused_by_its_path(java, launched, install, refused, tmp_path, other):
    path = tmp_path / other
    if other == "another":
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    install(java, refused)
    py4j.java_gateway.launch_gateway(java_path=str(path))
    assert launched == [(0, [], str(path))]
    assert len(refused) == 1
    assert f"it ran {path}" in refused[0]


@pytest.mark.parametrize(
    "own", ["-XX:FlightRecorderOptions=stackdepth=9", "-XX:-FlightRecorder", "-XX:+FlightRecorder"]
)
@pytest.mark.parametrize("where", ["javaopts", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_a_jvm_with_a_recorder_of_its_own_keeps_it(java, launched, install, refused, monkeypatch, own, where):
    install(java, refused)
    if where != "javaopts":
        monkeypatch.setenv(where, f"-Da=b {own}")
    mine = [own] if where == "javaopts" else []
    py4j.java_gateway.launch_gateway(0, mine, java_path=str(java))
    assert launched == [(0, mine, str(java))]
    assert len(refused) == 1
    assert "options of its own for the flight recorder" in refused[0]


def test_a_recording_of_the_users_own_is_no_hindrance():
    assert cannot_take({"JAVA_TOOL_OPTIONS": "-XX:StartFlightRecording:filename=mine.jfr"}) == ""


@pytest.mark.parametrize(
    ("env", "folder", "can"),
    [
        ({"LC_ALL": "C"}, "ü", False),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, "ü", False),
        ({}, "ü", False),
        ({"LC_ALL": "", "LANG": "de_DE.ISO-8859-1"}, "ü", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "ł", False),
        ({"LC_ALL": "C.UTF-8"}, "łü", True),
        ({"LC_CTYPE": "en_US.UTF-8@x", "LANG": "C"}, "łü", True),
        ({"LC_ALL": "C"}, "u", True),
    ],
)
def test_a_folder_that_the_locale_cannot_name(tmp_path, monkeypatch, env, folder, can):
    (tmp_path / folder).mkdir()
    assert (cannot_take(env, cwd=tmp_path / folder) == "") is can
    monkeypatch.chdir(tmp_path / folder)
    assert (cannot_take(env) == "") is can


def test_a_folder_that_is_gone_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert cannot_take({"LC_ALL": "C"}) == ""


def test_options_that_the_locale_cannot_name_are_not_given(java, launched, refused, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    adding = LaunchOptions(java, lambda: ["-X/tmp/ü"], refused.append)
    adding.install()
    py4j.java_gateway.launch_gateway(java_path=str(java))
    adding.remove()
    assert launched == [(0, [], str(java))]
    assert "temporary folder" in refused[0]


def test_options_that_cannot_be_made_stop_nothing(java, launched, refused):
    def full() -> list[str]:
        raise OSError(28, "No space left on device")

    adding = LaunchOptions(java, full, refused.append)
    adding.install()
    py4j.java_gateway.launch_gateway(java_path=str(java))
    adding.remove()
    assert launched == [(0, [], str(java))]
    assert "No space left on device" in refused[0]


# --- PySpark's driver --------------------------------------------------------------------------------------


@pytest.fixture
def drivers(monkeypatch):
    """The environments of the processes that PySpark's module started."""
    seen = []

    def popen(command, **kwargs):
        seen.append(kwargs.get("env"))
        return command

    monkeypatch.setattr(pyspark.java_gateway, "Popen", popen)
    return seen


def environment(java, **more):
    return {
        "JAVA_HOME": str(java.parent.parent),
        "LC_ALL": "C.UTF-8",
        "_PYSPARK_DRIVER_CONN_INFO_PATH": "/x",
        **more,
    }


def test_pysparks_driver_gets_them_after_the_users_own(java, drivers, refused, tmp_path):
    adding = LaunchOptions(java, lambda: ["-Xa b"], refused.append)
    adding.install()
    given = environment(java, **{DRIVER_OPTIONS: "-Dmine=1"})
    before = dict(os.environ)
    assert pyspark.java_gateway.Popen([tmp_path / "bin" / "spark-submit"], env=given)
    pyspark.java_gateway.Popen(["taskkill"])
    adding.remove()
    pyspark.java_gateway.Popen(["spark-submit"], env=given)
    assert drivers == [{**given, DRIVER_OPTIONS: '-Dmine=1 "-Xa b"'}, None, given]
    assert given[DRIVER_OPTIONS] == "-Dmine=1"
    assert dict(os.environ) == before
    assert refused == []


@pytest.mark.parametrize(
    "sets", ["JAVA_HOME=/other\n", "  export JAVA_HOME=/other\n", "# JAVA_HOME=/other\n"]
)
def test_sparks_own_file_may_name_another_java(java, drivers, refused, tmp_path, sets):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-env.sh").write_text(f"A=b\n{sets}")
    adding = LaunchOptions(java, lambda: ["-Xmore"], refused.append)
    adding.install()
    pyspark.java_gateway.Popen([str(tmp_path / "bin" / "spark-submit")], env=environment(java))
    adding.remove()
    assert (DRIVER_OPTIONS in drivers[0]) is sets.startswith("#")
    assert len(refused) == (not sets.startswith("#"))


def test_a_forked_childs_jvm_gets_none_and_leaves_a_mark(java, drivers, launched, refused, tmp_path):
    adding = LaunchOptions(
        java, lambda: ["-Xmore"], refused.append, in_child=lambda: (tmp_path / "mark").touch()
    )
    adding.install()
    child = os.fork()
    if not child:
        try:
            pyspark.java_gateway.Popen(["spark-submit"], env=environment(java))
            py4j.java_gateway.launch_gateway(java_path=str(java))
            os._exit(0 if DRIVER_OPTIONS not in drivers[0] and launched[0][1] == [] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    adding.remove()
    assert (tmp_path / "mark").exists()
    assert refused == []


def test_wrong_arguments_are_py4js_own_business(java, launched, install, refused):
    install(java, refused)
    with pytest.raises(TypeError, match="nonsense"):
        py4j.java_gateway.launch_gateway(nonsense=1)
    assert launched == []
    assert refused == []
