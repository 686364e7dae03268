"""Spark Connect's calls as pictures: a sequence diagram, a list of calls that open, and a plan as a table.

The diagram is a Mermaid sequence with the client on the left and the server on the right, and a note for each
of the user's lines. A stream of responses is one arrow that says what came in it. What the client does in
threads of its own is drawn at its end, as one arrow of another kind: nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from google.protobuf import text_format

from guide.connect.calls import GrpcCall, Proto, answered, asked
from guide.connect.plan import PlanNode, plan_of
from sparkwire import Exchange, views
from sparkwire.views import EMPTY, Html, label, tag

NOTE_SHOWN = 46
"""Characters of the user's line in a note, as in the diagrams of the gateway's wire."""
LINES_SHOWN = 60
"""Lines of a message's text that are drawn; of more, the number."""
VALUE_SHOWN = 160
"""Characters of such a line: a batch's data or a pickled function is one line."""


def connect_sequence(calls: Iterable[GrpcCall], title: str = "") -> str:
    """A Mermaid sequence diagram of the calls, one by one, those in the background counted."""
    lines = ["sequenceDiagram"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    lines += [
        "    participant P as Python<br/>Spark Connect client",
        "    participant S as JVM<br/>Spark Connect server",
    ]
    noted = None
    behind: dict[str, list[GrpcCall]] = {}
    for call in calls:
        if call.background:
            behind.setdefault(call.method, []).append(call)
            continue
        if call.line != noted and call.line is not None:
            noted = call.line
            code = f"<br/>{label(noted.code, NOTE_SHOWN)}" if noted.code else ""
            lines.append(f"    Note over P,S: line {noted.line}{code}")
        lines.append(
            f"    P->>S: {label(f'{call.method}: {call.asks}')}<br/>{label(views.size(call.bytes_sent))}"
        )
        arrow = "--x" if call.failed else "-->>"
        lines.append(f"    S{arrow}P: {label(call.says)}<br/>{label(views.size(call.bytes_received))}")
    for method, found in behind.items():
        sent = sum(call.bytes_sent for call in found)
        lines.append("    Note over P,S: meanwhile, in the client's own threads")
        lines.append(f"    P-)S: {label(f'{method} ×{len(found)}')}<br/>{label(views.size(sent))}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """Round trips, and the bytes of their messages each way."""

    trips: int = 0
    sent: int = 0
    received: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.trips + other.trips, self.sent + other.sent, self.received + other.received)


def connect_cost(calls: Iterable[GrpcCall]) -> Cost:
    """What the calls cost: each is a round trip, whether its responses are one or a stream."""
    return sum((Cost(1, call.bytes_sent, call.bytes_received) for call in calls), Cost())


def classic_cost(exchanges: Iterable[Exchange]) -> Cost:
    """What exchanges with a gateway cost."""
    return sum(
        (Cost(1, one.request.size, 0 if one.reply is None else one.reply.size) for one in exchanges), Cost()
    )


def call_html(call: GrpcCall, prefix: str, *, opened: bool = False) -> Html:
    """One call as an item of a list: what it asks and says, and inside, its plan and its messages.

    ``prefix`` begins the ids within it, which must differ from all others of the page.
    """
    target = f"{prefix}-c{call.n}"
    plan = plan_of(call)
    summary = tag(
        "summary",
        _code(f"{call.method}: {views.shorten(call.asks, 90)}"),
        " → ",
        _code(views.shorten(call.says, 110)),
        " ",
        tag("small", f"{views.size(call.bytes_sent)}, {views.size(call.bytes_received)} back"),
    )
    inside = tag(
        "div",
        tag("p", views.join(_circumstances(call), " ")),
        plan_html(plan) if plan is not None else EMPTY,
        *(_message("Request", asked(one), one) for one in call.requests),
        *(_message("Response", answered(one), one) for one in call.responses),
        id=target,
    )
    details = tag("details", summary, inside, open=opened, class_="sw-e" if call.failed else False)
    return tag("li", tag("a", f"#{call.n}", href=f"#{target}"), details, class_="sw-x")


def calls_html(calls: Sequence[GrpcCall], prefix: str, *, opened: bool = False) -> Html:
    """Calls as a list whose items open; those of the client's own threads are in one item at its end."""
    mine = [call_html(call, prefix, opened=opened) for call in calls if not call.background]
    others = [call for call in calls if call.background]
    shown = tag("ol", *mine, class_="sw-t")
    if others:
        cost = connect_cost(others)
        said = f"{views.many(len(others), 'call')} in the client's own threads"
        summary = tag(
            "summary",
            tag("b", said),
            " ",
            tag("small", f"{views.size(cost.sent)}, {views.size(cost.received)} back"),
        )
        inner = tag("ol", *(call_html(call, prefix) for call in others), class_="sw-t")
        shown = views.join([shown, tag("details", summary, inner, class_="sw-y")])
    return views.framed(shown)


def plan_html(plan: PlanNode) -> Html:
    """A plan as a table: each relation below the one that it's an input of, with the user's lines."""
    rows = [
        views.row(
            tag("code", "\u00a0\u00a0" * depth + ("└ " if depth else "") + views.visible(node.name)),
            views.join([_code(one) for one in node.details], tag("br")),
            views.join([views.escape(views.visible(one)) for one in node.lines], tag("br")),
            head=True,
        )
        for depth, node in plan.walk()
    ]
    return views.table("The plan", ("Plan", "What it says", "Your line"), rows, "sw-map sw-plan")


def message_text(message: Proto) -> str:
    """A message as protobuf's own text, long values and long texts cut with a word about what is left out."""
    lines = text_format.MessageToString(message).splitlines()
    shown = [views.shorten(views.visible(line), VALUE_SHOWN) for line in lines[:LINES_SHOWN]]
    if len(lines) > LINES_SHOWN:
        shown.append(f"… and {views.many(len(lines) - LINES_SHOWN, 'more line')}")
    return "\n".join(shown)


def _circumstances(call: GrpcCall) -> list[str]:
    said: list[str] = []
    if call.line is not None:
        line = f"line {call.line.line}: "
        where = f"{views.visible(call.line.file)}, {line}" if call.line.file else line.capitalize()
        said.append(views.join([where, _code(call.line.code)]))
    elif call.background:
        said.append("The client made this call in a thread of its own.")
    if call.failed:
        status = views.join(["The server answered with the status ", _code(call.status)])
        said.append(views.join([status, ": ", views.visible(call.reason)]) if call.reason else status)
    return said


def _message(what: str, said: str, message: Proto) -> Html:
    summary = tag(
        "summary",
        f"{what}: ",
        _code(said),
        " ",
        tag("small", views.size(message.ByteSize())),
    )
    return tag("details", summary, tag("pre", tag("code", message_text(message)), tabindex=0), class_="sw-y")


def _code(text: str) -> Html:
    return tag("code", views.visible(text))
