"""A buffer that hands a stream out line by line, and keeps what belongs to the message at hand.

The bytes of an unfinished message stay in it, because a message that turns out to be malformed is handed
out whole. Whoever reads decides where a message ends; the buffer only knows lines.
"""

from __future__ import annotations


class LineBuffer:
    """Bytes that have come and are in no message yet. Places are indexes into ``data``."""

    __slots__ = ("data", "line", "offset", "searched", "start")

    def __init__(self) -> None:
        self.data = bytearray()
        self.offset = 0
        """Where ``data`` begins in the stream."""
        self.start = 0
        """Where the message at hand begins."""
        self.line = 0
        """Where the line at hand begins."""
        self.searched = 0
        """Up to where there is no line end after ``line``."""

    def __len__(self) -> int:
        return len(self.data)

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
            self.searched -= gone

    def take_all(self) -> bytes:
        """Everything that is left, as the end of the message at hand; the buffer is then empty."""
        raw = self.message(len(self.data))
        self.line = self.searched = len(self.data)
        return raw
