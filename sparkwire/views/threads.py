"""Threads and connections: who spoke to whom, as a diagram, as a table, and in time, a lane for each thread.

Python's threads stand on the left, Java's on the right, and a connection is a line between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sparkwire.plain import many, number, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.threads import Thread, ThreadPair, java_threads, python_thread
from sparkwire.trace.gateway.words import reply_summary, short_request, why_no_reply
from sparkwire.trace.java.calls import NOT_JOINED, Join
from sparkwire.trace.records import Channel
from sparkwire.views.markup import Html, framed, row, table
from sparkwire.views.mermaid import label
from sparkwire.views.text import WIDTH, Column, table_lines

NAME_SHOWN = 26
"""Characters of a thread's name in a diagram, so that two of them fit a phone."""
MOST_LANES = 60
"""Exchanges in a diagram with a lane for each thread."""

_COLUMNS = (
    Column("Python thread", 20, share=1),
    Column("conn", 4, right=True),
    Column("Java thread", 20, share=1),
    Column("asked", 7, right=True),
    Column("answered", 8, right=True),
    Column("closed", 6),
)


def threads_map(pairs: Sequence[ThreadPair], *, title: str = "") -> str:
    """A Mermaid flowchart: the threads of both sides, and the connections between them."""
    left = {thread: f"p{i}" for i, thread in enumerate(dict.fromkeys(pair.python for pair in pairs))}
    ends = {_end(pair): f"j{i}" for i, pair in enumerate({_end(pair): pair for pair in pairs}.values())}
    lines = ["flowchart LR"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    lines.append("    subgraph py[Python]")
    lines += [f'        {node}["{label(named(thread), NAME_SHOWN)}"]' for thread, node in left.items()]
    lines += ["    end", "    subgraph jvm[JVM]"]
    labels = {_end(pair): _java_label(pair) for pair in pairs}
    lines += [f'        {node}["{labels[end]}"]' for end, node in ends.items()]
    lines.append("    end")
    for pair in pairs:
        arrow = "-->" if pair.asked else "-.->"
        lines.append(f'    {left[pair.python]} {arrow}|"{pair.connection}"| {ends[_end(pair)]}')
    return "\n".join(lines) + "\n"


def threads_html(pairs: Sequence[ThreadPair]) -> Html:
    """The same in a table: a row for each Python thread on each connection."""
    heads = ("Python thread", "Connection", "Java thread", "Python asked", "Python answered")
    rows = (
        row(
            visible(named(pair.python)),
            f"{pair.connection}{', closed' if pair.closed else ''}",
            visible(_java_words(pair)),
            number(pair.asked),
            number(pair.answered),
            head=True,
        )
        for pair in pairs
    )
    return framed(table("Threads", heads, rows))


def threads_table(pairs: Iterable[ThreadPair], *, width: int = WIDTH) -> str:
    """The same table for a terminal."""
    rows = (
        (
            named(pair.python),
            str(pair.connection),
            _java_words(pair),
            number(pair.asked),
            number(pair.answered),
            "yes" if pair.closed else "",
        )
        for pair in pairs
    )
    return "".join(line + "\n" for line in table_lines(_COLUMNS, rows, width))


def thread_lanes(
    exchanges: Iterable[Exchange], join: Join = NOT_JOINED, *, most: int = MOST_LANES, title: str = ""
) -> str:
    """A Mermaid sequence diagram with a lane for each thread, in the order in which it all happened.

    Where no Java call names the Java thread, its lane is the connection's. Beyond ``most`` exchanges it
    says how many are left out.
    """
    listed = sorted(exchanges, key=lambda exchange: exchange.n)
    drawn = listed[:most]
    serving = java_threads(listed, join)
    lanes: dict[tuple[str, object], str] = {}
    moments: list[tuple[int, int, int, str]] = []
    for i, exchange in enumerate(drawn):
        python, java = python_thread(exchange), serving.get(exchange.connection)
        left = lanes.setdefault(("Python", python), f"L{len(lanes)}")
        right = lanes.setdefault(("JVM", java or exchange.connection), f"L{len(lanes)}")
        asks, answers = (right, left) if exchange.channel == Channel.CALLBACK else (left, right)
        arrow = "-x" if exchange.unsent else "->>"
        asked = f"    {asks}{arrow}{answers}: {label(short_request(exchange))}"
        moments.append((exchange.start_ns, 2 * i, 0, asked))
        end_ns = exchange.start_ns + (exchange.duration_ns or 0)
        if exchange.reply is not None:
            arrow = "--x" if exchange.failed else "-->>"
            said = f"    {answers}{arrow}{asks}: {label(reply_summary(exchange))}"
            moments.append((end_ns, 2 * i + 1, 1, said))
        elif why := why_no_reply(exchange):
            moments.append((end_ns, 2 * i + 1, 1, f"    Note over {left},{right}: {label(why, 60)}"))
    lines = ["sequenceDiagram"]
    if title:
        lines.append(f"    accTitle: {label(title, 80)}")
    ordered = sorted(lanes.items(), key=lambda lane: lane[0][0] == "JVM")  # stable: else as they came
    for (side, who), lane in ordered:
        name = named(who) if isinstance(who, Thread) else f"connection {who}"
        lines.append(f"    participant {lane} as {side}<br/>{label(name, NAME_SHOWN)}")
    lines += [moment[3] for moment in sorted(moments)]
    if len(listed) > len(drawn) and lanes:
        said = f"and {many(len(listed) - len(drawn), 'more round trip')}"
        lines.append(f"    Note over {ordered[0][1]},{ordered[-1][1]}: {label(said)}")
    return "\n".join(lines) + "\n"


def named(thread: Thread) -> str:
    """A thread's name; one that has none is told by its number."""
    return thread.name or (f"thread {thread.number}" if thread.number else "unknown")


def _end(pair: ThreadPair) -> Thread | int:
    """What is at the other end: a thread, or where that isn't known the connection."""
    return pair.java or pair.connection


def _java_label(pair: ThreadPair) -> str:
    return label(named(pair.java) if pair.java else f"other end of {pair.connection}", NAME_SHOWN)


def _java_words(pair: ThreadPair) -> str:
    return f"{named(pair.java)} (id {pair.java.number})" if pair.java else "not recorded"
