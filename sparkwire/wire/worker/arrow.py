"""Arrow's streaming format, as far as one must know it to tell where its messages end and how many rows
they have.

A stream is messages one after the other: four bytes of 1 bits, the length of the metadata, the metadata,
the body. The metadata is a FlatBuffers table (format/Message.fbs of Apache Arrow) which says how long the
body is. A length of 0 ends the stream. Numbers have their lowest byte first. What the columns hold is for
pyarrow to say.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from sparkwire.plain import many, size

CONTINUATION = b"\xff\xff\xff\xff"

KINDS = {1: "Arrow schema", 2: "Arrow dictionary", 3: "Arrow batch"}
"""Which message a header is, by its number in the union MessageHeader of Message.fbs."""

# The places of fields in their tables, from Message.fbs and Schema.fbs.
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3
_LENGTH, _DICTIONARY_DATA, _FIELDS = 0, 1, 1


class Metadata(NamedTuple):
    """What the metadata of one message says."""

    kind: str
    """One of ``KINDS``."""
    body: int
    """How many bytes of the body follow."""
    number: int
    """How many rows a batch or dictionary has, how many columns a schema."""

    def __str__(self) -> str:
        noun = "column" if self.kind == KINDS[1] else "row"
        return f"{self.kind}, {many(self.number, noun)}, a body of {size(self.body)}"


class _Table:
    """A table of FlatBuffers: its fields are found through a list of offsets."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.offsets = at - _number("<i", data, at)
        self.length = _number("<H", data, self.offsets)

    def place(self, field: int) -> int | None:
        """Where a field's value is; None when it has its default."""
        entry = 4 + 2 * field
        if entry + 2 > self.length:
            return None
        offset = _number("<H", self.data, self.offsets + entry)
        return self.at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        place = self.place(field)
        return 0 if place is None else _number(form, self.data, place)

    def table(self, field: int) -> _Table:
        place = self.place(field)
        if place is None:
            raise ValueError("a part of it is missing")
        return _Table(self.data, place + _number("<I", self.data, place))

    def count(self, field: int) -> int:
        """How many elements a vector has."""
        place = self.place(field)
        return 0 if place is None else _number("<I", self.data, place + _number("<I", self.data, place))


def _number(form: str, data: bytes, at: int) -> int:
    if at < 0:
        raise ValueError("an offset leads before its beginning")
    try:
        return int(struct.unpack_from(form, data, at)[0])
    except struct.error:
        raise ValueError("an offset leads behind its end") from None


def read_metadata(data: bytes) -> Metadata:
    """What the metadata of a message says. Raises ``ValueError`` with a plain reason when it is none."""
    message = _Table(data, _number("<I", data, 0))
    number = message.number(_HEADER_TYPE, "<B")
    kind = KINDS.get(number)
    if kind is None:
        raise ValueError(f"a header of kind {number}, which no stream has")
    body = message.number(_BODY_LENGTH, "<q")
    if body < 0:
        raise ValueError(f"a body of {body} bytes")
    header = message.table(_HEADER)
    if number == 1:
        return Metadata(kind, body, header.count(_FIELDS))
    rows = header.table(_DICTIONARY_DATA) if number == 2 else header
    return Metadata(kind, body, rows.number(_LENGTH, "<q"))
