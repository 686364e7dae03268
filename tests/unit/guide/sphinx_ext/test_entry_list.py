"""A page's list of entries has them all, in their order, as they read."""

from __future__ import annotations

from docutils import nodes
from docutils.utils import new_document

from guide.sphinx_ext.entry_list import entry_list, fill


def section(name: str, title: nodes.Node, *parts: nodes.Node) -> nodes.section:
    return nodes.section("", title, *parts, ids=[name])


def heading(text: str) -> nodes.title:
    return nodes.title("", text)


def page() -> nodes.document:
    document = new_document("page")
    code = nodes.title("", "", nodes.literal("", "OSError"), nodes.Text(", a socket"))
    first = section("first", heading("First"), section("one", heading("One")), section("two", code))
    last = section(
        "last", heading("Last"), section("three", heading("Three"), section("deep", heading("Deep")))
    )
    document += section(
        "page", heading("Page"), entry_list(), section("none", heading("No entry")), first, last
    )
    return document


def test_all_entries_are_listed_by_part_and_in_order() -> None:
    document = page()
    fill(document)
    links = list(document.findall(nodes.reference))
    assert [(one["refid"], one.astext()) for one in links] == [
        ("one", "One"),
        ("two", "OSError, a socket"),
        ("three", "Three"),
    ]
    assert [one.astext() for one in document.findall(nodes.strong)] == ["First", "Last"]
    assert not list(document.findall(entry_list))


def test_code_in_a_heading_is_code_in_the_list_and_still_in_the_heading() -> None:
    document = page()
    fill(document)
    assert [one.parent.tagname for one in document.findall(nodes.literal)] == ["reference", "title"]


def test_the_list_stands_where_the_directive_stood() -> None:
    document = page()
    fill(document)
    kinds = [one.tagname for one in document.next_node(nodes.section).children]
    assert kinds == ["title", *["paragraph", "bullet_list"] * 2, *["section"] * 3]
