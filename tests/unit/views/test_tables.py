"""Tables fit a terminal, and nothing from the wire talks to it."""

import itertools

from playbook import converse

from sparkwire.plain import width
from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.records import CallSite, Frame
from sparkwire.views import exchanges_table, lines_table, steps_table

CALL = (b"c\no0\nget\nsspark.master\ne\n", b"!yslocal[1]\n")


def site(line, code):
    return CallSite((Frame("/x/job.py", line, "<module>", code, False),))


def test_columns_are_aligned_and_fit():
    exchanges = converse(CALL, (b"c\no0\nget\ns" + "日本語".encode() * 40 + b"\ne\n", "!ys漢字\n".encode()))
    for room in (100, 140):
        lines = list(exchanges_table(exchanges, width=room))
        assert all(width(line) <= room for line in lines)
        place = width(lines[0][: lines[0].index("reply")])
        for line, reply in zip(lines[2:], ('"local[1]"', '"漢字"'), strict=True):
            assert width(line[: line.index(reply)]) == place
    assert all(width(line) <= 100 for line in steps_table(fold(exchanges)).splitlines())


def test_rows_hold_what_was_asked_and_answered():
    [row] = list(exchanges_table(converse(CALL), width=200))[2:]
    for cell in (
        "call",
        'o0.get("spark.master")',
        '"local[1]"',
        "1.0 ms",
        "program.py:3",
        "setCheckpointDir",
    ):
        assert cell in row


def test_control_characters_never_reach_the_terminal():
    evil = "\x1b]0;gone\x07\x1b[2J\x9b31m\u202e".encode()
    exchanges = converse(
        (b"c\no0\n" + evil + b"\ns" + evil + b"\ne\n", b"!ys" + evil + b"\n"),
        (b"\x1b[2J\n", b"!q\x1b[2J\n"),
        site=site(1, "evil = '\x1b[31m'"),
    )
    steps = fold(exchanges)
    tables = [steps_table(steps), lines_table(steps), "\n".join(exchanges_table(exchanges, width=300))]
    for table in tables:
        assert all(line.isprintable() for line in table.splitlines())
    assert "\\x1b" in tables[2]


def test_a_chatty_line_comes_first():
    chatty = converse(*[CALL] * 400, site=site(7, "for i in range(400): chat()"))
    quiet = converse(CALL, site=site(3, "once()"))
    head, _, first, second = lines_table(fold(quiet + chatty)).splitlines()
    assert head.split()[0] == "trips"
    assert first.split()[:3] == ["400", "100", "%"]
    assert "job.py:7" in first
    assert "for i in range" in first
    assert second.split()[0] == "1"
    assert "job.py:3" in second


def test_rows_come_as_exchanges_do():
    [one] = converse(CALL)
    endless = exchanges_table(itertools.repeat(one))
    assert len(list(itertools.islice(endless, 1002))) == 1002


def test_steps_count_errors_and_bytes():
    failing = (CALL[0], b"!xro3\n")
    table = steps_table(fold(converse(CALL, failing)))
    assert "(1 error)" in table
    assert table.splitlines()[2].split()[-1] == str(sum(map(len, (*CALL, *failing))))
