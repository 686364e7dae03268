"""The worker wire of each version, side by side, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guide.versions.worker_wire import ABSENT, Across, KindAcross, RecordedWorkers
from sparkwire import Direction, Message, views
from sparkwire.views import Html, tag

_NONE = "–"
"""What stands where a version doesn't have something."""
_WRITERS = {Direction.TO_JAVA: "worker", Direction.TO_PYTHON: "JVM"}


def one_program_html(recorded: Sequence[RecordedWorkers], program: str) -> Html:
    """The messages that one program causes, with their sizes, under each version."""
    columns = [_numbered(one.messages.get(program, ())) for one in recorded]
    order: list[tuple[Direction, str, int]] = []
    for column in columns:
        order += [key for key in column if key not in order]
    # In the order of the newest version: what an older one has besides, it would have at the end.
    rows = [
        _row(
            f"{_WRITERS[way]}: {word}",
            [str(column[way, word, n]) if (way, word, n) in column else _NONE for column in columns],
        )
        for way, word, n in order
    ]
    rows.append(_row("all", [str(sum(column.values())) for column in columns]))
    return views.table("Bytes of each message", ("Message", *_names(recorded)), rows, "sw-vs")


def _numbered(messages: Iterable[Message]) -> dict[tuple[Direction, str, int], int]:
    """The size of each message, by its direction, its kind, and which one of its kind it is."""
    sizes: dict[tuple[Direction, str, int], int] = {}
    for message in messages:
        n = sum(1 for way, word, _ in sizes if (way, word) == (message.direction, message.command))
        sizes[message.direction, message.command, n] = message.size
    return sizes


def parts_html(recorded: Sequence[RecordedWorkers], parts: Iterable[Across], name: str) -> Html:
    """Parts of a message: in how many recorded messages of each version each was."""
    rows = [
        _row(
            views.join([tag("b", one.name), " ", tag("small", one.meaning)]),
            [_NONE if count == ABSENT else str(count) for count in one.counts],
        )
        for one in parts
    ]
    return views.table(name, ("Part", *_names(recorded)), rows, "sw-vs")


def kinds_html(recorded: Sequence[RecordedWorkers], found: Iterable[KindAcross]) -> Html:
    """Evaluation types: how the rows of each go to Python under each version."""
    rows = [
        _row(
            views.join([tag("code", str(one.code)), f" {one.name.removeprefix('SQL_')}"]),
            [_NONE if data is None else data.value for data in one.data],
        )
        for one in found
    ]
    return views.table("Evaluation types of each version", ("Type", *_names(recorded)), rows, "sw-vs")


def _row(head: str, cells: Iterable[str]) -> Html:
    return views.row(head, *cells, head=True)


def _names(recorded: Sequence[RecordedWorkers]) -> list[str]:
    return [one.pyspark for one in recorded]
