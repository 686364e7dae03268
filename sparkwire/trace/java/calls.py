"""Join Java calls to the exchanges that caused them, by order, and check that the order holds.

In Py4J a connection is served by one Java thread, so the n-th command on a connection is the n-th
``*Command.execute`` on its thread (Py4J 0.10.9.9: ``ClientServerConnection.waitForCommands`` and
``GatewayConnection.run``). That also holds when Java calls back: what Python then asks on the same
connection is executed on the same thread, inside the outer command, and starts in the same order.

Nothing in the two recordings names the other, so which thread serves which connection is found, by
``alignment.py``: the sequence of command classes must be the same, and each command must start within
its exchange. Where this leaves no answer or two, exchanges get no Java calls and the report says why.

What comes of it is a ``Join``, which lies beside the exchanges: they say what crossed the wire, and that
stays so whatever the JVM recorded.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sparkwire.plain import agreeing, many
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.java.alignment import Alignment, Tolerance, assign, rows
from sparkwire.trace.java.paths import path, target_call
from sparkwire.trace.java.text import CUT_STACK
from sparkwire.trace.records import Channel, JavaCall
from sparkwire.wire.gateway.codes import COMMANDS
from sparkwire.wire.message import Direction, Malformed

HANDLERS = {c.word: c.handler for c in COMMANDS if c.direction is Direction.TO_JAVA}
"""Command word to the Java class that executes it, such as ``call`` to ``py4j.commands.CallCommand``."""

_EXECUTES = {f"{name}.execute(String, BufferedReader, BufferedWriter)": name for name in HANDLERS.values()}
_COMMAND_PACKAGE = "py4j.commands."


@dataclass(frozen=True, slots=True)
class Join:
    """Which Java calls each exchange caused, and how sure that is."""

    calls: Mapping[int, tuple[JavaCall, ...]] = field(default_factory=dict)
    """By the exchange's number: the command's ``execute`` first, then what ran during it, by start."""
    exchanges: int = 0
    """Exchanges that Python asked for and Java must have executed."""
    commands: int = 0
    """Commands that the JVM recorded between the first and the last of these exchanges."""
    agreed: bool = False
    """Whether both sides counted the same, command for command."""
    notes: tuple[str, ...] = ()
    """Sentences for the reader: what did not agree, and what was left out."""
    python_counts: Mapping[str, int] = field(default_factory=dict)
    """Per Java class of command (``CallCommand``): how many requests Python sent."""
    java_counts: Mapping[str, int] = field(default_factory=dict)
    """Per Java class of command: how many the JVM recorded between the first exchange and the last."""
    reason: str = ""
    """Why no exchange has Java calls, in a sentence; empty when they were recorded and read."""

    @property
    def joined(self) -> int:
        """How many exchanges have Java calls."""
        return len(self.calls)

    def of(self, exchange: Exchange) -> tuple[JavaCall, ...]:
        """The Java calls of an exchange; empty when none were recorded or joined."""
        return self.calls.get(exchange.n, ())

    def target(self, exchange: Exchange) -> JavaCall | None:
        """The method or constructor that reflection invoked for an exchange, where it was traced."""
        return target_call(self.of(exchange))

    def path(self, exchange: Exchange) -> tuple[str, ...]:
        """The way down in Java: frames, the outermost first, the method that Python reached last."""
        return path(self.of(exchange))


NO_JAVA = "The Java methods of this exchange were not recorded."
NOT_JOINED = Join(reason=NO_JAVA)
"""For exchanges of which no Java side is known."""


def join(exchanges: Iterable[Exchange], calls: Iterable[JavaCall], *, whole: bool = True) -> Join:
    """Find the Java calls of each exchange.

    Those are the command's execute and what ran on its thread during it, without the calls of commands
    nested in it.
    ``whole`` says that both recordings are of a whole program; when one is of a notebook's cell, the JVM
    has executed commands before it and after it, and that is not worth a note.
    """
    asked: dict[int, list[Exchange]] = defaultdict(list)
    for exchange in sorted(exchanges, key=lambda e: e.n):
        executed = exchange.channel == Channel.GATEWAY and not isinstance(exchange.request, Malformed)
        if executed and not exchange.unsent and exchange.command in HANDLERS:
            asked[exchange.connection].append(exchange)
    threads = _threads(calls)
    notes: list[str] = []
    count = sum(map(len, asked.values()))
    if not threads:
        if count:
            notes.append("The Java recording holds no commands, so no exchange has Java calls.")
        return Join(
            exchanges=count, agreed=count == 0, notes=tuple(notes), python_counts=_python_counts(asked)
        )

    candidates = rows(threads, _EXECUTES)
    tolerance = Tolerance(min(row.starts[0] for row in candidates))
    wanted = {c: _executors(requests) for c, requests in asked.items()}
    found, reasons = assign(asked, wanted, candidates, tolerance)
    own = {thread: _own_calls(calls) for thread, calls in threads.items()}
    joined: dict[int, tuple[JavaCall, ...]] = {}
    for connection, requests in asked.items():
        alignment = found.get(connection)
        if alignment is None:
            size = many(len(requests), "exchange")
            notes.append(f"Connection {connection}: its {size} can't be joined: {reasons[connection]}")
            continue
        for i, exchange in enumerate(requests):
            at = i + alignment.shift
            if 0 <= at < len(alignment.row.at):
                joined[exchange.n] = tuple(own[alignment.row.thread][alignment.row.at[at]])
        notes.extend(_missing(connection, alignment))
    java_counts, extra, earlier = _java_side(asked, threads, found.values(), tolerance)
    if extra:
        belong = agreeing(extra, "belongs")
        notes.append(f"The JVM executed {many(extra, 'command')} that {belong} to no recorded connection.")
    if earlier and whole:
        notes.append(f"The JVM executed {many(earlier, 'command')} before or after the recorded exchanges.")
    return Join(
        calls=joined,
        exchanges=count,
        commands=sum(java_counts.values()),
        agreed=len(joined) == count and extra == 0,
        notes=tuple(notes),
        python_counts=_python_counts(asked),
        java_counts=java_counts,
    )


def _executors(requests: Sequence[Exchange]) -> list[Collection[str]]:
    """For each request of a connection, the Java classes that can have executed it.

    A gateway with a token gives every command of a connection to ``AuthCommand`` until one has shown the
    token; whatever came instead fails there (Py4J 0.10.9.9: ``ClientServerConnection.waitForCommands`` and
    ``GatewayConnection.run``).
    """
    found: list[Collection[str]] = []
    admitted = False
    for request in requests:
        own = HANDLERS[request.command]
        refused = not admitted and (request.reply is None or request.failed)
        found.append({own, HANDLERS["auth"]} if refused else {own})
        admitted = admitted or not refused
    return found


def _threads(calls: Iterable[JavaCall]) -> dict[int, list[JavaCall]]:
    """The threads that executed commands: their calls by start, outer before inner."""
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
        if any(call.method in _EXECUTES for call in mine):
            threads[number] = sorted(mine, key=lambda c: (c.start_ns, -c.duration_ns))
    return threads


def is_command(call: JavaCall) -> bool:
    """Whether a call is a command's own: its ``execute``."""
    return call.method in _EXECUTES


def within_command(call: JavaCall) -> bool:
    """Whether a call is a command or ran inside one. The others can't be joined to any exchange."""
    return is_command(call) or not _is_elsewhere(call.stack)


def _is_elsewhere(stack: Sequence[str]) -> bool:
    """Whether a whole stack has no command in it."""
    return not stack or (stack[0] != CUT_STACK and not any(f.startswith(_COMMAND_PACKAGE) for f in stack))


def _own_calls(calls: list[JavaCall]) -> dict[int, list[JavaCall]]:
    """For each command of a thread (by its place), itself and the calls in it that no inner command holds."""
    own: dict[int, list[JavaCall]] = {}
    running: list[int] = []
    for i, call in enumerate(calls):
        while running and call.start_ns > calls[running[-1]].start_ns + calls[running[-1]].duration_ns:
            running.pop()
        if call.method in _EXECUTES:
            running.append(i)
            own[i] = [call]
        elif running:
            own[running[-1]].append(call)
    return own


def _missing(connection: int, alignment: Alignment) -> list[str]:
    """Notes about the exchanges of a joined connection that have no command."""
    notes = []
    before = max(0, -alignment.shift)
    after = max(0, alignment.size + alignment.shift - len(alignment.row.at))
    if before:
        size = many(before, "exchange")
        notes.append(f"Connection {connection}: its first {size} came before the Java recording.")
    if after:
        size = many(after, "exchange")
        notes.append(f"Connection {connection}: the Java recording ended before its last {size}.")
    return notes


def _java_side(
    asked: Mapping[int, list[Exchange]],
    threads: Mapping[int, list[JavaCall]],
    alignments: Iterable[Alignment],
    tolerance: Tolerance,
) -> tuple[dict[str, int], int, int]:
    """Commands per class within the exchanges' time, how many of them joined nothing, and the others."""
    used: dict[int, set[int]] = defaultdict(set)
    for alignment in alignments:
        used[alignment.row.thread] |= alignment.commands
    everything = [e for requests in asked.values() for e in requests]
    first = min((e.start_ns for e in everything), default=0)
    last = max((e.start_ns + (e.duration_ns or 0) for e in everything), default=0)
    counts: Counter[str] = Counter()
    extra = outside = 0
    for number, calls in threads.items():
        for at, call in enumerate(calls):
            if call.method not in _EXECUTES:
                continue
            slack = tolerance(call.start_ns)
            if at in used[number] or first - slack <= call.start_ns <= last + slack:
                counts[_simple(_EXECUTES[call.method])] += 1
                extra += at not in used[number]
            else:
                outside += 1
    return dict(sorted(counts.items())), extra, outside


def _python_counts(asked: Mapping[int, list[Exchange]]) -> dict[str, int]:
    counts = Counter(_simple(HANDLERS[e.command]) for requests in asked.values() for e in requests)
    return dict(sorted(counts.items()))


def _simple(handler: str) -> str:
    return handler.rpartition(".")[2]
