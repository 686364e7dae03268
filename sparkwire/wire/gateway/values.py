"""Text to values: how what follows a type code is read.

Each reader takes the text and returns the value, or raises ``ValueError`` with a plain reason. They are
stricter than Py4J where Py4J guesses (Python's ``int`` takes ``1_0``, ``Boolean.parseBoolean`` takes
anything for false, both base64 readers skip odd characters), because a guess here would hide a fault on
the wire.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from sparkwire.wire.gateway.layout import Form
from sparkwire.wire.message import Direction, FurtherValues, LongValue

Value = str | int | float | bool | bytes | Decimal | LongValue | FurtherValues | None
Reader = Callable[[str], Value]

INTEGER = re.compile(r"[+-]?[0-9]+\Z")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
# Java writes NaN and Infinity, and so does py4j.protocol.encode_float; Protocol.getDouble reads inf, nan.
_FLOAT_WORDS = {
    word: float(word) for word in ("NaN", "Infinity", "-Infinity", "+Infinity", "nan", "inf", "-inf")
}
_ESCAPED_FOR_JAVA = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED_FOR_PYTHON = re.compile(r"\\([\\nr])")
_MEANT = {"n": "\n", "r": "\r"}


def quote(text: str) -> str:
    """``text`` for a reason: quoted, escaped and cut to a readable length."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")


def _meant(match: re.Match[str]) -> str:
    return _MEANT.get(match[1], match[1])


def unescape_for_java(text: str) -> str:
    """As ``py4j.StringUtil.unescape`` does: a backslash before any other character is dropped."""
    return _ESCAPED_FOR_JAVA.sub(_meant, text) if "\\" in text else text


def unescape_for_python(text: str) -> str:
    """As ``py4j.protocol.unescape_new_line`` does: a backslash before any other character stays."""
    return _ESCAPED_FOR_PYTHON.sub(_meant, text) if "\\" in text else text


def read_integer(text: str) -> int:
    """A whole number. Its range is left to the reader on the other side, who says so in the reply."""
    if not INTEGER.match(text):
        raise ValueError(f"expected a whole number, found {quote(text)}")
    try:
        return int(text)
    except ValueError:  # Python refuses more than sys.get_int_max_str_digits() digits
        raise ValueError(f"expected a whole number, found one of {len(text)} digits") from None


def _read_float(text: str) -> float:
    if text in _FLOAT_WORDS:
        return _FLOAT_WORDS[text]
    if not NUMBER.match(text):
        raise ValueError(f"expected a floating point number, found {quote(text)}")
    return float(text)


def _read_decimal(text: str) -> Decimal:
    # Python sends Decimal("NaN") as DNaN; Java's BigDecimal has no such value and refuses it.
    if not NUMBER.match(text):
        raise ValueError(f"expected a decimal number, found {quote(text)}")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"expected a decimal number, found one out of range: {quote(text)}") from None


def _read_boolean(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "false"):
        raise ValueError(f"expected true or false, found {quote(text)}")
    return word == "true"


def _read_bytes(text: str) -> bytes:
    try:
        # Behind whole groups of four, CPython's strict mode takes any number of = for padding (3.11).
        if len(text) % 4 or text.endswith("==="):
            raise ValueError
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one, and so is what non-ASCII text gives
        raise ValueError(f"expected base64, found {quote(text)}") from None


def _read_nothing(text: str) -> None:
    if text:
        raise ValueError(f"expected nothing after the type code, found {quote(text)}")


def _read_reference(text: str) -> str:
    # Protocol.getReference refuses an empty id in the same way.
    if not text.strip():
        raise ValueError("expected an object id, found nothing")
    return text


def _read_proxy(text: str) -> str:
    name, _, interfaces = text.partition(";")
    if not name or not interfaces:
        raise ValueError(f"expected a proxy id, a semicolon and interfaces, found {quote(text)}")
    return text


def _read_name(text: str) -> str:
    return text


def readers(direction: Direction) -> dict[Form, Reader]:
    """The reader of every form, for bytes that travel in ``direction``.

    The two sides undo escapes alike, except in strings that neither of them writes.
    """
    return {
        Form.NOTHING: _read_nothing,
        Form.INTEGER: read_integer,
        Form.FLOAT: _read_float,
        Form.DECIMAL: _read_decimal,
        Form.BOOLEAN: _read_boolean,
        Form.STRING: unescape_for_java if direction is Direction.TO_JAVA else unescape_for_python,
        Form.BYTES: _read_bytes,
        Form.REFERENCE: _read_reference,
        Form.PROXY: _read_proxy,
        Form.NAME: _read_name,
    }
