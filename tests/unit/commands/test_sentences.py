"""What ``run`` and ``submit`` say at the end, for one and for several."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkwire.commands.recording import how_large, left_behind
from sparkwire.commands.summary import _java, _typed, short
from sparkwire.errors import UnreadableRecording
from sparkwire.jvm.jfr_file import MAGIC, chunks
from sparkwire.jvm.program import JavaSide
from sparkwire.launch.supervise import Ended
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import JavaCall

CALL = JavaCall(1, "T", 0, 1, "a.b()", ())
FEWER = "--java-calls N keeps fewer for each exchange"
ONE, TWO = ["sleep (pid 1)"], ["sleep (pid 1)", "cat (pid 2)"]


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(0), []),
        (Ended(0, ONE), ["the program left this running, so it was stopped: sleep (pid 1)"]),
        (Ended(0, TWO), ["the program left these running, so they were stopped: sleep (pid 1), cat (pid 2)"]),
        (Ended(0, [], ONE), ["this still runs, in a session of its own: sleep (pid 1)"]),
        (Ended(0, [], TWO), ["these still run, in sessions of their own: sleep (pid 1), cat (pid 2)"]),
    ],
)
def test_what_was_left_behind(ended, said):
    assert left_behind(ended) == said


@pytest.mark.parametrize(
    ("joined", "of", "said"),
    [
        (1, 1, "Java calls for the 1 request; both sides counted the same"),
        (1200, 1200, "Java calls for all 1,200 requests; both sides counted the same"),
        (0, 1, "Java calls for 0 of 1 request: Why."),
        (3, 12, "Java calls for 3 of 12 requests: Why."),
    ],
)
def test_how_many_requests_have_java_calls(joined, of, said):
    calls = dict.fromkeys(range(joined), (CALL,))
    join = Join(calls=calls, exchanges=of, commands=of, agreed=joined == of)
    side = JavaSide(calls=5, joined=join, notes=["Why."])
    assert _java(side, asked=True) == [said]


def test_how_many_java_calls_were_not_joined():
    assert _java(JavaSide(calls=1, notes=["Why."]), asked=True) == ["1 Java call, not joined: Why."]
    assert _java(JavaSide(calls=2, notes=["Why."]), asked=True) == ["2 Java calls, not joined: Why."]


def test_where_a_recording_is_cut(tmp_path):
    file = tmp_path / "r.jfr"
    file.write_bytes(MAGIC + bytes([0, 2, 0, 0]) + (5000).to_bytes(8, "big") + bytes(52))
    with pytest.raises(UnreadableRecording, match="the recording is cut: 68 bytes of at least 5,000"):
        chunks(file)


@pytest.mark.parametrize(
    ("without", "whole", "said"),
    [
        (0, 19_999_999, []),
        (1000, 20_000_000, [f"the trace takes 20 MB, 20 MB of it for Java calls ({FEWER})"]),
        (20_000_000, 20_000_000, ["the trace takes 20 MB"]),
        (20_000_000, 40_000_000, ["the trace takes 40 MB"]),
        (19_999_999, 40_000_000, [f"the trace takes 40 MB, 20 MB of it for Java calls ({FEWER})"]),
    ],
)
def test_how_large_a_trace_is(without, whole, said):
    assert how_large(without, whole) == said


@pytest.mark.parametrize(
    ("path", "shown", "typed"),
    [
        ("here/t.sparkwire", "t.sparkwire", "t.sparkwire"),
        ("here/a b/t", "a b/t", "'a b/t'"),
        ("elsewhere/t", "~/elsewhere/t", "~/elsewhere/t"),
        ("else where/t", "~/else where/t", "~/'else where/t'"),
        ("hereabouts/t", "~/hereabouts/t", "~/hereabouts/t"),
    ],
)
def test_a_path_is_shown_as_it_can_be_typed_here(path, shown, typed, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert short(tmp_path / path) == short(str(tmp_path / path)) == shown
    assert _typed(tmp_path / path) == typed


def test_a_path_outside_of_both_folders_is_shown_whole(tmp_path, monkeypatch):
    for home in (str(tmp_path / "home"), "/"):
        monkeypatch.setenv("HOME", home)
        assert short(Path("/usr/lib/x")) == _typed(Path("/usr/lib/x")) == "/usr/lib/x"
