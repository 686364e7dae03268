"""Diagrams and lists of calls say what crossed, count it, and show text from outside as text."""

from __future__ import annotations

from xml.etree import ElementTree

import mermaidx
from connect_messages import column, complete, execute, release, rows, schema
from playbook import converse

from guide.connect.calls import GrpcCall, UserLine
from guide.connect.picture import (
    LINES_SHOWN,
    VALUE_SHOWN,
    Cost,
    call_html,
    calls_html,
    classic_cost,
    connect_cost,
    connect_sequence,
    message_text,
    plan_html,
)
from guide.connect.plan import plan_of

SHOW = UserLine("program.py", 12, "squares.show()")
ASK = UserLine("", 13, "squares.columns")
EXECUTE = GrpcCall(1, "ExecutePlan", SHOW, False, [execute()], [rows(5), complete()], "OK")
UNTIL = GrpcCall(2, "ReleaseExecute", None, True, [release(until="rows")], [], "OK")
ALL = GrpcCall(3, "ReleaseExecute", None, True, [release()], [], "OK")
FAILED = GrpcCall(4, "AnalyzePlan", ASK, False, [schema()], [], "INTERNAL", "no such <column>")
CALLS = [EXECUTE, UNTIL, ALL, FAILED]


def test_the_diagram_has_a_note_for_a_line_and_counts_what_is_behind():
    source = connect_sequence(CALLS, title="who says what")
    assert [line.strip() for line in source.splitlines()] == [
        "sequenceDiagram",
        "accTitle: who says what",
        "participant P as Python<br/>Spark Connect client",
        "participant S as JVM<br/>Spark Connect server",
        "Note over P,S: line 12<br/>squares.show()",
        f"P->>S: ExecutePlan#58; filter<br/>{EXECUTE.bytes_sent} bytes",
        f"S-->>P: arrow_batch (5 rows), result_complete<br/>{EXECUTE.bytes_received} bytes",
        "Note over P,S: line 13<br/>squares.columns",
        f"P->>S: AnalyzePlan#58; schema<br/>{FAILED.bytes_sent} bytes",
        "S--xP: INTERNAL<br/>0 bytes",
        "Note over P,S: meanwhile, in the client's own threads",
        f"P-)S: ReleaseExecute ×2<br/>{UNTIL.bytes_sent + ALL.bytes_sent} bytes",
    ]
    ElementTree.fromstring(mermaidx.render(source).svg())


def test_two_calls_of_one_line_share_its_note():
    source = connect_sequence([EXECUTE, EXECUTE])
    assert source.count("Note over") == 1
    assert source.count("P->>S") == 2


def test_costs_of_both_wires():
    assert connect_cost([]) == classic_cost([]) == Cost(0, 0, 0)
    sent, back = EXECUTE.bytes_sent + FAILED.bytes_sent, EXECUTE.bytes_received
    assert connect_cost([EXECUTE, FAILED]) == Cost(2, sent, back)
    asked, released = "c\no1\nsize\ne\n", "m\nd\no1\ne\n"
    assert classic_cost(converse((asked, "!yi3\n"), (released, "!yv\n"))) == Cost(
        2, len(asked) + len(released), len("!yi3\n!yv\n")
    )
    assert classic_cost(converse((asked, None))) == Cost(1, len(asked), 0)


def test_a_list_of_calls_has_an_item_and_a_permalink_for_each(check):
    outline = check(calls_html(CALLS, "mine"))
    assert outline.ids == ["mine-c1", "mine-c4", "mine-c2", "mine-c3"], "those of own threads come last"
    assert outline.links == [f"#{one}" for one in outline.ids]
    assert not any("open" in attributes for _, attributes in outline.elements)
    assert "2 calls in the client's own threads" in outline.text
    assert outline.text.count("The client made this call in a thread of its own.") == 2
    assert "The server answered with the status INTERNAL: no such <column>" in outline.text
    assert "program.py, line 12: squares.show()" in outline.text
    assert "Line 13: squares.columns" in outline.text


def test_calls_that_the_program_waited_for_stand_alone(check):
    assert "own threads" not in check(calls_html([EXECUTE], "mine")).text


def test_one_call_opened(check):
    outline = check(call_html(EXECUTE, "one", opened=True))
    assert sum("open" in attributes for _, attributes in outline.elements) == 1
    assert "(id % 2) == 0" in outline.text
    assert "program.py:8" in outline.text
    assert f"Request: filter {EXECUTE.bytes_sent} bytes" in outline.text
    assert "Response: arrow_batch (5 rows)" in outline.text


def test_text_from_outside_is_text(check):
    relation = execute().plan.root
    relation.filter.condition.CopyFrom(column("<script>\u202e", "<em>.py:1"))
    call = GrpcCall(1, "ExecutePlan", UserLine("a.py", 1, "<i>\u202e"), False, [execute(relation)], [], "OK")
    shown = calls_html([call], "x")
    outline = check(shown)
    assert {name for name, _ in outline.elements}.isdisjoint({"script", "em", "i"})
    assert "<script>\\u202e" in outline.text
    assert "<em>.py:1" in outline.text
    assert "\u202e" not in shown


def test_a_long_message_is_cut_and_says_so():
    text = message_text(rows(5, data=b"\x00" * 10_000))
    assert VALUE_SHOWN // 2 < max(map(len, text.splitlines())) <= VALUE_SHOWN
    assert "…" in text
    relation = execute().plan.root
    for _ in range(20):
        outer = execute().plan.root
        outer.filter.input.CopyFrom(relation)
        relation = outer
    *lines, last = message_text(execute(relation)).splitlines()
    assert len(lines) == LINES_SHOWN
    assert last.startswith("… and ")
    assert last.endswith(" more lines")


def test_a_plan_is_a_table_with_its_inputs_below(check):
    plan = plan_of(EXECUTE)
    assert plan is not None
    outline = check(plan_html(plan))
    assert outline.count("tr") == 3
    assert outline.text.index("filter") < outline.text.index("└ range")
