"""Sends values of every type through real gateways, both ways, and records what becomes of them.

The type tables of the guide are made from this. Two gateways take part: a plain one as Py4J makes it, without
automatic conversion, and PySpark's own, which converts (pyspark/java_gateway.py 4.3.0, ``launch_gateway``)
and has PySpark's converters (pyspark/sql/types.py). No ``SparkContext`` is made.

Java is asked what arrived, and it is asked in Java: a value that comes back to Python has been converted
again, so its class could no longer be seen. ``_Asker`` has the means.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from guide.gateways import PlainGateway, shut_down
from guide.gateways.jvm import end
from guide.types import trials
from guide.types.trials import Trial
from guide.types.values import HELD, MADE, METHODS, NAMED, VALUES, WANTED, names
from sparkwire import Recorder, load


def type_tables(path: str | os.PathLike[str]) -> tuple[Trial, ...]:
    """Try every value, recorded at ``path``; returns the trials with their exchanges.

    It takes about ten seconds, nearly all of them for PySpark's JVM to start. PySpark must not have a
    gateway already. Raises what ``Recorder`` and ``PlainGateway`` raise.
    """
    tried: list[Trial] = []
    trace = Path(path)
    with (
        Recorder(trace, program="type tables"),
        PlainGateway() as plain,
        _pyspark() as pyspark,
        _quiet(),
    ):
        off = _Asker(plain.client, tried)
        on = _Asker(pyspark, tried, auto_convert=True)
        for value in VALUES:
            off.send(value)
            on.send(value)
        for java, steps in HELD:
            off.fetch_held(java, steps)
        for expression in MADE:
            off.fetch(expression)
        for method, values in METHODS:
            for value in values:
                off.choose(method, value)
        for expression in NAMED:
            off.name(expression)
        for wanted, expression in WANTED:
            off.way(wanted, expression)
    return trials.with_exchanges(tried, load(trace).exchanges)


@contextlib.contextmanager
def _pyspark() -> Iterator[Any]:
    """PySpark's gateway, where ``SparkContext`` keeps it, because its converter for arrays looks there."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway is not None:
        raise RuntimeError("PySpark has a gateway already; the tables need one of their own")
    # What a JVM says while it starts would stand among the tables.
    gateway: Any = launch_gateway(popen_kwargs={"stderr": subprocess.DEVNULL})
    SparkContext._ensure_initialized(gateway=gateway)
    try:
        yield gateway
    finally:
        shut_down(gateway)
        SparkContext._gateway = SparkContext._jvm = None
        end(gateway.proc)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Py4J's log: it prints a traceback for a value that can't be sent, and these are meant."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class _Asker:
    """Tries values on one gateway."""

    def __init__(self, gateway: Any, tried: list[Trial], auto_convert: bool = False) -> None:
        self._gateway = gateway
        self._jvm = gateway.jvm
        self._tried = tried
        self._auto_convert = auto_convert
        self._names = names(gateway)
        self._mark = self._jvm.java.util.Objects.requireNonNull
        self._list = self._jvm.java.util.ArrayList
        self._optional = self._jvm.java.util.Optional
        self._class_named = self._jvm.py4j.reflection.TypeUtil.forName  # knows int and the like, too
        self._engine = self._jvm.py4j.reflection.ReflectionEngine()
        self._class_of = self._function("java.lang.Object", "getClass")

    def send(self, expression: str) -> None:
        """Put a value into a Java list, which takes any object as it is; ask for its class; get it back."""
        value, kept = self._value(expression), self._list()
        with self._trial(trials.TO_JAVA, expression) as came:
            kept.add(value)
            came.done = True
        if came.done:
            back = kept.get(0)
            came["java_class"] = "null" if kept.contains(None) else self._classes(kept)
            self._had(came, back)
        self._keep(came)

    def fetch_held(self, java: str, steps: tuple[tuple[Any, ...], ...]) -> None:
        """Have Java make a value and hold it in an Optional; ask for its class there, and then fetch it."""
        (first, *more) = steps
        held = self._optional.of(first[0])
        for step in more:
            held = held.map(self._function(*step))
        with self._trial(trials.TO_PYTHON, java) as came:
            came.value = held.get()
        came["java_class"] = held.map(self._class_of).get().getName()
        self._had(came)
        self._keep(came)

    def fetch(self, expression: str) -> None:
        """Fetch what stays in Java, or nothing: then the class can be asked of what came."""
        with self._trial(trials.TO_PYTHON, expression) as came:
            came.value = self._value(expression)
        self._had(came)
        if hasattr(came.value, "_get_object_id"):
            came["java_class"] = self._jvm.java.util.List.of(came.value).stream().map(self._class_of).toList()
            came["java_class"] = came["java_class"].get(0).getName()
        self._keep(came)

    def choose(self, method: str, expression: str) -> None:
        """Call a method that has overloads, and ask Py4J's own engine which of them it takes."""
        owner, name = method.rsplit(".", 1)
        value = self._value(expression)
        called = self._value(f"jvm.{owner}{'()' if owner.endswith('Builder') else ''}.{name}")
        with self._trial(trials.OVERLOADS, expression, about=method) as came:
            came.value = called(value)
        if not came["error"].startswith("AttributeError"):
            arguments = self._gateway.new_array(self._jvm.java.lang.Object, 1)
            arguments[0] = value
            came["chosen"] = self._chosen(owner, name, arguments)
        if hasattr(came.value, "_get_object_id"):
            came.value = came.value.toString()
        self._had(came)
        self._keep(came)

    def name(self, expression: str) -> None:
        """What a name is: the answer has a code of its own."""
        with self._trial(trials.NAMES, expression) as came:
            came.value = self._value(expression)
        self._had(came)
        self._keep(came)

    def way(self, wanted: str, expression: str) -> None:
        """A way to a Java type that no Python value has."""
        with self._trial(trials.WAYS, expression, about=wanted) as came:
            came.value = self._value(expression)
        if hasattr(came.value, "_get_object_id"):
            came["java_class"] = came.value.getClass().getName()
            if came["java_class"].startswith("java.util.") and "List" in came["java_class"]:
                came["java_class"] = self._classes(came.value) + " in a list"
        self._had(came)
        self._keep(came)

    # --- asking -----------------------------------------------------------------------------------

    def _value(self, expression: str) -> Any:
        return eval(expression, self._names)  # the expressions are this package's own

    def _function(self, owner: str, method: str, parameter: str = "") -> Any:
        """A ``java.util.function.Function`` that calls a method (or ``new``), and runs without Python.

        Its argument is the method's only parameter or, when it has none, the object that it is called on.
        """
        handles = self._jvm.java.lang.invoke
        types = self._gateway.new_array(self._jvm.java.lang.Class, 1 if parameter else 0)
        if parameter:
            types[0] = self._class_named(parameter)
        of = self._class_named(owner)
        lookup = handles.MethodHandles.publicLookup()
        if method == "new":
            handle = lookup.unreflectConstructor(of.getConstructor(types))
        else:
            handle = lookup.unreflect(of.getMethod(method, types))
        function = self._class_named("java.util.function.Function")
        return handles.MethodHandleProxies.asInterfaceInstance(function, handle)

    def _classes(self, java_list: Any) -> str:
        """The class of a list's first element, by its full name."""
        return _without_ids(java_list.stream().map(self._class_of).toList().get(0).getName())

    def _chosen(self, owner: str, name: str, arguments: Any) -> str:
        from py4j.protocol import Py4JError

        target = self._jvm.java.lang.StringBuilder() if owner.endswith("Builder") else owner
        try:
            invoker = self._engine.getMethod(target, name, arguments)
        except Py4JError:
            return ""
        types = ", ".join(one.getSimpleName() for one in invoker.getMethod().getParameterTypes())
        return f"{name}({types})"

    def _trial(self, table: str, value: str, about: str = "") -> _Came:
        return _Came(self._mark, len(self._tried), table, value, about)

    def _had(self, came: _Came, value: Any = None) -> None:
        value = came.value if value is None else value
        if not came["error"]:
            came["python_type"] = type(value).__name__
            came["outcome"] = _shown(value)

    def _keep(self, came: _Came) -> None:
        self._tried.append(
            Trial(came.number, came.table, came.text, came.about, self._auto_convert, **came.said)
        )


class _Came:
    """What came of a trial, as a context manager: it sets the marks, and keeps what is raised."""

    def __init__(self, mark: Callable[[str], Any], number: int, table: str, text: str, about: str) -> None:
        self._mark = mark
        self.number, self.table, self.text, self.about = number, table, text, about
        self.said: dict[str, Any] = {"error": ""}
        self.value: Any = None
        self.done = False

    def __enter__(self) -> _Came:
        self._mark(trials.begin(self.number))
        return self

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, _: object) -> bool:
        self._mark(trials.end(self.number))
        if isinstance(raised, Exception):
            self.said["error"] = _message(raised)
        return isinstance(raised, Exception)

    def __getitem__(self, key: str) -> Any:
        return self.said[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.said[key] = value


def _message(error: Exception) -> str:
    """The error's type and message in one line. Py4J puts Java's own message in the second line."""
    lines = str(error).splitlines() or [""]
    if len(lines) > 1 and lines[0].startswith("An error occurred while calling"):
        lines = lines[1:]
    return _without_ids(f"{type(error).__name__}: {lines[0].removeprefix(': ')}")


def _shown(value: Any) -> str:
    return _without_ids(repr(value))


def _without_ids(text: str) -> str:
    """``text`` without what differs from run to run: ids, addresses, hash codes, numbers of proxies."""
    for pattern, instead in (
        (r" at 0x[0-9a-f]+", ""),
        (r"\bo\d+\b", "oN"),
        (r"@[0-9a-f]+\b", "@…"),
        (r"\bproxy\d+\.\$Proxy\d+", "proxyN.$ProxyN"),
    ):
        text = re.sub(pattern, instead, text)
    return text
