"""What a value is when it has arrived in Java, asked of Java by a call that fails.

If a program calls a method that doesn't exist, Py4J's error names the classes of the arguments
(py4j/reflection/ReflectionEngine.java 0.10.9.9, ``getMethod``). So the answer needs no value on the way back,
which would be converted again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from guide.types.trials import last_value
from sparkwire import Exchange, Recording

METHOD = "nothing"
"""A method that no Java object has."""
_CLASS = re.compile(rf"Method {METHOD}\(\[(?:class )?([^,]*)\]\) does not exist")


def arrived_class(target: Any, value: object) -> str:
    """The class of ``value`` as it arrives in Java, such as ``java.lang.Long``. ``target`` is a Java object.

    ``null`` for ``None``. Raises what Py4J raises for a value that can't cross.
    """
    from py4j.protocol import Py4JError

    try:
        getattr(target, METHOD)(value)
    except Py4JError as error:
        found = _CLASS.search(str(error))
        if found is None:
            raise
        return found[1]
    raise AssertionError(f"there is a method {METHOD}")


def crossed(recording: Recording, values: Sequence[str]) -> list[tuple[str, str, str]]:
    """A row for each value whose class was asked: as written, as text on the wire, its class in Java.

    Raises ``ValueError`` when there are not as many questions as values, or one has no answer.
    """
    rows = []
    for written, exchange in zip(values, recording.find(method=METHOD), strict=True):
        found = _CLASS.search(exchange.reply.raw.decode()) if exchange.reply is not None else None
        if found is None:
            raise ValueError(f"{written}: Java did not name the class")
        rows.append((written, last_value(exchange.request), found[1]))
    return rows


def without_upkeep(recording: Recording) -> list[Exchange]:
    """The exchanges without releases, and without connections that carried nothing else but a token."""
    asking = {e.connection for e in recording.exchanges if e.command not in ("auth", "memory")}
    return [e for e in recording.exchanges if e.connection in asking and e.command != "memory"]
