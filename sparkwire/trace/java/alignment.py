"""Find which Java thread executed which connection's commands, by their kinds, order and times.

A *row* is the commands of one thread in order. Commands that Python sent while Java was calling back
run inside another command on the same thread; mostly they came over the same connection, but after
PySpark has made Java's callback client anew (4.3.0: ``ensure_callback_server_started``) Java opens a
second one from that thread. So a thread gives up to three rows: all its commands, those that are not
inside a callback, and those that are. A connection is one stretch of one row.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from sparkwire.plain import many
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.records import JavaCall

CLOCK_TOLERANCE_NS = 20_000_000
"""How far a command's start may lie outside its exchange: the JVM computes times from a tick counter.
5 µs was the most seen within a minute; an adjustment of the machine's clock can move it further."""
_DRIFT = 10_000
"""One part in this many more, for each nanosecond since the recording began: the counter drifts."""
CLEARLY_BETTER_NS = 20_000
"""By how much one place must fit better in time than the next, all its commands added up."""
STEADY_NS = 200_000
"""How much the difference between the two clocks may jump from one command to another."""
_MOST_OVER = 100
"""How many exchanges that are over are looked past, to find a long one around them."""

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
        return frozenset(self.row.at[max(0, self.shift) : self.shift + self.size])

    @property
    def whole(self) -> bool:
        """Whether each command of the row has an exchange, and each exchange a command."""
        return self.shift == 0 and self.size == len(self.row.at)

    @property
    def rank(self) -> tuple[bool, int]:
        """Better is less: a row with no command over first, then few exchanges without a command."""
        return not self.whole, self.size - len(self.commands)

    def says_the_same(self, other: Alignment) -> bool:
        """Whether both give each exchange the same command: rows of one thread can share commands."""
        same_thread = self.row.thread == other.row.thread and self.commands == other.commands
        return same_thread and max(0, -self.shift) == max(0, -other.shift)

    def overlaps(self, other: Alignment) -> bool:
        """Whether both would have the same command."""
        return self.row.thread == other.row.thread and not self.commands.isdisjoint(other.commands)


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
    wanted: Mapping[int, list[Collection[str]]],
    candidates: list[CommandRow],
    tolerance: Tolerance,
) -> tuple[dict[int, Alignment], dict[int, str]]:
    """For each connection the one place that fits, or why there is none, in a sentence.

    ``asked`` holds each connection's exchanges in order, ``wanted`` the Java classes that can have executed
    each. A connection that fits a thread's whole row goes before one that fits a part of it: a part is what
    a request alone fits anywhere at its time.
    """
    fitting = {c: _fitting(requests, wanted[c], candidates, tolerance) for c, requests in asked.items()}
    found: dict[int, Alignment] = {}
    taken: dict[int, set[int]] = {row.thread: set() for row in candidates}
    while True:
        # What one connection takes, no other can have: so an answer here can decide another there.
        free = {
            c: [a for a in alignments if taken[a.row.thread].isdisjoint(a.commands)]
            for c, alignments in fitting.items()
            if c not in found
        }
        decided = _undisputed(free)
        if not decided:
            break
        found |= decided
        for alignment in decided.values():
            taken[alignment.row.thread] |= alignment.commands
    reasons = {}
    for connection, alignments in fitting.items():
        if connection in found:
            continue
        if alignments:
            reasons[connection] = "more than one Java thread, or place in it, fits equally well."
        elif others := _others_commands(asked[connection], wanted[connection], candidates):
            reasons[connection] = (
                f"its Java thread executed {many(others, 'more command')} in between, so another process, "
                "such as a forked child, used this connection, too."
            )
        else:
            reasons[connection] = (
                "no recorded Java thread executed the same kinds of command in the same order at that time."
            )
    return found, reasons


def _undisputed(free: Mapping[int, list[Alignment]]) -> dict[int, Alignment]:
    """The connections with one best place that no other connection has a like claim to: of whole rows, or of
    parts of rows where there are no whole ones.
    """
    best = {c: clear for c, alignments in free.items() if (clear := _clear_best(alignments)) is not None}
    wholes = {c: [a for a in alignments if a.whole] for c, alignments in free.items()}
    decided: dict[bool, dict[int, Alignment]] = {True: {}, False: {}}
    for connection, mine in best.items():
        rivals = [a for c, a in best.items() if c != connection and a.whole == mine.whole]
        if not mine.whole:
            rivals += [a for alignments in wholes.values() for a in alignments]
        if not any(_disputes(rival, mine) for rival in rivals):
            decided[mine.whole][connection] = mine
    return decided[True] or decided[False]


def _disputes(rival: Alignment, mine: Alignment) -> bool:
    """Whether a rival's claim to the same commands is better, or about as good."""
    if not rival.overlaps(mine):
        return False
    return rival.whole > mine.whole or rival.outside - mine.outside < CLEARLY_BETTER_NS


def _clear_best(alignments: Iterable[Alignment]) -> Alignment | None:
    ranked = sorted(alignments, key=lambda a: (a.rank, a.outside))
    if not ranked:
        return None
    best = ranked[0]
    for other in ranked:
        if other.rank != best.rank or other.outside - best.outside >= CLEARLY_BETTER_NS:
            break
        if not other.says_the_same(best):
            return None
    return best


def _fitting(
    requests: list[Exchange],
    wanted: list[Collection[str]],
    candidates: list[CommandRow],
    tolerance: Tolerance,
) -> list[Alignment]:
    return [
        Alignment(row, shift, len(requests), outside)
        for row in candidates
        for shift in _shifts(requests, row, tolerance)
        if (outside := _outside(requests, wanted, row, shift)) is not None
    ]


def _shifts(requests: list[Exchange], row: CommandRow, tolerance: Tolerance) -> Iterator[int]:
    """Places in the row where the connection's first exchange could be by time alone.

    When the row's first command is later than the connection's first exchange, the recording in the
    JVM began late: then also the places in the connection where that first command could be.
    """
    starts, first = row.starts, requests[0]
    slack = tolerance(starts[0])
    # A request that was never answered was mostly never heard, so its command is not looked for far away.
    end = first.start_ns + (first.duration_ns or 0) + slack
    yield from range(bisect_left(starts, first.start_ns - slack), bisect_right(starts, end))
    if starts[0] > first.start_ns:
        # It may be a long one with others nested in it, so a few that are over don't end the search.
        over = 0
        for i in range(bisect_right([e.start_ns for e in requests], starts[0] + slack) - 1, 0, -1):
            if _late(requests[i], starts[0]) <= slack:
                yield -i
            elif (over := over + 1) > _MOST_OVER:
                break


def _others_commands(
    requests: list[Exchange], wanted: list[Collection[str]], candidates: list[CommandRow]
) -> int:
    """How many commands of another's stand between those of a connection on its thread; 0 when there is no
    such thread.

    Each command must start within its exchange, and one thread alone must have them all.
    """
    found = []
    for row in candidates:
        at = 0
        places = []
        for request, kinds in zip(requests, wanted, strict=True):
            at = bisect_left(row.starts, request.start_ns - STEADY_NS, lo=at)
            while at < len(row.at) and row.handlers[at] not in kinds:
                at += 1
            if at == len(row.at) or _late(request, row.starts[at]):
                break
            places.append(at)
            at += 1
        if len(places) == len(requests):
            found.append(places[-1] - places[0] + 1 - len(places))
    return found[0] if len(found) == 1 else 0


def _late(exchange: Exchange, t_ns: int) -> int:
    """How long after the exchange's end a time is; 0 within it, or when it has no end."""
    if exchange.duration_ns is None:
        return 0
    return max(0, t_ns - exchange.start_ns - exchange.duration_ns)


def _outside(
    requests: list[Exchange],
    wanted: list[Collection[str]],
    row: CommandRow,
    shift: int,
) -> int | None:
    """How far the commands lie outside their exchanges, added up; None when they can't be the same.

    One difference between the two clocks must put every command within its exchange. It may drift, but it
    doesn't jump: a command that is out of step with those before it is another's.
    """
    total = 0
    least, most = -inf, inf  # what must be added to the JVM's times, at least and at most
    before = row.starts[0]
    for i in range(max(0, -shift), min(len(requests), len(row.at) - shift)):
        start, request = row.starts[i + shift], requests[i]
        if row.handlers[i + shift] not in wanted[i]:
            return None
        drift = (start - before) / _DRIFT
        least = max(least - drift, request.start_ns - start)
        if request.duration_ns is not None:
            most = min(most + drift, request.start_ns + request.duration_ns - start)
        if least - most > STEADY_NS:
            return None
        before = start
        total += max(0, request.start_ns - start) + _late(request, start)
    return total
