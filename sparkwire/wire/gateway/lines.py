"""A buffer that hands a stream out line by line, and keeps what belongs to the message at hand.

The bytes of an unfinished message stay in it, because a message that turns out to be malformed is handed
out whole. Whoever reads decides where a message ends; the buffer only knows lines.
"""

from __future__ import annotations


class LineBuffer:
    """Bytes that have come and are in no message yet. Places are indexes into ``data``."""

    __slots__ = ("_searched", "data", "line", "offset", "start")

    def __init__(self) -> None:
        self.data = bytearray()
        self.offset = 0
        """Where ``data`` begins in the stream."""
        self.start = 0
        """Where the message at hand begins."""
        self.line = 0
        """Where the line at hand begins."""
        self._searched = 0
        """Up to where there is no line end after ``line``."""

    def __len__(self) -> int:
        return len(self.data)

    def line_end(self) -> int:
        """Where the line feed of the line at hand is; -1 while it has not come."""
        found = self.data.find(b"\n", self._searched)
        self._searched = len(self.data) if found < 0 else found
        return found

    def next_line(self, begin: int) -> None:
        """The line at hand is done with; the next one begins at ``begin``."""
        self.line = begin
        self._searched = max(self._searched, begin)

    def message(self, end: int) -> bytes:
        """The bytes of the message at hand, which ends at ``end``; the next one begins there."""
        raw = bytes(self.data[self.start : end])
        self.start = end
        return raw

    def forget(self) -> None:
        """Drop what is in a message already."""
        gone = self.start
        if gone:
            del self.data[:gone]
            self.offset += gone
            self.start = 0
            self.line -= gone
            self._searched -= gone

    def take_all(self) -> bytes:
        """Everything that is left, as the end of the message at hand; the buffer is then empty."""
        raw = self.message(len(self.data))
        self.line = self._searched = len(self.data)
        return raw
