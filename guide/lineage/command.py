"""Loads a command that a page has just recorded of itself.

sparkwire never loads a pickle, because loading one runs what it says. A page may load what it pickled itself
a moment ago: that came from this process. So ``load_own_command`` takes the page's own recording, in which
this process is seen to send the same bytes to Java.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import psutil

from guide.lineage.model import command
from sparkwire import Message, Recording, Run

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a worker unpickles before it reads a row (4.3.0: worker.py, read_command)."""

    function: Any
    """Takes a partition's number and its rows, and gives the rows to write."""
    profiler: Any
    deserializer: Any
    serializer: Any


def load_own_command(recording: Recording, run: Run) -> Loaded:
    """Unpickle what the worker of a run was given for an RDD. Only for a recording of this very process.

    Raises ``ValueError`` when the recording is older than this process, or doesn't show that this process
    sent the same bytes over the gateway.
    """
    data = command(run)
    if recording.trace.header.started_ns < psutil.Process().create_time() * _SECOND:
        raise ValueError("the recording is not of this process, so nothing in it is loaded")
    sent = (
        field.value
        for exchange in recording.find(command="constructor")
        if isinstance(exchange.request, Message)
        for field in exchange.request.fields
        if isinstance(field.value, bytes)
    )
    if not data or data not in sent:
        raise ValueError("the recording doesn't show that this process made the command: it is not loaded")
    return Loaded(*pickle.loads(data))
