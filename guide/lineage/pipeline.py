"""What Python holds of an RDD: ``PipelinedRDD`` objects, each with a function that calls the one before it.

``pipeline`` follows ``prev`` from an RDD down. ``captured`` opens a function: which functions and values its
closure holds. Nothing is asked of Java.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def pipeline(rdd: Any) -> list[Any]:
    """The ``PipelinedRDD`` objects that share one function with ``rdd``, the first step first.

    They are those that ``rdd`` was made of, one after the other, and all have the same Java RDD below them.
    Empty when ``rdd`` is none.
    """
    found: list[Any] = []
    while hasattr(rdd, "_prev_jrdd"):
        if found and rdd._prev_jrdd is not found[-1]._prev_jrdd:
            break
        found.append(rdd)
        rdd = rdd.prev
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Captured:
    """A function, or a value that a function holds."""

    name: str
    """The variable that holds it."""
    depth: int
    value: Any

    @property
    def function(self) -> str:
        """The function's qualified name, such as ``RDD.map.<locals>.func``; empty for a value."""
        return str(self.value.__qualname__) if callable(self.value) else ""

    @property
    def where(self) -> str:
        """Where a function was written, as file and line; empty for a value and for one of C."""
        code = getattr(self.value, "__code__", None)
        return f"{short_place(code.co_filename)}:{code.co_firstlineno}" if code is not None else ""


def captured(function: Any, name: str = "", depth: int = 0) -> Iterator[Captured]:
    """A function and all that its closure holds, the functions in it opened in turn."""
    yield Captured(name, depth, function)
    if isinstance(function, types.FunctionType):
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            held = cell.cell_contents
            if isinstance(held, types.FunctionType):
                yield from captured(held, variable, depth + 1)
            else:
                yield Captured(variable, depth + 1, held)


def own_steps(function: Any) -> list[Any]:
    """The steps of a nested ``pipeline_func``, in the order in which a row meets them.

    Each is a function that takes a partition's number and its rows, and gives rows.
    """
    steps = []
    while function.__name__ == "pipeline_func":
        held = {
            name: cell.cell_contents
            for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True)
        }
        steps.append(held["func"])
        function = held["prev_func"]
    return [function, *reversed(steps)]


def opened(function: Any) -> str:
    """A function with all that its closure holds, as text: a line each, what is held indented below."""
    lines = []
    for one in captured(function):
        name = f"{one.name}: " if one.name else ""
        said = f"{'  ' * one.depth}{name}{one.function.replace('<locals>.', '') or repr(one.value)}"
        lines.append(f"{said:<54}  {one.where}".rstrip())
    return "\n".join(lines)


def calls(function: Any, rows: Iterable[Any]) -> Counter[str]:
    """How often each Python function is called while a composed function does the rows, here in this
    process.

    By qualified name; generators that go on aren't counted again.
    """
    found: Counter[str] = Counter()
    begun = set()

    def note(frame: types.FrameType, event: str, _: object) -> None:
        if event == "call" and frame not in begun:
            found[frame.f_code.co_qualname] += 1
            if frame.f_code.co_flags & inspect.CO_GENERATOR:
                begun.add(frame)

    sys.setprofile(note)
    try:
        list(function(0, iter(rows)))
    finally:
        sys.setprofile(None)
    return found


def short_place(file: str) -> str:
    """A file without the folders that differ from machine to machine."""
    if "ipykernel_" in file:
        return "this page"
    inside = re.search(r"\bpyspark[/\\].*", file)
    return inside[0].replace("\\", "/") if inside else Path(file).name
