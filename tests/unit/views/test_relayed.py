"""Views of a relay's trace: it knows connections, and neither lines nor threads."""

from __future__ import annotations

from playbook import converse

from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.records import RELAY, Header, connection_name
from sparkwire.views import lines_html, lines_table, report, sequence, steps_table

AUTH = (b"A\n" + b"*" * 16 + b"\n", b"!yv\n")
CALLS = [(b"c\no0\nget\ne\n", b"!yv\n"), (b"i\norg.X\ne\n", b"!yro1\n"), (b"c\no1\nrun\ne\n", b"!yv\n")]


def relayed():
    return fold(converse(AUTH, *CALLS, site=None, thread=connection_name(1)))


def test_nothing_is_said_to_be_py4js_own():
    steps = relayed()
    header = Header("", "", "", "Linux", RELAY, 0)
    for shown in (
        sequence(steps),
        steps_table(steps),
        lines_table(steps),
        lines_html(steps),
        "".join(report(steps, title=RELAY, header=header)),
    ):
        assert "Py4J by itself" not in shown
        assert "(Py4J)" not in shown
        assert "thread connection" not in shown


def test_connections_stand_where_lines_would():
    steps = relayed()
    assert "Note over P,G: connection 1\n" in sequence(steps)
    assert "(connection 1)" in steps_table(steps)
    assert "a relay sees no lines" in lines_table(steps)
    assert "a relay sees no lines" in lines_html(steps)


def test_a_diagram_keeps_the_order_of_the_steps():
    drawn = [line for line in sequence(relayed()).splitlines() if "->>" in line]
    where = [next(i for i, line in enumerate(drawn) if text in line) for text in ("get", "new X", "run")]
    assert where == sorted(where)


def test_a_page_says_who_recorded_it_and_no_versions():
    page = "".join(report(relayed(), title=RELAY, header=Header("", "", "", "Linux", RELAY, 0)))
    assert f"<p class=sw-v>{RELAY} · Linux</p>" in page
