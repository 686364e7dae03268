"""Secrets in bytes, which cross the gateway's wire as base64, where no text shows.

A function that Python sends to Spark is such a value: a pickle with all that the function closes over. A
secret in it is found by its name and in its texts, as in a worker's pickle, and in any bytes if it is known.
The placeholder is the base64 of stars, so that the pickle can still be read.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

from sparkwire.record.hints import look
from sparkwire.record.pickles import secrets_in_pickle
from sparkwire.record.placeholders import merged_spans
from sparkwire.record.texts import Span, in_any_text

MOST = 1 << 20
"""Characters of a value that are looked at. A pickle of so many takes a tenth of a second."""

_CODE = b"j"  # the type code of bytes
_FIRST = b"j", b"!yj"  # with what stands before it where the data begin
_LATER = b"\nj"
_PICKLE = b"\x80"  # how a pickle begins, of protocol 2 or later
_STAR = b"*"


def hidden_in_bytes(data: bytes, known: Iterable[str]) -> tuple[bytes, list[Span]]:
    """``data``, whole messages, with placeholders for the secrets within bytes, and where these stand.

    ``known`` are the secrets seen so far, in Latin-1.
    """
    found: list[Span] = []
    stored = bytearray()
    for start, end in _values(data):
        spans, text = _looked_through(data[start:end], known)
        for first, last in spans:
            stored += data[len(stored) : start + first] + text[first:last]
            found.append((start + first, start + last))
    return bytes(stored) + data[len(stored) :], found


def _values(data: bytes) -> Iterator[Span]:
    """Where the values of bytes stand in ``data``, which may begin with any line of a message."""
    if data.startswith(_FIRST):
        yield _value(data, data.index(_CODE) + 1)
    code = data.find(_LATER)
    while code >= 0:
        start = code + len(_LATER)
        yield _value(data, start)
        code = data.find(_LATER, start)


def _value(data: bytes, start: int) -> Span:
    """The value that begins at ``start``; of a long one its beginning, in whole groups of four."""
    end = data.find(b"\n", start, start + MOST)
    length = (end if end >= 0 else min(len(data), start + MOST)) - start
    return start, start + length - length % 4


def _looked_through(text: bytes, known: Iterable[str]) -> tuple[tuple[Span, ...], bytes]:
    """Where secrets stand in base64, and the text with placeholders."""
    try:
        raw = bytearray(binascii.a2b_base64(text, strict_mode=True))
    except ValueError:
        return (), text  # what Py4J wouldn't write
    spans = _in_pickle(bytes(raw)) if raw.startswith(_PICKLE) else []
    for secret in known:
        spans += [found.span() for found in re.finditer(re.escape(secret.encode("latin-1")), raw)]
    merged = merged_spans(spans)
    for start, end in merged:
        raw[start:end] = _STAR * (end - start)
    # Three bytes are four characters: those with any bit of a secret are replaced.
    return merged_spans((start * 4 // 3, -(-end * 4 // 3)) for start, end in merged), binascii.b2a_base64(raw)


def _in_pickle(raw: bytes) -> list[Span]:
    """To take a pickle apart takes as long as all the rest, so it needs a hint."""
    _, suspect = look(raw.decode("latin-1"), ())
    return secrets_in_pickle(raw, in_any_text) if suspect else []
