"""Which thread spoke to which: told from numbers, not names, and from Java calls only where they agree."""

from playbook import Talk

from sparkwire.trace.gateway.threads import Thread, java_threads, thread_pairs
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import JavaCall

GET = ("c\no0\nget\ne\n", "!yv\n")


def call(thread: int, name: str) -> JavaCall:
    return JavaCall(thread, name, 0, 1, "py4j.commands.CallCommand.execute(String)", ())


def test_an_ident_that_is_used_again_is_another_thread():
    talk = Talk().open()
    talk.named(7, "worker").ask(*GET, thread=7)
    talk.named(7, "worker").ask(*GET, thread=7).ask(*GET, thread=7)
    first, second, third = talk.exchanges()
    assert first.thread == second.thread == "worker"
    assert (first.thread_number, second.thread_number, third.thread_number) == (1, 2, 2)
    assert [pair.python for pair in thread_pairs([first, second, third])] == [(1, "worker"), (2, "worker")]


def test_a_callback_belongs_to_the_thread_that_answered():
    talk = Talk().open(channel="callback").named(7, "server").named(8, "Thread-4 (run)")
    for _ in range(2):
        talk.to_python("c\np0\nrun\ne\n", thread=7).to_java("!yv\n", thread=8)
    found = talk.exchanges()
    assert [(exchange.thread, exchange.thread_number) for exchange in found] == [("Thread-4 (run)", 2)] * 2
    [pair] = thread_pairs(found)
    assert (pair.asked, pair.answered) == (0, 2)


def test_a_trace_without_thread_names_has_unknown_threads():
    [exchange] = Talk().open().ask(*GET).exchanges()
    [pair] = thread_pairs([exchange])
    assert pair.python == Thread(0, "")
    assert pair.java is None


def test_pairs_come_in_the_order_in_which_they_spoke_and_count_both_ways():
    talk = Talk().open(1).open(2).named(7, "MainThread").named(8, "other")
    talk.ask(*GET, on=2, thread=8)
    talk.ask(*GET, on=1, thread=7)
    talk.ask(*GET, on=1, thread=8)
    talk.ask(*GET, on=2, thread=8)
    found = talk.close(2).exchanges()
    join = Join(calls={e.n: (call(20 + e.connection, f"Thread-{e.connection}"),) for e in found})
    pairs = thread_pairs(reversed(found), closed={2: 5}, join=join)
    assert thread_pairs(found, closed={2: 5}, join=join) == pairs
    assert [(pair.python.name, pair.connection, pair.asked) for pair in pairs] == [
        ("other", 2, 2), ("MainThread", 1, 1), ("other", 1, 1),
    ]  # fmt: skip
    assert [pair.java for pair in pairs] == [(22, "Thread-2"), (21, "Thread-1"), (21, "Thread-1")]
    assert [pair.closed for pair in pairs] == [True, False, False]


def test_no_java_thread_is_named_where_the_java_calls_name_two():
    one, other = Talk().open().ask(*GET).ask(*GET).exchanges()
    join = Join(calls={one.n: (call(21, "Thread-1"),), other.n: (call(22, "Thread-2"),)})
    assert java_threads([one, other], join) == {}
    assert java_threads([one], join) == {1: (21, "Thread-1")}
