"""One exchange: as HTML, as a row of a table for a terminal, and as a line of JSON.

In HTML the id of an exchange is inside its ``<details>``: a browser opens closed details around the target
of a link by itself, so a permalink opens its exchange without script.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from sparkwire.plain import ELLIPSIS, duration, size
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.words import reply_summary, request_summary, why_no_reply
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.message import message_html
from sparkwire.views.stack import calls_html, stack_html
from sparkwire.views.text import WIDTH, Column, table_lines
from sparkwire.views.turn import turn_json_line
from sparkwire.views.who import place
from sparkwire.wire.message import Malformed, Message

# --- HTML -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What all parts of one fragment of HTML must know. Raises ``ValueError`` for a bad prefix."""

    prefix: str
    """Begins every id (``{prefix}-x42``, ``{prefix}-x42-q3``); letters, digits, ``-`` and ``_``."""
    join: Join = NOT_JOINED
    how_to_see_all: str = ""
    """The command that lists the exchanges, too, that are only counted."""
    shown: Container[int] = ()
    """The numbers of the exchanges that are drawn, and so can be linked to."""

    def __post_init__(self) -> None:
        markup.check_prefix(self.prefix)


def exchange_html(exchange: Exchange, prefix: str, join: Join = NOT_JOINED) -> Html:
    """One exchange, opened: a fragment of its own, with the whole stack.

    ``prefix`` begins every id, as in ``trace_html``. Raises ``ValueError`` for a bad prefix.
    """
    item = exchange_item(exchange, Drawing(prefix=prefix, join=join), opened=True)
    return tag("trace-explorer", tag("ol", item, class_="sw-t"), class_="sparkwire")


def exchange_item(exchange: Exchange, drawing: Drawing, *, opened: bool = False) -> Html:
    """One exchange as an item of a list; ``opened`` with its whole stack and what ran below it."""
    target = f"{drawing.prefix}-x{exchange.n}"
    summary = tag(
        "summary",
        "← " if exchange.channel == Channel.CALLBACK else "",
        tag("code", request_summary(exchange)),
        " → ",
        tag("code", reply_summary(exchange)),
        " ",
        tag("small", duration(exchange.duration_ns)),
    )
    inside = tag(
        "div",
        _circumstances(exchange, drawing),
        *_messages(exchange, target),
        stack_html(exchange, drawing.join, brief=not opened),
        calls_html(exchange, drawing.join) if opened else EMPTY,
        id=target,
    )
    details = tag("details", summary, inside, open=opened, class_="sw-e" if exchange.failed else False)
    number = tag("a", f"#{exchange.n}", href=f"#{target}")
    return markup.join([tag("li", number, details, class_="sw-x"), "\n"])


def _circumstances(exchange: Exchange, drawing: Drawing) -> Html:
    said: list[str] = []
    if exchange.channel == Channel.CALLBACK:
        said.append("A callback: Java asked, and Python answered.")
    if exchange.parent is not None:
        parent = f"#{exchange.parent}"
        if exchange.parent in drawing.shown:
            parent = tag("a", parent, href=f"#{drawing.prefix}-x{exchange.parent}")
        said.append(markup.join(["It ran during ", parent, "."]))
    return tag("p", markup.join(said, " ")) if said else EMPTY


def _messages(exchange: Exchange, target: str) -> list[Html]:
    parts = [message_html(exchange.request, f"{target}-q")]
    if exchange.reply is None:
        why = why_no_reply(exchange) or "this command has no reply"
        parts.append(tag("p", f"{why[0].upper()}{why[1:]}."))
    else:
        parts.append(message_html(exchange.reply, f"{target}-r"))
    if exchange.stream_bytes:
        parts.append(tag("p", f"Raw data followed: {size(exchange.stream_bytes)}."))
    return parts


# --- a terminal -----------------------------------------------------------------------------------

_COLUMNS = (
    Column("n", 5, right=True),
    Column("conn", 4, right=True),
    Column("at", 9, right=True),
    Column("time", 7, right=True),
    Column("command", 11),
    Column("request", 18, share=5),
    Column("reply", 10, share=2),
    Column("call site", 12, share=3),
)


def exchanges_table(exchanges: Iterable[Exchange], *, width: int = WIDTH) -> Iterator[str]:
    """Every exchange as a line of text (without its line end), the head first, as they come.

    ``at`` counts from the first exchange.
    """
    yield from table_lines(_COLUMNS, _rows(exchanges), width)


def _rows(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, ...]]:
    began: int | None = None
    for exchange in exchanges:
        if began is None:
            began = exchange.start_ns
        user = exchange.site.user if exchange.site else None
        called = exchange.site.function if exchange.site else ""
        yield (
            str(exchange.n),
            str(exchange.connection),
            f"{(exchange.start_ns - began) / 1e9:.4f}",
            duration(exchange.duration_ns),
            ("← " if exchange.channel == Channel.CALLBACK else "") + exchange.command,
            request_summary(exchange),
            reply_summary(exchange),
            f"{place(user)} {called}".strip(),
        )


# --- JSON -----------------------------------------------------------------------------------------


def json_line(exchange: Exchange, join: Join = NOT_JOINED) -> str:
    """One line, without its newline: what every turn has, and then ``channel``, ``command``, ``request``,
    ``reply``, ``request_bytes``, ``reply_bytes``, ``call_site`` and ``java``. These keys are a promise, too.

    ``request`` and ``reply`` are the text on the wire; a byte that isn't UTF-8 stands as ``\\xNN``. Of a very
    long one the middle is left out, and how many bytes that are stands there. ``request_bytes`` and
    ``reply_bytes`` are the sizes on the wire; the latter is 0 when there was no reply.
    ``call_site`` has the user's ``file``, ``line`` and ``code``, and the library's ``function``; it is
    null when there is none, as for what Py4J does by itself.
    """
    site = exchange.site
    line = site.user if site else None
    called = {"file": line.file, "line": line.line, "code": line.code} if line else None
    own: dict[str, object] = {
        "channel": exchange.channel,
        "command": exchange.command,
        "request": _wire_text(exchange.request),
        "reply": None if exchange.reply is None else _wire_text(exchange.reply),
        "request_bytes": exchange.request.size,
        "reply_bytes": 0 if exchange.reply is None else exchange.reply.size,
        "call_site": {**called, "function": site.function} if site and called else None,
        "java": [{"method": call.method, "duration_ns": call.duration_ns} for call in join.of(exchange)],
    }
    return turn_json_line(exchange, own)


def _wire_text(message: Message | Malformed) -> str:
    pieces, at = [], 0
    for gap in message.gaps:
        pieces += [_text(message.raw[at : gap.at]), f"{ELLIPSIS}{size(gap.size)} left out{ELLIPSIS}"]
        at = gap.at
    return "".join([*pieces, _text(message.raw[at:])])


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
