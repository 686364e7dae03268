"""The shape of the gateway wire's code table: commands, parts, type codes and replies.

``codes`` fills these classes in. They are plain data, so that the decoder, the reference page and its
diagrams can all read them. Imports only the standard library and ``sparkwire.wire.message``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sparkwire.wire.message import Direction


class Kind(Enum):
    """How a part of a message is laid out on the wire."""

    LINE = "line"
    """A line of text as it is."""
    ESCAPED = "escaped line"
    r"""A line of text in which ``\\``, ``\n`` and ``\r`` stand for a backslash and line breaks."""
    NUMBER = "number"
    """A line that holds a whole number, without a type code."""
    TYPED = "typed value"
    """A line that starts with a type code; the rest is the value."""
    TYPED_REPEATED = "typed values until the end marker"
    """Any number of typed values. The end marker that stops them is the next part."""
    LINES = "lines until the end marker"
    """Any number of lines of text. The end marker that stops them is the next part."""
    END = "end marker"
    """A line that holds ``e`` alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line, or one run of lines, of a command."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A variant of a command, chosen by the command's second line."""

    code: str
    word: str
    meaning: str
    parts: tuple[Part, ...]
    source: str
    """Who sends it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A request. ``parts`` follow the code, or the subcommand's own parts do when there are any."""

    code: str
    word: str
    direction: Direction
    meaning: str
    handler: str
    """The class that reads and answers it."""
    parts: tuple[Part, ...]
    source: str
    """Who sends it."""
    subcommands: tuple[Subcommand, ...] = ()


class Form(Enum):
    """How the text after a type code is read."""

    NOTHING = "nothing"
    INTEGER = "whole number"
    FLOAT = "floating point number"
    DECIMAL = "decimal number"
    BOOLEAN = "true or false"
    STRING = "escaped text"
    BYTES = "base64"
    REFERENCE = "object id"
    PROXY = "proxy id and interfaces"
    NAME = "name, or nothing"


@dataclass(frozen=True, slots=True)
class TypeCode:
    """The first character of a typed value."""

    code: str
    word: str
    meaning: str
    form: Form
    to_java: bool
    """``py4j.Protocol.getObject`` reads it."""
    to_python: bool
    """``py4j.protocol.OUTPUT_CONVERTER`` or one of its callers reads it."""
    source: str
    """Where Py4J reads or writes it."""
    reply_only: bool = False
    """It says what a name is, in a reply, and is never an argument."""

    def goes(self, direction: Direction) -> bool:
        """Whether a value with this code may travel in ``direction``."""
        return self.to_java if direction is Direction.TO_JAVA else self.to_python


@dataclass(frozen=True, slots=True)
class Reply:
    """What the character after ``!`` says."""

    code: str
    word: str
    meaning: str
    value: Part
    """The typed value that follows."""
    directions: tuple[Direction, ...]
    bare: tuple[Direction, ...]
    """The directions in which the value may be left out."""
    source: str
