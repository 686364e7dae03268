"""The model of a lineage: the RDDs of the JVM, which is made of which, and the functions in each PythonRDD.

``guide.lineage.look`` fills it from a running JVM, ``guide.lineage.picture`` draws it. It holds the pickled
command of each PythonRDD, by which a recorded run finds its RDD: the worker was given the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from guide.jobs import told
from sparkwire import Run
from sparkwire.wire.worker import PickledFunction, pickled_functions

PYTHON_RDD = "PythonRDD"
_LIBRARY = re.compile(r"(?:^|[/\\])pyspark(?:\.zip)?[/\\]")


@dataclass(frozen=True, slots=True)
class Link:
    """What an RDD is made of."""

    parent: int
    shuffle: bool
    """Whether the data is sorted into new partitions on the way, so that another stage begins."""


@dataclass(frozen=True, slots=True)
class Node:
    """One RDD of the JVM."""

    id: int
    kind: str
    """The name of its class, without the package."""
    partitions: int
    links: tuple[Link, ...] = ()
    command: bytes = b""
    """What a PythonRDD gives its workers: the pickled functions. Empty for other RDDs."""
    kept: str = ""
    """``cached``, ``checkpointed``, or empty."""

    @property
    def functions(self) -> tuple[PickledFunction, ...]:
        """The user's functions in the command, in the order in which a row meets them.

        Pickle writes the outer function first, and the outer one is the last step. A function that is
        used twice is pickled once, and so it is here once. A function that was written inside another
        one of them is left out: it is a part of that.
        """
        return _outer(one for one in pickled_functions(self.command) if not _LIBRARY.search(one.file))


@dataclass(frozen=True, slots=True)
class Lineage:
    """An RDD and all that it is made of. ``nodes`` has what is made before what is made of it."""

    nodes: tuple[Node, ...]

    @property
    def top(self) -> Node:
        """The RDD itself."""
        return self.nodes[-1]

    @property
    def python(self) -> list[Node]:
        """Its PythonRDDs. Each gives work to Python workers."""
        return [node for node in self.nodes if node.kind == PYTHON_RDD]

    def stages(self) -> list[list[Node]]:
        """The nodes in groups that no shuffle parts: Spark computes each group in one stage."""
        group = {node.id: node.id for node in self.nodes}

        def root(id: int) -> int:
            while group[id] != id:
                id = group[id]
            return id

        for node in self.nodes:
            for link in node.links:
                if not link.shuffle:
                    group[root(link.parent)] = root(node.id)
        found: dict[int, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(root(node.id), []).append(node)
        return list(found.values())

    def runs(self, runs: Iterable[Run]) -> dict[int, list[Run]]:
        """For each PythonRDD, by its id, those of the runs whose worker was given its command."""
        found: dict[int, list[Run]] = {node.id: [] for node in self.python}
        of = {node.command: node.id for node in self.python}
        for run in runs:
            if (id := of.get(command(run))) is not None:
                found[id].append(run)
        return found


def names_of(run: Run) -> list[str]:
    """The names of the user's functions in a run for an RDD, in the order in which a row meets them."""
    return [one.name for one in _outer(run.functions)]


def command(run: Run) -> bytes:
    """The pickled command that a run's worker was given for an RDD; empty when it was given another thing."""
    given = told(run, "command")
    return given if isinstance(given, bytes) else b""


def _outer(pickled: Iterable[PickledFunction]) -> tuple[PickledFunction, ...]:
    """Without those that were written inside another one, and the one that was pickled last first."""
    found = list(dict.fromkeys(pickled))
    names = {one.name for one in found}
    return tuple(one for one in reversed(found) if one.name.rpartition(".<locals>.")[0] not in names)
