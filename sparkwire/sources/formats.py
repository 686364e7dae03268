r"""Which kind of source it is: told by its beginning, or by name."""

from __future__ import annotations

import re
from enum import Enum

from sparkwire.sources import dumps, logs, text
from sparkwire.sources.capture import PCAP_MAGICS, PCAPNG_MAGIC
from sparkwire.wire.gateway import COMMANDS

ENOUGH = 1024 * 1024
"""Bytes at the beginning of a source in which what it is must show; if it doesn't, they are raw."""


class Format(Enum):
    """A kind of source. The value is its name for ``--as``."""

    RAW = "raw"
    PYTHON_LOG = "python-log"
    JAVA_LOG = "java-log"
    STRACE = "strace"
    TEXT = "text"
    HEXDUMP = "hexdump"
    XXD = "xxd"
    OD = "od"
    OD_WORDS = "od-words"
    TCPDUMP = "tcpdump"
    PCAP = "pcap"

    @property
    def title(self) -> str:
        """What is said when a source is read as this."""
        return _TITLES[self]


_TITLES = {
    Format.RAW: "raw bytes of both directions",
    Format.PYTHON_LOG: "a Python log with Py4J's DEBUG lines",
    Format.JAVA_LOG: "a Java log with Py4J's lines",
    Format.STRACE: "what strace wrote",
    Format.TEXT: r"text with line ends written as \n",
    Format.HEXDUMP: "a dump of bytes, as hexdump -C makes it",
    Format.XXD: "a dump of bytes, as xxd makes it",
    Format.OD: "a dump of bytes, as od -t x1 makes it",
    Format.OD_WORDS: "a dump of words of two bytes, as od -x makes it",
    Format.TCPDUMP: "packets that tcpdump printed",
    Format.PCAP: "a capture of packets",
}
DUMPS = {
    Format.HEXDUMP: dumps.CANONICAL,
    Format.XXD: dumps.XXD,
    Format.OD: dumps.BYTES,
    Format.OD_WORDS: dumps.WORDS,
}
"""Dumps of bytes, with what their lines look like."""

_CODES = "|".join(re.escape(one.code) for one in COMMANDS)
_RAW = re.compile(rf"(?:!|(?:{_CODES})\n)".encode())
_MARKS = {
    Format.PYTHON_LOG: re.compile(b"|".join(map(re.escape, logs.PYTHON_MARKS))),
    Format.JAVA_LOG: re.compile(b"|".join(map(re.escape, (*logs.JAVA_MARKS, *logs.JAVA_PARTS)))),
}
_ESCAPED = re.compile(rf"(?:^|[\s\"'])(?:![^\s\"'\\]+|(?:{_CODES}))\\n".encode())


def recognise(start: bytes, *, over: bool) -> Format | None:
    """The kind of a source that begins with ``start``, or None while that doesn't show.

    ``over`` says that ``start`` is all there is.
    """
    if start.startswith((*PCAP_MAGICS, PCAPNG_MAGIC)):
        return Format.PCAP
    if _RAW.match(start):
        return Format.RAW
    whole = start if over else start[: start.rfind(b"\n") + 1]
    for line in whole.split(b"\n"):
        if dumps.PACKET.match(line):
            return Format.TCPDUMP
        for form, kind in DUMPS.items():
            if kind.match(line):
                return form
        for form, marks in _MARKS.items():
            if marks.search(line):
                return form
        if text.STRACE.search(line) and b'"' in line:
            return Format.STRACE
        if _ESCAPED.search(line):
            return Format.TEXT
    return Format.RAW if over or len(start) >= ENOUGH else None
