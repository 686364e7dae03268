"""What real workers said, of each version: the data that ``tools/workers/recordings.py`` makes."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sparkwire.record.sieve import Piece, Sieve
from sparkwire.record.texts import in_any_text
from sparkwire.trace.records import Channel, Chunk, Closed, Opened, Record, Withheld, Worker
from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker import WorkerDecoder

FOLDER = Path(__file__).resolve().parent.parent / "data" / "worker"
SIGNS = {"<": Direction.TO_PYTHON, ">": Direction.TO_JAVA}


class Recorded(NamedTuple):
    """One connection of a recorded program."""

    pyspark: str
    program: str
    number: int
    handshake: str
    pieces: tuple[tuple[Direction, bytes], ...]

    def __str__(self) -> str:
        return f"{self.pyspark}-{self.program}-{self.number}"

    def stream(self, direction: Direction) -> bytes:
        """All bytes of one direction."""
        return b"".join(piece for way, piece in self.pieces if way is direction)

    def decoder(self, direction: Direction, **options: int) -> WorkerDecoder:
        return WorkerDecoder(direction, self.pyspark, self.handshake, **options)

    def messages(self, direction: Direction) -> list[Message | Malformed]:
        """What the decoder makes of one direction, fed whole."""
        return list(_messages(self, direction))


def decode(decoder: WorkerDecoder, *pieces: bytes) -> list[Message | Malformed]:
    return [*(one for piece in pieces for one in decoder.feed(piece)), *decoder.end()]


@cache
def _messages(one: Recorded, direction: Direction) -> list[Message | Malformed]:
    return decode(one.decoder(direction), one.stream(direction))


@cache
def recorded() -> tuple[Recorded, ...]:
    """All connections of all versions."""
    found = []
    for file in sorted(FOLDER.glob("*.json.xz")):
        data = json.loads(lzma.decompress(file.read_bytes()))
        for program, recording in data["recordings"].items():
            for n, pieces in enumerate(recording["connections"]):
                told = tuple((SIGNS[sign], base64.b64decode(text)) for sign, text in pieces)
                found.append(Recorded(data["pyspark"], program, n, recording["handshake"], told))
    return tuple(found)


def of(program: str, pyspark: str = "4.3.0") -> Recorded:
    """The first connection of one program."""
    return next(one for one in recorded() if (one.pyspark, one.program) == (pyspark, program))


def assert_covers(found: list[Message | Malformed], stream: bytes) -> None:
    """Every byte of the stream is in one message, and every byte of a message in one field."""
    at = 0
    for message in found:
        assert message.offset == at
        at += message.size
        if not message.gaps:
            assert message.raw == stream[message.offset : at]
        if isinstance(message, Message):
            place = 0
            for field in message.fields:
                assert field.start == place, (message.command, field)
                assert field.end >= field.start
                place = field.end
            assert place == len(message.raw)
        else:
            assert 0 <= message.position <= len(message.raw)
            assert message.reason.endswith(".")
    assert at == len(stream)


def records(
    one: Recorded, connection: int = 1, start: int = 1000, *, closed: bool = True
) -> Iterator[Record]:
    """What the recorder stores of a worker that says what ``one`` did, a nanosecond between its pieces."""
    sieves = {way: Sieve(way, one.pyspark, one.handshake, in_any_text) for way in Direction}
    yield Opened(connection, Channel.WORKER, 0, 0, start)
    yield Worker(connection, 70 + connection, 7, "host", one.pyspark, one.handshake)
    now = start
    for way, data in one.pieces:
        now += 1
        for piece in sieves[way].feed(data, now):
            yield _stored(connection, way, piece, now)
    for way, sieve in sieves.items():
        for piece in sieve.end():
            yield _stored(connection, way, piece, now)
    if closed:
        yield Closed(connection, now + 1)


def _stored(connection: int, way: Direction, piece: Piece, now: int) -> Record:
    if isinstance(piece[0], int):
        size, digest, first_ns = piece
        return Withheld(connection, way, size, digest, first_ns, now)
    return Chunk(connection, way, now, 1, 0, piece[0])
