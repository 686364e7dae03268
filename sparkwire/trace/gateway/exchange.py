"""An exchange: a request on the gateway wire with its reply. And what most of a long trace is, before anybody
looks at it: the few numbers in which an exchange differs from others like it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from sparkwire.trace.records import CallSite, Channel
from sparkwire.trace.turn import Turn
from sparkwire.wire.gateway.shapes import Shape
from sparkwire.wire.message import Malformed, Message

_new: Callable[[type, tuple[object, ...]], Any] = tuple.__new__  # half the time of calling the class
MAX_ALIKE = 5_000
"""So many ``Alike`` are remembered; then all are forgotten, and those that are still met are learnt anew."""


class _Exchange(NamedTuple):
    """What an exchange holds. A named tuple, because a long trace makes millions."""

    n: int
    connection: int
    start_ns: int
    channel: Channel
    """``gateway`` when Python asked, ``callback`` when Java did."""
    request: Message | Malformed
    reply: Message | Malformed | None = None
    """None when no reply was seen: the command has none, or the program ended first."""
    thread: str = ""
    thread_number: int = 0
    duration_ns: int | None = None
    site: CallSite | None = None
    parent: int | None = None
    """``n`` of the exchange during which this one ran on the same connection (a nested callback)."""
    stream_bytes: int = 0
    """How many raw bytes followed the reply (stream command only)."""
    unsent: str = ""
    """Why the request did not leave, or only in part: Java can't have run it. Empty for all others."""


class Exchange(_Exchange, Turn):
    """A request on the gateway wire with its reply.

    ``thread`` is the Python thread that sent the request or, for a callback, answered it. ``duration_ns`` is
    the time from the request to the reply.
    """

    __slots__ = ()
    wire: ClassVar[str] = "gateway"

    @property
    def command(self) -> str:
        """The word of the request's command, such as ``call``."""
        return self.request.command

    @property
    def messages(self) -> tuple[Message | Malformed, ...]:
        return (self.request,) if self.reply is None else (self.request, self.reply)

    @property
    def failed(self) -> bool:
        return bool(self.unsent) or (self.reply is not None and self.reply.command != "success")


class Alike:
    """What exchanges have in common that differ in their times, and in digits of their messages, only."""

    __slots__ = ("channel", "connection", "failed", "reply", "request", "site", "thread", "thread_number")

    def __init__(
        self,
        connection: int,
        channel: Channel,
        request: Shape,
        reply: Shape,
        thread: tuple[int, str],
        site: CallSite | None,
    ) -> None:
        self.connection = connection
        self.channel = channel
        self.request = request
        self.reply = reply
        self.thread_number, self.thread = thread
        self.site = site
        self.failed = reply.command != "success"


class Simple(NamedTuple):
    """An exchange that is like others. Who only counts it needn't make it whole."""

    n: int
    alike: Alike
    start_ns: int
    duration_ns: int
    request: bytes
    reply: bytes
    request_at: int
    """Where the request begins in its stream; so for the reply."""
    reply_at: int

    def whole(self) -> Exchange:
        n, alike, start_ns, duration_ns, request, reply, request_at, reply_at = self
        exchange: Exchange = _new(
            Exchange,
            (
                n, alike.connection, start_ns, alike.channel,
                alike.request.message(request, request_at), alike.reply.message(reply, reply_at),
                alike.thread, alike.thread_number, duration_ns, alike.site, None, 0, "",
            ),
        )  # fmt: skip
        return exchange


Paired = Exchange | Simple
"""What comes of pairing requests with their replies."""


def whole(exchange: Paired) -> Exchange:
    """An exchange of which more is asked than its numbers."""
    return exchange.whole() if isinstance(exchange, Simple) else exchange
