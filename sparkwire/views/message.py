"""A message field by field: as text for a terminal, and as HTML.

Every field is drawn, so every byte is. A long value is shortened in its middle, and the count of bytes
left out is said; so it is where the message itself kept no more of it. A malformed stretch is drawn too: what
could be read, where reading stopped, and why.

In HTML a message is two linked parts. Its bytes stand line by line as cells, one for each field, text
above and hexadecimal below; each cell is a link to its field in the list that follows, where the field's
name, value and meaning are. Line ends are cells with a permalink of their own and one entry in the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sparkwire.plain import ELLIPSIS, many, number, shorten, shorten_middle, size, visible
from sparkwire.trace.gateway.words import LITERAL_SHOWN, STRUCTURE, name, typed
from sparkwire.views.markup import Html, join, maker, tag
from sparkwire.wire.message import Direction, Field, LongValue, Malformed, Message, Role

ARROWS = {Direction.TO_JAVA: "Python → Java", Direction.TO_PYTHON: "Java → Python"}

SECRET = "A secret, recorded as a placeholder of the same length."
SECRET_INSIDE = "A secret in it is recorded as a placeholder of the same length."
NOT_STORED = "Not stored: it is the user's data."
_ROW = 12
"""Bytes on a line of the text form."""
_TEXT_MOST = 4 * _ROW
"""Bytes of a field that the text form shows, unless it is asked for all."""
_HTML_HEAD, _HTML_TAIL = 24, 12
"""Bytes of a longer field that the HTML form shows of its beginning and of its end."""
_VALUE_MOST = 120
"""Characters of a value that the HTML form shows."""
_JSON_MOST = 6_000
"""Characters of a JSON object that it shows, a line for each value."""
_LINE_END = "line end"
_code_cell = maker("a", "href", class_="k")
_value_cell = maker("a", "href")
_line_end = maker("i", "id")
_field_entry = maker("li", "id")
_BREAK = Html("\n")
_LINE_END_CELL = join(["⏎", tag("small", b"\n".hex())])
_CODES = STRUCTURE - {_LINE_END}


def fields_of(message: Message | Malformed) -> Sequence[Field]:
    """The message's fields; of a malformed stretch, what was read and what was not, with the reason."""
    if isinstance(message, Message):
        return message.fields or (Field("bytes", 0, len(message.raw), "Raw bytes.", message.raw),)
    at = message.position
    read = Field("read", 0, at, "Up to here it could be read, or was skipped.", message.raw[:at])
    rest = Field("not understood", at, len(message.raw), message.reason, message.raw[at:])
    return (read, rest) if at else (rest,)


def title_of(message: Message | Malformed) -> str:
    """``request, call, 48 bytes, Python → Java``."""
    if isinstance(message, Malformed):
        kind = f"malformed at byte {number(message.place(message.position))}"
    elif message.role is Role.REQUEST:
        kind = f"request, {message.command.replace('_', ' ')}"
    else:
        kind = f"{message.role.value}, {message.command.replace('_', ' ')}"
    return f"{kind}, {size(message.size)}, {ARROWS[message.direction]}"


# --- text -----------------------------------------------------------------------------------------


def message_text(message: Message | Malformed, *, full: bool = False) -> str:
    """A message field by field: offset, bytes, text, the field's name, its value and its meaning.

    The offset is in bytes from the message's beginning; the title says where that is in the connection's
    stream. ``full`` shows every byte that the message kept.
    """
    lines = [f"{title_of(message)}, from byte {number(message.offset)} of the connection"]
    if isinstance(message, Malformed):
        lines.append(f"{message.reason} (at byte {number(message.place(message.position))})")
    lines.append(f"{'at':>6}  {'bytes':<{_ROW * 3 - 1}}  {'text':<{_ROW}}  field")
    for code, field in _with_codes(message):
        lines += _field_text(message, code, field, full)
    return "\n".join(lines) + "\n"


def _with_codes(message: Message | Malformed) -> Iterator[tuple[str, Field]]:
    """Each field with the type code before it, which says how its value is written; else ``""``."""
    code = ""
    for field in fields_of(message):
        yield code, field
        code = str(field.value) if field.name == "type code" else ""


def _field_text(message: Message | Malformed, code: str, field: Field, full: bool) -> Iterator[str]:
    note = f"{said} " if (said := _note(message, field)) else ""
    said = f"{field.name}{_value_text(message, code, field)}: {note}{visible(field.meaning)}"
    start = message.place(field.start)
    for chunk in _chunks(message, field, full):
        if isinstance(chunk, int):
            yield f"{'':6}  {ELLIPSIS} {size(chunk)} left out"
            start += chunk
            continue
        yield f"{start:>6}  {chunk.hex(' '):<{_ROW * 3 - 1}}  {_ascii(chunk):<{_ROW}}  {said}".rstrip()
        said = ""
        start += len(chunk)


def _chunks(message: Message | Malformed, field: Field, full: bool) -> Iterator[bytes | int]:
    """A field's bytes in rows, with a count wherever some are left out; one row at least."""
    if field.start == field.end:
        yield b""
    elif full:
        at = field.start
        for gap in message.gaps_in(field):
            yield from _rows(message.raw[at : gap.at])
            yield gap.size
            at = gap.at
        yield from _rows(message.raw[at : field.end])
    else:
        head, tail, left = _ends(message, field, _TEXT_MOST - _ROW, _ROW)
        yield from _rows(head)
        if left:
            yield left
        yield from _rows(tail)


def _rows(data: bytes) -> Iterator[bytes]:
    return (data[i : i + _ROW] for i in range(0, len(data), _ROW))


def _ends(message: Message | Malformed, field: Field, head: int, tail: int) -> tuple[bytes, bytes, int]:
    """The first and last bytes of a field, at most so many, and how many are left out between them."""
    data = message.raw[field.start : field.end]
    if gaps := message.gaps_in(field):
        first = data[: gaps[0].at - field.start][:head]
        last = data[gaps[-1].at - field.start :][-tail:]
        return first, last, message.length(field) - len(first) - len(last)
    if len(data) <= head + tail + _ROW:  # to say how many are left out takes as much room
        return data, b"", 0
    return data[:head], data[-tail:], len(data) - head - tail


def _ascii(data: bytes) -> str:
    return "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data)


def _value_text(message: Message | Malformed, code: str, field: Field) -> str:
    if field.name in STRUCTURE or isinstance(field.value, bytes):
        return ""
    return f" = {_value(message, code, field, LITERAL_SHOWN)}"


def _value(message: Message | Malformed, code: str, field: Field, most: int) -> str:
    """The value; a name stands without quotes, a typed text in quotes."""
    value = field.value
    if isinstance(value, dict):  # JSON, whose secrets are hidden in it
        return shorten_middle(visible(json.dumps(value, ensure_ascii=False)), most)
    if _is_secret(message, field):
        return typed(message, code, field, most)
    said = typed(message, code, field, most) if code or not isinstance(value, str) else name(field, most)
    if not isinstance(value, LongValue):
        return said
    length = "" if isinstance(value.head, bytes) else f", {many(value.length, 'character')}"
    return f"{said}{length}, SHA-256 {value.sha256}"


def _is_secret(message: Message | Malformed, field: Field) -> bool:
    """Whether the recorder put a placeholder here instead of a secret. A code is never one."""
    return field.name not in STRUCTURE and message.hides(field)


# --- HTML -----------------------------------------------------------------------------------------


def message_html(message: Message | Malformed, id_prefix: str) -> Html:
    """A message as two linked parts. Ids are ``id_prefix`` and the field's index: ``run-x42-q4``."""
    cells: list[str] = []
    rows: list[Html] = []
    line_ends = 0
    for i, (code, field) in enumerate(_with_codes(message)):
        target = f"{id_prefix}{i}"
        if field.name == _LINE_END:
            line_ends += 1
            cells += [_line_end(target, _LINE_END_CELL), _BREAK]
            continue
        if field.start < field.end:
            cell = _code_cell if field.name in _CODES else _value_cell
            cells.append(cell(f"#{target}", _cell(*_ends(message, field, _HTML_HEAD, _HTML_TAIL))))
        elif _not_stored(field):
            cells.append(_value_cell(f"#{target}", f"{ELLIPSIS} {field.value}"))
        rows.append(_field_entry(target, _said(message, code, field)))
    if line_ends:
        rows.append(_line_ends_entry(line_ends))
    return tag(
        "div",
        _title_html(title_of(message)),
        tag("div", *cells, class_="sw-c"),
        tag("ul", *rows, class_="sw-f"),
        class_="sw-m j" if message.direction is Direction.TO_PYTHON else "sw-m",  # whose words they are
    )


def _said(message: Message | Malformed, code: str, field: Field) -> Html:
    """What a field's entry in the list says."""
    if field.name in _CODES:
        return _code_entry(field.name, str(field.value), field.meaning)
    if isinstance(message, Malformed):
        value = f"from byte {number(message.place(field.start))}, {size(message.length(field))}"
    elif isinstance(field.value, dict):
        value = many(len(field.value), "value")
    elif message.hides(field):
        value = size(message.length(field))
    else:
        value = _value(message, code, field, _VALUE_MOST)
    entry = _entry(field.name, value, field.meaning, _note(message, field))
    return join([entry, _json_html(field.value)]) if isinstance(field.value, dict) else entry


def _json_html(value: dict[str, object]) -> Html:
    """The values of a JSON object, a line each, in closed details."""
    lines = json.dumps(value, indent=1, ensure_ascii=False)
    shown = "\n".join(map(visible, shorten(lines, _JSON_MOST).splitlines()))
    return tag("details", tag("summary", "Its values"), tag("pre", shown, tabindex=0))


def _note(message: Message | Malformed, field: Field) -> str:
    """What must be said of a field's bytes besides what they mean."""
    if _is_secret(message, field):
        inside = isinstance(message, Message) and isinstance(field.value, dict | bytes)
        return SECRET_INSIDE if inside else SECRET
    return NOT_STORED if _not_stored(field) else ""


def _not_stored(field: Field) -> bool:
    """Whether none of a field's bytes were kept: of the data, a worker's recorder keeps the size only."""
    return field.start == field.end and isinstance(field.value, LongValue)


# What stands in a cell and in an entry is the same for most of a trace's messages: only their ids differ.


@lru_cache(maxsize=256)
def _title_html(title: str) -> Html:
    return tag("p", title[0].upper() + title[1:])


@lru_cache(maxsize=64)
def _line_ends_entry(count: int) -> Html:
    counted = f" × {count}" if count > 1 else ""
    return tag("li", tag("b", _LINE_END), " ", tag("code", "⏎"), f"{counted} Ends the line.")


@lru_cache(maxsize=256)
def _code_entry(named: str, value: str, meaning: str) -> Html:
    # The meaning of a code begins with the code itself.
    code, colon, rest = visible(meaning).partition(": ")
    return _entry(named, value, rest, "") if colon and code == value else _entry(named, "", meaning, "")


@lru_cache(maxsize=1024)
def _entry(named: str, value: str, meaning: str, note: str) -> Html:
    said: list[str] = [tag("b", named), " "]
    if value:
        said += [tag("code", value), " "]
    if note:
        said += [tag("strong", note), " "]
    return join([*said, visible(meaning)])


@lru_cache(maxsize=1024)
def _cell(head: bytes, tail: bytes, left: int) -> Html:
    """Text above and hexadecimal below, of a field's beginning and end with ``left`` bytes between them."""
    said = visible(head.decode(errors="backslashreplace"))
    raw = head.hex(" ")
    if left:
        said += f"{ELLIPSIS}{visible(tail.decode(errors='backslashreplace'))}"
        raw += f" {ELLIPSIS} {size(left)} left out {ELLIPSIS} {tail.hex(' ')}"
    return join([said, tag("small", raw)])
