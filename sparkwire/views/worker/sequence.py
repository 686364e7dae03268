"""Sequence diagrams with Python workers, as Mermaid source: what the driver's Python asked of Java, and which
runs of workers went on in the meantime.

The gateway's steps are folded as in ``views.sequence``. Runs stand inside the exchange during which they
began: ``collectAndServe`` spans the runs that it waits for. Those of one line that do the same are one pair
of messages if there are at least ``ALIKE`` of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from sparkwire.plain import duration, many, number, size
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import Step
from sparkwire.trace.gateway.words import short_request
from sparkwire.trace.java.calls import NOT_JOINED
from sparkwire.trace.records import Channel, Frame
from sparkwire.trace.worker.runs import Run
from sparkwire.views.mermaid import label
from sparkwire.views.sequence import MOST, Canvas, Group, grouped, users_file
from sparkwire.views.worker.groups import RunGroup, by_stage, stage_of
from sparkwire.views.worker.times import Doing, most_at_once, spent_words
from sparkwire.views.worker.words import ending_words, functions_words, stage_words, task_words
from sparkwire.wire.message import Direction, Message
from sparkwire.wire.worker import Exit

ALIKE = 3
"""So many runs that do the same are drawn as one."""
MOST_OF_LINE = 8
"""Runs, or groups of them, that are drawn for one line of the program."""
MOST_BLOCKS = 24
"""Lines with runs that are drawn, and what stands between them."""
_SAID_SHOWN = 56
"""Characters of a message's first line, so that its numbers are whole."""
_LOCAL_MASTER = re.compile(r"local(?!-cluster)")


class _Executor(Enum):
    """Where the executors are. The value stands above the driver's JVM."""

    LOCAL = "driver JVM<br/>also the executor"
    APART = "driver JVM<br/>Py4J gateway"
    UNKNOWN = "JVM<br/>driver and executor"


def work_sequence(steps: Iterable[Step], runs: Sequence[Run], *, most: int = MOST, title: str = "") -> str:
    """A Mermaid sequence diagram of folded steps and of the runs that went on during them.

    If the exchanges take more than ``most`` messages, those of a line are one message, but for the exchange
    that the line's runs belong to; and lines without a run stand together. Java's methods are left out.
    """
    blocks = _blocks(grouped(steps))
    before = _assign(blocks, runs)
    canvas = _Canvas(title, blocks, runs, _executor(blocks, runs))
    canvas.runs(before)
    if sum(len(block.groups) for block in blocks) <= most:
        for block in blocks:
            canvas.block(block)
    else:
        drawn, left = _bounded(_merged(blocks))
        for several in drawn:
            canvas.folded(several)
        if left:
            canvas.blocks_left(left)
    return canvas.source()


@dataclass(slots=True)
class _Block:
    """What one line of the program, or one thread, caused."""

    groups: list[Group]
    spans: dict[int, list[Run]] = field(default_factory=dict)
    """Runs that began during an exchange, by its number."""
    unbound: list[Run] = field(default_factory=list)
    """Those that began after the block's exchanges, or during one that isn't kept."""

    @property
    def line(self) -> Frame | None:
        return self.groups[0].line

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def exchanges(self) -> list[Exchange]:
        """Those that runs belong to."""
        found = (one for group in self.groups for one in group.exchanges if one.n in self.spans)
        return sorted(found, key=lambda one: one.n)

    @property
    def runs(self) -> list[Run]:
        return [*(run for runs in self.spans.values() for run in runs), *self.unbound]


def _blocks(groups: Iterable[Group]) -> list[_Block]:
    """The groups of a line and thread together. They stand together already."""
    found: list[_Block] = []
    for group in groups:
        if found and (found[-1].line, found[-1].groups[0].thread) == (group.line, group.thread):
            found[-1].groups.append(group)
        else:
            found.append(_Block([group]))
    return found


def _assign(blocks: Sequence[_Block], runs: Sequence[Run]) -> list[Run]:
    """Give each run to its block. Returns those that began before all of them."""
    owners = {one.n: block for block in blocks for group in block.groups for one in group.exchanges}
    asked = sorted(
        (one for block in blocks for group in block.groups for one in group.exchanges if _asks(one)),
        key=lambda one: one.start_ns,
    )
    begins = sorted((group.steps[0].start_ns, i) for i, block in enumerate(blocks) for group in block.groups)
    before: list[Run] = []
    going_on: list[Exchange] = []
    at = begun = 0
    for run in sorted(runs, key=lambda run: run.start_ns):
        while at < len(asked) and asked[at].start_ns <= run.start_ns:
            going_on.append(asked[at])
            at += 1
        while begun < len(begins) and begins[begun][0] <= run.start_ns:
            begun += 1
        going_on = [one for one in going_on if one.start_ns + (one.duration_ns or 0) >= run.start_ns]
        if going_on:  # the one that began last: what began earlier waits for something else, too
            owners[going_on[-1].n].spans.setdefault(going_on[-1].n, []).append(run)
        elif begun:
            blocks[begins[begun - 1][1]].unbound.append(run)
        else:
            before.append(run)
    return before


def _asks(exchange: Exchange) -> bool:
    return exchange.channel != Channel.CALLBACK


def _merged(blocks: Iterable[_Block]) -> Iterator[list[_Block]]:
    """Blocks in groups: each with runs by itself, and lines of one file without any together."""
    waiting: list[_Block] = []
    for block in blocks:
        alone = bool(block.runs) or block.line is None
        if waiting and (alone or _file(waiting[-1]) != _file(block)):
            yield waiting
            waiting = []
        if alone:
            yield [block]
        else:
            waiting.append(block)
    if waiting:
        yield waiting


def _file(block: _Block) -> str:
    return block.line.file if block.line is not None else ""


def _bounded(merged: Iterable[list[_Block]]) -> tuple[list[list[_Block]], list[_Block]]:
    """What is drawn, and the blocks that are left out."""
    listed = list(merged)
    return listed[:MOST_BLOCKS], [block for several in listed[MOST_BLOCKS:] for block in several]


class _Canvas(Canvas):
    """A diagram with workers."""

    def __init__(
        self, title: str, blocks: Sequence[_Block], runs: Sequence[Run], executor: _Executor
    ) -> None:
        user = users_file([group for block in blocks for group in block.groups])
        super().__init__(NOT_JOINED, title, user, executor.value)
        self._executor = "E" if executor is _Executor.APART else "G"
        if executor is _Executor.APART:
            several = len({run.worker.host for run in runs}) > 1
            self.participants.append(f"    participant E as executor JVM{'s' if several else ''}")
        if any(run.worker.daemon and not run.reused for run in runs):
            self.participants.append("    participant D as pyspark<br/>daemon")
        workers = len({run.connection for run in runs})
        self.participants.append(f"    participant W as {many(workers, 'Python worker')}")

    def block(self, block: _Block) -> None:
        """What a line caused: a message for each group, and its runs where they began."""
        first = block.groups[0]
        self.note(first.line, first.thread, first.connection)
        spans, drawn = block.exchanges, False
        for group in sorted(block.groups, key=lambda group: group.steps[0].start_ns):
            if spans and not drawn and group.steps[0].start_ns > spans[0].start_ns:
                self._spanning(block)
                drawn = True
            alone = [one for one in group.exchanges if one.n in block.spans]
            if group.count > len(alone):
                self.group(group, alone=alone)
        if not drawn:
            self._spanning(block)
        self.runs(block.unbound)

    def folded(self, blocks: Sequence[_Block]) -> None:
        """What some lines caused: one message, and the runs of the only line if there are any."""
        first = blocks[0].groups[0]
        if len(blocks) == 1:
            self.note(first.line, first.thread, first.connection)
        else:
            lines = sorted({block.line.line for block in blocks if block.line is not None})
            among = f"lines {lines[0]} to {lines[-1]}" if len(lines) > 1 else f"line {lines[0]}"
            self.lines.append(f"    Note over P,G: {among}")
        groups = [group for block in blocks for group in block.groups]
        alone = [exchange for block in blocks for exchange in block.exchanges]
        count = sum(group.count for group in groups) - len(alone)
        if count:
            phases = ", ".join(dict.fromkeys(group.phase.value for group in groups))
            time = sum(group.duration_ns for group in groups) - sum(one.duration_ns or 0 for one in alone)
            errors = sum(step.errors for group in groups for step in group.steps)
            arrow = "-x" if errors > sum(one.failed for one in alone) else "->>"
            counted = f"{many(count, 'round trip')}, {duration(max(time, 0))}"
            self._arrow("P", arrow, "G", phases, counted)
        for block in blocks:
            self._spanning(block)
            self.runs(block.unbound)

    def blocks_left(self, blocks: Sequence[_Block]) -> None:
        """Say how much isn't drawn."""
        said = f"and {many(sum(block.count for block in blocks), 'more round trip')}"
        if runs := sum(len(block.runs) for block in blocks):
            said += f", {many(runs, 'run')}"
        self.lines.append(f"    Note over P,W: {label(said, 60)}")

    def _spanning(self, block: _Block) -> None:
        """The exchanges during which runs began, around these."""
        spans = block.exchanges
        inside = [run for exchange in spans for run in block.spans[exchange.n]]
        if len(spans) == 1:
            self.ask(spans[0])
            self.runs(inside)
            self.answer(spans[0])
        elif spans:
            time = sum(exchange.duration_ns or 0 for exchange in spans)
            self._arrow("P", "->>", "G", short_request(spans[0]), f"{many(len(spans), 'round trip')} alike")
            self.runs(inside)
            self._arrow("G", "-->>", "P", f"{many(len(spans), 'reply', 'replies')}, {duration(time)}")

    def runs(self, runs: Sequence[Run]) -> None:
        """Runs, and how they came to their workers."""
        if not runs:
            return
        self._new_workers(runs)
        items = list(_items(runs))
        going_on, several = 0, False
        for begins, item in moments(items[:MOST_OF_LINE]):
            if begins:
                self._asked(item)
                going_on += 1
                several |= going_on > 1
            else:
                self._done(item, named=several)
                going_on -= 1
                several &= going_on > 0
        if left := [run for item in items[MOST_OF_LINE:] for run in item.runs]:
            stages = len(set(map(stage_of, left)))
            self._over(f"and {many(len(left), 'more run')} for {many(stages, 'stage')}")

    def _new_workers(self, runs: Sequence[Run]) -> None:
        new = [run for run in runs if not run.reused]
        forked = sum(run.worker.daemon > 0 for run in new)
        if forked:
            self._arrow(self._executor, "->>", "D", f"asks for {many(forked, 'worker')}")
            self._arrow("D", "->>", "W", f"forks {'it' if forked == 1 else 'them'}")
        if started := len(new) - forked:
            self._arrow(self._executor, "->>", "W", f"starts {many(started, 'worker')}")

    def _asked(self, item: RunGroup) -> None:
        self._arrow(self._executor, "->>", "W", *asked_words(item))
        at_once = max(_at_once(item.runs), default=1)
        if at_once > 1:
            self._over(f"up to {number(at_once)} runs at once in one task")

    def _done(self, item: RunGroup, *, named: bool) -> None:
        end = done_words(item)
        name = functions_words(item.first) if named else ""
        if not end.arrow:
            self._over(f"{name} {end.said}".strip())
        else:
            said = [name, end.said] if name else [end.said, end.below]
            self._arrow("W", end.arrow, self._executor, *said)

    def _over(self, said: str) -> None:
        self.lines.append(f"    Note over {self._executor},W: {label(said, 60)}")

    def _arrow(self, source: str, arrow: str, target: str, said: str, below: str = "") -> None:
        more = f"<br/>{label(below)}" if below else ""
        self.lines.append(f"    {source}{arrow}{target}: {label(said, _SAID_SHOWN)}{more}")


def _executor(blocks: Iterable[_Block], runs: Iterable[Run]) -> _Executor:
    """Where the executors are: by the master, if the recording has it, and by the workers' machines."""
    if len({run.worker.host for run in runs}) > 1:
        return _Executor.APART
    masters = (
        one.reply.field("result")
        for block in blocks
        for group in block.groups
        for one in group.exchanges
        if isinstance(one.request, Message) and isinstance(one.reply, Message) and _asks_master(one.request)
    )
    named = [field.value for field in masters if field is not None and isinstance(field.value, str)]
    if not named:
        return _Executor.UNKNOWN
    return _Executor.LOCAL if _LOCAL_MASTER.match(named[-1]) else _Executor.APART


def _asks_master(request: Message) -> bool:
    """Whether Python asks for the setting ``spark.master``, as ``SparkContext`` does when it starts."""
    method, argument = request.field("method name"), request.field("argument")
    return (
        method is not None and method.value == "get"
        and argument is not None and argument.value == "spark.master"
    )  # fmt: skip


class Ending(NamedTuple):
    """How the worker's half of some runs is drawn."""

    arrow: str
    """Empty when no last word crossed the wire."""
    said: str
    below: str = ""


def asked_words(item: RunGroup) -> tuple[str, str]:
    """What the JVM's half of some runs says: for which stage and how many bytes, and which functions."""
    runs, first = item.runs, item.first
    stages = sorted({run.stage for run in runs if run.stage is not None})
    where = stage_words(first)
    if len(set(map(stage_of, runs))) > 1:
        where = f"stages {stages[0]} to {stages[-1]}" if len(stages) > 1 else "several stages"
    if len(runs) == 1:
        where += f", {task_words(first)}"
    sent = size(sum(run.round.size[Direction.TO_PYTHON] for run in runs))
    alike = f"{many(len(runs), 'run')} alike, " if len(runs) > 1 else ""
    return f"{where}: {alike}{sent}", functions_words(first)


def done_words(item: RunGroup) -> Ending:
    """What the worker's half of some runs says."""
    runs = item.runs
    failed = [run for run in runs if run.failed]
    killed = [run for run in failed if run.round.exit is Exit.KILLED]
    if len(killed) == len(runs):
        return Ending("", "killed, without a last word")
    if all(run.goes_on for run in runs):
        return Ending("", "still going on when the recording ended")
    said = size(sum(run.round.size[Direction.TO_JAVA] for run in runs))
    computing = spent_words(runs)[Doing.COMPUTING]
    said += f", computing {computing}" if computing != "–" else ""
    if not failed:
        return Ending("-->>", said)
    told = ending_words(next((run for run in failed if run not in killed), failed[0]))
    among = f"{number(len(failed))} of {number(len(runs))} failed: " if len(runs) > 1 else ""
    return Ending("--x", f"{among}{told}", said)


def _items(runs: Iterable[Run]) -> Iterator[RunGroup]:
    """What is drawn: runs that do the same together, if there are several; else each by itself."""
    groups: dict[tuple[object, ...], list[Run]] = {}
    for stage in by_stage(runs):
        for group in stage.groups:
            groups.setdefault((group.functions, group.first.eval_type), []).extend(group.runs)
    for alike in groups.values():
        if len(alike) >= ALIKE:
            yield RunGroup(alike)
        else:
            yield from (RunGroup([run]) for run in alike)


def moments(items: Iterable[RunGroup]) -> list[tuple[bool, RunGroup]]:
    """The beginnings and the ends of what is drawn, as they came; whether it begins."""
    found: list[tuple[int, int, int, RunGroup]] = []
    for n, item in enumerate(items):
        begin = min(run.start_ns for run in item.runs)
        end = max(run.start_ns if run.end_ns is None else run.end_ns for run in item.runs)
        found += [(begin, 0, n, item), (end, 1, n, item)]
    return [(not ends, item) for _, ends, _, item in sorted(found, key=lambda one: one[:3])]


def _at_once(runs: Iterable[Run]) -> Iterator[int]:
    """How many runs of each task went on at the same time."""
    for stage in by_stage(runs):
        yield from (most_at_once(theirs) for theirs in stage.tasks().values())
