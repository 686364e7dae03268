"""When Python workers did what: a picture with a lane for each worker, and one for the driver's Python.

The picture is SVG and needs no script. What a bar says by its colour it also says by its height: a worker
that computes fills its lane, one that starts half of it, one that waits is a line. Where nothing is drawn, a
worker has nothing to do. Time is cut into ``_BINS`` stretches, so a picture is no larger for a longer
recording; each shows what was done longest in it. The same numbers stand in a table below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from sparkwire.plain import duration, many, number, visible
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.worker.runs import Run
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.worker.groups import by_stage, stage_of
from sparkwire.views.worker.stages import NOTHING
from sparkwire.views.worker.times import Doing, Stretch, spent_words, stretches
from sparkwire.views.worker.words import stage_words, task_words

WORKERS_SHOWN = 32
"""Workers with a lane: those that began first."""
_STAGE_ROWS = 4
"""Rows of stages that go on at the same time."""
_BINS = 500
_BARS_SAID = 1_500
"""Bars of a picture up to which each says what it is, where it is pointed at."""
_ASKING = "waits for Java"
"""What the driver's Python does in a round trip."""
_LOOKS = {
    Doing.STARTING.value: ("s", 3, 6),
    Doing.WAITING.value: ("w", 5, 2),
    Doing.COMPUTING.value: ("c", 0, 12),
    Doing.UNTOLD.value: ("u", 2, 8),
    _ASKING: ("q", 2, 8),
}
"""How each looks: its class, and where in a lane of 12 it begins and how high it is."""
_TICKS = 4


@dataclass(slots=True)
class _Window:
    """The time that is drawn, in nanoseconds since the epoch."""

    begin_ns: int
    end_ns: int

    @property
    def length(self) -> int:
        return max(self.end_ns - self.begin_ns, 1)

    def bin(self, now: int) -> float:
        """Where in the picture a moment is, in bins."""
        return min(max((now - self.begin_ns) * _BINS / self.length, 0), _BINS)


@dataclass(slots=True)
class _Bar:
    """What one lane shows in some bins."""

    doing: str
    begin: int
    end: int
    first: str
    last: str
    """What is said of the first and of the last of the things in it."""


@dataclass(slots=True)
class _Lane:
    """What one process did, bin by bin: how long what, and of the first and the last thing what is said."""

    name: str
    facts: str = ""
    """What stands beside its name,"""
    summary: str = ""
    """and what it did, for who can't see it."""
    times: dict[int, dict[str, float]] = field(default_factory=dict)
    said: dict[int, tuple[str, str]] = field(default_factory=dict)

    def add(self, window: _Window, doing: str, begin_ns: int, end_ns: int, said: str) -> None:
        """What was done from one moment to another; what is outside the window is left out."""
        if end_ns < window.begin_ns or begin_ns > window.end_ns:
            return
        begin, end = window.bin(begin_ns), window.bin(end_ns)
        first_bin = min(int(begin), _BINS - 1)
        for at in range(first_bin, max(ceil(end), first_bin + 1)):
            # What is shorter than a bin must still be seen.
            took = max(min(end, at + 1) - max(begin, at), 1e-9)
            times = self.times.setdefault(at, {})
            times[doing] = times.get(doing, 0) + took
            first, _ = self.said.get(at, (said, said))
            self.said[at] = first, said

    def bars(self) -> list[_Bar]:
        """The bars, from left to right."""
        found: list[_Bar] = []
        for at in sorted(self.times):
            doing = max(self.times[at].items(), key=lambda one: one[1])[0]
            first, last = self.said[at]
            if found and found[-1].end == at and found[-1].doing == doing:
                found[-1].end, found[-1].last = at + 1, last
            else:
                found.append(_Bar(doing, at, at + 1, first, last))
        return found


def timeline_html(runs: Sequence[Run], exchanges: Iterable[Exchange] = ()) -> Html:
    """The picture, from the first run's beginning to the last one's end.

    ``exchanges`` are what the driver's Python asked of Java; those of this time get a lane. The fragment
    holds no ids, so that it may stand on a page more than once.
    """
    if not runs:
        return markup.framed(tag("p", NOTHING))
    spans = {run.n: stretches(run) or [_moment(run)] for run in runs}
    window = _Window(
        min(parts[0].begin_ns for parts in spans.values()), max(parts[-1].end_ns for parts in spans.values())
    )
    workers: dict[int, list[Run]] = {}
    for run in runs:
        workers.setdefault(run.connection, []).append(run)
    drawn = list(workers.values())[:WORKERS_SHOWN]
    machines = len({run.worker.host for run in runs})
    lanes = [
        _worker_lane(theirs, spans, window, f"worker {i}", with_host=machines > 1)
        for i, theirs in enumerate(drawn, 1)
    ]
    driver = _driver_lane(exchanges, window)
    lanes = [*([driver] if driver.times else []), *lanes]
    bars = [lane.bars() for lane in lanes]
    said = sum(map(len, bars)) <= _BARS_SAID
    items = [_lane_html(lane, theirs, said=said) for lane, theirs in zip(lanes, bars, strict=True)]
    if (left := len(workers) - len(drawn)) > 0:
        items.append(tag("li", tag("small", f"And {many(left, 'more worker')}, not drawn.")))
    picture = tag("ol", _stage_lane(runs, spans, window), *items, _axis(window))
    figure = tag(
        "figure", _caption(window, lanes, machines), picture, _in_words(drawn, driver), class_="sw-tl"
    )
    return markup.framed(figure)


def _moment(run: Run) -> Stretch:
    """What is drawn of a run of which nothing but its beginning is known."""
    return Stretch(Doing.UNTOLD, run.start_ns, run.start_ns)


def _caption(window: _Window, lanes: Iterable[_Lane], machines: int) -> Html:
    used = {doing for lane in lanes for times in lane.times.values() for doing in times}
    keys = []
    for doing, (kind, top, height) in _LOOKS.items():
        if doing in used:
            swatch = tag("svg", _rect(kind, top, height, "0", "100%"), aria_hidden="true")
            keys.append(tag("span", swatch, " ", f"driver's Python {doing}" if doing == _ASKING else doing))
    said = f"{duration(window.length)}, from the first run's beginning to the last run's end."
    if machines > 1:
        said += f" On {number(machines)} machines, each by its own clock."
    return tag("figcaption", tag("span", said), *keys)


def _worker_lane(
    runs: Sequence[Run], spans: dict[int, list[Stretch]], window: _Window, name: str, *, with_host: bool
) -> _Lane:
    worker = runs[0].worker
    where = f" on {visible(worker.host)}" if with_host else ""
    times = ", ".join(f"{doing.value} {time}" for doing, time in spent_words(runs).items())
    lane = _Lane(name, f"process {worker.pid}{where}, {many(len(runs), 'run')}", times)
    for run in runs:
        said = f"#{run.n}, {stage_words(run)}, {task_words(run)}"
        for doing, begin, end in spans[run.n]:
            lane.add(window, doing.value, begin, end, said)
    return lane


def _driver_lane(exchanges: Iterable[Exchange], window: _Window) -> _Lane:
    lane, count, waited = _Lane("driver's Python"), 0, 0
    for exchange in exchanges:
        begin, took = exchange.start_ns, exchange.duration_ns or 0
        if exchange.parent is not None or begin + took < window.begin_ns or begin > window.end_ns:
            continue
        count += 1
        waited += min(begin + took, window.end_ns) - max(begin, window.begin_ns)
        lane.add(window, _ASKING, begin, begin + took, f"#{exchange.n}, {exchange.command}")
    lane.facts, lane.summary = many(count, "round trip"), f"{_ASKING} {duration(waited)}"
    return lane


def _lane_html(lane: _Lane, bars: Iterable[_Bar], *, said: bool) -> Html:
    grid = [_rect("g", 0, 12, f"{100 * i / _TICKS:g}%", "1") for i in range(1, _TICKS)]
    label = f"{lane.name}, {lane.facts}: {lane.summary}"
    drawn = (_bar_html(bar, said=said) for bar in bars)
    picture = tag("svg", *grid, *drawn, role="img", aria_label=label)
    return tag("li", tag("span", lane.name, " ", tag("small", lane.facts)), picture)


def _bar_html(bar: _Bar, *, said: bool) -> Html:
    kind, top, height = _LOOKS[bar.doing]
    if not said:
        return _rect(kind, top, height, _percent(bar.begin), _percent(bar.end - bar.begin))
    among = bar.first if bar.first == bar.last else f"{bar.first} to {bar.last}"
    title = tag("title", f"{among}: {bar.doing}")
    return _rect(kind, top, height, _percent(bar.begin), _percent(bar.end - bar.begin), title)


def _rect(kind: str, top: int, height: int, left: str, width: str, *inside: Html) -> Html:
    return tag("rect", *inside, class_=kind, x=left, y=top, width=width, height=height)


def _percent(bins: float) -> str:
    return f"{100 * bins / _BINS:g}%"


def _stage_lane(runs: Sequence[Run], spans: dict[int, list[Stretch]], window: _Window) -> Html:
    """When each stage went on, in as many rows as go on at the same time."""
    ends: list[float] = []
    shown: list[Html] = []
    left = 0
    for stage in by_stage(runs):
        begin = window.bin(min(spans[run.n][0].begin_ns for run in stage.runs))
        end = max(window.bin(max(spans[run.n][-1].end_ns for run in stage.runs)), begin + 2)
        row = next((i for i, until in enumerate(ends) if until <= begin), len(ends))
        if row == _STAGE_ROWS:
            left += 1
            continue
        ends[row : row + 1] = [end]
        said = stage_words(stage)
        inside = [
            tag("title", f"{said}: {many(len(stage.runs), 'run')}, {duration(_length(begin, end, window))}"),
            tag("rect", width="100%", height=14),
            tag("text", "?" if stage.stage is None else str(stage.stage), x=3, y=11),
        ]
        where = _percent(begin)
        shown.append(tag("svg", *inside, x=where, y=row * 16, width=_percent(end - begin), height=14))
    more = f", {number(left)} not drawn" if left else ""
    label = f"{many(len(shown) + left, 'stage')}{more}"
    picture = tag("svg", *shown, role="img", aria_label=label, class_="st", height=16 * len(ends) or 1)
    return tag("li", tag("span", "stages ", tag("small", label)), picture)


def _length(begin: float, end: float, window: _Window) -> int:
    return round((end - begin) * window.length / _BINS)


def _axis(window: _Window) -> Html:
    marks = (tag("span", duration(window.length * i // _TICKS) if i else "0") for i in range(_TICKS + 1))
    return tag("li", tag("span", "since the beginning"), tag("p", *marks), class_="ax", aria_hidden="true")


def _in_words(workers: Sequence[Sequence[Run]], driver: _Lane) -> Html:
    """The same as a table, and what the driver's Python did in a sentence."""
    rows = []
    for i, runs in enumerate(workers, 1):
        stages = len(set(map(stage_of, runs)))
        times = spent_words(runs).values()
        who = f"worker {i}, process {runs[0].worker.pid}"
        rows.append(markup.row(who, number(stages), number(len(runs)), *times, head=True))
    heads = ("Worker", "Stages", "Runs", *(doing.value.capitalize() for doing in list(Doing)[:3]))
    table = markup.table("The workers' times", heads, rows, kind="")
    asked = tag("p", f"The {driver.name} {driver.summary}, in {driver.facts}.") if driver.times else EMPTY
    return tag("details", tag("summary", "The same in numbers"), table, asked, class_="sw-y")
