"""A recording answers for its own exchanges, and for no other's."""

from __future__ import annotations

import pytest

from sparkwire import Recording
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.records import Channel, Chunk, Header, JavaCall, Opened, ThreadName
from sparkwire.wire.message import Direction

EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"


@pytest.fixture
def recorded(tmp_path):
    def make(name: str, *methods: str) -> Recording:
        writer = TraceWriter(tmp_path / name, Header("", "", "", "", "adam.py", 0))
        writer.write_record(Opened(1, Channel.GATEWAY, 1, 2, 0))
        writer.write_record(ThreadName(7, "MainThread"))
        for n, method in enumerate(methods, 1):
            at = n * 1_000_000
            writer.write_record(Chunk(1, Direction.TO_JAVA, at, 7, 0, f"c\no0\n{method}\ne\n".encode()))
            writer.write_record(Chunk(1, Direction.TO_PYTHON, at + 900, 7, 0, b"!yv\n"))
            writer.write_record(JavaCall(30, "T", at + 100, 200, EXECUTE, ("java.lang.Thread.run()",)))
        writer.close()
        return Recording(tmp_path / name, name=name)

    return make


def test_a_connection_on_which_nothing_crossed_is_not_counted(recorded, tmp_path):
    one = recorded("one", "run")
    writer = TraceWriter(tmp_path / "two", Header("", "", "", "", "adam.py", 0))
    for n in (1, 2):
        writer.write_record(Opened(n, Channel.GATEWAY, 1, 2, 0))
    writer.write_record(Chunk(1, Direction.TO_JAVA, 10, 7, 0, b"c\no0\nrun\ne\n"))
    writer.close()
    for recording in (one, Recording(tmp_path / "two")):
        assert repr(recording).startswith("1 round trip between Python and Java on 1 connection, ")


def test_an_exchange_is_asked_for_by_itself_or_by_its_number(recorded):
    one = recorded("one", "run", "stop")
    [stop] = one.find(method="stop")
    assert [call.method for call in one.java(stop)] == [EXECUTE]
    assert one.java(2) == one.java(stop)


def test_another_recordings_exchange_is_refused_because_its_java_calls_are_not_here(recorded):
    one, other = recorded("one", "run"), recorded("other", "stop")
    with pytest.raises(ValueError, match="exchange 1 is not one of this recording, one"):
        one.java(other.exchanges[0])


def test_the_same_trace_opened_twice_has_the_same_exchanges(recorded):
    one = recorded("one", "run")
    again = Recording(one.file)
    assert one.java(again.exchanges[0]) == one.java(1)


@pytest.mark.parametrize(
    ("methods", "has"),
    [(["run", "stop"], "has 1 to 2"), (["run"], "has 1 exchange"), ([], "has 0 exchanges")],
)
def test_a_number_that_is_not_there_is_refused(recorded, methods, has):
    with pytest.raises(ValueError, match=rf"there is no exchange 9: this recording {has}"):
        recorded("one", *methods).target(9)
