"""Recordings of real workers, of each version: every byte is read, in whatever pieces it comes."""

from __future__ import annotations

import pickletools
from collections import Counter

import pytest
from worker_recordings import FOLDER, assert_covers, decode, of, recorded

from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker import (
    EVAL_TYPES,
    HANDSHAKES,
    PRODUCTIONS,
    SPECIAL_LENGTHS,
    VERSIONS,
    Item,
    version_of,
)

ALL = recorded()
J, P = Direction.TO_JAVA, Direction.TO_PYTHON
PICKLED = ("command", "function", "handler", "analyze result", "update")


CUT = [one for one in ALL if one.program == "rdd" or str(one) in ("4.3.0-arrow_udf-0", "4.3.0-exception-0")]


def words(found: list[Message | Malformed]) -> list[str]:
    return [message.command for message in found]


def test_every_version_of_the_table_was_recorded():
    assert {version_of(one.pyspark) for one in ALL} == set(VERSIONS)
    assert len(list(FOLDER.iterdir())) == len(VERSIONS)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("one", ALL, ids=str)
def test_every_byte_of_a_recording_is_read(one, direction):
    found = one.messages(direction)
    assert [message for message in found if isinstance(message, Malformed)] == []
    assert_covers(found, one.stream(direction))


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("one", ALL, ids=str)
def test_it_makes_no_difference_in_which_pieces_it_comes(one, direction):
    stream = one.stream(direction)
    single = [stream[n : n + 1] for n in range(len(stream))]
    assert decode(one.decoder(direction), *single) == one.messages(direction)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("one", CUT, ids=str)
def test_cut_anywhere_it_is_read_up_to_there(one, direction):
    stream, whole = one.stream(direction), one.messages(direction)
    for end in range(len(stream)):
        found = decode(one.decoder(direction), stream[:end])
        done = [message for message in whole if message.offset + message.size <= end]
        assert found[: len(done)] == done
        rest = stream[sum(message.size for message in done) : end]
        if rest:
            [cut] = found[len(done) :]
            assert isinstance(cut, Malformed)
            assert (cut.raw, cut.position) == (rest, len(rest))
            assert cut.reason.startswith("The connection closed inside the ")
        else:
            # A message without bytes of its own may follow a whole one: an Arrow message's empty body.
            assert found[len(done) :] == []


@pytest.mark.parametrize("one", ALL, ids=str)
def test_pickles_are_whole(one):
    """They are taken apart, and never loaded."""
    for direction in Direction:
        for message in one.messages(direction):
            for field in message.fields:
                if field.name in PICKLED:
                    assert [op.name for op, _, _ in pickletools.genops(field.value)][-1] == "STOP"


def test_a_job_of_an_rdd():
    one = of("rdd")
    assert words(one.messages(P)) == ["secret", "init", "frame", "end of data", "end of stream"]
    assert words(one.messages(J)) == [
        "pid",
        "secret reply",
        "frame",
        "frame",
        "timing",
        "end of data",
        "end of stream",
    ]
    init = one.messages(P)[1]
    values = {field.name: field.value for field in init.fields}
    assert values["split index"] == 0
    assert values["Python version"] == "3.11"
    assert values["task context"]["stageId"] == 0
    assert values["eval type"] == 0
    assert one.messages(J)[-1].field("special length").value == -4


def test_arrow_batches_are_counted():
    one = of("arrow_udf")
    assert words(one.messages(P)) == [
        "secret",
        "init",
        "Arrow schema",
        "Arrow batch",
        "Arrow end",
        "end of stream",
    ]
    schema, batch = (message.field("metadata").value for message in one.messages(P)[2:4])
    assert (schema.number, batch.number) == (1, 4)
    assert str(batch) == f"Arrow batch, 4 rows, a body of {batch.body} bytes"


def test_a_worker_that_took_enough_ends():
    said = of("take").messages(J)
    assert words(said)[-2:] == ["end of data", "end of stream"]
    assert said[-1].field("special length").value == -1


def test_a_worker_that_raises():
    exception = of("exception").messages(J)[-1]
    assert exception.command == "exception"
    assert exception.field("traceback").value.endswith("ZeroDivisionError: division by zero\n")


def test_a_worker_that_dies_says_nothing_more():
    assert words(of("exit_code").messages(J)) == ["pid", "secret reply"]


def test_a_worker_is_used_again():
    said = words(of("reuse").messages(P))
    assert said.count("init") == said.count("end of stream") == 2
    assert said.count("secret") == 1


def test_a_broadcast_comes_and_is_forgotten():
    new, gone = (
        message for message in of("broadcast_and_accumulator").messages(P) if message.command == "init"
    )
    assert new.field("broadcast id").value >= 0
    assert new.field("broadcast file").value.startswith("/tmp/")
    assert gone.field("broadcast id").value == -new.field("broadcast id").value - 1
    assert gone.field("broadcast file") is None
    updates = [one for one in of("broadcast_and_accumulator").messages(J) if one.command == "accumulator"]
    assert len(updates) == 1


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.minor)
def test_secrets_are_starred(version):
    seen = Counter()
    for one in ALL:
        if one.pyspark.startswith(version.minor):
            for direction in Direction:
                for message in one.messages(direction):
                    for field in message.fields:
                        if field.name.endswith("secret") and field.value:
                            assert set(field.value) == {"*"}
                            seen[field.name] += 1
                        elif field.name == "task context":
                            assert set(field.value["secret"] or "*") == {"*"}
                            seen["barrier secret"] += 1
    assert seen.keys() == {"secret", "broadcast secret", "barrier secret"}


# The tables, by what was recorded


def test_each_production_was_recorded_in_each_direction():
    seen = {
        (message.command, direction)
        for one in ALL
        for direction in Direction
        for message in one.messages(direction)
    }
    table = {
        (production.word, direction) for production in PRODUCTIONS for direction in production.directions
    }
    # Spark writes no dictionaries here; pyarrow does in test_arrow_streams.py.
    assert table - seen == {("Arrow dictionary", P), ("Arrow dictionary", J)}
    assert seen <= table


def test_each_special_length_was_recorded():
    seen = {
        (field.value, direction)
        for one in ALL
        for direction in Direction
        for message in one.messages(direction)
        for field in message.fields
        if field.name == "special length"
    }
    table = {(special.code, direction) for special in SPECIAL_LENGTHS for direction in special.directions}
    assert seen == table


def test_each_handshake_was_recorded():
    assert {one.handshake for one in ALL} | {"none"} == {handshake.name for handshake in HANDSHAKES}


def items(entries) -> set[str]:
    found = set()
    for entry in entries:
        found |= {entry.name} if isinstance(entry, Item) else items(entry.entries)
    return found


RESOURCES = {"resource", "resource name", "number of addresses", "resource address"}
"""What needs a cluster with resources such as gpu."""
STATE_SERVER = {"state server port", "key schema"}
"""Only transformWithState has it, which needs RocksDB."""
TABLES = {"number of table arguments", "table argument offset"}
"""Only a UDTF that takes Arrow has them."""
UNSEEN = {
    "3.5": RESOURCES,
    "4.0": RESOURCES | STATE_SERVER,
    "4.1": RESOURCES | STATE_SERVER | TABLES | {"state server socket", "broadcast socket"},
    "4.2": {"broadcast socket"},
    "4.3": {"broadcast socket"},
}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.minor)
def test_each_part_of_the_init_message_was_recorded(version):
    seen = {
        field.name
        for one in ALL
        if one.pyspark.startswith(version.minor)
        for message in one.messages(P)
        if message.command == "init"
        for field in message.fields
    }
    assert items(version.init) - seen == UNSEEN[version.minor]


def test_evaluation_types_that_were_recorded():
    kinds = {kind.code: kind.name for kind in EVAL_TYPES}
    seen = Counter(
        kinds[message.field("eval type").value]
        for one in ALL
        for message in one.messages(P)
        if message.command == "init"
    )
    assert seen.keys() >= {
        "NON_UDF",
        "SQL_BATCHED_UDF",
        "SQL_ARROW_BATCHED_UDF",
        "SQL_SCALAR_PANDAS_UDF",
        "SQL_GROUPED_MAP_PANDAS_UDF",
        "SQL_GROUPED_AGG_PANDAS_UDF",
        "SQL_WINDOW_AGG_PANDAS_UDF",
        "SQL_SCALAR_PANDAS_ITER_UDF",
        "SQL_MAP_PANDAS_ITER_UDF",
        "SQL_COGROUPED_MAP_PANDAS_UDF",
        "SQL_MAP_ARROW_ITER_UDF",
        "SQL_GROUPED_MAP_PANDAS_UDF_WITH_STATE",
        "SQL_TABLE_UDF",
        "SQL_ARROW_TABLE_UDF",
    }
