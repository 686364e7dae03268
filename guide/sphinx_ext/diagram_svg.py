"""Mermaid source to one SVG that follows the page's colour scheme.

Mermaid's own script runs inside the process (PyPI's mermaidx), so a build needs no browser and a page no
diagram script. Every colour is drawn as a CSS custom property with a fallback, ``var(--diagram-ink, #...)``:
the page sets the properties for light and for dark, and one drawing serves both.
"""

from __future__ import annotations

import atexit
import hashlib
import html
import re
from functools import cache as once
from pathlib import Path
from typing import Any

from sparkwire import SparkwireError

# Each colour that a diagram may use: the property's name, and its fallback, which is a unique value, so that
# it can be found again in Mermaid's output. The fallbacks make a readable light drawing by themselves.
PALETTE = {
    "ink": "#1f2329",
    "line": "#4a5260",
    "box": "#eaf1fa",
    "box-border": "#3b6ea8",
    "panel": "#f6f7f9",
    "panel-border": "#8a93a1",
    "note": "#fff4d6",
    "note-border": "#a87b1e",
    "label": "#fdfdfe",
    "accent": "#dcebdc",
    "accent-border": "#3f7d4c",
}

# Every variable of Mermaid's "base" theme that would otherwise be computed from another one.
_THEME = {
    "background": "label",
    "textColor": "ink",
    "titleColor": "ink",
    "lineColor": "line",
    "arrowheadColor": "line",
    "defaultLinkColor": "line",
    "primaryColor": "box",
    "primaryTextColor": "ink",
    "primaryBorderColor": "box-border",
    "secondaryColor": "note",
    "secondaryTextColor": "ink",
    "secondaryBorderColor": "note-border",
    "tertiaryColor": "panel",
    "tertiaryTextColor": "ink",
    "tertiaryBorderColor": "panel-border",
    "mainBkg": "box",
    "nodeBkg": "box",
    "nodeBorder": "box-border",
    "nodeTextColor": "ink",
    "clusterBkg": "panel",
    "clusterBorder": "panel-border",
    "edgeLabelBackground": "label",
    "actorBkg": "box",
    "actorBorder": "box-border",
    "actorTextColor": "ink",
    "actorLineColor": "panel-border",
    "signalColor": "line",
    "signalTextColor": "ink",
    "labelBoxBkgColor": "panel",
    "labelBoxBorderColor": "panel-border",
    "labelTextColor": "ink",
    "loopTextColor": "ink",
    "noteBkgColor": "note",
    "noteBorderColor": "note-border",
    "noteTextColor": "ink",
    "activationBkgColor": "accent",
    "activationBorderColor": "accent-border",
    "sequenceNumberColor": "label",
    "altBackground": "panel",
    "classText": "ink",
    "labelColor": "ink",
    "stateBkg": "box",
    "stateLabelColor": "ink",
    "transitionColor": "line",
    "transitionLabelColor": "ink",
    "compositeBackground": "panel",
    "compositeTitleBackground": "label",
    "compositeBorder": "panel-border",
    "innerEndBackground": "box-border",
    "specialStateColor": "line",
}

# mermaidx measures text in the one font that it carries, DejaVu Sans, a seventh wider than the fonts that
# pages are shown in. So the layout is made for 11 px, and the same room holds _FONT at 12.5 px.
_LAYOUT_PX = 11
_FONT = "font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans',Roboto,sans-serif!important;"
_SHOWN_AS = (
    f"#my-svg text,#my-svg tspan,#my-svg foreignObject *{{{_FONT}font-size:12.5px!important;}}"
    # The lines of a box keep the height that they were laid out with, 1.5 times _LAYOUT_PX.
    "#my-svg foreignObject{overflow:visible;}"
    f"#my-svg foreignObject *{{line-height:{1.5 * _LAYOUT_PX}px!important;}}"
)
_CONFIG = {
    "theme": "base",
    "themeVariables": {
        **{variable: PALETTE[name] for variable, name in _THEME.items()},
        "fontFamily": "DejaVu Sans, Verdana, sans-serif",
        "fontSize": f"{_LAYOUT_PX}px",
    },
    "fontSize": _LAYOUT_PX,
    # Closer than Mermaid's own spacing: a conversation between four parties must fit a page's column.
    "sequence": {
        "mirrorActors": False,
        "useMaxWidth": False,
        "width": 120,
        "height": 48,
        "actorMargin": 24,
        "boxMargin": 8,
        "messageMargin": 28,
        "wrapPadding": 6,
        "diagramMarginX": 16,
        "diagramMarginY": 8,
    },
    "flowchart": {"useMaxWidth": False},
    # Labels hold what came off a wire: as text, never as markup or links.
    "securityLevel": "strict",
}

_PATIENCE_MS = 300_000
"""How long one drawing may take: it takes a few seconds, unless the machine is very busy. By itself mermaidx
gives up after eight."""

# Raise this when a change here alters the drawing of an unchanged source.
_DRAWING = "3"


class DiagramError(SparkwireError):
    """The diagram can't be drawn. The message is Mermaid's, on one line, or says what the drawing lacks."""


def draw(source: str, cache: Path | None = None) -> str:
    """The SVG of ``source``, with ids that begin with ``my-svg``: see ``with_ids``.

    ``cache`` is a folder in which drawings are kept by the hash of everything that decides them. Raises
    ``DiagramError`` when the source is wrong.
    """
    import mermaidx  # takes half a second: only when a page has a diagram

    decides = "\0".join((source, repr(_CONFIG), _DRAWING, mermaidx.__version__))
    kept = cache / f"{hashlib.sha256(decides.encode()).hexdigest()[:32]}.svg" if cache else None
    if kept and kept.is_file():
        return kept.read_text("utf-8")
    try:
        svg = str(_engine().render_svg(source, "base", _CONFIG, None))
    except RuntimeError as error:
        raise DiagramError(" ".join(str(error).split())) from error
    svg = _follow_scheme(_without_unused_symbols(svg)).replace("</style>", f"{_SHOWN_AS}</style>", 1)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_text(svg, "utf-8")
        part.replace(kept)
    return svg


@once
def _engine() -> Any:
    """Mermaid in V8, which draws the same as mermaidx's other engine in a fraction of the time. It is a child
    process, and ends with this one."""
    from mermaidx.engines.v8_engine import Engine

    engine = Engine(render_timeout_ms=_PATIENCE_MS)
    engine.start()
    atexit.register(engine.close)
    return engine


def with_ids(svg: str, prefix: str, label: str) -> str:
    """``svg`` with every id, and every reference to one, beginning with ``prefix``, and named ``label`` for
    screen readers. Two drawings in one page would otherwise share ids, and so styles and arrowheads.
    """
    ids = sorted(set(re.findall(r'(?<![\w-])id="([^"]+)"', svg)), key=len, reverse=True)
    if ids:
        one_of = "|".join(map(re.escape, ids))
        svg = re.sub(rf'(?<![\w-])id="({one_of})"', rf'id="{prefix}-\1"', svg)
        svg = re.sub(rf"#({one_of})(?![\w-])", rf"#{prefix}-\1", svg)
    # The drawing is one picture; its text follows it in the page, in words.
    opening, rest = svg.split(">", 1)
    opening = re.sub(
        r'\s(role|aria-roledescription|aria-labelledby|aria-describedby|xmlns:xlink)="[^"]*"', "", opening
    )
    return f'{opening} role="img" aria-label="{html.escape(label)}" focusable="false">{rest}'


def size(svg: str) -> tuple[float, float]:
    """The drawing's own width and height, in CSS pixels."""
    found = re.search(r'viewBox="[-\d.e]+ [-\d.e]+ ([\d.e]+) ([\d.e]+)"', svg)
    if not found:
        raise DiagramError("the drawing has no size")
    return float(found[1]), float(found[2])


def _without_unused_symbols(svg: str) -> str:
    """Mermaid puts every icon that a sequence diagram might use into each one: 10 kB, mostly unused."""
    for symbol in re.findall(r'<defs><symbol id="([^"]+)"', svg):
        if f'href="#{symbol}"' not in svg:
            svg = re.sub(
                rf'<defs><symbol id="{re.escape(symbol)}".*?</symbol></defs>', "", svg, flags=re.DOTALL
            )
    return svg


def _follow_scheme(svg: str) -> str:
    """Each palette colour as a custom property. ``#my-svg`` in selectors is no colour: those have six digits.

    An attribute takes no ``var()``, so there the colour stays; Mermaid's own rules give every such element a
    colour, and rules win over attributes.
    """

    def in_styles(match: re.Match[str]) -> str:
        text = match[0]
        for name, colour in PALETTE.items():
            text = re.sub(re.escape(colour), f"var(--diagram-{name}, {colour})", text, flags=re.IGNORECASE)
            # Mermaid fades the background of some labels; behind text, a solid one reads better.
            rgb = r",\s*".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
            text = re.sub(rf"rgba\({rgb},[^)]*\)", f"var(--diagram-{name}, {colour})", text)
        return text

    svg = re.sub(r"<style>.*?</style>", in_styles, svg, flags=re.DOTALL)
    return re.sub(r'\bstyle="[^"]*"', in_styles, svg)
