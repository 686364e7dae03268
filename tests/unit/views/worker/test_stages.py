"""Python workers by stage: a table for a terminal, and one for a page."""

from __future__ import annotations

import pytest
from worker_recordings import of, records
from worker_talk import WorkerTalk, found, function_at

from sparkwire.plain import width
from sparkwire.trace.records import Withheld
from sparkwire.trace.worker.runs import runs
from sparkwire.views import workers_html, workers_table

EVIL = "</td><script>alert(1)</script>\u202e\x1b[31m\n\"'&"


def two_stages():
    one, two = WorkerTalk(1, pid=71), WorkerTalk(2, pid=72)
    for partition in range(6):
        talk = (one, two)[partition % 2]
        talk.whole(20 * partition, fresh=partition < 2, partition=partition, function=function_at(12))
    one.whole(300, fresh=False, stage=1, function=function_at(20, name="other"), data=b"x" * 1_000)
    return found(one, two)


def test_a_stage_has_its_functions_and_what_went_in_and_out():
    heads, below, _, *lines = workers_table(two_stages()).splitlines()
    assert heads.split() == ["runs", "batches", "rows", "bytes", "starting", "computing"]
    assert below.split() == ["workers", "waiting", "spilled"]
    assert lines[0] == "Stage 0: 6 tasks"
    assert lines[1] == "  job.py:12 work · non udf · PythonRDD"
    assert lines[2].split() == ["in", "6", "6", "–", "72", "12.0", "ms", "42.0", "ms"]
    assert lines[3].split() == ["out", "2,", "2", "new", "6", "–", "96", "6.0", "ms", "–"]
    assert lines[4:6] == ["Stage 1: 1 task", "  job.py:20 other · non udf · PythonRDD"]
    assert lines[6].split()[:5] == ["in", "1", "1", "–", "1,008"]
    assert lines[7].split()[:3] == ["out", "1", "1"]


def test_rows_are_counted_where_they_are_known():
    table = workers_table(runs(records(of("scalar_pandas_udf"))))
    [came] = [line for line in table.splitlines() if line.startswith("  in")]
    assert int(came.split()[3].replace(",", "")) > 0


@pytest.mark.parametrize("columns", [76, 80, 100, 200])
def test_it_stays_within_its_width(columns):
    named = function_at(3, file="/x/" + "long_name_" * 20 + ".py")
    told = [*two_stages(), *found(WorkerTalk(9).whole(0, stage=7, function=named))]
    assert max(map(width, workers_table(told, width=columns).splitlines())) <= columns


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("collect at /a/b/job.py:18", " · collect at job.py:18"),
        ("collect at C:\\a\\job.py:18", " · collect at job.py:18"),
        ("count at /tmp/ipykernel_7/123456.py:3", " · count at line 3"),  # a notebook's cell
        ("what a user set", " · what a user set"),
        ("", ""),
    ],
)
def test_the_job_is_said(job, said, check):
    told = found(WorkerTalk().whole(0))
    told[0].job = job
    assert f"Stage 0: 1 task{said}\n" in workers_table(told)
    assert f"Stage 0 1 task{said}" in check(workers_html(told)).text


def test_the_node_of_the_plan_is_said(check):
    told = runs(records(of("scalar_pandas_udf")))
    assert " · scalar pandas udf · ArrowEvalPython\n" in workers_table(told)
    assert "from series to series, for ArrowEvalPython" in check(workers_html(told)).text


def test_equal_stages_of_two_spark_contexts_are_two():
    first, second = found(WorkerTalk(1).whole(0), WorkerTalk(2).whole(50))
    first.context, second.context = 1, 2
    said = workers_table([first, second])
    assert "Stage 0: 1 task" in said
    assert "Stage 0 of SparkContext 2: 1 task" in said


def test_what_spilled_is_said():
    talk = WorkerTalk().init(0).rows(1, b"x").timing(9, boot=0, ready=1, finish=9, spilled=12_345).over(9)
    assert "12,345" in workers_table(found(talk))
    assert "24,690 bytes<br><small>12,345 bytes on disk" in workers_html(found(talk))


def test_runs_that_share_a_task_are_told():
    outer = WorkerTalk(1).init(0).rows(90, b"x").timing(100, boot=0, ready=1, finish=99).over(100)
    inner = WorkerTalk(2, pid=72).whole(10).whole(40, fresh=False)
    assert "Stage 0: 1 task with 3 runs, up to 2 at once" in workers_table(found(outer, inner))
    assert "1 task with 2 runs, one after the other" in workers_table(found(inner))
    each = WorkerTalk().whole(0, partition=0).whole(20, partition=1).whole(40, partition=0)
    assert "2 tasks, 1 with several runs, one after the other" in workers_table(found(each))
    assert "2 tasks with 2 runs each" in workers_table(found(each.whole(60, partition=1)))


def test_what_failed_is_said_below(check):
    assert "Failed: stage 0, partition 0: ZeroDivisionError" in workers_table(runs(records(of("exception"))))
    told = list(records(of("rdd"), closed=False))
    began = next(n for n, record in enumerate(told) if isinstance(record, Withheld))
    killed = runs(told[: began + 1])
    assert "said no last word" in workers_table(killed)
    assert "said no last word" in check(workers_html(killed)).text
    many = WorkerTalk()
    for n in range(30):
        many.whole(20 * n, partition=n)
    failing = [
        WorkerTalk(n, pid=n).init(0, partition=n, attempt=1).raises(1, "T\nE: no") for n in range(2, 32)
    ]
    table = workers_table(found(many, *failing))
    assert table.count("Failed: ") == 20
    assert "Failed: stage 0, partition 2, attempt 1: E: no" in table
    assert "And 10 more runs failed." in table


def test_what_cant_be_read_is_no_stage(check):
    unread = found(WorkerTalk().to_python(0, b"\0\0\0\5hello"))
    for said in (workers_table(unread), check(workers_html(unread)).text):
        assert "Stage not known" in said
        assert "Killed: the worker of a task that can't be read (process 71) said no last word." in said
    lost = found(WorkerTalk().init(0, stage=3).to_java(1, b"\xff\0\0\0"))
    assert "Unreadable: stage 3, partition 0, 2 messages." in workers_table(lost)


def test_nothing(check):
    assert "sparkwire run --workers SCRIPT" in workers_table([])
    assert "sparkwire run --workers SCRIPT" in check(workers_html([])).text


def test_a_page_has_the_same(check):
    outline = check(workers_html(two_stages()))
    assert outline.count("tbody") == 2
    for said in (
        "Stage 0 6 tasks", "job.py:12 work", "NON_UDF: a function of an RDD", "72 bytes", "6 batches",
        "2 new",
    ):  # fmt: skip
        assert said in outline.text
    [box] = [attributes for _, attributes in outline.elements if attributes.get("role") == "group"]
    assert (box["tabindex"], box["aria-label"]) == ("0", "Workers, by stage")


def test_a_page_is_bounded(check):
    talk = WorkerTalk()
    for n in range(300):
        talk.whole(20 * n, stage=n)
    outline = check(workers_html(found(talk), most=7))
    assert outline.count("tbody") == 7
    assert "And 293 more rows." in outline.text


def test_hostile_text_stays_text(check):
    talk = WorkerTalk().whole(0, function=function_at(3, file=f"/x/{EVIL}.py"))
    told = found(talk, WorkerTalk(2).init(1).raises(2, f"T\n{EVIL[:20]}"))
    outline = check(workers_html(told))
    assert "script" not in {name for name, _ in outline.elements}
    assert all(line.isprintable() for line in outline.text.split("\n"))
    assert all(line.isprintable() for line in workers_table(told).splitlines())
