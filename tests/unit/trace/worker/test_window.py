"""A stretch of time out of a worker's part: whole rounds, and what they say stays what it was."""

from __future__ import annotations

import pytest
from worker_recordings import of, recorded, records
from worker_talk import WorkerTalk

from sparkwire.trace.records import Chunk, Closed, Notice, Opened, Redacted, Worker
from sparkwire.trace.worker.runs import Run, runs
from sparkwire.trace.worker.window import cut
from sparkwire.wire.message import Direction
from sparkwire.wire.worker import Exit

FOREVER = 1 << 62


def told(run: Run) -> tuple[object, ...]:
    """What a run says, wherever it stands."""
    return (
        run.stage,
        run.partition,
        run.eval_type,
        run.functions,
        run.reused,
        run.round.exit,
        [(message.direction, message.command, message.raw, message.hidden) for message in run.messages],
        run.start_ns,
        run.duration_ns,
    )


@pytest.mark.parametrize("one", recorded(), ids=str)
def test_each_round_can_be_cut_out(one):
    part = list(records(one))
    whole = runs(part)
    for run in whole:
        window = cut(part, run.start_ns, run.start_ns)
        assert [told(found) for found in runs(window.records)] == [told(run)]
        assert not window.open
    all_of_it = cut(part, 0, FOREVER)
    assert [told(found) for found in runs(all_of_it.records)] == [told(run) for run in whole]


def test_a_round_keeps_its_waits():
    talk = WorkerTalk().waits(-90, 0).whole(0)
    talk.waits(10, 500).init(500, stage=2).waits(501, 520).rows(520, b"x").out(530, b"y").over(532)
    first, second = runs(talk.records)
    assert runs(cut(talk.records, first.start_ns, first.start_ns).records)[0].waits == first.waits == []
    [again] = runs(cut(talk.records, second.start_ns, second.start_ns).records)
    assert again.waits == second.waits != []


def test_a_time_without_rounds_gives_nothing():
    part = list(records(of("rdd"), start=1000))
    assert cut(part, 0, 999) == ([], False)
    assert cut(part, FOREVER, FOREVER + 1) == ([], False)
    assert cut([], 0, FOREVER) == ([], False)


def test_a_round_that_is_not_over_yet_is_open_and_was_not_killed():
    part = [one for one in records(of("rdd")) if not isinstance(one, Closed)]
    opens = set()
    for length in range(len(part)):
        window = cut(part[:length], 0, FOREVER)
        found = runs(window.records)
        assert not any(run.failed for run in found)
        assert all(run.goes_on for run in found if run.round.exit is None)
        if any(run.round.exit is None for run in found):
            assert window.open
        opens.add(window.open)
    assert opens == {True, False}
    whole = cut(part, 0, FOREVER)
    assert not whole.open
    [*_, last] = runs(whole.records)
    assert last.worker.goes_on


def test_a_worker_whose_process_ended_in_a_round_was_killed():
    part = [one for one in records(of("exit_code")) if not isinstance(one, Closed)]
    assert [run.goes_on for run in runs(cut(part, 0, FOREVER).records)] == [True]
    asked = []

    def running(worker):
        asked.append(worker.pid)
        return False

    window = cut(part, 0, FOREVER, running)
    [run] = runs(window.records)
    assert run.round.exit is Exit.KILLED
    assert not run.goes_on
    assert not window.open
    assert set(asked) == {run.worker.pid}


def test_a_worker_that_ended_after_its_rounds_was_not_killed():
    part = [one for one in records(of("rdd")) if not isinstance(one, Closed)]
    [run] = runs(cut(part, 0, FOREVER, lambda worker: False).records)
    assert run.round.exit is Exit.REUSED


def test_placeholders_count_from_the_first_byte_that_is_kept():
    part = list(records(of("reuse")))
    first, second = runs(part)
    way = Direction.TO_PYTHON
    before = first.round.size[way] + sum(
        one.size for one in of("reuse").messages(way) if one.command == "secret"
    )
    index = next(i for i, one in enumerate(part) if isinstance(one, Chunk) and one.t_ns == second.start_ns)
    part.insert(index, Redacted(1, way, ((before + 8, before + 12),)))
    assert runs(part)[1].messages[0].hidden == ((8, 12),)
    window = cut(part, second.start_ns, second.start_ns)
    assert [one.spans for one in window.records if isinstance(one, Redacted)] == [((8, 12),)]
    assert runs(window.records)[0].messages[0].hidden == ((8, 12),)


def test_what_was_said_of_the_part_stays():
    part = [*records(of("rdd")), Notice("worker", "stored only in part", 5)]
    assert [one for one in cut(part, 0, FOREVER).records if isinstance(one, Notice)]
    [opened, worker, *_] = cut(part, 0, FOREVER).records
    assert isinstance(opened, Opened)
    assert isinstance(worker, Worker)
    assert worker.rounds_before == 0
    assert not worker.goes_on
