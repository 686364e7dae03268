"""Who spoke to whom, told by both sides: by threads with a connection each, and by threads that share one."""

from __future__ import annotations

from sparkwire.trace.gateway.threads import thread_pairs
from sparkwire.trace.load import load

PROGRAM = """
    import threading
    from guide.gateways.plain import PlainGateway

    with PlainGateway() as started:
        class Task:
            def run(self):
                ask(started.client.jvm)

            class Java:
                implements = ["java.lang.Runnable"]

        def ask(jvm):
            print(threading.current_thread().name, jvm.java.lang.Thread.currentThread().getName(), sep="|")

        def ask_from(name, jvm):
            thread = threading.Thread(target=ask, args=(jvm,), name=name)
            thread.start()
            thread.join()

        for gateway, kind in ((started.client, "pinned"), (started.gateway, "pooled")):
            ask_from(f"{kind} 1", gateway.jvm)
            ask_from(f"{kind} 2", gateway.jvm)
        working = started.client.jvm.java.lang.Thread(Task(), "Java's own")
        working.start()
        working.join()
"""


def test_the_recording_names_the_threads_of_both_sides_as_they_name_themselves(bench):
    ran = bench.run(bench.script(PROGRAM), jvm=True)
    assert ran.code == 0, ran.err
    told = [line.split("|") for line in ran.out.decode().splitlines()]
    trace = load(ran.trace)
    asked = [e for e in trace.exchanges if b"\ncurrentThread\n" in e.request.raw and e.command == "call"]
    assert sorted((e.thread, trace.join.of(e)[0].thread_name) for e in asked) == sorted(map(tuple, told))
    assert told[-1][1] == "Java's own"

    connections = {e.thread: e.connection for e in asked}
    assert connections["pinned 1"] != connections["pinned 2"]
    assert connections["pooled 1"] == connections["pooled 2"]
    ended = {pair.python.name: pair.closed for pair in thread_pairs(asked, trace.closed)}
    for name in ("pinned 1", "pinned 2"):
        assert ended[name], f"{name} has ended, and so has closed its connection"
    [run] = [e for e in trace.exchanges if e.channel == "callback" and e.command == "call"]
    [inside] = [e for e in asked if e.parent == run.n]
    assert (inside.connection, inside.thread) == (run.connection, run.thread)

    shown = bench.sparkwire("show", "--threads", "t.sparkwire")
    assert shown.code == 0
    assert "Java's own" in shown.out.decode()
    assert "pooled 2" in shown.out.decode()
    refused = bench.sparkwire("show", "--threads", "--format", "html", "t.sparkwire")
    assert refused.code == 2
    assert "--threads" in refused.err
