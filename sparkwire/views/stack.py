"""The two-sided stack of an exchange: from the user's line down to the Spark method that ran.

Your line, the PySpark functions under it, Py4J's Python functions, the command on the wire, and in Java
the command's ``execute``, the gateway, the reflection engine, the method invoker and Spark's method. As
layers (data), as text and as HTML. It imports the trace's model and paths, and the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.trace.java.paths import depths, line, method, path, target_call
from sparkwire.trace.records import JavaCall
from sparkwire.views import text
from sparkwire.views.text import escape, simple_method
from sparkwire.wire.message import Message

ARROW = "→"
NO_JAVA = "The Java methods of this exchange were not recorded."

OWNERS = {
    "you": "your program",
    "spark-python": "PySpark",
    "py4j-python": "Py4J in Python",
    "python": "Python",
    "wire": "the wire",
    "py4j-java": "Py4J in Java",
    "jdk": "Java",
    "java": "Spark",
}


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
        return "java" if self.owner in ("py4j-java", "jdk", "java") else "python"


def stack(exchange: Exchange) -> list[Layer]:
    """The layers of an exchange, from the user's line to the method that ran in Java.

    For a callback the Java side comes first, because Java asked.
    """
    wire = Layer(
        "wire",
        text.request_summary(exchange),
        f"connection {exchange.connection}",
        duration_ns=exchange.duration_ns,
    )
    return [*_python(exchange), wire, *_java(exchange)]


def _python(exchange: Exchange) -> list[Layer]:
    layers: list[Layer] = []
    if exchange.site is None:
        return layers
    frames = list(exchange.site.stack)
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
        where = text.place(frame) if owner == "you" else f"{text.visible(frame.file)}:{frame.line}"
        layers.append(Layer(owner, text.visible(frame.function), where, text.visible(frame.code)))
    return layers


def _java(exchange: Exchange) -> list[Layer]:
    durations = {call.method: call.duration_ns for call in reversed(exchange.java)}
    layers = []
    for frame in path(exchange):
        name = method(frame)
        if name.startswith("py4j."):
            owner = "py4j-java"
        elif name.startswith(("java.", "jdk.", "sun.")):
            owner = "jdk"
        else:
            owner = "java"
        at = line(frame)
        layers.append(
            Layer(owner, text.visible(name), f"line {at}" if at else "", duration_ns=durations.get(name))
        )
    return layers


def java_missing(exchange: Exchange, reason: str | None) -> str:
    """Why there is no Java side in this stack; empty when there is one."""
    return "" if exchange.java else text.visible(reason or NO_JAVA)


def stack_text(exchange: Exchange, *, java_reason: str | None = None, width: int = 100) -> str:
    """The stack as lines of text: whose code, what, where, the time; the source line under it."""
    lines = []
    room = max(width - 18, 20)
    shown_for = ""
    for layer in stack(exchange):
        owner = OWNERS[layer.owner]
        head = "" if owner == shown_for else owner
        shown_for = owner
        details = [layer.where] if layer.where else []
        if layer.duration_ns is not None:
            details.append(text.duration(layer.duration_ns))
        said = layer.what + (f"  ({', '.join(details)})" if details else "")
        lines.append(f"{head:<16}  {text.shorten_middle(said, room)}")
        if layer.code:
            lines.append(f"{'':16}      {text.shorten(layer.code, room - 4)}")
    missing = java_missing(exchange, java_reason)
    if missing:
        lines.append(f"{'Java':<16}  {missing}")
    return "\n".join(lines) + "\n"


def stack_html(exchange: Exchange, *, java_reason: str | None = None, brief: bool = False) -> str:
    """The stack as an ordered list: each run of layers names its owner, and its class tells the side.

    ``brief`` writes Py4J's and the JDK's own layers, which are much the same for every exchange, as one
    line of short names.
    """
    items = []
    for owner, run in groupby(
        stack(exchange), key=lambda layer: "py4j-java" if brief and layer.owner == "jdk" else layer.owner
    ):
        layers = list(run)
        head = f"<b>{OWNERS[owner]}</b> "
        side = layers[0].side[0]
        if brief and owner.startswith("py4j"):
            short = simple_method if side == "j" else str
            names = f" {ARROW} ".join(dict.fromkeys(escape(short(layer.what)) for layer in layers))
            items.append(f"<li class={side}>{head}<code>{names}</code></li>")
            continue
        for layer in layers:
            items.append(f"<li class={side}>{head}{_layer_html(layer)}</li>")
            head = ""
    missing = java_missing(exchange, java_reason)
    if missing:
        items.append(f"<li class=j><b>Java</b> {escape(missing)}</li>")
    return f"<ol class=sw-s>{''.join(items)}</ol>"


def _layer_html(layer: Layer) -> str:
    details = [escape(layer.where)] if layer.where else []
    if layer.duration_ns is not None:
        details.append(text.duration(layer.duration_ns))
    small = f" <small>{' · '.join(details)}</small>" if details else ""
    code = f"<br><code>{escape(text.shorten(layer.code, 120))}</code>" if layer.code else ""
    return f"<code>{escape(text.shorten_middle(layer.what, 160))}</code>{small}{code}"


def calls_html(exchange: Exchange, *, most: int = 80) -> str:
    """What the Spark method called in turn, as far as it was traced: a ``<details>``; empty when nothing."""
    inner = inner_calls(exchange)
    if not inner:
        return ""
    items = [
        f"<li class=j style=padding-left:{0.5 + 0.8 * min(depth, 12):.1f}rem><code>"
        f"{escape(text.shorten_middle(text.visible(call.method), 160))}</code> "
        f"<small>{text.duration(call.duration_ns)}</small></li>"
        for depth, call in inner[:most]
    ]
    left = len(inner) - most
    more = f"<p>And {text.many(left, 'more call')}.</p>" if left > 0 else ""
    counted = text.many(len(inner), "traced call")
    return (
        f"<details class=sw-y><summary>What it called in Java: {counted}</summary>"
        f"<ol class=sw-s>{''.join(items)}</ol>{more}</details>"
    )


def inner_calls(exchange: Exchange) -> list[tuple[int, JavaCall]]:
    """The traced calls within the method that Python reached: depth (from 0) and call, by start."""
    target = target_call(exchange)
    if target is None:
        return []
    nesting = depths(exchange.java)
    at = next(i for i, call in enumerate(exchange.java) if call is target)
    found = []
    for i in range(at + 1, len(nesting)):
        if nesting[i] <= nesting[at]:
            break
        found.append((nesting[i] - nesting[at] - 1, exchange.java[i]))
    return found


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
    return f"In execute for CallCommand, {text.visible(said)}"
