"""The lives of objects as HTML, as text, and as JSON."""

from __future__ import annotations

import json

import pytest
from playbook import Talk, converse

from sparkwire import views
from sparkwire.trace.gateway.lifetimes import lifetimes
from sparkwire.trace.gateway.lives import Lifetimes
from sparkwire.trace.records import CallSite, Channel, Frame, Opened

OPENED = [Opened(1, Channel.GATEWAY, 1234, 25333, 0)]


def made(count, first=0, held=()):
    said = []
    for i in range(first, first + count):
        said.append((b"i\njava.util.ArrayList\ne\n", b"!ylo%d\n" % i))
        if i not in held:
            said.append((b"m\nd\no%d\ne\n" % i, b"!yv\n"))
    return said


@pytest.fixture(scope="module")
def leak() -> Lifetimes:
    """4 000 lists made by line 3, of which 3 998 were released."""
    return lifetimes(converse(*made(4000, held=(7, 11))), OPENED)


def test_a_leak_is_one_row_that_says_so(leak, check):
    outline = check(views.lifetimes_html(leak))
    assert outline.count("details") == 1
    assert "4,000 ids, 2 still held at the end" in outline.text
    assert "4,000 × ArrayList 3,998 released · 2 still held" in outline.text
    assert 'made by program.py:3 sc.setCheckpointDir("here")' in outline.text


def test_what_is_held_is_listed_first_and_the_rest_is_counted(leak, check):
    outline = check(views.lifetimes_html(leak, objects=3))
    rows = [i for i, (tag, attrs) in enumerate(outline.elements) if attrs.get("scope") == "row"]
    assert len(rows) == 3
    text = outline.text
    assert text.index("o7#") < text.index("o11#") < text.index("o0#")
    assert "And 3,997 more objects" in text


def test_pictures_have_words(leak, check):
    pictures = [attrs for tag, attrs in check(views.lifetimes_html(leak)).elements if tag == "svg"]
    assert pictures[0]["role"] == "img"
    assert pictures[0]["aria-label"] == "alive at once: most 3, at the end 2"
    # The bars stand beside the same in words.
    assert all(attrs["aria-hidden"] == "true" for attrs in pictures[1:])


def test_what_was_released_last_looks_different_from_what_is_held():
    said = [(b"i\na.A\ne\n", b"!yro1\n"), (b"i\nb.B\ne\n", b"!yro2\n"), (b"m\nd\no1\ne\n", b"!yv\n")]
    found = lifetimes(converse(*said), OPENED)
    released, held = views.lifetimes_html(found).split("<li>")[1:]
    assert "V12H60V12Z" in released
    assert "V12H60V12Z" not in held
    released, held = views.lifetimes_table(found, width=80).splitlines()[4:6]
    assert released[33:47].endswith("█   ")
    assert held[33:47].endswith("██")


def test_a_page_of_rows_is_limited_and_says_so(check):
    said = [(b"i\na.Class%d\ne\n" % i, b"!yro%d\n" % i) for i in range(130)]
    outline = check(views.lifetimes_html(lifetimes(converse(*said), OPENED)))
    assert outline.count("details") == 100
    assert "And 30 more rows." in outline.text


def test_an_object_is_named_as_far_as_it_is_known(check):
    found = lifetimes(
        converse(
            (b"i\njava.util.ArrayList\ne\n", b"!ylo1\n"),
            (b"c\no1\niterator\ne\n", b"!ygo2\n"),
            (b"c\no0\nnext\ne\n", b"!yro3\n"),
            (b"c\nz:java.lang.Integer\nparseInt\nsx\ne\n", b"!xro4\n"),
            (b"a\ng\no0\ni0\ne\n", b"!yro5\n"),
            (b"c\no1\nsort\nfp0;java.util.Comparator\ne\n", b"!yv\n"),
        ),
        OPENED,
    )
    outline = check(views.lifetimes_html(found))
    for said in (
        "o1 ArrayList",
        "o2 iterator from ArrayList.iterator()",
        "o3 object from next()",
        "o4 exception from Integer.parseInt()",
        "o5 object: an array's element",
        "p0 Python object, as Comparator",
        "o0 object",
        "made before the recording",
    ):
        assert said in outline.text


def test_who_made_it_when_it_was_no_line_of_the_program(check):
    library = Frame("pyspark/core/context.py", 1, "SparkContext._do_init", "x", True)
    for site, said in ((None, "Py4J itself"), (CallSite((library,)), "SparkContext._do_init()")):
        found = lifetimes(converse((b"i\na.A\ne\n", b"!yro1\n"), site=site), OPENED)
        assert f"made by {said}" in check(views.lifetimes_html(found)).text
    called = converse((b"c\np0\nrun\nro1\ne\n", b"!yv\n"), channel="callback", site=None)
    found = lifetimes(called, OPENED)
    assert "made by Java, in a callback" in check(views.lifetimes_html(found)).text


def test_use_after_release_is_said(check):
    found = lifetimes(
        converse(
            (b"i\na.A\ne\n", b"!yro1\n"),
            (b"m\nd\no1\ne\n", b"!yv\n"),
            (b"c\no1\nb\ne\n", b"!xspy4j.Py4JException: Target Object ID does not exist\n"),
        ),
        OPENED,
    )
    assert (
        "released #2 on connection 1, MainThread; named 1 time after that"
        in check(views.lifetimes_html(found)).text
    )


def test_what_is_not_known_is_said_and_is_no_leak(check):
    talk = Talk().open().open(2, port=25444)
    for connection in (1, 2):
        talk.at(3).ask("i\na.A\ne\n", "!yro0\n", on=connection)
    talk.open(9, port=41000, channel="callback")
    talk.to_python("c\np0\ncall\nro1\ne\n", on=9).ask("m\nd\no0\ne\n", "!yv\n", on=9)
    found = lifetimes(talk.exchanges(), talk.opened)
    said = (
        "4 ids, 0 still held at the end. How 2 ended isn't known: nothing says which gateway opened the "
        "connection that carried them. 2 more ids may have been released, on a connection whose gateway is "
        "not known."
    )
    text = check(views.lifetimes_html(found)).text
    assert said in text
    assert "o0 A 1 not known to have ended · never used · gateway on port 25444" in text
    assert "o1 object: an argument of call 1 not known to have ended" in text
    assert "an unknown gateway" in text
    assert views.lifetimes_table(found).startswith(said)
    [*_, row] = views.lifetimes_table(found).splitlines()
    assert row.split()[:3] == ["1", "0", "0"]
    assert sum("not known" in line for line in views.objects_table(found)) == 4


def test_the_end_of_a_jvm_is_said(check):
    talk = Talk().open()
    talk.at(3).ask("i\na.A\ne\n", "!yro0\n").close()
    talk.open(2).ask("i\na.A\ne\n", "!yro0\n", on=2)
    talk.to_java("c\no0\nb\ne\n", on=2).close(2)
    found = lifetimes(talk.exchanges(), talk.opened, closed={1, 2})
    text = check(views.lifetimes_html(found)).text
    assert "1 ended with its JVM · never used · gateway on port 25333made by" in text
    assert "with its JVM, before #2" in text
    assert "gateway on port 25333, JVM 2" in text
    assert (
        "How 1 ended isn't known: the connection broke, and the gateway answered nothing after that." in text
    )
    gone, lost = (json.loads(views.life_json_line(life)) for life in found.lives)
    assert (gone["gateway"], gone["jvm"], gone["ending"]) == (25333, 1, "ended with its JVM")
    assert (lost["gateway"], lost["jvm"], lost["ending"]) == (25333, 2, "not known: the connection broke")


def test_what_nobody_saw_being_made_and_what_nobody_can_read_is_said(check):
    talk = Talk().open()
    talk.ask("i\na.A\ne\n", "!yro0\n").ask("c\no7\nb\ne\n", "!yv\n").ask("i\na.A\nq\ne\n", "!yv\n")
    found = lifetimes(talk.exchanges(), talk.opened)
    text = check(views.lifetimes_html(found)).text
    assert "made out of sight" in text
    assert "1 message couldn't be read, so what they made or released isn't known." in text
    assert "(out of sight)" in views.lifetimes_table(found)


def test_text_from_outside_can_do_nothing(check):
    bad = Frame("/x/<b>.py", 3, "f", "</code><script>alert(1)</script>\x1b[2J\u202e", False)
    found = lifetimes(converse((b"i\n<img src=x>\x1b[2J\ne\n", b"!yro1\n"), site=CallSite((bad,))), OPENED)
    html = views.lifetimes_html(found)
    check(html)
    assert "<script" not in html
    assert "<img" not in html
    for text in (html, views.lifetimes_table(found), "\n".join(views.objects_table(found))):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_nothing_is_said_of_nothing(check):
    found = lifetimes([])
    assert check(views.lifetimes_html(found)).text.strip() == "No object was named."
    assert views.lifetimes_table(found).startswith("No object was named.")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_table_fits_a_terminal(leak, width):
    lines = views.lifetimes_table(leak, width=width).splitlines()
    assert all(len(line) <= width for line in lines[2:])
    assert lines[0].startswith("4,000 ids, 2 still held")
    assert lines[4].split()[:4] == ["4,000", "3,998", "2", "0"]
    assert "ArrayList" in lines[4]
    assert "program.py:3" in lines[4]
    assert lines[4].count("█") >= 1


def test_every_object_is_a_line(leak):
    lines = list(views.objects_table(leak))
    assert len(lines) == 2 + 4000
    assert lines[2].split()[:2] == ["o0", "1"]
    assert "still held" in lines[2 + 7]


def test_json_has_what_is_known_and_null_for_the_rest(leak):
    held = json.loads(views.life_json_line(leak.of("o7")))
    assert (held["id"], held["java_class"], held["ended"], held["ending"]) == (
        "o7",
        "java.util.ArrayList",
        None,
        None,
    )
    assert held["made"]["line"]["line"] == 3
    gone = json.loads(views.life_json_line(leak.of("o8")))
    assert gone["ending"] == "released"
    assert gone["ended"]["connection"] == 1


def test_rows_of_two_gateways_say_which(check):
    one = converse((b"i\na.A\ne\n", b"!yro1\n"))
    found = lifetimes(one, OPENED)
    assert "gateway on port" not in check(views.lifetimes_html(found)).text
    other = lifetimes(one, [Opened(1, Channel.GATEWAY, 1, 25444, 0)])
    both = Lifetimes([*found.lives, *other.lives], found.start_ns, found.end_ns)
    text = check(views.lifetimes_html(both)).text
    assert "gateway on port 25333" in text
    assert "gateway on port 25444" in text
