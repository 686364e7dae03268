"""Values that are too long to be kept: what can be known of one while it passes.

A follower is fed the bytes of one value as they stand on the wire, in pieces of any size. It keeps a little
of the value's beginning and end, counts and digests it, and refuses what the reader of a whole value refuses
(``values``). At the end it gives a ``LongValue``, or raises ``ValueError`` with a plain reason.
"""

from __future__ import annotations

import binascii
import codecs
import hashlib
import re
from abc import ABC, abstractmethod

from sparkwire.wire.gateway.layout import Form
from sparkwire.wire.gateway.values import INTEGER, NUMBER, quote, readers
from sparkwire.wire.message import Direction, LongValue

ENDS = 128
"""Characters of a text, or bytes, that are kept of a value's beginning, and as many of its end."""

_DIGITS = re.compile("[0-9]+")
_LONGEST_PATTERN = 8  # characters: -0.0E-0 with one to spare


class Follower(ABC):
    """What follows one value."""

    def __init__(self) -> None:
        self._length = 0
        self._digest = hashlib.sha256()

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Take the next bytes of the value."""

    @abstractmethod
    def end(self) -> LongValue:
        """The value is whole. Raises ``ValueError`` with a plain reason when it is none."""


class _Text(Follower):
    """Follows text of one form."""

    def __init__(self, form: Form, direction: Direction) -> None:
        super().__init__()
        self._fault = ""
        self._read = readers(direction)[form]
        self._escaped = form is Form.STRING
        self._forbidden = "\r" if direction is Direction.TO_JAVA else "\n"
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._backslash = ""
        """A backslash at the end of what came; the next character says what it means."""
        self._head = self._tail = ""

    def feed(self, data: bytes) -> None:
        if not self._fault:
            self._decode(data)

    def _decode(self, data: bytes, final: bool = False) -> None:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._fault = "the text is not UTF-8"
            return
        if self._forbidden in text:
            self._fault = "a bare carriage return, which Java takes for the end of a line"
        elif self._escaped:
            text = self._backslash + text
            whole = len(text)
            if not final:
                whole -= (len(text) - len(text.rstrip("\\"))) % 2
            self._backslash = text[whole:]
            self._add(str(self._read(text[:whole])))
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        """More of the value itself."""
        self._length += len(text)
        self._digest.update(text.encode())
        self._head += text[: ENDS - len(self._head)]
        self._tail = (self._tail + text[-ENDS:])[-ENDS:]

    def end(self) -> LongValue:
        if not self._fault:
            self._decode(b"", final=True)
        if self._fault:
            raise ValueError(self._fault)
        self._check()
        return LongValue(self._head, self._tail, self._length, self._digest.hexdigest())

    def _check(self) -> None:
        """Raise ``ValueError`` for what can't be such a value. Its beginning decides that."""
        self._read(self._head)


class _Number(_Text):
    """Follows a number. Of any length, it is one by its pattern: that in which each run of digits is a 0."""

    def __init__(self, form: Form, direction: Direction) -> None:
        super().__init__(form, direction)
        self._form = form
        self._pattern = ""

    def _add(self, text: str) -> None:
        super()._add(text)
        self._pattern = _DIGITS.sub("0", self._pattern + text)[:_LONGEST_PATTERN]

    def _check(self) -> None:
        whole = self._form is Form.INTEGER
        if not (INTEGER if whole else NUMBER).match(self._pattern):
            raise ValueError(f"expected a {self._form.value}, found {quote(self._head)}")
        if whole:  # neither Java's long nor Python's int takes so many digits
            raise ValueError(f"expected a whole number, found one of {self._length} digits")


class _Bytes(Follower):
    """Follows bytes in base64."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = self._rest = self._head = self._tail = b""
        self._wrong = False

    def feed(self, data: bytes) -> None:
        self._begun += data[: ENDS - len(self._begun)]
        data = self._rest + data
        # Four characters are three bytes, and only the last four may be padded: they are kept for the end.
        whole = max(len(data) - 1, 0) // 4 * 4
        self._rest = data[whole:]
        if b"=" in data[:whole]:
            self._wrong = True
        self._add(data[:whole])

    def _add(self, text: bytes) -> None:
        try:
            data = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            self._wrong = True
            return
        self._length += len(data)
        self._digest.update(data)
        self._head += data[: ENDS - len(self._head)]
        self._tail = (self._tail + data[-ENDS:])[-ENDS:]

    def end(self) -> LongValue:
        self._add(self._rest)
        if self._wrong:
            raise ValueError(f"expected base64, found {quote(self._begun.decode(errors='replace'))}")
        return LongValue(self._head, self._tail, self._length, self._digest.hexdigest())


def follower(form: Form, direction: Direction) -> Follower:
    """What follows a value of this form, for bytes that travel in ``direction``."""
    if form is Form.BYTES:
        return _Bytes()
    if form in (Form.INTEGER, Form.FLOAT, Form.DECIMAL):
        return _Number(form, direction)
    return _Text(form, direction)
