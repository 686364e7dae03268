"""What the bytes of one direction are read as: which message comes after which.

A ``StreamReader`` is a generator, as ``items`` explains: it goes on when the bytes that it wants have come.

When something is wrong
    Nothing is raised and no byte is lost: a ``Malformed`` value holds every byte that isn't in a message.

    * A bad *value* (text that isn't UTF-8, broken JSON) leaves the lengths where they are. The message is
      read to its end and returned as malformed.
    * When the *layout* is lost (a length that can't be one, an evaluation type that the version doesn't
      have), nothing says where the next message begins: no byte of this wire is a sign by itself. Then
      everything up to the connection's end is malformed. Only an init message of 4.3 says beforehand how
      long it is, so reading goes on behind it, if it was read far enough to know how its rows are written.
"""

from __future__ import annotations

import struct

from sparkwire.plain import size
from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker import arrow
from sparkwire.wire.worker.codes import (
    ACCUMULATORS,
    END_OF_DATA,
    END_OF_STREAM,
    EXCEPTION,
    FRAME,
    HANDSHAKES,
    NULL,
    PRODUCTIONS,
    START_ARROW,
    START_OF_INIT,
    TIMING,
)
from sparkwire.wire.worker.items import ItemReader, Lost, Reads, Value
from sparkwire.wire.worker.keeping import Keeper, Want
from sparkwire.wire.worker.layout import Coding, Data, Entries, Item, PySpark

MOST_METADATA = 4 * 1024 * 1024
"""Bytes of an Arrow message's metadata that are kept whole, because they say how long the body is."""

_HANDSHAKES = {one.name: one for one in HANDSHAKES}

_LAYOUTS = {one.word: one.parts for one in PRODUCTIONS}


class StreamReader(ItemReader):
    """Reads one direction of one connection into messages."""

    def __init__(self, direction: Direction, version: PySpark, handshake: str, keeper: Keeper) -> None:
        super().__init__(direction, version, keeper)
        self._greetings = _HANDSHAKES[handshake]
        self._program = self._to_java() if direction is Direction.TO_JAVA else self._to_python()

    def send(self, value: Value | None) -> Want | Lost:
        """Go on with a value, and say what is wanted next, or that nothing more can be read."""
        wanted = self._program.send(value)  # type: ignore[arg-type]
        if isinstance(wanted, Lost) and self._left is not None:
            self._program = self._behind_init(wanted)
            return next(self._program)
        return wanted

    def taken(self) -> list[Message | Malformed]:
        """What became whole since it was asked last."""
        out, self._out = self._out, []
        return out

    def unfinished(self) -> tuple[int, str]:
        """Where the message at hand is cut, and why that is malformed, if nothing more comes."""
        where = f"inside the {self._item} of a message ({self._word})"
        cut = f"The connection closed {where}."
        if self._fault is not None:
            return self._fault[0], f"{self._fault[1]} {cut}"
        return len(self._keeper.raw), cut

    def at_hand(self) -> str:
        """What is being read."""
        return f"{self._item or self._word} of a message ({self._word})" if self._word else "stream"

    @property
    def at_frame(self) -> bool:
        """Whether what is wanted is the length of a frame, or a code in its place."""
        return self._word == "frame" and self._item == "length"

    # What comes in each direction

    def _to_python(self) -> Reads:
        for word in self._greetings.to_python:
            yield from self._message(word, _LAYOUTS[word])
        while True:
            yield from self._init()
            yield from self._rows()

    def _rows(self) -> Reads:
        if self._data is Data.FRAMES:
            yield from self._frames()
        elif self._data is Data.ARROW:
            yield from self._streams_to_python()
        else:
            yield from self._groups()

    def _to_java(self) -> Reads:
        for word in self._greetings.to_java:
            yield from self._message(word, _LAYOUTS[word])
        while True:
            code = yield from self._code("frame", "length", "How many bytes of data follow.")
            if code >= 0:
                yield from self._bytes(FRAME, code)
                self._emit()
            elif code == START_ARROW:
                self._word = "Arrow start"
                self._emit()
                yield from self._arrow()
            elif code == TIMING:
                yield from self._message("timing", self.version.timing)
            elif code == EXCEPTION:
                yield from self._message("exception", _LAYOUTS["exception"])
            elif code == END_OF_DATA:
                self._word = "end of data"
                yield from self._entries((ACCUMULATORS,))
                updates = self._values["number of accumulators"]
                self._emit()
                assert isinstance(updates, int)
                for _ in range(updates):
                    yield from self._message("accumulator", _LAYOUTS["accumulator"])
                yield from self._end_of_run()
            else:
                yield self._unexpected(code, "a frame's length, or -1, -2, -3 or -6")

    def _end_of_run(self) -> Reads:
        code = yield from self._code("end of stream", "", "")
        if code not in (END_OF_STREAM, END_OF_DATA):
            yield self._unexpected(code, "-4 or -1 after the accumulators")
        self._emit()

    def _init(self) -> Reads:
        self._word, version = "init", self.version
        if version.framed_init:
            code = yield from self._code("init", "", "")
            if code != START_OF_INIT:
                hint = " PySpark 4.2 and older begin otherwise." if code >= 0 else ""
                yield Lost(0, f"Expected -8, with which an init message begins, found {code}.{hint}")
            self._left = yield from self._int(
                Item("message length", Coding.INT, "How many bytes of the init message follow.", least=0)
            )
        yield from self._entries(version.init)
        if self._left:
            yield Lost(self._at, f"The init message has {size(self._left)} more than its parts.")
        self._left = None
        self._emit()

    def _behind_init(self, lost: Lost) -> Reads:
        """Go on behind an init message that can't be read, but said how long it is."""
        rest, self._left = self._left, None
        assert rest is not None
        self._item = "rest"
        yield Want(rest, value=True)
        known = "eval type" in self._values
        self._emit_malformed(lost.position, lost.reason)
        if not known:
            yield Lost(0, "How the rows are written is not known, for the init message can't be read.")
        yield from self._rows()
        while True:
            yield from self._init()
            yield from self._rows()

    def _frames(self) -> Reads:
        while True:
            code = yield from self._code("frame", "length", "How many bytes of data follow.")
            if code >= 0:
                yield from self._bytes(FRAME, code)
                self._emit()
            elif code == NULL:
                self._word = "null"
                self._emit()
            elif code == END_OF_DATA:
                self._word = "end of data"
                self._emit()
                break
            else:
                yield self._unexpected(code, "a frame's length, -1 or -5")
        code = yield from self._code("end of stream", "", "")
        if code != END_OF_STREAM:
            yield self._unexpected(code, "-4 after the end of the data")
        self._emit()

    def _streams_to_python(self) -> Reads:
        """An Arrow stream, unless the run is over without one."""
        while True:
            yield Want(4)
            first = bytes(self._keeper.raw[-4:])
            if first == arrow.CONTINUATION:
                yield from self._arrow(begun=True)
                continue
            code = self._add_code(first)
            if code != END_OF_STREAM:
                yield self._unexpected(code, "an Arrow stream or -4")
            self._word = "end of stream"
            self._emit()
            return

    def _groups(self) -> Reads:
        while True:
            count = yield from self._code(
                "group", "number of streams", "How many streams this group has; 0: no group."
            )
            if count == END_OF_STREAM:
                self._word = "end of stream"
                self._emit()
                return
            if not 0 <= count <= 2:
                yield self._unexpected(count, "the number of a group's streams, 0 to 2")
            self._emit()
            for _ in range(count):
                yield from self._arrow()

    # Arrow

    def _arrow(self, begun: bool = False) -> Reads:
        """One stream. ``begun``: its first four bytes have come."""
        while True:
            self._word, self._item = "Arrow stream", "continuation"
            if not begun:
                yield Want(4)
                if bytes(self._keeper.raw[-4:]) != arrow.CONTINUATION:
                    yield Lost(0, "Expected four bytes of 1 bits, with which a message of Arrow begins.")
            begun = False
            self._add("continuation", 0, "Four bytes of 1 bits: a message of Arrow begins here.", -1)
            self._item = "metadata length"
            value = yield Want(4)
            assert isinstance(value, bytes)
            (length,) = struct.unpack("<i", value)
            self._add(
                "metadata length",
                4,
                "How many bytes of metadata follow, the lowest byte first; 0: none.",
                length,
            )
            if length == 0:
                self._word = "Arrow end"
                self._emit()
                return
            if length < 0 or length > MOST_METADATA:
                yield Lost(4, f"Expected the length of an Arrow message's metadata, found {length}.")
            self._item = "metadata"
            start = self._at
            value = yield Want(length, room=MOST_METADATA)
            assert isinstance(value, bytes)
            try:
                metadata = arrow.read_metadata(value)
            except ValueError as fault:
                yield Lost(start, f"Expected the metadata of an Arrow message: {fault}.")
                return
            self._word, self._item = metadata.kind, "body"
            self._add(
                "metadata",
                start,
                "What the message is, how many rows it has, how long its body is.",
                metadata,
            )
            start = self._at
            body = yield Want(metadata.body, value=True)
            self._add("body", start, "The columns, one after the other.", body)
            self._emit()

    # Messages

    def _message(self, word: str, entries: Entries) -> Reads:
        self._word = word
        yield from self._entries(entries)
        self._emit()
