"""The shape of the gateway wire's code table: commands, parts, type codes and replies.

``codes`` fills these classes in. They are plain data, and say of each command not only how it is laid out
but also how it reads, whether it is answered, and what it does to objects. So the decoder, the pairing of
requests with replies, the lives of objects, the summaries and the reference page all follow from one entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sparkwire.wire.message import Direction


class Kind(Enum):
    """How a part of a message is laid out on the wire."""

    LINE = "line"
    """A line of text as it is."""
    OBJECT = "object id"
    """A line with the id of an object that the reader keeps; towards Java also ``z:`` and a class."""
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


class Purpose(Enum):
    """What a command is for. The value is the word that is shown."""

    AUTHENTICATE = "authenticate"
    IMPORT = "import"
    LOOK_UP = "look up"
    CREATE = "create"
    CALL = "call"
    RELEASE = "release"
    SHUT_DOWN = "shut down"


class Ends(Enum):
    """Whose life a request ends."""

    NOTHING = "nothing"
    OBJECT = "the object that it names"
    EVERYTHING = "all objects of the gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """What a request means, beside its layout.

    In the templates ``{method name}`` stands for the value of that part, and ``{owner}`` for the class of the
    object that is asked, where it is known.
    """

    notation: str = ""
    """How the request reads, in the notation of a Java program; without one, its word and its values."""
    subject: str = ""
    """The part that names what is asked for."""
    gives: str = ""
    """The class of the object that a reply brings, where the request alone says it."""
    origin: str = ""
    """What handed that object out."""
    ends: Ends = Ends.NOTHING


@dataclass(frozen=True, slots=True)
class Subcommand(Sense):
    """A variant of a command, chosen by the command's second line."""

    code: str
    word: str
    meaning: str
    parts: tuple[Part, ...]
    source: str
    """Who sends it."""


@dataclass(frozen=True, slots=True)
class Command(Sense):
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
    purpose: Purpose = Purpose.CALL
    answered: bool = True
    """Whether there is a reply."""
    streams: bool = False
    """Whether raw bytes follow a reply that says it went well."""


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
    shown: str = "{}"
    """How a reply with such a value reads; ``{}`` stands for the value."""

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
