"""The code table of the worker wire: what its entries must be for the decoder and the pages to go by them."""

from __future__ import annotations

import pytest

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import (
    EVAL_TYPES,
    HANDSHAKES,
    PRODUCTIONS,
    SPECIAL_LENGTHS,
    VERSIONS,
    Coding,
    Comparison,
    Condition,
    Data,
    Item,
    Times,
    When,
    version_of,
)

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
MINORS = [version.minor for version in VERSIONS]
LAYOUTS = [(version.minor, version.init) for version in VERSIONS] + [
    (version.minor, version.timing) for version in VERSIONS
]


def test_the_versions_are_these():
    assert MINORS == ["3.5", "4.0", "4.1", "4.2", "4.3"]
    for version in VERSIONS:
        assert version.source.startswith(version.minor + ".")
        assert version_of(version.minor) is version_of(f"{version.minor}.7") is version
    assert version_of("4") is version_of("4.30") is version_of("") is None


@pytest.mark.parametrize("table", [PRODUCTIONS, SPECIAL_LENGTHS, EVAL_TYPES, HANDSHAKES])
def test_names_and_codes_are_their_own(table):
    names = [entry.word if hasattr(entry, "word") else entry.name for entry in table]
    codes = [entry.code for entry in table if hasattr(entry, "code")]
    assert len(set(names)) == len(names)
    assert len(set(codes)) == len(codes)
    for entry in table:
        assert entry.meaning.endswith(".")
        assert getattr(entry, "source", "somewhere")


def items(entries, known: set[str]) -> list[Item]:
    """The items of a layout in their order; what a count or a condition names must have come before."""
    found = []
    for entry in entries:
        if isinstance(entry, Item):
            found.append(entry)
            known.add(entry.name)
            continue
        named = [entry.count] if isinstance(entry, Times) else [one.item for one in entry.conditions]
        assert set(named) <= known, entry
        found += items(entry.entries, known)
    return found


@pytest.mark.parametrize(
    ("minor", "layout"), LAYOUTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_layout_names_what_came_before(minor, layout):
    found = items(layout, set())
    assert all(item.meaning.endswith(".") for item in found)
    meanings: dict[str, set[str]] = {}
    for item in found:
        meanings.setdefault(item.name, set()).add(item.meaning)
    assert {name for name, several in meanings.items() if len(several) > 1} == set()


def test_every_count_is_one_that_cannot_be_negative():
    def counts(entries):
        for entry in entries:
            if isinstance(entry, Times):
                yield entry.count
            if isinstance(entry, (Times, When)):
                yield from counts(entry.entries)

    for _, layout in LAYOUTS:
        named = {item.name: item for item in items(layout, set())}
        for count in counts(layout):
            assert named[count].coding is Coding.INT
            assert named[count].least == 0


def test_evaluation_types_have_data_in_versions_that_are_there():
    for kind in EVAL_TYPES:
        assert kind.data
        assert set(kind.data) <= set(MINORS)
        # Once there, an evaluation type stays.
        assert list(kind.data) == MINORS[MINORS.index(next(iter(kind.data))) :]
    grouped = {kind.code for kind in EVAL_TYPES if kind.data.get("4.0") is Data.GROUPS}
    assert grouped == {206, 210}


def test_handshakes_are_made_of_productions():
    words = {production.word: production for production in PRODUCTIONS}
    for handshake in HANDSHAKES:
        for direction, told in ((P, handshake.to_python), (J, handshake.to_java)):
            for word in told:
                assert direction in words[word].directions


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (Condition("x", Comparison.IS, 1), 1, True),
        (Condition("x", Comparison.IS, 1), 2, False),
        (Condition("x", Comparison.AT_LEAST, 0), 0, True),
        (Condition("x", Comparison.AT_LEAST, 0), -1, False),
        (Condition("x", Comparison.AT_LEAST, 0), None, False),
        (Condition("x", Comparison.IN, frozenset({1, 2})), 2, True),
        (Condition("x", Comparison.IN, frozenset({1, 2})), None, False),
        (Condition("x", Comparison.NOT_IN, frozenset({1, 2})), 3, True),
        (Condition("x", Comparison.NOT_IN, frozenset({1, 2})), 1, False),
    ],
)
def test_conditions(condition, value, holds):
    assert condition.holds({"x": value} if value is not None else {}) is holds
