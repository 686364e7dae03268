"""Ratios of one run: of each round one, with their median and spread."""

import math

import pytest

from guide.costs import Figure, Rounds, Spent, Time, digits


def spent(wall: float, workers: float = 0.0) -> Spent:
    return Spent(wall, driver=0.1, java=0.2, workers=workers)


def test_processor_time_is_that_of_all_processes():
    assert spent(9.0, 0.5).processor == pytest.approx(0.8)
    assert [time.of(spent(9.0, 0.5)) for time in Time] == [9.0, pytest.approx(0.8), 0.5]


def test_a_round_gives_one_ratio_so_what_slowed_all_of_it_drops_out():
    quiet, busy = 1.0, 7.0
    turns = {"a": [spent(2 * quiet), spent(2 * busy)], "b": [spent(quiet), spent(busy)]}
    assert Rounds(turns, {}).ratio("a", "b", Time.ELAPSED).samples == (2.0, 2.0)


def test_what_is_compared_is_a_unit_of_each_jobs_work():
    comparison = Rounds({"a": [spent(1.0)], "b": [spent(1.0)]}, {"a": 10, "b": 1000})
    assert comparison.each("a", Time.ELAPSED).median == 0.1
    assert comparison.ratio("a", "b", Time.ELAPSED).median == pytest.approx(100.0)
    assert (comparison.jobs, comparison.count) == (["a", "b"], 1)


def test_a_turn_that_took_no_time_compares_with_nothing():
    turns = {"a": [spent(1.0), spent(1.0)], "b": [spent(0.0), spent(2.0)]}
    assert Rounds(turns, {}).ratio("a", "b", Time.ELAPSED).samples == (0.5,)
    never = Rounds({"a": [spent(1.0)], "b": [spent(0.0)]}, {}).ratio("a", "b", Time.ELAPSED)
    assert math.isnan(never.median)
    assert str(never) == "? (? to ?)"


def test_the_spread_is_the_quartiles_and_of_two_the_extremes():
    assert Figure((5.0, 1.0, 2.0, 4.0, 3.0)).quartiles == (2.0, 4.0)
    assert Figure((3.0, 1.0)).quartiles == (1.0, 3.0)
    assert Figure((3.0,)).quartiles == (3.0, 3.0)
    assert str(Figure((5.0, 1.0, 2.0, 4.0, 3.0))) == "3.00 (2.00 to 4.00)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (0.5, "0.50"),
        (1.237, "1.24"),
        (17.34, "17"),
        (123.4, "120"),
        (12_345, "12,000"),
        (float("nan"), "?"),
    ],
)
def test_figures_have_the_digits_that_mean_something(value, shown):
    assert digits(value) == shown
