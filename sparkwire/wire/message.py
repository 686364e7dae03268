"""What a decoder yields: messages made of fields, and malformed stretches.

A *message* is one whole command or reply. A *field* is a part of a message with its byte span, its
meaning and its value. The fields of a message cover its bytes with no gap and no overlap, so a page
that prints every field has printed every byte.

A message can be of any length, and memory is not. Of a long value only its beginning and its end are kept,
with its length and a digest (``LongValue``). The bytes between are left out of ``raw``, and the message says
where and how many (``Gap``), so every size and every offset in the stream is that of the real bytes.

Nothing here belongs to one wire: every wire's decoder yields these classes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, Protocol

from sparkwire.plain import ELLIPSIS, many, size

Spans = tuple[tuple[int, int], ...]
"""Stretches of bytes, each with its start and its end, in order and apart from each other."""


class Direction(Enum):
    """Which way bytes travel. The names say who reads them."""

    TO_JAVA = "to_java"
    TO_PYTHON = "to_python"

    @property
    def back(self) -> Direction:
        """The other way."""
        return Direction.TO_PYTHON if self is Direction.TO_JAVA else Direction.TO_JAVA


class Role(Enum):
    """What a message does in its exchange."""

    REQUEST = "request"
    REPLY = "reply"
    STREAM = "stream"
    """Raw bytes that follow the reply to a stream command, until the next command or the connection's end."""


class Gap(NamedTuple):
    """Bytes of a long message that passed and were not kept."""

    at: int
    """Where in ``raw`` they are left out: before ``raw[at]``, and in the same field."""
    size: int
    """How many there were."""


@dataclass(frozen=True, slots=True)
class LongValue:
    """A value that is too long to be kept whole: what its bytes said as they passed."""

    head: str | bytes
    """Its beginning; text where the value is text or a number, else bytes."""
    tail: str | bytes
    """Its end."""
    length: int
    """Of text in characters, else in bytes."""
    sha256: str
    """The SHA-256 digest of the whole value, of text in UTF-8; in hexadecimal."""

    def __str__(self) -> str:
        """The beginning and the end of a text; the size of bytes."""
        if isinstance(self.head, bytes):
            return size(self.length)
        return f"{self.head}{ELLIPSIS}{self.tail!s}"


@dataclass(frozen=True, slots=True)
class FurtherValues:
    """Values that follow many others in the same message: they were read and counted, and are not kept."""

    count: int

    def __str__(self) -> str:
        return many(self.count, "further value")


class Field(NamedTuple):
    """One part of a message.

    A named tuple, because a decoder makes a dozen of them for each message, and making a frozen
    dataclass takes four times as long.

    ``start`` and ``end`` are byte offsets into the message's ``raw`` (``raw[start:end]``), so the
    first field starts at 0 and the last one ends at ``len(raw)``.
    """

    name: str
    """A short name from the code table, such as ``method name`` or ``line end``."""
    start: int
    end: int
    meaning: str
    """One plain sentence: what these bytes are for, in this message."""
    value: object
    """The decoded value: ``str``, ``int``, ``float``, ``bool``, ``bytes``, ``Decimal``, ``None``, or what is
    known of one that was not kept (``LongValue``, ``FurtherValues``)."""


class _Stretch:
    """What messages and malformed stretches have in common: bytes of one direction, in their place."""

    __slots__ = ()
    raw: bytes
    hidden: Spans
    gaps: tuple[Gap, ...]

    @property
    def size(self) -> int:
        """How many bytes it had on the wire, those that are left out of ``raw`` included."""
        return len(self.raw) + sum(gap.size for gap in self.gaps) if self.gaps else len(self.raw)

    def place(self, index: int) -> int:
        """Where on the wire a field began or ended whose ``start`` or ``end`` is ``index``.

        In bytes from the beginning of the message. It is more than ``index`` behind a gap.
        """
        return index + sum(gap.size for gap in self.gaps if gap.at < index)

    def index(self, place: int) -> int:
        """Where in ``raw`` the byte at ``place`` on the wire is, or its gap."""
        for gap in self.gaps:
            if place > gap.at:
                place = max(gap.at, place - gap.size)
        return place

    def length(self, field: Field) -> int:
        """How many bytes a field had on the wire."""
        return self.place(field.end) - self.place(field.start) if self.gaps else field.end - field.start

    def gaps_in(self, field: Field) -> tuple[Gap, ...]:
        """Where bytes of a field are left out."""
        return tuple(gap for gap in self.gaps if field.start <= gap.at < field.end)

    def hides(self, field: Field) -> bool:
        """Whether a secret stood in this field."""
        return any(start < field.end and field.start < end for start, end in self.hidden)


class Likeness(Protocol):
    """What messages have in common that differ in digits only, and so are laid out alike.

    A decoder makes one where it knows that digits decide nothing. Such messages needn't be decoded again
    until somebody asks for their fields.
    """

    subject: str | None
    """What such a message asks for, where no digit is in it: a method, class or import, else its command."""

    def fields(self, raw: bytes) -> tuple[Field, ...]:
        """The fields of one of these messages."""
        ...

    def field(self, raw: bytes, name: str) -> Field | None:
        """The first field called ``name`` of one of these messages, or None."""
        ...


_SAID = ("direction", "role", "command", "raw", "offset", "fields", "hidden", "gaps")


class Message(_Stretch):
    """One whole command or reply, as it crossed the wire. Nothing changes it once it is made.

    It has slots and no decorator, because a long trace makes millions. Of a message that is made with a
    ``shape``, and without ``fields``, these are decoded when they are asked for.
    """

    __slots__ = ("_fields", "command", "direction", "gaps", "hidden", "offset", "raw", "role", "shape")

    def __init__(
        self,
        direction: Direction,
        role: Role,
        command: str,
        raw: bytes,
        offset: int,
        fields: tuple[Field, ...] | None,
        hidden: Spans = (),
        gaps: tuple[Gap, ...] = (),
        shape: Likeness | None = None,
    ) -> None:
        self.direction = direction
        self.role = role
        self.command = command
        """The word of the command, such as ``call``; of a reply, ``success``, ``error`` or ``fatal``."""
        self.raw = raw
        """Its bytes, but for those in ``gaps``."""
        self.offset = offset
        """Where it begins in its stream, in bytes since the connection opened."""
        self._fields = fields
        self.hidden = hidden
        """Where in ``raw`` the recorder put placeholders in place of secrets."""
        self.gaps = gaps
        """Where bytes are left out of ``raw``, in order; empty for nearly all messages."""
        self.shape = shape
        """What it has in common with others; None where that isn't known."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its parts, which cover ``raw``."""
        if self._fields is None:
            assert self.shape is not None
            self._fields = self.shape.fields(self.raw)
        return self._fields

    def field(self, name: str) -> Field | None:
        """The first field called ``name``, or None."""
        if self._fields is None and self.shape is not None:
            return self.shape.field(self.raw, name)
        return next((f for f in self.fields if f.name == name), None)

    def hiding(self, hidden: Spans) -> Message:
        """The same message, with placeholders in these places."""
        return self._again(self.offset, hidden)

    def at(self, offset: int) -> Message:
        """The same message at another place in its stream."""
        return self._again(offset, self.hidden)

    def _again(self, offset: int, hidden: Spans) -> Message:
        said = self.direction, self.role, self.command, self.raw
        return Message(*said, offset, self._fields, hidden, self.gaps, self.shape)

    def _said(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in _SAID])

    def __eq__(self, other: object) -> bool:
        return self._said() == other._said() if isinstance(other, Message) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.direction, self.raw, self.offset))

    def __repr__(self) -> str:
        return f"Message({', '.join(f'{name}={getattr(self, name)!r}' for name in _SAID)})"


@dataclass(frozen=True, slots=True)
class Malformed(_Stretch):
    """Bytes that are no message, with where and why.

    A decoder yields this value instead of raising, and goes on after it.
    """

    direction: Direction
    raw: bytes
    offset: int
    """Where it begins in its stream."""
    position: int
    """The byte in ``raw`` at which the decoder gave up (``0 <= position <= len(raw)``)."""
    reason: str
    """One plain sentence: what was expected there and what was found."""
    hidden: Spans = ()
    """As in ``Message``."""
    gaps: tuple[Gap, ...] = ()
    """As in ``Message``."""

    command = "malformed"
    shape = None

    def hiding(self, hidden: Spans) -> Malformed:
        """As of ``Message``."""
        return replace(self, hidden=hidden)

    def at(self, offset: int) -> Malformed:
        """As of ``Message``."""
        return replace(self, offset=offset)
