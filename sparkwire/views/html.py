"""A trace as HTML: a fragment for a page or a notebook, and a whole page.

The fragment is complete without script: steps and exchanges are ``<details>``, every exchange and field
has a permalink, and everything from the wire or from a source file is escaped. ``explorer.js`` adds
stepping, filtering and linking of bytes and fields where it is loaded; ``trace.css`` is its look.

The id of an exchange is inside its ``<details>``: a browser opens closed details around the target
of a link by itself, so a permalink opens its exchange without script.

Names are short, because a page holds hundreds of exchanges. It imports the views of messages and stacks,
the trace's model and folding, and the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.gateway.fold import KEPT, Step, by_line
from sparkwire.trace.records import RELAY, Channel, Frame, Header, Notice
from sparkwire.views import text
from sparkwire.views.message import message_html
from sparkwire.views.sequence import sequence
from sparkwire.views.stack import calls_html, stack_html
from sparkwire.views.text import escape

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HERE = Path(__file__).parent


def style() -> str:
    """The style sheet ``trace.css``; every rule of it is under ``.sparkwire``."""
    return (_HERE / "trace.css").read_text(encoding="utf-8")


def script() -> str:
    """The classic script ``explorer.js``, which defines the element ``<trace-explorer>``."""
    return (_HERE / "explorer.js").read_text(encoding="utf-8")


def trace_html(
    steps: Iterable[Step],
    *,
    prefix: str,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice | str] = (),
    java_reason: str | None = None,
    per_step: int = KEPT,
    how_to_see_all: str = "sparkwire show --all TRACE",
) -> str:
    """An HTML fragment: a ``<details>`` for each step, in it one for each exchange.

    ``prefix`` begins every id (``{prefix}-x42``, ``{prefix}-x42-q3``) and must be unique on its page; it
    starts with a letter and holds letters, digits, ``-`` and ``_``. ``java_reason`` says why there are no
    Java calls. Of each step at most ``per_step`` exchanges are drawn, and the others are counted, with
    ``how_to_see_all`` as the command that lists them. Raises ``ValueError`` for a bad prefix.
    """
    _check(prefix)
    drawn = list(steps)
    parts = ["<trace-explorer class=sparkwire>"]
    if header is not None:
        parts.append(f"<p class=sw-v>{_versions(header, java_version)}</p>")
    parts.append(_notices_html(notices))
    shown = {e.n for step in drawn for e in step.exchanges[:per_step]}
    parts.append("<ol class=sw-t>")
    line: Frame | None = None
    for i, step in enumerate(drawn, 1):
        with_code = step.line != line  # the source line once, not for each of its steps
        line = step.line
        parts.append(_step_html(step, i, prefix, java_reason, per_step, how_to_see_all, shown, with_code))
    parts.append("</ol></trace-explorer>")
    return "".join(parts)


def exchange_html(exchange: Exchange, prefix: str, *, java_reason: str | None = None) -> str:
    """One exchange, opened: a fragment of its own, with the whole stack."""
    _check(prefix)
    item = _exchange_html(exchange, prefix, java_reason, frozenset(), opened=True)
    return f"<trace-explorer class=sparkwire><ol class=sw-t>{item}</ol></trace-explorer>"


def report(
    steps: Iterable[Step],
    *,
    title: str,
    header: Header | None = None,
    java_version: str = "",
    notices: Iterable[Notice | str] = (),
    java_reason: str | None = None,
    per_step: int = KEPT,
    with_script: bool = True,
) -> str:
    """A whole HTML page: style and script are in it, and it asks no host for anything."""
    drawn = list(steps)
    body = trace_html(
        drawn,
        prefix="trace",
        header=header,
        java_version=java_version,
        notices=notices,
        java_reason=java_reason,
        per_step=per_step,
    )
    count = sum(step.count for step in drawn)
    return page(
        title,
        f"<p>{text.many(count, 'round trip')} between Python and Java, "
        f"folded into {text.many(len(drawn), 'step')}.</p>"
        f"<h2>By line of the program</h2>{lines_html(drawn)}"
        f"<h2>Step by step</h2>{body}"
        '<div class="sparkwire"><details class="sw-y"><summary>Sequence diagram, as Mermaid source</summary>'
        f'<pre tabindex="0">{escape(sequence(drawn, title=title))}</pre></details></div>',
        with_script=with_script,
    )


def page(title: str, body: str, *, with_script: bool = False) -> str:
    """A whole HTML page around ``body``, with everything it needs in it."""
    heading = escape(text.visible(title))
    inline = f"<script>{script()}</script>" if with_script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{heading}</title><style>{_PAGE_STYLE}{style()}</style></head>\n"
        f"<body><main><h1>{heading}</h1>{body}</main>{inline}</body></html>\n"
    )


def lines_html(steps: Iterable[Step], *, most: int = 20) -> str:
    """What each of the user's lines cost on the wire, as a table, the chattiest first."""
    steps = list(steps)
    itself = text.no_line(steps)
    costs = by_line(steps)
    whole = sum(cost.count for cost in costs) or 1
    rows = [
        f"<tr><td>{_line_html(cost.line, itself)}</td><td>{text.number(cost.count)}</td>"
        f"<td>{100 * cost.count / whole:.0f} %</td><td>{text.duration(cost.duration_ns)}</td>"
        f"<td>{text.number(cost.bytes)}</td></tr>"
        for cost in costs[:most]
    ]
    left = ""
    if len(costs) > most:
        trips = sum(cost.count for cost in costs[most:])
        left = (
            f"<p>And {text.many(len(costs) - most, 'more line')} with {text.many(trips, 'round trip')}.</p>"
        )
    return (
        '<div class="sparkwire"><div class="sw-w" tabindex="0" role="group" aria-label="Cost of each line">'
        "<table><thead><tr><th>Line</th><th>Round trips</th><th>Share</th><th>Time</th><th>Bytes</th></tr>"
        "</thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>{left}</div>"
    )


# --- parts ----------------------------------------------------------------------------------------


def _check(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"a prefix starts with a letter and holds letters, digits, - and _; this one is {prefix!r}"
        )


def _versions(header: Header, java_version: str) -> str:
    named = (
        ("PySpark", header.pyspark),
        ("Py4J", header.py4j),
        ("Java", java_version),
        ("Python", header.python),
        ("", header.os),
    )
    said = [escape(text.visible(f"{name} {value}".strip())) for name, value in named if value]
    return " · ".join([*([RELAY] if header.program == RELAY else []), *said])


def _notices_html(notices: Iterable[Notice | str]) -> str:
    said = [notice.text if isinstance(notice, Notice) else notice for notice in notices]
    if not said:
        return ""
    items = "".join(f"<li>{escape(text.visible(one))}</li>" for one in said)
    return f"<ul class=sw-n>{items}</ul>"


def _line_html(line: Frame | None, itself: str, with_code: bool = True) -> str:
    """A line of the program; ``itself`` stands where none is known."""
    if line is None:
        return itself
    code = (
        f" <code>{escape(text.shorten(text.visible(line.code), 100))}</code>"
        if line.code and with_code
        else ""
    )
    return f"{escape(text.place(line))}{code}"


def _step_html(
    step: Step,
    number: int,
    prefix: str,
    java_reason: str | None,
    per_step: int,
    how: str,
    shown: set[int],
    with_code: bool,
) -> str:
    facts = [text.many(step.count, "round trip"), text.duration(step.duration_ns)]
    if step.errors:
        facts.append(text.many(step.errors, "error"))
    if step.runs > 1:
        facts.append(f"in {text.number(step.runs)} runs")
    line = _line_html(step.line, text.nobody(step.thread, step.connection), with_code)
    asker = escape(text.visible(text.asker(step.thread, step.connection)))
    if asker and asker != line:
        line += f" ({asker})"
    # Some titles begin with their phase's word, which stands before them already.
    title = escape(text.visible(step.title.removeprefix(f"{step.phase.value} ")))
    kept = step.exchanges[:per_step]
    items = "".join(_exchange_html(e, prefix, java_reason, shown) for e in kept)
    left = step.count - len(kept)
    more = ""
    if left:
        more = (
            f"<p>{text.many(left, 'more exchange')} of this step "
            f"{'is' if left == 1 else 'are'} not drawn here: <code>{escape(how)}</code> lists all.</p>"
        )
    return (
        f"<li><details class=sw-g id={prefix}-s{number}><summary><b>{step.phase.value}</b> {title} "
        f"<small>{' · '.join(facts)}</small><span>{line}</span></summary>"
        f"<ol>{items}</ol>{more}</details></li>\n"
    )


def _exchange_html(
    exchange: Exchange,
    prefix: str,
    java_reason: str | None,
    shown: set[int] | frozenset[int],
    opened: bool = False,
) -> str:
    target = f"{prefix}-x{exchange.n}"
    asked = escape(text.request_summary(exchange))
    came = escape(text.reply_summary(exchange))
    back = "← " if exchange.channel == Channel.CALLBACK else ""
    bad = " class=sw-e" if text.failed(exchange) else ""
    return (
        f"<li class=sw-x><a href=#{target}>#{exchange.n}</a><details{' open' if opened else ''}{bad}>"
        f"<summary>{back}<code>{asked}</code> → <code>{came}</code> "
        f"<small>{text.duration(exchange.duration_ns)}</small></summary>"
        f"<div id={target}>{_context(exchange, prefix, shown)}{_messages(exchange, target)}"
        f"{stack_html(exchange, java_reason=java_reason, brief=not opened)}"
        f"{calls_html(exchange) if opened else ''}</div></details></li>\n"
    )


def _context(exchange: Exchange, prefix: str, shown: set[int] | frozenset[int]) -> str:
    said = []
    if exchange.channel == Channel.CALLBACK:
        said.append("A callback: Java asked, and Python answered.")
    if exchange.parent is not None:
        parent = f"#{exchange.parent}"
        link = f"<a href=#{prefix}-x{exchange.parent}>{parent}</a>" if exchange.parent in shown else parent
        said.append(f"It ran during {link}.")
    return f"<p>{' '.join(said)}</p>" if said else ""


def _messages(exchange: Exchange, target: str) -> str:
    parts: Sequence[str] = [message_html(exchange.request, f"{target}-q")]
    if exchange.reply is None:
        parts = [*parts, "<p>No reply was seen: the command has none, or the program ended first.</p>"]
    else:
        parts = [*parts, message_html(exchange.reply, f"{target}-r")]
    if exchange.stream_bytes:
        parts = [*parts, f"<p>Then {text.size(exchange.stream_bytes)} followed as they are.</p>"]
    return "".join(parts)


_PAGE_STYLE = """
:root{color-scheme:light dark}
body{background:#fff;color:#1f2329;margin:0;font:1rem/1.5 system-ui,sans-serif}
@media screen and (prefers-color-scheme:dark){body{background:#131416;color:#e6e9ee}}
main{max-width:70rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
"""
