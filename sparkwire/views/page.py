"""A whole HTML page: with its style and its script in it, so that it asks no host for anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkwire.plain import many, visible
from sparkwire.trace.gateway.fold import KEPT, Step
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Header, Notice
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.sequence import sequence
from sparkwire.views.steps import lines_html, trace_html

_HERE = Path(__file__).parent
_PAGE_STYLE = """
:root{color-scheme:light dark}
body{background:#fff;color:#1f2329;margin:0;font:1rem/1.5 system-ui,sans-serif}
@media screen and (prefers-color-scheme:dark){body{background:#131416;color:#e6e9ee}}
main{max-width:70rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
"""


def style() -> str:
    """The style sheet ``trace.css``; every rule of it is under ``.sparkwire``."""
    return (_HERE / "trace.css").read_text(encoding="utf-8")


def script() -> str:
    """The classic script ``explorer.js``, which defines the element ``<trace-explorer>``."""
    return (_HERE / "explorer.js").read_text(encoding="utf-8")


def report(
    steps: Iterable[Step],
    *,
    title: str,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice] = (),
    join: Join = NOT_JOINED,
    per_step: int = KEPT,
    with_script: bool = True,
) -> Html:
    """A trace as a whole page; the arguments are those of ``trace_html``."""
    drawn = list(steps)
    count = sum(step.count for step in drawn)
    said = f"{many(count, 'round trip')} between Python and Java, folded into {many(len(drawn), 'step')}."
    body = trace_html(
        drawn,
        prefix="trace",
        header=header,
        java_version=java_version,
        notices=notices,
        join=join,
        per_step=per_step,
    )
    diagram = tag(
        "details",
        tag("summary", "Sequence diagram, as Mermaid source"),
        tag("pre", sequence(drawn, join, title=title), tabindex=0),
        class_="sw-y",
    )
    parts = (
        tag("p", said),
        tag("h2", "By line of the program"),
        lines_html(drawn),
        tag("h2", "Step by step"),
        body,
        markup.framed(diagram),
    )
    return page(title, markup.join(parts), with_script=with_script)


def page(title: str, body: Html, *, with_script: bool = False) -> Html:
    """A whole HTML page around ``body``, with everything it needs in it."""
    heading = visible(title)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", heading),
        tag("style", Html(_PAGE_STYLE + style())),
    )
    inline = tag("script", Html(script())) if with_script else EMPTY
    whole = tag("body", tag("main", tag("h1", heading), body), inline)
    return markup.join([Html("<!doctype html>\n"), tag("html", head, "\n", whole, lang="en"), "\n"])
