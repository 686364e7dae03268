r"""Messages that were decoded already: what is sent again and again is read once.

Most of a long conversation is the same few messages, but for the ids and numbers in them, such as
``c\no14\nsize\ne\n`` and ``c\no15\nsize\ne\n``. No code of the protocol is a digit (a test holds the table to
it). So messages that differ in digits only are laid out alike: the same fields at the same places, and only
the values of those with digits differ. What they have in common is a *shape*. A message of a known shape is
decoded when its fields are asked for, by ``Decoder``, which read the first one. Nothing here decodes.

Two kinds of value can be wrong because of a digit alone, so messages that hold one have no shape: base64, and
decimals, whose exponent has a limit.
"""

from __future__ import annotations

from decimal import Decimal

from sparkwire.wire.gateway.codes import COMMANDS
from sparkwire.wire.gateway.decoder import Decoder
from sparkwire.wire.gateway.lookup import subject_of
from sparkwire.wire.message import Direction, Field, Malformed, Message, Role

MAX_SHAPES = 2_000
"""Of each direction; then all are forgotten, and what is still sent is learnt again. About 3 kB each."""
LONGEST = 512
"""Bytes of the longest message that has a shape; longer ones are hardly sent twice."""

ALIKE = bytes.maketrans(b"0123456789", b"0000000000")
"""``raw.translate(ALIKE)`` is the same for all messages of a shape."""

_J = Direction.TO_JAVA
# One reply follows, and nothing after it.
_NOT_SIMPLE = frozenset(c.word for c in COMMANDS if c.streams or not c.answered)


class Shape:
    """What messages of one direction have in common that differ in digits only."""

    __slots__ = ("answers", "asks", "command", "first", "subject")

    def __init__(self, first: Message) -> None:
        self.first = first
        """The first message that had it, decoded."""
        self.command = first.command
        self.subject: str | None = None
        """As in ``Likeness``."""
        # A placeholder must be looked up by its place, so no message that may hold one is simple.
        simple = b"*" not in first.raw
        self.asks = simple and first.role is Role.REQUEST and first.command not in _NOT_SIMPLE
        """Whether it is a request that gets one reply, after which nothing more can come of it."""
        self.answers = simple and first.role is Role.REPLY
        if first.role is Role.REQUEST:
            subject = subject_of(first)
            self.subject = None if any(digit in subject for digit in "0123456789") else subject

    def message(self, raw: bytes, offset: int) -> Message:
        """Another message of this shape."""
        first = self.first
        return Message(first.direction, first.role, first.command, raw, offset, None, (), (), self)

    def fields(self, raw: bytes) -> tuple[Field, ...]:
        """The fields of a message of this shape."""
        if raw == self.first.raw:
            return self.first.fields
        [message] = Decoder(self.first.direction).feed(raw)
        assert isinstance(message, Message)
        return message.fields

    def field(self, raw: bytes, name: str) -> Field | None:
        """The first field called ``name`` of a message of this shape, or None."""
        for at, field in enumerate(self.first.fields):
            if field.name == name:
                start, end = field.start, field.end
                # The type code before it is the same, so the same bytes are the same value.
                return field if raw[start:end] == self.first.raw[start:end] else self.fields(raw)[at]
        return None


TO_JAVA: dict[bytes, Shape] = {}
TO_PYTHON: dict[bytes, Shape] = {}
"""The shapes that are known of one direction, by what ``ALIKE`` makes of their messages."""


def of(direction: Direction) -> dict[bytes, Shape]:
    """The shapes that are known of one direction."""
    return TO_JAVA if direction is _J else TO_PYTHON


def learn(message: Message | Malformed) -> None:
    """Remember the shape of a message that came out of a fresh decoder, if it has one."""
    if not isinstance(message, Message) or message.role is Role.STREAM:
        return
    if any(isinstance(field.value, bytes | Decimal) for field in message.fields):
        return
    known = of(message.direction)
    if len(known) >= MAX_SHAPES:
        known.clear()
    known[message.raw.translate(ALIKE)] = Shape(message)
