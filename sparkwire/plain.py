r"""Plain text: numbers with their units, plurals, and text from outside made safe to show.

Whatever came off a wire or out of a source file goes through ``visible`` before it is shown: control
characters, bidirectional controls and zero-width characters become escapes, so that nothing can hide,
reorder the line, or talk to the terminal. Every part may use this module, and it uses none.
"""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_BETWEEN = " .,;:"
"""What says nothing beside an ellipsis."""


def visible(text: str) -> str:
    r"""``text`` with what doesn't print as itself written as an escape: ``\x1b``, ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shorten(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters, cut at its end, between two words where that is possible."""
    return text if len(text) <= most else _beginning(text, max(most - 1, 0)) + ELLIPSIS


def shorten_middle(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters, cut in its middle: names differ at both ends.

    As in ``shorten``, words stay whole where that is possible.
    """
    if len(text) <= most:
        return text
    head = _beginning(text, max(most - 1, 0) * 2 // 3)
    return head + ELLIPSIS + _end(text, max(most - 1 - len(head), 0))


def _beginning(text: str, room: int) -> str:
    """The first ``room`` characters of a longer text; fewer, if a word would be cut that is not too long."""
    at = room
    while at > room // 2 and _in_word(text, at):
        at -= 1
    return text[: at if at > room // 2 else room].rstrip(_BETWEEN)


def _end(text: str, room: int) -> str:
    """The last ``room`` characters of a longer text, in the same way."""
    first, last = len(text) - room, len(text) - room // 2
    at = first
    while at < last and _in_word(text, at):
        at += 1
    return text[at if at < last else first :].lstrip(_BETWEEN)


def _in_word(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would part a word."""
    return all(c.isalnum() or c in "_'’" for c in text[at - 1 : at + 1])


_ONE_COLUMN = str.maketrans("…→←µ–", ".....")
"""What summaries add themselves: most texts hold nothing else beyond ASCII, and rows must be quick."""


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters take two, combining ones none."""
    if text.isascii() or text.translate(_ONE_COLUMN).isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def duration(ns: int | None) -> str:
    """A time in a unit that a person can read: ``85 µs``, ``2.8 ms``; a dash when there is none."""
    if ns is None:
        return "–"
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)):
        if ns >= size:
            value = ns / size
            return f"{value:.0f} {unit}" if value >= 99.95 or unit == "µs" else f"{value:.1f} {unit}"
    return f"{ns} ns"


def number(count: int) -> str:
    """A count with commas between thousands."""
    return f"{count:,}"


def size(count: int) -> str:
    """``1 byte``, ``1,024 bytes``."""
    return many(count, "byte")


def many(count: int, noun: str, several: str = "") -> str:
    """``1 round trip``, ``12 round trips``. ``several`` is the plural that takes more than an s."""
    return f"{number(count)} {noun if count == 1 else several or noun + 's'}"


_OF_SEVERAL = {"is": "are", "belongs": "belong"}


def agreeing(count: int, verb: str) -> str:
    """A verb, given as for one thing, as it is for ``count``: ``1 call is``, ``2 calls are``."""
    return verb if count == 1 else _OF_SEVERAL[verb]


def in_line(sentence: str) -> str:
    """A notice's sentence, as a line of a summary has it."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
