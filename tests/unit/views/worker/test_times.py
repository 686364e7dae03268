"""How a run spent its time: what is a cost of the run and what isn't, whatever the clocks say."""

from __future__ import annotations

from itertools import pairwise

import pytest
from worker_recordings import of, recorded, records
from worker_talk import MS, START, WorkerTalk, found

from sparkwire.trace.worker.runs import runs
from sparkwire.views.worker.times import (
    Doing,
    idle_ns,
    most_at_once,
    overlapping,
    spent,
    spent_words,
    stretches,
)
from sparkwire.wire.message import Direction


def milliseconds(run):
    return [(one.doing.value, one.begin_ns / MS - START, one.end_ns / MS - START) for one in stretches(run)]


def test_a_new_worker_starts_since_it_began_to_read():
    talk = WorkerTalk().init(30).rows(50, b"x").out(70, b"y")
    [run] = found(talk.timing(70, boot=10, ready=40, finish=70).over(70))
    assert milliseconds(run) == [("starting", 10, 40), ("waiting", 40, 50), ("computing", 50, 70)]
    assert idle_ns(run) == 0


def test_a_worker_that_is_used_again_starts_when_it_is_asked():
    talk = WorkerTalk().whole(0)
    talk.init(900).rows(900, b"x").out(950, b"y").timing(950, boot=10, ready=920, finish=950).over(950)
    _, run = found(talk)
    assert milliseconds(run) == [("starting", 900, 920), ("computing", 920, 950)]
    assert idle_ns(run) == 890 * MS


def test_computing_is_the_workers_own_figure_without_the_wait_for_the_first_rows():
    talk = WorkerTalk().init(0).rows(50, b"x").out(100, b"y")
    runs_ = found(talk.timing(100, boot=0, ready=10, finish=100, computed=85).over(100))
    assert spent(runs_)[Doing.WAITING] == 40 * MS
    assert spent(runs_)[Doing.COMPUTING] == 45 * MS
    assert spent_words(runs_)[Doing.COMPUTING] == "45.0 ms"


def test_waiting_is_what_system_calls_waited_between_the_start_and_the_last_row():
    talk = WorkerTalk().waits(-500, 0).init(0).waits(5, 30).some_rows(30, b"x").waits(40, 60).rows(60, b"y")
    talk.waits(80, 95, Direction.TO_JAVA).out(95, b"z")
    [run] = runs_ = found(talk.timing(100, boot=0, ready=10, finish=100).waits(100, 120).over(120))
    assert spent(runs_) == {
        Doing.STARTING: 10 * MS,
        Doing.WAITING: (20 + 20 + 15) * MS,
        Doing.COMPUTING: (90 - 55) * MS,
    }
    assert milliseconds(run) == [
        ("starting", 0, 10),
        ("waiting", 10, 30),
        ("computing", 30, 40),
        ("waiting", 40, 60),
        ("computing", 60, 80),
        ("waiting", 80, 95),
        ("computing", 95, 100),
    ]


def test_waits_that_are_short_or_overlap_are_counted_once_and_not_drawn():
    talk = WorkerTalk().init(0).some_rows(0, b"x")
    for n in range(1, 51):
        talk.waits(n * 19.0, n * 19.0 + 2).some_rows(n * 19.0 + 2, b"x")
    talk.rows(953, b"x").waits(954, 955).waits(954.5, 955).out(955, b"y")
    [run] = runs_ = found(talk.timing(1000, boot=0, ready=0, finish=1000).over(1000))
    assert spent(runs_)[Doing.WAITING] == (100 + 1) * MS
    assert milliseconds(run) == [("computing", 0, 1000)]


def test_what_failed_says_nothing_of_its_time():
    [run] = found(WorkerTalk().init(0).raises(20, "E"))
    assert milliseconds(run) == [("not told", 0, 20)]
    assert spent([run]) == {}
    assert set(spent_words([run]).values()) == {"–"}
    both = [*found(WorkerTalk().whole(0)), run]
    assert spent(both)[Doing.STARTING] == 2 * MS


def test_less_than_the_worker_counts_in_is_said_so():
    talk = WorkerTalk().init(0).rows(0, b"x").timing(0.5, boot=0, ready=0, finish=0).over(0.5)
    assert spent_words(found(talk))[Doing.COMPUTING] == "< 1 ms"


@pytest.mark.parametrize(("boot", "ready", "finish"), [(0, 0, 0), (-START, -START, -START), (9**9, 9**9, 5)])
def test_stretches_touch_and_stay_in_the_run_whatever_the_clock_says(boot, ready, finish):
    talk = WorkerTalk().whole(0).init(100).rows(105, b"x").out(130, b"y")
    _, run = found(talk.timing(130, boot=boot, ready=ready, finish=finish).over(130))
    parts = stretches(run)
    assert all(one.begin_ns < one.end_ns for one in parts)
    assert all(one.end_ns == after.begin_ns for one, after in pairwise(parts))
    assert run.start_ns <= parts[0].begin_ns
    assert parts[-1].end_ns <= run.end_ns


@pytest.mark.parametrize("one", [one for one in recorded() if one.program in ("rdd", "take")], ids=str)
def test_every_versions_timing_is_understood(one):
    for run in runs(records(one)):
        assert run.timing is not None
        assert set(spent([run])) == {Doing.STARTING, Doing.WAITING, Doing.COMPUTING}


def test_a_run_of_one_moment_has_no_stretch():
    [run] = found(WorkerTalk().init(5))
    assert stretches(run) == []


def test_how_many_went_on_at_once():
    outer = WorkerTalk(1).init(0).rows(90, b"x").timing(100, boot=0, ready=1, finish=99).over(100)
    inner = WorkerTalk(2, pid=72).whole(10).whole(40, fresh=False).whole(200, fresh=False)
    all_runs = found(outer, inner)
    assert most_at_once(all_runs) == 2
    assert [overlapping(all_runs[0], one) for one in all_runs[1:]] == [True, True, False]
    assert most_at_once([]) == 0
    assert most_at_once(runs(records(of("exception")))) == 1
