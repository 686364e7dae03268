"""A comparison as a plot: for each job its ratios to one of the jobs, on a scale, as SVG.

A job has a line for each kind of time: a mark for the median, a bar from the first to the third
quartile, and a small stroke for each round. The plot is drawn once for both colour schemes: its colours are
those of everything that sparkwire shows, as CSS custom properties. Text stays text, and the drawing is as
wide as a phone's column, so that letters keep their size there. The same samples make the same drawing: it
holds no date, and its ids follow from what is drawn.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import re
from collections.abc import Sequence
from typing import Any

from guide.costs.model import Figure, Rounds, Time, digits
from sparkwire.views import Html, escape

WIDTH_PX = 360
"""As drawn. It may be shown somewhat larger, where there is room."""
_JOB_PX, _TIME_PX, _HEAD_PX, _FOOT_PX, _SIDE_PX = 19, 15, 26, 40, 12
_FONT_PX = 12

# Each colour: the property that says it, and what it is where no property does.
_INK, _DIM, _RULE, _FIRST, _GROUND = "#1f2329", "#57606a", "#c8ced6", "#1b5a9e", "#fefefe"
_PROPERTIES = {
    _INK: "--sw-ink",
    _DIM: "--sw-dim",
    _RULE: "--sw-rule",
    _FIRST: "--sw-python",
    _GROUND: "--sw-ground",
}
_FONT = "font-family: 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"

_LOOKS = (("o", _FIRST, _FIRST), ("s", _DIM, _GROUND))
"""Mark, colour and filling of the first time that is drawn, and of the second: they differ in shape, too."""
_SHOWN_STYLE = "width:100%;max-width:27rem;height:auto;display:block"


def ratios_svg(comparison: Rounds, against: str, times: Sequence[Time], unit: str = "") -> Html:
    """The plot of all jobs beside ``against``, for one or two kinds of time. ``unit``: what a ratio is of."""
    matplotlib = _matplotlib()
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Drawing

    ratios = {
        job: [comparison.ratio(job, against, time) for time in times]
        for job in comparison.jobs
        if job != against
    }
    job_px = _JOB_PX + _TIME_PX * len(times) + 6
    height = _HEAD_PX + job_px * len(ratios) + _FOOT_PX
    salt = hashlib.sha256(repr((ratios, against, times, unit)).encode()).hexdigest()[:10]
    settings = {"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": _FONT_PX, "path.simplify": False}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        drawing = Drawing(figsize=(WIDTH_PX / 72, height / 72), dpi=72)  # a point is a pixel
        FigureCanvasSVG(drawing)
        box = (
            _SIDE_PX / WIDTH_PX,
            _FOOT_PX / height,
            1 - 2 * _SIDE_PX / WIDTH_PX,
            job_px * len(ratios) / height,
        )
        axes = drawing.add_axes(box)
        _scale(axes, [sample for figures in ratios.values() for one in figures for sample in one.samples])
        axes.set_ylim(job_px * len(ratios), 0)
        axes.set_xlabel(f"times as much as “{against}”{f', {unit}' if unit else ''}", color=_INK)
        axes.axvline(1, color=_DIM, linewidth=1.2)
        for place, (job, figures) in enumerate(ratios.items()):
            top = place * job_px
            axes.text(0, top + 13, job, transform=axes.get_yaxis_transform(), color=_INK, fontweight="bold")
            for row, figure in enumerate(figures):
                _line(axes, figure, top + _JOB_PX + _TIME_PX * (row + 0.5), *_LOOKS[row])
        _legend(drawing, times, height)
        written = io.StringIO()
        drawing.savefig(written, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    said = f"Plot: {', '.join(times)} of each job beside “{against}”. The table below has the same figures."
    return _embedded(written.getvalue(), salt, said)


_METADATA = ("Date", "Creator", "Format", "Type")


def _matplotlib() -> Any:
    """Matplotlib, told to be quiet: the first time it makes a list of the machine's fonts, and says so."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib

    return matplotlib


def _scale(axes: Any, samples: Sequence[float]) -> None:
    """A scale on which twice as much is equally far everywhere, with few and round numbers."""
    seen = [sample for sample in samples if sample > 0] or [1.0]
    low, high = min(1.0, *seen) / 1.15, max(1.0, *seen) * 1.15
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    steps = (1, 2, 5) if high / low < 200 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(lambda tick, _: digits(tick).removesuffix(".00").removesuffix(".0"))
    axes.set_yticks([])
    axes.tick_params(colors=_INK, length=0)
    axes.grid(axis="x", color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)


def _line(axes: Any, figure: Figure, at: float, mark: str, colour: str, filling: str) -> None:
    low, high = figure.quartiles
    axes.vlines(figure.samples, at - 3.5, at + 3.5, color=colour, linewidth=0.7)
    axes.hlines(at, low, high, color=colour, linewidth=3)
    axes.plot([figure.median], [at], marker=mark, **_mark(colour, filling))


def _mark(colour: str, filling: str) -> dict[str, Any]:
    return {
        "markersize": 8,
        "markeredgewidth": 1.6,
        "markeredgecolor": colour,
        "markerfacecolor": filling,
        "linestyle": "none",
    }


def _legend(drawing: Any, times: Sequence[Time], height: float) -> None:
    from matplotlib.lines import Line2D

    at, y = float(_SIDE_PX), 1 - 12 / height
    for time, (mark, colour, filling) in zip(times, _LOOKS, strict=False):
        drawing.add_artist(Line2D([(at + 5) / WIDTH_PX], [y], marker=mark, **_mark(colour, filling)))
        drawing.text((at + 16) / WIDTH_PX, y, str(time), color=_INK, verticalalignment="center_baseline")
        at += 150


def _embedded(svg: str, salt: str, said: str) -> Html:
    """The drawing as part of a page: no prologue, no style that reaches the rest of the page, its own ids."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: f' id="{salt}-{found[1]}"' if found[1] in used else "", svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{salt}-", svg)
    svg = re.sub(r"font-family: [^;\"]*", _FONT, svg)
    svg = re.sub(r"font: (bold |[6-9]00 )?([\d.]+)px [^;\"]*", lambda f: _font(f[1], f[2]), svg)
    for colour, name in _PROPERTIES.items():
        svg = svg.replace(colour, f"var({name}, {colour})")
    root = re.sub(r' (?:width|height|version|xmlns(?::\w+)?)="[^"]*"', "", svg[: svg.index(">") + 1])
    root = root.replace("<svg", f'<svg role="img" aria-label="{escape(said)}" style="{_SHOWN_STYLE}"', 1)
    root = root.replace(">", ' stroke-linejoin="round" stroke-linecap="butt">')
    return Html(root + re.sub(r"\n\s*", "\n", svg[svg.index(">") + 1 :]).strip())


def _font(bold: str | None, size: str) -> str:
    # A job's name stands on the scale's lines: the ground around its letters covers them.
    halo = f"; font-weight: 600; paint-order: stroke; stroke: {_GROUND}; stroke-width: 4px" if bold else ""
    return f"font-size: {size}px; {_FONT}{halo}"
