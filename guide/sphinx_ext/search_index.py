"""The search: what each section of each page says, in one script that the search page loads.

A section of the index is what a result leads to: a heading with its own text, without its subsections; a word
of the glossary; an entry of a wire's reference. Text is taken from the finished page, so every place exists,
and code and outputs are cut where they would fill the index. ``_static/search-model.js`` ranks the sections
with MiniSearch, which ``make`` installs from npm and the build copies beside the index.

The files are scripts and not JSON, because a page that is opened from a folder can load nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from guide.sphinx_ext.entries import REFERENCES
from guide.sphinx_ext.glossary import PAGE as GLOSSARY

logger = logging.getLogger(__name__)

LIBRARY = Path(sys.prefix) / "web/node_modules/minisearch"
"""Where ``make`` installs MiniSearch, by tools/web/package-lock.json."""

MOST_TEXT = 6_000
MOST_CODE = 4_000
"""How many characters of a section's prose, and of its code and outputs, are kept."""

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# What begins a line of its own: its text doesn't run into the text before it.
_BLOCKS = {"p", "div", "li", "pre", "td", "th", "tr", "dt", "dd", "br", "summary", "section", "ul", "ol", "i"}
_VOID = {"br", "hr", "img", "input", "meta", "link", "col", "source", "wbr"}
# Drawings, what a reader doesn't see, bytes in hexadecimal, and the fields and stacks of an exchange. The
# exchange's messages themselves are kept.
_SKIPPED_TAGS = {"svg", "style", "script", "button", "small"}
_SKIPPED_CLASSES = {
    "headerlink",
    "diagram-text",
    "admonition-title",
    "sw-s",
    "checked",
    "chapter-place",
    "entry-list",
}
_CODE_CLASSES = {"cell_input", "cell_output", "sw-c", "sw-t"}
# How much a page's sections weigh, by how its address begins: an answer before a mention.
_WEIGHTS = (
    ("docs/reference/glossary", 1.5),
    ("docs/questions", 2.0),
    ("docs/errors-", 2.0),
    ("docs/contributing/", 0.3),
    ("index", 0.3),
)


@dataclass(slots=True)
class Section:
    """One result of a search: its place on its page, its title, its prose, and its code with outputs."""

    anchor: str
    title: str = ""
    text: str = ""
    code: str = ""
    _said: list[str] = field(default_factory=list, repr=False)
    _coded: list[str] = field(default_factory=list, repr=False)

    def finish(self) -> None:
        """Make texts of what was heard."""
        self.title = " ".join(self.title.split())
        self.text = _cut(" ".join("".join(self._said).split()), MOST_TEXT)
        self.code = _cut(" ".join("".join(self._coded).split()), MOST_CODE)


def connect(app: Sphinx) -> None:
    """Collect sections when each page is finished, and write them at the end, instead of Sphinx's index."""
    app.connect("builder-inited", _without_sphinxs_index)
    # After everything else that changes a page's body.
    app.connect("html-page-context", _collect, priority=950)
    app.connect("html-collect-pages", lambda app: [("search", {}, "search.html")])
    app.connect("build-finished", _write)


def _without_sphinxs_index(app: Sphinx) -> None:
    app.builder.search = False  # type: ignore[attr-defined]
    app.sparkwire_sections = {}  # type: ignore[attr-defined]


def sections(body: str, entries: Mapping[str, str] | None = None) -> list[Section]:
    """The sections of a page in the order of the page.

    ``body`` is the page's HTML, and ``entries`` has the titles of the parts that an id alone marks.
    """
    reader = _Reader(entries or {})
    reader.feed(body)
    reader.close()
    for one in reader.found:
        one.finish()
    return [one for one in reader.found if one.title]


def script(pages: list[tuple[str, str, list[Section]]], synonyms: list[list[str]]) -> str:
    """The index as a script that sets ``searchSections``. ``pages`` has each page's address and title."""
    data = {
        "pages": [[address, title, _weight(address)] for address, title, _ in pages],
        "sections": [
            [number, one.anchor, one.title, one.text, one.code]
            for number, (_, _, found) in enumerate(pages)
            for one in found
        ],
        "synonyms": synonyms,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # U+2028 and U+2029 end a line in older scripts.
    return f"searchSections={text};\n".replace("\u2028", " ").replace("\u2029", " ")


def synonyms(glossary: nodes.document) -> list[list[str]]:
    """The words of the glossary that share a definition."""
    groups = []
    for item in glossary.findall(nodes.definition_list_item):
        terms = [term.astext() for term in item.children if isinstance(term, nodes.term)]
        if len(terms) > 1:
            groups.append(terms)
    return groups


class _Reader(HTMLParser):
    """Follows a page's tags.

    ``_open`` has the sections around this place. With each goes how many tags were open when it began (0 for
    a word of the glossary, which is no element of its own), and what ``_code`` was: an entry in a cell's
    output is prose again.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        super().__init__()
        self.found: list[Section] = []
        self._entries = entries
        self._tags: list[str] = []
        self._open: list[tuple[int, Section, int]] = []
        self._skipped = 0  # how many tags were open where skipping began; 0 while reading
        self._code = 0
        self._heading = 0
        self._messages = 0
        self._term = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS and not self._skipped:
            self._hear("\n")
        if tag in _VOID:
            return
        self._tags.append(tag)
        if self._skipped:
            return
        depth = len(self._tags)
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        place = values.get("id") or ""
        if classes & _SKIPPED_CLASSES or tag in _SKIPPED_TAGS or (self._messages and "sw-f" in classes):
            self._skipped = depth
        elif tag == "section" or place in self._entries:
            self._begin(depth, Section(place, self._entries.get(place, "")))
        elif tag in _HEADINGS and self._open and not self._open[-1][1].title:
            self._heading = depth
        elif tag == "dt" and place.startswith("term-"):
            # Of words that share a definition the first gives the place.
            if self._open and self._open[-1][0] == 0:
                self._open[-1][1].title += " · "
            else:
                self._begin(0, Section(place))
            self._term = depth
        elif "sw-m" in classes and not self._messages:
            self._messages = depth
        if classes & _CODE_CLASSES and not self._code:
            self._code = depth

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._tags:
            return
        # A paragraph or an item may end without its tag.
        while self._tags[-1] != tag:
            self._leave(self._tags[-1])
        self._leave(tag)
        if tag in _BLOCKS and not self._skipped:
            self._hear("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._hear(data)

    def _begin(self, depth: int, section: Section) -> None:
        self._open.append((depth, section, self._code))
        self._code = 0
        self.found.append(section)

    def _leave(self, tag: str) -> None:
        depth = len(self._tags)
        for name in ("_skipped", "_code", "_heading", "_messages", "_term"):
            if getattr(self, name) == depth:
                setattr(self, name, 0)
        if self._open and (self._open[-1][0] == depth or (tag == "dd" and self._open[-1][0] == 0)):
            self._code = self._open.pop()[2]
        self._tags.pop()

    def _hear(self, text: str) -> None:
        if not self._open:
            return
        section = self._open[-1][1]
        if self._heading or self._term:
            section.title += text
        elif self._code:
            section._coded.append(text)
        else:
            section._said.append(text)


def _weight(address: str) -> float:
    return next((weight for start, weight in _WEIGHTS if address.startswith(start)), 1.0)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0]


def _collect(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or app.builder.format != "html":
        return
    entries = {
        entry.id: f"{entry.code} {entry.title}"
        for page, _, known in REFERENCES
        if page == pagename
        for entry in known()
    }
    found = sections(context.get("body", ""), entries)
    kept: dict[str, tuple[str, str, list[Section]]] = app.sparkwire_sections  # type: ignore[attr-defined]
    kept[pagename] = (app.builder.get_target_uri(pagename), app.env.titles[pagename].astext(), found)


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    kept: dict[str, tuple[str, str, list[Section]]] = app.sparkwire_sections  # type: ignore[attr-defined]
    groups = synonyms(app.env.get_doctree(GLOSSARY)) if GLOSSARY in app.env.all_docs else []
    folder = Path(app.outdir) / "_static/search"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sections.js").write_text(script([kept[name] for name in sorted(kept)], groups), "utf-8")
    try:
        (folder / "minisearch.js").write_text(library(), "utf-8")
    except OSError as error:
        logger.warning("the search has no library: %s. Run make, which installs it", error)


def library(folder: Path = LIBRARY) -> str:
    """MiniSearch as a classic script, with its licence."""
    licence = (folder / "LICENSE.txt").read_text("utf-8").strip()
    code = (folder / "dist/umd/index.js").read_text("utf-8")
    # Its source map isn't copied, and a browser's tools would ask for it.
    code = code.partition("\n//# sourceMappingURL=")[0]
    return f"/* MiniSearch\n\n{licence}\n*/\n{code}\n"
