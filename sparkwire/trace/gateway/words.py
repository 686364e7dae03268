"""Messages of the gateway wire in words, one short line each: ``o14.sc()``, ``"local[1]"``, ``no reply``.

How a request reads is in the code table (``Sense.notation``), and so is what a reply's type code says
(``TypeCode.shown``). Everything from the wire is made safe to show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from sparkwire.plain import ELLIPSIS, shorten, shorten_middle, size, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.wire.gateway import CLASS_MARKER, TYPES, Form, command_of, sense_of
from sparkwire.wire.gateway.lookup import subject_of
from sparkwire.wire.message import Field, FurtherValues, LongValue, Malformed, Message

LITERAL_SHOWN = 60
"""Characters of one value that a summary shows."""
_LISTED = 8
"""Arguments of a call that a summary shows."""

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

_SLOT = re.compile(r"\{([^}]+)\}")


# --- values ---------------------------------------------------------------------------------------


def literal(message: Message | Malformed, field: Field, most: int = LITERAL_SHOWN) -> str:
    """A field's value as a reader would write it: text in quotes, ``null``, ``true``, numbers plain."""
    if message.hides(field):
        return "(secret)"
    match field.value:
        case None:
            return "null"
        case bool():
            return "true" if field.value else "false"
        case str():
            return f'"{visible(shorten_middle(field.value, most))}"'
        case LongValue(head=str()):
            return f'"{visible(shorten_middle(str(field.value), most))}"'
        case bytes():
            return size(len(field.value))
    return shorten_middle(str(field.value), most)


def name(field: Field | None, most: int = LITERAL_SHOWN) -> str:
    """A field's value as a name, without quotes."""
    if field is None:
        return "?"
    return visible(shorten_middle(str(field.value), most))


def typed(message: Message | Malformed, code: str, field: Field, most: int = LITERAL_SHOWN) -> str:
    """A value by its type code: an object's id is a name, text is quoted, and some codes are the value."""
    kind = TYPES.get(code)
    if kind is not None and kind.form is Form.NOTHING:
        return kind.shown
    if kind is not None and kind.form in (Form.REFERENCE, Form.PROXY):
        return name(field, most)
    if kind is not None and kind.form is not Form.STRING and isinstance(field.value, LongValue):
        return shorten_middle(str(field.value), most)  # a number, or bytes: without quotes
    return literal(message, field, most)


def contents(message: Message) -> Iterator[tuple[str, Field]]:
    """What a message says, without the structure around it: each value with its type code or ``""``."""
    code = ""
    for field in message.fields:
        if field.name == "type code":
            code = str(field.value)
        elif field.name not in STRUCTURE:
            yield code, field
            code = ""


# --- requests and replies -------------------------------------------------------------------------


def request_words(request: Message | Malformed, most: int = 120) -> str:
    """What was asked, in the notation of a Java program: ``o14.sc()``, ``new SparkConf(true)``."""
    if isinstance(request, Malformed):
        return f"{size(request.size)} that can't be decoded"
    notation = sense_of(request).notation
    if notation:
        said = list(contents(request))
        return shorten(filled(notation, lambda part: _slot(request, said, part)), most)
    command = command_of(request)
    word = (command.word if command is not None else request.command).replace("_", " ")
    sub = request.field("subcommand code")
    # The code of a subcommand is enough to find it in the reference.
    told = [word, f"({sub.value})" if sub is not None else ""]
    told.append(", ".join(typed(request, *part) for part in contents(request)))
    return shorten(" ".join(one for one in told if one), most)


def filled(template: str, value: Callable[[str], str]) -> str:
    """``template`` with each ``{part}`` replaced by what ``value`` says of it."""
    return "".join([text if i % 2 == 0 else value(text) for i, text in enumerate(_taken_apart(template))])


@cache
def _taken_apart(template: str) -> list[str]:
    """A template of the code table: text and parts in turns, text first."""
    return _SLOT.split(template)


def _slot(request: Message, said: list[tuple[str, Field]], part: str) -> str:
    """What stands for a part in a notation: its value or, where it is repeated or typed, its values."""
    found = [one for one in said if one[1].name == part]
    if found and found[0][0]:
        shown = ", ".join(typed(request, *one) for one in found[:_LISTED])
        further = found[-1][1].value
        count = len(found) + (further.count - 1 if isinstance(further, FurtherValues) else 0)
        return shown + (f", {ELLIPSIS} {count - _LISTED} more" if count > _LISTED else "")
    return name(found[0][1]).removeprefix(CLASS_MARKER) if found else ""


def reply_words(reply: Message | Malformed | None, stream_bytes: int = 0, most: int = 80) -> str:
    """What came back: ``o22``, ``"local[1]"``, ``void``, ``error o15``, ``no reply``."""
    if reply is None:
        return "no reply"
    if isinstance(reply, Malformed):
        return f"{size(reply.size)} that can't be decoded"
    said = next(contents(reply), None)
    value = _reply_value(reply, *said) if said else "done"
    if reply.command != "success":
        value = f"{'fatal error' if reply.command == 'fatal' else 'error'} {value}"
    if stream_bytes:
        value += f", then {size(stream_bytes)}"
    return shorten(value, most)


def _reply_value(reply: Message, code: str, field: Field) -> str:
    kind = TYPES.get(code)
    if kind is None:
        return typed(reply, code, field)
    if kind.form is Form.NAME:
        return kind.shown.format(name(field)) if field.value else f"a {kind.word}"
    return kind.shown.replace("{}", typed(reply, code, field))


def request_summary(exchange: Exchange, most: int = 120) -> str:
    """As ``request_words``, of an exchange."""
    return request_words(exchange.request, most)


def reply_summary(exchange: Exchange, most: int = 80) -> str:
    """As ``reply_words``, of an exchange."""
    if exchange.unsent:
        return shorten(f"not sent: {exchange.unsent}", most)
    return reply_words(exchange.reply, exchange.stream_bytes, most)


def why_no_reply(exchange: Exchange) -> str:
    """Why an exchange has no reply, in a few words; empty when it has one, and when its command has none."""
    if exchange.unsent:
        return f"not sent: {exchange.unsent}"
    command = command_of(exchange.request)
    none = exchange.reply is None and (command is None or command.answered)
    return "no reply was seen" if none else ""


def subject(exchange: Exchange) -> str:
    """What was asked for: the method, class or import that the request names; else the command's word."""
    request = exchange.request
    shape = request.shape
    return (shape.subject if shape is not None else None) or subject_of(request)


def short_request(exchange: Exchange) -> str:
    """A request without the packages of its classes: ``new JavaSparkContext(o0)``."""
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z]\w*)", "", request_summary(exchange))
