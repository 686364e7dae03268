"""What one exchange says about objects: the ids that it names, the ids that it brings, and what those are.

Ids of Java's stand in fixed places (the target of a call) and behind type codes (``ro5``); those of Python's
behind ``f``. ``lifetimes`` puts together what this module reads.
"""

from __future__ import annotations

import re

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.java.paths import target_call
from sparkwire.trace.records import Channel
from sparkwire.wire.message import Message

ERROR = "error"
"""Stands in the place of the type code for an exception."""
KINDS = {
    "r": "object",
    "l": "list",
    "h": "set",
    "a": "map",
    "t": "array",
    "g": "iterator",
    ERROR: "exception",
}
"""What an id stands for, by the type code before it."""

_HOLDERS = frozenset({"target object id", "object id", "list id", "second list id", "array id"})
"""Fields that name an object without a type code. A class in its place begins with ``z:``."""
_NAMING = frozenset({"getName", "getTypeName", "getCanonicalName"})
"""Methods of java.lang.Class that tell a class's full name."""
_FIRST_NAME = re.compile(r"(?:\w+\.)+[\w$]+(?=[:\s]|$)")
"""The class at the beginning of a stack trace: java.lang.Throwable.toString puts it there."""


def is_java_id(value: object) -> bool:
    """Whether it is an id that Java made up. ``j``, ``t`` and ``GATEWAY_SERVER`` are always there."""
    return isinstance(value, str) and value[:1] == "o" and value[1:].isdecimal()


def java_ids(message: Message) -> list[str]:
    """The objects of Java's that a message to Java names, each once."""
    found: list[str] = []
    code = ""
    for name, _, _, _, value in message.fields:  # asked of every message, so nothing is called for each field
        if name == "type code":
            code = str(value)
            continue
        if (code == "r" or name in _HOLDERS) and is_java_id(value) and value not in found:
            found.append(str(value))
        code = ""
    return found


def python_objects(message: Message) -> list[str]:
    """The objects of Python's that a message to Java brings: ``p0;java.util.Comparator``."""
    return [value for code, value in _typed(message, "f")] if b"f" in message.raw else []


def references(message: Message) -> list[tuple[str, str]]:
    """The ids that a message to Python brings, with their type code; ``error`` for an exception."""
    failed = message.command == "error"
    return [
        (ERROR if failed else code, value) for code, value in _typed(message, "rlhatg") if is_java_id(value)
    ]


def _typed(message: Message, codes: str) -> list[tuple[str, str]]:
    """The values that have one of these type codes, each with its code."""
    fields = message.fields
    return [
        (str(fields[i].value), str(fields[i + 1].value))
        for i in range(len(fields) - 1)
        if fields[i].name == "type code" and str(fields[i].value) in codes
    ]


def _method(exchange: Exchange) -> str:
    named = exchange.request.field("method name") if isinstance(exchange.request, Message) else None
    return str(named.value) if named else ""


def _value(message: Message, name: str) -> str:
    found = message.field(name)
    return str(found.value) if found else ""


def exact_class(exchange: Exchange) -> str:
    """The class of what an exchange gave, where the request alone says it; else empty."""
    request = exchange.request
    assert isinstance(request, Message)
    match request.command, _value(request, "subcommand code"):
        case "constructor", _:
            return _value(request, "class name")
        case "array", "c":
            return _value(request, "element class") + "[]" * sum(
                one.name == "dimension" for one in request.fields
            )
        case "reflection", "c":
            return "java.lang.Class"
        case "jvmview", "c":
            return "py4j.JVMView"
        case "call", _ if exchange.channel == Channel.GATEWAY and _method(exchange) == "getClass":
            return "java.lang.Class" if not any(one.name == "argument" for one in request.fields) else ""
    return ""


def origin(exchange: Exchange, target_class: str) -> str:
    """What handed an object out: a method with its class where that is known, or what the command does."""
    request = exchange.request
    assert isinstance(request, Message)
    if exchange.channel == Channel.CALLBACK:
        return f"an argument of {_method(exchange)}"
    joined = target_call(exchange)
    if joined is not None:
        return joined.method.partition("(")[0].replace(".<init>", "")
    owner = target_class
    match request.command:
        case "call" | "stream":
            static = _value(request, "target object id")
            owner = static[2:] if static.startswith("z:") else owner
            return f"{owner}.{_method(exchange)}"
        case "constructor":
            return _value(request, "class name")
        case "field":
            return f"{owner}.{_value(request, 'field name')}"
        case "reflection":
            return f"{_value(request, 'class name')}.{_value(request, 'member name')}"
        case "array":
            return (
                "an array's element" if _value(request, "subcommand code") == "g" else "a piece of an array"
            )
        case "list":
            return "a copy of a list"
    return request.command


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
    return said.value if exchange.command == "call" and _method(exchange) in _NAMING else ""
