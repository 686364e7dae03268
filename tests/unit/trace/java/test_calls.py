"""Java calls are joined by order, checked by kind and time, and left out where that gives no one answer."""

from __future__ import annotations

from dataclasses import replace

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.java.calls import HANDLERS, Join, is_command, join, within_command
from sparkwire.trace.java.paths import children, depths, line, method, outermost, path, target_call
from sparkwire.trace.java.text import CUT_STACK
from sparkwire.trace.records import Channel, JavaCall
from sparkwire.wire.message import Direction, Malformed, Message, Role

MS = 1_000_000
BASE = 1_795_348_925_000_000_000
RUN = ("java.lang.Thread.run()", "py4j.ClientServerConnection.run() line: 108")
WAIT = (*RUN, "py4j.ClientServerConnection.waitForCommands() line: 184")
CALL = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"
INVOKER = (
    *WAIT,
    CALL + " line: 79",
    "py4j.Gateway.invoke(String, String, List) line: 282",
    "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 244",
    "jdk.internal.reflect.DirectMethodHandleAccessor.invoke(Object, Object[]) line: 104",
    "java.lang.reflect.Method.invoke(Object, Object[]) line: 565",
)
SEND = "py4j.ClientServerConnection.sendCommand(String, boolean) line: 244"


def exchange(n: int, word: str, at: float, connection: int = 1, lasts: float | None = 1) -> Exchange:
    request = Message(Direction.TO_JAVA, Role.REQUEST, word, b"", 0, ())
    duration = None if lasts is None else int(lasts * MS)
    return Exchange(
        n=n,
        connection=connection,
        channel=Channel.GATEWAY,
        request=request,
        start_ns=BASE + int(at * MS),
        duration_ns=duration,
    )


def execute(
    word: str, at: float, thread: int = 30, lasts: float = 0.5, stack: tuple[str, ...] = WAIT
) -> JavaCall:
    name = f"{HANDLERS[word]}.execute(String, BufferedReader, BufferedWriter)"
    return JavaCall(thread, f"Thread-{thread}", BASE + int(at * MS), int(lasts * MS), name, stack)


def spark(
    name: str, at: float, lasts: float = 0.1, stack: tuple[str, ...] = INVOKER, thread: int = 30
) -> JavaCall:
    return JavaCall(thread, f"Thread-{thread}", BASE + int(at * MS), int(lasts * MS), name, stack)


def both(words: list[str], connection: int, thread: int, at: float = 0, step: float = 100):  # type: ignore[no-untyped-def]
    sent = [exchange(i + 1 + 100 * connection, w, at + i * step, connection) for i, w in enumerate(words)]
    ran = [execute(w, at + i * step + 0.2, thread) for i, w in enumerate(words)]
    return sent, ran


WORDS = ["auth", "jvmview", "reflection", "call", "call", "memory"]


def test_the_nth_command_is_the_nth_exchange() -> None:
    sent, ran = both(WORDS, 1, 30)
    report = join(sent, reversed(ran))
    assert [report.of(e)[0] for e in sent] == ran
    assert report.agreed
    assert (report.joined, report.exchanges, report.commands, report.notes) == (6, 6, 6, ())
    assert report.python_counts == report.java_counts
    assert report.java_counts["CallCommand"] == 2


def test_every_command_python_can_send_has_its_class() -> None:
    words = sorted(HANDLERS)
    sent, ran = both(words, 1, 30)
    assert join(sent, ran).agreed
    assert {"call", "constructor", "memory", "auth", "cancel", "shutdown", "stream"} <= set(words)


def test_threads_are_told_apart_by_kinds_and_times() -> None:
    first, ran_first = both(["auth", "call", "call"], 1, 30)
    second, ran_second = both(["auth", "memory", "memory"], 2, 31)
    third, ran_third = both(["auth", "call", "call"], 3, 32, at=50)
    report = join([*third, *first, *second], [*ran_second, *ran_third, *ran_first])
    assert report.agreed
    for requests, ran in ((first, ran_first), (second, ran_second), (third, ran_third)):
        assert [report.of(e)[0] for e in requests] == ran


def test_a_doubt_between_threads_is_not_settled_by_guessing() -> None:
    first, ran_first = both(["auth", "call"], 1, 30)
    second, ran_second = both(["auth", "call"], 2, 31)
    report = join([*first, *second], [*ran_first, *ran_second])
    assert not report.agreed
    assert report.joined == 0
    assert all(report.of(e) == () for e in [*first, *second])
    assert any("equally well" in note for note in report.notes)


def test_what_one_connection_takes_decides_another() -> None:
    first, ran_first = both(["auth", "call"], 1, 30)
    second, ran_second = both(["auth", "call"], 2, 31)
    second[1] = second[1]._replace(start_ns=second[1].start_ns + 10 * MS)
    ran_second[1] = replace(ran_second[1], start_ns=ran_second[1].start_ns + 10 * MS)
    report = join([*first, *second], [*ran_first, *ran_second])
    assert report.agreed


def test_a_different_kind_of_command_is_a_disagreement() -> None:
    sent, ran = both(WORDS, 1, 30)
    ran[2] = execute("array", 200.2)
    report = join(sent, ran)
    assert not report.agreed
    assert report.joined == 0
    assert report.python_counts != report.java_counts
    assert any("can't be joined" in note for note in report.notes)
    assert any("6 commands that belong to no recorded connection" in note for note in report.notes)


def test_a_command_lost_in_the_middle_is_a_disagreement() -> None:
    sent, ran = both(["auth", "call", "call", "call", "call"], 1, 30)
    del ran[2]
    report = join(sent, ran)
    assert not report.agreed
    assert report.joined == 0
    assert (report.python_counts["CallCommand"], report.java_counts["CallCommand"]) == (4, 3)


def test_a_recording_that_began_late_joins_the_rest_and_says_so() -> None:
    sent, ran = both(["auth", "call", "call", "call", "call"], 1, 30)
    report = join(sent, ran[3:])
    assert [len(report.of(e)) for e in sent] == [0, 0, 0, 1, 1]
    assert report.of(sent[3])[0] == ran[3]
    assert not report.agreed
    assert report.notes == ("Connection 1: its first 3 exchanges came before the Java recording.",)


def test_a_recording_that_was_cut_joins_the_beginning_and_says_so() -> None:
    sent, ran = both(WORDS, 1, 30)
    report = join(sent, ran[:4])
    assert [report.of(e)[:1] for e in sent] == [(r,) for r in ran[:4]] + [(), ()]
    assert not report.agreed
    assert report.notes == ("Connection 1: the Java recording ended before its last 2 exchanges.",)


def test_a_trace_of_one_cell_finds_its_place_in_a_long_recording() -> None:
    sent, ran = both(["call"] * 50, 1, 30, step=1.2)
    report = join(sent[20:25], ran)
    assert [report.of(e)[0] for e in sent[20:25]] == ran[20:25]
    assert report.joined == 5
    far = [execute("call", 10_000 + i) for i in range(3)]
    report = join(sent, ran + far)
    assert report.agreed
    assert any("3 commands before or after" in note for note in report.notes)
    assert join(sent, ran + far, whole=False).notes == ()


def test_clocks_may_differ_a_little() -> None:
    sent, ran = both(WORDS, 1, 30)
    assert join(sent, [replace(c, start_ns=c.start_ns - 5 * MS) for c in ran]).agreed
    sent, ran = both(WORDS, 1, 30)
    assert not join(sent, [replace(c, start_ns=c.start_ns - 50 * MS) for c in ran]).joined


def test_commands_nested_in_a_callback_belong_to_their_own_exchange() -> None:
    nested = (*INVOKER, "jdk.proxy2.$Proxy20.next()", SEND)
    sent = [
        exchange(1, "auth", 0),
        exchange(2, "call", 10, lasts=20),
        exchange(4, "call", 15),
        exchange(5, "call", 40),
    ]
    back = exchange(3, "call", 12, lasts=10)._replace(channel="callback")
    outer = execute("call", 10.1, lasts=18)
    target = spark("java.util.ArrayList.addAll(Collection)", 10.5, 17)
    inner = execute("call", 15.1, stack=nested)
    within = spark("java.lang.Integer.valueOf(int)", 15.2, 0.1, (*nested, CALL, *INVOKER[-4:]))
    after = spark(
        "java.util.ArrayList.grow()", 20, 0.1, (*INVOKER, "java.util.ArrayList.addAll(Collection) line: 9")
    )
    ran = [execute("auth", 0.1), outer, target, inner, within, after, execute("call", 40.1)]
    report = join([*sent, back], ran)
    assert report.agreed
    assert report.of(sent[1]) == (outer, target, after)
    assert report.of(sent[2]) == (inner, within)
    assert report.of(back) == ()


def test_nested_commands_may_come_over_a_second_connection() -> None:
    nested = (*INVOKER, SEND)
    first = [exchange(1, "auth", 0), exchange(2, "call", 10, lasts=20), exchange(5, "memory", 40)]
    second = [exchange(3, "call", 12, connection=6), exchange(4, "call", 15, connection=6)]
    ran = [
        execute("auth", 0.1), execute("call", 10.1, lasts=18), execute("call", 12.1, stack=nested),
        execute("call", 15.1, stack=nested), execute("memory", 40.1),
    ]  # fmt: skip
    report = join([*first, *second], ran)
    assert report.agreed
    assert [report.of(e)[0] for e in second] == ran[2:4]
    assert [report.of(e)[0] for e in first] == [ran[0], ran[1], ran[4]]


def answered(e: Exchange, how: str) -> Exchange:
    return e._replace(reply=Message(Direction.TO_PYTHON, Role.REPLY, how, b"", 0, ()))


def test_a_rejected_request_ran_what_asks_for_the_token() -> None:
    """Three clients of one gateway, within the clocks' tolerance: no token, a wrong one, the right one."""
    without = [answered(exchange(1, "reflection", 0, connection=1), "error")]
    wrong = [answered(exchange(2, "auth", 3, connection=2), "error")]
    words = ["auth", "reflection", "reflection", "call"]
    right = [
        answered(exchange(3 + i, word, 6 + 2 * i, connection=3), "success") for i, word in enumerate(words)
    ]
    ran = [
        execute("auth", 0.2, thread=30),
        execute("auth", 3.2, thread=31),
        *(execute(word, 6.2 + 2 * i, thread=32) for i, word in enumerate(words)),
    ]
    report = join([*without, *wrong, *right], ran)
    assert report.agreed, report.notes
    assert [report.of(e)[0] for e in (*without, *wrong, *right)] == ran
    # Without its own thread, the rejected request gets no command of another's.
    report = join([*without, *right], ran[2:])
    assert report.of(without[0]) == ()
    assert [report.of(e)[0] for e in right] == ran[2:]


def test_only_a_request_that_was_never_admitted_can_have_been_rejected() -> None:
    def runs(request: Exchange, ran: str, *before: tuple[str, str]) -> bool:
        first = [answered(exchange(i + 1, word, i * 100), how) for i, (word, how) in enumerate(before)]
        last = request._replace(n=9, start_ns=request.start_ns + len(before) * 100 * MS)
        commands = [execute(word, i * 100 + 0.1) for i, (word, _) in enumerate(before)]
        return join([*first, last], [*commands, execute(ran, len(before) * 100 + 0.1)]).agreed

    call = exchange(1, "call", 0)
    assert runs(answered(call, "error"), "auth")
    assert runs(call, "auth")
    assert runs(answered(call, "error"), "call")
    assert not runs(answered(call, "success"), "auth")
    assert not runs(answered(call, "error"), "auth", ("auth", "success"))
    assert not runs(answered(call, "error"), "auth", ("call", "success"))
    assert not runs(call, "auth", ("auth", "success"))
    assert not runs(answered(call, "error"), "memory")


def test_requests_java_does_not_execute_are_not_counted() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    odd = exchange(900, "call", 500)._replace(request=Malformed(Direction.TO_JAVA, b"x", 0, 0, "odd"))
    assert join([*sent, odd], ran).agreed


def test_no_recording_or_no_exchange_is_said() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    report = join(sent, [])
    assert not report.agreed
    assert "no commands" in report.notes[0]
    assert report.exchanges == 2
    assert report.python_counts == {"AuthCommand": 1, "CallCommand": 1}
    assert join([], []).agreed
    assert join([], ran).joined == 0


def test_calls_of_other_threads_are_no_part_of_it() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    task = spark("org.apache.spark.api.java.JavaRDD.x()", 100.3, stack=("java.lang.Thread.run()",), thread=77)
    before = spark("org.apache.spark.SparkConf.<init>()", -5, stack=RUN)
    for calls in ([*ran, task, before], [task, before, *ran]):
        report = join(sent, calls)
        assert [report.of(e) for e in sent] == [(ran[0],), (ran[1],)]


def test_commands_are_counted_whatever_ran_in_and_before_them() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    before, inside = spark("a.A.a()", 0.1, 0.01), spark("a.A.b()", 0.3)
    report = join(sent, [before, ran[0], inside, ran[1]])
    assert report.agreed
    assert (report.commands, report.java_counts) == (2, {"AuthCommand": 1, "CallCommand": 1})


def test_target_path_and_children() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    invoke = spark("py4j.reflection.MethodInvoker.invoke(Object, Object[])", 100.25, 0.4, INVOKER[:-3])
    setup = spark("org.apache.spark.SparkContext.<clinit>()", 100.28, 0.01)
    target = spark("org.apache.spark.SparkContext.setCheckpointDir(String)", 100.3, 0.2)
    below = (*INVOKER, "org.apache.spark.SparkContext.setCheckpointDir(String) line: 9")
    conf = spark("org.apache.spark.SparkContext.conf()", 100.31, 0.05, below)
    inner = spark(
        "org.apache.spark.SparkConf.get()", 100.32, 0.01, (*below, "org.apache.spark.SparkContext.conf()")
    )
    local = spark("org.apache.spark.SparkContext.isLocal()", 100.4, 0.05, below)
    ran[1] = replace(ran[1], duration_ns=MS)
    report = join(sent, [*ran, local, inner, conf, target, invoke, setup])
    call, first = report.of(sent[1]), report.of(sent[0])
    assert target_call(call) is report.target(sent[1]) is target
    assert report.path(sent[1]) == path(call)
    assert report.path(sent[0]) == path(first) != ()
    assert Join().of(sent[0]) == ()
    assert (Join().joined, Join().exchanges, Join().commands, Join().agreed, Join().reason) == (
        0,
        0,
        0,
        False,
        "",
    )
    assert target_call(first) is None
    assert path(call) == (*INVOKER[:-2], INVOKER[-1], target.method)
    assert path(first) == (*WAIT, ran[0].method)
    assert path(()) == ()
    assert depths(call) == (0, 1, 2, 2, 3, 4, 3)
    assert children(call, target) == (conf, local)
    assert children(call, local) == ()
    assert outermost(call, 2) == [ran[1], invoke]


def test_frames_have_lines_or_not() -> None:
    assert line("a.B.c(String, int) line: 182") == 182
    assert method("a.B.c(String, int) line: 182") == "a.B.c(String, int)"
    assert line("java.lang.Thread.run()") is None


# --- edges -------------------------------------------------------------------------------------------------


def test_a_call_at_the_very_end_of_a_command_is_its_own_and_a_later_one_is_not() -> None:
    sent, ran = both(["auth", "call"], 1, 30)
    end = 0.2 + 0.5
    at_end, later = spark("a.A.a()", end, 0), spark("a.A.b()", end, 0)
    later = replace(later, start_ns=later.start_ns + 1)
    report = join(sent, [*ran, at_end, later])
    assert report.of(sent[0]) == (ran[0], at_end)
    assert report.of(sent[1]) == (ran[1],)


def test_of_two_calls_with_one_start_the_longer_is_the_outer() -> None:
    sent, ran = both(["call"], 1, 30)
    inner, outer = spark("a.A.in()", 0.3, 0.1), spark("a.A.out()", 0.3, 0.2)
    assert join(sent, [inner, *ran, outer]).of(sent[0]) == (ran[0], outer, inner)


def test_a_stack_says_whether_a_call_ran_in_a_command() -> None:
    sent, ran = both(["call"], 1, 30)
    for stack, inside in (
        ((), False),
        (("java.lang.Thread.run()",), False),
        (WAIT, False),
        ((CUT_STACK, "a.A.x()"), True),
        (("java.lang.Thread.run()", CUT_STACK), False),
        (("java.lang.Thread.run()", "py4j.commands.CallCommand.execute(String) line: 1", "a.A.x()"), True),
        (("java.lang.Thread.run()", "x.py4j.commands.CallCommand.execute(String) line: 1"), False),
    ):
        one = spark("a.A.a()", 0.3, stack=stack)
        assert within_command(one) is inside
        assert join(sent, [*ran, one]).of(sent[0]) == ((ran[0], one) if inside else (ran[0],))
    assert within_command(execute("call", 0, stack=()))
    assert is_command(execute("call", 0))
    assert not is_command(spark("py4j.commands.CallCommand.execute(String)", 0))


def test_commands_near_the_exchanges_are_counted_and_those_further_off_are_not() -> None:
    """The clocks may differ by 20 ms and one part in 10 000 of the time since the first command."""
    sent, ran = both(["call"], 1, 30)
    for at, counted in ((-19.7, True), (-20.3, False), (20.9, True), (21.2, False)):
        report = join(sent, [*ran, execute("memory", at, thread=31)])
        assert report.java_counts == (
            {"CallCommand": 1, "MemoryCommand": 1} if counted else {"CallCommand": 1}
        )
        assert report.commands == 1 + counted
        assert report.agreed is not counted
        said = "belongs to no recorded connection" if counted else "before or after the recorded exchanges"
        assert [said in note for note in report.notes] == [True]


def test_how_near_is_near_enough_to_count_to_the_nanosecond() -> None:
    """Before the first request, whose own command is later; and after the last, which has no end."""
    sent, ran = [exchange(1, "call", 0, lasts=None)], [execute("call", 0.2)]
    other = execute("memory", 0, thread=31)
    for off, counted in (
        (-20_000_000, True), (-20_000_001, False), (20_001_980, True), (20_001_981, False),
    ):  # fmt: skip
        report = join(sent, [*ran, replace(other, start_ns=BASE + off)])
        assert report.commands == 1 + counted


def test_sentences_for_one_and_for_several() -> None:
    sent, ran = both(WORDS, 1, 30)
    assert join(sent, ran[:5]).notes == (
        "Connection 1: the Java recording ended before its last 1 exchange.",
    )
    assert join(sent, ran[1:]).notes == (
        "Connection 1: its first 1 exchange came before the Java recording.",
    )
    one = join(sent[:1], [execute("call", 0.2)])
    assert one.notes == (
        "Connection 1: its 1 exchange can't be joined: no recorded Java thread executed the same kinds of "
        "command in the same order at that time.",
        "The JVM executed 1 command that belongs to no recorded connection.",
    )
    assert (one.exchanges, one.commands, one.joined, one.agreed) == (1, 1, 0, False)
    assert join(sent[:1], []).notes == (
        "The Java recording holds no commands, so no exchange has Java calls.",
    )
    assert join([], []).notes == ()
    late = [execute("call", 900_000 + i) for i in range(2)]
    assert join(sent, [*ran, *late]).notes == (
        "The JVM executed 2 commands before or after the recorded exchanges.",
    )


def test_exchanges_may_come_in_any_order_and_threads_may_run_no_command() -> None:
    sent, ran = both(WORDS, 1, 30)
    idle = spark("a.A.a()", 0.3, stack=(CUT_STACK, "a.A.x()"), thread=99)
    report = join(reversed(sent), [*ran, idle])
    assert [report.of(e)[0] for e in sent] == ran
    assert report.agreed
