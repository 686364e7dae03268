"""Diagrams stay small, and Mermaid draws them whatever crossed the wire."""

import re
from xml.etree import ElementTree

import mermaidx
from playbook import Talk, converse

from sparkwire.plain import shorten_middle, visible
from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import CallSite, Frame, JavaCall
from sparkwire.views import reply_summary, sequence, sequence_of
from sparkwire.views.sequence import NOTE_SHOWN

ARROW = re.compile(r"--?(?:>>|x)[UPGS]:")
HOSTILE = (
    "\" ' ; : #hash #59; #quot; \\\\ | ~", "<b>bold</b><br/><script>{a}{{b}}",
    "%%{init:{}}%% %% $$x^2$$ a->>b: c", "end END End loop alt opt",
    "wrap: nowrap: --> + - @ ^ `code`", "\u202e\u200b\x1b[31m\x00 日本語 ü",
)  # fmt: skip


def site(line, code, function="SparkContext._do_init"):
    return CallSite(
        (Frame("a.py", line, "<module>", code, False), Frame("pyspark/x.py", 9, function, "", True))
    )


def arrows(source):
    return len(ARROW.findall(source))


def test_many_exchanges_make_few_messages():
    said = [(b"A\n" + b"*" * 16 + b"\n", b"!yv\n")]
    said += [(b"j\ni\nrj\norg.apache.spark.C%d\ne\n" % i, b"!yv\n") for i in range(13)]
    said += [(b"i\norg.X\ne\n", b"!yro0\n")]
    said += [(b"c\no%d\nget\ne\n" % i, b"!ysv\n") for i in range(4000)]
    source = sequence(fold(converse(*said)))
    assert arrows(source) <= 14
    for counted in ("13 round trips", "4,000 round trips", "o0"):
        assert counted in source


def test_steps_that_alternate_on_a_line_are_one_message_each():
    said = [(b"a\ne\no5\ne\n", b"!yi8\n"), (b"c\no0\nrun\ne\n", b"!yv\n"), (b"i\norg.X\ne\n", b"!yro0\n")] * 9
    source = sequence(fold(converse(*said)))
    assert arrows(source) <= 6
    assert "9 round trips" in source
    assert "18 round trips" in source


def test_a_single_exchange_shows_its_reply_and_failure():
    source = sequence(fold(converse((b"c\no14\nsc\ne\n", b"!yro22\n"), (b"c\no22\nboom\ne\n", b"!xro3\n"))))
    assert "P->>G: o14.sc()" in source
    assert "G-->>P: o22" in source
    assert "G--xP: error o3" in source


def test_a_reply_that_never_crossed_the_wire_is_no_arrow():
    lost = converse((b"c\no14\nsc\ne\n", None))
    cancel = converse((b"z\n127.0.0.1\n1\n2\n", None))
    unsent = [lost[0]._replace(unsent="the socket was closed")]
    for draw in (lambda es: sequence(fold(es)), sequence_of):
        for exchanges, note in (
            (lost, "no reply was seen"),
            (cancel, ""),
            (unsent, "not sent#58; the socket"),
        ):
            source = draw(exchanges)
            assert "--" not in source.partition("participant G")[2]
            assert arrows(source) == 1
            assert note in source
            assert source.count("Note over") == 1 + bool(note)
        assert "P-xG: o14.sc()" in draw(unsent)
        mermaidx.render(draw(unsent)).svg()


def test_another_thread_of_py4j_is_named():
    release = [(b"m\nd\no1\ne\n", b"!yv\n")]
    source = sequence(fold(converse(*release, site=None, thread="Thread-1")))
    assert "Py4J by itself#58; thread Thread-1, connection 1" in source


def test_a_callback_goes_from_java_to_python():
    source = sequence_of(converse((b"c\np0\nrun\ne\n", b"!yv\n"), channel="callback", site=None))
    assert "G->>P: p0.run()" in source
    assert "P-->>G: void" in source


def test_what_java_asks_before_it_answers_is_drawn_before_the_answer():
    talk = Talk().open()
    talk.to_java("c\no0\nsort\nfp0;java.util.Comparator\ne\n")
    talk.call_back("c\np0\ncompare\ni1\ni2\ne\n", "!yi-1\n")
    talk.to_python("!yv\n")
    talk.ask("c\no0\nsize\ne\n", "!yi2\n")
    source = sequence_of(talk.exchanges())
    drawn = [line.strip().split(" ·")[0] for line in source.splitlines() if ARROW.search(line)]
    assert drawn == [
        "P->>G: o0.sort(p0#59;Comparator)",
        "G->>P: p0.compare(1, 2)",
        "P-->>G: -1",
        "G-->>P: void",
        "P->>G: o0.size()",
        "G-->>P: 2",
    ]
    assert source.count("Note") == 1


def test_the_spark_method_is_drawn_when_it_is_known():
    [exchange] = converse((b"c\no22\nsetCheckpointDir\nshere\ne\n", b"!yv\n"))
    assert "participant S" not in sequence(fold([exchange]))
    invoker = "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 244"
    target = "org.apache.spark.SparkContext.setCheckpointDir(String)"
    join = Join(calls={exchange.n: (JavaCall(1, "t", 0, 5_000_000, target, (invoker,)),)})
    for source in (sequence(fold([exchange]), join), sequence_of([exchange], join)):
        assert "participant S as JVM<br/>Spark" in source
        assert "G->>S: SparkContext.setCheckpointDir · 5.0 ms" in source
    other = Join(calls={exchange.n + 1: join.of(exchange)})
    for source in (sequence(fold([exchange]), other), sequence_of([exchange])):
        assert "participant S" not in source


def test_a_method_that_is_not_sparks_is_not_drawn_as_sparks():
    [exchange] = converse((b"c\nz:java.lang.Math\nabs\ni-5\ne\n", b"!yi5\n"))
    invoker = "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 244"
    join = Join(calls={exchange.n: (JavaCall(1, "t", 0, 5, "java.lang.Math.abs(int)", (invoker,)),)})
    for source in (sequence(fold([exchange]), join), sequence_of([exchange], join)):
        assert "participant S as JVM<br/>called methods" in source


def test_a_program_of_many_lines_says_what_is_left_out():
    exchanges = []
    for i in range(200):
        exchanges += converse((b"c\no0\nrun\ne\n", b"!yv\n"), site=site(i, f"line {i}"))
    source = sequence(fold(exchanges))
    assert arrows(source) <= 61
    assert "and 140 more round trips" in source
    assert "and 150 more round trips" in sequence_of(exchanges, most=50)


def test_mermaid_draws_hostile_text_as_it_is():
    exchanges = []
    for i, value in enumerate(HOSTILE):
        exchanges += converse((b"c\no0\nget\ne\n", f"!ys{value}\n".encode()), site=site(i, value))
    source = sequence_of(exchanges, title=" ".join(HOSTILE))
    svg = ElementTree.fromstring(mermaidx.render(source).svg())
    drawn = ["".join(e.itertext()) for e in svg.iter() if e.get("class") == "messageText"]
    assert drawn[1::2] == [reply_summary(exchange) + " · 1.0 ms" for exchange in exchanges]
    assert drawn[0::2] == ["o0.get()"] * len(HOSTILE)
    notes = ["".join(e.itertext()) for e in svg.iter() if e.get("class") == "noteText"]
    lines = [(f"line {i}", shorten_middle(visible(value), NOTE_SHOWN)) for i, value in enumerate(HOSTILE)]
    assert notes == [text for line in lines for text in line]
    assert not [e for e in svg.iter() if e.tag.endswith(("}script", "}b", "}foreignObject"))]
