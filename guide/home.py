"""The picture on the home page: one exchange that was recorded while the site was built, under way.

The request moves from Python to Java and the reply back, once, by style alone (``_static/site.css``). A
reader who wants less motion, and a printer, get both where they end.
"""

from __future__ import annotations

from sparkwire import Exchange, Recording, views
from sparkwire.views import Html, tag

MOST_SHOWN = 60
"""Characters of a message."""


def under_way(recording: Recording, exchange: Exchange) -> Html:
    """Python's line with its request, and Java's method with its reply.

    Raises ``ValueError`` where the recording lacks the line, the Java method or the reply.
    """
    line = exchange.site.user if exchange.site else None
    method = recording.target(exchange)
    if line is None or not method or exchange.reply is None:
        raise ValueError("this exchange has no line, no Java method or no reply to show")
    took = views.duration(exchange.duration_ns)
    request, reply = _text(exchange.request.raw), _text(exchange.reply.raw)
    told = f"Python sends {request}. Java runs {_short(method)} and answers {reply}."
    return tag(
        "figure",
        _side("Python", line.code, "your process"),
        tag(
            "div",
            _message("there", "request", request),
            _message("back", "reply", reply),
            class_="move-wire",
        ),
        _side("Java", _short(method), f"the driver's JVM, in {took}"),
        class_="move",
        role="group",
        aria_label=told,
    )


def _side(who: str, code: str, what: str) -> Html:
    return tag("div", tag("b", who), tag("code", code), tag("small", what), class_="move-side")


def _message(way: str, what: str, text: str) -> Html:
    return tag("p", tag("small", what), tag("code", text), class_=f"move-{way}")


def _text(raw: bytes) -> str:
    """The bytes as a Python programmer writes them, without the quotes."""
    return views.shorten(repr(raw)[2:-1], MOST_SHOWN)


def _short(method: str) -> str:
    """``Dataset.count()`` for a fully qualified method."""
    name, _, rest = method.partition("(")
    return ".".join(name.split(".")[-2:]) + "(" + rest
