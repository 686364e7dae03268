"""The gateway wire's reference as HTML: each entry of the code table with a message that was really sent.

An entry shows its layout, its meaning, who handles it, and the captured message byte by byte. Everything is
folded, and every entry and field has a permalink.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guide.reference.entries import SECTIONS, Capture, Entry, entries
from sparkwire import views
from sparkwire.views import Html, tag


def reference_html(section: str, captured: Mapping[str, Capture]) -> Html:
    """One section of the reference, as an HTML fragment. Raises ``ValueError`` for an unknown section."""
    if section not in SECTIONS:
        raise ValueError(f"there is no section {section!r}: there are {', '.join(SECTIONS)}")
    items = [_entry(entry, captured) for entry in entries() if entry.section == section]
    return views.framed(tag("ol", *items, class_="sw-t"))


def _entry(entry: Entry, captured: Mapping[str, Capture]) -> Html:
    shown = [
        _captured(captured.get(key), what, f"{entry.id}-{number}-")
        for number, (key, what) in enumerate(entry.needs, 1)
    ]
    return entry_html(entry, shown)


def entry_html(entry: Entry, shown: Iterable[Html]) -> Html:
    """An entry, folded, with what shows it."""
    layout = [
        tag("li", tag("b", name), " ", tag("code", form), f" {meaning}")
        for name, form, meaning in entry.layout
    ]
    facts = views.join([views.join([f"{what} ", tag("code", who)]) for what, who in entry.facts], " · ")
    return tag(
        "li",
        tag("a", entry.code, href=f"#{entry.id}"),
        tag(
            "details",
            tag("summary", tag("b", entry.title), f" {entry.meaning}"),
            tag(
                "div",
                tag("p", tag("b", "Layout")),
                tag("ul", *layout, class_="sw-f"),
                tag("p", facts, class_="sw-v"),
                *shown,
                id=entry.id,
            ),
        ),
        class_="sw-x",
    )


def _captured(capture: Capture | None, what: str, prefix: str) -> Html:
    """The message that shows an entry, and what came back; ids within it begin with ``prefix``."""
    if capture is None:
        return tag("p", "No message of this kind was captured.")
    message, exchange = capture.message, capture.exchange
    where = f"{what[:1].upper()}{what[1:]}, captured" if what else "Captured"
    said = [f"{where} in exchange {exchange.n}, sent by {capture.sender}"]
    if not capture.asks:
        said += [", in answer to ", tag("code", views.request_summary(exchange))]
    shown = [tag("p", *said, ":"), views.message_html(message, prefix)]
    if capture.asks:
        if exchange.reply is None:
            shown.append(tag("p", "There is no reply."))
        else:
            shown.append(views.message_html(exchange.reply, f"{prefix}r"))
        if exchange.stream_bytes:
            shown.append(tag("p", f"Raw data followed: {views.size(exchange.stream_bytes)}."))
    return views.join(shown)
