"""Jobs that are compared take turns, and what is counted is what their processes did."""

import time

import pytest

from guide.costs import Time, measured, take_turns


def test_jobs_take_turns_and_every_round_starts_with_another():
    ran: list[str] = []
    jobs = {name: lambda name=name: ran.append(name) for name in "abc"}
    comparison = take_turns(jobs, rounds=3, warm_up=2)
    rounds = ["".join(ran[at : at + 3]) for at in range(0, len(ran), 3)]
    assert len(rounds) == 5
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert rounds[-3:] == ["abc", "bca", "cab"]
    assert comparison.count == 3, "warming up doesn't count"
    assert comparison.jobs == ["a", "b", "c"]


def test_all_jobs_have_so_many_units_or_each_has_its_own():
    jobs = {"a": lambda: None, "b": lambda: None}
    assert take_turns(jobs, 1, units=5).units == {"a": 5, "b": 5}
    assert take_turns(jobs, 1, units={"a": 7, "b": 1}).units == {"a": 7, "b": 1}


def test_waiting_takes_time_and_no_processor_time():
    spent = measured(lambda: time.sleep(0.2))
    assert spent.wall >= 0.2
    assert spent.driver < 0.1
    assert spent.java == spent.workers == 0


def test_what_a_job_raises_passes_through():
    with pytest.raises(ZeroDivisionError):
        take_turns({"a": lambda: 1 / 0})


def test_the_driver_is_this_process():
    def busy() -> None:
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass

    comparison = take_turns({"busy": busy, "idle": lambda: time.sleep(0.01)}, 2)
    assert comparison.each("busy", Time.PROCESSOR).median >= 0.2
    assert comparison.ratio("busy", "idle").median > 2
