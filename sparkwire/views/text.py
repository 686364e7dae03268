"""The words that every view shares: values, requests and replies as one short line each.

Whatever came off the wire or out of a source file goes through ``visible`` before it is shown: control
characters, bidirectional controls and zero-width characters become escapes, so that nothing can hide,
reorder the line, or talk to the terminal. It imports the trace's model and the standard library.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from sparkwire.plain import ELLIPSIS as ELLIPSIS
from sparkwire.plain import duration as duration
from sparkwire.plain import many as many
from sparkwire.plain import number as number
from sparkwire.plain import shorten as shorten
from sparkwire.plain import shorten_middle as shorten_middle
from sparkwire.plain import size as size
from sparkwire.plain import visible as visible
from sparkwire.plain import width as width
from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.gateway.fold import Phase, Step
from sparkwire.trace.java.paths import method
from sparkwire.trace.records import Frame, connection_name
from sparkwire.wire.message import Direction, Field, Malformed, Message

LITERAL_SHOWN = 60
"""Characters of one value that a summary shows."""

STRUCTURE = frozenset(
    {
        "command code",
        "subcommand code",
        "type code",
        "line end",
        "end of command",
        "reply marker",
        "reply code",
    }
)
"""Names of the fields that the protocol adds around what is said."""

ARROWS = {Direction.TO_JAVA: "Python → Java", Direction.TO_PYTHON: "Java → Python"}


def escape(said: str) -> str:
    """``said`` as the text of an HTML element."""
    return html.escape(said, quote=False)


def place(frame: Frame | None) -> str:
    """``mail.py:3``: where a line is, by the file's own name."""
    if frame is None:
        return ""
    return f"{visible(frame.file.replace(chr(92), '/').rsplit('/', 1)[-1])}:{frame.line}"


def asker(thread: str, connection: int) -> str:
    """Who asked, when it wasn't the main thread: ``thread T, connection 3``; else empty.

    In the trace of a relay it is the connection only.
    """
    if thread in ("", "MainThread"):
        return ""
    if thread == connection_name(connection):
        return thread
    return f"thread {thread}, connection {connection}"


def nobody(thread: str, connection: int) -> str:
    """Who asked, where no line of the program is known: Py4J by itself, or somebody behind a relay."""
    return thread if thread == connection_name(connection) else "Py4J by itself"


def no_line(steps: Iterable[Step]) -> str:
    """What to call the requests of ``steps`` for which no line is known."""
    relayed = any(step.thread == connection_name(step.connection) for step in steps)
    return "not known: a relay sees no lines" if relayed else "Py4J by itself"


# --- values ---------------------------------------------------------------------------------------


def is_secret(field: Field) -> bool:
    """Whether the recorder put a placeholder here instead of a secret."""
    value = field.value
    return isinstance(value, str) and len(value) >= 8 and not value.strip("*")


def literal(field: Field, most: int = LITERAL_SHOWN) -> str:
    """A field's value as a reader would write it: text in quotes, ``null``, ``true``, numbers plain."""
    if is_secret(field):
        return "(secret)"
    match field.value:
        case None:
            return "null"
        case bool():
            return "true" if field.value else "false"
        case str():
            return f'"{visible(shorten_middle(field.value, most))}"'
        case bytes():
            return size(len(field.value))
    return shorten_middle(str(field.value), most)


def name(field: Field | None, most: int = LITERAL_SHOWN) -> str:
    """A field's value as a name, without quotes."""
    if field is None:
        return "?"
    return visible(shorten_middle(str(field.value), most))


def contents(message: Message) -> Iterator[tuple[str, Field]]:
    """What a message says, without the structure around it: each value with its type code or ``""``."""
    code = ""
    for field in message.fields:
        if field.name == "type code":
            code = str(field.value)
        elif field.name not in STRUCTURE:
            yield code, field
            code = ""


def typed(code: str, field: Field, most: int = LITERAL_SHOWN) -> str:
    """A value by its type code: an object's id is a name, text is quoted, void has no value."""
    match code:
        case "v":
            return "void"
        case "n":
            return "null"
        case "r" | "l" | "h" | "a" | "t" | "g" | "f":
            return name(field, most)
    return literal(field, most)


# --- requests and replies -------------------------------------------------------------------------


def request_summary(exchange: Exchange, most: int = 120) -> str:
    """What was asked, in the notation of a Java program: ``o14.sc()``, ``new SparkConf(true)``."""
    request = exchange.request
    if isinstance(request, Malformed):
        return f"{size(len(request.raw))} that can't be decoded"
    return shorten(_request(request), most)


def _request(request: Message) -> str:
    parts = list(contents(request))
    first = name(parts[0][1]) if parts else ""
    sub = request.field("subcommand code")
    kind = f"{request.command} {sub.value}" if sub is not None else request.command
    match kind:
        case "auth":
            return "authenticate"
        case "call" | "stream":
            method = name(parts[1][1]) if len(parts) > 1 else "?"
            stream = "stream " if kind == "stream" else ""
            return f"{stream}{first.removeprefix('z:')}.{method}({_listed(parts[2:])})"
        case "constructor":
            return f"new {first}({_listed(parts[1:])})"
        case "field g" | "field s":
            member = name(parts[1][1]) if len(parts) > 1 else "?"
            return f"{first}.{member}" + (f" = {_listed(parts[2:])}" if kind == "field s" else "")
        case "reflection u":
            return f"what is {first}?"
        case "reflection m":
            return f"what is {first}.{name(request.field('member name'))}?"
        case "reflection c":
            return f"{first}.class"
        case "jvmview i":
            return f"import {name(request.field('import'))}"
        case "memory d":
            return f"forget {first}"
        case "garbage_collect":
            return f"forget {first}"
        case "array g":
            return f"{first}[{_listed(parts[1:2])}]"
        case "array s":
            return f"{first}[{_listed(parts[1:2])}] = {_listed(parts[2:])}"
        case "array e":
            return f"{first}.length"
    word = request.command.replace("_", " ")
    return " ".join(p for p in (word, _meaning_word(sub), ", ".join(typed(*part) for part in parts)) if p)


def _meaning_word(sub: Field | None) -> str:
    """The code of a subcommand, in brackets: enough to find it in the reference."""
    return f"({sub.value})" if sub is not None else ""


def _listed(parts: list[tuple[str, Field]]) -> str:
    shown = ", ".join(typed(*part) for part in parts[:8])
    return shown + (f", {ELLIPSIS} {len(parts) - 8} more" if len(parts) > 8 else "")


def reply_summary(exchange: Exchange, most: int = 80) -> str:
    """What came back: ``o22``, ``"local[1]"``, ``void``, ``error o15``, ``no reply``."""
    reply = exchange.reply
    if reply is None:
        return "no reply"
    if isinstance(reply, Malformed):
        return f"{size(len(reply.raw))} that can't be decoded"
    said = next(contents(reply), None)
    value = _reply_value(*said) if said else "done"
    if reply.command != "success":
        value = f"{'fatal error' if reply.command == 'fatal' else 'error'} {value}"
    if exchange.stream_bytes:
        value += f", then {size(exchange.stream_bytes)}"
    return shorten(value, most)


_KINDS = {"l": "a list", "h": "a set", "a": "a map", "t": "an array", "g": "an iterator"}


def _reply_value(code: str, field: Field) -> str:
    match code:
        case "p":
            return "a package"
        case "m":
            return "a method"
        case "o":
            return "no such member"
        case "c":
            return f"class {name(field)}" if field.value else "a class"
    return typed(code, field) + (f", {_KINDS[code]}" if code in _KINDS else "")


_NAMED_BY_TITLE = frozenset({Phase.CONFIGURE, Phase.CALL, Phase.CALLBACK, Phase.LOOK_UP})


def phase_title(phase: Phase, title: str) -> str:
    """A step's title with its phase's word before it, where the title is a list of names only."""
    return f"{phase.value}: {title}" if phase in _NAMED_BY_TITLE and title else title or phase.value


def failed(exchange: Exchange) -> bool:
    """Whether the reply says that the request failed, or can't be read."""
    return exchange.reply is not None and exchange.reply.command != "success"


def simple_method(full: str) -> str:
    """``SparkContext.setCheckpointDir`` of a method's full name with its parameter types."""
    owner, _, called = visible(method(full)).partition("(")[0].rpartition(".")
    simple = owner.rpartition(".")[2]
    return f"new {simple}" if called == "<init>" else f"{simple}.{called}"
