"""The home page's picture says what the recording says, and nothing when that isn't all there."""

from __future__ import annotations

import pytest

from guide.home import under_way
from sparkwire import Recording
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.records import (
    CallSite,
    Channel,
    Chunk,
    Frame,
    Header,
    JavaCall,
    Opened,
    Site,
    ThreadName,
)
from sparkwire.wire.message import Direction

EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"
INVOKE = "py4j.reflection.MethodInvoker.invoke(Object, Object[]): 244"
COUNT = "org.apache.spark.sql.classic.Dataset.count()"
SITE = CallSite(
    (Frame("a.py", 3, "<module>", "n = rows<1>.count()", False), Frame("py4j/x.py", 1, "send", "", True))
)


@pytest.fixture
def recorded(tmp_path):
    def make(*, site: int = 1, reply: bytes = b"!yL1000\n", java: bool = True) -> Recording:
        writer = TraceWriter(tmp_path / "t", Header("", "", "", "", "a.py", 0))
        writer.write_record(Opened(1, Channel.GATEWAY, 1, 2, 0))
        writer.write_record(ThreadName(7, "MainThread"))
        writer.write_record(Site(1, SITE))
        writer.write_record(Chunk(1, Direction.TO_JAVA, 1000, 7, site, b"c\no30\ncount\ne\n"))
        if reply:
            writer.write_record(Chunk(1, Direction.TO_PYTHON, 41_001_000, 7, 0, reply))
        if java:
            writer.write_record(JavaCall(30, "T", 1100, 9000, EXECUTE, ("java.lang.Thread.run()",)))
            writer.write_record(JavaCall(30, "T", 1200, 8000, COUNT, (f"{EXECUTE}: 79", INVOKE)))
        writer.close()
        return Recording(tmp_path / "t", name="t")

    return make


def test_both_sides_and_both_messages_are_shown(recorded, check):
    one = recorded()
    html = under_way(one, one.exchanges[0])
    check(html)
    assert "<code>n = rows&lt;1&gt;.count()</code>" in html
    assert "<code>c\\no30\\ncount\\ne\\n</code>" in html
    assert "<code>!yL1000\\n</code>" in html
    assert "<code>Dataset.count()</code><small>the driver's JVM, in 41.0 ms</small>" in html


@pytest.mark.parametrize("lacking", [{"site": 0}, {"reply": b""}, {"java": False}], ids=str)
def test_what_the_recording_lacks_is_not_made_up(recorded, lacking):
    one = recorded(**lacking)
    with pytest.raises(ValueError, match="no line, no Java method or no reply"):
        under_way(one, one.exchanges[0])
