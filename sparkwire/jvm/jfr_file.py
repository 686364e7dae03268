"""What must be known about a flight recording before ``jfr print`` can read it right.

A recording is a row of chunks, each with a fixed 68-byte header and a metadata event. Two things are
read from these here, in Python, because no option of ``jfr`` gives them:

- the UTC offset of the JVM that recorded, since ``jfr print`` prints that JVM's local time and
  doesn't say which it is (JDK 25, ``PrettyWriter``: it ignores the reader's own time zone);
- a chunk that a killed JVM left behind. ``jfr`` refuses one that was not closed ("stuck in locked stream
  state"); everything up to the last flush, at most about a second before, is whole, and is readable
  when its header says that the chunk is closed.

The layout is JDK 25's (``jdk.jfr.internal.consumer.ChunkHeader`` and ``MetadataReader``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sparkwire.errors import UnreadableRecording
from sparkwire.plain import number
from sparkwire.plain import size as bytes_of

MAGIC = b"FLR\0"
HEADER_SIZE = 68
_HEADER = struct.Struct(">4sHHQQQQQQQ")
_STATE_POSITION = 64
_CLOSED = 0
_MAX_METADATA = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class JfrChunk:
    """One chunk's header. ``offset`` and ``size`` are bytes in the file; times are UTC nanoseconds."""

    offset: int
    size: int
    start_ns: int
    duration_ns: int
    utc_offset_ns: int
    """How far the recording JVM's local time was ahead of UTC."""


def chunks(path: Path) -> list[JfrChunk]:
    """The chunks of a recording. Raises UnreadableRecording for a file that is none, or is cut."""
    try:
        with path.open("rb") as file:
            return list(_chunks(file))
    except FileNotFoundError:
        raise UnreadableRecording(f"there is no recording {path.name}") from None
    except OSError as error:
        raise UnreadableRecording(f"the recording {path.name} can't be opened: {error.strerror}") from error
    except (struct.error, IndexError, UnicodeDecodeError, ValueError):
        raise UnreadableRecording(f"the recording {path.name} is damaged") from None


def _chunks(file: BinaryIO) -> Iterator[JfrChunk]:
    end = file.seek(0, 2)
    if end == 0:
        raise UnreadableRecording("the recording is empty: Java ended before it could write it")
    position = 0
    while position < end:
        file.seek(position)
        header = file.read(HEADER_SIZE)
        if header[:4] != MAGIC:
            raise UnreadableRecording(f"at byte {position} the file is no flight recording")
        _, major, _, size, _, metadata, start, duration, _, _ = _HEADER.unpack_from(header)
        if major != 2:
            raise UnreadableRecording(f"the recording has format {major}, and only format 2 is known")
        if size < HEADER_SIZE or position + size > end:
            raise UnreadableRecording(
                f"the recording is cut: {bytes_of(end)} of at least {number(position + size)}"
            )
        yield JfrChunk(position, size, start, duration, _utc_offset_ns(file, position + metadata))
        position += size


def _utc_offset_ns(file: BinaryIO, position: int) -> int:
    """The attribute ``gmtOffset`` of the metadata's ``region`` element; 0 when it is not there."""
    file.seek(position)
    length, at = _number(file.read(9), 0)
    if not 0 < length <= _MAX_METADATA:
        return 0
    file.seek(position)
    data = file.read(length)
    for _ in range(4):  # event type, start, duration, metadata id
        _, at = _number(data, at)
    count, at = _number(data, at)
    strings = []
    for _ in range(count):
        string, at = _string(data, at)
        strings.append(string)
    if "gmtOffset" not in strings:
        return 0
    return _find_offset(data, at, strings)


def _find_offset(data: bytes, at: int, strings: list[str]) -> int:
    """Walk the element tree: name, attributes, then children; every word is an index into strings."""
    left = 1  # elements still to be read; the tree is in pre-order, so their nesting doesn't matter
    while left:
        left -= 1
        _, at = _number(data, at)
        attributes, at = _number(data, at)
        for _ in range(attributes):
            name, at = _number(data, at)
            value, at = _number(data, at)
            if strings[name] == "gmtOffset":
                return int(strings[value]) * 1_000_000
        children, at = _number(data, at)
        left += children
    return 0


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1 to 9 bytes, 7 bits each, lowest first; and where it ends."""
    value = 0
    for i in range(9):
        byte = data[at]
        at += 1
        if i == 8:
            return value | byte << 56, at
        value |= (byte & 0x7F) << 7 * i
        if not byte & 0x80:
            break
    return value, at


def _string(data: bytes, at: int) -> tuple[str, int]:
    """A string with its encoding byte: 0 null, 1 empty, 3 UTF-8, 4 UTF-16 units as numbers, 5 Latin-1."""
    encoding, at = data[at], at + 1
    if encoding in (0, 1):
        return "", at
    length, at = _number(data, at)
    if encoding == 3:
        return data[at : at + length].decode(), at + length
    if encoding == 5:
        return data[at : at + length].decode("latin-1"), at + length
    if encoding == 4:
        units = []
        for _ in range(length):
            unit, at = _number(data, at)
            units.append(chr(unit))
        return "".join(units), at
    raise ValueError(f"string encoding {encoding}")


def recover(repository: Path, target: Path) -> bool:
    """Make ``target`` from the chunks that a killed JVM left in its repository; False when there are none.

    Of each chunk, what its header vouches for is taken: the last flush wrote the header after the data.
    """
    found = sorted(repository.glob("*/*.jfr")) + sorted(repository.glob("*.jfr"))
    aside = target.with_name(target.name + ".part")
    written = 0
    with aside.open("wb") as out:
        for path in found:
            data = bytearray(path.read_bytes())
            if len(data) < HEADER_SIZE or data[:4] != MAGIC:
                continue
            size = _HEADER.unpack_from(data)[3]
            metadata = _HEADER.unpack_from(data)[5]
            if not HEADER_SIZE <= size <= len(data) or not metadata:
                continue
            data[_STATE_POSITION] = _CLOSED
            out.write(data[:size])
            written += 1
    if not written:
        aside.unlink()
        return False
    aside.replace(target)
    return True
