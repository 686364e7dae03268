"""Appends records to a trace file, each with one write.

Nothing is buffered in this process: a record that ``write`` returned from is in the kernel's hands,
so it survives ``os._exit`` and ``kill -9``, and memory stays flat however long the program runs.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from sparkwire.trace.format import RecordEncoder, TraceReader, encode_start, encode_status, status_offset
from sparkwire.trace.records import Header, Record

_BATCH = 64 * 1024


class TraceWriter:
    """A trace file that is open for appending.

    Raises ``OSError`` when the file can't be created. After the first write that fails, ``failure``
    says why in one line, the file's status says it too, and every further write does nothing: a
    reader can trust what came before.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        self.path = Path(path)
        self.failure: str | None = None
        self._encoder = RecordEncoder()
        # Reentrant: the garbage collector can run Py4J's finalizers, which send commands, anywhere.
        self._lock = threading.RLock()
        start = encode_start(header)
        self._status_at = status_offset(start)
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
        """Append one encoded record; does nothing once writing failed or the file is closed."""
        with self._lock:
            if not self._writing:
                return
            written = 0
            try:
                written = os.write(self._append, encoded)
                # A full disk takes a part; asking again gives the reason, or takes the rest after all.
                while written < len(encoded):
                    written += os.write(self._append, encoded[written:])
            except OSError as error:
                with contextlib.suppress(OSError):
                    # Half a record would hide what is added when the program has ended.
                    os.ftruncate(self._append, os.fstat(self._append).st_size - written)
                self.fail(f"writing the trace failed: {error.strerror or error}")

    def write_record(self, record: Record) -> None:
        with self._lock:
            self.write(self._encoder.encode(record))

    def fail(self, reason: str) -> None:
        """Stop writing for good and say why in the file's status."""
        with self._lock:
            if self._open and self.failure is None:
                self.failure = reason
                self._writing = False
                self._set_status("stopped", reason)

    def close(self, *, complete: bool = True) -> None:
        """Close the file, marked complete unless writing failed. Closing twice is harmless."""
        with self._lock:
            if not self._open:
                return
            if complete and self.failure is None:
                self._set_status("complete", "")
            self._open = self._writing = False
            os.close(self._append)
            if self._status is not None:
                os.close(self._status)

    def _set_status(self, state: str, reason: str) -> None:
        if self._status is None:
            return
        # If it fails, nothing more can be said in the file; ``failure`` still says it to this process.
        with contextlib.suppress(OSError):
            os.pwrite(self._status, encode_status(state, reason), self._status_at)


def fault(error: Exception) -> str:
    """An error of our own in one line, with the place where it came up: ``KeyError: 3 (redact.py:101)``."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else "?"
    return f"{type(error).__name__}: {error} ({where})"


def append_records(path: str | Path, records: Iterable[Record]) -> None:
    """Add records, such as the JVM's, to a trace whose program has ended.

    Half a record at the file's end, of a program that was killed, is cut off first. Raises ``OSError``
    when the file can't be written, ``TraceError`` when it is no trace; what was in it stays as it was.
    """
    encoder = RecordEncoder()
    reader = TraceReader(path)
    descriptor = os.open(path, os.O_WRONLY)
    try:
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
