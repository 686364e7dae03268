"""The shape of the worker wire's code table: parts of messages, conditions, evaluation types, versions.

``codes`` and ``versions`` fill these classes in. They are plain data: the decoder reads by them, and the
reference page and its diagrams are made of them. So what a version of PySpark says on this wire is said
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sparkwire.wire.message import Direction, Role


class Coding(Enum):
    """How an item is written."""

    INT = "4 bytes, signed, the highest first"
    LONG = "8 bytes, signed, the highest first"
    FLAG = "1 byte, 0 or 1"
    TEXT = "a length of 4 bytes, and so many bytes of UTF-8; the length -5 stands for no text"
    JSON = "a length of 4 bytes, and so many bytes of JSON in UTF-8"
    BYTES = "a length of 4 bytes, and so many bytes"


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a message. With a length before it, it is two fields."""

    name: str
    coding: Coding
    meaning: str
    least: int | None = None
    """The least number that it may be. A lesser one means that the layout is another."""
    longest: int | None = None
    """The most bytes that it may have. Else what a wrong length says would be waited for in vain."""


class Comparison(Enum):
    """How a condition compares."""

    IS = "is"
    AT_LEAST = "is at least"
    IN = "is one of"
    NOT_IN = "is none of"


@dataclass(frozen=True, slots=True)
class Condition:
    """What an earlier item of the same message must be."""

    item: str
    test: Comparison
    value: object

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it is so. An item that wasn't there is None."""
        found = values.get(self.item)
        match self.test:
            case Comparison.IS:
                return found == self.value
            case Comparison.AT_LEAST:
                return isinstance(found, int) and isinstance(self.value, int) and found >= self.value
            case Comparison.IN | Comparison.NOT_IN:
                assert isinstance(self.value, frozenset)
                return (found in self.value) is (self.test is Comparison.IN)


@dataclass(frozen=True, slots=True)
class When:
    """Entries that are there only if all of some conditions hold."""

    conditions: tuple[Condition, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Entries that come as often as an earlier item said."""

    count: str
    entries: tuple[Entry, ...]


Entry = Item | When | Times
Entries = tuple[Entry, ...]


class Data(Enum):
    """How the rows of a run are written."""

    FRAMES = "frames"
    """A length and so many bytes, again and again: a pickle, mostly of several rows, or a text; at the end
    -1.
    """
    ARROW = "Arrow stream"
    """One stream of Arrow's IPC format, which says itself where it ends."""
    GROUPS = "Arrow streams in groups"
    """For each group the number of its streams, and the streams; 0 when there is no further group."""


@dataclass(frozen=True, slots=True)
class EvalType:
    """What a worker is to do with the rows, and so how its command and its rows are written."""

    code: int
    name: str
    meaning: str
    data: Mapping[str, Data]
    """For each minor version that has it, how its rows are written on the way to Python."""


@dataclass(frozen=True, slots=True)
class SpecialLength:
    """A number that stands where a length is read, and means something else."""

    code: int
    name: str
    meaning: str
    directions: tuple[Direction, ...]
    """Empty where it is declared and nobody sends it."""
    source: str


@dataclass(frozen=True, slots=True)
class Production:
    """One kind of message."""

    word: str
    directions: tuple[Direction, ...]
    role: Role
    meaning: str
    source: str
    parts: tuple[Entry, ...] = ()
    """What it says, behind a special length if there is one. An init message and timings have those of their
    version; how Arrow's messages are laid out, ``arrow`` says.
    """


@dataclass(frozen=True, slots=True)
class Handshake:
    """What passes on a new connection before the first run."""

    name: str
    meaning: str
    to_python: tuple[str, ...]
    """The messages to Python, in their order, each by its word."""
    to_java: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PySpark:
    """What one minor version of PySpark says on this wire."""

    minor: str
    """Such as ``4.3``."""
    framed_init: bool
    """Whether the init message says first that it is one, and how long."""
    init: Entries
    timing: Entries
    source: str
    """Which files of which release say so."""
