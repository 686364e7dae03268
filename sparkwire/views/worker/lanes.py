"""Runs of Python workers one by one, as Mermaid source: a lane for each worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sparkwire.plain import many
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.words import reply_summary, short_request, why_no_reply
from sparkwire.trace.records import Channel
from sparkwire.trace.worker.runs import Run
from sparkwire.views.mermaid import label
from sparkwire.views.worker.groups import RunGroup
from sparkwire.views.worker.sequence import asked_words, done_words

MOST_TURNS = 60
"""Runs and exchanges in a diagram with a lane for each worker."""
MOST_WORKERS = 12
"""Workers with a lane of their own. Those that began later share one."""
_SHARED = "WX"


def run_lanes(
    runs: Iterable[Run], exchanges: Iterable[Exchange] = (), *, most: int = MOST_TURNS, title: str = ""
) -> str:
    """A Mermaid sequence diagram of runs, and of exchanges if there are any, in the order in which it all
    happened. Beyond ``most`` of them it says how many are left out.
    """
    turns: list[Run | Exchange] = sorted([*runs, *exchanges], key=lambda turn: turn.start_ns)
    drawn = turns[:most]
    lanes: dict[int, str] = {}
    for turn in drawn:
        if isinstance(turn, Run):
            own = f"W{len(lanes) + 1}" if len(lanes) < MOST_WORKERS else _SHARED
            lanes.setdefault(turn.connection, own)
    lines = ["sequenceDiagram"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    if any(isinstance(turn, Exchange) for turn in drawn):
        lines.append("    participant P as Python<br/>your program")
    lines.append("    participant G as JVM")
    for lane in dict.fromkeys(lanes.values()):
        name = "further workers" if lane == _SHARED else f"worker {lane[1:]}"
        lines.append(f"    participant {lane} as {name}")
    lines += [line for _, line in sorted(_moments(drawn, lanes), key=lambda moment: moment[0])]
    if left := turns[most:]:
        what = "run" if all(isinstance(turn, Run) for turn in left) else "run or exchange"
        several = "runs" if what == "run" else "runs and exchanges"
        lines.append(f"    Note over G: and {many(len(left), f'more {what}', f'more {several}')}")
    return "\n".join(lines) + "\n"


_Moment = tuple[int, int]
"""When (ns), and among those of one time which one."""


def _moments(turns: Sequence[Run | Exchange], lanes: dict[int, str]) -> Iterator[tuple[_Moment, str]]:
    """The lines of a diagram, two for each turn."""
    for i, turn in enumerate(turns):
        lines = _run(turn, lanes[turn.connection]) if isinstance(turn, Run) else _exchange(turn)
        end_ns = turn.start_ns + (turn.duration_ns or 0)
        for at, line in zip(((turn.start_ns, 2 * i), (end_ns, 2 * i + 1)), lines, strict=True):
            if line:
                yield at, f"    {line}"


def _run(run: Run, lane: str) -> tuple[str, str]:
    alone = RunGroup([run])
    where, functions = asked_words(alone)
    end = done_words(alone)
    asked = f"G->>{lane}: {label(f'#{run.n} {where}')}<br/>{label(functions)}"
    if not end.arrow:
        return asked, f"Note over {lane}: {label(f'#{run.n} {end.said}', 60)}"
    below = f"<br/>{label(end.below)}" if end.below else ""
    return asked, f"{lane}{end.arrow}G: {label(f'#{run.n} {end.said}')}{below}"


def _exchange(exchange: Exchange) -> tuple[str, str]:
    asks, answers = ("G", "P") if exchange.channel == Channel.CALLBACK else ("P", "G")
    asked = f"{asks}{'-x' if exchange.unsent else '->>'}{answers}: {label(short_request(exchange))}"
    if exchange.reply is None:
        why = why_no_reply(exchange)
        return asked, f"Note over P,G: {label(why, 60)}" if why else ""
    arrow = "--x" if exchange.failed else "-->>"
    return asked, f"{answers}{arrow}{asks}: {label(reply_summary(exchange))}"
