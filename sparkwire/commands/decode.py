"""``sparkwire decode``: what people have of the gateway's wire, explained field by field as it arrives."""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sparkwire import views
from sparkwire.commands.progress import progress
from sparkwire.errors import CaptureError
from sparkwire.plain import duration, many, number, size
from sparkwire.sources.capture import CaptureReader, PrintedPacketsReader
from sparkwire.sources.dumps import DumpReader
from sparkwire.sources.formats import DUMPS, Format, recognise
from sparkwire.sources.hearing import Heard, Hearing
from sparkwire.sources.logs import java_log, python_log
from sparkwire.sources.piece import Piece, Reader
from sparkwire.sources.text import StraceReader, StringsReader
from sparkwire.trace.format import MAGIC
from sparkwire.wire.gateway.both_ways import BothWays
from sparkwire.wire.message import Direction, Malformed

_PIECE = 64 * 1024
_DIRECTIONS = {"to-java": Direction.TO_JAVA, "to-python": Direction.TO_PYTHON}
_READERS: dict[Format, Callable[[], Reader]] = {
    Format.PYTHON_LOG: python_log,
    Format.JAVA_LOG: java_log,
    Format.STRACE: StraceReader,
    Format.TCPDUMP: PrintedPacketsReader,
}


def main(options: argparse.Namespace) -> int:
    """Explain the source. 0 when all in it are messages, 1 when some are not, 2 when it can't be read."""
    try:
        if options.file == "-":
            return _explain(sys.stdin.buffer, options)
        with Path(options.file).open("rb") as file:
            return _explain(file, options)
    except (OSError, CaptureError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        what = "standard input" if options.file == "-" else options.file
        if isinstance(error, CaptureError):
            print(f"sparkwire: {what}: {error}", file=sys.stderr)
        else:
            print(
                f"sparkwire: {what} can't be read: {error.strerror}. Name a file with raw gateway bytes, a "
                "log, a dump or a capture, or - for standard input.",
                file=sys.stderr,
            )
        return 2


class _Source:
    """The bytes of the source, with its beginning looked at."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        # read1: what has arrived is explained now, also when it comes from a pipe that stays open.
        self._read = getattr(file, "read1", file.read)
        self.start = b""
        self.size = 0
        self.watched: Callable[[int], object] = lambda done: None
        """Told how many more bytes are being explained."""

    def length(self) -> int | None:
        """How many bytes there will be; None where that isn't known."""
        with contextlib.suppress(OSError, ValueError):
            about = os.fstat(self.file.fileno())
            if stat.S_ISREG(about.st_mode):
                return about.st_size
        return None

    def recognise(self, given: str) -> Format:
        """What it is, unless that was ``given``."""
        found = None if given == "auto" else Format(given)
        while found is None or not self.start:
            data = self._read(_PIECE)
            self.start += data
            if given == "auto":
                found = recognise(self.start, over=not data)
            if not data:
                break
        assert found is not None
        return found

    def pieces(self) -> Iterator[bytes]:
        data, self.start = self.start, b""
        while data:
            self.size += len(data)
            yield data
            self.watched(len(data))
            data = self._read(_PIECE)


def _explain(file: BinaryIO, options: argparse.Namespace) -> int:
    source = _Source(file)
    form = source.recognise(options.form)
    if source.start.startswith(MAGIC.split()[0]):
        print(
            "sparkwire: this is a trace, not raw gateway bytes: see it with 'sparkwire show TRACE'.",
            file=sys.stderr,
        )
        return 2
    if not source.start:
        print("sparkwire: there are no bytes to decode", file=sys.stderr)
        return 0
    one_way = _DIRECTIONS.get(options.direction)
    title = form.title if form is not Format.RAW or one_way is None else "raw bytes of one direction"
    print(f"read as: {title}\n", flush=True)
    reading = _Reading(source, form, one_way)
    messages = 0
    malformed: list[int] = []
    # What is printed on a terminal as it is read shows how far it is, and a capture is read by its reader.
    unseen = not sys.stdout.isatty() and form is not Format.PCAP
    with (
        progress("decoding", source.length(), "B")
        if unseen
        else contextlib.nullcontext(source.watched) as watched
    ):
        source.watched = watched
        for heard in reading.all():
            messages += 1
            if isinstance(heard.message, Malformed):
                malformed.append(heard.message.offset + heard.message.position)
            # A field of any length is shown whole: this is the command that says what every byte is.
            print(f"{_belongs(heard)}{views.message_text(heard.message, full=True)}", flush=True)
    hearing = reading.hearing
    said = f"{many(messages - len(malformed), 'message')} in {many(hearing.exchanges, 'exchange')}"
    if form is not Format.PCAP:
        said += f", {size(source.size)}"
    if malformed:
        places = ", ".join(map(number, malformed[:5])) + (", ..." if len(malformed) > 5 else "")
        said += f"; {len(malformed)} malformed, at byte {places}"
    notes = reading.notes()
    if hearing.foreign:
        notes.append(f"left out: {many(hearing.foreign, 'connection')} without Py4J")
    if form is Format.STRACE and hearing.broken:
        notes.append(f"strace cut {many(hearing.broken, 'string')} short: run it with -s 1000000")
    if not messages:
        notes.append(f"found nothing of Py4J in it, read as {title}; --as names another format")
    for line in (said, *notes):
        print(f"sparkwire: {line}", file=sys.stderr)
    return 1 if malformed else 0


class _Reading:
    """A source being read."""

    def __init__(self, source: _Source, form: Format, one_way: Direction | None) -> None:
        self._source, self._form, self._one_way = source, form, one_way
        self.hearing = Hearing(in_doubt=form in (Format.PYTHON_LOG, Format.JAVA_LOG))
        self._reader: Reader | CaptureReader | None = None
        if (make := _READERS.get(form)) is not None:
            self._reader = make()
        elif form is Format.PCAP:
            self._reader = CaptureReader(source.file, source.start)

    def all(self) -> Iterator[Heard]:
        """All that is heard. Raises ``CaptureError`` and ``OSError``."""
        if self._reader is None:
            yield from self._stream()
            return
        for said in self._said(self._reader):
            yield from self.hearing.feed(said)
        yield from self.hearing.end()

    def notes(self) -> list[str]:
        return self._reader.notes() if self._reader is not None else []

    def _said(self, reader: Reader | CaptureReader) -> Iterator[Piece]:
        if isinstance(reader, CaptureReader):
            yield from reader.read()
            return
        for data in self._source.pieces():
            yield from reader.feed(data)
        yield from reader.end()

    def _stream(self) -> Iterator[Heard]:
        """One stream of bytes, that of both directions unless the direction was given."""
        both = BothWays()
        for data in self._bytes():
            if self._one_way is None:
                yield from self.hearing.both_ways(both.feed(data))
            else:
                yield from self.hearing.feed(Piece(data, direction=self._one_way))
        if self._one_way is None:
            yield from self.hearing.both_ways(both.end())
        else:
            yield from self.hearing.end()

    def _bytes(self) -> Iterator[bytes]:
        if self._form is Format.RAW:
            yield from self._source.pieces()
            return
        reader = StringsReader() if self._form is Format.TEXT else DumpReader(DUMPS[self._form])
        for data in self._source.pieces():
            yield from reader.feed(data)
        yield from reader.end()


def _belongs(heard: Heard) -> str:
    """What stands before a message: its exchange, and how long the answer took."""
    said = f"connection {heard.connection}, " if heard.connection > 1 else ""
    if heard.among:
        numbers = ", ".join(map(number, heard.among[:-1])) + f" or {number(heard.among[-1])}"
        return f"{said}answers exchange {numbers}, the source doesn't say which: "
    if not heard.exchange:
        return f"{said}answers no request in here: " if heard.answers else said.replace(", ", ": ")
    after = f" after {duration(heard.after_ns)}" if heard.after_ns is not None and heard.after_ns >= 0 else ""
    return f"{said}{'answers ' if heard.answers else ''}exchange {number(heard.exchange)}{after}: "
