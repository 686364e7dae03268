r"""What Python and Java say to each other in a test, and the exchanges that are made of it.

A ``Talk`` is the records that a recorder would have written, put down in the order of the conversation::

    talk = Talk().open(1).open(2, port=4001, channel="callback")
    talk.at(3).ask("c\no0\nsort\nfp0;java.util.Comparator\ne\n", "!yv\n")
    talk.at(None).call_back("g\np0\ne\n", "!yv\n", on=2)
    sort, release = talk.exchanges()

Where one side doesn't wait for the other, or its bytes come in pieces, ``to_java`` and ``to_python`` say what
crosses one way::

    talk.to_java("c\no0\nrun\nfp0;java.lang.Runnable\ne\n")
    talk.call_back("c\np0\nrun\ne\n", "!yv\n")
    talk.to_python("!y", "v\n")

The real decoder and the real pairing make the exchanges. Chunks are 1 ms apart. ``converse`` is for requests
and replies that follow each other on one connection, from a line of PySpark.
"""

from __future__ import annotations

from typing import Self

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.exchanges import exchanges
from sparkwire.trace.records import (
    CallSite,
    Channel,
    Chunk,
    Closed,
    Frame,
    Opened,
    Record,
    Site,
    ThreadName,
    Unsent,
)
from sparkwire.wire.message import Direction

MAIN = 7
"""The ident of the thread that speaks where none is named."""
MS = 1_000_000


class Talk:
    """A conversation in the making. ``on`` is a connection's number, ``thread`` the ident of who speaks."""

    def __init__(self, *, now: int = 1_000_000_000, step: int = MS) -> None:
        self.records: list[Record] = []
        self.now = now
        self.step = step
        self._site = 0
        self._sites: dict[CallSite, int] = {}

    def open(
        self, connection: int = 1, *, port: int = 25333, channel: str = Channel.GATEWAY, listens: int = 0
    ) -> Self:
        """``port`` is the other side's, and ``listens`` Python's, where Java connects to it."""
        return self._add(
            Opened(connection, Channel(channel), listens or 4000 + connection, port, self.now, "127.0.0.1")
        )

    def close(self, connection: int = 1) -> Self:
        return self._add(Closed(connection, self._tick()))

    def not_sent(self, reason: str, connection: int = 1) -> Self:
        """What Python sent last did not leave."""
        return self._add(Unsent(connection, reason))

    def named(self, thread: int, name: str) -> Self:
        """A new thread begins to speak; where the ident is another's, that one has ended."""
        return self._add(ThreadName(thread, name))

    def at(self, place: int | CallSite | None) -> Self:
        """Where Python speaks from, until another place is named: a line of the program, or a whole stack."""
        if place is None:
            self._site = 0
            return self
        if isinstance(place, int):
            line = Frame("/home/ann/program.py", place, "<module>", f"line {place}", False)
            place = CallSite((line,))
        if place not in self._sites:
            self._sites[place] = len(self._sites) + 1
            self._add(Site(self._sites[place], place))
        self._site = self._sites[place]
        return self

    def ask(self, request: str | bytes, reply: str | bytes, *, on: int = 1, thread: int = MAIN) -> Self:
        """Python asks, and Java answers."""
        return self.to_java(request, on=on, thread=thread).to_python(reply, on=on, thread=thread)

    def call_back(self, request: str | bytes, reply: str | bytes, *, on: int = 1, thread: int = MAIN) -> Self:
        """Java asks, and Python answers."""
        return self.to_python(request, on=on, thread=thread).to_java(reply, on=on, thread=thread)

    def to_java(self, *pieces: str | bytes, on: int = 1, thread: int = MAIN) -> Self:
        return self._say(Direction.TO_JAVA, pieces, on, thread)

    def to_python(self, *pieces: str | bytes, on: int = 1, thread: int = MAIN) -> Self:
        return self._say(Direction.TO_PYTHON, pieces, on, thread)

    @property
    def opened(self) -> list[Opened]:
        return [record for record in self.records if isinstance(record, Opened)]

    def exchanges(self) -> list[Exchange]:
        return list(exchanges(self.records))

    def _say(self, way: Direction, pieces: tuple[str | bytes, ...], on: int, thread: int) -> Self:
        site = self._site if way is Direction.TO_JAVA else 0
        for piece in pieces:
            data = piece.encode() if isinstance(piece, str) else piece
            self._add(Chunk(on, way, self._tick(), thread, site, data))
        return self

    def _tick(self) -> int:
        self.now += self.step
        return self.now

    def _add(self, record: Record) -> Self:
        self.records.append(record)
        return self


LINE = Frame("/home/ann/program.py", 3, "<module>", 'sc.setCheckpointDir("here")', False)
SITE = CallSite(
    (
        LINE,
        Frame(
            "pyspark/core/context.py",
            2112,
            "SparkContext.setCheckpointDir",
            "self._jsc.sc().setCheckpointDir(dirName)",
            True,
        ),
        Frame(
            "py4j/clientserver.py",
            527,
            "ClientServerConnection.send_command",
            "self.socket.sendall(command)",
            True,
        ),
    )
)


def converse(
    *said: tuple[str | bytes, str | bytes | None],
    channel: str = Channel.GATEWAY,
    site: CallSite | None = SITE,
    thread: str = "MainThread",
) -> list[Exchange]:
    """The exchanges of one connection on which these requests and replies crossed; None is no reply."""
    talk = Talk().open(channel=channel).named(MAIN, thread).at(site)
    asks, answers = talk.to_java, talk.to_python
    if channel == Channel.CALLBACK:
        asks, answers = answers, asks
    for request, reply in said:
        asks(request)
        if reply is not None:
            answers(reply)
    return talk.close().exchanges()
