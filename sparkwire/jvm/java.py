"""Find the Java that Spark would run.

The order is that of Spark's own ``bin/spark-class`` (4.3.0): ``$JAVA_HOME/bin/java`` when JAVA_HOME is set,
else ``java`` on PATH. The Java that is found is asked for its version (``java -version``); nothing else of it
is started.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

METHOD_TRACING_SINCE = 25
"""The first Java whose flight recorder traces methods (JEP 520)."""
NO_METHOD_TRACING = f"no method tracing, which came with Java {METHOD_TRACING_SINCE}"

_OPTION_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass(frozen=True, slots=True)
class Java:
    """One installed Java. ``source`` says how it was found: ``JAVA_HOME``, ``PATH`` or other words."""

    home: Path
    executable: Path
    version: str
    """As ``java -version`` prints it between quotes, for example ``25.0.2`` or ``1.8.0_392``."""
    major: int
    source: str

    @property
    def traces_methods(self) -> bool:
        """Whether its flight recorder can trace methods (Java 25 and later, with jfr beside it)."""
        return cannot_trace(self) is None

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


def cannot_trace(java: Java | NoJava) -> str | None:
    """Why this Java can't show its method calls, in one sentence; None when it can."""
    if isinstance(java, NoJava):
        return java.reason
    if java.major < METHOD_TRACING_SINCE:
        return f"Java {java.version} has {NO_METHOD_TRACING} (JEP 520)."
    if java.tool("jfr") is None:
        return f"Java {java.version} in {java.home} has no program jfr to read a recording with."
    return None


def without_java_options(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """``env`` without what makes every Java take more options: they could start a recording or an agent, slow
    a tool down or make it speak.
    """
    return {name: value for name, value in env.items() if name not in _OPTION_VARIABLES}


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
            "Install Java 17 or later (25 for Java calls), or pip install 'sparkwire[java]' and use --jvm: "
            "'sparkwire doctor' says more.",
        )
    executable = Path(found)
    return _ask_version(executable, executable.resolve().parent.parent, "PATH", env)


def _ask_version(executable: Path, home: Path, source: str, env: Mapping[str, str]) -> Java | NoJava:
    advice = "Reinstall this Java, or point JAVA_HOME at another one."
    try:
        done = subprocess.run(
            [str(executable), "-version"],
            env=without_java_options(env),
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
