"""What passed on a Python worker's connection, as a page shows it: a table, a diagram, and bytes.

A run's messages stand in the order of time, with the handshake before them where the run was its worker's
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from IPython.display import HTML, Markdown

from guide.notebook import diagram, framed, table
from sparkwire import Direction, Malformed, Message, Recording, views
from sparkwire.wire.worker import RoundPhase

_WRITER = {Direction.TO_PYTHON: "JVM", Direction.TO_JAVA: "worker"}
_ARROW = {Direction.TO_PYTHON: "J->>W", Direction.TO_JAVA: "W->>J"}


class TimedMessage(NamedTuple):
    """A message, and when it had passed."""

    message: Message
    t_ns: int


def passed(recording: Recording, number: int) -> list[TimedMessage]:
    """The messages of a run, by its number. Raises ``ValueError`` when there is no such run."""
    [run] = [one for one in recording.runs if one.n == number]
    found: list[tuple[Message | Malformed, int]] = []
    if not run.reused:
        found += [
            (one.message, one.t_ns)
            for one in recording.trace.apart
            if one.phase is RoundPhase.HANDSHAKE and one.worker.connection == run.connection
        ]
    found += zip(run.messages, run.times, strict=True)
    return [TimedMessage(message, t_ns) for message, t_ns in found if isinstance(message, Message)]


def passed_table(messages: Iterable[TimedMessage]) -> Markdown:
    """Each message with who wrote it, its size, and what it means."""
    rows = [
        (n, _WRITER[one.message.direction], one.message.command, one.message.size, meaning(one.message))
        for n, one in enumerate(messages, 1)
    ]
    return table(("#", "written by", "message", "bytes", "it says"), rows)


def meaning(message: Message) -> str:
    """What a message says, in a few words."""
    values = {field.name: field.value for field in message.fields}
    match message.command:
        case "pid":
            return f"I am process {values['process id']}"
        case "secret":
            return "the secret (stars in the recording)"
        case "secret reply":
            return f"{values['secret reply']}"
        case "init":
            return "the task, the settings, and the function"
        case "frame":
            return "rows"
        case "timing":
            return f"{values['processing time']} ms of work on rows"
        case "end of data" if message.direction is Direction.TO_JAVA:
            return f"no more rows; accumulators that follow: {values['number of accumulators']}"
        case "end of data":
            return "no more rows"
        case "accumulator":
            return "what was added to an accumulator"
        case "exception":
            return str(values["traceback"]).strip().rpartition("\n")[2]
        case "end of stream":
            return "this run is over" + (", and so am I" if values["special length"] == -1 else "")
    return ""


def passed_diagram(messages: Iterable[TimedMessage], title: str) -> Markdown:
    """A sequence diagram. Neighbours of one kind are one arrow."""
    lines = ["sequenceDiagram", f"    accTitle: {views.label(title, 80)}"]
    lines += ["    participant J as the JVM (executor)", "    participant W as the Python worker"]
    for (way, word), group in groupby(messages, lambda one: (one.message.direction, one.message.command)):
        several = [one.message for one in group]
        count = f"{len(several)} × {word}" if len(several) > 1 else word
        total = views.size(sum(message.size for message in several))
        lines.append(f"    {_ARROW[way]}: {views.label(f'{count}, {total}', 80)}")
    return diagram("\n".join(lines) + "\n")


def messages_html(messages: Sequence[Message], name: str) -> HTML:
    """Messages byte by byte. ``name`` begins the ids, and must be another one for each call on a page."""
    shown = [views.message_html(message, f"{name}-{n}-") for n, message in enumerate(messages)]
    return framed(views.join(shown))
