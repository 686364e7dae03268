"""Drawings: awkward labels survive, ids never meet, and every colour follows the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from guide.sphinx_ext import diagram_svg

SEQUENCE = """sequenceDiagram
    participant P as Python
    participant J as Driver JVM
    P->>+J: call #quot;o0#quot; get #lt;spark.master#gt; #amp; #35;1 c#59;d
    J-->>-P: !yslocal[1]
    Note over P,J: 12 exchanges
    loop phase
    P->>J: import
    end
"""
FLOW = """flowchart LR
    A["JavaRDD#lt;String#gt;"] -->|#quot;quoted#quot;| B
    subgraph stage
    B --> C
    end
"""


@pytest.fixture(scope="module")
def drawings(tmp_path_factory) -> dict[str, str]:
    cache = tmp_path_factory.mktemp("diagrams")
    return {source: diagram_svg.draw(source, cache) for source in (SEQUENCE, FLOW)}


def words(svg: str) -> str:
    return " ".join("".join(element.itertext()) for element in ElementTree.fromstring(svg).iter())


def test_labels_with_awkward_characters_come_out_as_they_are(drawings):
    assert 'call "o0" get <spark.master> & #1 c;d' in words(drawings[SEQUENCE])
    assert "JavaRDD<String>" in words(drawings[FLOW])
    assert '"quoted"' in words(drawings[FLOW])


@pytest.mark.parametrize("source", [SEQUENCE, FLOW], ids=["sequence", "flow"])
def test_two_drawings_share_no_id_and_every_reference_has_its_target(drawings, source):
    ids = []
    for prefix in ("one", "two"):
        svg = diagram_svg.with_ids(drawings[source], prefix, 'a "name" & <more>')
        own = re.findall(r'(?<![\w-])id="([^"]+)"', svg)
        assert own
        assert all(name.startswith(prefix + "-") for name in own)
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) - set(own) <= {
            f"{prefix}-my-svg-gradient",
            "my-svg-gradient",
        }
        assert "#my-svg{" not in svg
        assert "#my-svg " not in svg
        assert ElementTree.fromstring(svg).get("aria-label") == 'a "name" & <more>'
        ids += own
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("source", [SEQUENCE, FLOW], ids=["sequence", "flow"])
def test_every_colour_follows_the_page(drawings, source):
    """A rule with a colour of its own would be unreadable in one of the two schemes."""
    style = re.search(r"<style>(.*?)</style>", drawings[source], flags=re.DOTALL)
    assert style
    plain = re.sub(r"var\(--diagram-[a-z-]+, #[0-9a-f]{6}\)", "", style[1])
    # Rules for formulas, the "neo" look and a state diagram's start, none of which is drawn here.
    used = [
        rule
        for rule in re.findall(r"[^{}]+\{[^{}]*\}", plain)
        if not re.search("neo|state-start|icon|PopupMenu|katex", rule)
    ]
    own = [
        rule
        for rule in used
        if re.search(r"(?<!-)\b(fill|stroke|color|background(-color)?):\s*(#|rgb|hsl|black|white)", rule)
    ]
    assert not own


def test_a_drawing_is_kept(drawings, tmp_path, monkeypatch):
    first = diagram_svg.draw(FLOW, tmp_path)
    monkeypatch.setattr(diagram_svg, "_engine", None)  # drawing again would call it
    assert diagram_svg.draw(FLOW, tmp_path) == first


def test_a_wrong_source_says_where():
    with pytest.raises(diagram_svg.DiagramError, match="line 2"):
        diagram_svg.draw("sequenceDiagram\n  P->>: x")
