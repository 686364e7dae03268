"""The lives of the ids that a trace names, and groups of them: what ``lifetimes`` finds, and views show."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sparkwire.trace.gateway.gateways import Gateway
from sparkwire.trace.records import Frame

PYTHON_OBJECT = "Python object"
RELEASED, SHUT_DOWN, JVM_ENDED = "released", "shut down", "ended with its JVM"
LOST = "not known: the connection broke"
PERHAPS = "not known: perhaps released"
WHOSE = "not known: of one gateway or another"
UNSURE = frozenset({LOST, PERHAPS, WHOSE})
"""The endings of which the trace doesn't say whether they were one."""


class Moment(NamedTuple):
    """An exchange, as far as a life needs it."""

    n: int
    """The exchange's number."""
    t_ns: int
    connection: int
    thread: str
    channel: str
    line: Frame | None
    """The user's line; None for what Py4J does by itself, and for what Java asked."""
    function: str
    """The library function, as in ``CallSite.function``."""


@dataclass(slots=True)
class Life:
    """What a trace says about one id."""

    id: str
    gateway: Gateway
    """The gateway whose id it is. Each counts from ``o0``."""
    kind: str
    """``object``, ``list``, ``set``, ``map``, ``array``, ``iterator``, ``exception`` or ``Python object``."""
    java_class: str = ""
    """The full name of its class; of a Python object, the interfaces it was sent with; empty when unknown.

    Known are: what a constructor made, new arrays, views and classes; an object whose
    ``getClass().getName()`` was asked; and an exception whose stack trace was fetched.
    """
    origin: str = ""
    """What handed it out, such as ``java.util.Optional.of``; ``.of`` where the class is unknown."""
    made: Moment | None = None
    """The exchange that brought the id; None when that was before the recording, or not seen."""
    before: bool = False
    """Whether it was made before the recording. What wasn't and has no ``made`` was made where nobody saw it:
    by another process, or in a callback of which it isn't known whose it was."""
    uses: int = 0
    """Exchanges that named it, but for those that made and ended it."""
    last_used: Moment | None = None
    ended: Moment | None = None
    """The exchange that ended it; None when there is none."""
    ending: str = ""
    """``released``, ``shut down`` with its gateway, ``ended with its JVM``, or one of ``UNSURE``; empty while
    it is held."""
    used_after_end: int = 0
    """Exchanges that named it when it was gone."""

    @property
    def held(self) -> bool:
        """Whether it was still held at the end of the recording."""
        return not self.ending

    @property
    def what(self) -> str:
        """Its class; where that is unknown, what handed it out; and its kind where that is unknown, too."""
        return self.java_class or self.origin or self.kind


@dataclass(slots=True)
class LifeGroup:
    """The ids of one kind of object that one line made."""

    gateway: Gateway
    kind: str
    java_class: str
    origin: str
    line: Frame | None
    before: bool
    """Whether they were made before the recording."""
    lives: list[Life] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.lives)

    @property
    def held(self) -> int:
        """Ids that were still held at the end of the recording."""
        return sum(life.held for life in self.lives)

    @property
    def released(self) -> int:
        return self.ended_by(RELEASED)

    @property
    def unsure(self) -> int:
        """Ids of which the trace doesn't say how they ended."""
        return sum(life.ending in UNSURE for life in self.lives)

    def ended_by(self, ending: str) -> int:
        return sum(life.ending == ending for life in self.lives)

    @property
    def uses(self) -> int:
        return sum(life.uses for life in self.lives)

    def alive(self, start_ns: int, end_ns: int, bins: int) -> list[int]:
        """How many were alive at once, at most, in each of ``bins`` equal stretches of time."""
        return alive(self.lives, start_ns, end_ns, bins)


@dataclass
class Lifetimes:
    """All lives of a trace, in the order in which their ids were first seen."""

    lives: list[Life]
    start_ns: int
    """When the first exchange began; 0 when there is none."""
    end_ns: int
    """When the last one ended."""
    unread: int = 0
    """Messages that couldn't be read. Any of them may have made an id or ended it."""

    @cached_property
    def groups(self) -> list[LifeGroup]:
        """The lives by the line that made them and by what they are, the earliest first."""
        found: dict[tuple[object, ...], LifeGroup] = {}
        for life in self.lives:
            line = life.made.line if life.made else None
            seen = life.made is not None
            key = (life.gateway, life.before, seen, line, life.what, life.kind == PYTHON_OBJECT)
            group = found.get(key)
            if group is None:
                group = found[key] = LifeGroup(
                    life.gateway, life.kind, life.java_class, life.origin, line, life.before
                )
            group.lives.append(life)
        return sorted(found.values(), key=lambda g: min(map(self.begin, g.lives)))

    @property
    def held(self) -> list[Life]:
        """The ids that were still held at the end of the recording."""
        return [life for life in self.lives if life.held]

    @property
    def gateways(self) -> list[Gateway]:
        """The gateways that these ids belong to, by port."""
        return sorted({life.gateway for life in self.lives})

    def of(self, id: str, port: int | None = None) -> Life:
        """The life of ``id``, the latest one that fits; ``port`` is its gateway's.

        Raises KeyError when there is none.
        """
        for life in reversed(self.lives):
            if life.id == id and port in (None, life.gateway.port):
                return life
        raise KeyError(id)

    def begin(self, life: Life) -> int:
        """When it began, in nanoseconds; the recording's beginning if it was there before."""
        return life.made.t_ns if life.made else self.start_ns


def alive(lives: Iterable[Life], start_ns: int, end_ns: int, bins: int) -> list[int]:
    """How many of ``lives`` were alive at once, at most, in each of ``bins`` equal stretches of time.

    A life that begins and ends within one stretch is counted in it.
    """
    width = max(end_ns - start_ns, 1) / bins
    changes: list[tuple[int, int]] = []
    for life in lives:
        changes.append((life.made.t_ns if life.made else start_ns, 1))
        if life.ended is not None:
            changes.append((life.ended.t_ns, -1))
    changes.sort(key=lambda change: (change[0], -change[1]))
    result = []
    now = at = 0
    for i in range(bins):
        most = now
        until = start_ns + width * (i + 1) if i < bins - 1 else math.inf
        while at < len(changes) and changes[at][0] < until:
            now += changes[at][1]
            most = max(most, now)
            at += 1
        result.append(most)
    return result
