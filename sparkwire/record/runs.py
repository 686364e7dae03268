"""Long runs of letters and digits, as base64 is, in what is about to be stored.

Bytes cross the wire as base64, and megabytes of that hold every short word by chance, such as ``key``.
Nothing in a run says what a secret is: whatever names one has a space, a quote or another sign beside it.
So a run is left out while a message is looked at, and what is found is put back in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sparkwire.record.texts import Span

LEAST = 4096
"""Bytes of a run: far more than any secret that is known by its shape."""

STAND_IN = "AAAAAAAAthisStandsForAllOfTheRun"
"""What stands for a run meanwhile, so that whatever comes before it still finds its value."""

_CODE, _NAME = 4, 64
"""Bytes of its beginning and of its end that are left: they may be a type code, or a name before ``=``."""

_RUN = re.compile(rb"[0-9A-Za-z+/]{%d,}" % LEAST)


def runs(data: bytes, known: Iterable[str]) -> list[Span]:
    """Where ``data`` has long runs, but for those with a secret that is ``known`` (Latin-1) in them."""
    found = [(match.start() + _CODE, match.end() - _NAME) for match in _RUN.finditer(data)]
    for secret in known if found else ():
        raw = secret.encode("latin-1")
        found = [(start, end) for start, end in found if data.find(raw, start, end) < 0]
    return found


def without(data: bytes, found: list[Span]) -> bytes:
    """``data`` with ``STAND_IN`` for each run."""
    pieces: list[bytes] = []
    at = 0
    for start, end in found:
        pieces += data[at:start], STAND_IN.encode()
        at = end
    return b"".join([*pieces, data[at:]])


def put_back(spans: Iterable[Span], found: list[Span]) -> tuple[Span, ...]:
    """Spans in what ``without`` made, as spans in its data. One that touches a run holds all of it."""
    return tuple((_place(start, found, 0), _place(end, found, 1)) for start, end in spans)


def _place(at: int, found: list[Span], side: int) -> int:
    """Where ``at`` was: a place within what stands for a run is the run's start or end, by ``side``."""
    for run in found:
        start, end = run
        if at < start + side:
            break
        if at < start + len(STAND_IN) + side:
            return run[side]
        at += end - start - len(STAND_IN)
    return at
