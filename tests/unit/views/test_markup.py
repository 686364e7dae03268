"""HTML is made of tags, and what is put into them stays text."""

from sparkwire.views.markup import EMPTY, Html, escape, framed, join, maker, row, table, tag

EVIL = "<b>&amp;\"'</b>"


def test_whatever_is_no_html_is_escaped_once():
    inner = tag("code", EVIL)
    assert inner == "<code>&lt;b&gt;&amp;amp;\"'&lt;/b&gt;</code>"
    assert tag("p", inner, EVIL) == f"<p>{inner}{escape(EVIL)}</p>"
    assert join([inner, EVIL], " & ") == f"{inner} &amp; {escape(EVIL)}"
    assert framed(EVIL) == f"<div class=sparkwire>{escape(EVIL)}</div>"
    assert isinstance(inner, Html)
    assert not isinstance(inner + "x", Html)


def test_attributes_are_named_as_in_python_and_can_not_be_left(check):
    assert tag("a", class_="k", aria_label="x y", tabindex=0, open=True, id=False) == (
        '<a class=k aria-label="x y" tabindex=0 open></a>'
    )
    assert tag("meta", name="") == '<meta name="">'
    for value in (EVIL, "a b", "a=b", "a>", "a`b", "/", "a/", "\u2028x"):
        outline = check(tag("i", "in", tag("b", "side"), title=value))
        assert outline.elements == [("i", {"title": value}), ("b", {})]
        assert outline.text == "inside"


def test_a_maker_makes_what_tag_would():
    make = maker("a", "href", class_="k")
    for value in ("#x-1", "a b", EVIL):
        for inside in ("text", EVIL, tag("b", EVIL)):
            assert make(value, inside) == tag("a", inside, class_="k", href=value)
            assert isinstance(make(value, inside), Html)


def test_a_table_scrolls_in_a_box_with_a_name(check):
    rows = [row("a", EVIL, head=True), row(tag("b", "c"), "d")]
    outline = check(table(EVIL, ("One", EVIL), rows))
    assert outline.elements[0] == (
        "div",
        {"class": "sw-w", "tabindex": "0", "role": "group", "aria-label": EVIL},
    )
    assert [attrs for name, attrs in outline.elements if name == "th"] == [{"scope": "col"}] * 2 + [
        {"scope": "row"}
    ]
    assert outline.count("td") == 3
    assert ("table", {"class": "sw-map"}) in outline.elements
    assert ("table", {}) in check(table("x", ("One",), [], kind="")).elements
    assert EMPTY == ""
