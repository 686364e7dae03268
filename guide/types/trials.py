"""A trial: one value that was sent or fetched through a gateway, with what crossed and what came of it.

``guide.types.values`` says what is tried, ``guide.types.tables`` tries it, ``guide.types.picture`` draws what
came of it. What crossed is taken from the recording, and a trial is found in it by marks: calls of
``java.util.Objects.requireNonNull`` with a text of our own, one before and one after each trial. So the
recording alone says which exchange belongs to which value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sparkwire import Direction, Exchange, Malformed, Message

TO_JAVA = "to java"
TO_PYTHON = "to python"
OVERLOADS = "overloads"
NAMES = "names"
WAYS = "ways"
TABLES = (TO_JAVA, TO_PYTHON, OVERLOADS, NAMES, WAYS)
"""The tables that trials belong to."""

_BEGIN, _END = "trial %d begins", "trial %d ends"


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried, what came of it, and the exchanges that it took."""

    number: int
    table: str
    """One of ``TABLES``."""
    value: str
    """The Python expression that was run, or the Java one that made the value."""
    about: str = ""
    """What else was given: the method of an overload, the type that a way is for."""
    auto_convert: bool = False
    java_class: str = ""
    """What Java said the class is (``java.lang.Integer``, ``[B``), or ``null``; empty when not asked."""
    outcome: str = ""
    """What Python had in the end, as ``repr`` shows it, without the ids of objects."""
    python_type: str = ""
    """The type of that."""
    chosen: str = ""
    """The method that Py4J chose, with its parameters' types (table ``OVERLOADS``)."""
    error: str = ""
    """What was raised, with its message; empty when it worked."""
    exchanges: tuple[Exchange, ...] = ()
    """What crossed for it, without the marks, and without releases, whose time is not fixed."""

    @property
    def sent(self) -> str:
        """The value of the last request, as it stood on the wire; empty when none was sent."""
        asked = [e.request for e in self.exchanges if e.channel == "gateway" and e.command != "auth"]
        return next((text for one in reversed(asked) if (text := last_value(one))), "")

    @property
    def received(self) -> str:
        """The value of the last reply, as it stood on the wire; empty when there is none."""
        replies = [e.reply for e in self.exchanges if e.channel == "gateway" and e.command != "auth"]
        return last_value(replies[-1]) if replies and replies[-1] is not None else ""


def begin(number: int) -> str:
    """The mark before trial ``number``."""
    return _BEGIN % number


def end(number: int) -> str:
    """The mark after it."""
    return _END % number


def with_exchanges(trials: Sequence[Trial], exchanges: Iterable[Exchange]) -> tuple[Trial, ...]:
    """The trials, each with its exchanges. Raises ``ValueError`` when a mark is missing."""
    found = _without_releases(exchanges)
    marks = {text: place for place, one in enumerate(found) if (text := _mark(one))}
    said = []
    for trial in trials:
        first, last = marks.get(begin(trial.number)), marks.get(end(trial.number))
        if first is None or last is None:
            raise ValueError(f"trial {trial.number} ({trial.value}) has no marks in the recording")
        said.append(replace(trial, exchanges=tuple(found[first + 1 : last])))
    return tuple(said)


def same_either_way(off: Trial, on: Trial) -> bool:
    """Whether a value came out alike without and with automatic conversion, but for ids."""

    def kept(trial: Trial) -> Trial:
        return replace(trial, number=0, auto_convert=False, exchanges=())

    return kept(off) == kept(on) and off.sent[:1] == on.sent[:1] and len(off.exchanges) == len(on.exchanges)


def last_value(message: Message | Malformed) -> str:
    """The last typed value of a message as text, code included; empty when there is none.

    A text that the decoder can't read is shown as far as it stands before the end marker.
    """
    if isinstance(message, Malformed):
        line = message.raw.removesuffix(b"\n").removesuffix(b"\ne").split(b"\n")[-1]
        return re.sub(r"^![a-z]", "", line.decode("utf-8", "backslashreplace"))
    codes = [place for place, field in enumerate(message.fields) if field.name == "type code"]
    if not codes:
        return ""
    code = message.fields[codes[-1]]
    rest = message.raw[code.start :].split(b"\n", 1)[0]
    return rest.decode("utf-8", "backslashreplace")


def codes(trials: Iterable[Trial]) -> set[tuple[Direction, str]]:
    """Every type code that stands in a trial's exchanges, with the way it went."""
    return {
        (message.direction, str(field.value))
        for trial in trials
        for exchange in trial.exchanges
        for message in (exchange.request, exchange.reply)
        if isinstance(message, Message)
        for field in message.fields
        if field.name == "type code"
    }


def _without_releases(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Without the releases of objects, and without the connection on which a thread of Py4J's sends them."""
    commands: dict[int, set[str]] = {}
    found = list(exchanges)
    for one in found:
        commands.setdefault(one.connection, set()).add(one.command)
    releasing = {n for n, said in commands.items() if "memory" in said <= {"auth", "memory"}}
    return [one for one in found if one.connection not in releasing and one.command != "memory"]


def _mark(exchange: Exchange) -> str:
    raw = exchange.request.raw
    if raw.startswith(b"c\nz:java.util.Objects\nrequireNonNull\nstrial "):
        return raw.split(b"\n")[3][1:].decode()
    return ""
