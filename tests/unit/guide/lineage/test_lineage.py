"""A lineage says which functions share a PythonRDD, which RDDs share a stage, and which run computed what."""

from __future__ import annotations

import mermaidx
import pytest
from worker_recordings import of, records

from guide.jobs import DESCRIPTION, described, job_of, runs_by_job, told
from guide.lineage import Lineage, Link, Node, calls, captured, names_of, opened, own_steps, pipeline
from guide.lineage.model import command
from guide.lineage.picture import HEAD, diagram_of, rows_of
from sparkwire import Field, Message
from sparkwire.trace.worker.runs import runs

BEFORE, AFTER = (runs(records(of(program)))[0] for program in ("rdd", "reduce_by_key"))
LINEAGE = Lineage(
    (
        Node(0, "ParallelCollectionRDD", 2),
        Node(1, "PythonRDD", 2, (Link(0, False),), command(BEFORE), "cached"),
        Node(2, "ShuffledRDD", 1, (Link(1, True),)),
        Node(3, "PythonRDD", 1, (Link(2, False),), command(AFTER)),
    )
)


def test_a_run_finds_the_rdd_whose_command_its_worker_was_given():
    assert command(BEFORE)
    assert command(BEFORE) != command(AFTER)
    assert LINEAGE.runs([AFTER, BEFORE, BEFORE]) == {1: [BEFORE, BEFORE], 3: [AFTER]}
    assert LINEAGE.runs([]) == {1: [], 3: []}
    [udf, *_] = runs(records(of("pickled_udf")))
    assert command(udf) == b""
    assert LINEAGE.runs([udf]) == {1: [], 3: []}


def test_a_shuffle_parts_stages():
    assert [[node.id for node in stage] for stage in LINEAGE.stages()] == [[0, 1], [2, 3]]
    joined = Lineage(
        (*LINEAGE.nodes, Node(4, "UnionRDD", 3, (Link(0, False), Link(3, False))))
    )  # what two stages feed by narrow dependencies is one stage
    assert [[node.id for node in stage] for stage in joined.stages()] == [[0, 1, 2, 3, 4]]
    assert joined.top.id == 4


def test_functions_come_in_the_order_in_which_a_row_meets_them():
    assert [one.name for one in LINEAGE.python[0].functions] == names_of(BEFORE)
    assert names_of(BEFORE) == [one.name for one in reversed(BEFORE.functions)]
    assert LINEAGE.nodes[0].functions == ()


def test_the_diagram_has_stages_functions_and_bytes_and_can_be_drawn():
    source = diagram_of(LINEAGE, [BEFORE, AFTER], title="two stages")
    assert f'subgraph stage1["stage {BEFORE.stage}"]' in source
    assert "accTitle: two stages" in source
    assert '["PythonRDD 1, cached"]' in source
    assert f"to Python#58; {BEFORE.round.data_in.size:,} bytes" in source
    assert f"to the JVM#58; {AFTER.round.data_out.size:,} bytes" in source
    assert source.count("==>") == 1
    assert mermaidx.render(source).svg().startswith("<svg")


def test_one_stage_has_no_box_and_runs_may_be_missing():
    one = Lineage(LINEAGE.nodes[:2])
    source = diagram_of(one)
    assert "stage" not in source
    assert "bytes" not in source
    rows = rows_of(one)
    assert {len(row) for row in rows} == {len(HEAD)}
    assert rows[1][1:4] == ("PythonRDD 1, cached", "`<lambda>`", "0")


def first(split, rows):
    return (row + 1 for row in rows)


def composed(func, prev_func):
    """As ``PipelinedRDD`` does it."""

    def pipeline_func(split, rows):
        return func(split, prev_func(split, rows))

    return pipeline_func


def times(factor):
    return lambda split, rows: (row * factor for row in rows)


def test_a_composed_function_is_opened_to_what_its_closures_hold():
    double, triple = times(2), times(3)
    whole = composed(triple, composed(double, first))
    assert own_steps(whole) == [first, double, triple]
    assert own_steps(first) == [first]
    found = [(one.name, one.depth, one.value) for one in captured(whole)]
    assert found[1:3] == [("func", 1, triple), ("factor", 2, 3)]
    assert found[-1] == ("prev_func", 2, first)
    lines = opened(whole).splitlines()
    assert len(lines) == len(found)
    assert lines[2].strip() == "factor: 3"
    assert lines[-1].startswith("    prev_func: first ")
    assert lines[-1].split()[-1] == f"test_lineage.py:{first.__code__.co_firstlineno}"


def test_calls_are_counted_by_function():
    def add_one(row):
        return row + 1

    found = calls(composed(lambda split, rows: map(add_one, rows), times(2)), [1, 2, 3])
    assert found[add_one.__qualname__] == 3
    assert found["times.<locals>.<lambda>.<locals>.<genexpr>"] == 1  # although it goes on three times
    assert found["composed.<locals>.pipeline_func"] == 1
    assert found.total() == 7


class Rdd:
    """What ``pipeline`` looks at."""

    def __init__(self, prev=None, source=None):
        self.prev = prev
        if source is not None:
            self._prev_jrdd = source


def test_a_pipeline_ends_where_the_rows_come_from_elsewhere():
    one, two, base = object(), object(), Rdd()
    lower = Rdd(base, one)
    before = Rdd(lower, two)
    after = Rdd(before, two)
    assert pipeline(after) == [before, after]
    assert pipeline(lower) == [lower]
    assert pipeline(base) == []


class Context:
    """Notes which description each job has."""

    def __init__(self):
        self.description = "before"

    def getLocalProperty(self, name):  # PySpark's name
        assert name == DESCRIPTION
        return self.description

    def setJobDescription(self, said):
        self.description = said

    def setLocalProperty(self, name, said):
        self.description = said


def test_each_job_has_its_own_description_and_the_old_one_comes_back():
    context = Context()
    jobs = {name: lambda: context.description for name in ("one", "two")}
    assert described(context, jobs) == {"one": "one", "two": "two"}
    assert context.description == "before"
    with pytest.raises(ZeroDivisionError):
        described(context, {"failing": lambda: 1 / 0})
    assert context.description == "before"


def test_a_run_says_which_job_it_belongs_to():
    assert told(BEFORE, "eval type") == 0
    assert told(BEFORE, "no such field") is None
    assert job_of(BEFORE) == ""
    init = BEFORE.round.init
    context = {"localProperties": {DESCRIPTION: "mine"}}
    field = Field("task context", 0, len(init.raw), "", context)
    [run] = runs(records(of("nothing")))[:1]
    run.round.init = Message(init.direction, init.role, init.command, init.raw, 0, (field,))
    assert job_of(run) == "mine"
    recording = type("Recorded", (), {"runs": [BEFORE, run, BEFORE]})()
    assert runs_by_job(recording) == {"": [BEFORE, BEFORE], "mine": [run]}
