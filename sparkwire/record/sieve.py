"""What of a worker's connection is stored: all that says what was asked and answered, and of the data its
size.

The user's data passes through a worker. So the sieve knows where it stands, by the wire's own decoder, and
knows nothing else: what it lets through are the bytes as they passed, to be decoded when somebody reads the
trace. In place of data it gives its size and its digest.

Where it can't tell data from the rest, because the version is unknown or the bytes are not what the table
says, it keeps the first ``MOST_UNREAD`` bytes, gives the size of the others, and says why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from sparkwire.record.pickles import secrets_in_pickle
from sparkwire.record.placeholders import merged_spans
from sparkwire.wire.message import Direction, Field, Gap, LongValue, Malformed, Message
from sparkwire.wire.worker import WorkerDecoder

MOST_UNREAD = 64 * 1024
"""Bytes that are kept of a direction in which data can't be told from the rest."""
MOST_WHOLE = 4 * 1024 * 1024
"""Bytes of a message that are kept whole. Spark sends a function that is longer as a broadcast."""

_DATA = frozenset({"data", "body"})
"""The fields that hold the user's rows."""
_SECRETS = frozenset({"secret", "barrier secret", "broadcast secret"})
# Spark's secrets are 256 bits in hexadecimal (Utils.createSecret, 3.5 to 4.3); one stands in the task
# context's JSON.
_A_SECRET = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_MAY_BEGIN_ONE = re.compile(rb"[0-9a-f]{1,64}\Z")

Piece = tuple[bytes, tuple[tuple[int, int], ...]] | tuple[int, str, int]
"""Bytes to store, with the spans in them that are placeholders; or, of what isn't stored, how many bytes,
their digest, and when (ns) the first of them came."""


class Sieve:
    """One direction of one connection. ``pyspark`` is the worker's version; ``data``: keep the data, too."""

    def __init__(
        self,
        direction: Direction,
        pyspark: str,
        handshake: str,
        hide: Callable[[bytes], list[tuple[int, int]]],
        *,
        data: bool = False,
    ) -> None:
        self._decoder = WorkerDecoder(direction, pyspark, handshake, max_message=MOST_WHOLE)
        self._hide, self._keep_data = hide, data
        self._began = 0
        self._unread = 0
        """How many bytes have passed since the sieve is lost."""
        self._held = b""
        """Of these, the last, if a secret may begin in them."""

    @property
    def lost(self) -> str:
        """Why data can't be told from the rest; empty while it can."""
        return self._decoder.lost

    def feed(self, data: bytes, now: int) -> Iterator[Piece]:
        """What to store of these bytes, which passed at ``now``, and of those that were held back."""
        if self.lost:
            yield from self._rest(data, now)
            return
        decoder, at = self._decoder, 0
        while wanted := decoder.wanted:
            if values := decoder.pass_frames(data, at):
                yield from self._frames(data, at, values, now)
                at = values[-1][1]
            if at >= len(data):
                return
            if not decoder.pending:
                self._began = now
            # To the end of the value at hand, and not further: frames may follow.
            for message in decoder.feed(data[at : at + wanted]):
                yield from self._message(message)
                self._began = now
            at += wanted
        decoder.feed(data[at:])
        for message in decoder.end():
            yield from self._rest(message.raw, self._began)
            for gap in message.gaps:
                yield gap.size, "", self._began

    def end(self) -> Iterator[Piece]:
        """What was held back, of a message whose end didn't come."""
        if self.lost:
            yield from self._unreadable(self._held)
        else:
            for message in self._decoder.end():
                if self._keep_data:
                    yield from _whole(message.raw, message.gaps, self._began)
                else:
                    yield message.size, "", self._began

    def _message(self, message: Message | Malformed) -> Iterator[Piece]:
        if isinstance(message, Malformed):
            # A text or JSON that can't be read, in a place that is known: the set-up or an exception.
            yield from self._pieces(message.raw, message.gaps, ())
            return
        data = next((f for f in message.fields if f.name in _DATA), None)
        if data is None:
            yield from self._pieces(message.raw, message.gaps, message.fields)
        elif self._keep_data:
            yield from _whole(message.raw, message.gaps, self._began)
        else:
            yield message.raw[: data.start], ()
            if size := _size(data, message.gaps):
                yield size, _digest(data, message.raw), self._began
            if rest := message.raw[data.end :]:
                yield rest, ()

    def _frames(self, data: bytes, at: int, values: list[tuple[int, int]], now: int) -> Iterator[Piece]:
        """Whole frames from ``at`` on: lengths, each with a value, which is data. There may be thousands in a
        second.
        """
        if self._keep_data:
            yield data[at : values[-1][1]], ()
            return
        for start, end in values:
            yield data[at:start], ()
            if start < end:
                yield end - start, hashlib.sha256(data[start:end]).hexdigest(), now
            at = end

    def _pieces(self, raw: bytes, gaps: tuple[Gap, ...], fields: tuple[Field, ...]) -> Iterator[Piece]:
        """Bytes to store, without secrets, and what was left out of them already."""
        spans = [(f.start, f.end) for f in fields if f.name in _SECRETS and f.value]
        spans += [found.span() for found in _A_SECRET.finditer(raw)]
        at = 0
        for field in fields:
            if isinstance(field.value, bytes):
                spans += _moved(self._hide(raw[at : field.start]), at)
                spans += _moved(secrets_in_pickle(field.value, self._hide), field.start)
                at = field.end
        spans += _moved(self._hide(raw[at:]), at)
        at = 0
        for gap in (*gaps, Gap(len(raw), 0)):
            if piece := raw[at : gap.at]:
                # Of a span that isn't in the piece nothing is left.
                inside = merged_spans((max(s, at) - at, min(e, gap.at) - at) for s, e in spans)
                yield _starred(piece, inside), inside
            if gap.size:
                yield gap.size, "", self._began
            at = gap.at

    def _unreadable(self, data: bytes) -> Iterator[Piece]:
        if data:
            yield from self._pieces(data, (), ())

    def _rest(self, data: bytes, now: int) -> Iterator[Piece]:
        room = len(data) if self._keep_data else max(MOST_UNREAD - self._unread, 0)
        self._unread += len(data)
        kept, self._held = self._held + data[:room], b""
        if len(data) <= room and (begins := _MAY_BEGIN_ONE.search(kept)):
            kept, self._held = kept[: begins.start()], kept[begins.start() :]
        yield from self._unreadable(kept)
        if left := max(len(data) - room, 0):
            yield left, "", now


def _moved(spans: list[tuple[int, int]], by: int) -> list[tuple[int, int]]:
    return [(start + by, end + by) for start, end in spans]


def _whole(raw: bytes, gaps: tuple[Gap, ...], began: int) -> Iterator[Piece]:
    """All bytes, but for those that were left out already."""
    at = 0
    for gap in (*gaps, Gap(len(raw), 0)):
        if at < gap.at:
            yield raw[at : gap.at], ()
        if gap.size:
            yield gap.size, "", began
        at = gap.at


def _size(field: Field, gaps: tuple[Gap, ...]) -> int:
    inside = sum(gap.size for gap in gaps if field.start <= gap.at <= field.end)
    return field.end - field.start + inside


def _digest(field: Field, raw: bytes) -> str:
    if isinstance(field.value, LongValue):
        return field.value.sha256
    return hashlib.sha256(raw[field.start : field.end]).hexdigest()


def _starred(data: bytes, spans: tuple[tuple[int, int], ...]) -> bytes:
    if not spans:
        return data
    hidden = bytearray(data)
    for start, end in spans:
        hidden[start:end] = b"*" * (end - start)
    return bytes(hidden)
