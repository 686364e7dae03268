"""A trial finds its own exchanges between its marks, and reads values as they stood on the wire."""

from dataclasses import replace

import pytest
from playbook import Talk, converse

from guide.types import trials
from guide.types.trials import Trial, codes, last_value, same_either_way, with_exchanges
from sparkwire import Direction

TRIAL = Trial(7, trials.TO_JAVA, "[1]")
INT = Trial(0, trials.TO_JAVA, "7", java_class="java.lang.Integer", outcome="7", python_type="int")


def mark(text: str) -> tuple[str, str]:
    return f"c\nz:java.util.Objects\nrequireNonNull\ns{text}\ne\n", f"!ys{text}\n"


BEFORE, AFTER = mark(trials.begin(7)), mark(trials.end(7))
MADE = b"i\njava.util.ArrayList\ne\n", b"!ylo5\n"
ADDED = b"c\no5\nadd\ni1\ne\n", b"!ybtrue\n"
GIVEN = b"c\no1\nadd\nro5\ne\n", b"!ybtrue\n"
AUTHENTICATED = b"A\n*****\n", b"!yv\n"
RELEASED = b"m\nd\no4\ne\n", b"!yv\n"


def test_a_trial_gets_what_is_between_its_marks_without_releases():
    found = converse(ADDED, BEFORE, MADE, RELEASED, ADDED, GIVEN, AFTER, RELEASED, GIVEN)
    (trial,) = with_exchanges([TRIAL], found)
    assert [e.request.raw for e in trial.exchanges] == [MADE[0], ADDED[0], GIVEN[0]]
    assert trial.sent == "ro5"
    assert trial.received == "btrue"
    assert trial.value == "[1]", "what was said of it stays"


def test_a_connection_for_releases_is_in_no_trial_but_one_that_was_opened_in_vain_is():
    talk = Talk().open(1).open(2)
    talk.ask(*BEFORE).ask(*AUTHENTICATED, on=2)
    talk.ask(*ADDED).ask(*RELEASED, on=2)
    talk.ask(*AFTER).ask(*RELEASED, on=2)
    (trial,) = with_exchanges([TRIAL], talk.exchanges())
    assert [e.request.raw for e in trial.exchanges] == [ADDED[0]]
    talk = Talk().open(1).open(2)
    talk.ask(*BEFORE).ask(*AUTHENTICATED, on=2)
    talk.ask(*ADDED).ask(*AFTER)
    (trial,) = with_exchanges([TRIAL], talk.exchanges())
    assert [e.command for e in trial.exchanges] == ["auth", "call"]


def test_a_value_that_was_never_sent_has_no_text():
    (trial,) = with_exchanges([TRIAL], converse(BEFORE, AUTHENTICATED, AFTER))
    assert len(trial.exchanges) == 1
    assert trial.sent == ""
    assert trial.received == ""


@pytest.mark.parametrize("said", [[BEFORE, ADDED], [ADDED, AFTER], [mark("trial 70 begins"), AFTER]])
def test_a_missing_mark_is_an_error_that_names_the_trial(said):
    with pytest.raises(ValueError, match=r"trial 7 \(\[1\]\)"):
        with_exchanges([TRIAL], converse(*said))


@pytest.mark.parametrize(
    ("request_bytes", "value"),
    [
        (b"c\no0\nadd\ni1\nsx\ne\n", "sx"),
        (b"c\no0\nsize\ne\n", ""),
        (b"c\no0\nadd\nn\ne\n", "n"),
        ("c\no0\nadd\nscafé\ne\n".encode(), "scafé"),
        (b"c\no0\nadd\nDNaN\ne\n", "DNaN"),
    ],
)
def test_the_last_value_of_a_request(request_bytes, value):
    (exchange,) = converse((request_bytes, b"!yv\n"))
    assert last_value(exchange.request) == value


@pytest.mark.parametrize(
    ("reply", "value"), [(b"!yi7\n", "i7"), (b"!yi0.0\n", "i0.0"), (b"!ysa\\nb\n", "sa\\nb")]
)
def test_the_value_of_a_reply_also_where_it_can_not_be_read(reply, value):
    (exchange,) = converse((ADDED[0], reply))
    assert last_value(exchange.reply) == value


def test_codes_are_told_apart_by_their_way():
    (trial,) = with_exchanges([TRIAL], converse(BEFORE, MADE, ADDED, AFTER))
    assert codes([trial]) == {
        (Direction.TO_JAVA, "i"), (Direction.TO_PYTHON, "b"), (Direction.TO_PYTHON, "l"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"java_class": "java.lang.Long"}, {"outcome": "8"}, {"error": "x"}, {"python_type": "float"}]
)
def test_values_that_differ_in_anything_are_not_alike(change):
    assert same_either_way(INT, replace(INT, number=1, auto_convert=True))
    assert not same_either_way(INT, replace(INT, **change))


def test_another_letter_or_another_number_of_exchanges_is_not_alike():
    one = replace(INT, exchanges=tuple(converse(ADDED)))
    other = replace(INT, exchanges=tuple(converse((b"c\no5\nadd\nL1\ne\n", b"!ybtrue\n"))))
    assert not same_either_way(one, other)
    assert not same_either_way(one, replace(INT, exchanges=tuple(converse(ADDED, ADDED))))
