"""A JVM that a program starts with launch_gateway gets more options, if it is the Java that knows them."""

from __future__ import annotations

from pathlib import Path

import py4j.java_gateway
import pytest

from sparkwire.launch.launch_options import LaunchOptions


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
    assert refused == [str(path)]


def test_wrong_arguments_are_py4js_own_business(java, launched, install, refused):
    install(java, refused)
    with pytest.raises(TypeError, match="nonsense"):
        py4j.java_gateway.launch_gateway(nonsense=1)
    assert launched == []
    assert refused == []
