"""Links between pages and the entries of the wires' references, in both directions.

The entries are HTML that a cell made, so Sphinx doesn't know their places. Here each gets a name: an author
writes ``[`c`](#gateway-command-call)``, a name that doesn't exist is a warning, and the entry then says which
sections lead to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from guide.reference import entries, worker
from guide.reference.entries import Entry
from sparkwire.views import join, tag

REFERENCES: tuple[tuple[str, str, Callable[[], tuple[Entry, ...]]], ...] = (
    ("docs/reference/gateway-wire", "gateway-", entries),
    ("docs/reference/worker-wire", "worker-", worker.entries),
)
"""The page of each wire's reference, how the names of its entries begin, and the entries."""

Use = tuple[str, str, str]
"""Page, id of a section on it, and the section's title; both empty for the whole page."""


def connect(app: Sphinx) -> None:
    """Give the entries names, and the reference its links back."""
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _forget)
    app.connect("env-updated", _name)
    app.connect("html-page-context", _link_back)


def _uses(env: BuildEnvironment) -> dict[str, list[Use]]:
    """For each entry the sections that lead to it. It is kept with what Sphinx remembers of pages."""
    if not hasattr(env, "sparkwire_entry_uses"):
        env.sparkwire_entry_uses = {}  # type: ignore[attr-defined]
    kept: dict[str, list[Use]] = env.sparkwire_entry_uses  # type: ignore[attr-defined]
    return kept


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.docname
    pages = {prefix: page for page, prefix, _ in REFERENCES}
    for link in doctree.findall(addnodes.pending_xref):
        target = str(link.get("reftarget", ""))
        prefix = next((one for one in pages if target.startswith(one)), None)
        if prefix is None or docname == pages[prefix]:
            continue
        section = link.parent
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        if section is None:
            continue
        title = section.next_node(nodes.title).astext()
        # A list at the end speaks for the whole page.
        use = (docname, "", "") if title == "Where to read on" else (docname, section["ids"][0], title)
        found = _uses(app.env).setdefault(target, [])
        if use not in found:
            found.append(use)


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    for found in _uses(env).values():
        found[:] = [use for use in found if use[0] != docname]


def _name(app: Sphinx, env: BuildEnvironment) -> None:
    labels = env.domains.standard_domain
    for page, prefix, known in REFERENCES:
        for entry in known() if page in env.all_docs else ():
            labels.labels[prefix + entry.id] = (page, entry.id, entry.title)
            labels.anonlabels[prefix + entry.id] = (page, entry.id)


def _link_back(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    found = [(prefix, known) for page, prefix, known in REFERENCES if page == pagename]
    if not found or not context.get("body"):
        return
    [(prefix, known)] = found
    body = context["body"]
    for entry in known():
        links = []
        for docname, place, title in sorted(_uses(app.env).get(prefix + entry.id, ())):
            address = app.builder.get_relative_uri(pagename, docname) + (f"#{place}" if place else "")
            chapter = app.env.titles[docname].astext()
            name = f"{chapter}: {title}" if title else chapter
            links.append(tag("a", name, href=address))
        if links:
            start = f"<div id={entry.id}>"
            body = body.replace(start, start + tag("p", "Explained in ", join(links, ", "), "."), 1)
    context["body"] = body
