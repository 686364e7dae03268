"""``sparkwire relay``: passes a client's conversation with its gateway on, and records it."""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from sparkwire.commands.recording import cannot_write, check_trace
from sparkwire.commands.summary import short, summary
from sparkwire.errors import CannotRun, TraceError
from sparkwire.jvm.program import JavaSide
from sparkwire.launch.alive import listens, lives
from sparkwire.record.relay import Relay
from sparkwire.record.route import LOOPBACK, Route
from sparkwire.trace.records import Channel

_TARGET = re.compile(r"(?:(?P<host>[\w.-]+|\[[\da-fA-F:.]+\]):)?(?P<port>\d+)")
_NOT_STARTED = "The relay was not started"


def main(options: argparse.Namespace) -> int:
    """Relay until it is told to stop, or both sides are gone. Returns the exit code, 0.

    Raises ``CannotRun`` or ``RelayError`` when it can't start.
    """
    routes = [_gateway(options.to, options.listen), *map(_callback, options.callback)]
    trace = Path(os.path.abspath(options.trace))
    check_trace(trace, _NOT_STARTED)
    try:
        relay = Relay(trace, routes, redirect_callbacks=options.redirect_callbacks)
    except OSError as error:
        raise cannot_write(trace, error, _NOT_STARTED) from None
    with relay, _stopped_by_signals(relay):
        gateway = _Listener(routes[0].port)
        _introduce(relay, routes, gateway())
        why = relay.run(gateway)
    print(f"sparkwire: the relay ended: {why}", file=sys.stderr)
    try:
        said = summary(trace, JavaSide("not asked for"), asked=False)
    except (OSError, TraceError) as error:
        said = [f"the trace {trace} can't be read: {error}"]
    for line in said:
        print(f"sparkwire: {line}", file=sys.stderr)
    return 0


def _gateway(to: str, listen: int) -> Route:
    host, port = _target(to, "--to")
    return Route(_port(str(listen), "--listen") if listen else 0, host, port)


def _callback(given: str) -> Route:
    """``LISTEN:TO``, both ports on loopback."""
    first, colon, second = given.partition(":")
    if not colon:
        raise CannotRun(f"--callback {given}: give two ports, LISTEN:TO. {_NOT_STARTED}.")
    return Route(_port(first, "--callback"), LOOPBACK, _port(second, "--callback"), Channel.CALLBACK)


def _target(given: str, option: str) -> tuple[str, int]:
    """The numeric address and the port. A name is looked up, because it may be this machine's."""
    found = _TARGET.fullmatch(given)
    if found is None:
        raise CannotRun(f"{option} {given}: give the gateway's port, or HOST:PORT. {_NOT_STARTED}.")
    host = (found["host"] or LOOPBACK).strip("[]")
    port = _port(found["port"], option)
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotRun(f"{option} {given}: there is no host {host} ({error}). {_NOT_STARTED}.") from None
    # Java listens on 127.0.0.1 for "localhost" unless it is told otherwise.
    addresses.sort(key=lambda one: one[0] != socket.AF_INET)
    return str(addresses[0][4][0]), port


def _port(given: str, option: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotRun(f"{option}: {given!r} is not a port; ports are 1 to 65535. {_NOT_STARTED}.")
    return int(given)


def _introduce(relay: Relay, routes: list[Route], reachable: bool) -> None:
    """Say where it listens, and whether the gateway is ``reachable``.

    Standard output has what a script needs to know, on one line.
    """
    gateway, *callbacks = zip(relay.ports, routes, strict=True)
    print(f"PYSPARK_GATEWAY_PORT={gateway[0]}", flush=True)
    said = [
        f"relaying {LOOPBACK}:{gateway[0]} to {gateway[1].to}, recording into {short(relay.path)}",
        f"for PySpark, set PYSPARK_GATEWAY_PORT={gateway[0]}, and PYSPARK_GATEWAY_SECRET to the gateway's "
        "own secret; any other client: connect to this port, with the same secret",
    ]
    said += [f"callbacks from {LOOPBACK}:{port} go to {route.to}" for port, route in callbacks]
    if not reachable:
        said.append(f"nothing is listening on {gateway[1].to} yet; until then, connections are refused")
    said.append("Ctrl-C ends it")
    for line in said:
        print(f"sparkwire: {line}", file=sys.stderr, flush=True)


class _Listener:
    """Who listens on a port. Calling it says whether somebody does, as far as the system tells.

    The system is asked, instead of connecting, so that the gateway doesn't get connections which nobody
    wants. Asking takes some milliseconds, so a process that was found is believed to listen while it lives.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._process: psutil.Process | None = None

    def __call__(self) -> bool:
        if self._process is not None and lives(self._process):
            return True
        self._process = None
        try:
            for one in psutil.net_connections("tcp"):
                if listens(one, [self._port]):
                    self._process = psutil.Process(one.pid) if one.pid else None
                    return True
        except psutil.NoSuchProcess:
            return False  # it ended just now
        except psutil.Error:
            return True  # this system doesn't say: then the relay ends only when it is told to
        return False


@contextmanager
def _stopped_by_signals(relay: Relay) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP stop the relay, as long as the block lasts."""

    def handler(number: int) -> Callable[[int, object], None]:
        return lambda *_: relay.stop(f"it received {signal.Signals(number).name}")

    before = {one: signal.signal(one, handler(one)) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
