"""What one exchange says about objects: the ids that it names, the ids that it brings, and what those are.

Ids of Java's stand in fixed places (the target of a call) and behind type codes (``ro5``); those of Python's
behind ``f``. ``lifetimes`` puts together what this module reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.words import filled
from sparkwire.trace.records import Channel, JavaCall
from sparkwire.wire.gateway import CLASS_MARKER, OBJECT_PARTS, PROXIES, REFERENCES, TYPES, sense_of
from sparkwire.wire.message import Message

ERROR = "error"
"""Stands in the place of the type code for an exception."""
KINDS = {code: TYPES[code].word.replace("reference", "object") for code in REFERENCES}
KINDS[ERROR] = "exception"
"""What an id stands for, by the type code before it: ``object``, ``list``, ``set`` and so on."""

_NAMING = frozenset({"getName", "getTypeName", "getCanonicalName"})
"""Methods of java.lang.Class that tell a class's full name."""
_FIRST_NAME = re.compile(r"(?:\w+\.)+[\w$]+(?=[:\s]|$)")
"""The class at the beginning of a stack trace: java.lang.Throwable.toString puts it there."""


def is_java_id(value: object) -> bool:
    """Whether it is an id that Java made up. ``j``, ``t`` and ``GATEWAY_SERVER`` are always there."""
    return isinstance(value, str) and value[:1] == "o" and value[1:].isdecimal()


def is_python_id(value: str) -> bool:
    """Whether it is an id that Python made up. An entry point has a name of its own, and is always there."""
    return value[:1] == "p" and value[1:].isdecimal()


def java_ids(message: Message) -> list[str]:
    """The objects of Java's that a message to Java names, each once."""
    found: list[str] = []
    code = ""
    for name, _, _, _, value in message.fields:  # asked of every message, so nothing is called for each field
        if name == "type code":
            code = str(value)
            continue
        if (code in REFERENCES or name in OBJECT_PARTS) and is_java_id(value) and value not in found:
            found.append(str(value))
        code = ""
    return found


def python_objects(message: Message) -> list[str]:
    """The objects of Python's that a message to Java brings: ``p0;java.util.Comparator``."""
    return [value for _, value in _typed(message, PROXIES)] if b"f" in message.raw else []


def references(message: Message) -> list[tuple[str, str]]:
    """The ids that a message to Python brings, with their type code; ``error`` for an exception."""
    failed = message.command == "error"
    return [
        (ERROR if failed else code, value) for code, value in _typed(message, REFERENCES) if is_java_id(value)
    ]


def _typed(message: Message, codes: Collection[str]) -> list[tuple[str, str]]:
    """The values that have one of these type codes, each with its code."""
    fields = message.fields
    return [
        (str(fields[i].value), str(fields[i + 1].value))
        for i in range(len(fields) - 1)
        if fields[i].name == "type code" and str(fields[i].value) in codes
    ]


def _values(message: Message, part: str) -> list[str]:
    return [str(field.value) for field in message.fields if field.name == part]


def _is_call(message: Message, *names: str) -> bool:
    """Whether it calls a method with one of these names and without arguments."""
    called = _values(message, "method name")
    return bool(called) and called[0] in names and not _values(message, "argument")


def exact_class(exchange: Exchange) -> str:
    """The class of what an exchange gave, where the request alone says it; else empty."""
    request = exchange.request
    assert isinstance(request, Message)
    if exchange.channel == Channel.GATEWAY and _is_call(request, "getClass"):
        return "java.lang.Class"

    def value(part: str) -> str:
        # Each dimension of an array adds to the class of its elements.
        return "[]" * len(_values(request, part)) if part == "dimension" else "".join(_values(request, part))

    return filled(sense_of(request).gives, value)


def origin(exchange: Exchange, target_class: str, target: JavaCall | None = None) -> str:
    """What handed an object out: a method with its class where that is known, or what the command does.

    ``target_class`` is the class of the object that was asked, and ``target`` the method that ran in Java.
    """
    request = exchange.request
    assert isinstance(request, Message)
    if target is not None and exchange.channel == Channel.GATEWAY:
        return target.method.partition("(")[0].replace(".<init>", "")

    def value(part: str) -> str:
        if part != "owner":
            return "".join(_values(request, part))
        # A static method names its class in the place of the object.
        asked = next(iter(_values(request, "target object id")), "")
        return asked.removeprefix(CLASS_MARKER) if asked.startswith(CLASS_MARKER) else target_class

    return filled(sense_of(request).origin, value) or request.command


def told_class(exchange: Exchange) -> str:
    """The class's name that a reply tells about the object which the request names; else empty.

    Either a stack trace that begins with it, or the name that a ``java.lang.Class`` was asked for.
    """
    said = exchange.reply.field("result") if isinstance(exchange.reply, Message) else None
    if said is None or not isinstance(said.value, str):
        return ""
    if exchange.command == "exception":
        found = _FIRST_NAME.match(said.value)
        return found[0] if found else ""
    return (
        said.value if isinstance(request := exchange.request, Message) and _is_call(request, *_NAMING) else ""
    )
