"""The ways into Python, as a plan and a recording show them: a table, and a picture (Mermaid flowchart)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from IPython.display import Markdown

from guide.jobs import runs_by_job
from guide.notebook import diagram, table
from guide.udfs.plan import python_nodes
from sparkwire import Recording, Run, views
from sparkwire.views import label
from sparkwire.wire.worker import EVAL_TYPES, Data

_FORMS = {
    Data.FRAMES: "pickled rows",
    Data.ARROW: "one Arrow stream",
    Data.GROUPS: "an Arrow stream for each group",
}
_EVAL_TYPES = {one.name: one for one in EVAL_TYPES}
_HEAD = ("you write", "node of the plan", "runs", "type", "batches", "bytes to Python", "bytes to the JVM")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a DataFrame into Python, or round it."""

    name: str
    """What the user writes."""
    nodes: tuple[str, ...]
    """The plan's nodes that give work to Python workers; empty when there is none, or no plan was read."""
    runs: tuple[Run, ...]

    @property
    def forms(self) -> tuple[str, ...]:
        """In which form the rows went to Python, for each run."""
        minors = (".".join(run.worker.pyspark.split(".")[:2]) for run in self.runs)
        return tuple(
            _FORMS[_EVAL_TYPES[run.eval_type].data[minor]]
            for run, minor in zip(self.runs, minors, strict=True)
        )


def ways(recording: Recording, frames: Mapping[str, Any]) -> list[Way]:
    """The ways that a recorded cell took: a job for each of ``frames``, described by its name (see
    ``guide.jobs``). A frame may be None, where there is no plan: then the runs say what they are for.
    """
    jobs = runs_by_job(recording)
    found = []
    for name, frame in frames.items():
        runs = tuple(jobs.get(name, ()))
        nodes = [run.plan_node for run in runs] if frame is None else python_nodes(frame)
        found.append(Way(name, tuple(nodes), runs))
    return found


def ways_table(found: Iterable[Way]) -> Markdown:
    """A row for each way. The type is the evaluation type's number."""
    return table(_HEAD, [_row(way) for way in found])


def drawn(found: Iterable[Way], title: str) -> Markdown:
    """A picture: from what the user writes to the node of the plan, and on to the form of the rows."""
    return diagram(flowchart(found, title))


def flowchart(found: Iterable[Way], title: str) -> str:
    """The source of the picture. Ways with the same nodes and the same forms share a box."""
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for way in found:
        alike.setdefault((way.nodes, way.forms), []).append(way.name)
    places: dict[str, str] = {}
    lines = ["flowchart LR", f"    accTitle: {label(title, 80)}"]
    for number, ((nodes, forms), names) in enumerate(alike.items()):
        lines.append(f'    w{number}["{"<br/>".join(label(name) for name in names)}"]')
        before = f"w{number}"
        for said, shape in (*((node, "[/{}/]") for node in nodes), *((form, "([{}])") for form in forms)):
            lines += _place(said, shape, places)
            lines.append(f"    {before} --> {places[said]}")
            before = places[said]
        if not forms:
            lines += _place("no Python worker", "([{}])", places)
            lines.append(f"    {before} --> {places['no Python worker']}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def _place(said: str, shape: str, places: dict[str, str]) -> list[str]:
    if said in places:
        return []
    places[said] = f"p{len(places)}"
    quoted = f'"{label(said)}"'
    return [f"    {places[said]}{shape.format(quoted)}"]


def _row(way: Way) -> tuple[object, ...]:
    ins, outs = ([getattr(run.round, name) for run in way.runs] for name in ("data_in", "data_out"))
    types = dict.fromkeys(run.eval_type for run in way.runs)
    return (
        way.name,
        ", ".join(f"`{node}`" for node in way.nodes) or "none",
        len(way.runs),
        ", ".join(str(_EVAL_TYPES[name].code) for name in types),
        sum(one.frames + one.batches for one in ins) or "",
        views.number(sum(one.size for one in ins)) if ins else "",
        views.number(sum(one.size for one in outs)) if outs else "",
    )
