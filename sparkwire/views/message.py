"""A message field by field: as text for a terminal, and as HTML.

Every field is drawn, so every byte is. A long value is shortened in its middle, and the count of bytes
left out is said. A malformed stretch is drawn too: what could be read, where reading stopped, and why.

In HTML a message is two linked parts. Its bytes stand line by line as cells, one for each field, text
above and hexadecimal below; each cell is a link to its field in the list that follows, where the field's
name, value and meaning are. Line ends are cells with a permalink of their own and one entry in the list.

It imports the messages and the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkwire.views import text
from sparkwire.views.text import escape
from sparkwire.wire.message import Direction, Field, Malformed, Message, Role

SECRET = "A secret, recorded as a placeholder of the same length."
_ROW = 12
"""Bytes on a line of the text form."""
_TEXT_MOST = 4 * _ROW
"""Bytes of a field that the text form shows, unless it is asked for all."""
_HTML_MOST = 36
"""Bytes of a field that the HTML form shows."""
_VALUE_MOST = 120
"""Characters of a value that the HTML form shows."""
_LINE_END = "line end"
_CODES = text.STRUCTURE - {_LINE_END}


def fields_of(message: Message | Malformed) -> Sequence[Field]:
    """The message's fields; of a malformed stretch, what was read and what was not, with the reason."""
    if isinstance(message, Message):
        return message.fields or (Field("bytes", 0, len(message.raw), "Raw bytes.", message.raw),)
    at = message.position
    return (
        Field("read", 0, at, "Up to here it could be read, or was skipped.", message.raw[:at]),
        Field("not understood", at, len(message.raw), message.reason, message.raw[at:]),
    )


def title_of(message: Message | Malformed) -> str:
    """``request, call, 48 bytes, Python → Java``."""
    if isinstance(message, Malformed):
        kind = f"malformed at byte {text.number(message.position)}"
    elif message.role is Role.REQUEST:
        kind = f"request, {message.command.replace('_', ' ')}"
    else:
        kind = f"{message.role.value}, {message.command.replace('_', ' ')}"
    return f"{kind}, {text.size(len(message.raw))}, {text.ARROWS[message.direction]}"


# --- text -----------------------------------------------------------------------------------------


def message_text(message: Message | Malformed, *, full: bool = False) -> str:
    """A message field by field: offset, bytes, text, the field's name, its value and its meaning.

    The offset is in bytes from the message's beginning; the title says where that is in the connection's
    stream. ``full`` shows every byte of long fields.
    """
    lines = [f"{title_of(message)}, from byte {text.number(message.offset)} of the connection"]
    if isinstance(message, Malformed):
        lines.append(f"{message.reason} (at byte {text.number(message.position)})")
    lines.append(f"{'at':>6}  {'bytes':<{_ROW * 3 - 1}}  {'text':<{_ROW}}  field")
    for code, field in _with_codes(message):
        lines += _field_text(message.raw, code, field, full)
    return "\n".join(lines) + "\n"


def _with_codes(message: Message | Malformed) -> Iterator[tuple[str, Field]]:
    """Each field with the type code before it, which says how its value is written; else ``""``."""
    code = ""
    for field in fields_of(message):
        yield code, field
        code = str(field.value) if field.name == "type code" else ""


def _field_text(raw: bytes, code: str, field: Field, full: bool) -> Iterator[str]:
    said = f"{field.name}{_value_text(code, field)}: {_meaning(field)}"
    start = field.start
    for chunk in _chunks(raw[field.start : field.end], None if full else _TEXT_MOST):
        if isinstance(chunk, int):
            yield f"{'':6}  {text.ELLIPSIS} {text.size(chunk)} left out"
            start += chunk
            continue
        yield f"{start:>6}  {chunk.hex(' '):<{_ROW * 3 - 1}}  {_ascii(chunk):<{_ROW}}  {said}".rstrip()
        said = ""
        start += len(chunk)


def _chunks(data: bytes, most: int | None) -> Iterator[bytes | int]:
    """``data`` in rows; where it is longer than ``most``, the count of bytes left out of its middle."""
    if not data:
        yield b""
        return
    if most is None or len(data) <= most:
        yield from (data[i : i + _ROW] for i in range(0, len(data), _ROW))
        return
    head = most - _ROW
    yield from (data[i : i + _ROW] for i in range(0, head, _ROW))
    yield len(data) - most
    yield data[-_ROW:]


def _ascii(data: bytes) -> str:
    return "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data)


def _value_text(code: str, field: Field) -> str:
    if field.name in text.STRUCTURE or isinstance(field.value, bytes):
        return ""
    return f" = {_value(code, field, text.LITERAL_SHOWN)}"


def _value(code: str, field: Field, most: int) -> str:
    """The value; a name stands without quotes, a typed text in quotes."""
    if code or text.is_secret(field) or not isinstance(field.value, str):
        return text.typed(code, field, most)
    return text.name(field, most)


def _meaning(field: Field) -> str:
    return f"{SECRET} {field.meaning}" if text.is_secret(field) else text.visible(field.meaning)


# --- HTML -----------------------------------------------------------------------------------------


def message_html(message: Message | Malformed, id_prefix: str) -> str:
    """A message as two linked parts. Ids are ``id_prefix`` and the field's index: ``run-x42-q4``."""
    cells: list[str] = []
    rows: list[str] = []
    line_ends = 0
    for i, (code, field) in enumerate(_with_codes(message)):
        target = f"{id_prefix}{i}"
        data = message.raw[field.start : field.end]
        if field.name == _LINE_END:
            if not line_ends:
                rows.append("")  # its place in the list is where it comes first
                place = len(rows) - 1
            line_ends += 1
            cells.append(f"<i id={target}>⏎<small>{data.hex()}</small></i>\n")
            continue
        if data:
            kind = " class=k" if field.name in _CODES else ""
            cells.append(
                f"<a href=#{target}{kind}>{_cell_text(field, data)}<small>{_cell_hex(data)}</small></a>"
            )
        rows.append(_row_html(message, code, field, target))
    if line_ends:
        count = f" × {line_ends}" if line_ends > 1 else ""
        rows.append(rows.pop(place) + f"<li><b>line end</b> <code>⏎</code>{count} Ends the line.</li>")
    title = title_of(message)
    side = "'sw-m j'" if message.direction is Direction.TO_PYTHON else "sw-m"  # whose words they are
    return (
        f"<div class={side}><p>{escape(title[0].upper() + title[1:])}</p>"
        f"<div class=sw-c>{''.join(cells)}</div><ul class=sw-f>{''.join(rows)}</ul></div>"
    )


def _row_html(message: Message | Malformed, code: str, field: Field, target: str) -> str:
    value = ""
    meaning = text.visible(field.meaning)
    if isinstance(message, Malformed):
        value = f"from byte {text.number(field.start)}, {text.size(field.end - field.start)}"
    elif field.name in _CODES:
        # The meaning of a code begins with the code itself.
        prefix = f"{field.value}: "
        if meaning.startswith(prefix):
            value, meaning = prefix[:-2], meaning[len(prefix) :]
    elif text.is_secret(field):
        value = text.size(field.end - field.start)
        meaning = f"<strong>{SECRET}</strong> {escape(meaning)}"
        return f"<li id={target}><b>{escape(field.name)}</b> <code>{value}</code> {meaning}</li>"
    else:
        value = _value(code, field, _VALUE_MOST)
    shown = f" <code>{escape(value)}</code>" if value else ""
    return f"<li id={target}><b>{escape(field.name)}</b>{shown} {escape(meaning)}</li>"


def _cell_text(field: Field, data: bytes) -> str:
    shown, left = _ends(data)
    said = text.visible(shown[0].decode(errors="backslashreplace"))
    if left:
        said += f"{text.ELLIPSIS}{text.visible(shown[1].decode(errors='backslashreplace'))}"
    return escape(said) or "&nbsp;"


def _cell_hex(data: bytes) -> str:
    shown, left = _ends(data)
    if not left:
        return shown[0].hex(" ")
    return (
        f"{shown[0].hex(' ')} {text.ELLIPSIS} {text.size(left)} left out {text.ELLIPSIS} {shown[1].hex(' ')}"
    )


def _ends(data: bytes) -> tuple[tuple[bytes, bytes], int]:
    """The bytes to show, beginning and end, and how many are left out between them."""
    if len(data) <= _HTML_MOST:
        return (data, b""), 0
    tail = _HTML_MOST // 3
    return (data[: _HTML_MOST - tail], data[-tail:]), len(data) - _HTML_MOST
