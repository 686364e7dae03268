"""Where a relay listens, and where it connects to: loopback on both sides."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass

from sparkwire.errors import RelayError
from sparkwire.trace.records import Channel

LOOPBACK = "127.0.0.1"
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Route:
    """Where to listen, and where to connect to for each connection that comes.

    On a ``gateway`` route Python connects, on a ``callback`` route Java does.
    """

    listen: int
    """The port on loopback; 0 takes a free one."""
    host: str
    port: int
    channel: Channel = Channel.GATEWAY

    @property
    def to(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def check(route: Route) -> None:
    if not is_loopback(route.host):
        raise RelayError(
            f"{route.to} is not on this machine's loopback. A gateway's wire is not encrypted and carries "
            "its secret, so the relay connects to 127.0.0.1 and ::1 only: run it on the gateway's machine, "
            "or bring the port here through a tunnel (ssh -L)."
        )
    if route.listen == route.port:
        raise RelayError(
            f"port {route.port} can't be both listened on and connected to: leave the first one out, "
            "and a free port is taken."
        )


def is_loopback(host: str) -> bool:
    """Whether ``host``, a numeric address, is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(route: Route) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not held up by connections past
        listener.bind((LOOPBACK, route.listen))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise RelayError(
            f"port {route.listen} of {LOOPBACK} can't be listened on: {os.strerror(error.errno or 0)}. "
            "Choose another port, or leave it out: then a free one is taken."
        ) from None
    return listener
