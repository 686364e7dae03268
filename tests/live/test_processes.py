"""A map of what really runs: a held program with PySpark's four kinds of ports, and a worker."""

from __future__ import annotations

import sys

import psutil
import pytest

from guide.processes.held import Held
from guide.processes.look import look
from guide.processes.model import known_ports
from guide.processes.picture import process_map, process_map_html
from sparkwire import load

PROGRAM = """\
import time
from pyspark import SparkContext
from pyspark.java_gateway import ensure_callback_server_started

class Same:
    def apply(self, value):
        return value

    class Java:
        implements = ["java.util.function.Function"]

sc = SparkContext("local[1]", "map")
numbers = sc.parallelize(range(10), 2).toLocalIterator()
next(numbers)
ensure_callback_server_started(sc._gateway)
assert sc._jvm.java.util.Optional.of("x").map(Same()).get() == "x"
print("ready", flush=True)
time.sleep(120)
"""


@pytest.fixture
def here(bench, monkeypatch):
    """``Held`` starts its program with this process's environment, in its folder."""
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(bench.folder)
    return bench


def test_a_spark_program(here):
    script = here.script(PROGRAM)
    held = Held("run", "--no-jvm", "-o", "t.sparkwire", "--", str(script), "--password", "hunter2")
    trace = load(here.folder / "t.sparkwire")
    map = look(held.program, known_ports(trace))

    python, jvm, daemon, worker = map.processes
    assert [map.role(p) for p in map.processes] == [
        "driver's Python", "driver's JVM", "Python workers' daemon", "Python worker",
    ]  # fmt: skip
    assert [map.parent(p) for p in map.processes] == [None, python, jvm, daemon]
    assert set(map.connected("gateway")) == set(map.connected("result")) == {(python, jvm)}
    assert map.connected("callback") == map.connected("accumulator") == [(jvm, python)]
    assert map.connected("Python worker") == [(jvm, worker)]
    assert map.listener("gateway")[0] == jvm
    assert map.listener("callback")[0] == python
    assert {one.address for one in map.listening} == {"127.0.0.1"}
    assert all(one.sure for one in map.connections)
    assert "hunter2" not in process_map(map) + process_map_html(map) + repr(map)

    assert look(held.program, without={jvm.pid}).processes == (python,)
    held.end()
    with pytest.raises(psutil.NoSuchProcess):
        look(python.pid)


def test_a_program_that_ends_too_soon_is_shown_with_what_it_said(here):
    with pytest.raises(RuntimeError, match="that was all"):
        Held("run", "--no-jvm", "-o", "t.sparkwire", str(here.script("print('that was all')")))


def test_a_held_program_ends_with_its_holder(here, until):
    waits = here.script("import time\nprint('ready', flush=True)\ntime.sleep(120)")
    holder = here.script(
        f"""
        import os, time
        from guide.processes.held import Held
        held = Held("run", "--no-jvm", "-o", "t.sparkwire", {str(waits)!r})
        print(held.program, flush=True)
        print("held", flush=True)
        time.sleep(120)
        """,
        "holder.py",
    )
    process = here.start([sys.executable, holder])
    until(process.stdout, b"held")
    process.kill()
    here.ended(process)
    assert here.left() == []
