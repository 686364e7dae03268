"""The lives of objects, read from bytes on the wire by the real decoder and pairing."""

from __future__ import annotations

import gc
import sys
from types import FunctionType, ModuleType

import pytest
from playbook import LINE, SITE, Talk

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.lifetimes import LifeReader, lifetimes
from sparkwire.trace.gateway.lives import Lifetimes, alive
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import JavaCall
from sparkwire.wire.message import Message


def lives(talk: Talk) -> Lifetimes:
    return lifetimes(talk.exchanges(), talk.opened)


def test_an_object_is_made_used_and_released(talk):
    talk.open(2).named(2, "T2")
    talk.at(3).ask("i\njava.util.ArrayList\ne\n", "!ylo0\n")
    talk.at(4).ask("c\no0\nadd\ni1\ne\n", "!ybtrue\n")
    talk.at(5).ask("c\nz:java.util.Objects\nhash\nro0\ne\n", "!yi5\n")
    talk.at(None).ask("m\nd\no0\ne\n", "!yv\n", on=2, thread=2)
    [life] = lives(talk).lives
    assert (life.id, life.gateway.port, life.kind) == ("o0", 25333, "list")
    assert life.java_class == "java.util.ArrayList"
    assert (life.made.n, life.made.line.line, life.made.connection) == (1, 3, 1)
    assert (life.uses, life.last_used.n, life.last_used.line.line) == (2, 3, 5)
    assert (life.ended.n, life.ended.connection, life.ended.thread, life.ending) == (4, 2, "T2", "released")
    assert life.used_after_end == 0
    assert life.made.t_ns < life.ended.t_ns


def test_what_is_not_released_is_held(talk):
    talk.at(3).ask("i\njava.util.ArrayList\ne\n", "!ylo0\n")
    found = lives(talk)
    assert [life.id for life in found.held] == ["o0"]
    assert found.of("o0").ending == ""


def test_ids_from_before_the_recording_are_told_apart(talk):
    talk.ask("c\no7\nsize\ne\n", "!yi1\n")
    talk.ask("m\nd\no8\ne\n", "!yv\n")
    found = lives(talk)
    assert [(life.id, life.made, life.uses, life.ending) for life in found.lives] == [
        ("o7", None, 1, ""),
        ("o8", None, 0, "released"),
    ]
    assert [group.before for group in found.groups] == [True]


def test_what_is_always_there_and_classes_are_no_objects(talk):
    talk.ask("c\nt\nget\ne\n", "!yi1\n")
    talk.ask("c\nGATEWAY_SERVER\ngetPort\ne\n", "!yi1\n")
    talk.ask("r\nu\njava\nrj\ne\n", "!yp\n")
    talk.ask("c\nz:java.lang.Math\nabs\ni1\ne\n", "!yi1\n")
    talk.ask("c\nz:java.lang.Integer\nvalueOf\nso5\ne\n", "!yso6\n")
    assert lives(talk).lives == []


@pytest.mark.parametrize(
    ("request_", "reply", "kind", "java_class", "origin"),
    [
        ("i\njava.util.HashMap\ne\n", "!yao0\n", "map", "java.util.HashMap", ""),
        ("a\nc\nsint\ni2\ni3\ne\n", "!yto0\n", "array", "int[][]", ""),
        ("r\nc\njava.lang.String\ne\n", "!yro0\n", "object", "java.lang.Class", ""),
        ("j\nc\nsmine\ne\n", "!yro0\n", "object", "py4j.JVMView", ""),
        ("r\nm\na.B$\nMODULE$\ne\n", "!yro0\n", "object", "", "a.B$.MODULE$"),
        ("c\nz:java.util.Set\nof\ne\n", "!yho0\n", "set", "", "java.util.Set.of"),
        ("c\nz:java.util.Optional\nof\ni1\ne\n", "!yro0\n", "object", "", "java.util.Optional.of"),
        ("c\no9\niterator\ne\n", "!ygo0\n", "iterator", "", ".iterator"),
        ("c\no9\ngetClass\nsof\ne\n", "!yro0\n", "object", "", ".getClass"),
        ("c\nt\nget\ne\n", "!yro0\n", "object", "", ".get"),
        ("f\ng\no9\nout\ne\n", "!yro0\n", "object", "", ".out"),
        ("a\ng\no9\ni0\ne\n", "!yro0\n", "object", "", "an array's element"),
        ("l\nl\no9\ni0\ne\n", "!ylo0\n", "list", "", "a copy of a list"),
        ("i\na.Bad\ne\n", "!xro0\n", "exception", "", "a.Bad"),
    ],
)
def test_what_the_wire_tells_of_an_object(talk, request_, reply, kind, java_class, origin):
    talk.ask(request_, reply)
    life = lives(talk).of("o0")
    assert (life.kind, life.java_class, life.origin) == (kind, java_class, origin)


def test_a_method_is_named_with_its_objects_class_where_that_is_known(talk):
    talk.ask("i\njava.util.ArrayList\ne\n", "!ylo0\n")
    talk.ask("c\no0\niterator\ne\n", "!ygo1\n")
    assert lives(talk).of("o1").origin == "java.util.ArrayList.iterator"


def test_a_class_that_was_asked_for_is_known(talk):
    talk.ask("c\nz:java.util.Optional\nof\ni1\ne\n", "!yro0\n")
    talk.ask("c\no0\ngetClass\ne\n", "!yro1\n")
    talk.ask("c\no1\ngetName\ne\n", "!ysjava.util.Optional\n")
    talk.ask("c\no1\nhashCode\ne\n", "!yi5\n")  # which tells no name, and changes none
    found = lives(talk)
    assert found.of("o0").java_class == "java.util.Optional"
    assert found.of("o1").java_class == "java.lang.Class"


def test_a_name_that_was_asked_for_with_an_argument_is_no_class(talk):
    talk.ask("c\nz:java.util.Optional\nof\ni1\ne\n", "!yro0\n")
    talk.ask("c\no0\ngetClass\ne\n", "!yro1\n")
    talk.ask("c\no1\ngetName\nsen\ne\n", "!ysann\n")
    assert lives(talk).of("o0").java_class == ""


def test_a_name_that_no_class_told_is_no_class(talk):
    talk.ask("c\nz:a.Person\nof\ne\n", "!yro0\n")
    talk.ask("c\no0\ngetName\ne\n", "!ysann\n")
    assert lives(talk).of("o0").java_class == ""


def test_a_name_that_an_objects_part_told_is_not_its_class(talk):
    talk.ask("c\nz:a.Person\nof\ne\n", "!yro0\n")
    talk.ask("c\no0\nmother\ne\n", "!yro1\n")
    talk.ask("c\no1\ngetName\ne\n", "!ysann\n")
    assert [life.java_class for life in lives(talk).lives] == ["", ""]


@pytest.mark.parametrize(
    ("printed", "known"),
    [
        ("java.lang.NumberFormatException: For input\\n\\tat x", "java.lang.NumberFormatException"),
        ("a.b.Outer$Inner\\n\\tat x", "a.b.Outer$Inner"),
        ("something went wrong\\n\\tat x", ""),
        ("", ""),
    ],
)
def test_a_stack_trace_tells_the_exceptions_class(talk, printed, known):
    talk.ask("c\nz:a.B\nc\ne\n", "!xro0\n")
    talk.ask("p\nro0\ne\n", f"!ys{printed}\n")
    life = lives(talk).of("o0")
    assert (life.kind, life.java_class, life.uses) == ("exception", known, 1)


def test_the_joined_java_call_names_the_method(talk):
    talk.ask("c\no9\nsc\ne\n", "!yro0\n")
    talk.to_java("")
    [exchange] = talk.exchanges()
    caller = "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 1"
    ran = JavaCall(1, "T", 0, 1, "a.JavaSparkContext.sc()", (caller,))
    [_, life] = lifetimes([exchange], talk.opened, Join(calls={exchange.n: (ran,)})).lives
    assert life.origin == "a.JavaSparkContext.sc"


def test_a_joined_constructor_is_named_by_its_class(talk):
    talk.ask("c\no9\nsc\ne\n", "!yro0\n")
    [exchange] = talk.exchanges()
    caller = "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 1"
    ran = JavaCall(1, "T", 0, 1, "a.JavaSparkContext.<init>(int)", (caller,))
    [_, life] = lifetimes([exchange], talk.opened, Join(calls={exchange.n: (ran,)})).lives
    assert life.origin == "a.JavaSparkContext"


def test_an_id_between_those_that_were_seen_to_be_made_is_not_from_before(talk):
    talk.ask("i\na.A\ne\n", "!yro5\n")
    talk.ask("c\no6\nsize\ne\n", "!yi1\n")
    talk.ask("i\na.A\ne\n", "!yro7\n")
    talk.ask("c\no4\nsize\ne\n", "!yi1\n")
    assert [(life.id, life.before) for life in lives(talk).lives if life.made is None] == [
        ("o6", False),
        ("o4", True),
    ]


def test_a_new_id_for_the_same_object_is_a_life_of_its_own(talk):
    talk.ask("i\njava.util.ArrayList\ne\n", "!ylo0\n")
    talk.ask("c\no0\nget\ni0\ne\n", "!ylo1\n")
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    found = lives(talk)
    assert [life.id for life in found.held] == ["o1"]


def test_use_and_release_after_the_end_are_counted(talk):
    talk.ask("i\njava.util.ArrayList\ne\n", "!ylo0\n")
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    talk.ask("c\no0\nsize\ne\n", "!xspy4j.Py4JException: Target Object ID does not exist\n")
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    talk.ask("c\no0\nsize\ne\n", "!xspy4j.Py4JException: Target Object ID does not exist\n")
    life = lives(talk).of("o0")
    assert (life.ended.n, life.used_after_end, life.uses) == (2, 3, 2)


def test_two_gateways_count_for_themselves(talk):
    talk.open(2, port=25444)
    talk.ask("i\na.A\ne\n", "!yro0\n")
    talk.ask("i\nb.B\ne\n", "!yro0\n", on=2)
    talk.ask("m\nd\no0\ne\n", "!yv\n", on=2)
    found = lives(talk)
    assert found.of("o0", 25333).ended is None
    assert found.of("o0", 25444).ending == "released"
    assert [gateway.port for gateway in found.gateways] == [25333, 25444]
    assert len(found.groups) == 2


def test_a_shutdown_ends_what_its_gateway_holds(talk):
    talk.open(2, port=25444)
    talk.ask("i\na.A\ne\n", "!yro0\n")
    talk.ask("i\nb.B\ne\n", "!yro0\n", on=2)
    talk.to_java("s\n")
    found = lives(talk)
    assert found.of("o0", 25333).ending == "shut down"
    assert found.of("o0", 25444).ending == ""


def test_a_python_object_lives_until_java_lets_it_go(talk):
    talk.open(2, port=4001, channel="callback")
    talk.at(3).to_java("c\no9\nsort\nfp0;java.util.Comparator\ne\n")
    talk.at(None).call_back("c\np0\ncompare\nro1\nro2\ne\n", "!yi0\n")
    talk.to_python("!yv\n")
    talk.call_back("g\np0\ne\n", "!yv\n", on=2)
    found = lives(talk)
    life = found.of("p0")
    assert (life.kind, life.java_class) == ("Python object", "java.util.Comparator")
    assert life.gateway.port == 25333
    assert (life.made.line.line, life.uses, life.ending, life.ended.connection) == (3, 1, "released", 2)
    # What Java hands to a callback has ids, too; nobody but Java asked for them.
    assert [(found.of(id).made.channel, found.of(id).origin) for id in ("o1", "o2")] == [
        ("callback", "an argument of compare")
    ] * 2


def test_a_callback_on_its_own_connection_belongs_to_the_gateway_that_has_the_object(talk):
    talk.open(2, port=25444)
    talk.open(3, port=4001, channel="callback")
    talk.ask("c\no9\nstart\nfp0;java.lang.Runnable\ne\n", "!yv\n", on=2)
    talk.call_back("c\np0\nrun\nro1\ne\n", "!yro1\n", on=3)
    life = lives(talk).of("o1")
    assert (life.gateway.port, life.uses) == (25444, 1)


def test_hundreds_of_one_line_are_one_group():
    talk = Talk().open()
    for i in range(400):
        talk.at(3).ask("i\njava.util.ArrayList\ne\n", f"!ylo{i}\n")
        if i not in (17, 39):
            talk.at(None).ask(f"m\nd\no{i}\ne\n", "!yv\n")
    talk.at(3).ask("i\njava.util.HashSet\ne\n", "!yho400\n")
    first, second = lives(talk).groups
    assert (first.count, first.released, first.held, first.line.line) == (400, 398, 2, 3)
    assert (second.count, second.java_class) == (1, "java.util.HashSet")


def test_alive_counts_what_is_there_at_once(talk):
    talk.ask("i\na.A\ne\n", "!yro0\n")
    talk.ask("i\na.A\ne\n", "!yro1\n")
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    talk.ask("m\nd\no1\ne\n", "!yv\n")
    talk.ask("c\nz:a.A\nb\ne\n", "!yv\n")
    found = lives(talk)
    assert alive(found.lives, found.start_ns, found.end_ns, 9) == [0, 1, 1, 2, 2, 1, 1, 0, 0]
    assert alive(found.lives, found.start_ns, found.end_ns, 1) == [2]
    assert alive([], 0, 0, 3) == [0, 0, 0]


def test_alive_counts_what_was_there_before_from_the_beginning(talk):
    talk.ask("m\nd\no1\ne\n", "!yv\n")
    talk.ask("c\no2\nb\ne\n", "!yv\n")
    found = lives(talk)
    assert found.of("o1").made is None
    assert alive(found.lives, found.start_ns, found.end_ns, 3) == [2, 1, 1]


def test_what_is_made_at_the_very_end_is_alive_in_the_last_stretch_only():
    talk = Talk(step=1).open().ask("i\na.A\ne\n", "!yro0\n")
    found = lives(talk)
    assert found.end_ns - found.start_ns == 1
    assert alive(found.lives, found.start_ns, found.end_ns, 4) == [0, 0, 0, 1]


def test_a_life_that_ends_at_the_moment_when_it_begins_is_counted():
    talk = Talk(step=0).open().ask("i\na.A\ne\n", "!yro0\n").ask("m\nd\no0\ne\n", "!yv\n")
    found = lives(talk)
    assert alive(found.lives, found.start_ns, found.end_ns, 2) == [1, 0]


def test_a_life_shorter_than_a_stretch_is_not_lost(talk):
    talk.ask("c\nz:a.A\nb\ne\n", "!yv\n")
    talk.ask("i\na.A\ne\n", "!yro0\n")
    talk.ask("m\nd\no0\ne\n", "!yv\n")
    talk.ask("c\nz:a.A\nb\ne\n", "!yv\n")
    found = lives(talk)
    assert alive(found.lives, found.start_ns, found.end_ns, 1) == [1]


def test_a_maker_whose_reply_comes_late_still_gets_its_object(talk):
    talk.open(2)
    talk.at(3).ask("i\na.A\ne\n", "!yro0\n")
    talk.at(None).ask("c\no0\nb\ne\n", "!yv\n", on=2)
    made, used = talk.exchanges()
    [life] = lifetimes([used, made], talk.opened).lives
    assert (life.made.n, life.java_class, life.uses) == (1, "a.A", 1)


def test_what_took_no_time_ended_when_it_began():
    talk = Talk(step=0).open().ask("i\na.A\ne\n", "!yro0\n").to_java("i\na.A\ne\n")
    found = lives(talk)
    assert found.of("o0").made.t_ns == found.start_ns == found.end_ns == talk.now


def test_what_made_an_object_is_told_with_its_line_and_the_librarys_function(talk):
    talk.at(SITE).ask("i\na.A\ne\n", "!yro0\n")
    talk.at(None).ask("m\nd\no0\ne\n", "!yv\n")
    life = lives(talk).of("o0")
    assert (life.made.line, life.made.function) == (LINE, SITE.function)
    assert (life.ended.line, life.ended.function, life.ended.channel) == (None, "", "gateway")


def test_a_constructors_class_is_surer_than_what_a_stack_trace_says(talk):
    talk.ask("i\na.Wrapped\ne\n", "!yro0\n")
    talk.ask("p\nro0\ne\n", "!ysb.Inner: failed\\n\\tat x\n")
    assert lives(talk).of("o0").java_class == "a.Wrapped"


def test_a_recording_lasts_from_its_first_request_to_its_last_reply(talk):
    talk.open(2)
    talk.to_java("c\nz:a.A\nb\ne\n").ask("i\na.A\ne\n", "!yro0\n", on=2).to_python("!yv\n")
    long, short = talk.exchanges()
    for order in ([long, short], [short, long]):
        found = lifetimes(order, talk.opened)
        assert (found.start_ns, found.end_ns) == (long.start_ns, talk.now)


@pytest.mark.parametrize("released", [True, False])
def test_a_python_object_that_is_handed_out_after_another_of_its_name_is_a_new_one(talk, released):
    """The first was handed out before the recording."""
    talk.open(9, port=41009, channel="callback", listens=25334)
    talk.call_back("c\np0\nrun\ne\n", "!yv\n", on=9)
    if released:
        talk.call_back("g\np0\ne\n", "!yv\n", on=9)
    talk.ask("c\nz:a.A\nb\nfp0;java.lang.Runnable;java.io.Closeable\ne\n", "!yv\n")
    before, sent = lives(talk).lives
    assert (before.before, before.made, before.uses, before.java_class) == (True, None, 1, "")
    assert before.ending == ("released" if released else "")
    assert (sent.before, sent.made.n, sent.uses, sent.ending) == (False, 3 if released else 2, 0, "")
    assert sent.java_class == "java.lang.Runnable, java.io.Closeable"


def test_what_java_calls_is_a_python_object_whoever_handed_it_out(talk):
    talk.open(9, port=41009, channel="callback", listens=25334)
    talk.call_back("c\np0\nrun\ne\n", "!yv\n", on=9)
    assert lives(talk).of("p0").kind == "Python object"


def test_what_java_lets_go_is_a_python_object_whoever_handed_it_out(talk):
    talk.open(9, port=41009, channel="callback", listens=25334)
    talk.call_back("g\np0\ne\n", "!yv\n", on=9)
    assert (lives(talk).of("p0").kind, lives(talk).of("p0").ending) == ("Python object", "released")


def test_python_hands_an_object_out_when_it_answers(talk):
    talk.open(9, port=41009, channel="callback", listens=25334)
    talk.at(3).call_back("c\np0\nnext\ne\n", "!yfp1;java.lang.Runnable\n", on=9)
    life = lives(talk).of("p1")
    assert (life.made.n, life.made.connection, life.gateway.port) == (1, 9, 25333)
    assert (life.kind, life.java_class, life.uses) == ("Python object", "java.lang.Runnable", 0)


def test_what_java_calls_at_the_moment_when_it_is_handed_out_is_the_same_object():
    talk = Talk(step=0).open().open(9, port=41009, channel="callback", listens=25334)
    talk.to_java("c\nz:a.A\nb\nfp0;java.lang.Runnable\ne\n").call_back("c\np0\nrun\ne\n", "!yv\n", on=9)
    sent, called = talk.to_python("!yv\n").exchanges()
    [life] = lifetimes([called, sent], talk.opened).lives
    assert (life.made.n, life.uses) == (sent.n, 1)


def test_a_group_tells_how_many_were_alive_and_how_they_ended(talk):
    for i in range(3):
        talk.at(3).ask("i\na.A\ne\n", f"!yro{i}\n")
    talk.at(None).ask("m\nd\no1\ne\n", "!yv\n")
    talk.to_java("s\n")
    found = lives(talk)
    [group] = found.groups
    assert group.alive(found.start_ns, found.end_ns, 4) == [1, 2, 3, 3]
    assert (group.released, group.ended_by("shut down"), group.held, group.unsure) == (1, 2, 0, 0)


def test_a_life_begins_when_it_was_made_or_with_the_recording(talk):
    talk.ask("c\no1\nb\ne\n", "!yro5\n")
    found = lives(talk)
    assert found.begin(found.of("o1")) == found.start_ns
    assert found.begin(found.of("o5")) == found.of("o5").made.t_ns == found.end_ns


def test_malformed_messages_and_missing_replies_are_survived(talk):
    talk.ask("i\na.A\nq\ne\n", "!yro0\n")
    talk.to_java("i\na.A\ne\n")
    assert lives(talk).lives == []


def test_nothing_is_nothing():
    found = lifetimes([])
    assert (found.lives, found.groups, found.held) == ([], [], [])
    assert (found.start_ns, found.end_ns, found.unread) == (0, 0, 0)
    with pytest.raises(KeyError, match="o0"):
        found.of("o0")


def steps_for(count: int) -> int:
    """How many lines of Python it takes to read ``count`` rounds of making and releasing."""
    talk = Talk().open()
    for i in range(count):
        talk.at(3).ask("i\njava.util.ArrayList\ne\n", f"!ylo{i}\n")
        talk.at(None).ask(f"m\nd\no{i}\ne\n", "!yv\n")
    exchanges = talk.exchanges()
    reader = LifeReader(talk.opened)
    steps = 0

    def count_line(frame, event, _):
        nonlocal steps
        steps += 1
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)
    try:
        for exchange in exchanges:
            reader.add(exchange)
        found = reader.end()
        assert len(found.groups) == 1
        found.groups[0].alive(found.start_ns, found.end_ns, 60)
    finally:
        sys.settrace(before)
    return steps


def test_the_work_grows_with_the_trace_and_not_faster():
    small, large = steps_for(50), steps_for(500)
    assert large < 10.5 * small


def reachable(*roots: object) -> list[object]:
    """All objects that can be reached from these, classes, functions and modules left out."""
    found: dict[int, object] = {}
    todo = list(roots)
    while todo:
        one = todo.pop()
        if id(one) not in found and not isinstance(one, type | FunctionType | ModuleType):
            found[id(one)] = one
            todo.extend(gc.get_referents(one))
    return list(found.values())


def kept_after(count: int) -> list[object]:
    """What is kept when ``count`` objects were made, and the exchanges are gone."""
    talk = Talk().open()
    for i in range(1000, 1000 + count):
        talk.at(3).ask("i\njava.util.ArrayList\ne\n", f"!ylo{i}\n")
        talk.at(None).ask(f"m\nd\no{i}\ne\n", "!yv\n")
    reader = LifeReader(talk.opened)
    for exchange in talk.exchanges():
        reader.add(exchange)
    found = reader.end()
    assert (len(found.lives), len(found.held)) == (count, 0)
    return reachable(reader, found)


def test_a_life_keeps_numbers_and_names_and_no_message():
    few, many = kept_after(20), kept_after(120)
    assert not [one for one in many if isinstance(one, Exchange | Message)]
    assert sum(map(sys.getsizeof, many)) - sum(map(sys.getsizeof, few)) < 100 * 1000
