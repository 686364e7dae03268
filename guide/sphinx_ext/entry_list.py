"""The list of a page's entries, with which a page of questions or of error messages opens.

Where an author writes the directive ``entry-list``, each part of the page (a heading of the second level)
is named with its entries (headings of the third) as links. The list is made of the page's own headings, so
that no entry can be missing from it. Furo discourages the directive ``contents`` of docutils, because the
side of a page has such a list; on a phone it hasn't.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class entry_list(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """Where the list will be. No writer sees this node: the list takes its place when the page is read."""


class EntryList(SphinxDirective):
    """``entry-list``, without arguments and content."""

    def run(self) -> list[nodes.Node]:
        return [entry_list()]


def connect(app: Sphinx) -> None:
    """Make the lists when a page has been read, and its headings have their ids."""
    app.add_node(entry_list)
    app.add_directive("entry-list", EntryList)
    app.connect("doctree-read", lambda app, doctree: fill(doctree))


def fill(document: nodes.document) -> None:
    """Put the list of the page's entries in the place of each directive."""
    for place in list(document.findall(entry_list)):
        place.replace_self(list(_lists(document)))


def entries(document: nodes.document) -> Iterator[tuple[nodes.section, list[nodes.section]]]:
    """The parts of a page that have entries, each with these."""
    for part in document.findall(nodes.section):
        found = [one for one in part.children if isinstance(one, nodes.section)]
        if _level(part) == 2 and found:
            yield part, found


def _lists(document: nodes.document) -> Iterator[nodes.Node]:
    for part, found in entries(document):
        yield nodes.paragraph("", "", nodes.strong("", part.next_node(nodes.title).astext()))
        items = [nodes.list_item("", nodes.paragraph("", "", _link(one))) for one in found]
        # The class tells the search that these are headings of elsewhere.
        yield nodes.bullet_list("", *items, bullet="-", classes=["entry-list"])


def _level(section: nodes.Node) -> int:
    level = 0
    while section is not None:
        level += isinstance(section, nodes.section)
        section = section.parent
    return level


def _link(entry: nodes.section) -> nodes.reference:
    """A link to the entry, which reads as its heading does: what is code there is code here."""
    title = entry.next_node(nodes.title)
    words = [one.deepcopy() for one in title.children]
    return nodes.reference("", "", *words, internal=True, refid=entry["ids"][0])
