"""What is known of one connection while its exchanges are made of a trace's records."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sparkwire.trace.gateway.exchange import Alike
from sparkwire.trace.hidden import Hidden
from sparkwire.trace.records import CallSite, Chunk
from sparkwire.wire.gateway import Conversation, Event, Pair
from sparkwire.wire.gateway.shapes import Shape
from sparkwire.wire.message import Direction, Malformed, Message

_TO_JAVA = Direction.TO_JAVA
_MANY = 64
"""Chunks of one unfinished message, after which most of them are dropped: a message can be of any length."""


@dataclass(slots=True)
class Draft:
    """What is known of an exchange before it is over."""

    n: int
    began: Chunk
    site: CallSite | None
    thread: tuple[int, str]
    parent: int | None
    duration_ns: int | None = None
    unsent: str = ""


class Start:
    """How simple exchanges of one connection begin: with a request of this shape, thread and call site."""

    __slots__ = ("replies", "shape", "site", "thread")

    def __init__(self, shape: Shape, thread: tuple[int, str], site: CallSite | None) -> None:
        self.shape = shape
        self.thread = thread
        self.site = site
        self.replies: dict[bytes, Alike] = {}
        """How they went on, by what ``shapes.ALIKE`` makes of the reply."""


Asked = tuple[Chunk, Start, int]
"""A request on an idle connection, how it began, and its number."""
Starts = dict[tuple[bytes, int, int], Start]
"""By what ``shapes.ALIKE`` makes of the request, and the chunk's thread and site."""


class PairedConnection:
    """One connection: its conversation, and the chunks that its unfinished messages came in.

    Most exchanges are simple: a request in one chunk while nothing else is going on, then its reply in one
    chunk, both of known shapes. The builder makes these without the conversation, which takes part when
    anything else comes.
    """

    __slots__ = ("apart", "asked", "conversation", "drafts", "idle", "to_java", "to_python")

    def __init__(self) -> None:
        self.conversation = Conversation()
        self.drafts: dict[Pair, Draft] = {}
        self.to_java, self.to_python = _Pieces(), _Pieces()
        self.idle = True
        """Whether the conversation is: then the next chunk may begin a simple exchange."""
        self.asked: Asked | None = None
        """The request that may be that of a simple exchange. The conversation doesn't know of it."""
        self.apart = False
        """Whether there were simple exchanges that the conversation doesn't know of."""

    def add(self, chunk: Chunk) -> list[Event]:
        way = chunk.direction
        pieces = self.to_java if way is _TO_JAVA else self.to_python
        if self.conversation.pending(way) == 0:
            pieces.chunks.clear()
        elif len(pieces.chunks) > _MANY:
            pieces.thin(*self.conversation.unfinished(way))
        pieces.add(chunk)
        return self.conversation.feed(way, chunk.data)

    def forget(self) -> None:
        """Forget which simple exchanges there were."""
        self.to_java.starts.clear()
        self.to_python.starts.clear()

    def resume(self) -> Asked | None:
        """The conversation takes part again; the request that it must be told of first."""
        asked, self.asked = self.asked, None
        if self.apart:
            self.conversation.jump(self.to_java.fed, self.to_python.fed)
            self.apart = False
        self.idle = False
        return asked

    def began(self, message: Message | Malformed) -> Chunk:
        """The chunk in which a message began."""
        pieces = self.to_java if message.direction is _TO_JAVA else self.to_python
        return pieces.holding(message.offset)

    def hidden(self, way: Direction) -> Hidden:
        """The placeholders in one direction."""
        return (self.to_java if way is _TO_JAVA else self.to_python).hidden

    def last(self, way: Direction) -> Chunk | None:
        """The last chunk of one direction; None when there was none."""
        chunks = (self.to_java if way is _TO_JAVA else self.to_python).chunks
        return chunks[-1][1] if chunks else None


class _Pieces:
    """The chunks of one direction that may hold the beginning of a message: it may be sent in pieces."""

    __slots__ = ("chunks", "fed", "hidden", "starts")

    def __init__(self) -> None:
        self.starts: Starts = {}
        """The simple exchanges that began in this direction."""
        self.hidden = Hidden()
        self.chunks: deque[tuple[int, Chunk]] = deque()
        """Each with the offset at which it begins."""
        self.fed = 0

    def add(self, chunk: Chunk) -> None:
        self.chunks.append((self.fed, chunk))
        self.fed += len(chunk.data)

    def thin(self, message: int, line: int) -> None:
        """Keep no chunk in which nothing can begin any more.

        The unfinished message begins at offset ``message``. Should it turn out to be malformed, another one
        can begin with the unfinished line, at ``line``.
        """
        self.holding(message)
        chunks = self.chunks
        holding_line = max(at for at, (offset, _) in enumerate(chunks) if offset <= line)
        self.chunks = deque(chunks[at] for at in sorted({0, holding_line}))

    def holding(self, offset: int) -> Chunk:
        """The chunk with the byte at ``offset``, which is not before one that was asked for already."""
        chunks = self.chunks
        while len(chunks) > 1 and chunks[1][0] <= offset:
            chunks.popleft()
        return chunks[0][1]
