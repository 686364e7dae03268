"""Asks the operating system for a process map: a tree of processes, and the sockets between them.

``look`` takes one moment's picture of a process and all that it started, as far as this user may see it.
The system can't tell what the ports are for: that comes from a recording
(``guide.processes.model.known_ports``), and from PySpark in this process (``own_ports``).

Command lines can hold passwords, so what is kept of one is a list of what is known to be harmless. The
environment is never read. TCP only: Unix sockets have no ports.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath

import psutil

from guide.processes.model import (
    ACCUMULATOR,
    CALLBACK,
    GATEWAY,
    Connected,
    Listening,
    MappedProcess,
    ProcessMap,
)

_SAFE_VALUE = re.compile(r"(local(\[[\w*,]+\])?|yarn|(spark|k8s)://[\w.:/-]+|client|cluster|[\w.$]+)\Z")
_SHOWN_VALUES = frozenset({"--master", "--deploy-mode", "--class"})
"""Options of ``spark-submit`` whose values are shown, when they look as they should."""
_KEY = re.compile(r"[A-Za-z][\w.-]*\Z")
_JAVA_VALUES = frozenset({"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules"})
_MORE = "…"


def look(
    root: int | None = None,
    ports: Mapping[int, str] | None = None,
    without: Collection[int] = (),
    also: Collection[int] = (),
    inside: Callable[[psutil.Process], AbstractContextManager[object]] = nullcontext,
) -> ProcessMap:
    """The map of the process ``root`` (this one when None) and everything below it, as it is now.

    ``ports`` says what ports are for. Processes in ``without`` are left out with all below them, and so is
    what ends meanwhile or belongs to another user. ``also`` names processes that are in the map with all
    below them, wherever they stand: a cluster's, which have a parent of no interest. ``inside`` is entered
    while a process's sockets are looked up, where a process has a network of its own.
    Raises ``psutil.NoSuchProcess`` when one of the named processes isn't there.
    """
    processes: list[MappedProcess] = []
    sockets: list[tuple[int, list[psutil._common.pconn]]] = []
    tops = [psutil.Process(pid) for pid in (root, *also)]
    for process in [one for top in tops for one in _family(top, {*without, *also})]:
        try:
            with process.oneshot():
                command = process.cmdline()
                found = MappedProcess(
                    process.pid, process.ppid(), _program(process, command), short_command(command)
                )
            with inside(process):
                own = process.net_connections("tcp")
        except psutil.Error:
            continue
        processes.append(found)
        sockets.append((process.pid, own))
    listening = _listening(sockets)
    known = dict(ports or {})
    return ProcessMap(tuple(processes), listening, _connections(sockets, listening, known), known)


def own_ports() -> dict[int, str]:
    """What PySpark in this process knows of its ports: gateway, callbacks, accumulators, the driver's own.

    Empty when there is no active SparkContext. It asks the JVM for two settings.
    """
    pyspark = sys.modules.get("pyspark")
    context = getattr(getattr(pyspark, "SparkContext", None), "_active_spark_context", None)
    if context is None:
        return {}
    gateway = context._gateway
    parameters = getattr(gateway, "java_parameters", None) or gateway.gateway_parameters
    ports = {int(parameters.port): GATEWAY}
    # Plain attributes only: asking a gateway for a name that it hasn't means asking Java.
    callbacks = vars(gateway).get("_callback_server")
    if callbacks is not None:
        ports[int(callbacks.port)] = CALLBACK
    address = getattr(getattr(context, "_accumulatorServer", None), "server_address", None)
    if isinstance(address, tuple):
        ports[int(address[1])] = ACCUMULATOR
    driver = context.getConf().get("spark.driver.port")
    if driver and driver.isdigit():
        ports[int(driver)] = "Spark's own messages"
    page = re.search(r":(\d+)", context.uiWebUrl or "")
    if page:
        ports[int(page[1])] = "web page of the application"
    return ports


def short_command(command: Iterable[str]) -> str:
    """A command line in a few words, without anything that could be secret.

    Kept are the program, the class, module or script that it runs, the names of Spark's options and of
    settings, and the values of a few options. Everything else becomes ``…``.
    """
    words = list(command)
    if not words:
        return ""
    program = _name(words[0])
    if program == "java":
        kept = _java(words[1:])
    elif program.startswith(("python", "pypy")):
        kept = _python(words[1:])
    elif program in ("bash", "sh", "dash"):
        # A shell that runs a script; what follows -c is a program by itself.
        kept = _script(words[1:]) if len(words) > 1 and not words[1].startswith("-") else _rest(words[1:])
    else:
        kept = _rest(words[1:])
    return " ".join([program, *kept])


def _java(words: list[str]) -> list[str]:
    rest = iter(words)
    for word in rest:
        if word in _JAVA_VALUES:
            next(rest, None)
        elif not word.startswith("-"):
            # The main class, without its package.
            return [_MORE, word.rpartition(".")[2] if _KEY.match(word) else _MORE, *_spark(list(rest))]
    return _rest(words)


def _spark(words: list[str]) -> list[str]:
    """What follows ``SparkSubmit``: options, then the script, then the script's own arguments."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            return [*kept, *_script([word, *rest])]
        name, equals, value = word.partition("=")
        if not _KEY.match(name.lstrip("-")):
            return [*kept, _MORE]
        if not equals:
            value = next(rest, "")
        if name == "--conf":
            key, equals, _ = value.partition("=")
            kept.append(f"--conf {key}={_MORE}" if equals and _KEY.match(key) else f"--conf {_MORE}")
        else:
            shown = name in _SHOWN_VALUES and _SAFE_VALUE.match(value)
            kept.append(f"{name} {value if shown else _MORE}")
    return kept


def _python(words: list[str]) -> list[str]:
    for i, word in enumerate(words):
        if word == "-m" and len(words) > i + 1:
            return ["-m", words[i + 1], *_rest(words[i + 2 :])]
        if word == "-c":
            return ["-c", _MORE]
        if not word.startswith("-"):
            return _script(words[i:])
    return _rest(words)


def _script(words: list[str]) -> list[str]:
    return [_name(words[0]), *_rest(words[1:])] if words else []


def _rest(words: list[str]) -> list[str]:
    return [_MORE] if words else []


def _name(path: str) -> str:
    return PurePath(path).name


def _program(process: psutil.Process, command: list[str]) -> str:
    return _name(command[0]) if command else str(process.name())


def _family(top: psutil.Process, without: Collection[int]) -> list[psutil.Process]:
    """The process and everything below it, parents first, and older children first."""
    found = [top]
    try:
        children = sorted(top.children(), key=lambda child: (child.create_time(), child.pid))
    except psutil.Error:
        return found
    for child in children:
        if child.pid not in without:
            found += _family(child, without)
    return found


def _listening(sockets: list[tuple[int, list[psutil._common.pconn]]]) -> tuple[Listening, ...]:
    """A socket that was inherited by a fork is its parent's, which comes first."""
    found: dict[tuple[str, int], Listening] = {}
    for pid, own in sockets:
        for one in own:
            if one.status == psutil.CONN_LISTEN:
                address = _plain(one.laddr.ip)
                found.setdefault((address, one.laddr.port), Listening(pid, address, one.laddr.port))
    return tuple(found.values())


def _connections(
    sockets: list[tuple[int, list[psutil._common.pconn]]],
    listening: tuple[Listening, ...],
    ports: Mapping[int, str],
) -> tuple[Connected, ...]:
    """Both ends of a connection are in the map, each with the addresses the other way round."""
    ends: dict[tuple[str, int, str, int], int] = {}
    for pid, own in sockets:
        for one in own:
            if one.raddr and one.status == psutil.CONN_ESTABLISHED:
                here, there = (_plain(one.laddr.ip), one.laddr.port), (_plain(one.raddr.ip), one.raddr.port)
                ends.setdefault((*here, *there), pid)
    listened = {one.port for one in listening}
    found = []
    for (address, port, other, other_port), server in ends.items():
        client = ends.get((other, other_port, address, port))
        # A server may take one connection and stop listening: a result socket's does.
        mine, others = ((p in ports, p in listened) for p in (port, other_port))
        unsure = mine == others
        if client is None or client == server:  # a kernel is connected with itself, too
            continue
        if mine > others or (unsure and port < other_port):
            found.append(Connected(client, other_port, server, port, address, sure=not unsure))
    order = {pid: i for i, (pid, _) in enumerate(sockets)}
    return tuple(sorted(found, key=lambda c: (order[c.client], order[c.server], c.port, c.client_port)))


def _plain(address: str) -> str:
    """Java listens on sockets that take IPv6 too, and writes an IPv4 address as one of IPv6."""
    return address.removeprefix("::ffff:")
