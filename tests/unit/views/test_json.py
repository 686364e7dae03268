"""An exchange as a line of JSON: what all turns have, and what only this kind has. The keys are a promise."""

from __future__ import annotations

import json
from typing import NamedTuple

from playbook import converse

from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import JavaCall
from sparkwire.trace.turn import Turn
from sparkwire.views import json_line
from sparkwire.views.turn import turn_json_line

ENVELOPE = ["n", "wire", "connection", "thread", "start_ns", "duration_ns", "failed"]
OWN = ["channel", "command", "request", "reply", "request_bytes", "reply_bytes", "call_site", "java"]


def test_a_line_has_what_every_turn_has_and_then_its_own():
    [exchange] = converse((b"c\no14\ns\xffc\ne\n", b"!xro22\n"))
    call = JavaCall(1, "t", 0, 5, "a.B.c()", ())
    line = json_line(exchange, Join(calls={1: (call,)}))
    said = json.loads(line)
    assert "\n" not in line
    assert list(said) == [*ENVELOPE, *OWN]
    assert said["wire"] == "gateway"
    assert said["failed"] is True
    assert said["thread"] == "MainThread"
    assert (said["n"], said["connection"], said["duration_ns"]) == (1, 1, 1_000_000)
    assert said["request"] == "c\no14\ns\\xffc\ne\n"
    assert said["reply"] == "!xro22\n"
    assert (said["request_bytes"], said["reply_bytes"]) == (12, 7)
    assert said["call_site"] == {
        "file": "/home/ann/program.py",
        "line": 3,
        "code": 'sc.setCheckpointDir("here")',
        "function": "SparkContext.setCheckpointDir",
    }
    assert said["java"] == [{"method": "a.B.c()", "duration_ns": 5}]


def test_what_is_unknown_is_null():
    said = json.loads(json_line(converse((b"c\no1\nx\ne\n", None), site=None)[0]))
    assert said["reply"] is said["call_site"] is said["duration_ns"] is None
    assert said["java"] == []
    assert said["reply_bytes"] == 0
    assert said["failed"] is False


def test_turns_of_another_kind_have_the_same_beginning():
    class Envelope(NamedTuple):
        n: int
        connection: int
        start_ns: int
        thread: str = ""
        thread_number: int = 0
        duration_ns: int | None = None

    class Letter(Envelope, Turn):
        wire = "post"

        @property
        def failed(self) -> bool:
            return True

    said = json.loads(turn_json_line(Letter(n=3, connection=0, start_ns=5), {"stamp": "blue"}))
    assert list(said) == [*ENVELOPE, "stamp"]
    assert said["wire"] == "post"
    assert said["duration_ns"] is None


def test_of_a_long_message_the_ends_stand_there_with_how_much_is_left_out_and_its_size():
    [exchange] = converse((b"c\no14\nadd\ns" + b"x" * 300_000 + b"\ne\n", b"!ybtrue\n"))
    said = json.loads(json_line(exchange))
    x = "x" * 511
    assert said["request"] == f"c\no14\nadd\ns{x}…298,977 bytes left out…x{x}\ne\n"
    assert said["request_bytes"] == 300_014
