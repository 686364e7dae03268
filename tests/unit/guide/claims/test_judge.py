"""A page that states a verdict fails when the run gives another verdict."""

import pytest

from guide.claims import judge

YES, NO = ("It is red.", True, "seen"), ("It is round.", False)


@pytest.mark.parametrize(
    ("expected", "checks", "but"),
    [
        ("holds", [YES], []),
        ("holds in part", [YES, NO], ["It is round."]),
        ("does not hold", [NO], []),
    ],
)
def test_a_verdict_that_the_run_agrees_with_is_shown(expected, checks, but):
    shown = judge("1", expected, *checks, but=but).data
    assert f"Verdict of this run: {expected}." in shown
    assert all(statement in shown for statement, *_ in checks)


@pytest.mark.parametrize("expected", ["holds", "does not hold"])
def test_another_verdict_is_refused_and_names_the_checks_that_failed(expected):
    with pytest.raises(AssertionError, match=r"'holds in part'.*False in this run: It is round\."):
        judge("1", expected, YES, NO)


def test_another_verdict_is_refused_when_every_check_held():
    with pytest.raises(AssertionError, match=r"'holds', the page says 'does not hold'\. Every check held\."):
        judge("1", "does not hold", YES)


def test_in_part_is_refused_when_it_is_another_part_that_holds():
    with pytest.raises(AssertionError, match="It is round"):
        judge("1", "holds in part", YES, NO, but=["It is red."])
    with pytest.raises(AssertionError, match="It is round"):
        judge("1", "holds in part", YES, NO)


def test_nothing_to_judge_by_is_no_verdict():
    with pytest.raises(ValueError, match="at least one"):
        judge("1", "holds")
