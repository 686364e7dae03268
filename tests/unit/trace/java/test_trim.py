"""Of a command the outermost calls are kept; what the join and the way down need is kept whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkwire.trace.java import trim as module
from sparkwire.trace.java.paths import path, target_call
from sparkwire.trace.java.text import CUT_STACK
from sparkwire.trace.java.trim import CALLS_KEPT, Trim
from sparkwire.trace.records import JavaCall

EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"
WAIT = ("java.lang.Thread.run()", "py4j.ClientServerConnection.waitForCommands() line: 184")
INVOKED = (
    *WAIT,
    EXECUTE + " line: 79",
    "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 244",
    "java.lang.reflect.Method.invoke(Object, Object[]) line: 565",
)
TARGET = "a.A.run()"
BELOW = (*INVOKED, TARGET + " line: 1")


def call(method: str, start: int, lasts: int, stack: tuple[str, ...], thread: int = 1) -> JavaCall:
    return JavaCall(thread, f"T{thread}", start, lasts, method, stack)


def command(start: int, lasts: int, thread: int = 1, stack: tuple[str, ...] = WAIT) -> JavaCall:
    return call(EXECUTE, start, lasts, stack, thread)


def by_end(*calls: JavaCall) -> list[JavaCall]:
    """As a JVM stores them."""
    return sorted(calls, key=lambda c: c.start_ns + c.duration_ns)


def trimmed(calls: list[JavaCall], most: int | None = CALLS_KEPT) -> tuple[list[JavaCall], int]:
    trim = Trim(calls, most)
    return list(trim), trim.left_out


def test_few_calls_are_all_kept_and_the_command_comes_first() -> None:
    target, child = call(TARGET, 12, 50, INVOKED), call("a.B.b()", 20, 5, BELOW)
    kept, left_out = trimmed(by_end(command(10, 80), target, child))
    assert [c.method for c in kept] == [EXECUTE, TARGET, "a.B.b()"]
    assert left_out == 0


def test_the_outermost_are_kept_and_the_others_counted() -> None:
    target = call(TARGET, 12, 70, INVOKED)
    outer = [call(f"a.O.o{i}()", 20 + 10 * i, 5, BELOW) for i in range(3)]
    deep = [call(f"a.D.d{i}()", 21 + 10 * i, 2, (*BELOW, f"a.O.o{i}() line: 2")) for i in range(3)]
    everything = by_end(command(10, 80), target, *outer, *deep)
    for most, kept in ((5, 5), (1, 1), (2, 2), (8, 8), (9, 8)):
        found, left_out = trimmed(everything, most)
        assert (len(found), left_out) == (kept, 8 - kept)
    assert [c.method for c in trimmed(everything, 5)[0]] == [EXECUTE, TARGET, *(c.method for c in outer)]
    assert trimmed(everything, None) == (everything, 0)


def test_a_hundred_are_kept_unless_others_are_asked_for() -> None:
    inside = [call(f"a.O.o{i}()", 20 + i, 0, BELOW) for i in range(150)]
    kept, left_out = trimmed(by_end(command(10, 800), *inside))
    assert (len(kept), left_out) == (100, 51)


def test_the_way_down_is_kept_whole_and_of_a_deep_call_its_caller() -> None:
    invoker = call("py4j.reflection.MethodInvoker.invoke(Object, Object[])", 11, 75, INVOKED[:-2])
    target, child = call(TARGET, 12, 70, INVOKED), call("a.B.b()", 20, 5, BELOW)
    setup = call("a.A.<clinit>()", 11, 1, INVOKED)
    before = [command(10, 80), invoker, setup, target, child]
    kept, _ = trimmed(by_end(*before))
    assert set(kept) == {
        *before[:2],
        target,
        replace(setup, stack=(CUT_STACK, INVOKED[-1])),
        replace(child, stack=(CUT_STACK, BELOW[-1])),
    }
    assert target_call(kept) == target
    assert path(kept) == path(before)


def test_what_ran_outside_a_command_is_dropped_and_not_counted() -> None:
    task = call("a.T.t()", 15, 1, ("java.lang.Thread.run()",), thread=7)
    unknown = call("a.T.t()", 15, 1, (), thread=7)
    cut = call("a.T.t()", 15, 1, (CUT_STACK, "a.X.x()"), thread=7)
    between = call("a.T.u()", 5, 1, (CUT_STACK, "a.X.x()"))
    kept, left_out = trimmed(by_end(command(10, 80), task, unknown, cut, between))
    assert kept == [command(10, 80)]
    assert left_out == 0
    assert trimmed([task, unknown, command(10, 80)], None) == ([command(10, 80)], 0)


def test_of_two_calls_with_one_start_the_longer_comes_first() -> None:
    inner, outer = call("a.A.in()", 12, 5, INVOKED), call("a.A.out()", 12, 50, INVOKED)
    assert trimmed([inner, outer, command(10, 80)]) == ([command(10, 80), outer, inner], 0)


def test_a_command_within_a_callback_has_its_own_calls() -> None:
    outer, inner = command(10, 80), command(30, 20, stack=(*INVOKED, "py4j.X.sendCommand(String, boolean)"))
    first, second, third = (call(f"a.A.m{i}()", at, 1, BELOW) for i, at in enumerate((12, 30, 70)))
    kept, left_out = trimmed(by_end(outer, inner, first, second, third), 2)
    assert [c.method for c in kept] == [EXECUTE, "a.A.m1()", EXECUTE, "a.A.m0()"]
    assert [c.start_ns for c in kept] == [30, 30, 10, 12]
    assert left_out == 1


def test_a_stack_of_two_is_no_shorter_when_cut() -> None:
    for stack in (
        (),
        ("a.X.x()",),
        ("t.run()", "py4j.commands.X.execute()"),
        ("t()", "py4j.commands.X.y()", "b()"),
    ):
        one = call("a.A.a()", 20, 1, stack)
        (_, *kept), _ = trimmed([one, command(10, 80)])
        wanted = (
            () if len(stack) < 2 else (one if len(stack) == 2 else replace(one, stack=(CUT_STACK, "b()")),)
        )
        assert tuple(kept) == wanted


def test_threads_are_kept_apart() -> None:
    one, two = command(10, 80), command(11, 80, thread=2)
    mine, other = call(TARGET, 20, 1, INVOKED), call("a.O.o()", 20, 1, INVOKED, thread=2)
    kept, _ = trimmed(by_end(one, two, mine, other))
    assert kept == [one, mine, two, other]


def test_a_call_at_its_commands_very_edge_is_its_own() -> None:
    first, last = call("a.A.a()", 10, 0, INVOKED), call("a.A.b()", 90, 0, INVOKED)
    kept, _ = trimmed([first, last, command(10, 80)])
    assert kept == [command(10, 80), first, last]


def test_a_command_with_no_end_of_calls_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 10)
    target = call(TARGET, 12, 1000, INVOKED)
    deep = [call("a.D.d()", 20 + i, 1, (*BELOW, "a.X.x()")) for i in range(30)]
    trim = Trim([target, *deep, command(10, 2000)], 4)
    kept = list(trim)
    assert kept[:2] == [command(10, 2000), target]
    assert (len(kept), trim.left_out) == (4, 28)
    assert trim.note().startswith("28 Java calls were left out")


def test_twenty_thousand_calls_of_a_command_may_wait_for_its_end() -> None:
    inside = [call("a.D.d()", 20 + i, 0, INVOKED) for i in range(20_001)]
    assert trimmed([*inside[:-1], command(10, 90_000)], 90_000)[1] == 0
    kept, left_out = trimmed([*inside, command(10, 90_000)], 90_000)
    assert (len(kept), left_out) == (10_001, 10_001)


def test_the_note_says_how_many_and_names_the_option() -> None:
    deep = [call(f"a.D.d{i}()", 20 + i, 0, BELOW) for i in range(1002)]
    trim = Trim([*deep, command(10, 2000)], 1)
    assert trim.note() == ""
    assert list(trim) == [command(10, 2000)]
    assert trim.note() == (
        "1,002 Java calls were left out: of each exchange only the outermost 1 are kept "
        "(--java-calls all keeps them)."
    )
    trim = Trim([*deep, command(10, 2000)], 0)
    assert list(trim) == []
    assert "the outermost 0 are kept" in trim.note()
    trim = Trim([deep[0], command(10, 2000)], 1)
    list(trim)
    assert trim.note().startswith("1 Java call was left out: ")
