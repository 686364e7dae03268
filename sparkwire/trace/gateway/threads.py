"""Which Python thread spoke to which Java thread, and over which connection.

A thread of Python is told apart by its number in the trace, because names can be given twice and Python
uses a thread's ident again. Java's side of a connection is one thread for as long as the connection lives:
``GatewayConnection`` and ``ClientServerConnection`` have one each, and a callback connection of a
``PythonClient`` belongs to the thread that opened it (Py4J 0.10.9.9). A ``CallbackClient`` (threads not
pinned) hands its connections from thread to thread; nothing that Python asks passes there, so no Java
thread is named for those.

Which Java thread it is comes from the recorded Java calls, so it is known only where these were joined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel


class Thread(NamedTuple):
    """A thread of either side."""

    number: int
    """Java's thread id, or for Python the thread's place in the trace, from 1; 0 when unknown."""
    name: str


@dataclass(slots=True)
class ThreadPair:
    """What one Python thread said over one connection."""

    python: Thread
    connection: int
    java: Thread | None
    """The thread at the connection's other end; None when no Java call tells."""
    asked: int = 0
    """Exchanges in which Python asked."""
    answered: int = 0
    """Exchanges in which Java asked and this thread answered."""
    closed: bool = False
    """Whether the connection was closed while it was recorded."""


def java_threads(exchanges: Iterable[Exchange], join: Join) -> dict[int, Thread]:
    """For each connection the Java thread that served it, where the Java calls name just one."""
    serving: dict[int, set[Thread]] = {}
    for exchange in exchanges:
        _serves(serving, exchange, join)
    return _alone(serving)


def _serves(serving: dict[int, set[Thread]], exchange: Exchange, join: Join) -> None:
    """Add the Java thread that served an exchange, where one is named, to its connection's."""
    if calls := join.of(exchange):
        call = calls[0]
        serving.setdefault(exchange.connection, set()).add(Thread(call.thread, call.thread_name))


def _alone(serving: dict[int, set[Thread]]) -> dict[int, Thread]:
    return {connection: threads.pop() for connection, threads in serving.items() if len(threads) == 1}


def python_thread(exchange: Exchange) -> Thread:
    """The Python thread that asked or, for a callback, answered."""
    return Thread(exchange.thread_number, exchange.thread)


def thread_pairs(
    exchanges: Iterable[Exchange], closed: Collection[int] = (), join: Join = NOT_JOINED
) -> list[ThreadPair]:
    """The pairs of threads that spoke to each other, in the order of their first exchanges.

    ``closed`` holds the connections that were closed, and ``join`` the Java calls. No exchange is kept.
    """
    pairs: dict[tuple[Thread, int], ThreadPair] = {}
    first: dict[tuple[Thread, int], int] = {}
    serving: dict[int, set[Thread]] = {}
    for exchange in exchanges:
        _serves(serving, exchange, join)
        key = python_thread(exchange), exchange.connection
        pair = pairs.get(key)
        if pair is None:
            pair = pairs[key] = ThreadPair(*key, None, closed=exchange.connection in closed)
        first[key] = min(exchange.n, first.get(key, exchange.n))
        if exchange.channel == Channel.CALLBACK:
            pair.answered += 1
        else:
            pair.asked += 1
    java = _alone(serving)
    for pair in pairs.values():
        pair.java = java.get(pair.connection)
    return [pairs[key] for key in sorted(pairs, key=first.__getitem__)]
