"""Link the first use of a glossary's word on each page, with its definition at hand.

The glossary is one page, with Sphinx's own directive. In every other page the first use of each of its words
in prose becomes a link to it, and so does what an author marks with the role ``term``. A link carries its
definition as an attribute, which _static/glossary.js shows; without script it is a link like any other. So
nothing is fetched, and a page that is opened from a folder has its definitions, too.

Words of the section "Everyday words" are linked only where an author marks them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sparkwire.views import tag

PAGE = "docs/reference/glossary"
BY_HAND = "everyday-words"
"""The id of the section whose words are not looked for."""
# What a reader doesn't take for prose, what is a link already, and what a program printed.
_NOT_PROSE = (nodes.literal, nodes.reference, nodes.table, nodes.raw, nodes.math)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the glossary: its place on that page, its definition, whether it is looked for in prose."""

    text: str
    place: str
    definition: str
    looked_for: bool


class glossary_link(nodes.General, nodes.Inline, nodes.TextElement):  # type: ignore[misc]  # no types
    """A word, linked to its place in the glossary."""


def connect(app: Sphinx) -> None:
    """Link words when a page has been read and its references are known."""
    app.add_node(glossary_link, html=(_visit, None), text=(_pass, _pass))
    app.connect("doctree-resolved", _link)


def words(glossary: nodes.document) -> dict[str, Word]:
    """The glossary's words by their text in lower case."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        section = item.parent
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        looked_for = section is None or BY_HAND not in section["ids"]
        definition = next(iter(item.findall(nodes.definition)), None)
        first = next(iter(definition.findall(nodes.paragraph)), None) if definition is not None else None
        if first is None:
            continue
        for term in item.findall(nodes.term):
            text = term.astext()
            found[text.lower()] = Word(text, term["ids"][0], " ".join(first.astext().split()), looked_for)
    return found


def pattern(known: dict[str, Word]) -> re.Pattern[str]:
    """Finds the words that are looked for, longest first, in the singular and the plural."""
    texts = sorted((word.text for word in known.values() if word.looked_for), key=lambda t: (-len(t), t))
    # A space in a word can be a line's end in the source.
    choices = "|".join(r"\s+".join(re.escape(part) for part in text.split()) for text in texts)
    return re.compile(rf"(?<![\w.-])({choices})(s|es)?(?![\w-])", re.IGNORECASE)


def _link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if docname == PAGE or PAGE not in app.env.all_docs or app.builder.format != "html":
        return
    known: dict[str, Word] | None = getattr(app, "sparkwire_words", None)
    if known is None:
        known = app.sparkwire_words = words(app.env.get_doctree(PAGE))  # type: ignore[attr-defined]
    page = app.builder.get_relative_uri(docname, PAGE)
    link_first_uses(doctree, known, page)


def link_first_uses(doctree: nodes.document, known: dict[str, Word], page: str) -> None:
    """Change ``doctree``: ``page`` is the glossary's address as seen from it."""
    finds = pattern(known)
    places = {word.place: word for word in known.values()}
    seen: set[str] = set()
    for node in list(doctree.findall(lambda node: isinstance(node, nodes.Text | nodes.reference))):
        if isinstance(node, nodes.reference):
            address, _, place = node.get("refuri", "").partition("#")
            if address == page and place in places:  # an author's own
                word = places[place]
                first = word.definition not in seen
                node.replace_self(_linked(word, page, node.astext()) if first else nodes.Text(node.astext()))
                seen.add(word.definition)
        elif _is_prose(node):
            parts = list(_parts(node.astext(), finds, known, seen, page))
            if len(parts) > 1 or isinstance(parts[0], glossary_link):
                node.parent.replace(node, parts)


def _is_prose(text: nodes.Node) -> bool:
    """Whether it is in a paragraph, and neither code, link, table nor output of a cell."""
    in_paragraph = False
    node = text.parent
    while node is not None:
        if isinstance(node, _NOT_PROSE) or "cell_output" in getattr(node, "attributes", {}).get(
            "classes", ()
        ):
            return False
        in_paragraph = in_paragraph or isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def _parts(
    text: str, finds: re.Pattern[str], known: dict[str, Word], seen: set[str], page: str
) -> Iterator[nodes.Node]:
    done = 0
    for match in finds.finditer(text):
        word = known[" ".join(match[1].lower().split())]
        if word.definition in seen:  # of two words for one thing, one
            continue
        seen.add(word.definition)
        if match.start() > done:
            yield nodes.Text(text[done : match.start()])
        yield _linked(word, page, match[0])
        done = match.end()
    if done < len(text) or not text:
        yield nodes.Text(text[done:])


def _linked(word: Word, page: str, text: str) -> glossary_link:
    return glossary_link("", text, address=f"{page}#{word.place}", definition=word.definition)


def _visit(translator: Any, node: nodes.Element) -> None:
    link = tag(
        "a",
        node.astext(),
        class_="glossary-word",
        href=node["address"],
        data_definition=node["definition"],
    )
    translator.body.append(link)
    raise nodes.SkipNode


def _pass(translator: Any, node: nodes.Element) -> None:
    pass
