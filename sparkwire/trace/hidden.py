"""Where in a message the recorder put placeholders in place of secrets.

A trace says where they stand (``Redacted``). Older traces don't. In these, a value of nothing but stars is
taken for one: to show a placeholder as a user's own text would be the worse mistake.
"""

from __future__ import annotations

from collections import deque

from sparkwire.wire.message import Malformed, Message, Spans

_LEAST = 8
"""Stars that an older trace must hold to be taken for a placeholder."""


class Hidden:
    """The placeholders of one direction of a connection, from which no more is asked once it was passed."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: deque[tuple[int, int]] = deque()

    def add(self, spans: Spans) -> None:
        """More of them, as offsets in the direction's bytes; in order."""
        self._spans.extend(spans)

    def mark(self, message: Message | Malformed) -> Message | Malformed:
        """The message, with the spans in it. Messages are asked for in their order."""
        spans = self._spans
        begin, end = message.offset, message.offset + message.size
        while spans and spans[0][1] <= begin:
            spans.popleft()
        if not spans or spans[0][0] >= end:
            return message
        index = message.index
        found = tuple((index(max(a, begin) - begin), index(min(b, end) - begin)) for a, b in spans if a < end)
        return message.hiding(found)


def guessed(message: Message | Malformed) -> Message | Malformed:
    """A message of an older trace, with the spans that look like placeholders."""
    if b"*" * _LEAST not in message.raw or isinstance(message, Malformed):
        return message
    found = tuple(
        (field.start, field.end)
        for field in message.fields
        if isinstance(field.value, str) and len(field.value) >= _LEAST and not field.value.strip("*")
    )
    return message.hiding(found)
