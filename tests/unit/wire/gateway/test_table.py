"""The code table says what a command means, so that a new command is one entry."""

from __future__ import annotations

import re

import pytest

from sparkwire.wire.gateway import COMMANDS, OBJECT_PARTS, TYPE_CODES, Ends, Kind, command_of, sense_of
from sparkwire.wire.gateway.layout import Command, Part, Sense
from sparkwire.wire.message import Direction, Malformed, Message, Role

SENSES: list[tuple[Command, Sense, tuple[Part, ...]]] = [
    (command, sub or command, (sub or command).parts)
    for command in COMMANDS
    for sub in command.subcommands or (None,)
]
SLOT = re.compile(r"\{([^}]+)\}")


def names(sense: Sense) -> str:
    return f"{sense.word} {sense.code}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("command", "sense", "parts"), SENSES, ids=[names(s) for _, s, _ in SENSES])
def test_templates_name_parts_that_the_layout_has(command, sense, parts):
    there = {part.name for part in parts}
    for template in (sense.notation, sense.gives, sense.origin):
        assert set(SLOT.findall(template)) <= there | {"owner"}
    assert not sense.subject or sense.subject in there


@pytest.mark.parametrize(("command", "sense", "parts"), SENSES, ids=[names(s) for _, s, _ in SENSES])
def test_what_ends_one_life_names_one_object(command, sense, parts):
    objects = [part for part in parts if part.kind is Kind.OBJECT]
    assert (len(objects) == 1) >= (sense.ends is Ends.OBJECT)
    assert (not objects) >= (sense.ends is Ends.EVERYTHING)


def test_every_part_that_is_called_an_id_is_one():
    parts = {part.name: part.kind for _, _, parts in SENSES for part in parts}
    ids = {name for name, kind in parts.items() if name.endswith(" id") and kind is not Kind.TYPED}
    assert ids == OBJECT_PARTS == {
        "array id", "list id", "object id", "proxy id", "second list id", "target object id",
    }  # fmt: skip


def test_only_what_shuts_down_is_not_answered():
    assert {command.word for command in COMMANDS if not command.answered} == {"shutdown", "cancel"}


def test_a_value_is_shown_where_there_is_one():
    for kind in TYPE_CODES:
        assert ("{}" in kind.shown) == (kind.form.value != "nothing"), kind.word


def test_a_message_finds_its_command_and_what_is_none_finds_nothing():
    [call] = [c for c in COMMANDS if c.word == "call" and c.direction is Direction.TO_PYTHON]
    assert command_of(Message(Direction.TO_PYTHON, Role.REQUEST, "call", b"", 0, ())) is call
    malformed = Malformed(Direction.TO_JAVA, b"x", 0, 0, "odd")
    assert command_of(malformed) is None
    assert sense_of(malformed) == Sense()
