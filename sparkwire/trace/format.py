"""The trace file: how records become bytes and bytes become records.

A trace file is append-only, so that a program can be killed at any moment and the file still opens
up to its last whole record:

    sparkwire-trace 1\\n        the magic line: what this is, and the format's version
    record record record ...    each: payload length (4 bytes), kind (1 byte), payload

All numbers are little-endian. A chunk's payload is a fixed head and the raw bytes, because there are
many of them and the recorder has microseconds to write one. Every other payload is JSON.

The second record is a status of fixed size, which is overwritten in place: a full disk has no room to append
"the disk is full", but it has room for a status that is already there. The header is overwritten, too, when
it turns out which Py4J and PySpark the program uses; it has spaces at its end. No other record ever changes.

Room for notices follows, also of fixed size. Only child processes of the recorded program fill it: they can't
append, because the file's end is their parent's.

A chunk in which secrets were replaced follows a record that says where, and both are written at once: no
trace holds a placeholder without its place.

A reader meets unknown kinds of record in a file of its own version when a newer sparkwire wrote it;
it skips them. A file of a newer version is refused with a clear error.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import IO, Any

from sparkwire.errors import TraceError
from sparkwire.trace.records import (
    About,
    CallSite,
    Channel,
    Chunk,
    Closed,
    FileName,
    Frame,
    Header,
    JavaCall,
    JavaVersion,
    Notice,
    Opened,
    Record,
    Redacted,
    Site,
    ThreadName,
    Unsent,
    Waited,
    Withheld,
    Worker,
)
from sparkwire.wire.message import Direction

VERSION = 1
PART = ".sparkwire-part"
"""What the name of a part ends with: the trace of one Python worker."""
_NAME = b"sparkwire-trace "
MAGIC = _NAME + str(VERSION).encode() + b"\n"

_FRAME = struct.Struct("<IB")
_CHUNK = struct.Struct("<IBqQI")
_CHUNK_SIZE = _CHUNK.size
_CHUNK_RECORD = struct.Struct("<IBIBqQI")
_pack_chunk = _CHUNK_RECORD.pack


class RecordKind(IntEnum):
    """The kind byte of a record."""

    HEADER = 1
    STATUS = 2
    OPENED = 3
    CLOSED = 4
    SITE = 5
    CHUNK = 6
    THREAD = 7
    NOTICE = 8
    JAVA_VERSION = 9
    JAVA_STACK = 10
    JAVA_CALL = 11
    REDACTED = 12
    ROOM = 13
    """Room for a notice, until a child process makes one of it."""
    UNSENT = 14
    WORKER = 15
    WITHHELD = 16
    FILE_NAME = 17
    WAITED = 18


# Plain ints: the hot path packs them.
_CHUNK_KIND, _WITHHELD_KIND = int(RecordKind.CHUNK), int(RecordKind.WITHHELD)
_WAITED_KIND = int(RecordKind.WAITED)

MAX_PAYLOAD = 1 << 30
"""No record is longer (bytes): a longer length means that the file is damaged."""

HEADER_ROOM = 64
"""Spaces at the end of a header, for versions that are not known yet."""

STATUS_SIZE = 512
"""Bytes of the status payload, padded with spaces."""

ROOMS = 8
"""For how many notices of child processes a trace has room."""
ROOM_SIZE = 512
"""Bytes of such a notice's payload, padded with spaces."""
_STATUS_RECORD = _FRAME.size + STATUS_SIZE
ROOM_RECORD = _FRAME.size + ROOM_SIZE

_CHANNELS = {channel.value: channel for channel in Channel}
_ABOUT = {about.value: about for about in About}
_TO_JAVA, _TO_PYTHON = _DIRECTIONS = (Direction.TO_JAVA, Direction.TO_PYTHON)

BLOCK = 1 << 16
"""Bytes that a reader takes from the file at once; more where a record is longer. A processor's cache holds
what is made of so many."""


Watch = Callable[[str, int | None, str], AbstractContextManager[Callable[[int], object]]]
"""Watches work that may take long. It is given what is done, how many units of it there are (None where that
isn't known), and the unit.

While its context lasts, the function that it gives is told how many more units are done.
"""


def unwatched(what: str, total: int | None, unit: str) -> AbstractContextManager[Callable[[int], object]]:
    """Nobody watches."""
    return nullcontext(lambda done: None)


_CUT_HEADER = "the trace ends inside its header, so nothing was recorded in it. Record it again."


# --- writing -------------------------------------------------------------------------------------


def encode_chunk(
    connection: int,
    to_python: bool,
    t_ns: int,
    thread: int,
    site: int,
    data: bytes | memoryview,
    spans: Sequence[tuple[int, int]] = (),
) -> bytes:
    """A chunk record, and before it the record of its placeholders' ``spans``, where it has any.

    It takes plain values, not a ``Chunk``: this is the recorder's hot path.
    """
    chunk = _pack_chunk(_CHUNK_SIZE + len(data), _CHUNK_KIND, connection, to_python, t_ns, thread, site)
    return _encode_redacted(connection, to_python, spans) + chunk + data if spans else chunk + data


def encode_withheld(
    connection: int, to_python: bool, size: int, digest: str, first_ns: int, last_ns: int
) -> bytes:
    """A record of bytes that weren't stored. ``digest`` is in hexadecimal, or empty.

    It takes plain values, too: where rows are pickled, every hundred of them make one.
    """
    payload = (
        f'{{"connection":{connection},"direction":{int(to_python)},"size":{size},"digest":"{digest}",'
        f'"first_ns":{first_ns},"last_ns":{last_ns}}}'
    ).encode("ascii")
    return _FRAME.pack(len(payload), _WITHHELD_KIND) + payload


def encode_waited(connection: int, to_python: bool, since_ns: int, until_ns: int) -> bytes:
    """A record of a worker's wait for its JVM. It takes plain values, too."""
    payload = (
        f'{{"connection":{connection},"direction":{int(to_python)},'
        f'"since_ns":{since_ns},"until_ns":{until_ns}}}'
    ).encode("ascii")
    return _FRAME.pack(len(payload), _WAITED_KIND) + payload


def _encode_redacted(connection: int, to_python: bool, spans: Sequence[tuple[int, int]]) -> bytes:
    return _json_record(RecordKind.REDACTED, [connection, int(to_python), spans])


def _json_record(kind: int, value: object, room: int = 0) -> bytes:
    payload = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b" " * room
    return _FRAME.pack(len(payload), kind) + payload


def encode_start(header: Header) -> bytes:
    """The file's beginning: magic line, header, the status ``recording``, and room for notices."""
    room = _FRAME.pack(ROOM_SIZE, RecordKind.ROOM) + b"null".ljust(ROOM_SIZE)
    return (
        MAGIC
        + _json_record(RecordKind.HEADER, asdict(header), HEADER_ROOM)
        + encode_status("recording", "")
        + room * ROOMS
    )


def encode_header(header: Header, start: bytes) -> bytes:
    """What to write over the beginning of a file that begins with ``start`` (``encode_start``'s bytes).

    Raises ``ValueError`` when the header doesn't fit into the place of the one there.
    """
    size, _ = _FRAME.unpack_from(start, len(MAGIC))
    plain = _json_record(RecordKind.HEADER, asdict(header))
    room = size + _FRAME.size - len(plain)
    if room < 0:
        raise ValueError(f"the header is {-room} bytes longer than the one in the file")
    return MAGIC + _json_record(RecordKind.HEADER, asdict(header), room)


def encode_status(state: str, reason: str) -> bytes:
    """The status record, always of the same size.

    ``state`` is ``recording`` (or killed before it could say more), ``complete`` or ``stopped``;
    ``reason`` says why it stopped and is cut to fit.
    """
    room = STATUS_SIZE - 64
    while True:
        payload = json.dumps({"state": state, "reason": reason}).encode("ascii")
        if len(payload) <= STATUS_SIZE:
            return _FRAME.pack(STATUS_SIZE, RecordKind.STATUS) + payload.ljust(STATUS_SIZE)
        reason = reason[:room]
        room = room * 3 // 4


def status_offset(start: bytes) -> int:
    """Where the status record begins in a file that begins with ``start`` (``encode_start``'s bytes)."""
    return len(start) - ROOMS * ROOM_RECORD - _STATUS_RECORD


def encode_in_room(notice: Notice) -> bytes:
    """A notice of the size of the room for one; its text is cut to fit."""
    text = notice.text
    while True:
        payload = json.dumps(asdict(replace(notice, text=text)), separators=(",", ":")).encode("ascii")
        if len(payload) <= ROOM_SIZE:
            return _FRAME.pack(ROOM_SIZE, RecordKind.NOTICE) + payload.ljust(ROOM_SIZE)
        text = text[: len(text) * 3 // 4]


def rooms(start: bytes, started_ns: int) -> list[int]:
    """Where in a trace the room for notices lies, taken or not: offsets of records.

    ``start`` is the file's beginning. Empty when it isn't that of the trace that began at ``started_ns``.
    """
    if not start.startswith(MAGIC):
        return []
    found: list[int] = []
    at = len(MAGIC)
    while len(start) - at >= _FRAME.size and len(found) < ROOMS:
        length, kind = _FRAME.unpack_from(start, at)
        if kind == RecordKind.HEADER:
            try:
                if (
                    json.loads(start[at + _FRAME.size : at + _FRAME.size + length])["started_ns"]
                    != started_ns
                ):
                    return []
            except (ValueError, TypeError, KeyError):
                return []
        elif kind != RecordKind.STATUS:
            if length != ROOM_SIZE or kind not in (RecordKind.ROOM, RecordKind.NOTICE):
                break  # of an older sparkwire, which left no room
            if len(start) - at < ROOM_RECORD:
                break
            found.append(at)
        at += _FRAME.size + length
    return found


def is_free(record: bytes) -> bool:
    """Whether the record at one of ``rooms`` is still room."""
    return len(record) >= _FRAME.size and record[_FRAME.size - 1] == RecordKind.ROOM


class RecordEncoder:
    """Encodes any record but chunks. It interns Java stacks, so use one encoder per file."""

    def __init__(self) -> None:
        self._stacks: dict[tuple[str, ...], int] = {}

    def encode(self, record: Record) -> bytes:
        match record:
            case Chunk():
                return encode_chunk(
                    record.connection,
                    record.direction is Direction.TO_PYTHON,
                    record.t_ns,
                    record.thread,
                    record.site,
                    record.data,
                )
            case Opened():
                return _json_record(RecordKind.OPENED, asdict(record))
            case Closed():
                return _json_record(RecordKind.CLOSED, asdict(record))
            case Unsent():
                return _json_record(RecordKind.UNSENT, asdict(record))
            case Worker():
                return _json_record(RecordKind.WORKER, asdict(record))
            case Withheld():
                return encode_withheld(
                    record.connection,
                    record.direction is Direction.TO_PYTHON,
                    record.size,
                    record.digest,
                    record.first_ns,
                    record.last_ns,
                )
            case Waited():
                to_python = record.direction is Direction.TO_PYTHON
                return encode_waited(record.connection, to_python, record.since_ns, record.until_ns)
            case Site():
                frames = [[f.file, f.line, f.function, f.code, int(f.library)] for f in record.site.stack]
                return _json_record(RecordKind.SITE, [record.id, frames])
            case Redacted():
                to_python = record.direction is Direction.TO_PYTHON
                return _encode_redacted(record.connection, to_python, record.spans)
            case FileName():
                return _json_record(RecordKind.FILE_NAME, asdict(record))
            case ThreadName():
                return _json_record(RecordKind.THREAD, asdict(record))
            case Notice():
                return _json_record(RecordKind.NOTICE, asdict(record))
            case JavaVersion():
                return _json_record(RecordKind.JAVA_VERSION, asdict(record))
            case JavaCall():
                return self._encode_java_call(record)

    def _encode_java_call(self, call: JavaCall) -> bytes:
        encoded = b""
        stack = self._stacks.get(call.stack)
        if stack is None:
            stack = self._stacks[call.stack] = len(self._stacks) + 1
            encoded = _json_record(RecordKind.JAVA_STACK, [stack, call.stack])
        row = [call.thread, call.thread_name, call.start_ns, call.duration_ns, call.method, stack]
        return encoded + _json_record(RecordKind.JAVA_CALL, row)


# --- reading -------------------------------------------------------------------------------------


class TraceReader:
    """Reads a trace file as a stream of records, in flat memory.

    ``header``, ``state`` and ``reason`` are there at once. Iterate for the records; a reader can be
    iterated again. After an iteration ``cut`` says whether the file ended inside a record.

    Raises ``TraceError`` when the file is empty, is no trace, is damaged at its start, or has a
    newer format; ``OSError`` when it can't be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.cut = False
        self.passed_over: set[int] = set()
        """After an iteration: the kinds of which records were passed over."""
        self.watch: Watch = unwatched
        """Told, whenever the file is read, how far it is."""
        with self.path.open("rb") as file:
            self._check_magic(file)
            self._start = file.tell()
            header = self._next(file)
            status = self._next(file)
            self._after_status = file.tell()
        if (
            header is None
            or header[0] != RecordKind.HEADER
            or status is None
            or status[0] != RecordKind.STATUS
        ):
            raise TraceError(f"{self.path}: {_CUT_HEADER}")
        try:
            self.header = Header(**json.loads(header[1]))
            said = json.loads(status[1])
            self.state: str = said["state"]
            self.reason: str = said["reason"]
        except (ValueError, TypeError, KeyError) as error:
            raise TraceError(f"{self.path}: the trace's header is damaged ({error}).") from None

    def _check_magic(self, file: IO[bytes]) -> None:
        line = file.read(len(_NAME) + 12)
        if not line:
            raise TraceError(
                f"{self.path}: the file is empty; a recording writes its header first. Record it again."
            )
        if len(line) < len(MAGIC) and MAGIC.startswith(line):
            raise TraceError(f"{self.path}: {_CUT_HEADER}")
        if not line.startswith(_NAME):
            raise TraceError(
                f"{self.path}: this is not a trace; it begins with {line[:16]!r}. "
                "`sparkwire run -o TRACE SCRIPT` makes one; `sparkwire decode` explains raw gateway bytes."
            )
        digits = line[len(_NAME) :].split(b"\n", 1)[0]
        if not digits.isdigit():
            raise TraceError(f"{self.path}: the trace's first line is damaged: {line!r}.")
        if int(digits) > VERSION:
            raise TraceError(
                f"{self.path}: this trace has format {int(digits)}; this sparkwire reads up to {VERSION}. "
                "Update sparkwire, or record again with this version."
            )
        file.seek(len(_NAME) + len(digits) + 1)

    def _next(self, file: IO[bytes]) -> tuple[int, bytes] | None:
        """The next (kind, payload); None at the end of the file or where it was cut."""
        frame = file.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            self.cut = bool(frame)
            return None
        length, kind = _FRAME.unpack(frame)
        if length > MAX_PAYLOAD:
            self.cut = True
            return None
        payload = file.read(length)
        if len(payload) < length:
            self.cut = True
            return None
        return kind, payload

    def whole_size(self) -> int:
        """Bytes of the file up to the end of its last whole record."""
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(whole := self._after_status)
            while (frame := file.read(_FRAME.size)) and len(frame) == _FRAME.size:
                length = _FRAME.unpack(frame)[0]
                if length > MAX_PAYLOAD or whole + _FRAME.size + length > size:
                    break
                whole += _FRAME.size + length
                file.seek(whole)
        return whole

    def __iter__(self) -> Iterator[Record]:
        return self.read()

    def read(self, without: Container[int] = ()) -> Iterator[Record]:
        """The records, but for those of some kinds (``RecordKind``), which are passed over undecoded."""
        return chain.from_iterable(self.batches(without))

    def batches(self, without: Container[int] = ()) -> Iterator[list[Record]]:
        """As ``read``, many records at once: a generator's step costs as much as a record's decoding."""
        self.cut = False
        self.passed_over = passed_over = set[int]()
        unpack, new, frame, head = _CHUNK_RECORD.unpack_from, tuple.__new__, _FRAME.size, _CHUNK_RECORD.size
        ways, with_chunks = (_TO_JAVA, _TO_PYTHON), _CHUNK_KIND not in without
        stored = _Stored()
        rest, wanted = b"", BLOCK
        size = self.path.stat().st_size - self._after_status
        with self.path.open("rb", buffering=0) as file, self.watch("reading the trace", size, "B") as done:
            file.seek(self._after_status)
            while more := file.read(wanted):
                done(len(more))
                at, end, wanted = 0, len(rest) + len(more), BLOCK
                # Padded, so that a chunk's head can be unpacked from any record: most are chunks.
                block = b"".join((rest, more, bytes(_CHUNK_SIZE)))
                records: list[Record] = []
                add = records.append
                while at + frame <= end:
                    length, kind, connection, to_python, t_ns, thread, site = unpack(block, at)
                    after = at + frame + length
                    if after > end:
                        wanted = max(BLOCK, after - end)
                        break
                    if kind == _CHUNK_KIND and with_chunks and length >= _CHUNK_SIZE:
                        way = ways[to_python != 0]
                        add(new(Chunk, (connection, way, t_ns, thread, site, block[at + head : after])))
                    elif kind in without:
                        passed_over.add(kind)
                    else:
                        try:
                            record = _decode_json(kind, json.loads(block[at + frame : after]), stored)
                        except (ValueError, TypeError, KeyError, IndexError):
                            # A damaged record: what follows can't be trusted to be framed, so stop here.
                            self.cut = True
                            yield records
                            return
                        if record is not None:
                            add(record)
                    at = after
                yield records
                rest = block[at:end]
                if wanted > MAX_PAYLOAD:
                    break
        self.cut = bool(rest)


class _Stored:
    """What is stored once in a trace, or kept once by its reader."""

    __slots__ = ("frames", "stacks")

    def __init__(self) -> None:
        self.stacks: dict[int, tuple[str, ...]] = {0: ()}
        self.frames: dict[Frame, Frame] = {}
        """Call sites share most of their frames."""


def _decode_json(kind: int, value: Any, stored: _Stored) -> Record | None:
    match kind, value:
        case RecordKind.OPENED, {"channel": str(channel)} if channel in _CHANNELS:
            return Opened(**(value | {"channel": _CHANNELS[channel]}))
        case RecordKind.CLOSED, dict():
            return Closed(**value)
        case RecordKind.UNSENT, dict():
            return Unsent(**value)
        case RecordKind.WORKER, dict():
            return Worker(**value)
        case RecordKind.WITHHELD, {"direction": (0 | 1) as to_python}:
            return Withheld(**(value | {"direction": _DIRECTIONS[to_python]}))
        case RecordKind.WAITED, {"direction": (0 | 1) as to_python}:
            return Waited(**(value | {"direction": _DIRECTIONS[to_python]}))
        case RecordKind.SITE, [site, frames]:
            stack = (Frame(f[0], f[1], f[2], f[3], bool(f[4])) for f in frames)
            return Site(site, CallSite(tuple([stored.frames.setdefault(frame, frame) for frame in stack])))
        case RecordKind.REDACTED, [connection, to_python, spans]:
            return Redacted(
                connection, _DIRECTIONS[to_python], tuple((int(start), int(end)) for start, end in spans)
            )
        case RecordKind.FILE_NAME, dict():
            return FileName(**value)
        case RecordKind.THREAD, dict():
            return ThreadName(**value)
        case RecordKind.NOTICE, {"about": str(about)} if about in _ABOUT:
            return Notice(**(value | {"about": _ABOUT[about]}))
        case RecordKind.JAVA_VERSION, dict():
            return JavaVersion(**value)
        case RecordKind.JAVA_STACK, [stack_id, frames]:
            stored.stacks[stack_id] = tuple(frames)
        case RecordKind.JAVA_CALL, [thread, name, start, duration, method, stack_id]:
            return JavaCall(thread, name, start, duration, method, stored.stacks[stack_id])
    return None  # a kind, a channel or a subject that a newer sparkwire added to this format: skip it
