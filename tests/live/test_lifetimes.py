"""The lives read from a recording are those in the gateway's own map, and a leak is seen."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import time

import pytest
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JJavaError

from guide.gateways.jvm import end
from guide.gateways.plain import PlainGateway
from sparkwire import cli
from sparkwire.jvm.gateway_objects import held_objects, wait_for_releases
from sparkwire.record import Recorder
from sparkwire.trace.load import load

KEPT, PASSING = 40, 60


@pytest.fixture(scope="module")
def recorded(java, tmp_path_factory):
    """A recording with a leak in it, and what the gateway's map held at its end."""
    path = tmp_path_factory.mktemp("lives") / "t.sparkwire"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(java.home))
        with PlainGateway() as started:
            jvm = started.client.jvm
            with Recorder(path, program="a leak"):
                kept = [jvm.java.util.ArrayDeque() for _ in range(KEPT)]
                for _ in range(PASSING):
                    passing = jvm.java.util.PriorityQueue()
                    passing.size()
                del passing
                try:
                    jvm.java.lang.Integer.parseInt("seven")
                except Py4JJavaError as error:
                    caught = error
                    str(caught)
                _sort_with_python(started)
                gc.collect()
                wait_for_releases(started.client)
                early = started.gateway.jvm.java.util.Vector()
                started.gateway.detach(early)
            yield load(path), held_objects(started.client), path
            del kept, caught


class _Longest:
    def compare(self, one, other):
        return len(other) - len(one)

    class Java:
        implements = ("java.util.Comparator",)


def _sort_with_python(started):
    jvm, pool = started.client.jvm, started.client.gateway_property.pool
    words = jvm.java.util.LinkedList()
    words.add("one")
    words.add("three")
    jvm.java.util.Collections.sort(words, _Longest())
    deadline = time.monotonic() + 60
    while len(pool) and time.monotonic() < deadline:
        jvm.java.lang.System.gc()
        time.sleep(0.1)


def group(trace, java_class):
    [found] = [one for one in trace.lifetimes.groups if one.java_class == java_class]
    return found


def test_what_is_held_is_what_the_gateways_map_holds(recorded):
    trace, held, _ = recorded
    named = {life.id: life.java_class for life in trace.lifetimes.held if life.kind != "Python object"}
    assert named == {id: name for id, name in held.items() if id[1:].isdecimal()}
    assert set(held) - set(named) == {"GATEWAY_SERVER", "j"}


def test_a_leak_is_told_from_what_passes(recorded):
    trace, _, _ = recorded
    leak, passing = group(trace, "java.util.ArrayDeque"), group(trace, "java.util.PriorityQueue")
    assert (leak.count, leak.held, leak.uses) == (KEPT, KEPT, 0)
    assert (passing.count, passing.released, passing.uses) == (PASSING, PASSING, PASSING)


def test_releases_come_from_the_finalizers_thread_and_connection(recorded):
    trace, _, _ = recorded
    lives = group(trace, "java.util.PriorityQueue").lives
    assert len({life.ended.thread for life in lives}) == 1
    assert {life.made.connection for life in lives}.isdisjoint({life.ended.connection for life in lives})
    assert lives[0].made.thread == "MainThread" != lives[0].ended.thread


def test_another_gateways_ids_are_its_own(recorded):
    trace, _, _ = recorded
    other, mine = group(trace, "java.util.Vector"), group(trace, "java.util.ArrayDeque")
    assert other.gateway != mine.gateway
    assert other.released == 1


def test_a_python_object_ends_when_java_says_so(recorded):
    trace, _, _ = recorded
    [life] = [life for life in trace.lifetimes.lives if life.kind == "Python object"]
    assert (life.java_class, life.ending, life.ended.channel) == (
        "java.util.Comparator",
        "released",
        "callback",
    )
    assert life.uses >= 1


def test_the_command_line_shows_the_leak(recorded):
    _, _, path = recorded
    done = subprocess.run(
        [sys.executable, "-m", "sparkwire", "show", "--objects", str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    [row] = [line.split() for line in done.stdout.splitlines() if "ArrayDeque" in line and "×" not in line]
    assert row[:4] == [str(KEPT), "0", str(KEPT), "0"]


def shown(path, *options):
    with pytest.raises(SystemExit) as ended:
        cli.main(["show", str(path), "--objects", *options])
    return ended.value.code


def test_every_object_is_listed_when_all_are_asked_for(recorded, capsys):
    trace, _, path = recorded
    assert shown(path, "--all") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(("o", "p")) for line in lines) == len(trace.lifetimes.lives)


def test_json_has_a_line_for_each_object(recorded, capsys):
    trace, _, path = recorded
    assert shown(path, "--format", "json") == 0
    lives = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [life["id"] for life in lives] == [life.id for life in trace.lifetimes.lives]
    assert sum(life["ended"] is None for life in lives) == len(trace.lifetimes.held)


def test_html_is_a_page_of_its_own(recorded, capsys):
    _, _, path = recorded
    assert shown(path, "--format", "html") == 0
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert f"<b>{KEPT} × ArrayDeque</b>" in page


@pytest.mark.parametrize("options", [("--format", "mermaid"), ("--threads",)])
def test_what_can_not_be_shown_is_said(recorded, capsys, options):
    _, _, path = recorded
    assert shown(path, *options) == 2
    assert "--objects goes with" in capsys.readouterr().err


def ids_held(trace, gateway):
    return {life.id for life in trace.lifetimes.held if life.gateway == gateway and life.id.startswith("o")}


def ids_in_map(gateway):
    return {id for id in held_objects(gateway) if id[1:].isdecimal()}


def test_a_jvm_that_comes_after_another_on_its_port_is_another_gateway(java, tmp_path):
    """Python still holds what the first one gave it, and lets go of it at the second one, which by then has
    handed out fewer ids. (Of those that it has handed out too, Py4J forgets the finalizers of the first one.)
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = tmp_path / "t.sparkwire"

    def start():
        _, process = launch_gateway(
            port=port, java_path=str(java.executable), die_on_exit=True, return_proc=True
        )
        return JavaGateway(gateway_parameters=GatewayParameters(port=port)), process

    with Recorder(path, program="two JVMs"):
        first, process = start()
        try:
            kept = [first.jvm.java.util.ArrayDeque() for _ in range(12)]
            first.jvm.java.util.PriorityQueue()
        finally:
            end(process)
        second, process = start()
        try:
            made = [second.jvm.java.util.Vector() for _ in range(3)]
            del kept[5:]
            gc.collect()
            made += [second.jvm.java.util.Vector() for _ in range(8)]
        except BaseException:
            end(process)
            raise
    try:
        in_map = ids_in_map(second)
    finally:
        end(process)
        second.close()
        first.close()
    assert len(kept) == 5
    trace = load(path)
    one, two = trace.lifetimes.gateways
    assert (one.port, one.jvm, two.port, two.jvm) == (port, 1, port, 2)
    assert ids_held(trace, one) == set()
    assert ids_held(trace, two) == in_map
    assert len(in_map) == len(made) == 11
    first_ones = group(trace, "java.util.ArrayDeque")
    assert first_ones.ended_by("ended with its JVM") == 12
    # The first of the seven releases may find that its connection is broken.
    assert sum(life.used_after_end for life in first_ones.lives) >= 6
    assert shown(path) == 0


def test_what_a_callback_makes_on_a_connection_of_javas_is_its_gateways(java, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(java.home))
    path = tmp_path / "t.sparkwire"
    kept = []
    with PlainGateway() as started:
        other, mine = started.gateway, started.client

        class Task:
            def run(self):
                kept.extend(mine.jvm.java.util.ArrayDeque() for _ in range(3))
                mine.jvm.java.util.PriorityQueue()

            class Java:
                implements = ("java.lang.Runnable",)

        with Recorder(path, program="callbacks"):
            elsewhere = [other.jvm.java.util.Vector() for _ in range(6)]
            working = mine.jvm.java.lang.Thread(Task(), "Java's own")
            working.start()
            working.join()
            gc.collect()
            wait_for_releases(mine)
        trace, in_map, in_others = load(path), ids_in_map(mine), ids_in_map(other)
    from_java = {one.connection for one in trace.connections if one.channel == "callback"}
    made = group(trace, "java.util.ArrayDeque")
    assert {life.made.connection for life in made.lives} <= from_java
    assert (made.count, made.held, made.gateway.port) == (3, 3, started.client_port)
    assert group(trace, "java.util.PriorityQueue").released == 1
    assert not any(life.before for life in trace.lifetimes.lives if life.gateway == made.gateway)
    assert ids_held(trace, made.gateway) == in_map
    assert len(elsewhere) == group(trace, "java.util.Vector").held == 6
    assert {life.id for life in group(trace, "java.util.Vector").lives} <= in_others
    del kept[:]
