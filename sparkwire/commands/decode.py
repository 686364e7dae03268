"""``sparkwire decode``: raw gateway bytes, explained field by field as they arrive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import BinaryIO

from sparkwire import views
from sparkwire.plain import many, number, size
from sparkwire.trace.format import MAGIC
from sparkwire.wire.gateway import Decoder
from sparkwire.wire.gateway.both_ways import BothWays
from sparkwire.wire.message import Direction, Malformed, Message

_PIECE = 64 * 1024
_DIRECTIONS = {"to-java": Direction.TO_JAVA, "to-python": Direction.TO_PYTHON}


def main(options: argparse.Namespace) -> int:
    """Explain the bytes. 0 when all of them are messages, 1 when some are not, 2 when they can't be read."""
    try:
        if options.file == "-":
            return _explain(sys.stdin.buffer, options.direction)
        with Path(options.file).open("rb") as file:
            return _explain(file, options.direction)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(
            f"sparkwire: {options.file} can't be read: {error.strerror}. "
            "Name a file with raw gateway bytes, or - for standard input.",
            file=sys.stderr,
        )
        return 2


def _explain(source: BinaryIO, direction: str) -> int:
    decoder = BothWays() if direction == "auto" else Decoder(_DIRECTIONS[direction])
    messages = read_bytes = 0
    malformed: list[int] = []

    def show(found: list[Message | Malformed]) -> None:
        nonlocal messages
        for message in found:
            messages += 1
            if isinstance(message, Malformed):
                malformed.append(message.offset + message.position)
            # A field of any length is shown whole: this is the command that says what every byte is.
            print(views.message_text(message, full=True))

    # read1: what has arrived is explained now, also when it comes from a pipe that stays open.
    read = getattr(source, "read1", source.read)
    while data := read(_PIECE):
        if read_bytes == 0 and data.startswith(MAGIC.split()[0]):
            print(
                "sparkwire: this is a trace, not raw gateway bytes: see it with 'sparkwire show TRACE'.",
                file=sys.stderr,
            )
            return 2
        read_bytes += len(data)
        show(decoder.feed(data))
        sys.stdout.flush()
    show(decoder.end())
    said = f"{many(messages - len(malformed), 'message')} in {size(read_bytes)}"
    if malformed:
        places = ", ".join(map(number, malformed[:5])) + (", ..." if len(malformed) > 5 else "")
        said += f"; {len(malformed)} malformed, at byte {places}"
    print(f"sparkwire: {said if read_bytes else 'there are no bytes to decode'}", file=sys.stderr)
    return 1 if malformed else 0
