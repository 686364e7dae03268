"""A turn: one thing that one side asked of the other, and what came of it.

Each wire has its own kind of turn, side by side and not one bent into the other: an ``Exchange`` of the
gateway wire is a request with its reply. What they share is here, and is all that a list of turns, a timeline
or a line of JSON needs to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparkwire.wire.message import Malformed, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What every kind of turn has. Times are nanoseconds since the epoch."""

    wire: ClassVar[str]
    """The name of the wire, such as ``gateway``."""

    n: int
    """Counts from 1 in the order in which the turns of a trace began, over all connections."""
    connection: int
    thread: str = ""
    """The name of the Python thread that took part; empty when unknown."""
    thread_number: int = 0
    """Tells threads of one name apart. From 1, as they first spoke; 0 when unknown."""
    start_ns: int
    duration_ns: int | None = None
    """None when its end was not seen."""

    @property
    def messages(self) -> tuple[Message | Malformed, ...]:
        """Its messages, in order."""
        raise NotImplementedError

    @property
    def failed(self) -> bool:
        """Whether one side said that it went wrong, or can't be understood."""
        raise NotImplementedError
