"""The answer of a question or of a failure, in a box: whoever comes with one finds it without reading on.

Two forms are boxed. Paragraphs that begin with "What happened." and "What to do." stand in one box, on any
page. On a page that lists its entries (``entry-list``), every other entry that begins with a paragraph
begins with its answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from guide.sphinx_ext.entry_list import entries, entry_list

OPENINGS = ("What happened.", "What to do.")
"""The bold words with which the paragraphs begin."""

_BEFORE = (nodes.title, nodes.target)


def connect(app: Sphinx) -> None:
    """Box the answers when a page has been read, before ``entry_list`` makes its lists."""
    app.connect("doctree-read", lambda app, doctree: box(doctree), priority=400)


def box(document: nodes.document) -> None:
    """Put each answer of a page into a box."""
    for answer in list(_answers(document)):
        around = nodes.container(classes=["answer"])
        answer[0].parent.insert(answer[0].parent.index(answer[0]), around)
        for paragraph in answer:
            paragraph.parent.remove(paragraph)
            around += paragraph


def _answers(document: nodes.document) -> Iterator[list[nodes.paragraph]]:
    lists = any(document.findall(entry_list))
    told: set[nodes.Node] = set()
    for section in document.findall(nodes.section):
        answer: list[nodes.paragraph] = []
        for part in section.children:
            if _opens(part):
                answer.append(part)
            elif answer:
                break
        if answer:
            told.add(section)
            yield answer
    if lists:
        for _, listed in entries(document):
            for entry in listed:
                first = next((part for part in entry.children if not isinstance(part, _BEFORE)), None)
                if entry not in told and isinstance(first, nodes.paragraph):
                    yield [first]


def _opens(part: nodes.Node) -> bool:
    if not isinstance(part, nodes.paragraph):
        return False
    # MyST can put an empty text before the bold one.
    first = next((child for child in part.children if child.astext()), None)
    return isinstance(first, nodes.strong) and first.astext() in OPENINGS
