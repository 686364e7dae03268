"""The two-sided stack of an exchange: from the user's line down to the Spark method that ran.

Your line, the PySpark functions under it, Py4J's Python functions, the command on the wire, and in Java
the command's ``execute``, the gateway, the reflection engine, the method invoker and Spark's method. As
layers (data), as text and as HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from sparkwire.plain import duration, many, shorten, shorten_middle, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.words import request_summary, subject
from sparkwire.trace.java.calls import NO_JAVA, NOT_JOINED, Join
from sparkwire.trace.java.paths import depths, invoked_unseen, line, method
from sparkwire.trace.records import CallSite, JavaCall
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.text import WIDTH
from sparkwire.views.who import place
from sparkwire.wire.message import Message

ARROW = "→"

OWNERS = {
    "you": "your program",
    "spark-python": "PySpark",
    "py4j-python": "Py4J in Python",
    "python": "Python",
    "wire": "the wire",
    "py4j-java": "Py4J in Java",
    "jdk": "Java",
    "java": "Spark",
    "other-java": "other Java code",
    "not traced": "Java",
}
SPARK = "org.apache.spark."
"""Begins the names of Spark's classes."""
NOT_TRACED = "not among the traced methods"


@dataclass(frozen=True, slots=True)
class Layer:
    """One step on the way down."""

    owner: str
    """A key of ``OWNERS``: whose code it is, and so on which side."""
    what: str
    """The function, the method or the command."""
    where: str = ""
    """File and line, where they are known."""
    code: str = ""
    """The source line's text, where it is known."""
    duration_ns: int | None = None

    @property
    def side(self) -> str:
        """``python``, ``wire`` or ``java``."""
        if self.owner == "wire":
            return "wire"
        return "python" if self.owner in ("you", "spark-python", "py4j-python", "python") else "java"


def stack(exchange: Exchange, join: Join = NOT_JOINED) -> list[Layer]:
    """The layers of an exchange, from the user's line to the method that ran in Java.

    For a callback the Java side comes first, because Java asked.
    """
    python = _python(exchange.site) if exchange.site is not None else []
    return [*python, _wire(exchange), *_java(exchange, join)]


def _python(site: CallSite) -> list[Layer]:
    layers: list[Layer] = []
    frames = site.stack
    # What led to the user's own program (runpy, a notebook's machinery) says nothing about it.
    first = next((i for i, f in enumerate(frames) if not f.library), 0)
    started_by = [i for i, f in enumerate(frames) if f.function == "_run_code" and f.library]
    if started_by and started_by[-1] + 1 < len(frames) and not frames[started_by[-1] + 1].library:
        first = started_by[-1] + 1
    for frame in frames[first:]:
        if not frame.library:
            owner = "you"
        elif frame.file.startswith("py4j/"):
            owner = "py4j-python"
        elif frame.file.startswith("pyspark/"):
            owner = "spark-python"
        else:
            owner = "python"
        where = place(frame) if owner == "you" else f"{visible(frame.file)}:{frame.line}"
        layers.append(Layer(owner, visible(frame.function), where, visible(frame.code)))
    return layers


def _wire(exchange: Exchange) -> Layer:
    what, where = request_summary(exchange), f"connection {exchange.connection}"
    return Layer("wire", what, where, duration_ns=exchange.duration_ns)


def _java(exchange: Exchange, join: Join) -> list[Layer]:
    durations = {call.method: call.duration_ns for call in reversed(join.of(exchange))}
    layers = []
    for frame in join.path(exchange):
        name = method(frame)
        if name.startswith("py4j."):
            owner = "py4j-java"
        elif name.startswith(("java.", "jdk.", "sun.")):
            owner = "jdk"
        else:
            owner = "java" if name.startswith(SPARK) else "other-java"
        at = line(frame)
        layers.append(
            Layer(owner, visible(name), f"line {at}" if at else "", duration_ns=durations.get(name))
        )
    if invoked_unseen(join.of(exchange)):
        named = visible(subject(exchange))
        made = f"new {named}" if exchange.command == "constructor" else named
        layers.append(Layer("not traced", f"{made}()", NOT_TRACED))
    return layers


def _java_missing(exchange: Exchange, join: Join) -> str:
    """Why there is no Java side in this stack; empty when there is one."""
    return "" if join.of(exchange) else visible(join.reason or NO_JAVA)


def stack_text(exchange: Exchange, join: Join = NOT_JOINED, *, width: int = WIDTH) -> str:
    """The stack as lines of text: whose code, what, where, the time; the source line under it."""
    lines = []
    room = max(width - 18, 20)
    shown_for = ""
    for layer in stack(exchange, join):
        owner = OWNERS[layer.owner]
        head = "" if owner == shown_for else owner
        shown_for = owner
        details = [layer.where] if layer.where else []
        if layer.duration_ns is not None:
            details.append(duration(layer.duration_ns))
        said = layer.what + (f"  ({', '.join(details)})" if details else "")
        lines.append(f"{head:<16}  {shorten_middle(said, room)}")
        if layer.code:
            lines.append(f"{'':16}      {shorten(layer.code, room - 4)}")
    missing = _java_missing(exchange, join)
    if missing:
        lines.append(f"{'Java':<16}  {missing}")
    return "\n".join(lines) + "\n"


def stack_html(exchange: Exchange, join: Join = NOT_JOINED, *, brief: bool = False) -> Html:
    """The stack as an ordered list: each run of layers names its owner, and its class tells the side.

    ``brief`` writes Py4J's and the JDK's own layers, which are much the same for every exchange, as one
    line of short names.
    """
    # Each side by itself: no run of layers goes on beyond the wire between them.
    parts: list[Html] = [_python_html(exchange.site, brief)] if exchange.site is not None else []
    parts += _layer_items([_wire(exchange)])
    missing = _java_missing(exchange, join)
    parts.append(_missing_html(missing) if missing else _side_html(_java(exchange, join), brief))
    return tag("ol", *parts, class_="sw-s")


@lru_cache(maxsize=256)  # a line of a program causes many exchanges
def _python_html(site: CallSite, brief: bool) -> Html:
    return _side_html(_python(site), brief)


@lru_cache(maxsize=8)
def _missing_html(reason: str) -> Html:
    return tag("li", tag("b", "Java"), " ", reason, class_="j")


def _side_html(layers: list[Layer], brief: bool) -> Html:
    """The layers of one side, as items of the list."""

    def owner_of(layer: Layer) -> str:
        return "py4j-java" if brief and layer.owner == "jdk" else layer.owner

    items: list[Html] = []
    for owner, run in groupby(layers, owner_of):
        if brief and owner.startswith("py4j"):
            items.append(_brief_item(owner, list(run)))
        else:
            items += _layer_items(list(run))
    return markup.join(items)


def _brief_item(owner: str, run: list[Layer]) -> Html:
    side = run[0].side[0]
    short = simple_method if side == "j" else str
    names = f" {ARROW} ".join(dict.fromkeys(short(layer.what) for layer in run))
    return tag("li", tag("b", OWNERS[owner]), " ", tag("code", names), class_=side)


def _layer_items(run: list[Layer]) -> list[Html]:
    """Layers of one owner, whose name stands before the first."""
    side = run[0].side[0]
    first, *others = run
    items = [tag("li", tag("b", OWNERS[first.owner]), " ", *_layer_html(first), class_=side)]
    return items + [tag("li", *_layer_html(layer), class_=side) for layer in others]


def _layer_html(layer: Layer) -> list[str]:
    parts: list[str] = [tag("code", shorten_middle(layer.what, 160))]
    details = [layer.where] if layer.where else []
    if layer.duration_ns is not None:
        details.append(duration(layer.duration_ns))
    if details:
        parts += [" ", tag("small", " · ".join(details))]
    if layer.code:
        parts += [tag("br"), tag("code", shorten(layer.code, 120))]
    return parts


def calls_html(exchange: Exchange, join: Join = NOT_JOINED, *, most: int = 80) -> Html:
    """What the Spark method called in turn, as far as it was traced: a ``<details>``; empty when nothing."""
    inner = inner_calls(exchange, join)
    if not inner:
        return EMPTY
    items = (
        tag(
            "li",
            tag("code", shorten_middle(visible(call.method), 160)),
            " ",
            tag("small", duration(call.duration_ns)),
            class_="j",
            style=f"padding-left:{0.5 + 0.8 * min(depth, 12):.1f}rem",
        )
        for depth, call in inner[:most]
    )
    left = len(inner) - most
    return tag(
        "details",
        tag("summary", f"What it called in Java: {many(len(inner), 'traced call')}"),
        tag("ol", *items, class_="sw-s"),
        tag("p", f"And {many(left, 'more call')}.") if left > 0 else EMPTY,
        class_="sw-y",
    )


def inner_calls(exchange: Exchange, join: Join) -> list[tuple[int, JavaCall]]:
    """The traced calls within the method that Python reached: depth (from 0) and call, by start."""
    target = join.target(exchange)
    if target is None:
        return []
    calls = join.of(exchange)
    nesting = depths(calls)
    at = next(i for i, call in enumerate(calls) if call is target)
    found = []
    for i in range(at + 1, len(nesting)):
        if nesting[i] <= nesting[at]:
            break
        found.append((nesting[i] - nesting[at] - 1, calls[i]))
    return found


def simple_method(full: str) -> str:
    """``SparkContext.setCheckpointDir`` of a method's full name with its parameter types."""
    owner, _, called = visible(method(full)).partition("(")[0].rpartition(".")
    simple = owner.rpartition(".")[2]
    return f"new {simple}" if called == "<init>" else f"{simple}.{called}"


def call_command_print(exchange: Exchange) -> str:
    """What prints in Py4J's ``CallCommand.execute`` would say of this command, from its decoded fields.

    Raises ``ValueError`` when the exchange is no call: only ``CallCommand`` held those prints.
    """
    request = exchange.request
    if not isinstance(request, Message) or request.command != "call":
        raise ValueError(f"exchange {exchange.n} is no call but {exchange.command}")
    code, target, called = (
        request.field(part) for part in ("command code", "target object id", "method name")
    )
    if code is None or target is None or called is None:
        raise ValueError(f"exchange {exchange.n} is a callback: Java's CallCommand did not read it")
    said = f"commandName: {code.value} / target object id: {target.value} / methodName: {called.value}"
    return f"In execute for CallCommand, {visible(said)}"
