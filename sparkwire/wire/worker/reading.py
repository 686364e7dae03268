"""What the bytes of one direction are read as: the code table's layouts, item by item.

A ``StreamReader`` is written as if it could wait for bytes: each step is a generator that yields what it
wants (``Want``) and is sent the value. It knows nothing of pieces, nor of what is left out of a long value;
``decoder`` brings the bytes, and ``keeping`` keeps them.

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

import json
import struct
from collections.abc import Generator

from sparkwire.plain import size
from sparkwire.wire.message import Direction, Field, FurtherValues, LongValue, Malformed, Message
from sparkwire.wire.worker import arrow
from sparkwire.wire.worker.codes import (
    END_OF_DATA,
    END_OF_STREAM,
    EVAL_TYPES,
    EXCEPTION,
    HANDSHAKES,
    NULL,
    PRODUCTIONS,
    SPECIAL_LENGTHS,
    START_ARROW,
    START_OF_INIT,
    TIMING,
)
from sparkwire.wire.worker.keeping import Keeper, Want
from sparkwire.wire.worker.layout import Coding, Data, Entries, EvalType, Item, PySpark, Times, When

Value = bytes | LongValue
Reads = Generator[Want, Value, None]

MOST_FIELDS = 4096
"""How many fields of a message are kept. What is repeated beyond that is read and counted."""
MOST_METADATA = 4 * 1024 * 1024
"""Bytes of an Arrow message's metadata that are kept whole, because they say how long the body is."""

_PRODUCTIONS = {one.word: one for one in PRODUCTIONS}
_SPECIAL = {one.code: f"{one.name}: {one.meaning}" for one in SPECIAL_LENGTHS}
_EVAL_TYPES: dict[object, EvalType] = {one.code: one for one in EVAL_TYPES}
_HANDSHAKES = {one.name: one for one in HANDSHAKES}

_SECRET = Item("secret", Coding.TEXT, "What only the JVM and those whom it told can know.")
_SECRET_REPLY = Item("secret reply", Coding.TEXT, "ok: it is the right one. err: it isn't.")
_PID = Item("process id", Coding.INT, "The process id of the worker.", least=1)
_FRAME = Item("data", Coding.BYTES, "Rows of the data: mostly a pickle of several.")
_TRACEBACK = Item("traceback", Coding.TEXT, "The exception, as Python prints it.")
_UPDATE = Item("update", Coding.BYTES, "The accumulator's id and what was added, pickled.")
_ACCUMULATORS = Item("number of accumulators", Coding.INT, "How many accumulators follow.", least=0)
_LAYOUTS: dict[str, Entries] = {"secret": (_SECRET,), "secret reply": (_SECRET_REPLY,), "pid": (_PID,)}


class Lost(Exception):
    """The layout is lost: where in the message at hand, and why."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


class StreamReader:
    """Reads one direction of one connection into messages.

    A subclass brings the bytes: it sends values into ``_program``.
    """

    def __init__(self, direction: Direction, version: PySpark, handshake: str, keeper: Keeper) -> None:
        self.direction = direction
        self.version = version
        self._keeper = keeper
        self._out: list[Message | Malformed] = []
        self._greetings = _HANDSHAKES[handshake]
        self._word = ""
        """The kind of the message at hand."""
        self._item = ""
        """What is being read of it."""
        self._fields: list[Field] = []
        self._values: dict[str, object] = {}
        self._fault: tuple[int, str] | None = None
        self._data = Data.FRAMES
        """How the rows of this run are written."""
        self._left: int | None = None
        """How many bytes of an init message are still to come, where it said so."""
        self._program = self._to_java() if direction is Direction.TO_JAVA else self._to_python()

    def send(self, value: Value | None) -> Want:
        """Go on with a value, and say what is wanted next. Raises ``Lost`` when nothing can be read any
        more.
        """
        return self._program.send(value)  # type: ignore[arg-type]

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

    # What comes in each direction

    def _to_python(self) -> Reads:
        for word in self._greetings.to_python:
            yield from self._message(word, _LAYOUTS[word])
        while True:
            yield from self._init()
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
                yield from self._bytes(_FRAME, code)
                self._emit()
            elif code == START_ARROW:
                self._word = "Arrow start"
                self._emit()
                yield from self._arrow()
            elif code == TIMING:
                yield from self._rest("timing", self.version.timing)
            elif code == EXCEPTION:
                yield from self._rest("exception", (_TRACEBACK,))
            elif code == END_OF_DATA:
                yield from self._rest("end of data", (_ACCUMULATORS,), emit=False)
                updates = self._values["number of accumulators"]
                self._emit()
                assert isinstance(updates, int)
                for _ in range(updates):
                    yield from self._message("accumulator", (_UPDATE,))
                yield from self._end_of_run()
            else:
                raise self._unexpected(code, "a frame's length, or -1, -2, -3 or -6")

    def _end_of_run(self) -> Reads:
        code = yield from self._code("end of stream", "", "")
        if code not in (END_OF_STREAM, END_OF_DATA):
            raise self._unexpected(code, "-4 or -1 after the accumulators")
        self._emit()

    def _init(self) -> Reads:
        self._word, version = "init", self.version
        if version.framed_init:
            code = yield from self._code("init", "", "")
            if code != START_OF_INIT:
                hint = " PySpark 4.2 and older begin with the split index." if code >= 0 else ""
                raise Lost(0, f"Expected -8, with which an init message begins, found {code}.{hint}")
            self._left = yield from self._int(
                Item("message length", Coding.INT, "How many bytes of the init message follow.", least=0)
            )
        try:
            yield from self._entries(version.init)
            if self._left:
                raise Lost(self._at, f"The init message has {size(self._left)} more than its parts.")
        except Lost as lost:
            if self._left is None:
                raise
            rest, self._left = self._left, None
            self._item = "rest"
            yield Want(rest)
            known = self._known_eval_type()
            self._emit_malformed(lost.position, lost.reason)
            if not known:
                raise Lost(
                    0, "How the rows are written is not known, for the init message can't be read."
                ) from None
            return
        self._left = None
        if not self._known_eval_type():
            kind = self._values["eval type"]
            place = next(f.start for f in self._fields if f.name == "eval type")
            raise Lost(place, f"Expected an evaluation type of PySpark {version.minor}, found {kind}.")
        self._emit()

    def _known_eval_type(self) -> bool:
        """Whether the init message's evaluation type is one of this version, so that rows can be read."""
        kind = _EVAL_TYPES.get(self._values.get("eval type"))
        data = kind.data.get(self.version.minor) if kind is not None else None
        if data is not None:
            self._data = data
        return data is not None

    def _frames(self) -> Reads:
        while True:
            code = yield from self._code("frame", "length", "How many bytes of data follow.")
            if code >= 0:
                yield from self._bytes(_FRAME, code)
                self._emit()
            elif code == NULL:
                self._word = "null"
                self._emit()
            elif code == END_OF_DATA:
                self._word = "end of data"
                self._emit()
                break
            else:
                raise self._unexpected(code, "a frame's length, -1 or -5")
        code = yield from self._code("end of stream", "", "")
        if code != END_OF_STREAM:
            raise self._unexpected(code, "-4 after the end of the data")
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
                raise self._unexpected(code, "an Arrow stream or -4")
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
                raise self._unexpected(count, "the number of a group's streams, 0 to 2")
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
                    raise Lost(0, "Expected four bytes of 1 bits, with which a message of Arrow begins.")
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
                raise Lost(4, f"Expected the length of an Arrow message's metadata, found {length}.")
            self._item = "metadata"
            start = self._at
            value = yield Want(length, room=MOST_METADATA)
            assert isinstance(value, bytes)
            try:
                metadata = arrow.read_metadata(value)
            except ValueError as fault:
                raise Lost(start, f"Expected the metadata of an Arrow message: {fault}.") from None
            self._word, self._item = metadata.kind, "body"
            self._add(
                "metadata",
                start,
                "What the message is, how many rows it has, how long its body is.",
                metadata,
            )
            start = self._at
            body = yield Want(metadata.body)
            self._add("body", start, "The columns, one after the other.", body)
            self._emit()

    # Items

    @property
    def _at(self) -> int:
        """Where in the message the next byte will be kept."""
        return len(self._keeper.raw)

    def _message(self, word: str, entries: Entries) -> Reads:
        self._word = word
        yield from self._entries(entries)
        self._emit()

    def _rest(self, word: str, entries: Entries, emit: bool = True) -> Reads:
        """What follows a special length."""
        self._word = word
        yield from self._entries(entries)
        if emit:
            self._emit()

    def _entries(self, entries: Entries) -> Reads:
        for entry in entries:
            if isinstance(entry, Item):
                yield from self._read(entry)
            elif isinstance(entry, When):
                if all(condition.holds(self._values) for condition in entry.conditions):
                    yield from self._entries(entry.entries)
            else:
                yield from self._times(entry)

    def _times(self, entry: Times) -> Reads:
        count = self._values[entry.count]
        assert isinstance(count, int)
        further = start = known = 0
        for _ in range(count):
            if len(self._fields) - known >= MOST_FIELDS and not further:
                start, known = self._at, len(self._fields)
            elif further:
                del self._fields[known:]
                self._keeper.leave_out(start)
            yield from self._entries(entry.entries)
            if known:
                further += 1
                name, meaning = self._fields[known].name, self._fields[known].meaning
                self._fields[known:] = [Field(name, start, self._at, meaning, FurtherValues(further))]

    def _read(self, item: Item) -> Reads:
        self._item = item.name
        value: object
        match item.coding:
            case Coding.INT:
                value = yield from self._int(item)
            case Coding.LONG:
                value = yield from self._number(item, 8, "!q")
            case Coding.FLAG:
                value = yield from self._flag(item)
            case _:
                start = self._at
                length = yield from self._number(
                    Item("length", Coding.INT, f"How many bytes the {item.name} has."), 4, "!i"
                )
                if length == NULL and item.coding is Coding.TEXT:
                    value = None
                    self._add(item.name, self._at, item.meaning, None)
                elif length < 0:
                    raise Lost(start, f"Expected the length of the {item.name}, found {length}.")
                else:
                    value = yield from self._bytes(item, length)
        self._values[item.name] = value

    def _int(self, item: Item) -> Generator[Want, Value, int]:
        start = self._at
        value = yield from self._number(item, 4, "!i")
        if item.least is not None and value < item.least:
            hint = ""
            if value == START_OF_INIT:
                hint = " PySpark 4.3 begins an init message with -8."
            raise Lost(
                start, f"Expected the {item.name}, which is {item.least} at least, found {value}.{hint}"
            )
        return value

    def _number(self, item: Item, length: int, form: str) -> Generator[Want, Value, int]:
        start = self._at
        value = yield from self._want(length)
        assert isinstance(value, bytes)
        number = int(struct.unpack(form, value)[0])
        self._add(item.name, start, item.meaning, number)
        return number

    def _flag(self, item: Item) -> Generator[Want, Value, bool]:
        start = self._at
        value = yield from self._want(1)
        if value not in (b"\0", b"\1"):
            assert isinstance(value, bytes)
            raise Lost(start, f"Expected 0 or 1 as {item.name}, found {value[0]}.")
        flag = value == b"\1"
        self._add(item.name, start, item.meaning, flag)
        return flag

    def _bytes(self, item: Item, length: int) -> Generator[Want, Value, object]:
        """A value of this length."""
        self._item = item.name
        start = self._at
        text = item.coding is not Coding.BYTES
        raw = yield from self._want(length, text)
        value: object = raw
        if isinstance(raw, bytes) and text:
            try:
                value = raw.decode()
                if item.coding is Coding.JSON:
                    value = _object(raw)
            except UnicodeDecodeError as fault:
                value = raw.decode(errors="replace")
                self._note(start + fault.start, f"In the {item.name}: the text is not UTF-8.")
            except ValueError as fault:
                self._note(start, f"In the {item.name}: {fault}.")
        elif self._keeper.faulty_text:
            self._note(start, f"In the {item.name}: the text is not UTF-8.")
        self._add(item.name, start, item.meaning, value)
        return value

    def _want(self, length: int, text: bool = False) -> Generator[Want, Value, Value]:
        if self._left is not None:
            if length > self._left:
                reason = f"The init message ends here, where its {self._item} needs {size(length)}."
                raise Lost(self._at, reason)
            self._left -= length
        return (yield Want(length, text))

    # Codes

    def _code(self, word: str, name: str, meaning: str) -> Generator[Want, Value, int]:
        """A number that is a length or a special length."""
        self._word, self._item = word, name or "special length"
        yield Want(4)
        return self._add_code(bytes(self._keeper.raw[-4:]), name, meaning)

    def _add_code(self, raw: bytes, name: str = "", meaning: str = "") -> int:
        (code,) = struct.unpack("!i", raw)
        start = self._at - 4
        if code in _SPECIAL:
            self._add("special length", start, _SPECIAL[code], code)
        else:
            self._add(name or "special length", start, meaning or "Not a special length.", code)
        return int(code)

    def _unexpected(self, code: int, wanted: str) -> Lost:
        return Lost(self._fields[-1].start, f"Expected {wanted}, found {code}.")

    # Fields, and what comes out

    def _add(self, name: str, start: int, meaning: str, value: object) -> None:
        self._fields.append(Field(name, start, self._at, meaning, value))

    def _note(self, position: int, reason: str) -> None:
        """Remember the first thing that is wrong in this message."""
        if self._fault is None:
            self._fault = position, reason

    def _emit(self) -> None:
        if self._fault is not None:
            self._emit_malformed(*self._fault)
            return
        raw, offset, gaps = self._keeper.whole()
        role, fields = _PRODUCTIONS[self._word].role, tuple(self._fields)
        self._out.append(Message(self.direction, role, self._word, raw, offset, fields, (), gaps))
        self._begin()

    def _emit_malformed(self, position: int, reason: str) -> None:
        raw, offset, gaps = self._keeper.whole()
        self._out.append(Malformed(self.direction, raw, offset, min(position, len(raw)), reason, (), gaps))
        self._begin()

    def _begin(self) -> None:
        self._fields = []
        self._values = {}
        self._fault = None
        self._item = ""


def _object(raw: bytes) -> object:
    """A JSON object. Raises ``ValueError`` with a plain reason."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("expected JSON") from None
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value
