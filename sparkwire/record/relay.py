"""A relay: stands between a client and its gateway, passes every byte on, and records it.

For a client that can't load the recorder: another language, an older or frozen Python, a program whose
environment can't be changed. The client is told the relay's port in place of the gateway's. Nothing is
decoded on the way, and nothing changed that wasn't asked for: the secret of a connection passes through like
everything else, and stands in the trace as stars (``redact``), as with the recorder in the process.

A relay sees two sockets and no program. So its trace has no call sites, no Python versions and no names of
threads; the connection stands in their place (``connection_name``). In PySpark that is a thread of its own.

What must hold:
- what a side sent arrives, in order and whole, or the other side learns that the connection broke;
- a side that doesn't read holds up the side that writes, not this process's memory: of each direction at most
  ``CHUNK`` bytes are held here, and nothing more is read until they have gone;
- one connection's end is no other's, and if recording fails, the relay goes on.

One thread serves all connections. Everything listens on loopback, and only loopback is connected to: the
gateway wire carries its secret in the clear.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import selectors
import socket
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from time import time_ns

from sparkwire.errors import RelayError
from sparkwire.plain import size
from sparkwire.record.pipe import Connection, Pipe, mask_of
from sparkwire.record.route import LOOPBACK, Door, Route, check
from sparkwire.record.tape import Tape, relay_header
from sparkwire.record.writer import fault
from sparkwire.trace.records import About, Channel, connection_name

NO_PROGRAM = (
    "Recorded by a relay, which sees the bytes between two processes and neither program. So "
    "there are no call sites and no Java calls."
)
"""What every trace of a relay says first."""
CHUNK = 64 * 1024
"""Bytes that are read at once, and that are held of one direction at most."""
GONE_AFTER = 5.0
"""Seconds for which the gateway must be gone, with no connection open, before the relay ends by itself."""

_LOOK_AGAIN = 1.0  # seconds between two looks at what no socket reports
_LOOK_SOON = (
    0.25  # the same while nobody listens at the gateway's port: a client may come as soon as one does
)
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends a reset instead of an end
_TELLING = b"\nresetCallbackClient\n"
_CALLED_BACK = re.compile(rb"\nresetCallbackClient\n(?:[^\n]*\n)?i(\d+)\n")
"""PySpark and Py4J tell Java Python's port for callbacks (pyspark/java_gateway.py 4.3.0,
``ensure_callback_server_started``)."""


class Relay:
    """A relay that listens from the moment it is made, and serves while ``run`` runs.

    ``routes`` begins with the gateway's. Use it as a context manager, or call ``close``. Raises
    ``RelayError`` when a port can't be listened on or a target isn't on loopback, and ``OSError`` when the
    trace can't be created.

    With ``redirect_callbacks`` the relay changes one number on the way: when Python tells Java its port for
    callbacks, Java gets a port of the relay's, which leads to Python's.
    """

    def __init__(
        self, trace: str | Path, routes: Sequence[Route], *, redirect_callbacks: bool = False
    ) -> None:
        self.path = Path(trace)
        self._redirects = redirect_callbacks
        for route in routes:
            check(route)
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._doors: list[Door] = []
        self._doors_by_listener: dict[socket.socket, Door] = {}
        """Those that are open."""
        self._connections: set[Connection] = set()
        self._resting = 0.0
        """Until when (monotonic) no connection is taken, because there was no room for another."""
        self._watched = False
        """Whether it is known when nobody listens on the gateway's port."""
        self._reached = False
        self._untaken = 0
        """Bytes that Java sent when Python had closed the connection."""
        self._end: str | None = None
        self._woken.setblocking(False)
        try:
            for route in routes:
                self._doors.append(Door(route))
            self._tape = Tape(self.path, relay_header())
        except BaseException:
            self._close_sockets()
            raise
        self._tape.note(About.JAVA, NO_PROGRAM)
        self._selector.register(self._woken, _READ)
        for door in self._doors:
            self._open(door)

    @property
    def ports(self) -> list[int]:
        """The ports that are listened on, in the order of the routes."""
        return [door.port for door in self._doors]

    @property
    def failure(self) -> str | None:
        """Why recording stopped early, in one line; None while all is well."""
        return self._tape.writer.failure

    def stop(self, why: str = "it was told to") -> None:
        """Make ``run`` return. It may be called from another thread and from a signal's handler."""
        self._end = self._end or why
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def run(self, listens: Callable[[], bool] | None = None) -> str:
        """Serve until told to stop, or until both sides are gone; returns why it ended.

        ``listens`` says whether somebody listens on the gateway's port; it is asked while no connection is
        open. While nobody does, the relay doesn't listen either, so a client sees what it would see at the
        gateway's port: it is refused. Both sides are gone when there was a gateway, and for ``GONE_AFTER``
        seconds none has listened and no connection was open. Without ``listens`` it runs until told to stop.
        """
        present, look = time.monotonic(), 0.0
        self._watched = listens is not None
        door = self._doors[0]
        if listens is not None and not listens():
            self._shut(door)
        while self._end is None:
            idle = listens is not None and not self._connections
            patience = _LOOK_AGAIN if idle or self._resting else None
            events = self._selector.select(_LOOK_SOON if door.listener is None else patience)
            for key, mask in events:
                if key.fileobj is self._woken:
                    continue
                if key.data is None:
                    if key.fileobj in self._doors_by_listener:  # not shut by an earlier event of the round
                        self._accept(key.fileobj)
                else:
                    self._serve(key.data, key.fileobj, mask)  # type: ignore[arg-type]
            now = time.monotonic()
            if self._resting and now > self._resting:
                self._rest(0.0)
            if listens is None or self._connections or (events and door.listener is not None):
                present = now
            if listens is None:
                continue
            if door.listener is None:
                if now >= look:
                    look = now + _LOOK_SOON
                    if listens():
                        present, self._reached = now, True
                        self._open(door)
            elif not (self._connections or events):
                if listens():
                    present, self._reached = now, True
                else:
                    self._shut(door)
            if self._reached and now - present > GONE_AFTER:
                self._end = "the gateway is gone, and no connection is open"
        return self._end

    def close(self) -> None:
        """End all connections, and close the trace. Closing twice is harmless."""
        left = len(self._connections)
        for connection in list(self._connections):
            self._drop(connection)
        if self._doors:
            if self._untaken:
                self._tape.note(
                    About.RELAY,
                    f"Java sent {size(self._untaken)} on connections that Python had closed. "
                    "No process received these bytes, and they are not in this trace.",
                )
            cut = f", with {left} of its connections still open" if left else ""
            self._tape.note(About.PROGRAM, f"The relay ended: {self._end or 'it was closed'}{cut}.")
        self._close_sockets()
        self._tape.writer.close()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- connections come ---------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        route = self._doors_by_listener[listener].route
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it is gone already
        except OSError as error:
            self._no_room(error)
            return
        try:
            target = socket.socket(socket.AF_INET6 if ":" in route.host else socket.AF_INET)
        except OSError as error:
            client.close()
            self._no_room(error)
            return
        for sock in (client, target):
            sock.setblocking(False)
            # A request and its reply are small; waiting for more to send would cost 40 ms each.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ports = (address[1], route.port) if route.channel == Channel.GATEWAY else (route.port, address[1])
        taped = self._tape.opened(route.channel, ports[0], ports[1], address[0])
        self._tape.thread(taped.number, connection_name(taped.number))
        connection = Connection(taped, route, client, target)
        self._connections.add(connection)
        problem = target.connect_ex((route.host, route.port))
        if problem in (0, errno.EINPROGRESS):
            self._wait(connection)
        else:
            self._refused(connection, problem)

    def _no_room(self, error: OSError) -> None:
        """No descriptor is left for another connection: wait a moment, without spinning."""
        if not self._resting:
            self._tape.note(About.RELAY, f"A connection could not be accepted: {error.strerror or error}.")
        self._rest(time.monotonic() + _LOOK_AGAIN)

    def _rest(self, until: float) -> None:
        for listener in self._doors_by_listener:
            with contextlib.suppress(KeyError):
                self._selector.unregister(listener)
            if not until:
                self._selector.register(listener, _READ)
        self._resting = until

    def _open(self, door: Door) -> None:
        """Listen at ``door``, if nobody does yet."""
        if door.listener is None or door.listener not in self._doors_by_listener:
            try:
                listener = door.open()
            except RelayError:
                return  # another process listens there meanwhile; the next look may find it gone
            self._doors_by_listener[listener] = door
            if not self._resting:
                self._selector.register(listener, _READ)

    def _shut(self, door: Door) -> None:
        """Listen at ``door`` no more."""
        if (listener := door.listener) is not None:
            self._doors_by_listener.pop(listener, None)
            with contextlib.suppress(KeyError):
                self._selector.unregister(listener)
            door.shut()

    def _refused(self, connection: Connection, problem: int) -> None:
        other = connection.side(connection.target)
        self._tape.note(
            About.RELAY,
            f"Connection {connection.number} was accepted, but {other}'s port {connection.route.to} could "
            f"not be reached: {os.strerror(problem)}. The client saw the connection reset.",
        )
        self._drop(connection, connection.client)
        if self._watched and problem == errno.ECONNREFUSED and connection.route == self._doors[0].route:
            self._shut(self._doors[0])  # whoever comes next is refused, until somebody listens there again

    # --- bytes pass -----------------------------------------------------------------------------------

    def _serve(self, connection: Connection, sock: socket.socket, mask: int) -> None:
        if connection not in self._connections:
            return  # it ended with an earlier event of the same round
        try:
            if connection.connecting:
                if problem := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    self._refused(connection, problem)
                    return
                connection.connecting = False
                self._reached = True
            else:
                there, back = connection.pipes
                out, into = (back, there) if sock is connection.client else (there, back)
                if mask & _WRITE:
                    self._send(out, out.pending)
                if mask & _READ and not (into.ended or into.done or into.pending):
                    self._receive(connection, into)
                    if not (into.ended or into.pending or into.done or mask & _WRITE):
                        return  # nearly always: all that came has gone
            self._settle(connection)
        except Exception as error:
            self._tape.note(About.RELAY, f"Connection {connection.number} was ended: {fault(error)}.")
            self._drop(connection, connection.client, connection.target)

    def _receive(self, connection: Connection, pipe: Pipe) -> None:
        there, back = connection.pipes
        other_ended = (back if pipe is there else there).ended
        try:
            data = pipe.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            pipe.ended = True
            if connection.reset is None:
                connection.reset = pipe
                said = "reset" if isinstance(error, ConnectionResetError) else f"lost ({error.strerror})"
                if not other_ended:
                    side = connection.side(pipe.source)
                    self._tape.note(About.RELAY, f"Connection {connection.number} was {said} by {side}.")
            return
        now = time_ns()
        if not data:
            pipe.ended = True
            if pipe.source is connection.target and not other_ended:
                side = connection.side(pipe.source)
                self._tape.note(About.RELAY, f"{side} ended connection {connection.number} first.")
            return
        telling = not pipe.to_python and connection.route.channel == Channel.GATEWAY and _TELLING in data
        self._send(pipe, self._tells_port(data) if telling else data)
        if pipe.to_python and other_ended and pipe.sink.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            pipe.pending, pipe.done = b"", True
        if pipe.to_python and pipe.done:
            # Python had closed before this came. A recorder in its process would not have seen it either.
            self._untaken += len(data)
            return
        # Only now: the other side is at work already, and recording takes place meanwhile.
        self._tape.chunk(connection.taped, pipe.to_python, now, connection.number, data)

    def _send(self, pipe: Pipe, data: bytes) -> None:
        """Send what goes at once; the rest waits in ``pending``."""
        if pipe.done:
            return
        try:
            pipe.pending = data[pipe.sink.send(data) :]
        except BlockingIOError:
            pipe.pending = data
        except OSError:
            # Nobody reads there any more. What that side said before may still be read from it.
            pipe.pending, pipe.done = b"", True

    def _settle(self, connection: Connection) -> None:
        """Pass on what ended, and wait for what can happen next."""
        for pipe in connection.pipes:
            if pipe.ended and not pipe.pending and not pipe.done:
                pipe.done = True
                if connection.reset is not pipe:
                    with contextlib.suppress(OSError):
                        pipe.sink.shutdown(socket.SHUT_WR)
        if connection.reset is not None and connection.reset.done:
            self._drop(connection, connection.reset.sink)
        elif all(pipe.done for pipe in connection.pipes):
            self._drop(connection)
        else:
            self._wait(connection)

    def _wait(self, connection: Connection) -> None:
        there, back = connection.pipes
        if connection.connecting:
            wanted = {connection.client: 0, connection.target: _WRITE}
        else:
            wanted = {
                connection.client: mask_of(there, back),
                connection.target: mask_of(back, there),
            }
        for sock, mask in wanted.items():
            if mask == connection.masks[sock]:
                continue
            if not mask:
                self._selector.unregister(sock)
            elif not connection.masks[sock]:
                self._selector.register(sock, mask, connection)
            else:
                self._selector.modify(sock, mask, connection)
            connection.masks[sock] = mask

    def _tells_port(self, data: bytes) -> bytes:
        """Python tells Java where to call it back: what Java is to be told."""
        found = _CALLED_BACK.search(data)
        port = int(found[1]) if found else 0
        if found is None or port in self.ports:
            return data
        told = f"Python told Java to call it back on port {port}."
        if not self._redirects:
            self._tape.note(
                About.RELAY,
                f"{told} Callbacks on connections that Java opens to that port bypass the relay, and are not "
                "in this trace. Callbacks on a connection that Python opened are.",
            )
            return data
        try:
            own = self._redirect(port)
        except RelayError as error:
            self._tape.note(About.RELAY, f"{told} The relay could not listen in its place: {error}")
            return data
        self._tape.note(
            About.RELAY, f"{told} The relay told Java its own port {own} instead, and passes callbacks on."
        )
        return data[: found.start(1)] + b"%d" % own + data[found.end(1) :]

    def _redirect(self, port: int) -> int:
        """A port of the relay's that leads to Python's ``port``. Raises ``RelayError``."""
        route = Route(0, LOOPBACK, port, Channel.CALLBACK)
        for existing in self._doors:
            if existing.route == route:
                return existing.port
        door = Door(route)
        self._doors.append(door)
        self._open(door)
        return door.port

    # --- connections go -------------------------------------------------------------------------------

    def _drop(self, connection: Connection, *reset: socket.socket) -> None:
        """Close both sockets, those in ``reset`` with a reset, so that their side sees a failure."""
        self._connections.discard(connection)
        for sock, mask in connection.masks.items():
            if mask:
                self._selector.unregister(sock)
            with contextlib.suppress(OSError):
                if sock in reset:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                sock.close()
        self._tape.closed(connection.taped, connection.number)

    def _close_sockets(self) -> None:
        for door in self._doors:
            door.close()
        for sock in (self._wake, self._woken):
            sock.close()
        self._doors.clear()
        self._doors_by_listener.clear()
        self._selector.close()
