"""A buffer that hands a stream out line by line, and keeps what belongs to the message at hand.

The bytes of an unfinished message stay in it, because a message that turns out to be malformed is handed
out whole. Whoever reads decides where a message ends, and which bytes of a very long one are left out; the
buffer knows lines, and counts.
"""

from __future__ import annotations

from sparkwire.wire.message import Gap


class LineBuffer:
    """Bytes that have come and are in no message yet. Places are indexes into ``data``."""

    __slots__ = ("data", "gaps", "line", "offset", "searched", "start")

    def __init__(self) -> None:
        self.data = bytearray()
        self.offset = 0
        """Where in the stream ``data`` would begin, had nothing been left out of the message at hand."""
        self.start = 0
        """Where the message at hand begins."""
        self.line = 0
        """Where the line at hand begins."""
        self.searched = 0
        """Up to where there is no line end after ``line``."""
        self.gaps: list[Gap] = []
        """Where bytes of the message at hand are left out; ``at`` is an index into ``data``, too."""

    def __len__(self) -> int:
        """How many bytes have come and are in no message yet, those included that are left out."""
        held = len(self.data) - self.start
        return held + sum(gap.size for gap in self.gaps) if self.gaps else held

    def message(self, end: int) -> tuple[bytes, int, tuple[Gap, ...]]:
        """The message at hand, which ends at ``end``: its bytes, where they begin in the stream, and gaps.

        The next one begins there.
        """
        start = self.start
        raw = bytes(self.data[start:end])
        offset = self.offset + start
        self.start = end
        if not self.gaps:
            return raw, offset, ()
        gaps = tuple(Gap(at - start, size) for at, size in self.gaps)
        self.offset += sum(gap.size for gap in gaps)
        self.gaps.clear()
        return raw, offset, gaps

    def leave_out(self, begin: int, end: int) -> int:
        """Leave bytes of the message at hand out; gaps between them become one with theirs.

        ``line`` and ``searched`` are not between them. Returns how many bytes are gone from ``data``.
        """
        gone = end - begin
        inside = sum(gap.size for gap in self.gaps if begin <= gap.at <= end)
        self.gaps = [
            *(gap for gap in self.gaps if gap.at < begin),
            Gap(begin, gone + inside),
            *(Gap(gap.at - gone, gap.size) for gap in self.gaps if gap.at > end),
        ]
        del self.data[begin:end]
        if self.line >= end:
            self.line -= gone
        self.searched -= gone
        return gone

    def forget(self) -> None:
        """Drop what is in a message already."""
        gone = self.start
        if gone:
            del self.data[:gone]
            self.offset += gone
            self.start = 0
            self.line -= gone
            self.searched -= gone
            if self.gaps:
                self.gaps = [Gap(gap.at - gone, gap.size) for gap in self.gaps]

    def all(self) -> int:
        """The end of what has come, to which line and message at hand now reach."""
        self.line = self.searched = len(self.data)
        return self.line
