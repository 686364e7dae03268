"""What one action moved, on each way: the gateway from the recording, the workers' streams, and the rest."""

from __future__ import annotations

from dataclasses import dataclass

from guide.data_paths.channels import Channels
from sparkwire import Direction, Recording


@dataclass(frozen=True, slots=True)
class Path:
    """Bytes that one action moved. *Out* is away from the driver's Python, *in* is towards it."""

    name: str
    round_trips: int
    gateway_out: int
    gateway_in: int
    socket_in: int
    """Over local sockets besides the gateway."""
    socket_out: int
    files: int
    """Through temporary files."""
    accumulated: int
    """From the JVM to the accumulator server in the driver's Python."""
    to_workers: int
    from_workers: int
    runs: int
    """Of Python workers."""


def paths(name: str, recording: Recording, channels: Channels) -> Path:
    """What the action ``name`` moved, which ``recording`` and ``channels`` saw.

    Releases of objects aren't counted: they can be those of an earlier action.
    """
    asked = [one for one in recording.exchanges if one.command not in ("auth", "memory")]
    return Path(
        name,
        round_trips=len(asked),
        gateway_out=sum(one.request.size for one in asked),
        gateway_in=sum(one.reply.size for one in asked if one.reply is not None),
        socket_in=channels.received,
        socket_out=channels.sent,
        files=channels.file_bytes,
        accumulated=channels.accumulated,
        to_workers=sum(run.round.size[Direction.TO_PYTHON] for run in recording.runs),
        from_workers=sum(run.round.size[Direction.TO_JAVA] for run in recording.runs),
        runs=len(recording.runs),
    )
