"""What a reader gives out: some bytes that one side said, and on which connection."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sparkwire.wire.message import Direction


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes that one end of a connection said."""

    data: bytes
    connection: Hashable = 0
    direction: Direction | None = None
    """Which way they went; None when only ``end`` is known, and the hearing must find out."""
    end: int = 0
    """0 or 1: which end of its connection said it."""
    t_ns: int | None = None
    """When, in nanoseconds since the epoch or since any other moment; None when the source doesn't say."""
    broken: bool = False
    """Whether what follows from the same side doesn't go on where this ends: something is missing between."""
    opens: bool = False
    """Whether the connection begins here, whatever was said on one with the same name."""
    closes: bool = False
    """Whether nothing more is said on this connection."""


class Reader(Protocol):
    """Reads one kind of source."""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take the next bytes of the source."""

    def end(self) -> Iterator[Piece]:
        """The source is over."""

    def notes(self) -> list[str]:
        """What was left out, and why, in sentences."""


Given = TypeVar("Given")


class Lines:
    """Cuts a stream into lines, without their ends. A line of more than ``MOST`` bytes is given in pieces."""

    MOST = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        # Whole lines go out without passing through the buffer.
        first, *more = data.split(b"\n")
        self._rest += first
        if more:
            yield bytes(self._rest).removesuffix(b"\r")
            for line in more[:-1]:
                yield line.removesuffix(b"\r")
            self._rest[:] = more[-1]
        if len(self._rest) > self.MOST:
            yield bytes(self._rest)
            self._rest.clear()

    def end(self) -> Iterator[bytes]:
        if self._rest:
            yield bytes(self._rest).removesuffix(b"\r")
            self._rest.clear()


class ByLine(Generic[Given]):
    """Reads a source line by line. What a line gives, and what is left at the end, each kind knows itself."""

    def __init__(self) -> None:
        self._lines = Lines()

    def feed(self, data: bytes) -> Iterator[Given]:
        for line in self._lines.feed(data):
            yield from self._take(line)

    def end(self) -> Iterator[Given]:
        for line in self._lines.end():
            yield from self._take(line)
        yield from self._left()

    def _take(self, line: bytes) -> Iterator[Given]:
        raise NotImplementedError

    def _left(self) -> Iterator[Given]:
        yield from ()
