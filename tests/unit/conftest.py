"""Exchanges for the views' tests, made from bytes on the wire by the real decoder and pairing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from sparkwire.trace.gateway.exchanges import Exchange, ExchangeBuilder
from sparkwire.trace.records import CallSite, Channel, Chunk, Closed, Frame, Opened, Site, ThreadName
from sparkwire.wire.message import Direction

LINE = Frame("/home/ann/program.py", 3, "<module>", 'sc.setCheckpointDir("here")', False)
SITE = CallSite(
    (
        LINE,
        Frame(
            "pyspark/core/context.py",
            2112,
            "SparkContext.setCheckpointDir",
            "self._jsc.sc().setCheckpointDir(dirName)",
            True,
        ),
        Frame(
            "py4j/clientserver.py",
            527,
            "ClientServerConnection.send_command",
            "self.socket.sendall(command)",
            True,
        ),
    )
)


def _converse(
    *said: tuple[bytes, bytes | None],
    channel: Channel = Channel.GATEWAY,
    site: CallSite | None = SITE,
    thread: str = "MainThread",
) -> list[Exchange]:
    """The exchanges of one connection on which these requests and replies crossed, 1 ms apart."""
    to, back = Direction.TO_JAVA, Direction.TO_PYTHON
    if channel == Channel.CALLBACK:
        to, back = back, to
    builder = ExchangeBuilder()
    done = builder.feed(Opened(1, channel, 1234, 25333, 0))
    done += builder.feed(ThreadName(7, thread))
    if site is not None:
        done += builder.feed(Site(1, site))
    now = 1_000_000_000
    for request, reply in said:
        done += builder.feed(Chunk(1, to, now, 7, 1 if site is not None else 0, request))
        if reply is not None:
            done += builder.feed(Chunk(1, back, now + 1_000_000, 7, 0, reply))
        now += 2_000_000
    return done + builder.feed(Closed(1, now)) + builder.end()


class Outline(HTMLParser):
    """Reads HTML strictly: every element that needs an end tag must have it, in order."""

    VOID = frozenset({"br", "meta", "wbr"})
    PHRASING_ONLY = frozenset({"summary", "p", "code", "small", "b", "i", "a", "h1", "h2"})
    BLOCKS = frozenset({"div", "p", "ol", "ul", "li", "details", "table", "pre", "h1", "h2"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs), f"an attribute twice in {self.get_starttag_text()}"
        assert not (tag in self.BLOCKS and self.PHRASING_ONLY & set(self.open)), f"<{tag}> inside {self.open}"
        if tag == "a":
            assert "a" not in self.open and "summary" not in self.open
        self.elements.append((tag, named))
        if "id" in named:
            self.ids.append(str(named["id"]))
        if "href" in named:
            self.links.append(str(named["href"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> where {self.open} is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def _check(html: str) -> Outline:
    """The outline of sound HTML: balanced, ids unique, links within it have their target, nothing foreign."""
    outline = Outline(html)
    assert len(outline.ids) == len(set(outline.ids)), "an id stands twice"
    for link in outline.links:
        assert link.startswith("#") and link[1:] in outline.ids, f"{link} leads nowhere"
    for _, attributes in outline.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
    return outline


@pytest.fixture
def converse():
    """``converse((request, reply), ..., channel=, site=, thread=)``: the exchanges of one connection."""
    return _converse


@pytest.fixture
def check():
    """``check(html)``: reads HTML strictly, fails on what is not sound, and gives its outline."""
    return _check
