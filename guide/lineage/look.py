"""Asks a running JVM for the lineage of an RDD.

Java keeps an RDD as an object that refers to what it is made of, and a PythonRDD keeps its pickled command in
a private field. Asking creates the RDD's Java object, as ``toDebugString`` does, and starts no job.
"""

from __future__ import annotations

from typing import Any

from guide.lineage.model import PYTHON_RDD, Lineage, Link, Node

_SHUFFLE = "org.apache.spark.ShuffleDependency"


def lineage(rdd: Any) -> Lineage:
    """The lineage of a PySpark RDD, as its Java objects have it now."""
    found: dict[int, Node] = {}
    _walk(rdd._jrdd.rdd(), rdd.ctx._jvm.java.lang.Class.forName(_SHUFFLE), found)
    return Lineage(tuple(found.values()))


def _walk(java: Any, shuffle: Any, found: dict[int, Node]) -> int:
    """Add an RDD, after all that it is made of; returns its id."""
    id = int(java.id())
    if id in found:
        return id
    dependencies = java.dependencies()
    links = []
    for place in range(dependencies.size()):
        one = dependencies.apply(place)
        links.append(Link(_walk(one.rdd(), shuffle, found), bool(shuffle.isInstance(one))))
    kind = str(java.getClass().getSimpleName())
    command = _command(java) if kind == PYTHON_RDD else b""
    found[id] = Node(id, kind, int(java.getNumPartitions()), tuple(links), command, _kept(java))
    return id


def _command(java: Any) -> bytes:
    """The pickled command of a PythonRDD (4.3.0: PythonRDD.scala has it in ``func``, which is private)."""
    field = java.getClass().getDeclaredField("func")
    field.setAccessible(True)
    return bytes(field.get(java).command().unsafeArray())


def _kept(java: Any) -> str:
    if java.isCheckpointed():
        return "checkpointed"
    level = java.getStorageLevel()
    return "cached" if level.useMemory() or level.useDisk() else ""
