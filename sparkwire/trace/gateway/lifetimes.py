"""The lives of the objects that a trace names: who made each, how often it was used, and who let it go.

On the gateway wire an object is an id. Java makes one up (``o5``) whenever it hands an object out, and keeps
the object in a map until it is told ``m d o5``. Python makes one up (``p0``) whenever it hands out an object
of its own, and keeps that until it is told ``g p0``. So the messages alone say when a life begins and ends.
They say less about what the objects are: a class is known where something on the wire named it (see
``Life.java_class``), and is empty otherwise, because a guess would look like a fact.

An object of Java's gets a new id each time it is handed out (py4j.Gateway.getReturnObject, 0.10.9.9), so
these are the lives of ids: two of them may stand for one object.

It reads exchanges one by one and keeps a small record for each id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.gateway.named_ids import (
    ERROR,
    KINDS,
    exact_class,
    java_ids,
    origin,
    python_objects,
    references,
    told_class,
)
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel, Frame, Opened
from sparkwire.wire.gateway import Ends, sense_of
from sparkwire.wire.message import Message

PYTHON_OBJECT = "Python object"
RELEASED, SHUT_DOWN = "released", "shut down"


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
    gateway: int
    """The port of the gateway whose id it is; 0 when the trace does not say. Each counts from ``o0``."""
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
    """The exchange that brought the id; None when that was before the recording."""
    uses: int = 0
    """Exchanges that named it, but for those that made and ended it."""
    last_used: Moment | None = None
    ended: Moment | None = None
    """The exchange that ended it; None when it was still held at the end of the recording."""
    ending: str = ""
    """``released``, or ``shut down`` with its gateway; empty while it is held."""
    used_after_end: int = 0
    """Exchanges that named it when it was gone."""

    @property
    def what(self) -> str:
        """Its class; where that is unknown, what handed it out; and its kind where that is unknown, too."""
        return self.java_class or self.origin or self.kind


@dataclass(slots=True)
class LifeGroup:
    """The ids of one kind of object that one line made."""

    gateway: int
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
        return sum(life.ended is None for life in self.lives)

    @property
    def released(self) -> int:
        return sum(life.ending == RELEASED for life in self.lives)

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

    @cached_property
    def groups(self) -> list[LifeGroup]:
        """The lives by the line that made them and by what they are, the earliest first."""
        found: dict[tuple[object, ...], LifeGroup] = {}
        for life in self.lives:
            line = life.made.line if life.made else None
            before = life.made is None
            key = (life.gateway, before, line, life.what, life.kind == PYTHON_OBJECT)
            group = found.get(key)
            if group is None:
                group = found[key] = LifeGroup(
                    life.gateway, life.kind, life.java_class, life.origin, line, before
                )
            group.lives.append(life)
        return sorted(found.values(), key=lambda g: min(map(self.begin, g.lives)))

    @property
    def held(self) -> list[Life]:
        """The ids that were still held at the end of the recording."""
        return [life for life in self.lives if life.ended is None]

    @property
    def gateways(self) -> list[int]:
        """The gateways that these ids belong to, by port."""
        return sorted({life.gateway for life in self.lives})

    def of(self, id: str, gateway: int | None = None) -> Life:
        """The life of ``id``, the latest one that fits. Raises KeyError when there is none."""
        for life in reversed(self.lives):
            if life.id == id and gateway in (None, life.gateway):
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
        until = start_ns + width * (i + 1) if i < bins - 1 else float("inf")
        while at < len(changes) and changes[at][0] < until:
            now += changes[at][1]
            most = max(most, now)
            at += 1
        result.append(most)
    return result


class LifeReader:
    """Feed it exchanges in their order; ``end`` gives their lives."""

    def __init__(self, connections: Iterable[Opened] = (), join: Join = NOT_JOINED) -> None:
        """``connections`` are the trace's: an id means something only together with its gateway's port.

        ``join`` tells which methods handed objects out.
        """
        self._join = join
        self._ports = {c.connection: c.remote_port for c in connections if c.channel == Channel.GATEWAY}
        self._lives: list[Life] = []
        self._known: dict[tuple[int, str], Life] = {}
        self._describes: dict[tuple[int, str], Life] = {}
        """By the id of a ``java.lang.Class``: the object that was asked for it."""
        self._proxies: dict[str, Life] = {}
        self._start = self._end = 0

    def add(self, exchange: Exchange) -> None:
        done = exchange.start_ns + (exchange.duration_ns or 0)
        self._start = min(self._start or exchange.start_ns, exchange.start_ns)
        self._end = max(self._end, done)
        if exchange.channel == Channel.CALLBACK:
            self._callback(exchange, done)
        else:
            self._command(exchange, done)

    def end(self) -> Lifetimes:
        return Lifetimes(self._lives, self._start, self._end)

    # What the two sides ask

    def _command(self, exchange: Exchange, done: int) -> None:
        request, reply = exchange.request, exchange.reply
        gateway = self._ports.get(exchange.connection, 0)
        if not isinstance(request, Message):
            return
        named = [self._life(gateway, id) for id in java_ids(request)]
        ends = sense_of(request).ends
        if ends is Ends.OBJECT:
            for life in named:
                self._finish(life, _moment(exchange, exchange.start_ns), RELEASED)
            return
        if ends is Ends.EVERYTHING:  # py4j.Gateway.shutdown clears the map
            for life in self._lives:
                if life.gateway == gateway and life.ended is None and life.kind != PYTHON_OBJECT:
                    self._finish(life, _moment(exchange, exchange.start_ns), SHUT_DOWN)
            return
        self._use(named, exchange)
        for sent in python_objects(request):
            self._send_proxy(sent, gateway, exchange)
        if not isinstance(reply, Message):
            return
        for code, id in references(reply):
            self._make(gateway, id, code, exchange, done, named[0] if named else None)
        self._learn(exchange, named)

    def _callback(self, exchange: Exchange, done: int) -> None:
        request = exchange.request
        proxy_id = request.field("proxy id") if isinstance(request, Message) else None
        if not isinstance(request, Message) or proxy_id is None:
            return
        proxy = self._proxies.get(str(proxy_id.value))
        if proxy is None:
            gateways = set(self._ports.values())
            proxy = Life(str(proxy_id.value), gateways.pop() if len(gateways) == 1 else 0, kind=PYTHON_OBJECT)
            self._proxies[proxy.id] = proxy
            self._lives.append(proxy)
        # A callback on a connection of its own doesn't say which gateway calls: the one that has the object.
        gateway = self._ports.get(exchange.connection, proxy.gateway)
        if sense_of(request).ends is Ends.OBJECT:
            self._finish(proxy, _moment(exchange, exchange.start_ns), RELEASED)
            return
        self._use([proxy], exchange)
        for code, id in references(request):
            self._make(gateway, id, code, exchange, exchange.start_ns, None)
        if isinstance(exchange.reply, Message):
            self._use([self._life(gateway, id) for id in java_ids(exchange.reply)], exchange)
            for sent in python_objects(exchange.reply):
                self._send_proxy(sent, gateway, exchange)

    # What happens to a life

    def _life(self, gateway: int, id: str) -> Life:
        """The life of an id that is named; one that is met for the first time was there before."""
        life = self._known.get((gateway, id))
        if life is None:
            life = self._known[gateway, id] = Life(id, gateway, KINDS["r"])
            self._lives.append(life)
        return life

    def _make(
        self, gateway: int, id: str, code: str, exchange: Exchange, t_ns: int, target: Life | None
    ) -> None:
        life = self._known.get((gateway, id))
        # Met, and without a beginning: more exchanges came in its maker's time than are held back.
        if life is None or life.made is not None:
            life = self._known[gateway, id] = Life(id, gateway, KINDS["r"])
            self._lives.append(life)
        life.kind = KINDS[code]
        life.made = _moment(exchange, t_ns)
        if code != ERROR:
            life.java_class = exact_class(exchange)
        if not life.java_class:
            owner = target.java_class if target else ""
            life.origin = origin(exchange, owner, self._join.target(exchange))
        if life.java_class == "java.lang.Class" and target is not None:
            self._describes[gateway, id] = target

    def _send_proxy(self, sent: str, gateway: int, exchange: Exchange) -> None:
        id, _, interfaces = sent.partition(";")
        life = Life(id, gateway, PYTHON_OBJECT, interfaces.replace(";", ", "))
        life.made = _moment(exchange, exchange.start_ns)
        self._proxies[id] = life
        self._lives.append(life)

    def _use(self, lives: list[Life], exchange: Exchange) -> None:
        moment = _moment(exchange, exchange.start_ns) if lives else None
        for life in lives:
            life.uses += 1
            life.last_used = moment
            life.used_after_end += life.ended is not None

    def _finish(self, life: Life, moment: Moment, ending: str) -> None:
        if life.ended is None:
            life.ended, life.ending = moment, ending
        else:
            life.used_after_end += 1

    def _learn(self, exchange: Exchange, named: list[Life]) -> None:
        """Take a class's name from a reply that tells one."""
        told = told_class(exchange)
        if not told or not named:
            return
        about = named[0]
        if exchange.command != "exception":  # a java.lang.Class was asked; it tells of what it came from
            described = self._describes.get((about.gateway, about.id))
            if described is not None:
                described.java_class = told
        elif not about.java_class:
            about.java_class = told


def lifetimes(
    exchanges: Iterable[Exchange], connections: Iterable[Opened] = (), join: Join = NOT_JOINED
) -> Lifetimes:
    """The lives of all ids in ``exchanges``, which come in their order.

    ``connections`` are the trace's, and ``join`` has the Java calls.
    """
    reader = LifeReader(connections, join)
    for exchange in exchanges:
        reader.add(exchange)
    return reader.end()


def _moment(exchange: Exchange, t_ns: int) -> Moment:
    site = exchange.site
    return Moment(
        exchange.n,
        t_ns,
        exchange.connection,
        exchange.thread,
        exchange.channel,
        site.user if site else None,
        site.function if site else "",
    )
