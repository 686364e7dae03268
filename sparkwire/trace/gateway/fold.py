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

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from sparkwire.trace.gateway.exchanges import Exchange
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
    commands: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    """The methods, classes or imports that were asked for (at most 200 different ones)."""
    exchanges: list[Exchange] = field(default_factory=list)
    """The first ``KEPT`` exchanges, whole."""

    def add(self, exchange: Exchange) -> None:
        request, reply, duration = exchange.request, exchange.reply, exchange.duration_ns
        self.count += 1
        self.request_bytes += request.size
        if duration is not None:
            self.duration_ns += duration
        self.commands[request.command] += 1
        if reply is not None:
            self.reply_bytes += reply.size
            self.errors += reply.command in _WENT_WRONG
        name = subject(exchange)
        if name and (name in self.names or len(self.names) < 200):
            self.names[name] += 1
        if len(self.exchanges) < KEPT:
            self.exchanges.append(exchange)

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


class _Known(NamedTuple):
    """What folding asks of a call site, a channel and a command."""

    site: CallSite | None
    """Kept, so that no other has its identity."""
    phase: Phase
    line: Frame | None
    waits: bool
    """Whether it was asked for the sake of what follows on the same line."""


class Folder:
    """Folds exchanges as they come. ``steps`` may be read at any time after ``end``."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._alike: dict[tuple[Phase, Frame | None, str], list[Step]] = {}
        self._current: dict[str, Step] = {}
        self._waiting: dict[str, list[Exchange]] = {}
        self._known: dict[tuple[int, Channel, str], _Known] = {}

    def add(self, exchange: Exchange) -> None:
        site, thread = exchange.site, exchange.thread
        key = (id(site), exchange.channel, exchange.request.command)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _known(exchange)
        waiting = self._waiting.get(thread)
        if known.waits:
            if waiting and not _same_site(waiting[0].site, site):
                self._flush(thread, Phase.LOOK_UP)
            self._waiting.setdefault(thread, []).append(exchange)
            if len(self._waiting[thread]) > KEPT:
                self._flush(thread, Phase.LOOK_UP)
            return
        if waiting:
            self._flush(thread, known.phase if _same_site(waiting[0].site, site) else Phase.LOOK_UP)
        self._put(exchange, known.phase, known.line)

    def end(self) -> list[Step]:
        """Fold what is still waiting; the steps, in the order of their first exchange."""
        for thread in list(self._waiting):
            self._flush(thread, Phase.LOOK_UP)
        self.steps.sort(key=lambda step: step.exchanges[0].n)
        return self.steps

    def _flush(self, thread: str, phase: Phase) -> None:
        for exchange in self._waiting.pop(thread):
            self._put(exchange, phase, exchange.site.user if exchange.site else None)

    def _put(self, exchange: Exchange, phase: Phase, line: Frame | None) -> None:
        current = self._current.get(exchange.thread)
        if current is None or current.phase is not phase or not _same_line(current.line, line):
            left = current is not None and not _same_line(current.line, line)
            current = self._step(exchange, phase, line, left=left)
            self._current[exchange.thread] = current
        current.add(exchange)

    def _step(self, exchange: Exchange, phase: Phase, line: Frame | None, *, left: bool) -> Step:
        """A new step; or, in a loop, the one that was there before."""
        same = self._alike.setdefault((phase, line, exchange.thread), [])
        if same and (left or len(same) >= MAX_RETURNS):
            same[-1].runs += 1
            return same[-1]
        step = Step(phase, line, exchange.thread, exchange.connection, exchange.start_ns)
        self.steps.append(step)
        same.append(step)
        return step


def _known(exchange: Exchange) -> _Known:
    phase = phase_of(exchange)
    waits = phase is Phase.LOOK_UP and exchange.command == "reflection"
    return _Known(exchange.site, phase, exchange.site.user if exchange.site else None, waits)


def fold(exchanges: Iterable[Exchange]) -> list[Step]:
    """The steps of a whole trace, in the order of their first exchange."""
    folder = Folder()
    for exchange in exchanges:
        folder.add(exchange)
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


def _same_site(one: CallSite | None, other: CallSite | None) -> bool:
    """Whether two requests come from the same line of the user's and the same function below it."""
    if one is other or one is None or other is None:
        return one is other
    return _same_line(one.user, other.user) and one.function == other.function


def _same_line(one: Frame | None, other: Frame | None) -> bool:
    return one is other or one == other
