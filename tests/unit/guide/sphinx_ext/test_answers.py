"""Answers are in boxes, with all that belongs to them and nothing else."""

from __future__ import annotations

from docutils import nodes
from docutils.utils import new_document

from guide.sphinx_ext.answers import box
from guide.sphinx_ext.entry_list import entry_list


def said(text: str, opening: str = "") -> nodes.paragraph:
    bold = [nodes.Text(""), nodes.strong("", opening), nodes.Text(" ")] if opening else []
    return nodes.paragraph("", "", *bold, nodes.Text(text))


def section(title: str, *parts: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title("", title), *parts, ids=[title])


def boxed(*parts: nodes.Node) -> list[tuple[str, list[str]]]:
    """The boxes of a page: the section each is in, and its paragraphs."""
    document = new_document("page")
    document += section("page", *parts)
    text = document.astext()
    box(document)
    assert document.astext() == text  # nothing moved
    return [
        (one.parent["ids"][0], [part.astext() for part in one.children])
        for one in document.findall(nodes.container)
        if "answer" in one["classes"]
    ]


def test_what_happened_and_what_to_do_are_one_box():
    failure = section(
        "failure",
        said("Introduction."),
        said("It broke.", "What happened."),
        said("Mend it.", "What to do."),
        said("Evidence."),
        said("Later.", "What to do."),
    )
    assert boxed(failure) == [("failure", ["What happened. It broke.", "What to do. Mend it."])]


def test_other_bold_words_are_no_answer():
    assert boxed(section("one", said("it is.", "Fusion saves crossings."))) == []


def test_where_entries_are_listed_the_first_paragraph_of_each_is_its_answer():
    failure = section("failure", said("It broke.", "What happened."), said("More."))
    code_first = section("code", nodes.literal_block("", "x = 1"), said("Because of x."))
    question = section("question", said("Yes."), said("Because."))
    part = section("part", said("About this part."), question, failure, code_first)
    found = boxed(entry_list(), said("Opening."), part)
    assert sorted(found) == [
        ("failure", ["What happened. It broke."]),
        ("question", ["Yes."]),
    ]
    assert boxed(section("part", section("question", said("Yes.")))) == []
