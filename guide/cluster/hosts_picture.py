"""The exhibit of separate hosts as a picture (Mermaid) and a table with bars (HTML)."""

from __future__ import annotations

import re

from guide.cluster.hosts_data import HOSTS, Counted, Hosts, Measured
from guide.cluster.picture import flow_picture
from sparkwire import views
from sparkwire.views import Html, tag

WORDS = {
    "nothing": "Nothing, for ten seconds",
    "calls": "Calls through the gateway",
    "built-in": "A job of built-in functions",
    "udf": "The same with a Python UDF",
    "list": "A list from Python, and a lambda",
    "rows": "Rows back to Python",
}
"""What each phase is, for a reader."""

_STAYED, _LEFT = "var(--diagram-box-border, #3b6ea8)", "var(--diagram-note-border, #a87b1e)"


def hosts_picture(kept: Hosts) -> str:
    """The hosts, the processes on them, and their connections with the addresses, as a Mermaid flowchart."""
    of_driver = f"driver's host, {HOSTS['driver']}"
    workers = [address for name, address in HOSTS.items() if name.startswith("worker")]
    of_worker = f"each worker's host, {' and '.join(workers)}"
    where = {
        "driver's Python": of_driver,
        "driver's JVM": of_driver,
        "cluster's master": f"master's host, {HOSTS['master']}",
        "cluster's worker": of_worker,
        "executor's JVM": of_worker,
        "Python worker": of_worker,
    }
    return flow_picture(kept.flows, where, title="connections between separate hosts", addresses=True)


def hosts_table_html(kept: Hosts) -> Html:
    """For each phase and host, the bytes that stayed on its loopback interface and those that left it.

    For the inside of a ``.sparkwire`` element.
    """
    rows = [
        views.row(
            views.join([WORDS[phase.name], *_in_parts(phase.program)], tag("br")),
            *(_cell(phase.bytes[host], _most(phase)) for host in kept.hosts),
            head=True,
        )
        for phase in kept.phases
    ]
    heads = ("Bytes while this ran", *kept.hosts)
    return views.table("Bytes on each host", heads, rows)


def _in_parts(program: str) -> list[Html]:
    """The program in lines that a phone has room for: a chain of calls is broken before its dots."""
    return [tag("code", part) for part in re.split(r"(?<=\))(?=\.)|(?<=\):) ", program)]


def _most(phase: Measured) -> int:
    return max(max(one.loopback, one.sent) for one in phase.bytes.values())


def _cell(counted: Counted, most: int) -> Html:
    stayed = [f"stayed {views.number(counted.loopback)}", _bar(counted.loopback, most, _STAYED)]
    left = [f"left {views.number(counted.sent)}", _bar(counted.sent, most, _LEFT)]
    return views.join([*stayed, *left])


def _bar(count: int, most: int, colour: str) -> Html:
    """A bar as long as the count is large, compared with the largest of its row."""
    long = f"{100 * count / most:.1f}%" if most else "0"
    return tag(
        "span", style=f"display:block;height:0.4em;background:{colour};width:{long}", aria_hidden="true"
    )
