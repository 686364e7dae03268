"""The worker wire's code table as entries of a reference, and the messages that show them.

``captures`` looks through connections for messages that use the entries of the table (HANDSHAKES,
PRODUCTIONS, the init message of the newest version, EVAL_TYPES, SPECIAL_LENGTHS), and ``missing`` names the
entries that none of them uses. ``guide.reference.worker.picture`` draws both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

from guide.reference.entries import Entry
from guide.reference.worker.every_message import Asked, WorkerConnection
from sparkwire import Direction, Message
from sparkwire.wire.worker import (
    EVAL_TYPES,
    HANDSHAKES,
    PRODUCTIONS,
    SPECIAL_LENGTHS,
    VERSIONS,
    Comparison,
    Condition,
    Entries,
    EvalType,
    Handshake,
    Item,
    Production,
    SpecialLength,
    When,
)

SECTIONS = ("handshakes", "messages", "init message", "evaluation types", "special lengths")
"""The sections of the reference, in the order of the page."""
NEWEST = VERSIONS[-1]
"""The version whose workers are recorded while the page is made."""

NOT_SENT = {
    "message to_python Arrow dictionary": "Spark's JVM writes no dictionary (ArrowWriter has none), though a "
    "worker would read one.",
}
"""Messages that can't be captured, each with the reason."""

_TO = {Direction.TO_JAVA: "to Java", Direction.TO_PYTHON: "to Python"}
_UNSAID = "none"
"""The handshake that nobody says: its bytes begin with the first run."""
_MOST_SIZE = 1 << 30


@dataclass(frozen=True, slots=True)
class WorkerCapture:
    """What was sent and shows an entry."""

    messages: tuple[Message, ...]
    """One message, or a part of one; of a handshake all of its messages; of an evaluation type the part of
    the init message that is its own."""
    program: str
    """The program that caused it."""
    run: Asked | None
    """The run in which it was; None for what passed outside the runs."""


def entries() -> tuple[Entry, ...]:
    """Every entry of the table, in the table's order."""
    said = [handshake for handshake in HANDSHAKES if handshake.name != _UNSAID]
    parts: dict[str, list[tuple[Item, str]]] = {}
    for item, when in items(NEWEST.init):
        parts.setdefault(item.name, []).append((item, when))
    return (
        *starmap(_handshake_entry, enumerate(said, 1)),
        *starmap(_production_entry, enumerate(PRODUCTIONS, 1)),
        *starmap(_item_entry, enumerate(parts.values(), 1)),
        *(_eval_entry(kind) for kind in EVAL_TYPES if NEWEST.minor in kind.data),
        *map(_special_entry, SPECIAL_LENGTHS),
    )


def captures(connections: Iterable[WorkerConnection]) -> dict[str, WorkerCapture]:
    """For each key that an entry needs, the messages that show it best: telling ones, and then short ones."""
    best: dict[str, tuple[tuple[int, ...], WorkerCapture]] = {}
    for connection in connections:
        for key, rank, capture in _found(connection):
            if key not in best or rank < best[key][0]:
                best[key] = rank, capture
    return {key: capture for key, (_, capture) in best.items()}


def missing(captured: Mapping[str, WorkerCapture]) -> list[str]:
    """The names of the entries of which a message is missing, each with which one; not those that can't be
    captured (``NOT_SENT``)."""
    return [
        f"{entry.section}: {entry.title}{', ' + what if what else ''}"
        for entry in entries()
        for key, what in entry.needs
        if key not in captured and key not in NOT_SENT
    ]


# --- the table's entries ----------------------------------------------------------------------------


def items(parts: Entries, conditions: tuple[str, ...] = ()) -> Iterator[tuple[Item, str]]:
    """The items of a layout in their order, each with when and how often it is there, in words."""
    for part in parts:
        if isinstance(part, Item):
            yield part, ", ".join(conditions)
        elif isinstance(part, When):
            said = "if " + " and ".join(map(condition_words, part.conditions))
            yield from items(part.entries, (*conditions, said))
        else:
            counted = part.count.removeprefix("number of ")
            yield from items(part.entries, (*conditions, f"once for each of the {counted}"))


def condition_words(condition: Condition) -> str:
    """``the eval type is one of 300, 301, 302``."""
    value, test = condition.value, condition.test.value
    if isinstance(value, frozenset):
        said = ", ".join(map(str, sorted(value)))
        if len(value) == 1:
            test = "is" if condition.test is Comparison.IN else "is not"
    else:
        said = str(value).lower()
    return f"the {condition.item} {test} {said}"


def _handshake_entry(number: int, handshake: Handshake) -> Entry:
    both = ((Direction.TO_PYTHON, handshake.to_python), (Direction.TO_JAVA, handshake.to_java))
    order = [(_TO[way], word) for way, words in both for word in words]
    return Entry(
        section="handshakes",
        id=_id("handshake", handshake.name),
        code=str(number),
        title=handshake.name,
        meaning=handshake.meaning,
        layout=tuple((word, way, _production(word).meaning) for way, word in order),
        facts=(("Written by", handshake.source),),
        needs=((f"handshake {handshake.name}", ""),),
    )


def _production_entry(number: int, production: Production) -> Entry:
    parts = NEWEST.timing if production.word == "timing" else production.parts
    return Entry(
        section="messages",
        id=_id("message", production.word),
        code=str(number),
        title=production.word,
        meaning=production.meaning,
        layout=tuple((item.name, item.coding.value, item.meaning) for item, _ in items(parts)),
        facts=(("Written or read by", production.source),),
        needs=tuple((_message_key(way, production.word), _TO[way]) for way in production.directions),
    )


def _item_entry(number: int, places: Sequence[tuple[Item, str]]) -> Entry:
    """An item, which can be in several places of the layout."""
    item = places[0][0]
    return Entry(
        section="init message",
        id=_id("init", item.name),
        code=str(number),
        title=item.name,
        meaning=item.meaning,
        layout=tuple((item.name, item.coding.value, f"{when or 'always'}.") for item, when in places),
        facts=(("Read by", NEWEST.source),),
        needs=((f"init {item.name}", ""),),
    )


def _eval_entry(kind: EvalType) -> Entry:
    since = next(version.minor for version in VERSIONS if version.minor in kind.data)
    return Entry(
        section="evaluation types",
        id=_id("eval-type", str(kind.code)),
        code=str(kind.code),
        title=kind.name,
        meaning=kind.meaning,
        layout=(
            ("rows to Python", kind.data[NEWEST.minor].value, _DATA_WORDS[kind.data[NEWEST.minor].name]),
        ),
        facts=(
            ("In the table from version", since if since != VERSIONS[0].minor else f"{since} or earlier"),
        ),
        needs=((f"eval type {kind.code}", ""),),
    )


_DATA_WORDS = {
    "FRAMES": "A length and so many bytes, again and again, until -1.",
    "ARROW": "One Arrow stream, which says itself where it ends.",
    "GROUPS": "For each group the number of its Arrow streams, and the streams; at the end 0.",
}


def _special_entry(special: SpecialLength) -> Entry:
    return Entry(
        section="special lengths",
        id=_id("special", special.name.lower().replace("_", " ")),
        code=str(special.code),
        title=special.name,
        meaning=special.meaning,
        layout=((special.name, special.code.to_bytes(4, "big", signed=True).hex(" "), special.meaning),),
        facts=(("Declared or used in", special.source),),
        needs=tuple((_special_key(way, special.code), _TO[way]) for way in special.directions),
    )


def _production(word: str) -> Production:
    return next(one for one in PRODUCTIONS if one.word == word)


def _id(kind: str, title: str) -> str:
    return f"{kind}-{title.replace(' ', '-')}"


def _message_key(way: Direction, word: str) -> str:
    return f"message {way.value} {word}"


def _special_key(way: Direction, code: object) -> str:
    return f"special {way.value} {code}"


# --- what messages show -------------------------------------------------------------------------------

_Found = tuple[str, tuple[int, ...], WorkerCapture]


def _found(connection: WorkerConnection) -> Iterator[_Found]:
    """Each key that a message of a connection has, with how well it shows it: less is better."""
    program = connection.runs[0].program
    greeting = WorkerCapture(connection.greeting, program, None)
    yield f"handshake {connection.handshake}", (sum(m.size for m in connection.greeting),), greeting
    for message in connection.greeting:
        yield from _shown(message, WorkerCapture((message,), program, None))
    for run in connection.runs:
        for message in run.messages:
            yield from _shown(message, WorkerCapture((message,), run.program, run))
        init = run.messages[0]
        yield from _parts(init, run)
        kind, behind = init.field("eval type"), init.field("number of eval conf entries")
        if kind is not None and behind is not None:
            part = part_of(init, behind.start, len(init.raw))
            yield f"eval type {kind.value}", (init.size,), WorkerCapture((part,), run.program, run)


def _shown(message: Message, capture: WorkerCapture) -> Iterator[_Found]:
    rank = (message.size,)
    yield _message_key(message.direction, message.command), rank, capture
    for field in message.fields:
        if field.name == "special length":
            yield _special_key(message.direction, field.value), rank, capture


def _parts(init: Message, run: Asked) -> Iterator[_Found]:
    """The items of an init message, each as a part of it. One with a value is more telling than one without,
    and so are several instead of none."""
    seen = set()
    for index, field in enumerate(init.fields):
        if field.name in seen or field.name in ("length", "message length", "special length"):
            continue
        seen.add(field.name)
        before = init.fields[index - 1]
        start = before.start if before.name == "length" else field.start
        part = part_of(init, start, field.end)
        rank = (not field.value, part.size if field.value else _MOST_SIZE)
        yield f"init {field.name}", rank, WorkerCapture((part,), run.program, run)


def part_of(message: Message, start: int, end: int) -> Message:
    """Some fields of a message, as a message of their own."""
    fields = tuple(
        field._replace(start=field.start - start, end=field.end - start)
        for field in message.fields
        if start <= field.start and field.end <= end
    )
    hidden = tuple(
        (max(a, start) - start, min(b, end) - start) for a, b in message.hidden if a < end and b > start
    )
    where = f"from byte {start} on" if end == len(message.raw) else f"bytes {start} to {end - 1}"
    said = message.direction, message.role, f"{message.command}, {where}", message.raw[start:end]
    return Message(*said, message.offset + start, fields, hidden)
