"""What pages about failures share: run something that must fail, and print the error as a traceback ends.

Used by pages only. It imports PySpark for its folder, which differs from machine to machine.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

import pyspark
from py4j.protocol import Py4JError

HOME = str(Path(pyspark.__file__).parent)
"""PySpark's folder. Where its name would be shown, pages write ``$SPARK_HOME``."""
WIDTH = 100
"""Characters in a line of a page's output that needs no sideways scrolling on a wide screen."""

_FRAME = re.compile(r'\s*File "(?P<file>[^"]*)", line \d+,? in ')
_JAVA_FRAME = re.compile(r"\s*(at [\w.$/<>]+\(|\.\.\. \d+ more)")
_OF_A_CELL = re.compile(r"[^\s\"]*ipykernel_\d+/\d+\.py")
_AGAIN = "Driver stacktrace:"
"""After this Spark repeats, with other stacks, what it said before."""


def failing(action: Callable[[], object]) -> BaseException:
    """The error that ``action`` raises, an interrupt included. AssertionError if it raises none."""
    try:
        action()
    except BaseException as error:
        return error
    raise AssertionError("nothing failed")


def complaint(action: Callable[[], object]) -> str:
    """What Py4J says is wrong with ``action``. AssertionError if nothing is; any other error is raised."""
    error = failing(action)
    if not isinstance(error, Py4JError):
        raise error
    return reason(error)


def reason(error: BaseException) -> str:
    """What Py4J's error says is wrong, without the line before it and without Java's stack."""
    lines = str(error).splitlines()
    if len(lines) < 2:
        return str(error)
    return lines[1].removeprefix(": ").removeprefix("py4j.Py4JException: ")


def chain(error: BaseException) -> list[BaseException]:
    """The error, after those that led to it, in the order in which a traceback shows them."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [*(chain(before) if before is not None else []), error]


def said(error: BaseException, lines: int = 2) -> None:
    """Print the last lines of the traceback of the error and of those before it, ``lines`` of each."""
    print("\n\nthen, while that was handled:\n\n".join(_last_lines(one, lines) for one in chain(error)))


def provoked(action: Callable[[], object], *says: str) -> None:
    """Run what must fail, and print what the error says, without its stacks.

    What is written to Python's standard error meanwhile is left out: PySpark prints some tracebacks itself.
    AssertionError if nothing fails, or if the error doesn't say each of ``says``.
    """
    with contextlib.redirect_stderr(io.StringIO()):
        error = failing(action)
    text = essence(error)
    print(wrapped(text))
    for words in says:
        assert words in text, f"the error doesn't say {words!r}"


def essence(error: BaseException) -> str:
    """What an error says, without Java's stack and without those lines of Python's that aren't a cell's.

    The error of a worker or of a job holds several stacks in its text. "..." stands for what was left out.
    """
    text = "".join(traceback.format_exception_only(error)).replace(HOME, "$SPARK_HOME").rstrip("\n")
    # A daemon that can't start tells the whole path, the user's own folders included.
    if own := os.environ.get("PYTHONPATH"):
        text = text.replace(own, "$PYTHONPATH")
    kept: list[str] = []
    left_out = False
    in_frame: str | None = None
    for line in text.split("\n"):
        if line.strip() == _AGAIN:
            break
        if frame := _FRAME.match(line):
            in_frame = "cell" if _OF_A_CELL.fullmatch(frame["file"]) else "other"
        elif not line.startswith("    "):
            in_frame = None
        if in_frame == "other" or _JAVA_FRAME.match(line):
            left_out = True
            continue
        if left_out:
            kept.append("  ...")
        left_out = False
        kept.append(_OF_A_CELL.sub("<a cell>", line))
    return "\n".join(kept).rstrip("\n")


def wrapped(text: str) -> str:
    """The text in lines of at most ``WIDTH`` characters, broken between words where that is possible."""
    broken = (
        textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False, drop_whitespace=True)
        for line in text.split("\n")
    )
    return "\n".join("\n".join(parts) for parts in broken)


def log_in_one_line() -> None:
    """Print what is logged as a warning or worse, without its traceback: pages show the errors themselves."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_OneLine())
    # Py4J logs this for every connection that is refused.
    handler.addFilter(lambda record: "trying to connect" not in record.getMessage())
    logging.getLogger().addHandler(handler)


def _last_lines(error: BaseException, lines: int) -> str:
    text = "".join(traceback.format_exception_only(error)).replace(HOME, "$SPARK_HOME").rstrip("\n")
    first = text.split("\n")
    return wrapped("\n".join([*first[:lines], *(["..."] if len(first) > lines else [])]))


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"log: {record.levelname}: {record.getMessage()}"
