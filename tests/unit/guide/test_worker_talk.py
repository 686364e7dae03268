"""What passed on a worker's connection, as a page shows it; of what real workers said."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from worker_recordings import of, records

from guide.spark_home import spark_home_in
from guide.worker_talk import meaning, messages_html, passed, passed_diagram, passed_table
from sparkwire import Direction
from sparkwire.trace.worker.runs import built


def recording(program: str) -> SimpleNamespace:
    """What of a recording is asked for here: its runs, and what belongs to none."""
    found = built(records(of(program)))
    return SimpleNamespace(runs=found.runs, trace=found)


def words(program: str, number: int = 1) -> list[str]:
    return [one.message.command for one in passed(recording(program), number)]


def test_a_workers_first_run_begins_with_the_handshake_and_its_second_does_not():
    assert words("reuse")[:4] == ["pid", "secret", "secret reply", "init"]
    assert words("reuse", 2)[0] == "init"
    assert words("rdd_unix")[:2] == ["pid", "init"]


@pytest.mark.parametrize("program", ["rdd", "reuse", "exception", "take"])
def test_every_message_of_the_run_is_there_in_the_order_of_time(program):
    made = recording(program)
    [first, *_] = made.runs
    found = passed(made, first.n)
    assert [one.message for one in found][-len(first.messages) :] == list(first.messages)
    assert [one.t_ns for one in found] == sorted(one.t_ns for one in found)


def test_a_run_that_is_not_there():
    with pytest.raises(ValueError, match="unpack"):
        passed(recording("rdd"), 99)


def test_a_table_says_what_each_message_means():
    lines = passed_table(passed(recording("rdd"), 1)).data.splitlines()
    assert len(lines) == 2 + len(words("rdd"))
    assert "| worker | pid | 4 | I am process " in lines[2]
    assert lines[-1].endswith("| worker | end of stream | 4 | this run is over |")


@pytest.mark.parametrize("program, last", [
    ("rdd", "this run is over"),
    ("take", "this run is over, and so am I"),
    ("exception", "ZeroDivisionError: division by zero"),
])  # fmt: skip
def test_the_last_word(program, last):
    assert meaning(passed(recording(program), 1)[-1].message) == last


def test_accumulators_are_counted():
    said = [meaning(one.message) for one in passed(recording("broadcast_and_accumulator"), 1)]
    assert "no more rows; accumulators that follow: 1" in said
    assert "what was added to an accumulator" in said


def test_every_kind_of_message_of_an_rdd_means_something():
    for program in ("rdd", "exception", "broadcast_and_accumulator"):
        for one in passed(recording(program), 1):
            assert meaning(one.message), one.message.command


def test_neighbours_are_one_arrow():
    diagram = passed_diagram(passed(recording("rdd"), 1), "a job").data
    assert "W->>J: 2 × frame, 45 bytes" in diagram
    assert "J->>W: secret, 68 bytes" in diagram
    assert diagram.count("->>") == len(words("rdd")) - 1


def test_messages_byte_by_byte(check):
    messages = [one.message for one in passed(recording("rdd"), 1)]
    read = check(messages_html(messages, "all").data)
    fields = sum(len(message.fields) for message in messages)
    assert len([one for one in read.ids if one.startswith("all-")]) == fields
    assert {m.direction for m in messages} == set(Direction)


def test_a_spark_home_that_names_no_place(tmp_path):
    home = spark_home_in(tmp_path)
    assert (home / "bin" / "spark-submit").is_file()
    assert home.parent == tmp_path


def test_the_link_is_gone_with_the_process():
    program = (
        "from guide.spark_home import *; import os; use_neutral_spark_home(); print(os.environ['SPARK_HOME'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    home = done.stdout.strip()
    assert home.endswith(os.path.join("", "pyspark"))
    assert not os.path.lexists(home)
