"""Runs of what real workers said, recorded as the recorder does it."""

from __future__ import annotations

import pytest
from worker_recordings import of, recorded, records
from worker_talk import MS, START, WorkerTalk, found

from sparkwire.trace.records import Channel, Chunk, Opened, Redacted, Worker
from sparkwire.trace.worker.runs import MOST_MESSAGES, MOST_WAITS, built, runs
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import Exit, RoundPhase

TIMING = b"\xff\xff\xff\xfd"


@pytest.mark.parametrize("one", recorded(), ids=str)
def test_sizes_are_those_of_the_wire(one):
    found = runs(records(one))
    assert found
    for way in Direction:
        messages = one.messages(way)
        greeting = sum(m.size for m in messages if m.command in ("secret", "secret reply", "pid"))
        idle = messages[-1].size if messages[-1].command == "exception" else 0
        total = sum(run.round.size[way] for run in found)
        whole = len(one.stream(way)) - greeting
        assert total in (whole, whole - idle)
    for run in found:
        assert run.stage is not None
        assert run.partition is not None
        assert run.attempt == 0
        assert run.eval_type
        assert run.start_ns <= run.end_ns
        assert sum(message.size for message in run.messages) == sum(run.round.size.values())


@pytest.mark.parametrize("one", recorded(), ids=str)
def test_what_belongs_to_no_run_is_apart(one):
    whole = built(records(one))
    for way in Direction:
        inside = sum(run.round.size[way] for run in whole.runs)
        outside = sum(said.message.size for said in whole.apart if said.message.direction is way)
        assert inside + outside == len(one.stream(way))
    greeting = {said.message.command for said in whole.apart if said.phase is RoundPhase.HANDSHAKE}
    assert greeting == ({"pid"} if "Unix" in one.handshake else {"secret", "secret reply", "pid"})
    rest = [said for said in whole.apart if said.phase is not RoundPhase.HANDSHAKE]
    assert [said.phase for said in rest] == [RoundPhase.EXCEPTION] * len(rest)
    for said in rest:
        assert said.message.field("traceback").value.endswith("EOFError\n")
        assert said.t_ns >= max(run.end_ns for run in whole.runs)
    assert [said.t_ns for said in whole.apart] == sorted(said.t_ns for said in whole.apart)


def test_the_secret_of_a_handshake_is_marked_as_hidden():
    opened, worker, *rest = records(of("rdd"))
    stars = Redacted(1, Direction.TO_PYTHON, ((4, 68),))
    [secret] = [
        one.message for one in built([opened, worker, stars, *rest]).apart if one.message.command == "secret"
    ]
    assert secret.hides(secret.field("secret"))


@pytest.mark.parametrize("pyspark", ["3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0"])
def test_the_users_functions_and_not_pysparks(pyspark):
    [first, *_] = runs(records(of("rdd", pyspark)))
    assert first.functions
    assert all("pyspark/" not in function.file for function in first.functions)
    assert first.eval_type == "NON_UDF"
    assert first.round.exit is Exit.REUSED
    assert not first.failed
    assert first.timing is not None
    assert first.timing.processing >= 0


def test_a_run_that_raised():
    [run] = [run for run in runs(records(of("exception"))) if run.failed]
    assert run.round.exit is Exit.ERROR
    assert run.round.exception is not None


def test_runs_are_numbered_by_time_whatever_part_comes_first():
    one = of("rdd")
    found = runs([*records(one, 1, start=9000), *records(one, 2, start=100)])
    assert [run.n for run in found] == list(range(1, len(found) + 1))
    assert {run.connection for run in found[: len(found) // 2]} == {2}
    assert found[0].worker.pid == 72


def cut_before_timing():
    told = list(records(of("rdd"), closed=False))
    return told[: next(n for n, one in enumerate(told) if isinstance(one, Chunk) and TIMING in one.data)]


def test_a_worker_that_is_cut_off():
    [run] = runs(cut_before_timing())
    assert run.round.exit is Exit.KILLED
    assert run.failed


def test_only_the_first_messages_of_many_are_kept():
    many = [Chunk(1, Direction.TO_JAVA, 5000, 1, 0, b"\0\0\0\1x" * 100) for _ in range(50)]
    [run] = runs([*cut_before_timing(), *many])
    assert len(run.messages) == MOST_MESSAGES
    assert len(run.messages) + run.left_out > 5000
    assert run.round.data_out.frames >= 5000


def test_a_run_has_the_waits_while_it_was_open_and_no_others():
    talk = WorkerTalk().waits(-90, 0).whole(0).waits(10, 500).init(500, stage=2)
    talk.waits(501, 520).rows(520, b"x").waits(530, 531, Direction.TO_JAVA).out(531, b"y").over(532)
    first, second = found(talk)
    assert first.waits == []
    moments = [(since / MS - START, until / MS - START) for since, until in second.waits]
    assert moments == [(501, 520), (530, 531)]


def test_a_run_belongs_to_the_spark_context_that_was_made_last():
    makes = b"i\norg.apache.spark.api.java.JavaSparkContext\nro2\ne\n"
    asks = b"c\nz:org.apache.spark.api.java.JavaSparkContext\nx\ne\n"
    sent = [
        Chunk(9, Direction.TO_JAVA, (START + at) * MS, 1, 0, data)
        for at, data in ((10, makes), (30, asks), (50, makes))
    ]
    early, first, second = (WorkerTalk(n).whole(at) for n, at in ((1, 0), (2, 20), (3, 60)))
    told = [Opened(9, Channel.GATEWAY, 1, 2, START * MS), *sent]
    found_ = runs([*told, *second.records, *early.records, *first.records])
    assert [run.context for run in found_] == [0, 1, 2]


def test_of_very_many_waits_the_time_is_kept():
    talk = WorkerTalk().init(0)
    for n in range(MOST_WAITS + 3):
        talk.waits(n, n + 0.5)
    [run] = found(talk)
    assert (len(run.waits), run.waited_more_ns) == (MOST_WAITS, 3 * MS // 2)


def test_other_connections_and_a_worker_unheard_of_are_no_runs():
    assert runs([record for record in records(of("rdd")) if not isinstance(record, Worker)]) == []
    assert runs([Opened(1, Channel.GATEWAY, 1, 2, 3), Chunk(1, Direction.TO_JAVA, 4, 1, 0, b"c\n")]) == []


@pytest.mark.parametrize("pyspark", ["3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0"])
def test_where_the_job_was_started_and_what_asked_for_it(pyspark):
    [first, *_] = runs(records(of("rdd", pyspark)))
    assert first.job.startswith("collect at ")
    assert first.job.rpartition("/")[2].startswith("programs.py:")
    assert first.plan_node == "PythonRDD"
    [pandas, *_] = runs(records(of("scalar_pandas_udf", pyspark)))
    assert pandas.plan_node == "ArrowEvalPython"
    [without, *_] = runs(records(of("take", pyspark)))
    assert without.job == ""


def test_a_node_that_is_not_known_to_be_called_so_is_not_named():
    assert runs(records(of("grouped_aggregate", "4.3.0")))[0].plan_node == "ArrowAggregatePython"
    assert runs(records(of("grouped_aggregate", "3.5.9")))[0].plan_node == ""


def test_a_shuffles_function_is_found_on_both_sides_of_it():
    found = runs(records(of("reduce_by_key")))
    assert [[f.name.rpartition(".")[2] for f in run.functions] for run in found] == [
        ["<lambda>"],
        ["<lambda>"],
    ]
