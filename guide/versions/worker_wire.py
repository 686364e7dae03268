"""The worker wire under several versions of PySpark, side by side: what the code table says of each version,
and how often real workers of that version said it.

The workers are those that ``tools/workers/recordings.py`` recorded for the tests. ``worker_picture`` draws
this.
"""

from __future__ import annotations

import base64
import json
import lzma
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from guide.reference.worker.entries import items
from sparkwire import Direction, Malformed, Message
from sparkwire.wire.worker import EVAL_TYPES, VERSIONS, Data, PySpark, RoundPhase, WorkerConversation

FOLDER = Path(__file__).resolve().parent.parent.parent / "tests" / "data" / "worker"
_SIGNS = {"<": Direction.TO_PYTHON, ">": Direction.TO_JAVA}
ABSENT = -1
"""Stands where a version doesn't have something."""


@dataclass(frozen=True, slots=True)
class RecordedWorkers:
    """What the workers of one version said."""

    pyspark: str
    version: PySpark
    """What the table says of it."""
    messages: dict[str, tuple[Message, ...]]
    """For each program the messages of its first connection, in the order of time."""
    parts: Counter[str]
    """In how many init messages each part was."""
    timings: Counter[str]
    """The same of timings."""
    kinds: Counter[int]
    """How many runs there were of each evaluation type."""


@dataclass(frozen=True, slots=True)
class Across:
    """One thing in all versions."""

    name: str
    meaning: str
    counts: tuple[int, ...]
    """For each version in how many recorded messages it was; ``ABSENT`` where the table has no such part."""


@cache
def recorded_workers() -> tuple[RecordedWorkers, ...]:
    """What was recorded of each version, in the order of the versions."""
    found = [_read(json.loads(lzma.decompress(file.read_bytes()))) for file in FOLDER.glob("*.json.xz")]
    return tuple(sorted(found, key=lambda one: VERSIONS.index(one.version)))


def _read(data: dict[str, Any]) -> RecordedWorkers:
    [version] = [one for one in VERSIONS if data["pyspark"].startswith(one.minor + ".")]
    first: dict[str, tuple[Message, ...]] = {}
    parts: Counter[str] = Counter()
    timings: Counter[str] = Counter()
    kinds: Counter[int] = Counter()
    for program, recording in data["recordings"].items():
        for pieces in recording["connections"]:
            messages = _messages(data["pyspark"], recording["handshake"], pieces)
            first.setdefault(program, messages)
            for message in messages:
                if message.command == "init":
                    parts.update({field.name for field in message.fields})
                    kind = message.field("eval type")
                    assert kind is not None
                    assert isinstance(kind.value, int)
                    kinds[kind.value] += 1
                elif message.command == "timing":
                    timings.update({field.name for field in message.fields})
    return RecordedWorkers(data["pyspark"], version, first, parts, timings, kinds)


def _messages(pyspark: str, handshake: str, pieces: Iterable[Sequence[str]]) -> tuple[Message, ...]:
    """The messages of a connection, but for the exception of a worker that waited when it closed."""
    conversation = WorkerConversation(pyspark, handshake)
    passed = [one for way, text in pieces for one in conversation.feed(_SIGNS[way], base64.b64decode(text))]
    passed += conversation.end()
    found = []
    for one in passed:
        if one.message is None or (one.phase is RoundPhase.EXCEPTION and one.round is None):
            continue
        assert not isinstance(one.message, Malformed), one.message.reason
        found.append(one.message)
    return tuple(found)


def init_parts(recorded: Sequence[RecordedWorkers]) -> list[Across]:
    """Every part of the init message that a version has, in their order."""
    return _across([(one.version.init, one.parts) for one in recorded])


def timing_parts(recorded: Sequence[RecordedWorkers]) -> list[Across]:
    """The same of the timings."""
    return _across([(one.version.timing, one.timings) for one in recorded])


def _across(layouts: Sequence[tuple[Any, Counter[str]]]) -> list[Across]:
    meanings: dict[str, str] = {}
    order: list[str] = []
    known: list[set[str]] = []
    for entries, _ in layouts:
        before = -1
        known.append(set())
        for item, _ in items(entries):
            known[-1].add(item.name)
            meanings[item.name] = item.meaning
            if item.name not in order:
                order.insert(before + 1, item.name)
            before = order.index(item.name)
    return [
        Across(
            name,
            meanings[name],
            tuple(
                counts[name] if name in mine else ABSENT
                for (_, counts), mine in zip(layouts, known, strict=True)
            ),
        )
        for name in order
    ]


@dataclass(frozen=True, slots=True)
class KindAcross:
    """One evaluation type in all versions."""

    code: int
    name: str
    data: tuple[Data | None, ...]
    """For each version how its rows go to Python; None where the version doesn't have it."""
    counts: tuple[int, ...]
    """How many runs of it were recorded."""


def kinds(recorded: Sequence[RecordedWorkers]) -> list[KindAcross]:
    """Every evaluation type of the table."""
    return [
        KindAcross(
            kind.code,
            kind.name,
            tuple(kind.data.get(one.version.minor) for one in recorded),
            tuple(one.kinds[kind.code] for one in recorded),
        )
        for kind in EVAL_TYPES
    ]
