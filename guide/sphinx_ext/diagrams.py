"""Diagrams, drawn while building.

A ``mermaid`` fence, in a page or in the Markdown output of a cell, becomes an inline SVG with its source as
text under it. A diagram that can't be drawn is a warning with its place, which ends a build that runs
with -W.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinxcontrib.mermaid import Mermaid, mermaid

from guide.sphinx_ext import diagram_svg
from sparkwire.views import Html, tag

logger = logging.getLogger(__name__)

_KINDS = {
    "sequencediagram": "Sequence diagram",
    "flowchart": "Flow chart",
    "graph": "Flow chart",
    "statediagram-v2": "State diagram",
    "statediagram": "State diagram",
    "classdiagram": "Class diagram",
}


def connect(app: Sphinx) -> None:
    """Draw the diagrams of this build."""
    app.setup_extension("sphinxcontrib.mermaid")
    app.add_directive("mermaid", MermaidWithPlace, override=True)
    app.add_node(mermaid, override=True, html=(_visit_mermaid, None))


class MermaidWithPlace(Mermaid):  # type: ignore[misc]  # the base class has no types
    """The ``mermaid`` directive; its node knows its source line, so that an error can name it."""

    def run(self) -> list[nodes.Node]:
        made: list[nodes.Node] = super().run()
        source, line = self.state_machine.get_source_and_line(self.lineno)
        for top in made:
            for node in top.findall(mermaid):
                node.source, node.line = source, line
        return made


def name_of(source: str, alt: str = "") -> str:
    """What a diagram is called for screen readers: ``alt``, else its own title, else its kind."""
    if alt:
        return alt
    lines = [line.strip() for line in source.splitlines()]
    for line in lines:
        for mark in ("accTitle:", "title:", "title "):
            if line.startswith(mark):
                return line.removeprefix(mark).strip().strip("\"'")
    first = next((line for line in lines if line and not line.startswith(("---", "%%"))), "")
    return _KINDS.get(first.split(" ")[0].lower(), "Diagram")


def _visit_mermaid(translator: Any, node: nodes.Element) -> None:
    source = str(node["code"])
    builder = translator.builder
    try:
        svg = diagram_svg.draw(source, cache=Path(builder.outdir).parent / "diagrams")
        width, _height = diagram_svg.size(svg)
    except diagram_svg.DiagramError as error:
        logger.warning(
            "this diagram can't be drawn: %s", error, location=node, type="sparkwire", subtype="diagram"
        )
        raise nodes.SkipNode from None
    number = translator.diagrams = getattr(translator, "diagrams", 0) + 1
    label = name_of(source, node.get("alt", ""))
    drawing = Html(diagram_svg.with_ids(svg, f"diagram-{number}", label))
    # A drawing wider than the page scrolls in its own box, which the keyboard must reach.
    box = tag("div", drawing, class_="diagram-box", role="group", tabindex=0, aria_label=label)
    summary = tag("summary", "This diagram as text")
    told = tag("details", summary, tag("pre", source.strip()), class_="diagram-text")
    place = next(iter(node.get("ids", ())), False)
    width_set = f"--diagram-width: {width:.0f}px"
    translator.body.append(tag("div", box, told, class_="diagram", id=place, style=width_set) + "\n")
    raise nodes.SkipNode
