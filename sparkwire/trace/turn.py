"""A turn: one thing that one side asked of the other, and what came of it.

Each wire has its own kind of turn, side by side and not one bent into the other: an ``Exchange`` of the
gateway wire is a request with its reply. What they share is here, and is all that a list of turns, a timeline
or a line of JSON needs to know.
"""

from __future__ import annotations

from typing import ClassVar

from sparkwire.wire.message import Malformed, Message


class Turn:
    """What every kind of turn has. Times are nanoseconds since the epoch."""

    __slots__ = ()

    wire: ClassVar[str]
    """The name of the wire, such as ``gateway``."""

    @property
    def n(self) -> int:
        """Counts from 1 in the order in which the turns of a trace began, over all connections."""
        raise NotImplementedError

    @property
    def connection(self) -> int:
        """The number of its connection."""
        raise NotImplementedError

    @property
    def thread(self) -> str:
        """The name of the Python thread that took part; empty when unknown."""
        raise NotImplementedError

    @property
    def thread_number(self) -> int:
        """Tells threads of one name apart. From 1, as they first spoke; 0 when unknown."""
        raise NotImplementedError

    @property
    def start_ns(self) -> int:
        """When it began."""
        raise NotImplementedError

    @property
    def duration_ns(self) -> int | None:
        """How long it took; None when its end was not seen."""
        raise NotImplementedError

    @property
    def messages(self) -> tuple[Message | Malformed, ...]:
        """Its messages, in order."""
        raise NotImplementedError

    @property
    def failed(self) -> bool:
        """Whether one side said that it went wrong, or can't be understood."""
        raise NotImplementedError
