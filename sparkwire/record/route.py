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
            f"the relay can't both listen on port {route.port} and connect to it: leave the first port out, "
            "and the relay takes a free one."
        )


def is_loopback(host: str) -> bool:
    """Whether ``host``, a numeric address, is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Door:
    """A port of the relay's. While it's shut, the port is kept and the system refuses who connects.

    Raises ``RelayError`` when the port can't be had.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self._keeper = _bound(route.listen)
        """Bound and never listening: it keeps the port while nobody listens on it (SO_REUSEADDR, Linux)."""
        self.port: int = self._keeper.getsockname()[1]
        self.listener: socket.socket | None = None
        """The listening socket; None while the door is shut."""
        try:
            self.open()
        except RelayError:
            self._keeper.close()
            raise

    def open(self) -> socket.socket:
        """Listen, if nobody does yet."""
        if self.listener is None:
            listener = _bound(self.port)
            try:
                listener.listen(_BACKLOG)
            except OSError as error:
                listener.close()
                raise _no_port(self.port, error) from None
            listener.setblocking(False)
            self.listener = listener
        return self.listener

    def shut(self) -> None:
        """Listen no more, and keep the port."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def close(self) -> None:
        """Give the port back."""
        self.shut()
        self._keeper.close()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not held up by connections past
        made.bind((LOOPBACK, port))
    except OSError as error:
        made.close()
        raise _no_port(port, error) from None
    return made


def _no_port(port: int, error: OSError) -> RelayError:
    return RelayError(
        f"the relay can't listen on port {port} of {LOOPBACK}: {os.strerror(error.errno or 0)}. "
        "Choose another port, or leave the port out, and the relay takes a free one."
    )
