"""Takes jobs in turns, and asks what each turn took.

No machine is quiet while this site is built. So the jobs that are compared take turns, A B A B and not A A B
B, and every round starts with another job. Beside the time on the clock the operating system is asked for
processor time, which counts only what the job's own processes did. On Linux it comes in steps of 10 ms, so a
turn should take some tenths of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import psutil

from guide.costs.model import Rounds, Spent

Job = Callable[[], Any]

_PATIENCE = 0.25
"""Seconds to wait for a worker that is still at work when its job is done: between two tasks it collects
garbage."""
_Times = dict[psutil.Process, tuple[bool, float]]


def take_turns(
    jobs: Mapping[str, Job], rounds: int = 7, *, warm_up: int = 1, units: Mapping[str, int] | int = 1
) -> Rounds:
    """Run every job once a round, in turns, and say what each turn took.

    Before that all jobs run ``warm_up`` rounds that don't count: Java compiles what it runs often, and a
    job's first turn starts its worker. ``units`` says of how many units of work a turn consists.
    """
    names = list(jobs)
    turns: dict[str, list[Spent]] = {name: [] for name in names}
    for number in range(-warm_up, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            spent = measured(jobs[name])
            if number >= 0:
                turns[name].append(spent)
    return Rounds(turns, dict.fromkeys(names, units) if isinstance(units, int) else dict(units))


def measured(job: Job) -> Spent:
    """Run ``job`` once. What it raises passes through."""
    before = _settled()
    driver, wall = time.process_time(), time.perf_counter()
    job()
    wall, driver = time.perf_counter() - wall, time.process_time() - driver
    java = workers = 0.0
    for process, (is_java, seconds) in _settled().items():
        used = seconds - before.get(process, (is_java, 0.0))[1]
        if is_java:
            java += used
        else:
            workers += used
    return Spent(wall, driver, java, workers)


def _settled() -> _Times:
    """What all processes have used, once no worker is at work any more."""
    until = time.monotonic() + _PATIENCE
    while True:
        times, busy = _processor_times()
        if not busy or time.monotonic() > until:
            return times
        time.sleep(0.005)


def _processor_times() -> tuple[_Times, bool]:
    """Each JVM that this process started, and each process below one: whether it is a JVM, and its seconds so
    far. And whether any of the others is at work.
    """
    found: _Times = {}
    busy = False
    for child in psutil.Process().children():
        try:
            family = [child, *child.children(recursive=True)] if _is_java(child) else []
        except psutil.Error:
            continue
        for process in family:
            try:
                with process.oneshot():
                    is_java, times = _is_java(process), process.cpu_times()
                    busy |= not is_java and process.status() == psutil.STATUS_RUNNING
            except psutil.Error:
                continue  # it has ended
            found[process] = is_java, times.user + times.system
    return found, busy


def _is_java(process: psutil.Process) -> bool:
    return bool(process.name().startswith("java"))
