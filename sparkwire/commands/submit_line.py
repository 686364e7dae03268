"""The command line of ``spark-submit``, as far as ``sparkwire submit`` reads it: which word is the script.

The grammar is that of 4.3.0 (launcher/.../SparkSubmitOptionParser.java): an option takes the next word as its
value, or what follows its ``=``, unless it is a switch; the first word that is no option is the script, and
what follows it is the script's. Where the same setting is made twice, the order is that of
core/.../deploy/SparkSubmitArguments.scala.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# fmt: off
VALUES = frozenset((
    "--archives", "--class", "--conf", "-c", "--deploy-mode", "--driver-class-path", "--driver-cores",
    "--driver-default-class-path", "--driver-java-options", "--driver-library-path", "--driver-memory",
    "--exclude-packages", "--executor-cores", "--executor-memory", "--extra-properties-file", "--files",
    "--jars", "--keytab", "--kill", "--master", "--name", "--num-executors", "--packages", "--principal",
    "--properties-file", "--proxy-user", "--py-files", "--queue", "--remote", "--repositories", "--status",
    "--total-executor-cores",
))
"""The options of ``spark-submit`` with a value."""
SWITCHES = frozenset((
    "--help", "-h", "--load-spark-defaults", "--supervise", "--usage-error", "--verbose", "-v", "--version",
))
"""Its options without one."""
# fmt: on
NO_PROGRAM = frozenset(("--help", "-h", "--kill", "--status", "--usage-error", "--version"))
"""With one of these, ``spark-submit`` runs no program."""
PYSPARK_SHELL = "pyspark-shell-main"
"""The first word, in place of a script, when ``bin/pyspark`` starts ``spark-submit``."""

_WITH_EQUALS = re.compile(r"(--[^=]+)=(.+)", re.DOTALL)
_DEPLOY_MODE = "spark.submit.deployMode"
_MODE_LINE = re.compile(rb"^\s*spark\.submit\.deployMode(?:\s*[=:]\s*|\s+)(\w+)\s*$", re.MULTILINE)
"""In a file of Java's properties."""


@dataclass(slots=True)
class SubmitLine:
    """What ``spark-submit`` was given, taken apart."""

    script: str | None = None
    """The first word that is no option; None when there is none."""
    given: dict[str, str] = field(default_factory=dict)
    """The options with their last values; a setting (``--conf``) by its own name; a switch with no value."""
    extra_files: list[str] = field(default_factory=list)
    """The values of ``--extra-properties-file``."""

    @property
    def asks(self) -> str | None:
        """The option for which ``spark-submit`` does something else than run a program; else None."""
        return next((option for option in self.given if option in NO_PROGRAM), None)

    def deploy_mode(self, env: Mapping[str, str], spark_home: Path | None) -> str | None:
        """``client``, ``cluster``, or None where nothing says so."""
        if mode := self.given.get("--deploy-mode") or self.given.get(_DEPLOY_MODE):
            return mode
        files = list(map(Path, reversed(self.extra_files)))
        if own := self.given.get("--properties-file"):
            files.append(Path(own))
        if not own or "--load-spark-defaults" in self.given:
            conf = env.get("SPARK_CONF_DIR") or (spark_home / "conf" if spark_home else None)
            files += [Path(conf) / "spark-defaults.conf"] if conf else []
        return next(filter(None, map(_mode_in, files)), None) or env.get("DEPLOY_MODE")


def read(arguments: Sequence[str]) -> SubmitLine:
    """Take them apart."""
    line = SubmitLine()
    shell = arguments[:1] == [PYSPARK_SHELL]
    if shell:
        line.script, arguments = PYSPARK_SHELL, arguments[1:]
    rest = iter(range(len(arguments)))
    for at in rest:
        word = arguments[at]
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        with_equals = _WITH_EQUALS.fullmatch(word)
        option, value = with_equals.groups() if with_equals else (word, None)
        if word in SWITCHES:
            line.given[word] = ""
        elif option in VALUES or _is_newer(option, following):
            if value is None:
                value = following
                next(rest, None)
            if option in ("--conf", "-c"):
                option, _, value = value.partition("=")
            elif option == "--extra-properties-file":
                line.extra_files.append(value)
            line.given[option] = value
        elif word.startswith("-"):
            line.given[word] = ""  # a switch of a newer Spark's, or wrong, and then spark-submit says so
        elif not shell:
            line.script = word
            break
        elif word.endswith(".py") and line.script == PYSPARK_SHELL:
            line.script = word  # it's the script then, for the sake of older habits
    return line


def _is_newer(option: str, following: str) -> bool:
    """Whether an option that isn't known seems to take the word after it as its value."""
    return option.startswith("-") and not following.startswith("-") and not following.endswith(".py")


def _mode_in(file: Path) -> str | None:
    """The deploy mode that a file of properties sets; None when it sets none or can't be read."""
    try:
        found = _MODE_LINE.findall(file.read_bytes())
    except OSError:
        return None  # spark-submit says so
    return found[-1].decode("latin-1") if found else None
