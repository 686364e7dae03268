"""Folds a trace's exchanges into a story of a few steps.

A three-line program makes a hundred exchanges. They become readable when they are grouped by who
asked (the user's line) and what for (the phase: authenticate, import, configure, create, call,
release ...). A *step* is a run of exchanges with the same line and phase.

A loop over several lines would make a step of every round, so a step that comes again after its line
was left is counted into the one that is already there, and so is one that keeps coming back on its
line. The number of steps depends on the program's text, not on how long it ran; and each step keeps
only its first exchanges whole and counts the others, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from sparkwire.trace.gateway.exchange import MAX_ALIKE, Alike, Exchange, Paired, Simple, whole
from sparkwire.trace.gateway.words import subject
from sparkwire.trace.records import CallSite, Channel, Frame
from sparkwire.wire.gateway import Purpose, command_of

KEPT = 200
"""Exchanges that a step keeps whole; the others are counted."""

MAX_RETURNS = 3
"""How often a line may come back to a phase in steps of their own, before they are counted together."""


class Phase(Enum):
    """What a group of exchanges is for. The value is the word that is shown.

    It is the command's purpose, but where the user's program, or who asked, says more.
    """

    AUTHENTICATE = Purpose.AUTHENTICATE.value
    IMPORT = Purpose.IMPORT.value
    LOOK_UP = Purpose.LOOK_UP.value
    CONFIGURE = "configure"
    CREATE = Purpose.CREATE.value
    CALL = Purpose.CALL.value
    CALLBACK = "callback"
    RELEASE = Purpose.RELEASE.value
    SHUT_DOWN = Purpose.SHUT_DOWN.value
    UNKNOWN = "not understood"


_WENT_WRONG = frozenset({"error", "fatal"})
_CONFIGURING = ("SparkConf.", "RuntimeConfig.", "RuntimeConf.")


@dataclass(slots=True)
class Step:
    """A run of exchanges with one user's line and one phase."""

    phase: Phase
    line: Frame | None
    """The user's line that caused them; None for what Py4J does by itself."""
    thread: str
    connection: int
    start_ns: int
    count: int = 0
    runs: int = 1
    """How many separate runs were counted together (more than 1 in a loop)."""
    request_bytes: int = 0
    reply_bytes: int = 0
    duration_ns: int = 0
    """The sum of the round trips."""
    errors: int = 0
    """Replies that said that the request failed."""
    exchanges: list[Exchange] = field(default_factory=list)
    """The first ``KEPT`` exchanges, whole."""

    def add(self, exchange: Paired) -> None:
        self.count += 1
        if isinstance(exchange, Simple):
            self.request_bytes += len(exchange.request)
            self.reply_bytes += len(exchange.reply)
            self.duration_ns += exchange.duration_ns
            if exchange.alike.failed:
                self.errors += 1
        else:
            self.request_bytes += exchange.request.size
            self.duration_ns += exchange.duration_ns or 0
            if (reply := exchange.reply) is not None:
                self.reply_bytes += reply.size
                self.errors += reply.command in _WENT_WRONG
        if self.count <= KEPT:
            self.exchanges.append(whole(exchange))

    @property
    def title(self) -> str:
        """What the step does, in a few words."""
        many = "s" if self.count != 1 else ""
        match self.phase:
            case Phase.AUTHENTICATE:
                return "show the token"
            case Phase.IMPORT:
                return f"import {self.count} name{many}"
            case Phase.RELEASE:
                return f"release {self.count} object{many}"
            case Phase.SHUT_DOWN:
                return "shut the gateway down"
            case Phase.UNKNOWN:
                return f"{self.count} message{many} that can't be decoded"
            case Phase.CREATE:
                made = self._listed(lambda e: e.command == "constructor")
                return f"new {made}" if made else "create"
        # Looking a name up and walking an array serve a call; name them only when they are all there is.
        serving = ("reflection", "array")
        return self._listed(lambda e: e.command not in serving) or self._listed(lambda e: True)

    def _listed(self, wanted: Callable[[Exchange], bool], most: int = 3) -> str:
        """The first few names of the exchanges that are ``wanted``, short, each once."""
        names: dict[str, None] = {}
        for exchange in self.exchanges:
            if wanted(exchange) and (name := subject(exchange)):
                names[name.rsplit(".", 1)[-1]] = None
        listed = list(names)
        more = f" and {len(listed) - most} more" if len(listed) > most else ""
        return ", ".join(listed[:most]) + more


def phase_of(exchange: Exchange) -> Phase:
    """The phase of one exchange, seen by itself. A reflection is ``LOOK_UP`` here; folding gives it
    to what it was for.
    """
    command = command_of(exchange.request)
    if command is None:
        return Phase.UNKNOWN if exchange.channel == Channel.GATEWAY else Phase.CALLBACK
    purpose = Phase(command.purpose.value)
    if exchange.channel == Channel.CALLBACK:
        return purpose if purpose is Phase.AUTHENTICATE else Phase.CALLBACK
    function = exchange.site.function if exchange.site else ""
    if function.startswith(_CONFIGURING) and purpose is not Phase.RELEASE:
        return Phase.CONFIGURE
    return purpose


class _Place:
    """Where the exchanges of one thread with one phase and one of the user's lines go."""

    __slots__ = ("line", "phase", "steps")

    def __init__(self, phase: Phase, line: Frame | None) -> None:
        self.phase = phase
        self.line = line
        self.steps: list[Step] = []
        """In a loop, the last one is used again."""


class _Thread:
    """What folding knows of one thread."""

    __slots__ = ("_askers", "_lines", "_places", "current", "place", "waiting")

    def __init__(self) -> None:
        self._askers: dict[tuple[Frame | None, str], tuple[Frame | None, str]] = {}
        self._lines: dict[Frame | None, Frame | None] = {}
        self._places: dict[tuple[int, int], _Place] = {}
        """By the identity of phase and line: to compare two lines takes long, and so does a phase's hash."""
        self.place: _Place | None = None
        """Where its latest exchange went,"""
        self.current: Step | None = None
        """and into which step."""
        self.waiting: list[tuple[_Known, Paired]] = []
        """What was asked for the sake of something that is still to come."""

    def line(self, site: CallSite | None) -> Frame | None:
        """The user's line, always the same object for equal ones."""
        line = site.user if site else None
        return self._lines.setdefault(line, line)

    def asker(self, site: CallSite | None) -> tuple[Frame | None, str] | None:
        """The user's line and the function below it, always the same object for equal ones."""
        if site is None:
            return None
        asker = self.line(site), site.function
        return self._askers.setdefault(asker, asker)

    def at(self, phase: Phase, line: Frame | None) -> _Place:
        """Where exchanges with this phase and this line, from ``line``, go."""
        place = self._places.get((id(phase), id(line)))
        if place is None:
            place = self._places[id(phase), id(line)] = _Place(phase, line)
        return place


class _Known:
    """What folding asks of an exchange's call site, channel, command and thread."""

    __slots__ = ("asker", "calls_back", "place", "site", "thread", "waits")

    def __init__(self, exchange: Exchange, thread: _Thread) -> None:
        phase, site = phase_of(exchange), exchange.site
        self.site = site
        """Kept, so that no other has its identity."""
        self.thread = thread
        self.place = thread.at(phase, thread.line(site))
        self.asker = thread.asker(site)
        self.waits = phase is Phase.LOOK_UP and exchange.command == "reflection"
        """Whether it was asked for the sake of what follows on the same line."""
        self.calls_back = exchange.channel == Channel.CALLBACK


class Folder:
    """Folds exchanges as they come. ``steps`` may be read at any time after ``end``."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.callbacks = 0
        """How many of the exchanges were callbacks."""
        self.connections: set[int] = set()
        """On which connections they were."""
        self._threads: dict[str, _Thread] = {}
        self._known: dict[tuple[int, Channel, str, str], _Known] = {}
        self._alike: dict[Alike, _Known] = {}

    def add(self, exchanges: Iterable[Paired]) -> None:
        """More exchanges, in their order."""
        alike = self._alike
        for exchange in exchanges:
            if isinstance(exchange, Simple):
                known = alike.get(exchange.alike) or self._learn(exchange)
            else:
                known = self._know(whole(exchange))
            if known.calls_back:
                self.callbacks += 1
            thread = known.thread
            waiting = thread.waiting
            if known.waits:
                if waiting and waiting[0][0].asker is not known.asker:
                    self._flush(thread, Phase.LOOK_UP)
                thread.waiting.append((known, exchange))
                if len(thread.waiting) > KEPT:
                    self._flush(thread, Phase.LOOK_UP)
                continue
            if waiting:
                alone = waiting[0][0].asker is not known.asker
                self._flush(thread, Phase.LOOK_UP if alone else known.place.phase)
            if thread.place is not known.place:
                self._go(thread, known.place, exchange)
            assert thread.current is not None
            thread.current.add(exchange)

    def end(self) -> list[Step]:
        """Fold what is still waiting; the steps, in the order of their first exchange."""
        for thread in self._threads.values():
            self._flush(thread, Phase.LOOK_UP)
        self.steps.sort(key=lambda step: step.exchanges[0].n)
        return self.steps

    def _flush(self, thread: _Thread, phase: Phase) -> None:
        """All that waits, which was asked for one thing, goes to what that was."""
        waiting, thread.waiting = thread.waiting, []
        for known, exchange in waiting:
            place = thread.at(phase, known.place.line)
            if thread.place is not place:
                self._go(thread, place, exchange)
            assert thread.current is not None
            thread.current.add(exchange)

    def _go(self, thread: _Thread, place: _Place, exchange: Paired) -> None:
        """A thread goes on at another place: with a new step or, in a loop, the one that was there before."""
        left = thread.place is not None and thread.place.line is not place.line
        thread.place = place
        if place.steps and (left or len(place.steps) >= MAX_RETURNS):
            thread.current = place.steps[-1]
            thread.current.runs += 1
            return
        first = whole(exchange)
        step = Step(place.phase, place.line, first.thread, first.connection, first.start_ns)
        thread.current = step
        place.steps.append(step)
        self.steps.append(step)

    def _know(self, exchange: Exchange) -> _Known:
        self.connections.add(exchange.connection)
        name = exchange.thread
        key = (id(exchange.site), exchange.channel, exchange.request.command, name)
        known = self._known.get(key)
        if known is None:
            thread = self._threads.get(name) or self._threads.setdefault(name, _Thread())
            known = self._known[key] = _Known(exchange, thread)
        return known

    def _learn(self, exchange: Simple) -> _Known:
        if len(self._alike) >= MAX_ALIKE:
            self._alike.clear()
        known = self._alike[exchange.alike] = self._know(exchange.whole())
        return known


def fold(exchanges: Iterable[Paired]) -> list[Step]:
    """The steps of a whole trace, in the order of their first exchange."""
    folder = Folder()
    folder.add(exchanges)
    return folder.end()


@dataclass(slots=True)
class LineCost:
    """What one line of the user's program cost on the wire."""

    line: Frame | None
    count: int = 0
    duration_ns: int = 0
    bytes: int = 0


def by_line(steps: Iterable[Step]) -> list[LineCost]:
    """The user's lines with their round trips, the most first. None stands for Py4J's own doing."""
    costs: dict[Frame | None, LineCost] = {}
    for step in steps:
        cost = costs.setdefault(step.line, LineCost(step.line))
        cost.count += step.count
        cost.duration_ns += step.duration_ns
        cost.bytes += step.request_bytes + step.reply_bytes
    return sorted(costs.values(), key=lambda cost: -cost.count)
