"""Real workers say all that the code table lists; the reference page is made from the same programs."""

from __future__ import annotations

import os
import re
import sys

import psutil
import pytest

from guide.reference.worker import NOT_SENT, captures, every_worker_message, missing
from guide.reference.worker.programs import PROGRAMS
from sparkwire import load
from sparkwire.wire.worker import EVAL_TYPES, HANDSHAKES

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def made(java, tmp_path_factory):
    trace = tmp_path_factory.mktemp("every worker message") / "t.sparkwire"
    before = set(psutil.Process().children(recursive=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(java.home))
        connections = every_worker_message(trace)
    assert set(psutil.Process().children(recursive=True)) <= before, "something is left running"
    return trace, connections


@pytest.fixture(scope="module")
def connections(made):
    return made[1]


def test_no_entry_of_the_table_lacks_a_message(connections):
    lost = missing(captures(connections))
    assert not lost, "; ".join(lost)


def test_what_is_said_not_to_be_sent_is_not_sent(connections):
    assert not set(NOT_SENT) & set(captures(connections))


def test_every_program_every_evaluation_type_and_every_handshake_was_seen(connections):
    runs = [run for one in connections for run in one.runs]
    assert {run.program for run in runs} == set(PROGRAMS)
    kinds = {run.messages[0].field("eval type").value for run in runs}
    assert kinds == {kind.code for kind in EVAL_TYPES}
    assert {one.handshake for one in connections} | {"none"} == {one.name for one in HANDSHAKES}


def test_a_sort_with_little_memory_spilled(connections):
    disk = {
        run.program: message.field("disk spilled").value
        for one in connections
        for run in one.runs
        for message in run.messages
        if message.command == "timing"
    }
    assert {program for program, count in disk.items() if count} == {"spill"}


def test_the_trace_is_whole_and_its_runs_are_numbered_as_said(made):
    trace, connections = made
    runs = load(trace).runs
    numbered = {run.number: run for one in connections for run in one.runs if run.number is not None}
    assert sorted(numbered) == [run.n for run in runs]
    for run in runs:
        assert list(run.messages) == list(numbered[run.n].messages)


def test_no_secret_and_no_place_of_this_machine_is_in_it(connections):
    messages = [m for one in connections for m in (*one.greeting, *(m for r in one.runs for m in r.messages))]
    said = b"\n".join(message.raw for message in messages)
    assert not re.search(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", said)
    for place in (sys.prefix, os.getcwd(), os.path.expanduser("~") + "/"):
        assert place.encode() not in said
