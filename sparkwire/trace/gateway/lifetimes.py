"""The lives of the objects that a trace names: who made each, how often it was used, and who let it go.

On the gateway wire an object is an id. Java makes one up (``o5``) whenever it hands an object out, and keeps
the object in a map until it is told ``m d o5``. Python makes one up (``p0``) whenever it hands out an object
of its own, and keeps that until it is told ``g p0``. So the messages alone say when a life begins and ends.
They say less about what the objects are: a class is known where something on the wire named it (see
``Life.java_class``), and is empty otherwise, because a guess would look like a fact.

An object of Java's gets a new id each time it is handed out (py4j.Gateway.getReturnObject, 0.10.9.9), so
these are the lives of ids: two of them may stand for one object. Each gateway counts its own (``gateways``).

A life that is called held and wasn't would send its reader after a leak that is none. So where a trace
doesn't say how a life ended, its ending says so, and it isn't counted as held.

It reads exchanges one by one and keeps a small record for each id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.gateways import UNKNOWN, Gateway, Gateways, Jvm
from sparkwire.trace.gateway.lives import (
    JVM_ENDED,
    LOST,
    PERHAPS,
    PYTHON_OBJECT,
    RELEASED,
    SHUT_DOWN,
    WHOSE,
    Life,
    Lifetimes,
    Moment,
)
from sparkwire.trace.gateway.named_ids import (
    ERROR,
    KINDS,
    exact_class,
    is_python_id,
    java_ids,
    origin,
    python_objects,
    references,
    told_class,
)
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel, Opened
from sparkwire.wire.gateway import Ends, sense_of
from sparkwire.wire.message import Message


class LifeReader:
    """Feed it exchanges in their order; ``end`` gives their lives."""

    def __init__(self, connections: Iterable[Opened] = (), join: Join = NOT_JOINED) -> None:
        """``connections`` are the trace's, and ``join`` tells which methods handed objects out."""
        self._join = join
        self._gateways = Gateways(connections)
        self._lives: list[Life] = []
        self._known: dict[tuple[Gateway, str], Life] = {}
        """By gateway and id, Python's ids among them: the latest life."""
        self._describes: dict[tuple[Gateway, str], Life] = {}
        """By the id of a ``java.lang.Class``: the object that was asked for it."""
        self._first_made: dict[Gateway, int] = {}
        """The lowest number of an id that a gateway was seen to hand out."""
        self._unread = 0
        self._start = self._end = 0

    def add(self, exchange: Exchange) -> None:
        done = exchange.start_ns + (exchange.duration_ns or 0)
        self._start = min(self._start or exchange.start_ns, exchange.start_ns)
        self._end = max(self._end, done)
        self._unread += sum(not isinstance(message, Message) for message in exchange.messages)
        if exchange.channel == Channel.CALLBACK:
            self._callback(exchange)
        else:
            self._command(exchange, done)

    def end(self, closed: Collection[int] = ()) -> Lifetimes:
        """``closed`` holds the connections that were closed while they were recorded."""
        for jvm in self._gateways.all():
            last = jvm.unanswered
            # Nothing was answered, on no connection, from the time when this one broke.
            if last is not None and last.connection in closed and last.start_ns >= jvm.answered_ns:
                self._end_all(jvm.gateway, _moment(last, last.start_ns), LOST)
        for life in self._lives:
            if life.gateway == UNKNOWN and not life.ending:
                life.ending = WHOSE
            if life.made is None and life.gateway != UNKNOWN and life.gateway.jvm == 1:
                first = self._first_made.get(life.gateway)
                # Where the same id was handed out later, this one was of a JVM from before the recording.
                another = self._known[life.gateway, life.id] is not life
                older = first is None or life.kind == PYTHON_OBJECT or _number(life.id) < first
                life.before = another or older
        return Lifetimes(self._lives, self._start, self._end, self._unread)

    # What the two sides ask

    def _command(self, exchange: Exchange, done: int) -> None:
        request, reply = exchange.request, exchange.reply
        jvm = self._gateways.of(exchange)
        if not isinstance(request, Message):
            return
        ids = java_ids(request)
        ends = sense_of(request).ends
        if ends is Ends.OBJECT:
            for id in ids:
                self._release(jvm, id, _moment(exchange, exchange.start_ns))
            return
        if ends is Ends.EVERYTHING:  # py4j.Gateway.shutdown clears the map
            self._end_all(jvm.gateway, _moment(exchange, exchange.start_ns), SHUT_DOWN)
            return
        named = [self._life(jvm, id) for id in ids]
        self._use(named, exchange)
        for sent in python_objects(request):
            self._send_proxy(sent, jvm, exchange)
        if not isinstance(reply, Message):
            return
        if not exchange.failed:
            for id in ids:
                self._gateways.named(jvm, _number(id), exchange, done)
        for code, id in references(reply):
            jvm = self._make(jvm, id, code, exchange, done, named[0] if named else None)
        self._learn(exchange, named)

    def _callback(self, exchange: Exchange) -> None:
        request = exchange.request
        if not isinstance(request, Message):
            return
        proxy_id = request.field("proxy id")
        if proxy_id is None:
            return
        id = str(proxy_id.value)
        having = {life.gateway for life in self._having(id)}
        jvm = self._gateways.of(exchange, having)
        moment = _moment(exchange, exchange.start_ns)
        if sense_of(request).ends is Ends.OBJECT:
            if is_python_id(id):
                self._release(jvm, id, moment)
            return
        if is_python_id(id):
            self._use([self._life(jvm, id, PYTHON_OBJECT)], exchange)
        for code, made in references(request):
            jvm = self._make(jvm, made, code, exchange, exchange.start_ns, None)
        if isinstance(exchange.reply, Message):
            self._use([self._life(jvm, named) for named in java_ids(exchange.reply)], exchange)
            for sent in python_objects(exchange.reply):
                self._send_proxy(sent, jvm, exchange)

    # Which life an id means

    def _life(self, jvm: Jvm, id: str, kind: str = KINDS["r"]) -> Life:
        """The life of an id that is named; one that is met for the first time was there before."""
        life = self._known.get((jvm.gateway, id))
        if life is None:
            life = self._anybodys(id) if jvm.gateway == UNKNOWN else self._claimed(jvm, id)
        return life or self._stale(jvm, id) or self._add(Life(id, jvm.gateway, kind))

    def _anybodys(self, id: str) -> Life | None:
        """The life of an id, where it isn't known whose that is; if it may be several, a life in no list."""
        having = self._having(id)
        return Life(id, UNKNOWN, "") if len(having) > 1 else next(iter(having), None)

    def _having(self, id: str) -> list[Life]:
        """The lives with this id that haven't ended, of whichever gateway."""
        gateways = [UNKNOWN, *(jvm.gateway for jvm in self._gateways.all())]
        lives = (self._known.get((gateway, id)) for gateway in gateways)
        return [life for life in lives if life is not None and not life.ending]

    def _add(self, life: Life) -> Life:
        self._lives.append(life)
        self._known[life.gateway, life.id] = life
        return life

    def _stale(self, jvm: Jvm, id: str) -> Life | None:
        """An id of a JVM that is no more: Python holds on to it, and asks the next one on its port for it."""
        for number in range(jvm.gateway.jvm - 1, 0, -1):
            life = self._known.get((jvm.gateway._replace(jvm=number), id))
            if life is not None:
                return life
        return None

    def _claimed(self, jvm: Jvm, id: str) -> Life | None:
        """An id that came in a callback of which it wasn't known whose it was: here its gateway is asked."""
        life = self._known.get((UNKNOWN, id))
        first = self._first_made.get(jvm.gateway)
        # A lower one may be from before the recording, and not the one of the callback.
        if life is None or life.made is None or first is None or _number(id) < first:
            return None
        self._gateways.claim(life.made.connection, jvm)
        self._move(UNKNOWN, jvm)
        return life

    def _move(self, old: Gateway, jvm: Jvm) -> None:
        """Give lives to the gateway that, as it turned out, their makers' connections belong to."""
        for life in self._lives:
            if life.gateway != old or life.made is None:
                continue
            if self._gateways.of_connection(life.made.connection) is jvm:
                if self._known.get((old, life.id)) is life:
                    del self._known[old, life.id]
                life.gateway = jvm.gateway
                self._known.setdefault((jvm.gateway, life.id), life)

    # What happens to a life

    def _make(self, jvm: Jvm, id: str, code: str, exchange: Exchange, t_ns: int, target: Life | None) -> Jvm:
        """An id is handed out. Returns the gateway that did it, which may be another than was thought."""
        life = self._known.get((jvm.gateway, id))
        before = life.made.connection if life is not None and life.made is not None else None
        found = self._gateways.hands_out(jvm, _number(id), exchange, before)
        if found is not jvm:
            self._begin_anew(jvm, found, exchange)
            jvm = found
            life = self._known.get((jvm.gateway, id))
        moment = _moment(exchange, t_ns)
        if life is not None and life.made is not None:  # which no gateway does
            self._finish(life, moment, PERHAPS)
            life = None
        # Met, and without a beginning: more exchanges came in its maker's time than are held back. What ended
        # before it was made was another: Python releases the ids of a JVM that is no more, too.
        if life is None or (life.ended is not None and life.ended.t_ns < t_ns):
            life = self._add(Life(id, jvm.gateway, KINDS["r"]))
        life.kind = KINDS[code]
        life.made = moment
        self._first_made[jvm.gateway] = min(_number(id), self._first_made.get(jvm.gateway, _number(id)))
        self._gateways.named(jvm, _number(id), exchange, t_ns)
        if code != ERROR:
            life.java_class = exact_class(exchange)
        if not life.java_class:
            owner = target.java_class if target else ""
            life.origin = origin(exchange, owner, self._join.target(exchange))
        if life.java_class == "java.lang.Class" and target is not None:
            self._describes[jvm.gateway, id] = target
        return jvm

    def _begin_anew(self, old: Jvm, new: Jvm, exchange: Exchange) -> None:
        """A JVM was started where another one had listened: what that one held is gone."""
        self._move(old.gateway, new)
        if new.gateway != UNKNOWN:
            self._end_all(old.gateway, _moment(exchange, new.since_ns), JVM_ENDED)

    def _end_all(self, gateway: Gateway, moment: Moment, ending: str) -> None:
        """All that a gateway holds ends. What it had of Python's, Python holds still."""
        for life in self._lives:
            if life.gateway == gateway and life.kind != PYTHON_OBJECT:
                self._finish(life, moment, ending)

    def _release(self, jvm: Jvm, id: str, moment: Moment) -> None:
        """One side lets an id go."""
        if jvm.gateway == UNKNOWN:
            for life in self._having(id):
                mine = life.made is not None and life.made.connection == moment.connection
                self._finish(life, moment, RELEASED if mine else PERHAPS)
            return
        life = self._life(jvm, id, PYTHON_OBJECT if is_python_id(id) else KINDS["r"])
        life.used_after_end += bool(life.ending)
        self._finish(life, moment, RELEASED)

    def _send_proxy(self, sent: str, jvm: Jvm, exchange: Exchange) -> None:
        """Python hands an object out. Java may have called it already, in an exchange that came first."""
        id, _, interfaces = sent.partition(";")
        life = self._known.get((jvm.gateway, id))
        if life is None or life.made is not None or _last(life) < exchange.start_ns:
            life = self._add(Life(id, jvm.gateway, PYTHON_OBJECT))
        life.java_class = interfaces.replace(";", ", ")
        life.made = _moment(exchange, exchange.start_ns)

    def _use(self, lives: list[Life], exchange: Exchange) -> None:
        moment = _moment(exchange, exchange.start_ns) if lives else None
        for life in lives:
            life.uses += 1
            life.last_used = moment
            life.used_after_end += life.ended is not None

    def _finish(self, life: Life, moment: Moment, ending: str) -> None:
        """End a life that hasn't ended. No life ends before it begins, whatever the clock did."""
        if not life.ending:
            began = life.made.t_ns if life.made else 0
            life.ended, life.ending = moment._replace(t_ns=max(moment.t_ns, began)), ending

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
    exchanges: Iterable[Exchange],
    connections: Iterable[Opened] = (),
    join: Join = NOT_JOINED,
    closed: Collection[int] = (),
) -> Lifetimes:
    """The lives of all ids in ``exchanges``, which come in their order.

    ``connections`` are the trace's, ``closed`` those that were closed, and ``join`` has the Java calls.
    """
    reader = LifeReader(connections, join)
    for exchange in exchanges:
        reader.add(exchange)
    return reader.end(closed)


def _number(id: str) -> int:
    return int(id[1:])


def _last(life: Life) -> int:
    """When a life was last met."""
    return max(moment.t_ns for moment in (life.last_used, life.ended) if moment is not None)


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
