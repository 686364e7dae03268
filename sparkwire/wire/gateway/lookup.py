"""What the code table says of a message: its command, its sense, and which of its fields name objects."""

from __future__ import annotations

from sparkwire.wire.gateway.codes import COMMANDS, TYPE_CODES
from sparkwire.wire.gateway.layout import Command, Form, Kind, Sense, TypeCode
from sparkwire.wire.message import Direction, Malformed, Message

_COMMANDS = {(command.direction, command.word): command for command in COMMANDS}
_SENSES: dict[tuple[Direction, str, str], Sense] = {
    (command.direction, command.word, sub.code): sub for command in COMMANDS for sub in command.subcommands
}
_NO_SENSE = Sense()

TYPES: dict[str, TypeCode] = {kind.code: kind for kind in TYPE_CODES}
"""The type codes by their letter."""

REFERENCES = frozenset(kind.code for kind in TYPE_CODES if kind.form is Form.REFERENCE)
"""The type codes before the id of a Java object."""

PROXIES = frozenset(kind.code for kind in TYPE_CODES if kind.form is Form.PROXY)
"""The type codes before the id of a Python object."""

OBJECT_PARTS = frozenset(
    part.name
    for command in COMMANDS
    for parts in (command.parts, *(sub.parts for sub in command.subcommands))
    for part in parts
    if part.kind is Kind.OBJECT
)
"""The names of the fields that hold an object's id without a type code."""


def command_of(request: Message | Malformed) -> Command | None:
    """The table's command of a request; None for what is malformed, and for a reply."""
    return _COMMANDS.get((request.direction, request.command))


def sense_of(request: Message | Malformed) -> Sense:
    """What a request means: its subcommand's sense or, without subcommands, its command's."""
    command = command_of(request)
    if command is None or isinstance(request, Malformed):
        return _NO_SENSE
    if not command.subcommands:
        return command
    code = request.field("subcommand code")
    return _SENSES[request.direction, request.command, str(code.value) if code else ""]


def subject_of(request: Message | Malformed) -> str:
    """What is asked for: the method, class or import that the request names; else the command's word."""
    named = sense_of(request).subject
    found = request.field(named) if named and isinstance(request, Message) else None
    return str(found.value) if found is not None else request.command
