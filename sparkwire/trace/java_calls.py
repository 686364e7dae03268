"""Join Java calls to the exchanges that caused them, by order, and check that the order holds.

In Py4J a connection is served by one Java thread, so the n-th command on a connection is the n-th
``*Command.execute`` on its thread (Py4J 0.10.9.9: ``ClientServerConnection.waitForCommands`` and
``GatewayConnection.run``). That also holds when Java calls back: what Python then asks on the same
connection is executed on the same thread, inside the outer command, and starts in the same order.

Nothing in the two recordings names the other, so which thread serves which connection is found: the
sequence of command classes must be the same, and each command must start within its exchange. Where
this leaves no answer or two, exchanges are left without Java calls and the report says why.

Pure: it imports the model, the messages and the gateway's code table, which names each command's class.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sparkwire.trace.java_paths import outermost
from sparkwire.trace.model import Exchange, JavaCall
from sparkwire.wire.gateway.codes import COMMANDS
from sparkwire.wire.message import Direction, Malformed

CALLS_KEPT = 500
"""How many Java calls an exchange keeps by default; what is left out is counted in the report."""

CLOCK_TOLERANCE_NS = 20_000_000
"""How far a command's start may lie outside its exchange: the JVM computes times from a tick counter."""
_DRIFT = 10_000
"""One part in this many more, for each nanosecond since the recording began: the counter drifts."""

CLEARLY_BETTER_NS = 20_000
"""By how much one alignment must lie better in time than the next, all its commands added up."""
_HOPELESS_NS = 1_000_000

HANDLERS = {c.word: c.handler for c in COMMANDS if c.direction is Direction.TO_JAVA}
"""Command word to the Java class that executes it, such as ``call`` to ``py4j.commands.CallCommand``."""

_EXECUTES = {f"{name}.execute(String, BufferedReader, BufferedWriter)": name for name in HANDLERS.values()}
_COMMAND_PACKAGE = "py4j.commands."
_CUT_STACK = "..."


@dataclass(frozen=True, slots=True)
class Join:
    """What the join found. ``agreed`` means that both sides counted the same, command for command."""

    joined: int
    """Exchanges that got Java calls."""
    exchanges: int
    """Exchanges that Python asked for and Java must have executed."""
    commands: int
    """Commands that the JVM recorded between the first and the last of these exchanges."""
    agreed: bool
    notes: tuple[str, ...]
    """Sentences for the reader: what did not agree, and what was left out."""
    python_counts: Mapping[str, int] = field(default_factory=dict)
    """Per Java class of command (``CallCommand``): how many requests Python sent."""
    java_counts: Mapping[str, int] = field(default_factory=dict)
    """Per Java class of command: how many the JVM recorded between the first exchange and the last."""


@dataclass(slots=True)
class _Thread:
    """One Java thread: all its traced calls by start, and which of them are commands."""

    calls: list[JavaCall]
    executes: list[int]
    """Indexes into ``calls``."""
    starts: list[int]
    """When each command started."""
    handlers: list[str]
    """The Java class of each command."""


@dataclass(frozen=True, slots=True)
class _Alignment:
    """Exchange ``i`` of a connection is command ``i + shift`` of a thread."""

    thread: int
    shift: int
    whole: bool
    """Whether thread and connection hold the same number of commands, so that none is left over."""
    outside: int
    """How far the commands lie outside their exchanges, added up, in nanoseconds."""


def join(
    exchanges: Iterable[Exchange], calls: Iterable[JavaCall], keep: int = CALLS_KEPT
) -> tuple[list[Exchange], Join]:
    """Set ``java`` of each exchange that can be joined; returns the exchanges and the report.

    ``java`` then holds the command's execute first and what ran on its thread during it, by start,
    without the calls of commands nested in it. Of more than ``keep``, the outermost are kept.
    """
    listed = list(exchanges)
    asked: dict[int, list[Exchange]] = defaultdict(list)
    for exchange in sorted(listed, key=lambda e: e.n):
        executed = exchange.channel == "gateway" and not isinstance(exchange.request, Malformed)
        if executed and exchange.command in HANDLERS:
            asked[exchange.connection].append(exchange)
    threads = _threads(calls)
    notes: list[str] = []
    count = sum(map(len, asked.values()))
    if not threads:
        if count:
            notes.append("The Java recording holds no commands, so no exchange has Java calls.")
        return listed, Join(0, count, 0, count == 0, tuple(notes), _python_counts(asked), {})

    tolerance = _Tolerance(min(t.starts[0] for t in threads.values()))
    used: dict[int, set[int]] = defaultdict(set)
    joined = left_out = 0
    found, reasons = _assign(asked, threads, used, tolerance)
    for connection, requests in asked.items():
        alignment = found.get(connection)
        if alignment is None:
            size = _n(len(requests), "exchange")
            notes.append(f"Connection {connection}: its {size} can't be joined: {reasons[connection]}")
            continue
        thread = threads[alignment.thread]
        own = _own_calls(thread)
        for i, exchange in enumerate(requests):
            at = i + alignment.shift
            if 0 <= at < len(thread.executes):
                mine = own[thread.executes[at]]
                exchange.java = tuple(mine if len(mine) <= keep else outermost(mine, keep))
                left_out += len(mine) - len(exchange.java)
                joined += 1
        notes.extend(_missing(connection, requests, thread, alignment))
    java_counts, extra, earlier = _java_side(asked, threads, used, tolerance)
    if extra:
        notes.append(f"The JVM executed {_n(extra, 'command')} that belong to no recorded connection.")
    if earlier:
        notes.append(f"The JVM executed {_n(earlier, 'command')} before or after the recorded exchanges.")
    if left_out:
        notes.append(
            f"{_n(left_out, 'Java call')} are left out: of each exchange the outermost {keep} are kept."
        )
    agreed = joined == count and extra == 0
    report = Join(
        joined, count, sum(java_counts.values()), agreed, tuple(notes), _python_counts(asked), java_counts
    )
    return listed, report


class _Tolerance:
    def __init__(self, began_ns: int) -> None:
        self._began_ns = began_ns

    def __call__(self, t_ns: int) -> int:
        return CLOCK_TOLERANCE_NS + abs(t_ns - self._began_ns) // _DRIFT


def _threads(calls: Iterable[JavaCall]) -> dict[int, _Thread]:
    """The threads that executed commands, each with its calls by start (outer before inner)."""
    by_thread: dict[int, list[JavaCall]] = defaultdict(list)
    elsewhere: dict[tuple[str, ...], bool] = {}
    for call in calls:
        # Executors' threads, with local[n] in the same JVM, can make far more calls than Python asked for.
        if call.method not in _EXECUTES:
            known = elsewhere.get(call.stack)
            if known is None:
                known = elsewhere[call.stack] = _is_elsewhere(call.stack)
            if known:
                continue
        by_thread[call.thread].append(call)
    threads = {}
    for number, mine in by_thread.items():
        mine.sort(key=lambda c: (c.start_ns, -c.duration_ns))
        executes = [i for i, call in enumerate(mine) if call.method in _EXECUTES]
        if executes:
            starts = [mine[i].start_ns for i in executes]
            threads[number] = _Thread(mine, executes, starts, [_EXECUTES[mine[i].method] for i in executes])
    return threads


def _is_elsewhere(stack: Sequence[str]) -> bool:
    """Whether a whole stack has no command in it."""
    return not stack or (stack[0] != _CUT_STACK and not any(f.startswith(_COMMAND_PACKAGE) for f in stack))


def _assign(
    asked: Mapping[int, list[Exchange]],
    threads: Mapping[int, _Thread],
    used: dict[int, set[int]],
    tolerance: _Tolerance,
) -> tuple[dict[int, _Alignment], dict[int, str]]:
    """For each connection the one alignment that fits, or why there is none; ``used`` takes the commands."""
    fitting = {c: _fitting(requests, threads, tolerance) for c, requests in asked.items()}
    found: dict[int, _Alignment] = {}
    progress = True
    while progress:
        progress = False
        # What one connection takes, no other can have: so an answer here can decide another there.
        for connection, alignments in fitting.items():
            if connection in found:
                continue
            size = len(asked[connection])
            free = [a for a in alignments if used[a.thread].isdisjoint(_commands(a, size))]
            best = _clear_best(free)
            if best is not None:
                found[connection] = best
                used[best.thread].update(
                    at for at in _commands(best, size) if 0 <= at < len(threads[best.thread].executes)
                )
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


def _commands(alignment: _Alignment, size: int) -> range:
    return range(alignment.shift, alignment.shift + size)


def _clear_best(alignments: Iterable[_Alignment]) -> _Alignment | None:
    """The alignment that leaves no command over, or lies clearly better in time than any other."""
    ranked = sorted(alignments, key=lambda a: (not a.whole, a.outside))
    if not ranked:
        return None
    best, *others = ranked
    if others and others[0].whole == best.whole and others[0].outside - best.outside < CLEARLY_BETTER_NS:
        return None
    return best


def _fitting(
    requests: list[Exchange], threads: Mapping[int, _Thread], tolerance: _Tolerance
) -> list[_Alignment]:
    wanted = [HANDLERS[e.command] for e in requests]
    fitting: list[_Alignment] = []
    limit = None
    for number, thread in threads.items():
        whole = len(thread.executes) == len(requests)
        for shift in _shifts(requests, thread, tolerance):
            covers = whole and shift == 0
            # A far worse place need not be followed to its end, unless it would leave no command over.
            outside = _outside(requests, wanted, thread, shift, tolerance, None if covers else limit)
            if outside is not None:
                fitting.append(_Alignment(number, shift, covers, outside))
                limit = min(outside + _HOPELESS_NS, limit or outside + _HOPELESS_NS)
    return fitting


def _shifts(requests: list[Exchange], thread: _Thread, tolerance: _Tolerance) -> list[int]:
    """Places in the thread where the connection's first exchange could be, by time alone.

    When the thread's first command is later than the connection's first exchange, the recording in the
    JVM began late: then the places in the connection where that first command could be.
    """
    starts = thread.starts
    slack = tolerance(starts[0])
    first = requests[0]
    low = bisect_left(starts, first.start_ns - slack)
    shifts = []
    for at in range(low, len(starts)):
        if first.duration_ns is not None and starts[at] > first.start_ns + first.duration_ns + slack:
            break
        shifts.append(at)
        if first.duration_ns is None and len(shifts) > 100:
            break
    if starts[0] > first.start_ns:
        sent = [e.start_ns for e in requests]
        for i in range(bisect_left(sent, starts[0] + slack) - 1, 0, -1):
            duration = requests[i].duration_ns
            if duration is not None and sent[i] + duration + slack < starts[0]:
                # Only commands nested in a longer one can still fit further back.
                if not any(_covers(e, starts[0], slack) for e in requests[max(0, i - 50) : i]):
                    break
                continue
            shifts.append(-i)
    near = {shift: abs(starts[max(shift, 0)] - requests[max(-shift, 0)].start_ns) for shift in shifts}
    return sorted(near, key=near.__getitem__)


def _covers(exchange: Exchange, t_ns: int, slack: int) -> bool:
    duration = exchange.duration_ns
    return exchange.start_ns - slack <= t_ns and (
        duration is None or t_ns <= exchange.start_ns + duration + slack
    )


def _outside(
    requests: list[Exchange],
    wanted: list[str],
    thread: _Thread,
    shift: int,
    tolerance: _Tolerance,
    limit: int | None,
) -> int | None:
    """How far the commands lie outside their exchanges; None when they can't be the same, or beyond limit."""
    total = overlap = 0
    for i, exchange in enumerate(requests):
        at = i + shift
        if not 0 <= at < len(thread.executes):
            continue
        overlap += 1
        if thread.handlers[at] != wanted[i]:
            return None
        start = thread.starts[at]
        early = max(0, exchange.start_ns - start)
        late = 0
        if exchange.duration_ns is not None:
            late = max(0, start - exchange.start_ns - exchange.duration_ns)
        if early + late > tolerance(start):
            return None
        total += early + late
        if limit is not None and total > limit:
            return None
    return total if overlap else None


def _own_calls(thread: _Thread) -> dict[int, list[JavaCall]]:
    """For each command (by its index), itself and the calls inside it that no inner command holds."""
    own: dict[int, list[JavaCall]] = {}
    open_commands: list[int] = []
    commands = set(thread.executes)
    for i, call in enumerate(thread.calls):
        while open_commands and call.start_ns > _end(thread.calls[open_commands[-1]]):
            open_commands.pop()
        if i in commands:
            open_commands.append(i)
            own[i] = [call]
        elif open_commands:
            own[open_commands[-1]].append(call)
    return own


def _end(call: JavaCall) -> int:
    return call.start_ns + call.duration_ns


def _missing(connection: int, requests: list[Exchange], thread: _Thread, found: _Alignment) -> list[str]:
    """Notes about the exchanges of a joined connection that have no command."""
    notes = []
    before = max(0, -found.shift)
    after = max(0, len(requests) + found.shift - len(thread.executes))
    if before:
        notes.append(
            f"Connection {connection}: its first {_n(before, 'exchange')} came before the Java recording."
        )
    if after:
        notes.append(
            f"Connection {connection}: the Java recording ended before its last {_n(after, 'exchange')}."
        )
    return notes


def _java_side(
    asked: Mapping[int, list[Exchange]],
    threads: Mapping[int, _Thread],
    used: Mapping[int, set[int]],
    tolerance: _Tolerance,
) -> tuple[dict[str, int], int, int]:
    """Commands per class within the exchanges' time, how many of them joined nothing, and the others."""
    everything = [e for requests in asked.values() for e in requests]
    first = min((e.start_ns for e in everything), default=0)
    last = max((e.start_ns + (e.duration_ns or 0) for e in everything), default=0)
    counts: Counter[str] = Counter()
    extra = outside = 0
    for number, thread in threads.items():
        for at, (start, handler) in enumerate(zip(thread.starts, thread.handlers, strict=True)):
            if at in used.get(number, ()):
                counts[_simple(handler)] += 1
            elif first - tolerance(start) <= start <= last + tolerance(start):
                counts[_simple(handler)] += 1
                extra += 1
            else:
                outside += 1
    return dict(sorted(counts.items())), extra, outside


def _python_counts(asked: Mapping[int, list[Exchange]]) -> dict[str, int]:
    counts = Counter(_simple(HANDLERS[e.command]) for requests in asked.values() for e in requests)
    return dict(sorted(counts.items()))


def _simple(handler: str) -> str:
    return handler.rpartition(".")[2]


def _n(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
