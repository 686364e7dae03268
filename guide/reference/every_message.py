"""Makes a real gateway say everything that the gateway wire's code table lists, and records it.

The reference page shows what this records, and a test asks that nothing of the table is missing. Where
Py4J's own Python client sends a message, it is used to send it. What no client sends is sent over a bare
socket (``_by_hand``). What Java sends to Python, callbacks and the end of a Python object, Java is made to
send.

It knows nothing of the table: what is missing is found by comparing.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from guide.gateways import PlainGateway, shut_down
from guide.gateways.jvm import LOOPBACK
from sparkwire import Recorder, wait_for_releases

_PATIENCE = 20.0
"""Seconds until Java must have told that it dropped a Python object."""


def every_message(path: str | os.PathLike[str]) -> Path:
    """Record one conversation that holds every message of the gateway wire; returns the trace's path.

    It takes about three seconds. Nothing listens or runs any more when it returns. Raises what
    ``Recorder`` and ``PlainGateway`` raise, and ``RuntimeError`` when Java does not do what it should.
    """
    trace = Path(path)
    with (
        Recorder(trace, program="every message of the gateway wire") as recorder,
        PlainGateway() as started,
    ):
        _values(started)
        _names(started)
        _arrays(started)
        _lists(started)
        _asking_about(started)
        _failing(started)
        _stream(started)
        _callbacks(started)
        _by_hand(started, recorder)
        _letting_go(started)
    return trace


class _Ordered:
    """A ``java.util.Comparator`` in Python: Java calls ``compare`` with two elements."""

    def compare(self, one: Any, other: Any) -> int:
        return int(one > other) - int(one < other)

    def equals(self, other: Any) -> bool:
        return other is self

    class Java:
        implements = ("java.util.Comparator",)


class _Supplier:
    """A ``java.util.function.Supplier`` in Python: it gives Java whatever it was made with."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self) -> Any:
        return self._value

    class Java:
        implements = ("java.util.function.Supplier",)


class _Failing:
    """A ``java.util.function.Supplier`` that fails with an exception of Java's."""

    def __init__(self, jvm: Any) -> None:
        self._jvm = jvm

    def get(self) -> Any:
        return self._jvm.java.lang.Integer.parseInt("no number")

    class Java:
        implements = ("java.util.function.Supplier",)


class _Task:
    """A ``java.lang.Runnable`` in Python, for a thread of Java's."""

    def run(self) -> None:
        pass

    class Java:
        implements = ("java.lang.Runnable",)


def _values(started: PlainGateway) -> None:
    """Every kind of value there and back: a list of Java's takes each of them as it is."""
    jvm = started.client.jvm
    kept = jvm.java.util.ArrayList()
    sent = (None, "two\nlines", 7, 1 << 40, True, 1.5, Decimal("2.50"), b"\x00\xff", jvm.java.lang.Object())
    for value in sent:
        kept.add(value)
    for place in range(len(sent)):
        kept.get(place)
    kept.ensureCapacity(20)
    kept.iterator()
    jvm.java.util.HashSet()
    jvm.java.util.HashMap()


def _names(started: PlainGateway) -> None:
    """What names mean, and views of the JVM."""
    from py4j.java_gateway import get_field, java_import, set_field
    from py4j.protocol import Py4JError

    client = started.client
    client.new_jvm_view("mine")
    java_import(client.jvm, "java.util.concurrent.*")
    _ = client.jvm.java.lang.Math.PI
    _ = client.jvm.java.lang.Thread.State
    _ = client.jvm.java.lang.String._java_lang_class
    with contextlib.suppress(Py4JError):
        _ = client.jvm.java.lang.Math.nothing
    reader = client.jvm.java.io.StringReader("3 words here")
    words = client.jvm.java.io.StreamTokenizer(reader)
    set_field(words, "nval", 2.5)
    get_field(words, "nval")
    with contextlib.suppress(Py4JError):
        get_field(words, "nothing")


def _arrays(started: PlainGateway) -> None:
    array = started.client.new_array(started.client.jvm.int, 3)
    array[0] = 7
    _ = array[0], array[0:2], len(array)


def _lists(started: PlainGateway) -> None:
    numbers = started.client.jvm.java.util.ArrayList()
    for number in (3, 1, 2):
        numbers.append(number)
    numbers.sort()
    numbers.reverse()
    _ = numbers[0:2], numbers + numbers, numbers * 2, numbers.count(3)
    numbers *= 2


def _asking_about(started: PlainGateway) -> None:
    """Help pages, and the names behind Python's ``dir``."""
    words = started.client.jvm.java.lang.String
    some = started.client.jvm.java.lang.Object()
    started.client.help(some, display=False)
    started.client.help(words, pattern="indexOf*", display=False)
    dir(words)
    dir(started.client.jvm)
    # dir() asks for the fields only where Py4J was told to look for fields by itself.
    looking = started.another(auto_field=True).jvm
    dir(looking.java.io.StreamTokenizer(looking.java.io.StringReader("words")))


def _failing(started: PlainGateway) -> None:
    from py4j.protocol import Py4JJavaError

    try:
        started.client.jvm.java.lang.Integer.parseInt("no number")
    except Py4JJavaError as error:
        str(error)  # asks for the stack trace
    else:
        raise RuntimeError("Java took a word for a number")


def _stream(started: PlainGateway) -> None:
    jvm = started.gateway.jvm
    content = jvm.java.io.ByteArrayInputStream(b"these bytes are no message")
    with jvm.java.nio.channels.Channels.newChannel.stream(content) as channel:
        channel.read(len(b"these bytes are no message"))


def _callbacks(started: PlainGateway) -> None:
    """Python called from Java: on the connection of the asking thread, and from a thread of Java's own."""
    from py4j.protocol import Py4JJavaError

    jvm = started.client.jvm
    words = jvm.java.util.ArrayList()
    words.append("pear")
    words.append("fig")
    jvm.java.util.Collections.sort(words, _Ordered())
    for value in (None, "text", 7, True, words):
        optional = jvm.java.util.Optional.empty()
        optional.orElseGet(_Supplier(value))
    # Py4J sends a traceback as text, which would hold this machine's paths, or else the Java exception.
    started.client.python_parameters.propagate_java_exceptions = True
    with contextlib.suppress(Py4JJavaError):
        jvm.java.util.Optional.empty().orElseGet(_Failing(jvm))
    thread = jvm.java.lang.Thread(_Task())
    thread.start()
    thread.join()


def _by_hand(started: PlainGateway, recorder: Recorder) -> None:
    """What no client of Py4J sends."""
    with _bare(started, recorder) as ask:
        ask(b"j\nr\nrj\njava.util.concurrent.*\ne\n")
        made = ask(b"i\njava.util.ArrayList\ne\n").removeprefix(b"!yl").strip()
        ask(b"c\n%b\nadd\ni2\ne\n" % made)
        ask(b"l\nx\n%b\ne\n" % made)
        ask(b"l\nn\n%b\ne\n" % made)
    # Java does not read these two to their end, so each gets a connection that is given up after it.
    for request in (b"m\na\no0\ne\n", b"j\ns\nrj\ne\n"):
        with _bare(started, recorder) as ask:
            ask(request)


@contextlib.contextmanager
def _bare(started: PlainGateway, recorder: Recorder) -> Iterator[Callable[[bytes], bytes]]:
    """A recorded socket to the gateway, in which Py4J's client has no part; gives a function that asks."""
    with recorder.socket() as bare:
        bare.settimeout(_PATIENCE)
        bare.connect((LOOPBACK, started.client_port))
        with bare.makefile("rb") as replies:

            def ask(request: bytes) -> bytes:
                bare.sendall(request)
                return replies.readline()

            if ask(b"A\n%b\n" % started.token.encode()) != b"!yv\n":
                raise RuntimeError("the gateway did not take its own token")
            yield ask


def _letting_go(started: PlainGateway) -> None:
    """Objects that are let go of, on both sides; then a connection, and the gateway."""
    client = started.client
    started.gateway.detach(started.gateway.jvm.java.lang.Object())
    pool = client.gateway_property.pool
    before = len(pool)
    gc.collect()

    def told() -> bool:
        client.jvm.java.lang.System.gc()
        return len(pool) < before

    _wait_for(told, "Java did not tell that it dropped a Python object")
    time.sleep(0.5)  # Python's answer to that is still on its way, and nothing says when it has arrived
    # A release that is under way at a cancel or a shutdown may get no reply.
    wait_for_releases(client)
    connection = client._gateway_client.get_thread_connection()
    here, there = connection.socket.getsockname()[1], connection.socket.getpeername()[1]
    connection.shutdown_socket(here, there)  # what Py4J does when Ctrl-C interrupts a call
    wait_for_releases(client)
    shut_down(client)


def _wait_for(done: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.05)
