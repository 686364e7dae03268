"""Which thread spoke to which: told from numbers, not names, and from Java calls only where they agree."""

from collections.abc import Iterable

from sparkwire.trace.gateway.exchanges import Exchange, exchanges
from sparkwire.trace.gateway.threads import Thread, java_threads, thread_pairs
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import Chunk, Closed, JavaCall, Opened, Record, ThreadName
from sparkwire.wire.message import Direction

J, P = Direction.TO_JAVA, Direction.TO_PYTHON
ASK, ANSWER = b"c\no0\nget\ne\n", b"!yv\n"


def chunk(connection: int, thread: int, direction: Direction, data: bytes, t: int = 0) -> Chunk:
    return Chunk(connection, direction, t, thread, 0, data)


def call(thread: int, name: str) -> JavaCall:
    return JavaCall(thread, name, 0, 1, "py4j.commands.CallCommand.execute(String)", ())


def asked(connection: int, thread: int) -> list[Record]:
    return [chunk(connection, thread, J, ASK), chunk(connection, thread, P, ANSWER)]


def made(*records: Iterable[Record]) -> list[Exchange]:
    return list(exchanges([one for some in records for one in some]))


def test_an_ident_that_is_used_again_is_another_thread():
    first, second, third = made(
        [Opened(1, "gateway", 1, 2, 0), ThreadName(7, "worker")], asked(1, 7),
        [ThreadName(7, "worker")], asked(1, 7),
        asked(1, 7),
    )  # fmt: skip
    assert first.thread == second.thread == "worker"
    assert (first.thread_number, second.thread_number, third.thread_number) == (1, 2, 2)
    assert [pair.python for pair in thread_pairs([first, second, third])] == [(1, "worker"), (2, "worker")]


def test_a_callback_belongs_to_the_thread_that_answered():
    [exchange] = made(
        [Opened(1, "callback", 1, 2, 0), ThreadName(7, "server"), ThreadName(8, "Thread-4 (run)")],
        [chunk(1, 7, P, b"c\np0\nrun\ne\n"), chunk(1, 8, J, b"!yv\n")],
    )
    assert (exchange.thread, exchange.thread_number) == ("Thread-4 (run)", 2)
    [pair] = thread_pairs([exchange])
    assert (pair.asked, pair.answered) == (0, 1)


def test_a_trace_without_thread_names_has_unknown_threads():
    [exchange] = made([Opened(1, "gateway", 1, 2, 0)], asked(1, 7))
    [pair] = thread_pairs([exchange])
    assert pair.python == Thread(0, "") and pair.java is None


def test_pairs_come_in_the_order_in_which_they_spoke_and_count_both_ways():
    found = made(
        [Opened(1, "gateway", 1, 2, 0), Opened(2, "gateway", 1, 2, 0)],
        [ThreadName(7, "MainThread"), ThreadName(8, "other")],
        asked(2, 8), asked(1, 7), asked(1, 8), asked(2, 8),
        [Closed(2, 5)],
    )  # fmt: skip
    join = Join(calls={e.n: (call(20 + e.connection, f"Thread-{e.connection}"),) for e in found})
    pairs = thread_pairs(reversed(found), closed={2: 5}, join=join)
    assert [(pair.python.name, pair.connection, pair.asked) for pair in pairs] == [
        ("other", 2, 2), ("MainThread", 1, 1), ("other", 1, 1),
    ]  # fmt: skip
    assert [pair.java for pair in pairs] == [(22, "Thread-2"), (21, "Thread-1"), (21, "Thread-1")]
    assert [pair.closed for pair in pairs] == [True, False, False]


def test_no_java_thread_is_named_where_the_java_calls_name_two():
    one, other = made([Opened(1, "gateway", 1, 2, 0)], asked(1, 7), asked(1, 7))
    join = Join(calls={one.n: (call(21, "Thread-1"),), other.n: (call(22, "Thread-2"),)})
    assert java_threads([one, other], join) == {}
    assert java_threads([one], join) == {1: (21, "Thread-1")}
