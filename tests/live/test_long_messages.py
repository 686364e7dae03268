"""Values of many megabytes, both ways through a real gateway: exchanges like any others, in every view."""

from __future__ import annotations

import hashlib
import json

from sparkwire import load
from sparkwire.record.redact import HOLD
from sparkwire.trace.format import TraceReader
from sparkwire.trace.records import Chunk
from sparkwire.wire.message import Direction, LongValue, Malformed, Message

PROGRAM = """
al = gateway.jvm.java.util.ArrayList()
text = "x" * (40 << 20)
al.add(text)
assert al.get(0) == text
data = bytes(range(256)) * (100 << 12)
al.add(data)
assert al.get(1) == data
al.size()
gateway.shutdown()
"""
TEXT, DATA = 40 << 20, 100 << 20
BASE64 = -(-DATA // 3) * 4
HEAD = "c\no0\nadd\ns"


def value(message: Message | Malformed | None, part: str) -> LongValue:
    assert isinstance(message, Message), message
    found = message.field(part)
    assert found is not None
    assert isinstance(found.value, LongValue)
    return found.value


def test_they_have_true_sizes_times_lines_and_java_calls(bench, gateway_script):
    script = bench.script(gateway_script + PROGRAM)
    ran = bench.run(script, jvm=True)
    assert ran.code == 0, ran.err
    trace = load(ran.trace)
    assert not any(isinstance(m, Malformed) for e in trace.exchanges for m in e.messages)
    add_text, get_text, add_data, get_data, size = [
        e for e in trace.exchanges if e.command == "call" and e.request.raw[:5] == b"c\no0\n"
    ]

    said = LongValue("x" * 128, "x" * 128, TEXT, hashlib.sha256(b"x" * TEXT).hexdigest())
    assert value(add_text.request, "argument") == value(get_text.reply, "result") == said
    whole = bytes(range(256)) * (DATA // 256)
    said = LongValue(whole[:128], whole[-128:], DATA, hashlib.sha256(whole).hexdigest())
    assert value(add_data.request, "argument") == value(get_data.reply, "result") == said
    assert [m.size for e in (add_text, get_text, add_data, get_data) for m in e.messages] == [
        len(HEAD) + TEXT + 3, len("!ybtrue\n"), len("c\no0\nget\ni0\ne\n"), len("!ys\n") + TEXT,
        len(HEAD) + BASE64 + 3, len("!ybtrue\n"), len("c\no0\nget\ni1\ne\n"), len("!yj\n") + BASE64,
    ]  # fmt: skip

    # A request began with the first byte of its chunk, and was over with the last chunk of its reply.
    chunks = [r for r in TraceReader(ran.trace) if isinstance(r, Chunk) and r.connection == size.connection]
    for exchange in (add_text, get_text, add_data, get_data):
        later = next(e for e in trace.exchanges if e.n == exchange.n + 1)
        mine = [c.t_ns for c in chunks if exchange.start_ns <= c.t_ns < later.start_ns]
        assert (mine[0], mine[-1]) == (exchange.start_ns, exchange.start_ns + exchange.duration_ns)
    lines = script.read_text().splitlines()
    for exchange, line in ((add_text, "al.add(text)"), (get_data, "assert al.get(1) == data")):
        assert exchange.site.user.code == lines[exchange.site.user.line - 1] == line

    join = trace.join
    assert (join.agreed, join.joined) == (True, join.exchanges), join.notes
    for exchange in (add_text, get_text, add_data, get_data, size):
        first, *_ = join.of(exchange)
        assert first.method.startswith("py4j.commands.CallCommand.execute(")

    [exchange] = [e for e in trace.exchanges if e.n == get_text.n]
    table = bench.sparkwire("show", "t.sparkwire", "--format", "json")
    shown = [json.loads(line) for line in table.out.splitlines()]
    assert shown[exchange.n - 1]["reply_bytes"] == TEXT + 4
    assert len(table.out) < 100_000
    page = bench.sparkwire("show", "t.sparkwire", "--format", "html")
    assert page.code == 0, page.err
    html = page.out.decode()
    assert "41,943,040 characters" in html
    assert said.sha256 in html

    # What was stored is what decode reads, too.
    sent = b"".join(c.data for c in chunks if c.direction is Direction.TO_JAVA)
    assert max(len(c.data) for c in chunks if c.direction is Direction.TO_PYTHON) < 2 * HOLD
    decoded = bench.sparkwire("decode", "--direction", "to-java", "-", data=sent)
    assert decoded.code == 0, decoded.err[-2000:]
    text = decoded.out.decode()
    assert f"41,943,040 characters, SHA-256 {hashlib.sha256(b'x' * TEXT).hexdigest()}" in text
    assert f"104,857,600 bytes, SHA-256 {said.sha256}" in text
    assert "bytes left out" in text
    assert len(text) < 100_000
