"""Appends records to a trace file, each with one write.

Nothing is buffered in this process: a record that ``write`` returned from is in the kernel's hands,
so it survives ``os._exit`` and ``kill -9``, and memory stays flat however long the program runs.

A forked child has the file open as its parent has. It must neither write into it nor wait for the lock, which
may belong to a thread that the child doesn't have. So nothing here does either in another process than the
one that made the writer. The lock isn't held over a fork: whoever forks waits for other locks meanwhile
(``logging`` takes its own), and a thread that has one of those may be about to record.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sparkwire.errors import ReplacedTrace
from sparkwire.trace.format import (
    ROOM_RECORD,
    RecordEncoder,
    TraceReader,
    encode_header,
    encode_in_room,
    encode_start,
    encode_status,
    is_free,
    rooms,
    status_offset,
)
from sparkwire.trace.records import Header, Notice, Record

_BATCH = 64 * 1024
_START = 64 * 1024
"""Bytes that hold a trace's beginning, up to the end of the room for notices."""
_MORE = " more processes, started by the program or forked from it, talked to Java. None of them is recorded."
_AT_LEAST = re.compile(rb'"At least (\d+)%s' % _MORE.encode())


class TraceWriter:
    """A trace file that is open for appending.

    Raises ``OSError`` when the file can't be created. After the first write that fails, ``failure``
    says why in one line, the file's status says it too, and every further write does nothing: a
    reader can trust what came before.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        self.path = Path(path)
        self.failure: str | None = None
        self._process = os.getpid()
        self._absolute, self._started_ns = os.path.abspath(path), header.started_ns
        self._encoder = RecordEncoder()
        # Reentrant: the garbage collector can run Py4J's finalizers, which send commands, anywhere.
        self._lock = threading.RLock()
        self._start = start = encode_start(header)
        self._status_at = status_offset(start)
        _make_way(self.path)
        # Two descriptors: with O_APPEND, Linux would append even a write at a given place.
        self._append = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._status: int | None = os.open(self.path, os.O_WRONLY)
        self._open = self._writing = True
        try:
            if os.write(self._append, start) < len(start):
                raise OSError(28, "no room for the trace's header", str(self.path))
        except OSError:
            os.close(self._append)
            os.close(self._status)
            raise

    def write(self, encoded: bytes) -> None:
        """Append one encoded record; does nothing once writing failed or the file is closed.

        Not for a forked child: the process isn't looked at here, because that is a system call for each
        message. Who calls it asks, or is told by ``disown``.
        """
        with self._lock:
            if self._writing:
                try:
                    written = os.write(self._append, encoded)
                    if written < len(encoded):
                        self._write_rest(encoded, written)
                except OSError as error:
                    self.fail(f"writing the trace failed: {error.strerror or error}")

    def _write_rest(self, encoded: bytes, written: int) -> None:
        """Append all but the first ``written`` bytes, or take those back and raise ``OSError``."""
        try:
            # A full disk takes a part; asking again gives the reason, or takes the rest after all.
            while written < len(encoded):
                written += os.write(self._append, encoded[written:])
        except OSError:
            with contextlib.suppress(OSError):
                # Half a record would hide what is added when the program has ended.
                os.ftruncate(self._append, os.fstat(self._append).st_size - written)
            raise

    def write_record(self, record: Record) -> None:
        if not self._is_mine():
            return
        with self._lock:
            self.write(self._encoder.encode(record))

    def set_header(self, header: Header) -> None:
        """Put ``header`` in the place of the one that the file was created with, if it fits there."""
        if not self._is_mine():
            return
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._open and self._status is not None:
                os.pwrite(self._status, encode_header(header, self._start), 0)

    def fail(self, reason: str) -> None:
        """Stop writing for good and say why in the file's status."""
        if not self._is_mine():
            return
        with self._lock:
            if self._open and self.failure is None:
                self.failure = reason
                self._writing = False
                self._set_status("stopped", reason)

    def close(self, *, complete: bool = True) -> None:
        """Close the file, marked complete unless writing failed. Closing twice is harmless.

        In a forked child it does nothing: the file is its parent's.
        """
        if not self._is_mine():
            return
        with self._lock:
            if not self._open:
                return
            if complete and self.failure is None:
                self._set_status("complete", "")
            self._open = self._writing = False
            os.close(self._append)
            if self._status is not None:
                os.close(self._status)

    def disown(self) -> None:
        """To be called in a forked child, as early as can be: the file is its parent's from now on.

        A write that the fork interrupted (a signal's handler may have forked) goes on in the child, too.
        """
        self._writing = False
        self._append, self._status = -1, None

    def note_from_child(self, notice: Notice) -> None:
        """Leave a notice for the reader of the trace, from a forked child; see ``leave_notice``."""
        leave_notice(self._absolute, self._started_ns, notice)

    def _is_mine(self) -> bool:
        """Whether this is the process that made the writer, and not a fork of it."""
        return os.getpid() == self._process

    def _set_status(self, state: str, reason: str) -> None:
        if self._status is None:
            return
        # If it fails, nothing more can be said in the file; ``failure`` still says it to this process.
        with contextlib.suppress(OSError):
            os.pwrite(self._status, encode_status(state, reason), self._status_at)


def leave_notice(path: str, started_ns: int, notice: Notice) -> None:
    """Leave a notice in the trace that began at ``started_ns``, from a process that doesn't record it.

    It fills room that the trace has near its start, in place, so it is safe however the trace's own process
    writes meanwhile, and it stays when either is killed. It opens the file anew, takes no lock of this
    process, and never waits. When there is no room left, the last notice becomes the number of those that
    it and the later ones would have been. When ``path`` is another trace by now, nothing is done. Raises
    ``OSError`` when the file can't be opened or written.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        offset, last = -1, b""
        for offset in rooms(os.pread(descriptor, _START, 0), started_ns):
            last = b""
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, ROOM_RECORD, offset)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN):
                    continue  # another child is writing there
                # A file system without locks: two notices at the same moment may become one.
            last = os.pread(descriptor, ROOM_RECORD, offset)
            if is_free(last):
                os.pwrite(descriptor, encode_in_room(notice), offset)
                return
        if last:
            counted = _AT_LEAST.search(last)
            text = f"At least {int(counted[1]) + 1 if counted else 2}{_MORE}"
            os.pwrite(descriptor, encode_in_room(replace(notice, text=text)), offset)
    finally:
        os.close(descriptor)  # and so the locks are released


def _make_way(path: Path) -> None:
    """Remove an earlier trace at ``path``, so that a new file is made: it may be being recorded.

    A link stays, and so does what is no plain file, such as a pipe. What can't be removed is written over.
    """
    with contextlib.suppress(OSError):
        real = os.path.realpath(path)
        if stat.S_ISREG(os.lstat(real).st_mode):
            os.unlink(real)


def fault(error: Exception) -> str:
    """An error of our own in one line, with the place where it came up: ``KeyError: 3 (redact.py:101)``."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else "?"
    return f"{type(error).__name__}: {error} ({where})"


def append_records(path: str | Path, started_ns: int, records: Iterable[Record]) -> None:
    """Add records, such as the JVM's, to the trace that began at ``started_ns``, whose program has ended.

    Half a record at the file's end, of a program that was killed, is cut off first. Raises ``OSError``
    when the file can't be written, ``TraceError`` when it is no trace, ``ReplacedTrace`` when ``path`` is
    another trace by now; what was in it stays as it was.
    """
    encoder = RecordEncoder()
    # Opened before it is looked at: what takes its place at the path from now on isn't touched.
    descriptor = os.open(path, os.O_WRONLY)
    try:
        reader = TraceReader(path)
        check_replaced(reader, started_ns)
        whole = os.fstat(descriptor).st_size if reader.state == "complete" else reader.whole_size()
        os.ftruncate(descriptor, whole)
        batch = bytearray()
        for record in records:
            batch += encoder.encode(record)
            if len(batch) > _BATCH:
                whole = _append(descriptor, whole, batch)
        _append(descriptor, whole, batch)
    finally:
        os.close(descriptor)


def check_replaced(reader: TraceReader, started_ns: int) -> None:
    """Raise ``ReplacedTrace`` unless the trace is the one that began at ``started_ns``."""
    if reader.header.started_ns != started_ns:
        raise ReplacedTrace(
            f"{reader.path}: another recording was begun there meanwhile, and the trace is that one's now. "
            "Record again, each program into a file of its own (-o TRACE)."
        )


def _append(descriptor: int, whole: int, batch: bytearray) -> int:
    """Write all of ``batch`` at ``whole``, or nothing of it, and empty it; returns the new end."""
    size = len(batch)
    try:
        done = 0
        while done < size:
            done += os.pwrite(descriptor, batch[done:], whole + done)
    except OSError:
        os.ftruncate(descriptor, whole)
        raise
    batch.clear()
    return whole + size
