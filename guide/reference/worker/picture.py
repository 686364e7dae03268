"""The worker wire's reference as HTML: each entry of the code table with messages that were really sent.

Everything is folded, and every entry and field has a permalink.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from guide.reference.entries import Entry
from guide.reference.picture import entry_html
from guide.reference.worker.entries import NOT_SENT, SECTIONS, WorkerCapture, entries
from guide.reference.worker.every_message import Asked
from sparkwire import Direction, Message, views
from sparkwire.views import Html, tag
from sparkwire.wire.worker import pickled_functions

_WORKERS = {Direction.TO_JAVA: "the worker", Direction.TO_PYTHON: "the JVM"}


def worker_reference_html(section: str, captured: Mapping[str, WorkerCapture]) -> Html:
    """One section of the reference, as an HTML fragment. Raises ``ValueError`` for an unknown section."""
    if section not in SECTIONS:
        raise ValueError(f"there is no section {section!r}: there are {', '.join(SECTIONS)}")
    shown = [entry_html(entry, _shown(entry, captured)) for entry in entries() if entry.section == section]
    return views.framed(tag("ol", *shown, class_="sw-t"))


def _shown(entry: Entry, captured: Mapping[str, WorkerCapture]) -> Iterable[Html]:
    if not entry.needs:
        yield tag("p", "No message has it.")
    for number, (key, what) in enumerate(entry.needs, 1):
        capture, prefix = captured.get(key), f"{entry.id}-{number}-"
        if capture is None:
            yield tag("p", f"Not captured {what}: {NOT_SENT.get(key, 'no message of this kind was sent.')}")
            continue
        where = f" in run {capture.run.number}" if capture.run is not None else ""
        sender = _WORKERS[capture.messages[0].direction]
        by = f", sent by {sender}" if len(capture.messages) == 1 else ""
        yield tag("p", f"Captured{where}{by}, for the program ", tag("code", capture.program), ":")
        for place, message in enumerate(capture.messages):
            yield views.message_html(message, f"{prefix}{place}-")
        if entry.section == "evaluation types" and capture.run is not None:
            yield _run_html(capture.run)


def _run_html(run: Asked) -> Html:
    """The user's functions in a run's init message, and all of its messages with their sizes."""
    init = run.messages[0]
    found = [
        f"{function.name} ({function.file.rpartition('/')[2]}, line {function.line})"
        for field in init.fields
        if isinstance(field.value, bytes)
        for function in pickled_functions(field.value)
        if "pyspark/" not in function.file
    ]
    said = tag("p", "The user's functions in it: ", tag("code", ", ".join(found) or "none"))
    rows = [
        views.row(f"{sender} {_counted(messages)}", views.size(sum(message.size for message in messages)))
        for sender, messages in _turns(run.messages)
    ]
    return views.join([said, views.table("All messages of the run", ("Sent", "Size"), rows, "sw-vc")])


def _turns(messages: Iterable[Message]) -> Iterable[tuple[str, Sequence[Message]]]:
    """Neighbours of one kind together."""
    for (way, _), several in groupby(messages, lambda message: (message.direction, message.command)):
        yield f"{_WORKERS[way]}:", list(several)


def _counted(messages: Sequence[Message]) -> str:
    word = messages[0].command
    return word if len(messages) == 1 else f"{len(messages)} × {word}"
