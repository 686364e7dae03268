"""Both directions of one worker's connection in, rounds out. It does no input or output itself.

A *round* is what the JVM asks of the worker with one init message, and what comes of it: rows in, results
out, timings and accumulators, or an exception. Both directions flow at once, each at its own pace, so
there is no request and reply. A connection has one round after the other, if the worker is used again.
The n-th init message and what follows it belong to the n-th round, and so does what the worker writes up
to its n-th last word.

A worker that waits for its next round, when the JVM closes the connection, fails to read: it writes that
exception, too, as long as it can. It belongs to no round.

A conversation says what passed, in order, and in which round. It reads no clock: whoever feeds it knows when
the bytes passed. Of the rows it keeps counts only.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker.arrow import Metadata
from sparkwire.wire.worker.codes import END_OF_STREAM
from sparkwire.wire.worker.decoder import WorkerDecoder

_J, _P = Direction.TO_JAVA, Direction.TO_PYTHON


class RoundPhase(Enum):
    """Which part of a connection a message is."""

    HANDSHAKE = "handshake"
    SET_UP = "set-up"
    DATA_IN = "data in"
    DATA_OUT = "data out"
    TIMING = "timing"
    ACCUMULATORS = "accumulators"
    EXCEPTION = "exception"
    END = "end"
    """The last word of one side."""
    UNREADABLE = "unreadable"
    OVER = "over"
    """Nothing more can come of the round. No message is."""


class Exit(Enum):
    """How a round ended for its worker."""

    REUSED = "reused"
    """The worker waits for another round."""
    ENDED = "ended"
    """The worker ends, because it left rows unread: ``take`` had enough."""
    ERROR = "error"
    """An exception was raised in the worker, which then ends."""
    KILLED = "killed"
    """The connection closed before the worker's last word."""


class Tally:
    """What passed of a round's data in one direction."""

    __slots__ = ("batches", "frames", "rows", "size")

    def __init__(self) -> None:
        self.size = 0
        """Bytes, with all that tells where data begins and ends."""
        self.frames = 0
        """Frames, each with one value or, pickled, several."""
        self.batches = 0
        """Batches of Arrow."""
        self.rows = 0
        """Rows in the batches of Arrow. How many a pickle holds its bytes don't say."""

    def add(self, message: Message | Malformed) -> None:
        """Count one message."""
        self.size += message.size
        self.frames += message.command in ("frame", "null")
        if message.command == "Arrow batch" and isinstance(message, Message):
            self.batches += 1
            metadata = message.field("metadata")
            if metadata is not None and isinstance(metadata.value, Metadata):
                self.rows += metadata.value.number


class Round:
    """One round of a connection."""

    __slots__ = (
        "accumulators",
        "data_in",
        "data_out",
        "exception",
        "exit",
        "init",
        "number",
        "size",
        "timing",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        """Which one of its connection, counted from 1."""
        self.init: Message | Malformed | None = None
        """None when the worker wrote and no init message was seen."""
        self.data_in = Tally()
        self.data_out = Tally()
        self.timing: Message | None = None
        self.accumulators = 0
        """How many accumulators were updated."""
        self.exception: Message | None = None
        self.exit: Exit | None = None
        """None while the round is open, and where the worker's last word can't be read."""
        self.size = {_P: 0, _J: 0}
        """All bytes of each direction, the init message and the last words too."""


class Passed(NamedTuple):
    """What passed: a message with its phase and round. The last of each round is ``RoundPhase.OVER``."""

    phase: RoundPhase
    round: Round | None
    """None for the handshake, and for the exception of a worker that waited when the connection closed."""
    message: Message | Malformed | None
    """None for ``RoundPhase.OVER``."""


_PHASES = {
    "secret": RoundPhase.HANDSHAKE,
    "secret reply": RoundPhase.HANDSHAKE,
    "pid": RoundPhase.HANDSHAKE,
    "init": RoundPhase.SET_UP,
    "timing": RoundPhase.TIMING,
    "accumulator": RoundPhase.ACCUMULATORS,
    "exception": RoundPhase.EXCEPTION,
    "end of stream": RoundPhase.END,
    "malformed": RoundPhase.UNREADABLE,
}
_DATA = {_P: RoundPhase.DATA_IN, _J: RoundPhase.DATA_OUT}


def phase_of(message: Message | Malformed) -> RoundPhase:
    """Which part of a connection a message is."""
    if message.direction is _J and message.command == "end of data":  # the number of accumulators is in it
        return RoundPhase.ACCUMULATORS
    return _PHASES.get(message.command, _DATA[message.direction])


class WorkerConversation:
    """What both sides of one worker's connection said.

    ``rounds_before`` is how many rounds it had before. The other arguments are ``WorkerDecoder``'s.
    """

    def __init__(
        self,
        pyspark: str,
        handshake: str = "none",
        *,
        rounds_before: int = 0,
        max_message: int = 256 * 1024,
    ) -> None:
        self._decoders = {
            way: WorkerDecoder(way, pyspark, handshake, max_message=max_message) for way in Direction
        }
        self._open: dict[int, Round] = {}
        self._numbers = {_P: rounds_before, _J: rounds_before + 1}
        """Which round is at hand: to Python the last that was begun, to Java the next to end."""
        self._ended = dict.fromkeys(Direction, rounds_before)
        """How many rounds each side ended."""
        self._passed: list[Passed] = []
        self.pid: int | None = None
        """The worker's process id, once it said so."""

    def pending(self, direction: Direction) -> int:
        """How many bytes of an unfinished message have come in one direction."""
        return self._decoders[direction].pending

    def lost(self, direction: Direction) -> str:
        """Why no further byte of one direction can be read; empty while reading goes on."""
        return self._decoders[direction].lost

    def feed(self, direction: Direction, data: bytes) -> list[Passed]:
        """Take the next bytes of one direction, and say what passed by them."""
        for message in self._decoders[direction].feed(data):
            self._message(message)
        return self._taken()

    def skip(self, direction: Direction, count: int, digest: str = "") -> list[Passed]:
        """Take bytes that were not stored (see ``WorkerDecoder.skip``), and say what passed by them."""
        for message in self._decoders[direction].skip(count, digest):
            self._message(message)
        return self._taken()

    def end(self) -> list[Passed]:
        """The connection closed: everything that was open is over."""
        for decoder in self._decoders.values():
            for message in decoder.end():
                self._message(message)
        for one in sorted(self._open.values(), key=lambda one: one.number):
            if one.exit is None and not self.lost(_J):
                one.exit = Exit.KILLED
            self._over(one)
        return self._taken()

    def _taken(self) -> list[Passed]:
        passed, self._passed = self._passed, []
        return passed

    def _message(self, message: Message | Malformed) -> None:
        way = message.direction
        phase = phase_of(message)
        if phase is RoundPhase.HANDSHAKE:
            self._greet(message)
            return
        if way is _P and self._ended[_P] == self._numbers[_P]:  # an init message, or what is in its place
            self._numbers[_P] += 1
        number = self._numbers[way]
        if phase is RoundPhase.EXCEPTION and number > self._numbers[_P]:
            self._passed.append(Passed(phase, None, message))
            return
        one = self._open.setdefault(number, Round(number))
        one.size[way] += message.size
        if way is _P and one.init is None:
            one.init = message
        if phase in (RoundPhase.DATA_IN, RoundPhase.DATA_OUT) or message.command == "end of data":
            (one.data_in if way is _P else one.data_out).add(message)
        self._passed.append(Passed(phase, one, message))
        if isinstance(message, Message):
            self._told(phase, one, message)

    def _greet(self, message: Message | Malformed) -> None:
        if isinstance(message, Message) and (found := message.field("process id")) is not None:
            assert isinstance(found.value, int)
            self.pid = found.value
        self._passed.append(Passed(RoundPhase.HANDSHAKE, None, message))

    def _told(self, phase: RoundPhase, one: Round, message: Message) -> None:
        if phase is RoundPhase.TIMING:
            one.timing = message
        elif phase is RoundPhase.EXCEPTION:
            one.exception, one.exit = message, Exit.ERROR
        elif phase is RoundPhase.ACCUMULATORS and message.command == "accumulator":
            one.accumulators += 1
        elif phase is RoundPhase.END:
            self._ended[message.direction] += 1
            if message.direction is _J:
                self._numbers[_J] += 1
                code = message.field("special length")
                one.exit = Exit.REUSED if code is not None and code.value == END_OF_STREAM else Exit.ENDED
            # When the worker ends early, rows may still come that it doesn't read.
            if one.exit is Exit.REUSED and self._ended[_P] >= one.number:
                self._over(one)

    def _over(self, one: Round) -> None:
        del self._open[one.number]
        self._passed.append(Passed(RoundPhase.OVER, one, None))
