"""What a decoder yields: messages made of fields, and malformed stretches.

A *message* is one whole command or reply. A *field* is a part of a message with its byte span, its
meaning and its value. The fields of a message cover its bytes with no gap and no overlap, so a page
that prints every field has printed every byte.

Nothing here belongs to one wire: every wire's decoder yields these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

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
    """The decoded value (``str``, ``int``, ``float``, ``bool``, ``bytes``, ``Decimal`` or ``None``)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One whole command or reply, as it crossed the wire."""

    direction: Direction
    role: Role
    command: str
    """The word of the command, such as ``call``; of a reply, ``success``, ``error`` or ``fatal``."""
    raw: bytes
    offset: int
    """Where ``raw`` begins in its stream, in bytes since the connection opened."""
    fields: tuple[Field, ...]
    hidden: Spans = ()
    """Where in ``raw`` the recorder put placeholders in place of secrets."""

    def hides(self, field: Field) -> bool:
        """Whether a secret stood in this field."""
        return bool(self.hidden) and _overlaps(self.hidden, field)

    def field(self, name: str) -> Field | None:
        """The first field called ``name``, or None."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no message: kept whole, with where and why.

    A decoder yields this value instead of raising, and goes on after it.
    """

    direction: Direction
    raw: bytes
    offset: int
    """Where ``raw`` begins in its stream."""
    position: int
    """The byte in ``raw`` at which the decoder gave up (``0 <= position <= len(raw)``)."""
    reason: str
    """One plain sentence: what was expected there and what was found."""
    hidden: Spans = ()
    """As in ``Message``."""

    command = "malformed"

    def hides(self, field: Field) -> bool:
        """Whether a secret stood in these bytes."""
        return bool(self.hidden) and _overlaps(self.hidden, field)


def _overlaps(spans: Spans, field: Field) -> bool:
    return any(start < field.end and field.start < end for start, end in spans)
