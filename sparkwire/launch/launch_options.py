"""Gives Java options to the JVMs that a program starts: PySpark's driver, and Py4J's own ``launch_gateway``.

PySpark's driver takes its options from SPARK_SUBMIT_OPTS. They are added where PySpark starts it
(``driver_start``), so that the program's own environment stays as it is: a job in a child
process gets none of them. A plain Py4J program names its options itself, as ``javaopts`` of
``py4j.java_gateway.launch_gateway`` (0.10.9.9), so while recording that function is replaced by one that
adds to them. A variable such as JDK_JAVA_OPTIONS would reach every other Java that the program starts, too.

Options that a JVM can't take would keep it from starting, and the program from running. So what would be
wrong with them is looked for beforehand, and such a JVM gets none.
"""

from __future__ import annotations

import functools
import inspect
import locale
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from sparkwire.launch.driver_start import DriverStart
from sparkwire.record.imports import forget, when_imported

DRIVER_OPTIONS = "SPARK_SUBMIT_OPTS"
"""The variable with options for the driver's JVM."""

REPOSITORY = ".repository"
"""What the name of a recording's folder ends with, in which the JVM keeps the parts while it runs."""

_PY4J = "py4j.java_gateway"

_OPTION_VARIABLES = (DRIVER_OPTIONS, "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
# The recorder has one place for its parts in a JVM, so two can't both say where. Started twice is fine.
_OTHERS_RECORDER = re.compile(r"-XX:(?:[-+]FlightRecorder\b|FlightRecorderOptions)")
_SETS_JAVA_HOME = re.compile(r"^\s*(?:export\s+)?JAVA_HOME=", re.MULTILINE)


class LaunchOptions:
    """While installed, every JVM that this process starts through PySpark or Py4J gets more options.

    ``options`` is asked for them, once a JVM. They are for the program ``java``. A JVM that can't take them
    gets none, and ``refused`` is told why, in a clause. The same in a forked child, which isn't recorded:
    there ``in_child`` is called, and nothing else.
    """

    def __init__(
        self,
        java: str | os.PathLike[str],
        options: Callable[[], Sequence[str]],
        refused: Callable[[str], None] = lambda reason: None,
        in_child: Callable[[], None] = lambda: None,
    ) -> None:
        self._java, self._options, self._refused, self._in_child = os.fspath(java), options, refused, in_child
        self._process = os.getpid()
        self._driver_start = DriverStart(self._driver_environment)
        self._replaced: list[tuple[ModuleType, str, Any]] = []

    def install(self) -> None:
        when_imported(_PY4J, self._patch_py4j)
        self._driver_start.install()

    def remove(self) -> None:
        """Put the original functions back."""
        forget(_PY4J, self._patch_py4j)
        self._driver_start.remove()
        while self._replaced:
            module, name, original = self._replaced.pop()
            setattr(module, name, original)

    def _replace(self, module: ModuleType, name: str, function: Any) -> None:
        self._replaced.append((module, name, getattr(module, name)))
        setattr(module, name, function)

    def _patch_py4j(self, module: ModuleType) -> None:
        original = module.launch_gateway
        signature = inspect.signature(original)

        @functools.wraps(original)
        def launch_gateway(*args: Any, **kwargs: Any) -> Any:
            try:
                given = signature.bind(*args, **kwargs)
                given.apply_defaults()
                own = [*(given.arguments["javaopts"] or ())]
                java = _java_to_run(given.arguments["java_path"])
                more = self._options_for(
                    java, os.environ, " ".join(map(str, own)), given.arguments.get("cwd")
                )
                given.arguments["javaopts"] = [*own, *more]
            except (TypeError, KeyError):
                return original(*args, **kwargs)  # wrong arguments, or another Py4J: its own business
            return original(*given.args, **given.kwargs)

        self._replace(module, "launch_gateway", launch_gateway)

    def _driver_environment(self, env: Mapping[str, str], command: Any, cwd: Any) -> Mapping[str, str]:
        home = env.get("JAVA_HOME")
        java = _java_to_run(os.path.join(home, "bin", "java") if home else "java", env.get("PATH"))
        if isinstance(command, (list, tuple)) and _spark_env_sets_java(str(command[0]), env):
            java = "the one that spark-env.sh names"
        more = self._options_for(java, env, "", cwd)
        return {**env, DRIVER_OPTIONS: with_options(env.get(DRIVER_OPTIONS, ""), more)} if more else env

    def _options_for(self, java: str, env: Mapping[str, str], own: str, cwd: Any) -> Sequence[str]:
        if os.getpid() != self._process:
            self._in_child()
            return ()
        # os.path, because a Path raises where the user may not look.
        if not (os.path.exists(java) and os.path.exists(self._java) and os.path.samefile(java, self._java)):
            self._refused(
                f"it ran {java}, and the program's Java was {self._java} when it began "
                "(java_path=None makes Py4J use JAVA_HOME)"
            )
            return ()
        options: Sequence[str] = ()
        if not (reason := cannot_take(env, own, cwd)):
            try:
                options = self._options()
            except OSError as error:
                reason = f"there was no place for what it would record: {error.strerror}"
        if options and not _can_be_said("".join(options), env):
            options, reason = (), "the temporary folder's name has letters that the locale doesn't"
        if reason:
            self._refused(reason)
        return options


def cannot_take(
    env: Mapping[str, str], own: str = "", cwd: str | bytes | os.PathLike[str] | None = None
) -> str:
    """Why a JVM with this environment, these options of its own and this folder couldn't start its recorder.

    A clause; empty when nothing is wrong. Java 25.
    """
    for name in _OPTION_VARIABLES:
        if _OTHERS_RECORDER.search(env.get(name, "")):
            return f"{name} has options of its own for the flight recorder"
    if _OTHERS_RECORDER.search(own):
        return "it has options of its own for the flight recorder"
    # The recorder makes file names absolute, which fails where the working directory's name can't be said.
    folder = os.path.abspath(os.fsdecode(cwd) if cwd else os.curdir) if _has_folder() else ""
    if _can_be_said(folder, env):
        return ""
    return (
        "the working directory's name has letters that the locale doesn't, and so Java's own recorder would "
        "not start (with LC_ALL=C.UTF-8 it does)"
    )


def _has_folder() -> bool:
    """Whether the working directory is still there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _can_be_said(name: str, env: Mapping[str, str]) -> bool:
    """Whether a JVM with this environment can be given the name."""
    try:
        name.encode(_charset(env))
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _charset(env: Mapping[str, str]) -> str:
    """The character set of the locale that a program with this environment has."""
    named = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), "C")
    if named in ("C", "POSIX"):
        return "ascii"
    own = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "C")
    if named == own:
        return locale.getencoding()
    return named.partition(".")[2].partition("@")[0] or "latin-1"


def with_options(own: str, options: Sequence[str]) -> str:
    """A value of SPARK_SUBMIT_OPTS with ``options`` after the user's ``own``.

    Spark's launcher splits it nearly as a shell does.
    """
    return " ".join(filter(None, [own, *map(_quoted, options)]))


def _quoted(option: str) -> str:
    # CommandBuilderUtils.parseOptionString (4.3.0): a backslash quotes one character inside double quotes.
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if any(c in option for c in " \t'\"\\") else option


def _java_to_run(java_path: object, path: str | None = None) -> str:
    """The Java that ``launch_gateway`` will run for its argument ``java_path``: a path when it can be found.

    None means that JAVA_HOME decides, and without it PATH (py4j/java_gateway.py, 0.10.9.9).
    """
    if java_path is None:
        home = os.environ.get("JAVA_HOME")
        java_path = os.path.join(home, "bin", "java") if home else "java"
    return shutil.which(str(java_path), path=path) or str(java_path)


def _spark_env_sets_java(spark_submit: str, env: Mapping[str, str]) -> bool:
    """Whether what ``bin/spark-class`` reads first (4.3.0: ``load-spark-env.sh``) names a Java."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(spark_submit)))
    folder = env.get("SPARK_CONF_DIR") or os.path.join(home, "conf")
    try:
        with open(os.path.join(folder, "spark-env.sh"), encoding="utf-8", errors="replace") as file:
            return _SETS_JAVA_HOME.search(file.read()) is not None
    except OSError:
        return False
