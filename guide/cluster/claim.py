"""The mail's ninth question, as checks on maps of a cluster: does Python run on the workers?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from guide.processes.model import MappedProcess, ProcessMap

DIRECTS = "The driver's Python is connected to the driver's JVM, and to no other process."
BUILT_IN = "A job of built-in functions runs without Python on the workers."
WITHOUT_PYTHON = "{} runs without Python on the workers."


def python_on_workers(
    built_in: ProcessMap, functions: Mapping[str, tuple[Collection[int], ProcessMap]]
) -> list[tuple[str, bool, str]]:
    """Checks for ``guide.claims.judge``. ``built_in`` is the map after a job without Python functions.

    ``functions`` has, for each other job, the processes in which its function said that it ran, and the map
    after it. Their statements are ``WITHOUT_PYTHON`` with the job's name.
    """
    maps = [built_in, *(map for _, map in functions.values())]
    partners = {map.role(process) for map in maps for process in _partners(map)}
    found = _pythons(built_in)
    checks = [
        (DIRECTS, partners == {"driver's JVM"}, f"connected to the {', '.join(sorted(partners))}"),
        (BUILT_IN, not found, f"{len(found)} Python processes under the executors"),
    ]
    for job, (pids, map) in functions.items():
        workers = {process.pid for process in map.find("Python worker")}
        there = sorted(workers & set(pids))
        where = f"the function ran in {len(there)} Python worker{'s'[: len(there) != 1]} under the executors"
        checks.append((WITHOUT_PYTHON.format(job), not there, where))
    return checks


def needs_python(jobs: Iterable[str]) -> list[str]:
    """The statements about these jobs that don't hold."""
    return [WITHOUT_PYTHON.format(job) for job in jobs]


def _partners(map: ProcessMap) -> list[MappedProcess]:
    """The processes at the other ends of the connections of the driver's Python."""
    own = {process.pid for process in map.find("driver's Python")}
    ends = {(one.client, one.server) for one in map.connections}
    return [map.process(other) for a, b in ends for mine, other in ((a, b), (b, a)) if mine in own]


def _pythons(map: ProcessMap) -> list[MappedProcess]:
    """The Python processes below the executors."""
    below = list(map.find("executor's JVM"))
    found: list[MappedProcess] = []
    while below:
        children = map.children(below.pop())
        found += children
        below += children
    return [process for process in found if process.program.startswith(("python", "pypy"))]
