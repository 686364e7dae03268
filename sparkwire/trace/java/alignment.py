"""Find which Java thread executed which connection's commands, by their kinds, order and times.

A *row* is the commands of one thread in order. Commands that Python sent while Java was calling back
run inside another command on the same thread; mostly they came over the same connection, but after
PySpark has made Java's callback client anew (4.3.0: ``ensure_callback_server_started``) Java opens a
second one from that thread. So a thread gives up to three rows: all its commands, those that are not
inside a callback, and those that are. A connection is one stretch of one row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.records import JavaCall

CLOCK_TOLERANCE_NS = 20_000_000
"""How far a command's start may lie outside its exchange: the JVM computes times from a tick counter.
5 µs was the most seen within a minute; an adjustment of the machine's clock can move it further."""
_DRIFT = 10_000
"""One part in this many more, for each nanosecond since the recording began: the counter drifts."""
CLEARLY_BETTER_NS = 20_000
"""By how much one place must fit better in time than the next, all its commands added up."""
_HOPELESS_NS = 1_000_000
_MOST_PLACES = 100

_CALLED_BACK = "py4j.ClientServerConnection.sendCommand("


class Tolerance:
    """How far apart the two recordings' clocks may be at a time."""

    def __init__(self, began_ns: int) -> None:
        self._began_ns = began_ns

    def __call__(self, t_ns: int) -> int:
        return CLOCK_TOLERANCE_NS + abs(t_ns - self._began_ns) // _DRIFT


@dataclass(frozen=True, slots=True)
class CommandRow:
    """Commands of one thread, by start."""

    thread: int
    at: tuple[int, ...]
    """Where each command is among the thread's calls."""
    starts: tuple[int, ...]
    handlers: tuple[str, ...]
    """The Java class of each command."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Exchange ``i`` of a connection is command ``i + shift`` of a row."""

    row: CommandRow
    shift: int
    size: int
    """How many exchanges the connection has."""
    outside: int
    """How far the commands lie outside their exchanges, added up, in nanoseconds."""

    @property
    def commands(self) -> frozenset[int]:
        """Where the commands are among the thread's calls."""
        return frozenset(self.row.at[max(0, self.shift) : max(0, self.shift + self.size)])

    @property
    def rank(self) -> tuple[bool, int]:
        """Better is less: a row with no command over first, then few exchanges without a command."""
        whole = self.shift == 0 and self.size == len(self.row.at)
        return not whole, self.size - len(self.commands)


def rows(threads: Mapping[int, Sequence[JavaCall]], handlers: Mapping[str, str]) -> list[CommandRow]:
    """All rows of ``threads`` (calls by start). ``handlers`` gives the class for each command's method."""
    found = []
    for thread, calls in threads.items():
        commands = [i for i, call in enumerate(calls) if call.method in handlers]
        inside = {i for i in commands if calls[i].stack and calls[i].stack[-1].startswith(_CALLED_BACK)}
        choices = [commands]
        if inside and len(inside) < len(commands):
            choices += [[i for i in commands if i not in inside], sorted(inside)]
        for at in choices:
            starts = tuple(calls[i].start_ns for i in at)
            found.append(CommandRow(thread, tuple(at), starts, tuple(handlers[calls[i].method] for i in at)))
    return [row for row in found if row.at]


def assign(
    asked: Mapping[int, list[Exchange]],
    wanted: Mapping[int, list[str]],
    candidates: list[CommandRow],
    tolerance: Tolerance,
) -> tuple[dict[int, Alignment], dict[int, str]]:
    """For each connection the one place that fits, or why there is none, in a sentence.

    ``asked`` holds each connection's exchanges in order, ``wanted`` the Java class that executes each.
    """
    fitting = {c: _fitting(requests, wanted[c], candidates, tolerance) for c, requests in asked.items()}
    found: dict[int, Alignment] = {}
    taken: dict[int, set[int]] = {row.thread: set() for row in candidates}
    progress = True
    while progress:
        progress = False
        # What one connection takes, no other can have: so an answer here can decide another there.
        for connection in [c for c in fitting if c not in found]:
            free = [a for a in fitting[connection] if taken[a.row.thread].isdisjoint(a.commands)]
            best = _clear_best(free)
            if best is not None:
                found[connection] = best
                taken[best.row.thread] |= best.commands
                progress = True
    reasons = {}
    for connection, alignments in fitting.items():
        if connection not in found:
            reasons[connection] = (
                "more than one Java thread, or place in it, fits equally well."
                if alignments
                else "no Java thread executed the same kinds of command in the same order at that time."
            )
    return found, reasons


def _clear_best(alignments: Iterable[Alignment]) -> Alignment | None:
    ranked = sorted(alignments, key=lambda a: (a.rank, a.outside))
    if not ranked:
        return None
    best = ranked[0]
    for other in ranked[1:]:
        if other.rank != best.rank or other.outside - best.outside >= CLEARLY_BETTER_NS:
            break
        if (other.row.thread, other.commands) != (best.row.thread, best.commands):
            return None
    return best


def _fitting(
    requests: list[Exchange], wanted: list[str], candidates: list[CommandRow], tolerance: Tolerance
) -> list[Alignment]:
    fitting: list[Alignment] = []
    limit = None
    for row in candidates:
        for shift in _shifts(requests, row, tolerance):
            whole = shift == 0 and len(row.at) == len(requests)
            # A far worse place need not be followed to its end, unless it would leave no command over.
            outside = _outside(requests, wanted, row, shift, tolerance, None if whole else limit)
            if outside is not None:
                fitting.append(Alignment(row, shift, len(requests), outside))
                limit = min(outside + _HOPELESS_NS, limit or outside + _HOPELESS_NS)
    return fitting


def _shifts(requests: list[Exchange], row: CommandRow, tolerance: Tolerance) -> list[int]:
    """Places in the row where the connection's first exchange could be by time alone, likeliest first.

    When the row's first command is later than the connection's first exchange, the recording in the
    JVM began late: then also the places in the connection where that first command could be.
    """
    starts, first = row.starts, requests[0]
    slack = tolerance(starts[0])
    shifts: list[int] = []
    for at in range(bisect_left(starts, first.start_ns - slack), len(starts)):
        if _late(first, starts[at]) > slack or (first.duration_ns is None and len(shifts) > _MOST_PLACES):
            break
        shifts.append(at)
    if starts[0] > first.start_ns:
        sent = [e.start_ns for e in requests]
        # It may be a long one with others nested in it, so a few that are over don't end the search.
        over = 0
        for i in range(bisect_left(sent, starts[0] + slack) - 1, 0, -1):
            if _late(requests[i], starts[0]) <= slack:
                shifts.append(-i)
            else:
                over += 1
                if over > _MOST_PLACES:
                    break
    near = {shift: abs(starts[max(shift, 0)] - requests[max(-shift, 0)].start_ns) for shift in shifts}
    return sorted(near, key=near.__getitem__)


def _late(exchange: Exchange, t_ns: int) -> int:
    """How long after the exchange's end a time is; 0 within it, or when it has no end."""
    if exchange.duration_ns is None:
        return 0
    return max(0, t_ns - exchange.start_ns - exchange.duration_ns)


def _outside(
    requests: list[Exchange],
    wanted: list[str],
    row: CommandRow,
    shift: int,
    tolerance: Tolerance,
    limit: int | None,
) -> int | None:
    """How far the commands lie outside their exchanges; None when they can't be the same, or beyond limit."""
    total = overlap = 0
    for i in range(max(0, -shift), min(len(requests), len(row.at) - shift)):
        overlap += 1
        if row.handlers[i + shift] != wanted[i]:
            return None
        start = row.starts[i + shift]
        outside = max(0, requests[i].start_ns - start) + _late(requests[i], start)
        if outside > tolerance(start):
            return None
        total += outside
        if limit is not None and total > limit:
            return None
    return total if overlap else None
