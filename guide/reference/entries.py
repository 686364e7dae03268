"""The gateway wire's code table as entries of a reference, and the messages that show them.

``captures`` looks through exchanges for messages that use the entries of the table (COMMANDS, TYPE_CODES,
REPLIES), and ``missing`` names the entries that none of them uses. ``guide.reference.picture`` draws both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sparkwire import Direction, Exchange, Message
from sparkwire.wire.gateway import (
    COMMANDS,
    REPLIES,
    TYPE_CODES,
    Command,
    Form,
    Kind,
    Part,
    Reply,
    Subcommand,
    TypeCode,
)

SECTIONS = ("commands", "callbacks", "type codes", "replies")
"""The sections of the reference, in the order of the page."""

CLIENT = "Py4J's Python client"
BY_HAND = "a plain socket"
JAVA = "Py4J's Java side"

_TO = {Direction.TO_JAVA: "to Java", Direction.TO_PYTHON: "to Python"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the code table, and which messages it needs to be complete."""

    section: str
    id: str
    """Unique on the page: words of the table, not codes, of which some differ only in case."""
    code: str
    title: str
    meaning: str
    layout: tuple[tuple[str, str, str], ...]
    """Name, form and meaning of each part, in the order of the bytes."""
    facts: tuple[tuple[str, str], ...]
    """What else the table says: who handles it, who sends it."""
    needs: tuple[tuple[str, str], ...]
    """A key of ``captures`` for each message that must be there, with what it shows."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A message that was sent, with the exchange that it belongs to."""

    message: Message
    exchange: Exchange

    @property
    def sender(self) -> str:
        """Who sent the message: ``CLIENT``, ``BY_HAND`` or ``JAVA``."""
        if (self.exchange.channel == "callback") == self.asks:
            return JAVA
        return BY_HAND if self.by_hand else CLIENT

    @property
    def asks(self) -> bool:
        """Whether the message is the request of its exchange, and not the reply."""
        return self.message is self.exchange.request

    @property
    def by_hand(self) -> bool:
        """Whether no line of Py4J's took part in asking."""
        site = self.exchange.site
        frames = site.stack if site is not None else ()
        return self.exchange.channel == "gateway" and not any(f.file.startswith("py4j/") for f in frames)


def entries() -> tuple[Entry, ...]:
    """Every entry of the table, in the table's order."""
    return (*_command_entries(), *map(_type_entry, TYPE_CODES), *map(_reply_entry, REPLIES))


def captures(exchanges: Iterable[Exchange]) -> dict[str, Capture]:
    """For each key that an entry needs, the message that shows it best.

    That is one sent by Py4J's client rather than by hand, with every part that the layout names, in a plain
    call where there is one, and short.
    """
    best: dict[str, tuple[tuple[bool, bool, int, bool, int], Capture]] = {}
    parts = {key: _parts(entry) for entry in entries() for key, _ in entry.needs}
    for exchange in exchanges:
        for message in (exchange.request, exchange.reply):
            if not isinstance(message, Message):
                continue
            capture = Capture(message, exchange)
            plain = exchange.channel == "gateway" and exchange.command == "call"
            answered = exchange.reply is not None or exchange.command in ("shutdown", "cancel")
            names = {field.name for field in message.fields}
            for key in _keys(message):
                lacking = len(parts.get(key, names) - names)
                rank = (capture.by_hand, not answered, lacking, not plain, len(message.raw))
                if key not in best or rank < best[key][0]:
                    best[key] = rank, capture
    return {key: capture for key, (_, capture) in best.items()}


def missing(captured: Mapping[str, Capture]) -> list[str]:
    """The names of the entries of which a message is missing, each with which one."""
    return [
        f"{entry.section}: {entry.code} ({entry.title}{', ' + what if what else ''})"
        for entry in entries()
        for key, what in entry.needs
        if key not in captured
    ]


# --- the table's entries ----------------------------------------------------------------------------


def _command_entries() -> Iterator[Entry]:
    for command in COMMANDS:
        for sub in command.subcommands or (None,):
            yield _command_entry(command, sub)


def _command_entry(command: Command, sub: Subcommand | None) -> Entry:
    to_java = command.direction is Direction.TO_JAVA
    key = _command_key(command.direction, command.code, sub.code if sub else "")
    layout = [("command code", command.code, command.meaning)]
    parts = command.parts
    title = command.word.replace("_", " ")
    if sub is not None:
        layout.append(("subcommand code", sub.code, sub.meaning))
        parts = sub.parts
        title = f"{title}, {sub.word}"
    return Entry(
        section="commands" if to_java else "callbacks",
        id=_id("command" if to_java else "callback", title),
        code=f"{command.code} {sub.code}" if sub else command.code,
        title=title,
        meaning=sub.meaning if sub else command.meaning,
        layout=(*layout, *map(_part, parts)),
        facts=(("Answered by", command.handler), ("Sent by", sub.source if sub else command.source)),
        needs=((key, ""),),
    )


def _type_entry(kind: TypeCode) -> Entry:
    layout = [("type code", kind.code, kind.meaning[:1].upper() + kind.meaning[1:])]
    if kind.form is not Form.NOTHING:
        layout.append(("value", kind.form.value, "The text after the code, up to the line's end."))
    return Entry(
        section="type codes",
        id=_id("type", kind.word),
        code=kind.code,
        title=kind.word,
        meaning=layout[0][2],
        layout=tuple(layout),
        facts=(("Only in replies; made by" if kind.reply_only else "Read by", kind.source),),
        needs=tuple((_type_key(d, kind.code), _TO[d]) for d in Direction if kind.goes(d)),
    )


def _reply_entry(reply: Reply) -> Entry:
    needs = [(_reply_key(d, reply.code, False), _TO[d]) for d in reply.directions]
    needs += [(_reply_key(d, reply.code, True), f"{_TO[d]}, without a value") for d in reply.bare]
    return Entry(
        section="replies",
        id=_id("reply", reply.word),
        code=f"!{reply.code}",
        title=reply.word,
        meaning=_after_code(reply.meaning, reply.code),
        layout=(
            ("reply marker", "!", "This line is a reply."),
            ("reply code", reply.code, _after_code(reply.meaning, reply.code)),
            _part(reply.value),
        ),
        facts=(("Sent by", reply.source),),
        needs=tuple(needs),
    )


def _part(part: Part) -> tuple[str, str, str]:
    meaning = _after_code(part.meaning, "e") if part.kind is Kind.END else part.meaning
    return part.name, part.kind.value, meaning


def _parts(entry: Entry) -> set[str]:
    """The parts that a message of a command can have: a reply's and a value's are always there."""
    of_a_command = entry.section in ("commands", "callbacks")
    return {name for name, _, _ in entry.layout} if of_a_command else set()


def _after_code(meaning: str, code: str) -> str:
    said = meaning.removeprefix(f"{code}: ")
    return said[:1].upper() + said[1:]


def _id(kind: str, title: str) -> str:
    return f"{kind}-{title.replace(', ', '-').replace(' ', '-')}"


# --- what a message shows -----------------------------------------------------------------------------


def _command_key(direction: Direction, code: str, sub: str) -> str:
    return f"command {direction.value} {code}{sub}"


def _type_key(direction: Direction, code: str) -> str:
    return f"type {direction.value} {code}"


def _reply_key(direction: Direction, code: str, bare: bool) -> str:
    return f"reply {direction.value} {code}{' bare' if bare else ''}"


def _keys(message: Message) -> Iterator[str]:
    """The keys of all entries that a message uses."""
    values = {}
    types = set()
    for field in message.fields:
        if field.name == "type code":
            types.add(str(field.value))
        else:
            values[field.name] = str(field.value)
    if "command code" in values:
        yield _command_key(message.direction, values["command code"], values.get("subcommand code", ""))
    elif "reply code" in values:
        yield _reply_key(message.direction, values["reply code"], not types)
    for code in types:
        yield _type_key(message.direction, code)
