"""Whose an id is: JVMs that follow each other on one port, and connections that Java opened."""

from __future__ import annotations

import pytest
from playbook import Talk

from sparkwire.trace.gateway.gateways import UNKNOWN, Gateway
from sparkwire.trace.gateway.lifetimes import lifetimes
from sparkwire.trace.gateway.lives import JVM_ENDED, LOST, PERHAPS, WHOSE, Lifetimes
from sparkwire.trace.records import Closed, Opened

FIRST, SECOND = Gateway(25333, 1, "127.0.0.1"), Gateway(25333, 2, "127.0.0.1")
OTHER = Gateway(25444, 1, "127.0.0.1")


def lives(talk: Talk) -> Lifetimes:
    closed = [record.connection for record in talk.records if isinstance(record, Closed)]
    return lifetimes(talk.exchanges(), talk.opened, closed=closed)


def told(found: Lifetimes) -> list[tuple[str, int, str]]:
    """Each life with its id, its JVM on that port, and its ending."""
    return [(life.id, life.gateway.jvm, life.ending) for life in found.lives]


def make(talk: Talk, number: int, *, on: int = 1, **how: int) -> None:
    talk.ask("i\na.A\ne\n", f"!yro{number}\n", on=on, **how)


def release(talk: Talk, number: int, *, on: int = 1) -> None:
    talk.ask(f"m\nd\no{number}\ne\n", "!yv\n", on=on)


def open_later(talk: Talk, connection: int, **how: int) -> None:
    talk.now += talk.step
    talk.open(connection, **how)


# --- a JVM that comes after another on the same port ----------------------------------------------


def test_ids_that_begin_again_are_another_jvms(talk):
    make(talk, 0)
    make(talk, 1)
    release(talk, 0)
    talk.close().open(2)
    make(talk, 0, on=2)
    found = lives(talk)
    assert told(found) == [("o0", 1, "released"), ("o1", 1, JVM_ENDED), ("o0", 2, "")]
    assert [life.id for life in found.held] == ["o0"]
    assert found.gateways == [FIRST, SECOND]


def test_a_life_that_ended_is_not_used_again(talk):
    """Python lets go of what an earlier JVM held; then a new JVM hands out the same id."""
    release(talk, 0)
    talk.close().open(2)
    make(talk, 0, on=2)
    found = lives(talk)
    before, made = found.lives
    assert (before.made, before.before, before.ending) == (None, True, "released")
    assert (made.made.n, made.ended) == (2, None)
    assert all(
        life.ended is None or life.made is None or life.made.t_ns <= life.ended.t_ns for life in found.lives
    )


def test_an_id_below_one_that_was_handed_out_before_is_another_jvms(talk):
    make(talk, 7)
    talk.open(2)
    make(talk, 3, on=2)
    make(talk, 7, on=2)
    assert told(lives(talk)) == [("o7", 1, JVM_ENDED), ("o3", 2, ""), ("o7", 2, "")]


def test_one_lower_id_is_enough(talk):
    make(talk, 7)
    talk.open(2)
    make(talk, 3, on=2)
    assert told(lives(talk)) == [("o7", 1, JVM_ENDED), ("o3", 2, "")]


def test_an_id_that_was_used_was_handed_out_too(talk):
    """The recording began when the first JVM had handed out o7 long ago."""
    talk.ask("c\no7\nsize\ne\n", "!yi1\n")
    talk.open(2)
    make(talk, 0, on=2)
    found = lives(talk)
    assert told(found) == [("o7", 1, JVM_ENDED), ("o0", 2, "")]
    assert [life.before for life in found.lives] == [True, False]


def test_an_id_that_java_does_not_know_says_nothing(talk):
    talk.ask("c\no7\nsize\ne\n", "!xspy4j.Py4JException: Target Object ID does not exist\n")
    talk.open(2)
    make(talk, 0, on=2)
    assert [life.gateway.jvm for life in lives(talk).lives] == [1, 1]


def test_ids_that_two_threads_get_at_once_are_one_jvms(talk):
    """The second is asked for before the first is there, so its id may be the lower one."""
    talk.open(2)
    talk.to_java("i\na.A\ne\n", on=1).to_java("i\nb.B\ne\n", on=2)
    talk.to_python("!yro1\n", on=1).to_python("!yro0\n", on=2)
    assert told(lives(talk)) == [("o1", 1, ""), ("o0", 1, "")]


def test_the_jvm_is_another_from_the_first_connection_that_is_surely_its_own(talk):
    make(talk, 0)
    make(talk, 1)
    talk.close().open(2).open(3)
    # The first id of the second JVM is the finalizer's business before it is seen to be another's.
    release(talk, 1, on=3)
    make(talk, 0, on=2)
    make(talk, 1, on=2)
    release(talk, 1, on=3)
    found = lives(talk)
    assert told(found) == [("o0", 1, JVM_ENDED), ("o1", 1, "released"), ("o0", 2, ""), ("o1", 2, "released")]


def test_a_connection_from_between_is_of_the_one_that_answers(talk):
    make(talk, 0)
    talk.open(2).open(3)
    talk.to_java("c\nz:a.A\nb\ne\n", on=2)
    make(talk, 0, on=3)
    talk.to_python("!yv\n", on=2)
    make(talk, 1, on=2)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, ""), ("o1", 2, "")]


def test_a_connection_from_between_that_answers_later_was_the_new_ones(talk):
    make(talk, 0)
    talk.open(2).open(3)
    make(talk, 0, on=3)
    release(talk, 0, on=2)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, "released")]


def test_what_the_new_jvm_made_before_it_was_seen_to_be_new_is_its_own(talk):
    """o1 could still have been the first one's; o0 can't, and was on the same JVM."""
    make(talk, 0)
    talk.close().open(2).open(3)
    talk.to_java("i\na.A\ne\n", on=3).to_java("i\na.A\ne\n", on=2)
    talk.to_python("!yro1\n", on=3).to_python("!yro0\n", on=2)
    release(talk, 1, on=2)
    found = lives(talk)
    assert told(found) == [("o0", 1, JVM_ENDED), ("o1", 2, "released"), ("o0", 2, "")]


def test_what_python_still_holds_of_a_jvm_that_is_no_more_is_named_after_its_end(talk):
    for number in range(5):
        make(talk, number)
    talk.close().open(2)
    make(talk, 0, on=2)
    release(talk, 4, on=2)
    talk.ask("c\no3\nsize\ne\n", "!xspy4j.Py4JException: Target Object ID does not exist\n", on=2)
    found = lives(talk)
    assert told(found)[-1] == ("o0", 2, "")
    assert len(found.lives) == 6
    assert [life.used_after_end for life in found.lives] == [0, 0, 0, 1, 1, 0]


def test_a_third_jvm_is_the_third(talk):
    for connection in (1, 2, 3):
        if connection > 1:
            talk.open(connection)
        make(talk, 0, on=connection)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, JVM_ENDED), ("o0", 3, "")]


def test_what_python_still_holds_of_the_first_of_three_jvms_is_named_after_its_end(talk):
    make(talk, 0)
    make(talk, 1)
    for connection in (2, 3):
        talk.open(connection)
        make(talk, 0, on=connection)
    release(talk, 1, on=3)
    assert [(life.id, life.gateway.jvm, life.used_after_end) for life in lives(talk).lives] == [
        ("o0", 1, 0), ("o1", 1, 1), ("o0", 2, 0), ("o0", 3, 0),
    ]  # fmt: skip


def test_the_same_port_at_another_address_is_another_gateway(talk):
    talk.records.append(Opened(2, talk.opened[0].channel, 4002, 25333, talk.now, "127.0.0.2"))
    make(talk, 0)
    make(talk, 0, on=2)
    make(talk, 1)
    found = lives(talk)
    assert told(found) == [("o0", 1, ""), ("o0", 1, ""), ("o1", 1, "")]
    assert [gateway.name for gateway in found.gateways] == ["port 25333", "port 25333 of 127.0.0.2"]


def test_one_connection_is_one_jvms_whatever_it_says(talk):
    make(talk, 5)
    make(talk, 5)
    make(talk, 2)
    found = lives(talk)
    assert found.gateways == [FIRST]
    assert [life.ending for life in found.lives] == [PERHAPS, "", ""]


def test_the_end_of_a_jvm_is_no_life_of_pythons_objects(talk):
    talk.ask("c\nz:a.A\nb\nfp0;java.lang.Runnable\ne\n", "!yro0\n")
    talk.open(2)
    make(talk, 0, on=2)
    assert told(lives(talk)) == [("p0", 1, ""), ("o0", 1, JVM_ENDED), ("o0", 2, "")]


def test_a_life_ends_no_earlier_than_it_began(talk):
    """Its JVM's reply came when the next connection was open already."""
    talk.to_java("i\na.A\ne\n")
    talk.open(2)
    talk.to_python("!yro0\n")
    make(talk, 0, on=2)
    first, _ = lives(talk).lives
    assert (first.ending, first.ended.n) == (JVM_ENDED, 2)
    assert first.ended.t_ns >= first.made.t_ns


def test_a_connection_from_before_the_new_jvms_first_is_its_own_once_it_answers(talk):
    make(talk, 0)
    open_later(talk, 2)
    open_later(talk, 3)
    make(talk, 0, on=3)
    release(talk, 0, on=2)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, "released")]


def test_a_connection_from_before_the_new_jvms_first_is_not_its_own_before_it_answers(talk):
    make(talk, 0)
    open_later(talk, 2)
    open_later(talk, 3)
    talk.to_java("c\nz:a.A\nb\ne\n", on=2)
    make(talk, 0, on=3)
    talk.close(2)
    release_unanswered(talk, 0, on=2)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, "")]


def test_an_answer_at_the_moment_when_the_new_jvms_first_connection_opens_is_not_yet_the_new_jvms(talk):
    make(talk, 0)
    open_later(talk, 2)
    talk.ask("c\nz:a.A\nb\ne\n", "!yv\n", on=2)
    talk.open(3)
    make(talk, 0, on=3)
    release_unanswered(talk, 0, on=2)
    assert told(lives(talk)) == [("o0", 1, JVM_ENDED), ("o0", 2, "")]


@pytest.mark.parametrize("spoke", [False, True])
def test_a_connection_that_opens_together_with_the_new_jvms_first_is_its_own_answered_or_not(talk, spoke):
    make(talk, 0)
    open_later(talk, 2)
    talk.open(3)
    if spoke:
        release_unanswered(talk, 9, on=3)
    make(talk, 0, on=2)
    release_unanswered(talk, 0, on=3)
    assert lives(talk).of("o0").gateway == SECOND
    assert lives(talk).of("o0").ending == "released"


def test_among_three_jvms_each_keeps_its_own_connections(talk):
    make(talk, 0)
    open_later(talk, 2)
    make(talk, 0, on=2)
    open_later(talk, 3)
    open_later(talk, 4)
    make(talk, 0, on=4)
    talk.ask("c\no0\nsize\ne\n", "!yi1\n", on=2)
    release(talk, 0, on=3)
    found = lives(talk)
    assert told(found) == [("o0", 1, JVM_ENDED), ("o0", 2, JVM_ENDED), ("o0", 3, "released")]
    assert [life.uses for life in found.lives] == [0, 1, 0]


def test_an_id_of_a_jvm_that_is_no_more_is_the_latest_ones_that_had_it(talk):
    make(talk, 0)
    make(talk, 1)
    open_later(talk, 2)
    make(talk, 0, on=2)
    make(talk, 1, on=2)
    open_later(talk, 3)
    make(talk, 0, on=3)
    release(talk, 1, on=3)
    found = lives(talk)
    assert [(life.id, life.gateway.jvm, life.used_after_end) for life in found.lives] == [
        ("o0", 1, 0),
        ("o1", 1, 0),
        ("o0", 2, 0),
        ("o1", 2, 1),
        ("o0", 3, 0),
    ]


def test_an_id_that_was_used_is_not_handed_out_again_by_the_same_jvm(talk):
    talk.ask("c\no7\nsize\ne\n", "!yi1\n")
    open_later(talk, 2)
    make(talk, 7, on=2)
    assert told(lives(talk)) == [("o7", 1, JVM_ENDED), ("o7", 2, "")]


def test_an_id_was_handed_out_when_it_was_first_named_however_often_it_is_named_again(talk):
    make(talk, 7)
    open_later(talk, 2)
    talk.to_java("c\no7\nsize\ne\n", on=1).to_java("i\na.A\ne\n", on=2)
    talk.to_python("!yi1\n", on=1).to_python("!yro3\n", on=2)
    assert told(lives(talk)) == [("o7", 1, JVM_ENDED), ("o3", 2, "")]


def test_what_happens_at_one_moment_shows_no_second_jvm():
    talk = Talk(step=0).open()
    make(talk, 7)
    talk.open(2)
    make(talk, 3, on=2)
    assert told(lives(talk)) == [("o7", 1, ""), ("o3", 1, "")]


def test_an_id_that_came_on_a_connection_of_javas_shows_no_second_jvm(talk):
    open_later(talk, 9, port=41009, channel="callback", listens=25334)
    talk.call_back("c\np0\nrun\nro5\ne\n", "!yv\n", on=9)
    open_later(talk, 2)
    make(talk, 3, on=2)
    assert [life.gateway for life in lives(talk).lives if life.id != "p0"] == [FIRST, FIRST]


def test_without_the_records_of_connections_all_is_one_gateways_of_unknown_port(talk):
    make(talk, 5)
    make(talk, 2)
    release(talk, 2)
    found = lifetimes(talk.exchanges())
    assert told(found) == [("o5", 1, ""), ("o2", 1, "released")]
    assert found.gateways == [Gateway(0)]
    assert found.gateways[0].name == "an unknown gateway"


# --- a connection that broke ----------------------------------------------------------------------


def test_of_what_a_gateway_held_that_answers_no_more_nothing_is_known(talk):
    make(talk, 0)
    talk.open(2)
    make(talk, 1, on=2)
    talk.to_java("c\no0\nsize\ne\n").close()
    release_unanswered(talk, 1, on=2)
    found = lives(talk)
    assert [(life.ending, life.ended.n) for life in found.lives] == [(LOST, 3), ("released", 4)]
    assert [(group.unsure, group.released, group.held) for group in found.groups] == [(1, 1, 0)]
    assert found.held == []


def release_unanswered(talk: Talk, number: int, *, on: int) -> None:
    talk.to_java(f"m\nd\no{number}\ne\n", on=on)


@pytest.mark.parametrize(
    "after",
    [
        lambda talk: talk.open(2).ask("c\nz:a.A\nb\ne\n", "!yv\n", on=2),
        lambda talk: talk.open(2, port=4001, channel="callback").call_back("c\np0\nrun\ne\n", "!yv\n", on=2),
    ],
    ids=["an answer", "a callback"],
)
def test_a_gateway_that_is_heard_of_again_is_there(talk, after):
    make(talk, 0)
    talk.to_java("c\no0\nwaitFor\ne\n").close()
    after(talk)
    assert lives(talk).of("o0").held


def test_what_is_not_answered_by_the_end_may_still_be(talk):
    make(talk, 0)
    talk.to_java("c\no0\nrun\ne\n")
    assert lives(talk).of("o0").held


def test_a_gateway_that_answers_somebody_else_after_that_is_there(talk):
    """The other one's request was sent before, and its reply came after."""
    talk.open(2)
    make(talk, 0)
    talk.to_java("c\nz:a.A\nb\ne\n", on=2).to_java("c\no0\nsize\ne\n", on=1)
    talk.to_python("!yv\n", on=2).close(1)
    assert lives(talk).of("o0").held


def test_an_answer_from_the_moment_when_another_request_went_out_does_not_show_that_it_is_there():
    talk = Talk(step=0).open()
    make(talk, 0)
    talk.to_java("c\no0\nsize\ne\n").close()
    assert lives(talk).of("o0").ending == LOST


def test_a_release_that_is_not_answered_is_the_programs_end(talk):
    make(talk, 0)
    make(talk, 1)
    release_unanswered(talk, 1, on=1)
    talk.close()
    assert [life.ending for life in lives(talk).lives] == ["", "released"]


# --- connections that Java opened -----------------------------------------------------------------


def hand_over(talk: Talk, *, on: int = 1) -> None:
    talk.ask("c\nz:a.A\nb\nfp0;java.lang.Runnable\ne\n", "!yv\n", on=on)


def java_opens(talk: Talk, connection: int = 9, listens: int = 25334) -> Talk:
    return talk.open(connection, port=41000 + connection, channel="callback", listens=listens)


def test_a_commands_gateway_is_that_of_the_callback_around_it(talk):
    """As in foreachBatch: Python asks on the connection that Java opened, and the finalizer has its own."""
    hand_over(talk)
    java_opens(talk).open(2)
    talk.to_python("c\np0\ncall\nro0\ne\n", on=9)
    talk.ask("c\no0\ncount\ne\n", "!yro1\n", on=9)
    talk.to_java("!yv\n", on=9)
    release(talk, 0, on=2)
    release(talk, 1, on=2)
    found = lives(talk)
    assert told(found) == [("p0", 1, ""), ("o0", 1, "released"), ("o1", 1, "released")]
    assert found.gateways == [FIRST]


@pytest.mark.parametrize("owner", [1, 2])
def test_of_several_gateways_it_is_the_one_that_has_the_object_which_is_called(talk, owner):
    talk.open(2, port=25444)
    hand_over(talk, on=owner)
    java_opens(talk)
    talk.to_python("c\np0\ncall\nro0\ne\n", on=9)
    make(talk, 1, on=9)
    talk.to_java("!yv\n", on=9)
    talk.call_back("g\np0\ne\n", "!yv\n", on=9)
    found = lives(talk)
    assert found.gateways == [{1: FIRST, 2: OTHER}[owner]]
    assert [life.ending for life in found.lives] == ["released", "", ""]


def test_of_several_gateways_it_is_the_one_that_was_told_to_call(talk):
    talk.open(2, port=25444)
    hand_over(talk, on=1)
    hand_over(talk, on=2)
    talk.ask("c\nGATEWAY_SERVER\nresetCallbackClient\nro8\ni25334\ne\n", "!yv\n", on=2)
    java_opens(talk)
    talk.call_back("c\np0\nrun\nro9\ne\n", "!yv\n", on=9)
    found = lives(talk)
    assert found.of("o9").gateway == OTHER
    assert [life.uses for life in found.lives if life.id == "p0"] == [0, 1]


def test_a_server_that_is_told_of_another_one_says_nothing_of_itself(talk):
    talk.open(2, port=25444)
    talk.ask("c\no3\nresetCallbackClient\nro8\ni25334\ne\n", "!yv\n", on=2)
    hand_over(talk, on=1)
    hand_over(talk, on=2)
    java_opens(talk)
    talk.call_back("c\np0\nrun\nro9\ne\n", "!yv\n", on=9)
    assert lives(talk).of("o9").gateway == UNKNOWN


def test_a_server_that_is_told_a_number_for_something_else_was_not_told_to_call_it(talk):
    talk.open(2, port=25444)
    talk.ask("c\nGATEWAY_SERVER\nsetTimeout\ni25334\ne\n", "!yv\n", on=2)
    java_opens(talk)
    talk.call_back("c\np0\nrun\nro9\ne\n", "!yv\n", on=9)
    assert lives(talk).of("o9").gateway == UNKNOWN


def test_what_several_gateways_have_is_used_by_none_of_them_where_nothing_tells_whose_it_is(talk):
    talk.open(2, port=25444)
    make(talk, 1, on=1)
    make(talk, 1, on=2)
    java_opens(talk)
    talk.to_python("c\np7\nrun\ne\n", on=9)
    talk.ask("c\no1\nsize\ne\n", "!yi1\n", on=9).to_java("!yv\n", on=9)
    assert [(life.gateway, life.uses) for life in lives(talk).lives if life.id == "o1"] == [
        (FIRST, 0),
        (OTHER, 0),
    ]


def test_what_was_named_where_nothing_told_whose_it_is_shows_nothing_later(talk):
    talk.open(2, port=25444)
    make(talk, 0)
    java_opens(talk)
    talk.call_back("c\np7\nrun\ne\n", "!yro1\n", on=9)
    talk.ask("c\no1\nsize\ne\n", "!yi1\n")
    found = [(life.gateway, life.made, life.uses) for life in lives(talk).lives if life.id == "o1"]
    assert found == [(UNKNOWN, None, 1), (FIRST, None, 1)]


def test_what_has_been_found_to_be_a_gateways_is_one_object_wherever_it_is_named(talk):
    talk.open(2, port=25444)
    make(talk, 0)
    java_opens(talk, 9)
    java_opens(talk, 10, listens=25335)
    talk.call_back("c\np7\nrun\nro1\ne\n", "!yv\n", on=9)
    talk.ask("c\no1\nsize\ne\n", "!yi1\n")
    talk.call_back("c\np8\nrun\ne\n", "!yro1\n", on=10)
    assert [(life.gateway, life.uses) for life in lives(talk).lives if life.id == "o1"] == [(FIRST, 2)]


def test_a_connection_of_javas_stays_its_gateways_when_another_gateway_comes(talk):
    make(talk, 0)
    java_opens(talk)
    talk.call_back("c\np7\nrun\nro1\ne\n", "!yv\n", on=9)
    open_later(talk, 2, port=25444)
    make(talk, 0, on=2)
    talk.call_back("c\np8\nrun\nro2\ne\n", "!yv\n", on=9)
    assert [lives(talk).of(id).gateway for id in ("o1", "o2")] == [FIRST, FIRST]


def test_a_gateway_that_python_meets_at_the_moment_of_a_callback_may_be_the_caller(talk):
    make(talk, 0)
    java_opens(talk)
    open_later(talk, 2, port=25444)
    talk.now -= talk.step
    talk.call_back("c\np7\nrun\nro1\ne\n", "!yv\n", on=9)
    make(talk, 0, on=2)
    assert lives(talk).of("o1").gateway == UNKNOWN


def test_who_called_a_port_calls_it_again(talk):
    talk.open(2, port=25444)
    hand_over(talk, on=2)
    java_opens(talk, 8)
    talk.call_back("c\np0\nrun\ne\n", "!yv\n", on=8)
    java_opens(talk, 9)
    talk.call_back("c\np7\nrun\nro9\ne\n", "!yv\n", on=9)  # p7 is from before the recording
    found = lives(talk)
    assert found.of("o9").gateway == found.of("p7").gateway == OTHER


def test_a_gateway_that_was_shut_down_does_not_call(talk):
    hand_over(talk)
    talk.to_java("s\n").close()
    talk.open(2, port=25444)
    hand_over(talk, on=2)
    java_opens(talk)
    talk.call_back("c\np0\nrun\nro0\ne\n", "!yv\n", on=9)
    assert lives(talk).of("o0").gateway == OTHER


def test_a_gateway_that_python_has_not_met_yet_does_not_call(talk):
    java_opens(talk)
    make(talk, 0)
    talk.call_back("c\np0\nrun\nro1\ne\n", "!yv\n", on=9)
    talk.open(2, port=25444)
    make(talk, 0, on=2)
    assert lives(talk).of("o1").gateway == FIRST


def test_where_nothing_tells_whose_it_is_nothing_is_held(talk):
    talk.open(2, port=25444)
    for connection in (1, 2):
        hand_over(talk, on=connection)
        make(talk, 0, on=connection)
    java_opens(talk)
    talk.to_python("c\np0\ncall\nro1\ne\n", on=9)
    make(talk, 2, on=9)
    talk.ask("c\no0\nsize\ne\n", "!yi1\n", on=9)
    release(talk, 0, on=9)
    release(talk, 1, on=9)
    talk.to_java("!yv\n", on=9)
    talk.call_back("g\np0\ne\n", "!yv\n", on=9)
    found = lives(talk)
    assert [(life.id, life.gateway, life.ending) for life in found.lives] == [
        ("p0", FIRST, PERHAPS),
        ("o0", FIRST, PERHAPS),
        ("p0", OTHER, PERHAPS),
        ("o0", OTHER, PERHAPS),
        ("o1", UNKNOWN, "released"),
        ("o2", UNKNOWN, WHOSE),
    ]
    assert found.held == []


def test_a_name_that_only_one_gateway_has_is_that_ones(talk):
    talk.open(2, port=25444)
    make(talk, 0, on=1)
    make(talk, 4, on=2)
    java_opens(talk)
    talk.to_python("c\np7\ncall\ne\n", on=9)
    talk.ask("c\no4\nsize\ne\n", "!yi1\n", on=9)
    found = lives(talk)
    assert (found.of("o4").uses, found.of("o0").uses) == (1, 0)
    assert found.of("p7").gateway == UNKNOWN


def test_who_asks_for_what_a_callback_brought_shows_whose_it_was(talk):
    """Threads that aren't pinned: Python asks on the gateway's connection for what came on Java's."""
    talk.open(2, port=25444)
    for connection in (1, 2):
        hand_over(talk, on=connection)
        make(talk, 0, on=connection)
    java_opens(talk)
    talk.call_back("c\np0\ncall\nro1\nro2\ne\n", "!yv\n", on=9)
    talk.ask("c\no1\nsize\ne\n", "!yi1\n", on=2)
    release(talk, 1, on=2)
    release(talk, 2, on=2)
    found = lives(talk)
    assert [(found.of(id).gateway, found.of(id).ending) for id in ("o1", "o2")] == [(OTHER, "released")] * 2
    assert not any(life.before for life in found.lives)
    # Whose that connection was is known now, and so is who opens the next one to that port.
    java_opens(talk, 8)
    talk.call_back("c\np0\ncall\nro3\ne\n", "!yv\n", on=8)
    assert lives(talk).of("o3").gateway == OTHER


def test_an_id_from_before_the_recording_claims_nothing(talk):
    talk.open(2, port=25444)
    for connection in (1, 2):
        hand_over(talk, on=connection)
        make(talk, 5, on=connection)
    java_opens(talk)
    talk.call_back("c\np0\ncall\nro1\ne\n", "!yv\n", on=9)
    talk.ask("c\no1\nsize\ne\n", "!yi1\n", on=2)
    found = lives(talk)
    assert [(life.gateway, life.before) for life in found.lives if life.id == "o1"] == [
        (UNKNOWN, False),
        (OTHER, True),
    ]


def test_a_connection_that_was_taken_for_anothers_is_nobodys_from_then_on(talk):
    """The object that is called was from before the recording, and another gateway has one of that name."""
    talk.open(2, port=25444)
    hand_over(talk, on=1)
    make(talk, 1, on=1)
    make(talk, 0, on=2)
    java_opens(talk)
    talk.call_back("c\np0\ncall\nro2\ne\n", "!yv\n", on=9)
    talk.call_back("c\np0\ncall\nro1\ne\n", "!yv\n", on=9)
    talk.call_back("c\np0\ncall\nro3\ne\n", "!yv\n", on=9)
    found = lives(talk)
    assert [(life.id, life.gateway, life.held) for life in found.lives[1:]] == [
        ("o1", FIRST, True),
        ("o0", OTHER, True),
        ("o2", UNKNOWN, False),
        ("o1", UNKNOWN, False),
        ("o3", UNKNOWN, False),
    ]


def test_java_that_connects_to_python_alone_is_one_gateway():
    talk = java_opens(Talk(), 1)
    talk.to_python("c\nt\nrun\nro0\ne\n")
    make(talk, 1)
    release(talk, 0)
    talk.to_java("!yv\n")
    found = lives(talk)
    assert told(found) == [("o0", 1, "released"), ("o1", 1, "")]
    assert found.gateways == [Gateway(0, python_port=25334)]
    assert found.gateways[0].name == "the gateway that calls port 25334"


def test_an_entry_point_of_pythons_is_always_there(talk):
    java_opens(talk)
    talk.call_back("c\nt\nrun\ne\n", "!yv\n", on=9)
    talk.call_back("g\nt\ne\n", "!yv\n", on=9)
    assert lives(talk).lives == []


def test_a_callback_that_is_numbered_before_the_call_that_caused_it(talk):
    """Older recordings have that order."""
    talk.open(2)
    hand_over(talk)
    [handed] = talk.exchanges()
    java_opens(talk)
    talk.call_back("c\np0\nrun\ne\n", "!yv\n", on=9)
    [_, called] = talk.exchanges()
    [life] = lifetimes([called, handed], talk.opened).lives
    assert (life.id, life.uses, life.java_class) == ("p0", 1, "java.lang.Runnable")
    assert life.made is not None


# --- what was made where nobody saw it ------------------------------------------------------------


def test_before_the_recording_is_said_only_of_what_was(talk):
    talk.ask("c\no3\nsize\ne\n", "!yi1\n")
    make(talk, 5)
    talk.ask("c\no6\nsize\ne\n", "!yi1\n")  # made by another process, say
    assert [(life.id, life.before) for life in lives(talk).lives] == [
        ("o3", True),
        ("o5", False),
        ("o6", False),
    ]


def test_what_was_released_before_its_id_was_handed_out_was_made_before_the_recording(talk):
    """Python lets go of what an earlier JVM held, in whatever order."""
    release(talk, 1)
    talk.close().open(2)
    make(talk, 0, on=2)
    make(talk, 1, on=2)
    found = lives(talk)
    assert [(life.id, life.made is None, life.before) for life in found.lives] == [
        ("o1", True, True),
        ("o0", False, False),
        ("o1", False, False),
    ]


def test_a_callback_that_can_not_be_read_is_counted_and_names_nothing(talk):
    java_opens(talk)
    talk.to_python("c\np0\nrun\nq\ne\n", on=9).to_java("!yv\n", on=9)
    found = lives(talk)
    assert found.lives == []
    assert found.unread >= 1


def test_messages_that_can_not_be_read_are_counted(talk):
    talk.open(2)
    make(talk, 0)
    talk.ask("i\na.A\nq\ne\n", "!yro1\n")
    talk.ask("i\na.A\nq\ne\n", "!yro2\n", on=2)
    make(talk, 3)
    assert lives(talk).unread == 2
