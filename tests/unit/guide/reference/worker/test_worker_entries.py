"""The reference of the worker wire: every entry of the table once, and the messages that show it best."""

from dataclasses import replace

import pytest
from worker_recordings import of, records

from guide.reference.worker import NOT_SENT, captures, entries, missing, worker_reference_html
from guide.reference.worker.entries import NEWEST, SECTIONS, condition_words, items, part_of
from guide.reference.worker.every_message import WorkerConnection, connections
from sparkwire import Direction
from sparkwire.trace.worker.runs import built
from sparkwire.wire.worker import (
    EVAL_TYPES,
    HANDSHAKES,
    PRODUCTIONS,
    SPECIAL_LENGTHS,
    VERSIONS,
    Comparison,
    Condition,
)


def connection(program: str) -> WorkerConnection:
    """What was recorded of a program's first worker, from before the programs' names were in it."""
    [found] = connections(built(records(of(program))))
    return replace(found, runs=tuple(replace(run, program=program) for run in found.runs))


def test_every_entry_of_the_table_is_there_once():
    found = entries()
    titles = {section: [e.title for e in found if e.section == section] for section in SECTIONS}
    assert titles["handshakes"] == [one.name for one in HANDSHAKES if one.name != "none"]
    assert titles["messages"] == [one.word for one in PRODUCTIONS]
    assert titles["special lengths"] == [one.name for one in SPECIAL_LENGTHS]
    assert titles["evaluation types"] == [one.name for one in EVAL_TYPES]
    assert titles["init message"] == list(dict.fromkeys(item.name for item, _ in items(NEWEST.init)))
    ids = [entry.id.lower() for entry in found]
    assert len(set(ids)) == len(ids)
    keys = [key for entry in found for key, _ in entry.needs]
    assert len(set(keys)) == len(keys)
    assert set(NOT_SENT) <= set(keys)


def test_a_message_is_needed_for_each_way_it_goes():
    needs = {(e.section, e.title): [what for _, what in e.needs] for e in entries()}
    assert needs["messages", "frame"] == ["to Python", "to Java"]
    assert needs["messages", "timing"] == ["to Java"]
    assert needs["special lengths", "END_OF_MICRO_BATCH"] == []


def test_nothing_captured_is_all_missing_by_name_but_what_nobody_sends():
    lost = missing({})
    assert len(lost) == sum(len(entry.needs) for entry in entries()) - len(NOT_SENT)
    assert "handshakes: worker over a Unix socket" in lost
    assert "messages: frame, to Java" in lost
    assert "evaluation types: SQL_ARROW_UDTF" in lost
    assert "messages: Arrow dictionary, to Java" in lost
    assert "messages: Arrow dictionary, to Python" not in lost


def test_one_connection_shows_all_that_it_uses():
    captured = captures([connection("rdd")])
    [handshake] = [key for key in captured if key.startswith("handshake ")]
    assert [m.command for m in captured[handshake].messages] == ["pid", "secret", "secret reply"]
    assert captured["message to_java frame"].messages[0].size == 21
    assert captured["special to_java -4"].messages[0].raw == b"\xff\xff\xff\xfc"
    (split,) = captured["init split index"].messages
    assert (split.raw, split.command) == (b"\0\0\0\0", "init, bytes 8 to 11")
    [context] = captured["init task context"].messages
    assert [field.name for field in context.fields] == ["length", "task context"]
    [kind] = captured["eval type 0"].messages
    assert kind.fields[0].name == "number of eval conf entries"
    assert kind.fields[-1].name == "command"
    assert all(capture.program == "rdd" for capture in captured.values())
    known = {key for entry in entries() for key, _ in entry.needs}
    assert captured.keys() <= known


@pytest.mark.parametrize("names", [["rdd", "include"], ["include", "rdd"]])
def test_a_part_that_says_something_is_preferred(names):
    captured = captures(map(connection, names))
    assert captured["init number of includes"].program == "include"
    assert captured["init number of includes"].messages[0].fields[-1].value == 1


def test_a_part_of_a_message_is_covered_by_its_fields():
    init = connection("rdd").runs[0].messages[0]
    context = init.field("task context")
    part = part_of(init, context.start, context.end)
    assert b"".join(part.raw[field.start : field.end] for field in part.fields) == part.raw
    assert part.raw == init.raw[context.start : context.end]
    assert part.offset == init.offset + context.start
    starred = init.hiding(((context.start - 9, context.start + 3), (context.end, context.end + 8)))
    assert part_of(starred, context.start, context.end).hidden == ((0, 3),)


def test_conditions_in_words():
    assert condition_words(Condition("barrier task", Comparison.IS, True)) == "the barrier task is true"
    assert condition_words(Condition("port", Comparison.NOT_IN, frozenset({-1}))) == "the port is not -1"
    both = Condition("eval type", Comparison.IN, frozenset({301, 300}))
    assert condition_words(both) == "the eval type is one of 300, 301"
    assert condition_words(Condition("id", Comparison.AT_LEAST, 0)) == "the id is at least 0"


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.minor)
def test_items_say_when_they_are_there(version):
    words = dict(items(version.init))
    assert next(item.name for item, when in words.items() if not when) == "split index"
    [include] = [when for item, when in words.items() if item.name == "include"]
    assert include == "once for each of the includes"


def test_a_section_is_sound_html_with_permalinks_and_every_byte(check):
    captured = captures(map(connection, ("rdd", "exception", "arrow_udf")))
    page = "".join(worker_reference_html(section, captured) for section in SECTIONS)
    read = check(page)  # every id once, every link with its target
    assert {entry.id for entry in entries()} <= set(read.ids)
    assert "Not captured to Python: no message of this kind was sent." in page
    assert "Spark's JVM writes no dictionary" in page
    assert "No message has it." in page
    assert "ff ff ff fd" in page
    assert "programs.py" in page
    assert "the JVM: init" in page


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="evaluation types"):
        worker_reference_html("everything", {})


def test_a_run_shows_neighbours_of_one_kind_together():
    frames = [m for m in connection("rdd").runs[0].messages if m.direction is Direction.TO_JAVA][:2]
    assert [m.command for m in frames] == ["frame", "frame"]
    assert "the worker: 2 × frame" in worker_reference_html("evaluation types", captures([connection("rdd")]))
