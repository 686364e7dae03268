"""The bytes of the message at hand, of which a long value's middle is counted and digested, and not kept."""

from __future__ import annotations

import codecs
import hashlib
from typing import NamedTuple

from sparkwire.wire.message import Gap, LongValue

ENDS = 512
"""Bytes that are kept of a long value's beginning, and as many of its end."""

_CONTINUED = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""


class Want(NamedTuple):
    """What a reader needs next: so many bytes."""

    size: int
    text: bool = False
    """Whether they are UTF-8, so that a long one's characters are counted."""
    room: int = 0
    """Up to which size it is kept whole even if the message becomes too long."""
    value: bool = False
    """Whether nothing that follows depends on them, so that they needn't have been stored."""


class Passing:
    """A value that is too long to be kept, while it passes."""

    def __init__(self, text: bool) -> None:
        self._digest = hashlib.sha256()
        self._head = self._tail = b""
        self.size = 0
        self.faulty = False
        """Whether it is no UTF-8, though it should be."""
        self._decoder = codecs.getincrementaldecoder("utf-8")() if text else None
        self._characters = 0

    @property
    def kept(self) -> tuple[bytes, bytes]:
        """Its beginning and its end, as far as they don't overlap."""
        return self._head, self._tail[-max(self.size - ENDS, 0) :] if self.size > ENDS else b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of it."""
        self.size += len(data)
        self._digest.update(data)
        self._head += data[: ENDS - len(self._head)]
        self._tail = (self._tail + data[-ENDS:])[-ENDS:]
        if self._decoder is not None and not self.faulty:
            self._characters += len(data.translate(None, _CONTINUED))
            try:
                self._decoder.decode(data)
            except UnicodeDecodeError:
                self.faulty = True

    def end(self) -> LongValue:
        """It is whole."""
        digest = self._digest.hexdigest()
        if self._decoder is None:
            return LongValue(self._head, self._tail, self.size, digest)
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.faulty = True
        head, tail = self._head.decode(errors="ignore"), self._tail.decode(errors="ignore")
        return LongValue(head, tail, self._characters, digest)


class Keeper:
    """The message at hand: its bytes, what is left out of them, and where it begins in the stream."""

    def __init__(self, max_message: int) -> None:
        self.max_message = max_message
        self.raw = bytearray()
        self.gaps: list[Gap] = []
        self.offset = 0
        self._missing = 0
        self._start = 0
        self._text = False
        self._passing: Passing | None = None
        self._withheld: tuple[int, str] | None = None
        """Where the value at hand has bytes that were not given, and their digest."""
        self._skippable = 0
        self.faulty_text = False
        """Whether the value that was got last should have been UTF-8, and isn't."""

    @property
    def size(self) -> int:
        """How many bytes of it have come."""
        passing = self._passing.size if self._passing is not None else 0
        return len(self.raw) + passing + sum(gap.size for gap in self.gaps)

    @property
    def missing(self) -> int:
        """How many bytes of what is wanted have not come."""
        return self._missing

    def expect(self, want: Want) -> None:
        """Be ready for the next value."""
        self._missing, self._start, self._text = want.size, len(self.raw), want.text
        fits = want.size <= want.room or len(self.raw) + want.size <= self.max_message
        self._passing = None if fits or want.size <= 2 * ENDS else Passing(want.text)
        self._withheld = None
        self._skippable = want.size if want.value else 0

    def take(self, data: bytes) -> int:
        """Take as many of these bytes as the value still needs; returns how many."""
        piece = data[: self._missing]
        self._missing -= len(piece)
        if self._passing is None:
            self.raw += piece
        else:
            self._passing.feed(piece)
        return len(piece)

    def may_skip(self, count: int) -> bool:
        """Whether so many bytes of what is wanted needn't have been stored."""
        return count <= min(self._missing, self._skippable)

    def skip(self, count: int, digest: str) -> None:
        """Bytes of the value that passed and weren't stored, ``missing`` at most. ``digest`` is theirs."""
        self.settle()
        self._missing -= count
        self._withheld = len(self.raw), digest
        self.gaps.append(Gap(len(self.raw), count))

    def value(self) -> bytes | LongValue:
        """The value, which is whole."""
        self.faulty_text = False
        if self._withheld is not None:
            at, digest = self._withheld
            head, tail = bytes(self.raw[self._start : at]), bytes(self.raw[at:])
            whole = len(head) + len(tail) + sum(gap.size for gap in self.gaps if gap.at >= self._start)
            said = digest if not (head or tail) else ""
            if self._text:
                return LongValue(head.decode(errors="replace"), tail.decode(errors="replace"), whole, said)
            return LongValue(head, tail, whole, said)
        if self._passing is None:
            return bytes(self.raw[self._start :])
        value = self._passing.end()
        self.faulty_text = self._passing.faulty
        self.settle()
        return value

    def settle(self) -> None:
        """Keep the ends of a value that passes, if one does, whole or not."""
        if self._passing is None:
            return
        head, tail = self._passing.kept
        gap = self._passing.size - len(head) - len(tail)
        self._passing = None
        self.raw += head
        if gap:
            self.gaps.append(Gap(len(self.raw), gap))
        self.raw += tail

    def leave_gap(self, count: int) -> None:
        """Bytes of what can't be read that weren't stored."""
        self.settle()
        self.gaps.append(Gap(len(self.raw), count))

    def leave_out(self, start: int) -> None:
        """Leave out what was kept from ``start`` on: of it, and what is left out there already, remains a
        gap.
        """
        inside = [gap for gap in self.gaps if gap.at >= start]
        gone = len(self.raw) - start + sum(gap.size for gap in inside)
        self.gaps = self.gaps[: len(self.gaps) - len(inside)]
        self.gaps.append(Gap(start, gone))
        del self.raw[start:]

    def bound(self) -> None:
        """Leave the middle out of what can't be read, when it is too long."""
        most = self.max_message
        if len(self.raw) > most + 2 * ENDS:
            inside = [gap for gap in self.gaps if gap.at > most]
            gone = len(self.raw) - ENDS - most
            self.gaps = [gap for gap in self.gaps if gap.at <= most]
            if self.gaps and self.gaps[-1].at == most:
                inside.append(self.gaps.pop())
            self.gaps.append(Gap(most, gone + sum(gap.size for gap in inside)))
            del self.raw[most:-ENDS]

    def whole(self) -> tuple[bytes, int, tuple[Gap, ...]]:
        """The message at hand, where it begins, and its gaps. The next one begins behind it."""
        raw, offset, gaps = bytes(self.raw), self.offset, tuple(self.gaps)
        self.offset += self.size
        self.raw.clear()
        self.gaps.clear()
        return raw, offset, gaps
