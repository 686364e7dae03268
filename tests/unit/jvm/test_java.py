"""Finding Java: in Spark's order, and saying what is wrong when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkwire.jvm.java import Java, NoJava, cannot_trace, find_java


def test_java_home_goes_before_path(fake_java, tmp_path: Path) -> None:
    home = fake_java(tmp_path / "a home", """echo 'openjdk version "25.0.2" 2026-01-20 LTS' >&2""")
    other = fake_java(tmp_path / "b", """echo 'openjdk version "17.0.1" 2021-10-19' >&2""")
    found = find_java({"JAVA_HOME": str(home), "PATH": str(other / "bin")})
    assert found == Java(home, home / "bin" / "java", "25.0.2", 25, "JAVA_HOME")
    found = find_java({"JAVA_HOME": "", "PATH": str(other / "bin")})
    assert isinstance(found, Java)
    assert (found.home, found.major, found.source) == (other, 17, "PATH")


@pytest.mark.parametrize(
    ("printed", "major"), [("1.8.0_392", 8), ("26-ea", 26), ("11.0.2", 11), ("25", 25)]
)  # fmt: skip
def test_reads_old_and_early_versions(fake_java, tmp_path: Path, printed: str, major: int) -> None:
    home = fake_java(tmp_path / "h", f"""echo 'Picked up X' >&2; echo 'java version "{printed}"' >&2""")
    found = find_java({"JAVA_HOME": str(home)})
    assert isinstance(found, Java)
    assert (found.version, found.major) == (printed, major)


def test_options_from_the_environment_do_not_reach_the_question(fake_java, tmp_path: Path) -> None:
    home = fake_java(tmp_path / "h", """echo "version \\"25${JDK_JAVA_OPTIONS-}${JAVA_TOOL_OPTIONS-}\\"" """)
    env = {"JAVA_HOME": str(home), "JDK_JAVA_OPTIONS": "-Xx", "JAVA_TOOL_OPTIONS": "-Xy"}
    found = find_java(env)
    assert isinstance(found, Java)
    assert found.version == "25"


def test_says_why_there_is_no_java(fake_java, tmp_path: Path) -> None:
    nothing = find_java({"PATH": str(tmp_path)})
    assert isinstance(nothing, NoJava)
    assert not nothing
    assert "no java on PATH" in nothing.reason
    empty = find_java({"JAVA_HOME": str(tmp_path)})
    assert isinstance(empty, NoJava)
    assert str(tmp_path) in empty.reason
    broken = find_java({"JAVA_HOME": str(fake_java(tmp_path / "h", "echo no memory; exit 3"))})
    assert isinstance(broken, NoJava)
    assert "exit code 3" in broken.reason
    assert "no memory" in broken.reason
    mute = find_java({"JAVA_HOME": str(fake_java(tmp_path / "mute", "true"))})
    assert isinstance(mute, NoJava)


def test_says_why_a_java_cannot_trace(tmp_path: Path) -> None:
    assert cannot_trace(NoJava("There is none.", "Get one.")) == "There is none."
    old = Java(tmp_path, tmp_path / "bin" / "java", "17.0.15", 17, "PATH")
    assert "17.0.15" in (cannot_trace(old) or "")
    assert not old.traces_methods
    bare = Java(tmp_path, tmp_path / "bin" / "java", "25.0.1", 25, "PATH")
    assert "jfr" in (cannot_trace(bare) or "")
    assert not bare.traces_methods
