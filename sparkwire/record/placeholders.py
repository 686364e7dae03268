"""What is stored in a secret's place: as many bytes, which mean stars where they stand.

In text these are stars themselves. Bytes cross the gateway's wire as base64, where a star has no meaning, so
there it is the base64 of stars: a message without its secrets is still one that can be read.
"""

from __future__ import annotations

from collections.abc import Iterable

from sparkwire.record.texts import Span

STARS = "*"
"""A placeholder's bytes in text, again and again."""

STARS_IN_BASE64 = "Kioq"
"""The same in base64: three stars, counted from where the value begins."""

AUTHENTICATES = "A\n"
"""How the message begins whose second line is the token."""
_BYTES = "j"  # the type code of bytes, which a line begins with
_SUCCESS = "!y"  # what stands before it in a reply


def merged_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order; those that overlap or touch are one, and empty ones are none."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def marks(pattern: str, at: int, length: int) -> str:
    """A placeholder of ``length`` characters whose first one is the ``at``-th of its value."""
    begin = at % len(pattern)
    return (pattern * (length // len(pattern) + 2))[begin : begin + length]


def pattern_of(text: str, line: int) -> tuple[str, int]:
    """What a placeholder in the line at ``line`` consists of, and where the line's value begins."""
    if line == len(AUTHENTICATES) and text.startswith(AUTHENTICATES):
        return STARS, line  # the token has no type code, though it may begin like one
    code = line + len(_SUCCESS) if text.startswith(_SUCCESS, line) else line
    return (STARS_IN_BASE64, code + 1) if text.startswith(_BYTES, code) else (STARS, line)


def replaced(text: str, spans: Iterable[Span]) -> str:
    """A message with placeholders in the spans, which are in order and apart."""
    pieces: list[str] = []
    at = line = 0
    for start, end in spans:
        line = max(line, text.rfind("\n", at, start) + 1)
        pattern, begin = pattern_of(text, line)
        pieces += text[at:start], marks(pattern, start - begin, end - start)
        at = end
    return "".join([*pieces, text[at:]])


def starred(text: str, spans: Iterable[Span]) -> str:
    """A line of source with stars in the spans, which are in order and apart."""
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += text[at:start], STARS * (end - start)
        at = end
    return "".join([*pieces, text[at:]])
