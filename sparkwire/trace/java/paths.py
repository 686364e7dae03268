"""Read the Java calls of one exchange: what Python reached, by which path, and what it called.

The calls are those that ``Join.of`` gives: the command's own first, and the others by their start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparkwire.trace.records import JavaCall

_INVOKER = "py4j.reflection.MethodInvoker.invoke("
_LINE = re.compile(r" line: \d+$")
# The JDK's own steps between Method.invoke and the method, some of them generated: they differ from one
# release to the next and tell nothing about Py4J or Spark.
_NOISE = re.compile(
    r"jdk\.internal\.|java\.lang\.invoke\.|sun\.reflect\."
    r"|java\.lang\.reflect\.Constructor\.newInstanceWithCaller|\S*\$\$Lambda"
)
_REFLECTION = re.compile(r"java\.lang\.reflect\.")


def target_call(calls: Sequence[JavaCall]) -> JavaCall | None:
    """The method or constructor that Py4J's reflection invoked; None when it wasn't traced, or there is none.

    It is the first traced call whose caller, but for the JDK's reflection, is ``MethodInvoker.invoke``.
    """
    return next(filter(straight_from_reflection, calls), None)


def straight_from_reflection(call: JavaCall) -> bool:
    """Whether Py4J invoked this call's method itself. A class's initializer was not asked for by name."""
    if ".<clinit>(" in call.method:
        return False
    if call.method.startswith("py4j.") and call.stack and call.stack[-1].startswith(_INVOKER):
        return False  # a step of the invoker's own, such as the conversion of an argument
    steps = (f for f in reversed(call.stack) if not _NOISE.match(f) and not _REFLECTION.match(f))
    return next(steps, "").startswith(_INVOKER)


def path(calls: Sequence[JavaCall]) -> tuple[str, ...]:
    """The way down to the method that Python reached: frames outermost first, the method itself last.

    Without a traced target, the way to the innermost Py4J step that was traced: if ``MethodInvoker.invoke``
    ran, a step within it, because the search for the method came before it. Empty without Java calls.
    """
    if not calls:
        return ()
    last = target_call(calls)
    if last is None:
        steps = [call for call in calls if call.method.startswith("py4j.")]
        invoking = [call for call in steps if _invokes(call)]
        last = max(invoking or steps, key=lambda call: len(call.stack), default=calls[0])
    return (*clean(last.stack), last.method)


def invoked_unseen(calls: Sequence[JavaCall]) -> bool:
    """Whether Py4J's reflection invoked a method or constructor that isn't among the traced ones."""
    return target_call(calls) is None and any(call.method.startswith(_INVOKER) for call in calls)


def _invokes(call: JavaCall) -> bool:
    return any(frame.startswith(_INVOKER) for frame in (call.method, *call.stack))


def clean(stack: Sequence[str]) -> tuple[str, ...]:
    """A stack without the JDK's own steps inside reflection, and without generated lambda classes."""
    return tuple(frame for frame in stack if not _NOISE.match(frame))


def line(frame: str) -> int | None:
    """The line number at a frame's end, or None when the frame has none."""
    found = _LINE.search(frame)
    return int(found[0].rpartition(" ")[2]) if found else None


def method(frame: str) -> str:
    """A frame without its line number."""
    return _LINE.sub("", frame)


def depths(calls: Sequence[JavaCall]) -> tuple[int, ...]:
    """For each of ``calls`` (one thread, by start), how many others of them it ran within."""
    result = []
    ends: list[int] = []
    for call in calls:
        while ends and call.start_ns + call.duration_ns > ends[-1]:
            ends.pop()
        result.append(len(ends))
        ends.append(call.start_ns + call.duration_ns)
    return tuple(result)


def outermost(calls: Sequence[JavaCall], count: int) -> list[JavaCall]:
    """The ``count`` calls of ``calls`` (one thread, by start) that are nested least deeply; by start."""
    nesting = depths(calls)
    kept = sorted(range(len(calls)), key=lambda i: (nesting[i], i))[:count]
    return [calls[i] for i in sorted(kept)]


def children(calls: Sequence[JavaCall], call: JavaCall) -> tuple[JavaCall, ...]:
    """The calls directly within ``call``, which is one of ``calls``; by start."""
    at = next(i for i, other in enumerate(calls) if other is call)
    nesting = depths(calls)
    found = []
    for i in range(at + 1, len(nesting)):
        if nesting[i] <= nesting[at]:
            break
        if nesting[i] == nesting[at] + 1:
            found.append(calls[i])
    return tuple(found)
