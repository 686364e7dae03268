"""What the pages about UDFs read from recordings and from kept answers."""

from __future__ import annotations

import json
from types import SimpleNamespace

import mermaidx
import pytest
from worker_recordings import of, records

from guide.udfs.defaults import KEPT, Defaults, defaults, defaults_table, from_answer
from guide.udfs.make import PINNED, faults, written
from guide.udfs.plan import plan_nodes, python_nodes
from guide.udfs.returns import Raised, Returned, raised, returns_table
from guide.udfs.ways import Way, flowchart, ways_table
from sparkwire.trace.worker.runs import runs


def way(name, program, *nodes):
    return Way(name, nodes, tuple(runs(records(of(program)))))


WAYS = [
    Way("built-in function", (), ()),
    way("udf, useArrow=False", "pickled_udf", "BatchEvalPython"),
    way("udf", "arrow_udf", "ArrowEvalPython"),
    way("pandas_udf", "scalar_pandas_udf", "ArrowEvalPython"),
    way("applyInPandas", "grouped_map", "FlatMapGroupsInPandas"),
]


def test_a_way_says_in_which_form_the_rows_went():
    assert [one.forms[0] for one in WAYS[1:]] == [
        "pickled rows", "one Arrow stream", "one Arrow stream", "an Arrow stream for each group",
    ]  # fmt: skip
    old = Way("applyInPandas", (), tuple(runs(records(of("grouped_map", "3.5.9")))))
    assert old.forms == ("one Arrow stream",)


def test_ways_of_one_node_and_form_share_a_box_and_the_picture_can_be_drawn():
    source = flowchart(WAYS, "ways")
    assert '["udf<br/>pandas_udf"]' in source
    assert source.count("ArrowEvalPython") == 1
    assert source.count('(["one Arrow stream"])') == 1
    assert "no Python worker" in source
    assert mermaidx.render(source).svg().startswith("<svg")


def test_the_table_has_a_row_for_each_way():
    lines = ways_table(WAYS).data.splitlines()
    assert len(lines) == 2 + len(WAYS)
    assert "| built-in function | none | 0 |" in lines[2]
    [run] = WAYS[1].runs
    assert f"| 100 | {run.round.data_in.frames} |" in lines[3]
    assert f"| {run.round.data_in.size:,} |" in lines[3]


class Plan:
    """A node of an executed plan, as far as it is asked."""

    def __init__(self, name, *children, kind="SomeExec"):
        self._name, self._children, self._kind = name, children, kind

    def getClass(self):  # Java's name
        return SimpleNamespace(getSimpleName=lambda: self._kind)

    def nodeName(self):
        return self._name

    def children(self):
        return SimpleNamespace(size=lambda: len(self._children), apply=self._children.__getitem__)

    def executedPlan(self):
        return self._children[0]

    plan = executedPlan


def test_the_nodes_of_a_plan_come_in_the_order_of_their_work():
    scan = Plan("BatchScan mine")
    query = Plan(
        "WholeStageCodegen (2)", Plan("Project", Plan("ArrowEvalPython", Plan("InputAdapter", scan)))
    )
    adaptive = Plan("AdaptiveSparkPlan", query, kind="AdaptiveSparkPlanExec")
    staged = Plan("!MapInPandas", Plan("ShuffleQueryStage", adaptive, kind="ShuffleQueryStageExec"))
    frame = SimpleNamespace(_jdf=SimpleNamespace(queryExecution=lambda: Plan("", staged)))
    assert plan_nodes(frame) == ["BatchScan mine", "ArrowEvalPython", "Project", "MapInPandas"]
    assert python_nodes(frame) == ["BatchScan mine", "ArrowEvalPython", "MapInPandas"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Traceback:\n  File 'a.py'\npyarrow.lib.ArrowInvalid: Failed\n SQLSTATE: 38000", "ArrowInvalid"),
        (
            "ValueError: 1\n\nthen\nAssertionError\n SQLSTATE: 3\nJVM stacktrace:\nAnError: y",
            "AssertionError",
        ),
    ],
)
def test_the_workers_exception_is_the_last_of_its_traceback(said, name):
    assert raised(said) == name


def test_the_table_of_returned_values():
    lines = returns_table([Returned("int", 1.5, None, Raised("ArrowInvalid"))]).data.splitlines()
    assert lines[2] == "| `int` | `1.5` | `None` | raises `ArrowInvalid` |"


def test_the_kept_answers_are_of_the_versions_that_there_are():
    text = KEPT.read_text("utf-8")
    assert faults(text) == []
    found = defaults()
    assert [one.pyspark for one in found] == [one.pyspark for one in PINNED]
    assert len(defaults_table(found).data.splitlines()) == 2 + len(found)


def test_other_versions_and_other_spacing_are_faults():
    data = json.loads(KEPT.read_text("utf-8"))["versions"]
    assert faults(written(data[:-1])) == ["its versions of PySpark are not those of guide/versions/make.py"]
    assert len(faults(written(data) + "\n")) == 1


def test_an_answer_is_read_whole():
    answer = {"pyspark": "4", "settings": ["a"], "udf": "B", "udtf": "C", "int from 1.5": None}
    assert from_answer(answer) == Defaults("4", ("a",), "B", "C", None)
