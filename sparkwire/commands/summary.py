"""The few lines that ``sparkwire run`` says at its end.

The trace is read as a stream, so that it may be of any length.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from sparkwire.commands.progress import progress
from sparkwire.jvm.program import JavaSide
from sparkwire.plain import duration, many, number, shorten, visible
from sparkwire.trace.load import Trace, load
from sparkwire.trace.records import RELAY, About
from sparkwire.views.who import place

TOP = 3
"""Lines of the user's program that are named, those with the most round trips."""
TOLD = 2
"""Notices of a kind that are repeated here."""


def summary(trace: Path, side: JavaSide, *, asked: bool) -> list[str]:
    """Lines for standard error. ``asked`` says that Java calls were asked for by name.

    Raises ``TraceError`` and ``OSError``.
    """
    opened = load(trace, watch=progress)
    folded = opened.folded
    count = sum(step.count for step in folded.steps)
    said = []
    if opened.state == "stopped":
        said.append(f"RECORDING STOPPED before the program ended: {opened.reason}")
    relayed = opened.header.program == RELAY
    if not count:
        told = _told(opened)
        if relayed:
            nothing = "nothing was exchanged through the relay"
        elif told:
            nothing = "no exchange with Java was recorded"
        else:
            nothing = "the program exchanged nothing with Java"
        return [*said, f"{nothing}; trace: {short(trace)}", *told]
    costs = opened.lines
    spent = sum(cost.duration_ns for cost in costs)
    called_back = f", {many(folded.callbacks, 'callback')}" if folded.callbacks else ""
    said.append(
        f"{many(count, 'exchange')} on {many(len(folded.connections), 'connection')}{called_back}, "
        f"{duration(spent)} in round trips"
    )
    said += _java(side, asked=asked)
    for cost in () if relayed else costs[:TOP]:  # a relay knows no lines
        where = f"{place(cost.line)}  {shorten(visible(cost.line.code), 60)}" if cost.line else "Py4J"
        said.append(f"  {where}  {many(cost.count, 'round trip')}, {duration(cost.duration_ns)}")
    said += _told(opened)
    said.append(f"trace: {short(trace)}; see it with: sparkwire show {_typed(trace)}")
    return said


def _told(opened: Trace) -> list[str]:
    """What the recorder and child processes said of what isn't in the trace."""
    said = []
    for about in (About.RECORDER, About.CHILD):
        texts = list(dict.fromkeys(one.text for one in opened.notices if one.about is about and one.t_ns))
        said += texts[:TOLD]
        if len(texts) > TOLD:
            said.append(
                f"and {many(len(texts) - TOLD, 'more notice')} of this kind: sparkwire show lists them"
            )
    return said


def _java(side: JavaSide, *, asked: bool) -> list[str]:
    joined = side.joined
    if joined is not None and joined.agreed:
        every = "the" if joined.joined == 1 else "all"
        return [f"Java calls for {every} {many(joined.joined, 'request')}; both sides counted the same"]
    if joined is not None:
        missing = f"Java calls for {number(joined.joined)} of {many(joined.exchanges, 'request')}"
        return [" ".join([missing + ":", *side.notes[:2]])]
    if side.reason == "not asked for":
        return []
    if side.calls:
        return [f"{many(side.calls, 'Java call')}, not joined: {' '.join(side.notes)}"]
    return [f"no Java calls{', though --jvm asks for them' if asked else ''}: {side.reason}"]


def _typed(path: Path) -> str:
    """A path as a word of a shell's. Quotes would keep the shell from seeing what ``~`` stands for."""
    name = short(path)
    return f"~/{shlex.quote(name[2:])}" if name.startswith("~/") else shlex.quote(name)


def short(path: str | Path) -> str:
    """A path as it can be typed here: from this folder on or, else, from the home folder on."""
    for folder, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if folder != Path(folder.anchor):  # or every path would lie in it
            try:
                return prefix + str(Path(path).relative_to(folder))
            except ValueError:
                continue
    return str(path)
