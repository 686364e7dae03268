"""Keep what a reader can use of a JVM's calls: without a limit they would be nearly all of a trace.

A command can cause thousands of calls, most of them deep inside Spark: ten small DataFrames made 52 MB. Of
these 42 MB were stacks, and nobody looks at the stack of a deep call: where it ran is seen from the calls
around it. So of each command the outermost calls are kept, the deep ones with their caller alone; and calls
that ran outside any command can't belong to an exchange.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sparkwire.plain import many, number
from sparkwire.trace.java.calls import is_command, within_command
from sparkwire.trace.java.paths import outermost, straight_from_reflection
from sparkwire.trace.java.text import CUT_STACK
from sparkwire.trace.records import JavaCall

CALLS_KEPT = 100
"""Java calls that are kept of a command, unless more are asked for. Most commands cause fewer than ten."""

_MOST_WAITING = 20_000
"""Calls of a thread that may wait for their command's end, so that memory stays flat."""


class Trim:
    """The calls of one JVM that are worth keeping, as a stream; each command comes before what ran in it.

    ``calls`` come in about the order of their ends, as from ``read_calls``: a command's own after what ran in
    it. Of each command the ``most`` outermost are kept, itself included; ``None`` keeps all that ran in
    commands, as they are. ``left_out`` counts the others.
    """

    def __init__(self, calls: Iterable[JavaCall], most: int | None = CALLS_KEPT) -> None:
        self._calls = calls
        self._most = most
        self.left_out = 0

    def __iter__(self) -> Iterator[JavaCall]:
        if self._most is None:
            yield from filter(within_command, self._calls)
            return
        waiting: dict[int, list[JavaCall]] = defaultdict(list)
        for call in self._calls:
            if not within_command(call):
                continue
            mine = waiting[call.thread]
            if not is_command(call):
                mine.append(call)
                if len(mine) > _MOST_WAITING:
                    # The outer ones have the shorter stacks.
                    mine.sort(key=lambda c: len(c.stack))
                    self.left_out += len(mine) - _MOST_WAITING // 2
                    del mine[_MOST_WAITING // 2 :]
                continue
            # What waits from before it began belongs to a command around it.
            within = [c for c in mine if call.start_ns <= c.start_ns <= call.start_ns + call.duration_ns]
            waiting[call.thread] = [c for c in mine if c.start_ns < call.start_ns]
            yield from self._kept(call, within, self._most)

    def _kept(self, command: JavaCall, within: list[JavaCall], most: int) -> Iterator[JavaCall]:
        calls = [command, *sorted(within, key=lambda c: (c.start_ns, -c.duration_ns))]
        kept = outermost(calls, most)
        self.left_out += len(calls) - len(kept)
        yield from map(_with_short_stack, kept)

    def note(self) -> str:
        """What the reader must be told about what was left out; empty when nothing was."""
        if not self.left_out:
            return ""
        were = "was" if self.left_out == 1 else "were"
        return (
            f"{many(self.left_out, 'Java call')} {were} left out: of each exchange only the "
            f"outermost {number(self._most or 0)} are kept (--java-calls all keeps them)."
        )


def _with_short_stack(call: JavaCall) -> JavaCall:
    """The call with the stack that shows the way down to it, or for a deep one with its caller alone."""
    if len(call.stack) < 3 or call.method.startswith("py4j.") or straight_from_reflection(call):
        return call
    return replace(call, stack=(CUT_STACK, call.stack[-1]))
