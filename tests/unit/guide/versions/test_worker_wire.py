"""The worker wire of each version: what the page shows agrees with the table and with the recordings."""

import pytest
from worker_recordings import FOLDER as RECORDINGS
from worker_recordings import recorded

from guide.versions.worker_picture import kinds_html, one_program_html, parts_html
from guide.versions.worker_wire import (
    ABSENT,
    FOLDER,
    init_parts,
    kinds,
    recorded_workers,
    timing_parts,
)
from sparkwire import Direction
from sparkwire.wire.worker import EVAL_TYPES, VERSIONS, Item


def names(entries) -> set[str]:
    found = set()
    for entry in entries:
        found |= {entry.name} if isinstance(entry, Item) else names(entry.entries)
    return found


def test_each_version_of_the_table_was_recorded():
    assert FOLDER == RECORDINGS
    assert [one.version for one in recorded_workers()] == list(VERSIONS)


@pytest.mark.parametrize("one", recorded_workers(), ids=lambda one: one.pyspark)
def test_workers_said_what_the_table_has_and_nothing_else(one):
    lengths = {"length", "message length", "special length"}
    assert set(one.parts) - lengths <= names(one.version.init)
    assert set(one.timings) - lengths == names(one.version.timing)
    assert set(one.kinds) <= {kind.code for kind in EVAL_TYPES if one.version.minor in kind.data}
    assert ("message length" in one.parts) == one.version.framed_init
    for kind in one.kinds:
        assert one.kinds[kind] > 0


@pytest.mark.parametrize("way, word, parts", [
    (Direction.TO_PYTHON, "init", init_parts), (Direction.TO_JAVA, "timing", timing_parts)
], ids=["init", "timing"])  # fmt: skip
def test_counts_are_those_of_the_recordings_and_a_dash_stands_where_the_table_has_no_such_part(
    way, word, parts
):
    versions = recorded_workers()
    found = {part.name: part.counts for part in parts(versions)}
    for n, version in enumerate(versions):
        mine = [
            {field.name for field in message.fields}
            for one in recorded()
            if one.pyspark == version.pyspark
            for message in one.messages(way)
            if message.command == word
        ]
        table = names(version.version.init if word == "init" else version.version.timing)
        for name, counts in found.items():
            if name in table:
                assert counts[n] == sum(name in fields for fields in mine)
            else:
                assert counts[n] == ABSENT
    assert {name for version in VERSIONS for name in names(getattr(version, word))} == set(found)


def test_parts_stand_in_the_order_of_each_version():
    order = [part.name for part in init_parts(recorded_workers())]
    assert len(set(order)) == len(order)
    for simple in ("split index", "task context", "files folder", "eval type", "command"):
        assert simple in order
    assert order.index("split index") < order.index("task context") < order.index("files folder")
    assert order.index("broadcast server") < order.index("broadcast id") < order.index("eval type")


def test_kinds_are_those_of_the_table():
    versions = recorded_workers()
    for shown, kind in zip(kinds(versions), EVAL_TYPES, strict=True):
        assert (shown.code, shown.name) == (kind.code, kind.name)
        assert shown.data == tuple(kind.data.get(version.minor) for version in VERSIONS)
        for data, count in zip(shown.data, shown.counts, strict=True):
            assert data is not None or count == 0


def test_the_tables_are_sound_html(check):
    versions = recorded_workers()
    program = one_program_html(versions, "rdd_unix")
    read = check(
        program + parts_html(versions, init_parts(versions), "Parts") + kinds_html(versions, kinds(versions))
    )
    assert not read.ids
    assert "JVM: init" in program
    assert "JVM: secret" not in program, "over a Unix socket nobody has one"
    assert program.count("–") > 2 * 5, "two versions have no Unix sockets"
