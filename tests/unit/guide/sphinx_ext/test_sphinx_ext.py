"""What the site adds to Sphinx and needs no build: glossary words, and how many notebooks run at once."""

from __future__ import annotations

import psutil
import pytest
from docutils import nodes
from docutils.utils import new_document

from guide.sphinx_ext import execution
from guide.sphinx_ext.glossary import Word, glossary_link, link_first_uses

KNOWN = {
    word.text.lower(): word
    for word in (
        Word("gateway", "term-gateway", "A server.", True),
        Word("gateway wire", "term-gateway-wire", "A protocol.", True),
        Word("JVM", "term-JVM", "A process.", True),
        Word("Java virtual machine", "term-Java-virtual-machine", "A process.", True),
        Word("message", "term-message", "One whole command or reply.", False),
    )
}


def page(*parts: nodes.Node) -> nodes.document:
    document = new_document("page")
    document += parts
    return document


def linked(document: nodes.document) -> list[tuple[str, str]]:
    link_first_uses(document, KNOWN, "glossary.html")
    return [(node.astext(), node["address"]) for node in document.findall(glossary_link)]


def test_the_first_use_is_linked_and_no_other():
    document = page(nodes.paragraph("", "A gateway, another Gateway."), nodes.paragraph("", "The gateway."))
    assert linked(document) == [("gateway", "glossary.html#term-gateway")]
    assert document.astext() == "A gateway, another Gateway.\n\nThe gateway."


def test_the_longest_word_is_taken_in_any_number_case_and_line():
    assert linked(page(nodes.paragraph("", "Gateway\nwires, and gateways."))) == [
        ("Gateway\nwires", "glossary.html#term-gateway-wire"),
        ("gateways", "glossary.html#term-gateway"),
    ]


def test_of_two_words_for_one_thing_the_first_is_linked():
    assert [text for text, _ in linked(page(nodes.paragraph("", "A Java virtual machine (JVM).")))] == [
        "Java virtual machine"
    ]


@pytest.mark.parametrize("text", ["gatewayed", "my_gateway", "gateway-wide", "a.gateway", "a message"])
def test_parts_of_other_words_and_everyday_words_are_left_alone(text):
    assert linked(page(nodes.paragraph("", text))) == []


@pytest.mark.parametrize(
    "wrapped",
    [
        nodes.title("", "gateway"),
        nodes.paragraph("", "", nodes.literal("", "gateway")),
        nodes.paragraph("", "", nodes.reference("", "gateway", refuri="elsewhere.html")),
        nodes.container("", nodes.paragraph("", "gateway"), classes=["cell_output"]),
        nodes.table("", nodes.paragraph("", "gateway")),
        nodes.literal_block("", "gateway"),
    ],
    ids=lambda node: node.astext() and type(node).__name__,
)
def test_what_is_not_prose_is_left_alone(wrapped):
    assert linked(page(wrapped)) == []


def test_an_authors_own_link_counts():
    own = nodes.reference("", "server", refuri="glossary.html#term-gateway")
    assert linked(page(nodes.paragraph("", "", own), nodes.paragraph("", "the gateway"))) == [
        ("server", "glossary.html#term-gateway")
    ]


def test_an_authors_later_link_to_the_same_word_is_text():
    place = "glossary.html#term-gateway"
    marked = [nodes.reference("", text, refuri=place) for text in ("server", "gateways")]
    document = page(*(nodes.paragraph("", "", mark) for mark in marked))
    assert linked(document) == [("server", "glossary.html#term-gateway")]
    assert document.astext() == "server\n\ngateways"


def test_as_many_notebooks_run_as_there_is_room_for(monkeypatch):
    room = type("Memory", (), {"available": 4 * execution.MEMORY + 1})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: room)
    monkeypatch.setattr(execution.os, "sched_getaffinity", lambda _: range(16), raising=False)
    assert execution.jobs("auto") == 4
    monkeypatch.setattr(execution.os, "sched_getaffinity", lambda _: range(2), raising=False)
    assert execution.jobs("auto") == 2
    room.available = 0
    assert execution.jobs("auto") == 1
    assert execution.jobs("3") == execution.jobs(3) == 3
