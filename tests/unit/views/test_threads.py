"""Threads are drawn once each, connections join them, and no name gets into a diagram's grammar."""

from xml.etree import ElementTree

import mermaidx
from playbook import converse

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.threads import Thread, ThreadPair
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import JavaCall
from sparkwire.views import thread_lanes, threads_html, threads_map, threads_table

MAIN, OTHER = Thread(1, "MainThread"), Thread(2, "job; end\n<b>#")
SERVING = Thread(25, "Thread-3")
PAIRS = [
    ThreadPair(MAIN, 1, SERVING, asked=1200),
    ThreadPair(OTHER, 1, SERVING, asked=3),
    ThreadPair(OTHER, 2, None, asked=1, answered=2, closed=True),
    ThreadPair(Thread(0, ""), 3, None, answered=1),
]


def test_the_map_has_each_thread_once_and_a_line_for_each_pair():
    source = threads_map(PAIRS, title="two threads")
    boxes = [line.strip() for line in source.splitlines() if '["' in line]
    assert [box.partition("[")[0] for box in boxes] == ["p0", "p1", "p2", "j0", "j1", "j2"]
    assert 'p0["MainThread"]' in boxes
    assert 'j0["Thread-3"]' in boxes
    assert 'j1["other #101;nd of 2"]' in boxes
    lines = [line.strip() for line in source.splitlines() if "|" in line]
    assert lines == ['p0 -->|"1"| j0', 'p1 -->|"1"| j0', 'p1 -->|"2"| j1', 'p2 -.->|"3"| j2']
    ElementTree.fromstring(mermaidx.render(source).svg())


def test_the_tables_say_the_same():
    html, text = threads_html(PAIRS), threads_table(PAIRS)
    assert html.count("<tr>") == 1 + len(PAIRS) == len(text.splitlines()) - 1
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "2, closed" in html
    assert "1,200" in html
    assert "Thread-3 (id 25)" in text
    assert "not recorded" in text
    assert "unknown" in text
    assert all("\n" not in line for line in text.splitlines())


def test_lanes_keep_the_order_in_which_it_happened():
    outer, inner = converse(
        (b"c\no0\nrun\nfp0;java.lang.Runnable\ne\n", b"!yv\n"), (b"c\no0\nget\ne\n", b"!xso0\n")
    )
    inner = inner._replace(thread_number=2, thread=OTHER.name, connection=2)
    lasts = inner.start_ns + (inner.duration_ns or 0) + 5 - outer.start_ns
    outer = outer._replace(thread_number=1, duration_ns=lasts)
    call = JavaCall(25, "Thread-3", 0, 1, "py4j.commands.CallCommand.execute(String)", ())
    source = thread_lanes([inner, outer], Join(calls={outer.n: (call,)}), title="nested")
    lanes = [line.strip() for line in source.splitlines() if "participant" in line]
    assert [lane.partition(" as ")[2].partition("<br/>")[0] for lane in lanes] == [
        "Python",
        "Python",
        "JVM",
        "JVM",
    ]
    assert "connection 2" in source
    assert "Thread-3" in source
    arrows = [line.split()[0].rstrip(":") for line in source.splitlines() if ">>" in line or "--x" in line]
    assert arrows == ["L0->>L1", "L2->>L3", "L3--xL2", "L1-->>L0"]
    ElementTree.fromstring(mermaidx.render(source).svg())


def test_a_lane_has_no_arrow_for_a_reply_that_never_crossed():
    lost, left = converse((b"c\no0\na\ne\n", None))[0], converse((b"z\n127.0.0.1\n1\n2\n", None))[0]
    source = thread_lanes([lost])
    assert "Note over L0,L1: no reply was seen" in source
    assert source.count("L0") == 3
    ElementTree.fromstring(mermaidx.render(source).svg())
    assert "Note" not in thread_lanes([left])
    unsent = lost._replace(unsent="the socket was closed")
    assert "L0-xL1: o0.a()" in thread_lanes([unsent])
    assert "Note over L0,L1: not sent#58; the socket was closed" in thread_lanes([unsent])


def test_lanes_say_how_much_is_left_out_and_can_be_empty():
    two = converse((b"c\no0\na\ne\n", b"!yv\n"), (b"c\no0\nb\ne\n", None))
    assert "1 more round trip" in thread_lanes(two, most=1)
    assert ">>" in thread_lanes(two[1:])
    assert "--" not in thread_lanes(two[1:])
    nothing: list[Exchange] = []
    assert thread_lanes(nothing) == "sequenceDiagram\n"
