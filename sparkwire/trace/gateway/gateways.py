"""Which gateway each connection belongs to: an object's id means something only together with it.

Each ``py4j.Gateway`` counts its objects from ``o0`` and never hands an id out twice (``objCounter``, Py4J
0.10.9.9). So a gateway is a port *and* a time: when a JVM ends and another one listens on its port, the ids
begin again. The trace doesn't say when that was, but the ids do. An id that was handed out before, or one
that is lower than one which was handed out before it was asked for, comes from another JVM.

A connection that Java opened, for callbacks, leads to a port of Python's, and says nothing about the gateway
behind it. What tells that is the port that Python told a gateway to call (``resetCallbackClient``), the
Python object that is called, or that there is one gateway only. Where nothing tells it, it stays unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.records import Channel, Opened
from sparkwire.wire.gateway import Ends, command_of, sense_of
from sparkwire.wire.message import Message

_SERVER = "GATEWAY_SERVER"
"""The id by which a gateway knows its own server."""
_TELLING = b"\nresetCallbackClient\n"
"""So PySpark tells Java where to call Python (pyspark/java_gateway.py 4.3.0)."""


class Gateway(NamedTuple):
    """A gateway, as far as a trace tells one from another."""

    port: int
    """Where it listens; 0 when the trace doesn't say."""
    jvm: int = 1
    """1 for the first JVM that listened there, 2 for the one that came after it; 0 in ``UNKNOWN``."""
    address: str = ""
    """Where that port is, such as ``127.0.0.1``; empty when the trace doesn't say."""
    python_port: int = 0
    """The port of Python's that it calls, where only that is known of it; else 0."""

    @property
    def name(self) -> str:
        """``port 25333``, ``port 25333, JVM 2``."""
        if self.python_port:
            return f"the gateway that calls port {self.python_port}"
        if not self.port:
            return "an unknown gateway"
        where = "" if self.address in ("", "127.0.0.1") else f" of {self.address}"
        return f"port {self.port}{where}{f', JVM {self.jvm}' if self.jvm > 1 else ''}"


UNKNOWN = Gateway(0, 0)
"""Stands for one of several gateways, when the trace doesn't say which."""


@dataclass(slots=True, eq=False)
class Jvm:
    """What is known of one gateway while a trace is read."""

    gateway: Gateway
    line: list[Jvm]
    """All that listened on its port, one after the other, itself among them."""
    after: tuple[int, int] = (-1, 0)
    """When the latest connection that is surely of the JVM before it was opened, and its number."""
    since_ns: int = -1
    """When the first connection that is surely its own was opened."""
    highest: int = -1
    """The highest number of an id that it handed out,"""
    highest_ns: int = 0
    """when the exchange was over that named it,"""
    highest_on: int = 0
    """and on which connection that was."""
    answered_ns: int = 0
    """When it was last heard of."""
    unanswered: Exchange | None = None
    """The latest request that it should have answered, and did not."""
    shut: bool = False
    """Whether it was told to shut down, and was not heard of since."""


class Gateways:
    """Tells with which gateway each exchange is. Ask it of every exchange, in their order.

    ``connections`` are the trace's. What none of them explains is of one gateway, whose port isn't known.
    """

    def __init__(self, connections: Iterable[Opened] = ()) -> None:
        self._opened = {one.connection: one for one in connections}
        self._lines: dict[tuple[str, int, int], list[Jvm]] = {}
        """By address, port and port of Python's, as in ``Gateway``: the JVMs that listened there."""
        self._of: dict[int, Jvm] = {}
        """By connection."""
        self._answered: dict[int, int] = {}
        """When a connection last brought an answer of Java's."""
        self._told: dict[int, list[Jvm]] = {}
        """By a port of Python's: who was told to call it."""
        self._called: dict[int, list[Jvm]] = {}
        """By a port of Python's: who called it."""
        for one in self._opened.values():
            if one.channel == Channel.GATEWAY:
                self._line(one.remote_port, one.address)
        self._connects = bool(self._lines)
        """Whether Python connects to Java at all."""
        self.unknown = Jvm(UNKNOWN, [])
        self._doubtful: set[int] = set()
        """Connections that were taken for another gateway's than they are."""

    def of(self, exchange: Exchange, holding: Collection[Gateway] = ()) -> Jvm:
        """The gateway that an exchange is with; ``unknown`` when it may be with one or another.

        ``holding`` are the gateways that have the Python object which a callback names.
        """
        connection = exchange.connection
        found = self._of.get(connection, self.unknown)
        if found is self.unknown:
            opened = self._opened.get(connection)
            if connection in self._doubtful:
                pass
            elif opened is not None and opened.channel == Channel.CALLBACK:
                found = self._caller(opened, exchange.start_ns, holding)
            else:
                found = self._listener(opened)
            self._of[connection] = found
        return self._heard(exchange, found)

    def of_connection(self, connection: int) -> Jvm | None:
        """The gateway that a connection is thought to belong to by now."""
        return self._of.get(connection)

    def all(self) -> list[Jvm]:
        return [jvm for line in self._lines.values() for jvm in line]

    def named(self, jvm: Jvm, number: int, exchange: Exchange, done: int) -> None:
        """An exchange that was over at ``done`` named an id that the gateway so had handed out."""
        if number > jvm.highest:
            jvm.highest, jvm.highest_ns, jvm.highest_on = number, done, exchange.connection

    def hands_out(self, jvm: Jvm, number: int, exchange: Exchange, before: int | None) -> Jvm:
        """The gateway that hands out an id in ``exchange``: ``jvm``, unless that can't be.

        ``before`` is the connection on which ``jvm`` handed out that same id already, if it did.
        """
        if before is None:
            # What Java hands to a callback may be older than what it answered meanwhile.
            asked = exchange.channel == Channel.GATEWAY and jvm.highest_ns < exchange.start_ns
            if not asked or number > jvm.highest:
                return jvm
            before = jvm.highest_on
        old, now = self._at(before), self._at(exchange.connection)
        if self._is_from_java(exchange.connection):
            if len(self._lines) == 1:
                return jvm
            self._doubtful.add(exchange.connection)
            self._of[exchange.connection] = self.unknown
            return self.unknown
        if self._is_from_java(before) or old >= now or jvm is not jvm.line[-1]:
            return jvm
        new = Jvm(jvm.gateway._replace(jvm=len(jvm.line) + 1), jvm.line, old, now[0])
        jvm.line.append(new)
        for connection, its in self._of.items():
            if its is jvm and self._is_of_later(connection, new):
                self._of[connection] = new
        return new

    def claim(self, connection: int, jvm: Jvm) -> None:
        """It turned out that a connection which Java opened is of this gateway."""
        self._of[connection] = jvm
        self._called[self._opened[connection].local_port] = jvm.line

    # How it is found

    def _listener(self, opened: Opened | None) -> Jvm:
        """The gateway that Python connected to: the one that listened there then."""
        if opened is None:
            return self._line(0)[-1]
        line = self._line(opened.remote_port, opened.address)
        return next(jvm for jvm in reversed(line) if opened.t_ns >= jvm.since_ns)

    def _caller(self, opened: Opened, now: int, holding: Collection[Gateway]) -> Jvm:
        """The gateway that connected to Python."""
        port = opened.local_port
        if not self._connects:  # then all that tells one from another is where they connect to
            return self._line(0, python_port=port)[-1]
        if port in self._told:
            return self._told[port][-1]
        present = self._present(now)
        having = [jvm for jvm in present if jvm.gateway in holding]
        if len(having) == 1:
            self._called[port] = having[0].line
            return having[0]
        if port in self._called:
            return self._called[port][-1]
        return present[0] if len(present) == 1 else self.unknown

    def _present(self, now: int) -> list[Jvm]:
        """The gateways that Python had connected to by ``now`` and not shut down; else all there are."""
        met = {
            (one.address, one.remote_port)
            for one in self._opened.values()
            if one.channel == Channel.GATEWAY and one.t_ns <= now
        }
        latest = [line[-1] for line in self._lines.values()]
        return [
            jvm for jvm in latest if (jvm.gateway.address, jvm.gateway.port) in met and not jvm.shut
        ] or latest

    def _heard(self, exchange: Exchange, jvm: Jvm) -> Jvm:
        """Keep when the gateway was heard of, which can show that it is the next one by now."""
        heard = exchange.start_ns
        if exchange.channel == Channel.GATEWAY:
            ends = sense_of(exchange.request).ends
            if exchange.reply is None:
                command = command_of(exchange.request)
                if ends is Ends.EVERYTHING:
                    jvm.shut = True
                elif ends is Ends.NOTHING and command is not None and command.answered:
                    jvm.unanswered = exchange
                return jvm
            heard += exchange.duration_ns or 0
            self._answered[exchange.connection] = heard
            if jvm.line and jvm is not jvm.line[-1] and self._is_of_later(exchange.connection, jvm.line[-1]):
                jvm = self._of[exchange.connection] = jvm.line[-1]
            if isinstance(exchange.request, Message) and _TELLING in exchange.request.raw:
                self._tell(exchange.request, jvm)
        jvm.answered_ns = max(jvm.answered_ns, heard)
        jvm.shut = False
        return jvm

    def _tell(self, request: Message, jvm: Jvm) -> None:
        """Keep which port of Python's a gateway was told to call."""
        target = request.field("target object id")
        given = [one.value for one in request.fields if one.name == "argument"]
        if target is not None and target.value == _SERVER and given and isinstance(given[-1], int):
            self._told[given[-1]] = jvm.line

    def _is_of_later(self, connection: int, new: Jvm) -> bool:
        """Whether a connection is of ``new`` and not of the JVM before it."""
        at = self._at(connection)
        # One that opened in between may be of either; but only the later one can have answered since.
        answered = self._answered.get(connection, 0) > new.since_ns
        return at[0] >= new.since_ns or (at > new.after and answered)

    def _is_from_java(self, connection: int) -> bool:
        opened = self._opened.get(connection)
        return opened is not None and opened.channel == Channel.CALLBACK

    def _at(self, connection: int) -> tuple[int, int]:
        opened = self._opened.get(connection)
        return (opened.t_ns, connection) if opened else (-1, connection)

    def _line(self, port: int, address: str = "", python_port: int = 0) -> list[Jvm]:
        """The JVMs that listened there; the first one is made when it is missing."""
        key = (address, port, python_port)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = []
            line.append(Jvm(Gateway(port, address=address, python_port=python_port), line))
        return line
