"""Sequence diagrams, as Mermaid source.

``sequence`` draws a folded trace so that it fits on one screen: a note for each of the user's lines, one
message for each thing that was done for it, with counts; single exchanges with their replies where there
is room. ``sequence_of`` draws exchanges one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sparkwire.plain import duration, many
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import Phase, Step
from sparkwire.trace.gateway.words import reply_summary, short_request, why_no_reply
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel, Frame, JavaCall, connection_name
from sparkwire.views.mermaid import TEXT_SHOWN, label
from sparkwire.views.stack import SPARK, simple_method
from sparkwire.views.who import asker, nobody, place

MOST = 14
"""Messages that fit on one screen."""
HARD_MOST = 60
"""Messages that a diagram holds at most, for programs of many lines."""
NOTE_SHOWN = 46
"""Characters of the user's line in a note."""

_NAMED_BY_TITLE = frozenset({Phase.CONFIGURE, Phase.CALL, Phase.CALLBACK, Phase.LOOK_UP})
"""Phases whose titles are a list of names only."""
_HOUSEKEEPING = frozenset({Phase.AUTHENTICATE, Phase.RELEASE, Phase.SHUT_DOWN})


@dataclass(slots=True)
class Group:
    """Steps with one line, phase and thread: one message, or the exchanges themselves."""

    phase: Phase
    line: Frame | None
    thread: str
    connection: int
    steps: list[Step] = field(default_factory=list)
    open: bool = False
    """Draw its exchanges one by one."""
    longest: JavaCall | None = None
    """A call into Spark to draw with it."""

    @property
    def count(self) -> int:
        return sum(step.count for step in self.steps)

    @property
    def duration_ns(self) -> int:
        return sum(step.duration_ns for step in self.steps)

    @property
    def exchanges(self) -> list[Exchange]:
        return [exchange for step in self.steps for exchange in step.exchanges]

    def messages(self, join: Join) -> int:
        """How many messages it takes when it is open."""
        return sum(2 + (join.target(e) is not None) for e in self.exchanges)


def sequence(steps: Iterable[Step], join: Join = NOT_JOINED, *, most: int = MOST, title: str = "") -> str:
    """A Mermaid sequence diagram of folded steps, in about ``most`` messages.

    What ran beyond the gateway is a participant where it is known.
    """
    groups = grouped(steps)
    if not any(join.target(e) for group in groups for e in group.exchanges[:50]):
        join = NOT_JOINED
    drawn = groups[:HARD_MOST]
    spend(drawn, most - len(drawn), join)
    canvas = Canvas(join, title, users_file(drawn))
    for group in drawn:
        canvas.note(group.line, group.thread, group.connection)
        if group.open:
            for exchange in group.exchanges:
                canvas.exchange(exchange)
        else:
            canvas.group(group)
    if len(groups) > len(drawn):
        canvas.left_out(sum(g.count for g in groups[len(drawn) :]))
    return canvas.source()


def spend(groups: Sequence[Group], room: int, join: Join) -> None:
    """Choose which groups are drawn in more than one message, while there is room."""
    telling = [group for group in groups if group.phase not in _HOUSEKEEPING]
    # The least first: a single exchange says most when it is drawn whole. Of equals, the later one.
    for group in sorted(reversed(telling), key=lambda g: g.count):
        cost = group.messages(join) - 1
        if group.count == len(group.exchanges) <= 3 and cost <= room:
            group.open = True
            room -= cost
    # Then the longest call into Spark of those that take longest.
    for group in sorted(telling, key=lambda g: -g.duration_ns):
        if not group.open and room > 0:
            ran = [call for exchange in group.exchanges if (call := join.target(exchange))]
            group.longest = max(ran, key=lambda call: call.duration_ns, default=None)
            room -= group.longest is not None


def sequence_of(
    exchanges: Iterable[Exchange], join: Join = NOT_JOINED, *, most: int = 500, title: str = ""
) -> str:
    """A Mermaid sequence diagram of exchanges, one by one; beyond ``most`` it says how many are left out."""
    kept: list[Exchange] = []
    left = 0
    for exchange in exchanges:
        if len(kept) < most:
            kept.append(exchange)
        else:
            left += 1
    user = next((e.site.user for e in kept if e.site and e.site.user), None)
    if not any(map(join.target, kept)):
        join = NOT_JOINED
    canvas = Canvas(join, title, user)
    asked_during = {exchange.parent for exchange in kept}
    unanswered: list[Exchange] = []  # the innermost last: its answer comes after what was asked during it
    for exchange in kept:
        while unanswered and unanswered[-1].n != exchange.parent:
            canvas.answer(unanswered.pop())
        line = exchange.site.user if exchange.site else None
        if line is not None or not unanswered:
            canvas.note(line, exchange.thread, exchange.connection)
        canvas.ask(exchange)
        if exchange.n in asked_during:
            unanswered.append(exchange)
        else:
            canvas.answer(exchange)
    while unanswered:
        canvas.answer(unanswered.pop())
    if left:
        canvas.left_out(left)
    return canvas.source()


def grouped(steps: Iterable[Step]) -> list[Group]:
    """Steps of one line that alternate (read an array, call, read again) become one message each."""
    groups: dict[tuple[object, ...], Group] = {}
    for step in steps:
        # With no line to stand together for, a relay's steps stay in their order.
        relayed = step.thread == connection_name(step.connection)
        key = (step.phase, step.line, step.thread, len(groups) if relayed else 0)
        group = groups.setdefault(key, Group(step.phase, step.line, step.thread, step.connection))
        group.steps.append(step)
    # A line's groups stand together; threads that Py4J runs by itself come where they began.
    order: dict[tuple[object, ...], int] = {}
    for group in groups.values():
        order.setdefault((group.line, group.thread), len(order))
    return sorted(groups.values(), key=lambda g: order[(g.line, g.thread)])


def users_file(groups: Sequence[Group]) -> Frame | None:
    return next((group.line for group in groups if group.line is not None), None)


class Canvas:
    """The diagram's source, line by line. The called methods are drawn unless ``join`` is ``NOT_JOINED``.

    ``gateway`` is what stands above the driver's JVM.
    """

    def __init__(
        self, join: Join, title: str, user: Frame | None, gateway: str = "JVM<br/>Py4J gateway"
    ) -> None:
        self._join = join
        self._last: object = None
        file = place(user).rpartition(":")[0] if user else ""
        # The drawing of a page takes its name for screen readers from accTitle.
        self._head = ["sequenceDiagram"]
        if title:
            self._head.append(f"    accTitle: {label(title, 80)}")
        # Few and short: a phone shows two of them side by side without scrolling.
        self._head += [
            f"    participant P as Python<br/>{label(file or 'your program', 30)}",
            f"    participant G as {gateway}",
        ]
        self._only_spark = True
        """Whether all methods that are drawn are Spark's."""
        self.lines: list[str] = []
        self.participants: list[str] = []
        """Further ones, in their order."""

    def note(self, line: Frame | None, thread: str, connection: int) -> None:
        """Say which line of the user's, or which thread of Py4J's, the following is done for."""
        if (line, thread) == self._last:
            return
        self._last = (line, thread)
        other = asker(thread, connection)
        if line is not None:
            # Two short lines: a note is no wider than its text, and must not be wider than the parties.
            said = f"line {line.line}" + (f" ({other})" if other else "")
            code = f"<br/>{label(line.code, NOTE_SHOWN)}" if line.code else ""
            self.lines.append(f"    Note over P,G: {label(said, 60)}{code}")
        else:
            said = nobody(thread, connection)
            said += f": {other}" if other not in ("", said) else ""
            self.lines.append(f"    Note over P,G: {label(said, 60)}")

    def group(self, group: Group, alone: Sequence[Exchange] = ()) -> None:
        """The exchanges of a group as one message, but for some that are drawn alone."""
        source, target = ("G", "P") if group.phase is Phase.CALLBACK else ("P", "G")
        time = group.duration_ns - sum(exchange.duration_ns or 0 for exchange in alone)
        counted = f"{many(group.count - len(alone), 'round trip')}, {duration(max(time, 0))}"
        errors = sum(step.errors for step in group.steps) - sum(exchange.failed for exchange in alone)
        arrow = "-x" if errors > 0 else "->>"
        said = label(phase_title(group.phase, group_title(group.steps)), TEXT_SHOWN)
        self.lines.append(f"    {source}{arrow}{target}: {said}<br/>{label(counted)}")
        if group.longest is not None:
            self.ran(group.longest)

    def ran(self, call: JavaCall) -> None:
        self._only_spark &= call.method.startswith(SPARK)
        said = f"{simple_method(call.method)} · {duration(call.duration_ns)}"
        self.lines.append(f"    G->>S: {label(said)}")

    def exchange(self, exchange: Exchange) -> None:
        self.ask(exchange)
        self.answer(exchange)

    def ask(self, exchange: Exchange) -> None:
        source, target = _ends(exchange)
        arrow = "-x" if exchange.unsent else "->>"
        self.lines.append(f"    {source}{arrow}{target}: {label(short_request(exchange))}")
        if (ran := self._join.target(exchange)) is not None:
            self.ran(ran)

    def answer(self, exchange: Exchange) -> None:
        if exchange.reply is None:
            # Nothing crossed the wire, so there is no arrow.
            if why := why_no_reply(exchange):
                self.lines.append(f"    Note over P,G: {label(why, 60)}")
            return
        source, target = _ends(exchange)
        arrow = "--x" if exchange.failed else "-->>"
        ran = self._join.target(exchange) is not None
        took = f" · {duration(exchange.duration_ns)}" if not ran and exchange.duration_ns else ""
        said = label(reply_summary(exchange) + took)
        self.lines.append(f"    {target}{arrow}{source}: {said}")

    def left_out(self, count: int) -> None:
        said = f"and {many(count, 'more round trip')}"
        self.lines.append(f"    Note over P,G: {label(said)}")

    def source(self) -> str:
        lines = [*self._head, *self.participants]
        if self._join is not NOT_JOINED:
            lines.append(f"    participant S as JVM<br/>{'Spark' if self._only_spark else 'called methods'}")
        return "\n".join(lines + self.lines) + "\n"


def _ends(exchange: Exchange) -> tuple[str, str]:
    """Who asks, and who is asked."""
    return ("G", "P") if exchange.channel == Channel.CALLBACK else ("P", "G")


def group_title(steps: Sequence[Step]) -> str:
    """What several steps of one phase did, in a few words."""
    if len(steps) == 1:
        return steps[0].title
    whole = Step(steps[0].phase, steps[0].line, steps[0].thread, steps[0].connection, steps[0].start_ns)
    whole.count = sum(step.count for step in steps)
    for step in steps:
        whole.exchanges += step.exchanges
    return whole.title


def phase_title(phase: Phase, title: str) -> str:
    """A step's title with its phase's word before it, where the title is a list of names only."""
    return f"{phase.value}: {title}" if phase in _NAMED_BY_TITLE and title else title or phase.value
