"""A relayed connection: two sockets, and what is under way between them."""

from __future__ import annotations

import selectors
import socket

from sparkwire.record.route import Route
from sparkwire.record.tape import Taped
from sparkwire.trace.records import Channel

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Pipe:
    """One direction of one connection."""

    __slots__ = ("done", "ended", "pending", "sink", "source", "to_python")

    def __init__(self, source: socket.socket, sink: socket.socket, to_python: bool) -> None:
        self.source, self.sink, self.to_python = source, sink, to_python
        self.pending = b""
        """What was read and has not gone yet."""
        self.ended = False
        """No more will be read."""
        self.done = False
        """No more will be sent: the end was passed on, or nobody is there to take it."""


class Connection:
    """A client's socket, the socket to its target, and the two directions between them."""

    def __init__(self, taped: Taped, route: Route, client: socket.socket, target: socket.socket) -> None:
        self.taped = taped
        self.number = taped.number
        self.route = route
        self.client, self.target = client, target
        java_asks = route.channel == Channel.CALLBACK
        self.pipes = (Pipe(client, target, java_asks), Pipe(target, client, not java_asks))
        self.connecting = True
        self.reset: Pipe | None = None
        """The direction whose source reset the connection: what it sent before is still to be passed on."""
        self.masks = {client: 0, target: 0}
        """Which events the loop waits for on each socket; 0 when it isn't registered."""

    def side(self, sock: socket.socket) -> str:
        """``Python`` or ``Java``: who is at the other end of a socket."""
        return "Python" if (sock is self.client) == (self.route.channel == Channel.GATEWAY) else "Java"


def mask_of(source: Pipe, sink: Pipe) -> int:
    """What to wait for on a socket that is the source of one direction and the sink of the other."""
    # One piece at a time: while it hasn't gone, no more is read, and the kernel holds up the sender.
    reads = _READ if not (source.ended or source.done or source.pending) else 0
    return reads | (_WRITE if sink.pending else 0)
