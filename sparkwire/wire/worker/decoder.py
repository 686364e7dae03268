"""Bytes of the worker wire in, messages out: a decoder that does no input or output itself.

One ``WorkerDecoder`` reads one direction of one connection. It is fed whatever pieces arrive, and returns
what became whole; "need more" is an empty list. What the bytes are read as is said in ``reading``;
``keeping`` keeps them.

When a message is long
    A message of any length is read. When a value would make it longer than ``max_message``, the value's
    beginning and end are kept, and what passes between them is counted and digested (``LongValue``). When
    so many values are repeated that there would be thousands of fields, the last is kept, and how many
    there were (``FurtherValues``). Malformed bytes are left out likewise. The message says where (``Gap``).
"""

from __future__ import annotations

import struct

from sparkwire.plain import size
from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker.codes import HANDSHAKES
from sparkwire.wire.worker.items import Lost, Value
from sparkwire.wire.worker.keeping import ENDS, Keeper
from sparkwire.wire.worker.reading import StreamReader
from sparkwire.wire.worker.versions import VERSIONS, version_of

_LENGTH = struct.Struct("!i")


class WorkerDecoder:
    """Decodes one direction of one connection between a JVM and a Python worker.

    ``direction`` says who reads the bytes, ``pyspark`` which release both sides are of, such as ``4.3.0``:
    no byte says it. Of a release that the table doesn't have, nothing is decoded: all is one ``Malformed``
    that says so. ``handshake`` is the name of one in ``HANDSHAKES``. ``max_message`` is in bytes, 2,048 at
    least.
    """

    def __init__(
        self,
        direction: Direction,
        pyspark: str,
        handshake: str = "none",
        *,
        max_message: int = 256 * 1024,
    ) -> None:
        if max_message < 4 * ENDS:
            raise ValueError(f"max_message must be at least {4 * ENDS} bytes")
        if handshake not in {one.name for one in HANDSHAKES}:
            raise ValueError(f"there is no handshake {handshake!r}")
        self.direction = direction
        self._keeper = Keeper(max_message)
        self._lost: Lost | None = None
        self._reader: StreamReader | None = None
        version = version_of(pyspark)
        if version is None:
            known = ", ".join(one.minor for one in VERSIONS)
            self._lost = Lost(
                0, f"The worker wire of PySpark {pyspark} is not in the table, which has {known}."
            )
        else:
            self._reader = StreamReader(direction, version, handshake, self._keeper)
            self._next(None)

    @property
    def pending(self) -> int:
        """How many bytes have come that are in no message yet."""
        return self._keeper.size

    @property
    def offset(self) -> int:
        """Where in the stream the unfinished message begins, or the next one will."""
        return self._keeper.offset

    @property
    def lost(self) -> str:
        """Why no further byte can be read; empty while reading goes on."""
        return self._lost.reason if self._lost is not None else ""

    @property
    def wanted(self) -> int:
        """How many bytes of the value at hand have not come; 0 when no further byte can be read."""
        return self._keeper.missing if self._lost is None else 0

    def feed(self, data: bytes) -> list[Message | Malformed]:
        """Take the next bytes of the stream, and return what they completed."""
        keeper, at = self._keeper, 0
        while self._lost is None and at < len(data):
            # All that is wanted may lie in this piece, and so may what follows it.
            at += keeper.take(data[at : at + keeper.missing])
            while not keeper.missing and self._lost is None:
                self._next(keeper.value())
        if self._lost is not None:
            keeper.raw += data[at:]
            keeper.bound()
        return self._taken()

    def pass_frames(self, data: bytes, at: int = 0) -> list[tuple[int, int]]:
        """Pass over the frames that lie whole in ``data``, one after the other from ``at`` on, if frames come
        now. Returns where the value of each begins and ends.

        No message is made of them. This is for a reader that needs no more of a frame than its bytes.
        """
        values: list[tuple[int, int]] = []
        reader, keeper = self._reader, self._keeper
        if self._lost is not None or reader is None or keeper.size or not reader.at_frame:
            return values
        begin, last = at, len(data) - _LENGTH.size
        while at <= last:
            (length,) = _LENGTH.unpack_from(data, at)
            start = at + _LENGTH.size
            if length < 0 or start + length > len(data):
                break
            at = start + length
            values.append((start, at))
        keeper.offset += at - begin
        return values

    def skip(self, count: int, digest: str = "") -> list[Message | Malformed]:
        """Take bytes that passed and were not stored, of which only ``digest`` is known (SHA-256).

        They are a value, or a part of one. Otherwise the layout is lost, because what they said is unknown.
        """
        keeper = self._keeper
        if self._lost is None and not keeper.may_skip(count):
            reason = f"Of the {self._said()}, {size(count)} were not stored."
            self._lost = Lost(len(keeper.raw), reason)
        if self._lost is not None:
            keeper.leave_gap(count)
            return self._taken()
        keeper.skip(count, digest)
        while not keeper.missing and self._lost is None:
            self._next(keeper.value())
        return self._taken()

    def _said(self) -> str:
        """What is being read, for a reason."""
        return self._reader.at_hand() if self._reader is not None else "stream"

    def end(self) -> list[Message | Malformed]:
        """The connection closed: return what was left unfinished, as malformed. Nothing can follow."""
        reader, keeper = self._reader, self._keeper
        keeper.settle()
        if keeper.size:
            position, reason = len(keeper.raw), ""
            if self._lost is not None:
                position, reason = self._lost.position, self._lost.reason
            elif reader is not None:
                position, reason = reader.unfinished()
            raw, offset, gaps = keeper.whole()
            stretch = Malformed(self.direction, raw, offset, min(position, len(raw)), reason, (), gaps)
            return [*self._taken(), stretch]
        return self._taken()

    def _next(self, value: Value | None) -> None:
        """Send a value into the reader, and expect what it wants next."""
        assert self._reader is not None
        wanted = self._reader.send(value)
        if isinstance(wanted, Lost):
            self._lost = wanted
        else:
            self._keeper.expect(wanted)

    def _taken(self) -> list[Message | Malformed]:
        return self._reader.taken() if self._reader is not None else []
