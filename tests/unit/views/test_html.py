"""A trace as HTML is sound, complete without script, and safe whatever it holds."""

import re

import pytest
from playbook import Talk, converse

from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import About, CallSite, Frame, Header, Notice
from sparkwire.views import exchange_html, lines_html, report, script, style, trace_html

CALL = (b"c\no14\nsc\ne\n", b"!yro22\n")
EVIL = "</code></details></script><script>alert(1)</script><img src=x onerror=y> \"'&\u202e\u200b\x1b[31m"
HEADER = Header("3.11.7", "0.10.9.9", "4.3.0", "Linux <x>", "job.py", 0)


def evil():
    wire = EVIL.encode()
    where = CallSite(
        (Frame(f"/x/{EVIL}.py", 3, EVIL, EVIL, False), Frame("pyspark/x.py", 1, EVIL, EVIL, True))
    )
    return converse(
        (b"c\no0\n" + wire + b"\ns" + wire + b"\ne\n", b"!ys" + wire + b"\n"),
        (b"i\n" + wire + b"\ne\n", b"!xs" + wire + b"\n"),
        (wire + b"\n", b"!?" + wire + b"\n"),
        (b"c\no0\nget\ns\xff\xfe\x00\ne\n", b"!ys" + b"y" * 1_000_000 + b"\n"),
        (b"c\no0\nget\ne\n", None),
        site=where,
        thread=EVIL,
    )


def test_every_exchange_has_a_permalink_inside_its_details(check):
    exchanges = converse(
        CALL, (b"c\no22\nsetCheckpointDir\nshere\ne\n", b"!yv\n"), (b"m\nd\no1\ne\n", b"!yv\n")
    )
    html = trace_html(fold(exchanges), prefix="run", header=HEADER, java_version="25.0.2")
    outline = check(html)
    assert {"run-x1", "run-x2", "run-x3", "run-x2-q4", "run-x2-r2"} <= set(outline.ids)
    assert {"#run-x1", "#run-x2", "#run-x3"} <= set(outline.links)
    assert html.count("<details open") == 0
    assert outline.count("summary") == outline.count("details") == 5
    for said in (
        "o22.setCheckpointDir",
        "PySpark 4.3.0",
        "Java 25.0.2",
        "Linux <x>",
        "program.py:3",
        "method name",
    ):
        assert said in outline.text
    # The id is in the details, so that a browser opens them for a link to it.
    assert html.index("<details") < html.index("id=run-x1>")


def test_an_exchange_is_small():
    exchanges = converse(*[(b"c\no16\nget\nsspark.python.profile\nsfalse\ne\n", b"!ysfalse\n")] * 50)
    assert len(trace_html(fold(exchanges), prefix="trace").encode()) / 50 < 3500


def test_what_is_not_drawn_is_counted(check):
    exchanges = converse(*[CALL] * 30)
    outline = check(trace_html(fold(exchanges), prefix="run", per_step=10, how_to_see_all="show <all>"))
    assert "20 more exchanges of this step are not drawn here: show <all> lists all." in outline.text
    assert "run-x10" in outline.ids
    assert "run-x11" not in outline.ids


def test_a_link_to_an_exchange_that_is_not_drawn_is_no_link(check):
    exchanges = converse(*[CALL] * 3)
    exchanges[:2] = exchanges[0]._replace(parent=3), exchanges[1]._replace(parent=1)
    outline = check(trace_html(fold(exchanges), prefix="run", per_step=2))
    assert "It ran during #3." in outline.text
    assert "#run-x3" not in outline.links
    assert outline.links.count("#run-x1") == 2


def test_one_exchange_is_opened_with_its_whole_stack(check):
    outline = check(exchange_html(converse(CALL)[0], "one"))
    assert outline.ids[0] == "one-x1"
    assert ("details", {"open": None}) in outline.elements
    assert "py4j/clientserver.py:527" in outline.text


def test_hostile_text_stays_text(check):
    exchanges = evil()
    steps = fold(exchanges)
    pieces = [
        trace_html(steps, prefix="run", notices=[Notice(About.JAVA, EVIL, 0)], join=Join(reason=EVIL)),
        exchange_html(exchanges[0], "one", Join(reason=EVIL)),
        lines_html(steps),
    ]
    for html in pieces:
        outline = check(html)
        assert not {"script", "img", "svg", "style"} & {tag for tag, _ in outline.elements}
        assert all(line.isprintable() for line in outline.text.split("\n"))
        assert len(html) < 60_000
    assert "alert(1)" in check(pieces[0]).text
    assert "No reply was seen" in pieces[0]


def test_a_report_is_a_whole_page_that_asks_for_nothing(check):
    html = "".join(report(fold(evil()), title=EVIL, header=HEADER, notices=[Notice(About.RECORDER, EVIL, 0)]))
    outline = check(html)
    assert [tag for tag, _ in outline.elements].count("script") == 1
    assert "sequenceDiagram" in outline.text
    assert "By line of the program" in outline.text
    assert ("html", {"lang": "en"}) in outline.elements
    assert "viewport" in html
    for address in ("http:", "https:", "url(", "@import"):
        assert address not in html.replace(EVIL, "")
    without = "".join(report(fold(converse(CALL)), title="job.py", with_script=False))
    assert check(without).count("script") == 0


def test_the_script_and_style_can_stand_in_a_page():
    assert "</" not in script().replace("</script", "</script") or "</script" not in script().lower()
    assert "</style" not in style().lower()
    assert "@import" not in style()
    assert "fetch(" not in script()
    assert "import " not in script().split("*/", 1)[1]


def test_every_style_rule_is_under_sparkwire():
    text = style()
    while "/*" in text:
        head, _, rest = text.partition("/*")
        text = head + rest.partition("*/")[2]
    selectors = [part.rpartition("}")[2].rpartition("{")[2] for part in text.split("{")[:-1]]
    named = [one.strip() for selector in selectors for one in selector.split(",\n") if one.strip()]
    rules = [one for one in named if not one.startswith("@media")]
    assert len(rules) > 60
    assert all(".sparkwire" in one for one in rules), [one for one in rules if ".sparkwire" not in one]


@pytest.mark.parametrize("prefix", ["", "1run", "a b", "x>", "é", 'a"'])
def test_a_bad_prefix_is_refused(prefix):
    with pytest.raises(ValueError, match="prefix"):
        trace_html([], prefix=prefix)


def test_an_empty_trace_is_drawn(check):
    check("".join(report([], title="nothing")))


def steps_of(*counts):
    """A step of one line for each count, with so many exchanges."""
    talk = Talk().open()
    for line, count in enumerate(counts, 1):
        talk.at(line)
        for _ in range(count):
            talk.ask(*CALL)
    return fold(talk.exchanges())


@pytest.mark.parametrize(
    ("counts", "most", "drawn"),
    [
        ([5, 1, 3], 9, [5, 1, 3]),
        ([5, 1, 3], 8, [4, 1, 3]),
        ([5, 1, 3], 6, [3, 1, 2]),
        ([5, 1, 3], 4, [2, 1, 1]),
        ([5, 1, 3], 3, [1, 1, 1]),
        ([5, 1, 3], 2, [1, 1, 0]),
        ([5, 5], 0, [0, 0]),
    ],
)
def test_a_page_draws_so_many_the_first_of_each_step(check, counts, most, drawn):
    steps = steps_of(*counts)
    outline = check(trace_html(steps, prefix="run", most=most, how_to_see_more="more <N>"))
    numbers = [[exchange.n for exchange in step.exchanges] for step in steps]
    first = {f"run-x{n}" for mine, count in zip(numbers, drawn, strict=True) for n in mine[:count]}
    assert {id for id in outline.ids if re.fullmatch(r"run-x\d+", id)} == first
    said = f"{most} of {sum(counts)} exchanges are drawn here, the first of each step: more <N> draws more."
    assert (said in outline.text) == (most < sum(counts))
    for count, kept in zip(counts, drawn, strict=True):
        left = f"{count - kept} more exchange"
        assert (left in outline.text) == (kept < count)


def test_what_a_step_does_not_keep_is_no_reason_to_ask_for_more(check):
    outline = check(trace_html(steps_of(3), prefix="run", per_step=2, most=2))
    assert "draws more" not in outline.text
    assert "1 more exchange of this step is not drawn here" in outline.text


def test_a_page_of_all_draws_them_one_by_one_as_they_come(check):
    exchanges = converse(*[CALL] * 4)
    asked = []

    def stream():
        for exchange in exchanges:
            asked.append(exchange.n)
            yield exchange

    pieces = report(fold(exchanges), title="job.py", exchanges=stream(), header=HEADER)
    text = ""
    for piece in pieces:
        if "trace-x2" in piece:
            assert asked == [1, 2]
        text += piece
    outline = check(text)
    assert "4 round trips between Python and Java, one by one." in outline.text
    assert [id for id in outline.ids if re.fullmatch(r"trace-x\d", id)] == [
        f"trace-x{n}" for n in (1, 2, 3, 4)
    ]
    assert "PySpark 4.3.0" in outline.text


def test_a_page_of_the_first_ones_says_so_and_links_to_no_other(check):
    exchanges = converse(*[CALL] * 4)
    exchanges[0] = exchanges[0]._replace(parent=3)
    exchanges[1] = exchanges[1]._replace(parent=2)
    text = "".join(report(fold(exchanges), title="job.py", exchanges=iter(exchanges), most=2))
    outline = check(text)
    assert "4 round trips between Python and Java, the first 2 one by one." in outline.text
    assert [id for id in outline.ids if re.fullmatch(r"trace-x\d", id)] == ["trace-x1", "trace-x2"]
    assert "#trace-x3" not in outline.links
    assert outline.links.count("#trace-x2") == 2


def test_a_page_draws_two_thousand_unless_it_is_asked_for_more(check):
    steps = steps_of(*[200] * 11)
    text = "".join(report(steps, title="job.py"))
    assert "2,000 of 2,200 exchanges are drawn here" in text
    assert text.count("<li class=sw-x>") == 2000
    assert "".join(report(steps, title="job.py", most=2200)).count("<li class=sw-x>") == 2200
