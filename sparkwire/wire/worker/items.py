"""How the parts of a message are read: the code table's layouts, item by item.

An ``ItemReader`` is written as if it could wait for bytes: each step is a generator that yields what it wants
(``Want``) and is sent the value. It knows nothing of pieces, nor of what is left out of a long value:
``decoder`` brings the bytes, and ``keeping`` keeps them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Generator
from typing import NamedTuple

from sparkwire.plain import size
from sparkwire.wire.message import Direction, Field, FurtherValues, LongValue, Malformed, Message
from sparkwire.wire.worker.codes import EVAL_TYPES, NULL, PRODUCTIONS, SPECIAL_LENGTHS, START_OF_INIT
from sparkwire.wire.worker.keeping import Keeper, Want
from sparkwire.wire.worker.layout import Coding, Data, Entries, EvalType, Item, PySpark, Times, When

MOST_FIELDS = 4096
"""How many fields of a message are kept. What is repeated beyond that is read and counted."""

_PRODUCTIONS = {one.word: one for one in PRODUCTIONS}
_SPECIAL = {one.code: f"{one.name}: {one.meaning}" for one in SPECIAL_LENGTHS}
_EVAL_TYPES: dict[object, EvalType] = {one.code: one for one in EVAL_TYPES}


class Lost(NamedTuple):
    """The layout is lost. A reader that yields this is done: nothing is sent to it any more."""

    position: int
    """Where in the message at hand."""
    reason: str


Value = bytes | LongValue
Reads = Generator[Want | Lost, Value, None]


class ItemReader:
    """Reads the items of the message at hand, and makes the message of them."""

    def __init__(self, direction: Direction, version: PySpark, keeper: Keeper) -> None:
        self.direction = direction
        self.version = version
        self._keeper = keeper
        self._out: list[Message | Malformed] = []
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

    @property
    def _at(self) -> int:
        """Where in the message the next byte will be kept."""
        return len(self._keeper.raw)

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
                if item.name == "eval type":
                    yield from self._choose_data(value, self._at - 4)
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
                elif length < 0 or (item.longest is not None and length > item.longest):
                    yield Lost(start, f"Expected the length of the {item.name}, found {length}.")
                else:
                    value = yield from self._bytes(item, length)
        self._values[item.name] = value

    def _choose_data(self, kind: object, place: int) -> Reads:
        """An evaluation type was read, which says how the rows are written."""
        minor, found = self.version.minor, _EVAL_TYPES.get(kind)
        if found is None or minor not in found.data:
            yield Lost(place, f"Expected an evaluation type of PySpark {minor}, found {kind}.")
            return
        self._data = found.data[minor]

    def _int(self, item: Item) -> Generator[Want | Lost, Value, int]:
        start = self._at
        value = yield from self._number(item, 4, "!i")
        if item.least is not None and value < item.least:
            hint = ""
            if value == START_OF_INIT:
                hint = " PySpark 4.3 begins an init message with -8."
            yield Lost(
                start, f"Expected the {item.name}, which is {item.least} at least, found {value}.{hint}"
            )
        return value

    def _number(self, item: Item, length: int, form: str) -> Generator[Want | Lost, Value, int]:
        start = self._at
        value = yield from self._want(length)
        assert isinstance(value, bytes)
        number = int(struct.unpack(form, value)[0])
        self._add(item.name, start, item.meaning, number)
        return number

    def _flag(self, item: Item) -> Generator[Want | Lost, Value, bool]:
        start = self._at
        value = yield from self._want(1)
        if value not in (b"\0", b"\1"):
            assert isinstance(value, bytes)
            yield Lost(start, f"Expected 0 or 1 as {item.name}, found {value[0]}.")
        flag = value == b"\1"
        self._add(item.name, start, item.meaning, flag)
        return flag

    def _bytes(self, item: Item, length: int) -> Generator[Want | Lost, Value, object]:
        """A value of this length."""
        self._item = item.name
        start = self._at
        text = item.coding is not Coding.BYTES
        raw = yield from self._want(length, text, value=True)
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

    def _want(
        self, length: int, text: bool = False, value: bool = False
    ) -> Generator[Want | Lost, Value, Value]:
        if self._left is not None:
            if length > self._left:
                reason = f"The init message ends here, where its {self._item} needs {size(length)}."
                yield Lost(self._at, reason)
            self._left -= length
        return (yield Want(length, text, value=value))

    # Codes

    def _code(self, word: str, name: str, meaning: str) -> Generator[Want | Lost, Value, int]:
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
