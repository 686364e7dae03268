"""A whole HTML page: with its style and its script in it, so that it asks no host for anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sparkwire.plain import many, number, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import Step
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Header, Notice
from sparkwire.trace.worker.runs import Run
from sparkwire.views import markup
from sparkwire.views.markup import Html, tag
from sparkwire.views.sequence import sequence
from sparkwire.views.steps import DRAWN, all_pieces, lines_html, notices_html, trace_html
from sparkwire.views.worker.listing import RUNS_DRAWN, runs_pieces
from sparkwire.views.worker.sequence import work_sequence
from sparkwire.views.worker.stages import workers_html
from sparkwire.views.worker.timeline import timeline_html

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
    exchanges: Iterable[Exchange] | None = None,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice] = (),
    join: Join = NOT_JOINED,
    runs: Sequence[Run] = (),
    asked: Iterable[Exchange] = (),
    most: int | None = None,
    with_script: bool = True,
) -> Iterator[Html]:
    """A trace as a whole page, in pieces: write them one after the other.

    With ``exchanges``, which are those that ``steps`` fold, they are drawn one by one as they come, and
    nothing holds them all. ``most`` are drawn: without it all of ``exchanges``, and of ``steps`` the first
    ``DRAWN``. ``runs`` are what Python workers did, if they were recorded; ``RUNS_DRAWN`` are drawn.
    ``asked`` are all exchanges once more, for the timeline of the workers. The other arguments are those of
    ``trace_html``.
    """
    folded = list(steps)
    count = sum(step.count for step in folded)
    how = f"folded into {many(len(folded), 'step')}"
    if exchanges is not None:
        how = "one by one" if most is None or most >= count else f"the first {number(most)} one by one"
    about: dict[str, Any] = {
        "prefix": "trace",
        "header": header,
        "java_version": java_version,
        "notices": notices,
    }

    def body() -> Iterator[Html]:
        yield tag("p", f"{many(count, 'round trip')} between Python and Java, {how}.")
        yield tag("h2", "By line of the program")
        yield lines_html(folded)
        yield tag("h2", "Step by step")
        if exchanges is None:
            yield trace_html(folded, **about, join=join, most=DRAWN if most is None else most)
        else:
            yield from all_pieces(
                islice(exchanges, most), count=count if most is None else most, **about, join=join
            )
        if runs:
            yield tag("h2", "Python workers")
            yield from _workers(runs, asked, RUNS_DRAWN)
        if runs:
            yield _diagram(work_sequence(folded, runs, title=title))
        else:
            yield _diagram(sequence(folded, join, title=title))

    return page(title, body(), with_script=with_script)


def workers_report(
    runs: Sequence[Run],
    exchanges: Iterable[Exchange] = (),
    *,
    title: str,
    notices: Iterable[Notice] = (),
    most: int = RUNS_DRAWN,
    with_script: bool = True,
) -> Iterator[Html]:
    """What Python workers did as a whole page, in pieces; ``most`` runs are drawn.

    ``exchanges`` are what the driver's Python asked of Java in the meantime.
    """

    def body() -> Iterator[Html]:
        yield markup.framed(notices_html(notices))
        yield from _workers(runs, exchanges, most)

    return page(title, body(), with_script=with_script)


def _workers(runs: Sequence[Run], exchanges: Iterable[Exchange], most: int) -> Iterator[Html]:
    """What stands on a page about workers."""
    yield workers_html(runs)
    if runs:
        yield tag("h2", "In time")
        yield timeline_html(runs, exchanges)
        yield tag("h2", "Run by run")
        yield from runs_pieces(runs, prefix="worker", most=most)


def _diagram(source: str) -> Html:
    """A diagram's source, folded."""
    summary = tag("summary", "Sequence diagram, as Mermaid source")
    return markup.framed(tag("details", summary, tag("pre", source, tabindex=0), class_="sw-y"))


def page(title: str, body: Iterable[Html], *, with_script: bool = False) -> Iterator[Html]:
    """A whole HTML page around the pieces of ``body``, with everything it needs in it, in pieces."""
    heading = visible(title)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", heading),
        tag("style", Html(_PAGE_STYLE + style())),
    )

    def inside() -> Iterator[Html]:
        yield head
        yield Html("\n")
        yield Html("<body>")
        yield from markup.around("main", chain([tag("h1", heading)], body))
        if with_script:
            yield tag("script", Html(script()))
        yield Html("</body>")

    yield Html("<!doctype html>\n")
    yield from markup.around("html", inside(), lang="en")
    yield Html("\n")
