"""Diagrams with workers: runs stand where they went on, the alike are one, and Mermaid draws them all."""

from __future__ import annotations

import re

import mermaidx
import pytest
from playbook import MAIN, MS, Talk
from worker_recordings import recorded, records
from worker_talk import START, WorkerTalk, found, function_at, repeated

from sparkwire.trace.gateway.fold import fold
from sparkwire.trace.records import CallSite, Frame
from sparkwire.trace.worker.runs import runs
from sparkwire.views import run_lanes, work_sequence

EVIL = 'end"; %%{init:{}}%% <br/> #59; ->> x: y\u202e\x1b[31m'


def line(number, code="rdd.collect()"):
    return CallSite((Frame("/x/job.py", number, "<module>", code, False),))


class Driver:
    """A program whose lines ask for jobs, each of which takes a second; and workers that do them."""

    def __init__(self, master="local[2]") -> None:
        self.talk = Talk(now=START * MS, step=MS).open().named(MAIN, "MainThread")
        if master:
            self.talk.at(line(2)).ask("c\no0\nget\nsspark.master\ne\n", f"!ys{master}\n")

    def job(self, number, took=1_000):
        """A line that prepares a job and waits for it. Returns when it began, in milliseconds."""
        self.talk.at(line(number)).ask("c\no1\nrdd\ne\n", "!yro2\n")
        began = self.talk.now // MS - START
        self.talk.to_java("c\no2\ncollectAndServe\ne\n")
        self.talk.now += took * MS
        self.talk.to_python("!yro3\n")
        return began + 2

    def steps(self):
        return fold(self.talk.exchanges())


def drawn(source):
    """The arrows and notes, each without what varies."""
    return [text.strip() for text in source.splitlines() if re.match(r"\s+(?:[PGDWE]\S*-|Note)", text)]


def test_runs_stand_inside_the_exchange_that_waits_for_them():
    driver = Driver()
    at = driver.job(7)
    work = function_at(3)
    one = (
        WorkerTalk(1)
        .whole(at, partition=0, function=work)
        .whole(at + 50, fresh=False, partition=2, function=work)
    )
    two = WorkerTalk(2, pid=72).whole(at + 5, partition=1, function=work)
    source = work_sequence(driver.steps(), found(one, two))
    assert "participant G as driver JVM<br/>also the executor" in source
    assert "participant W as 2 Python workers" in source
    inside = drawn(source)
    asked, forked, forks, began, done, answered = inside[-6:]
    assert asked == "P->>G: o2.collectAndServe()"
    assert forked == "G->>D: asks for 2 workers"
    assert forks == "D->>W: forks them"
    assert began.startswith("G->>W: stage 0#58; 3 runs alike, ")
    assert began.endswith("<br/>job.py#58;3 work")
    assert done.startswith("W-->>G: ")
    assert "computing 21.0 ms" in done
    assert answered.startswith("G-->>P: o3")
    mermaidx.render(source).svg()


def test_few_runs_are_drawn_one_by_one():
    driver = Driver()
    at = driver.job(7)
    talk = WorkerTalk().whole(at, partition=4).whole(at + 50, fresh=False, partition=5)
    source = work_sequence(driver.steps(), found(talk))
    assert "stage 0, partition 4#58;" in source
    assert "stage 0, partition 5#58;" in source
    assert "alike" not in source


def test_runs_of_one_task_that_overlap_are_nested_and_named():
    driver = Driver()
    at = driver.job(7)
    outer = WorkerTalk(1).init(at, function=function_at(3, name="outer")).rows(at + 90, b"x")
    outer.timing(at + 100, boot=at, ready=at + 1, finish=at + 99).over(at + 100)
    inner = WorkerTalk(2, pid=72).whole(at + 10, function=function_at(4, name="inner"))
    told = [
        one
        for one in drawn(work_sequence(driver.steps(), found(outer, inner)))
        if re.match("[GW]-+>>[GW]", one)
    ]
    names = [re.search(r"outer|inner", one).group() for one in told]
    assert names == ["outer", "inner", "inner", "outer"]


def test_many_at_once_in_one_task_are_said():
    driver = Driver()
    at = driver.job(7)
    outer = (
        WorkerTalk(1).init(at).rows(at + 90, b"x").timing(at + 300, boot=at, ready=at + 1, finish=at + 299)
    )
    inner = WorkerTalk(2, pid=72).whole(at + 10).whole(at + 40, fresh=False)
    source = work_sequence(driver.steps(), found(outer.over(at + 300), inner))
    assert "Note over G,W: up to 2 runs at once in one task" in source


def test_stages_of_a_loop_are_one():
    driver, talk = Driver(), WorkerTalk()
    for n in range(10):
        talk.whole(driver.job(7), fresh=n == 0, stage=n)
    source = work_sequence(driver.steps(), found(talk))
    assert "stages 0 to 9#58; 10 runs alike" in source
    assert "P->>G: o2.collectAndServe()<br/>10 round trips alike" in source
    assert "G-->>P: 10 replies, 10.0 s" in source


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (lambda at: WorkerTalk().init(at).raises(at + 9, "T\nE: no"), "W--xG: E#58; no<br/>"),
        (lambda at: WorkerTalk().init(at).close(at + 9), "Note over G,W: killed, without a last word"),
        (lambda at: WorkerTalk().to_python(at, b"\0\0\0\5hello").close(at), "killed, without a last word"),
    ],
)  # fmt: skip
def test_how_a_run_failed_is_said(talk, said):
    driver = Driver()
    at = driver.job(7)
    assert said in work_sequence(driver.steps(), found(talk(at)))


def test_a_worker_that_goes_on_or_that_no_daemon_forked():
    driver = Driver()
    at = driver.job(7)
    talk = WorkerTalk(daemon=0).init(at)
    talk.records[1] = type(talk.records[1])(1, 71, 0, "host", "4.3.0", "none", goes_on=True)
    source = work_sequence(driver.steps(), found(talk))
    assert "G->>W: starts 1 worker" in source
    assert "participant D" not in source
    assert "still going on when the recording ended" in source


@pytest.mark.parametrize(
    ("master", "hosts", "gateway", "executor"),
    [
        ("local[2]", "aa", "driver JVM<br/>also the executor", ""),
        ("local", "aa", "driver JVM<br/>also the executor", ""),
        ("spark://a:7077", "aa", "driver JVM<br/>Py4J gateway", "executor JVM\n"),
        ("local-cluster[2,1,512]", "aa", "driver JVM<br/>Py4J gateway", "executor JVM\n"),
        ("", "aa", "JVM<br/>driver and executor", ""),
        ("", "ab", "driver JVM<br/>Py4J gateway", "executor JVMs\n"),
    ],
)
def test_executors_have_a_lane_where_they_arent_the_drivers_jvm(master, hosts, gateway, executor):
    driver = Driver(master)
    at = driver.job(7)
    told = found(*(WorkerTalk(n, pid=70 + n, host=host).whole(at + n) for n, host in enumerate(hosts, 1)))
    source = work_sequence(driver.steps(), told)
    assert f"participant G as {gateway}\n" in source
    assert (f"participant E as {executor}" in source) is bool(executor)
    assert f"{'E' if executor else 'G'}->>W: stage 0" in source


def test_runs_that_no_exchange_waits_for_are_drawn_where_they_began():
    driver = Driver()
    driver.job(7)
    after = driver.talk.now // MS - START + 50
    driver.talk.now += 500 * MS
    driver.job(9)
    early, late = WorkerTalk(1).whole(after), WorkerTalk(2, pid=72)
    told = drawn(work_sequence(driver.steps(), found(early, late.whole(after + 5_000, stage=1))))
    where = {
        text: next(n for n, one in enumerate(told) if text in one)
        for text in ("line 7", "stage 0", "line 9", "stage 1")
    }
    assert sorted(where, key=where.get) == ["line 7", "stage 0", "line 9", "stage 1"]
    assert "stage 0" in work_sequence([], found(WorkerTalk().whole(0)))


def test_a_long_program_is_folded_and_bounded():
    driver, talk = Driver(), WorkerTalk()
    for number in range(1, 41):
        for _ in range(5):
            driver.talk.at(line(number)).ask("i\norg.X\ne\n", "!yro0\n")
        if number % 2:
            talk.whole(driver.job(number), fresh=number == 1, stage=number)
    steps, all_runs = driver.steps(), found(talk)
    source = work_sequence(steps, all_runs)
    assert len(drawn(source)) < 24 * 7
    assert "create, call<br/>6 round trips, " in source
    assert re.search(r"Note over P,W: and \d+ more round trips, \d+ runs", source)
    assert "collectAndServe" in work_sequence(steps[:3], all_runs)


def test_ten_thousand_runs_are_a_diagram():
    driver = Driver()
    at = driver.job(7, took=300_000)
    [run] = found(WorkerTalk().whole(at))
    source = work_sequence(driver.steps(), repeated(run, 10_000, stages=3))
    assert len(source) < 3_000
    assert "10,000 runs alike" in source
    different = repeated(run, 100)
    for n, one in enumerate(different):
        one.eval_type = f"SQL_KIND_{n}"
    assert "and 92 more runs for 1 stage" in work_sequence(driver.steps(), different)


def test_hostile_text_is_a_label():
    driver = Driver()
    at = driver.job(7)
    talk = (
        WorkerTalk(host=EVIL)
        .init(at, function=function_at(3, file=f"/x/{EVIL}.py"))
        .raises(at + 9, f"T\n{EVIL}")
    )
    for source in (
        work_sequence(driver.steps(), found(talk), title=EVIL),
        run_lanes(found(talk), title=EVIL),
    ):
        assert all(text.isprintable() for text in source.splitlines())
        assert "%%" not in source
        mermaidx.render(source).svg()


@pytest.mark.parametrize("one", [one for one in recorded() if one.program == "reduce_by_key"], ids=str)
def test_every_version_is_drawn(one):
    told = runs(records(one))
    assert "reduce_by_key" in work_sequence([], told)
    assert run_lanes(told).count("->>W1: ") == len(told)


def test_each_worker_has_a_lane_and_runs_are_in_the_order_of_time():
    one = WorkerTalk(1).init(0).rows(90, b"x").timing(100, boot=0, ready=1, finish=99).over(100)
    two = WorkerTalk(2, pid=72).whole(10, stage=3)
    source = run_lanes(found(one, two), title="job.py")
    told = [text.split(":")[0].strip() for text in source.splitlines() if "#35;" in text]
    assert told == ["G->>W1", "G->>W2", "W2-->>G", "W1-->>G"]
    assert "participant W2 as worker 2" in source
    mermaidx.render(source).svg()


def test_exchanges_and_runs_can_be_drawn_together():
    driver = Driver()
    at = driver.job(7)
    exchanges = driver.talk.exchanges()[-2:]
    source = run_lanes(found(WorkerTalk().whole(at)), exchanges)
    told = [text.split(":")[0].strip() for text in source.splitlines() if ">>" in text]
    assert told == ["P->>G", "G-->>P", "P->>G", "G->>W1", "W1-->>G", "G-->>P"]


def test_more_workers_than_lanes_share_one_and_what_is_left_out_is_said():
    [run] = found(WorkerTalk().whole(0))
    source = run_lanes(repeated(run, 100, workers=30), most=50)
    assert source.count("participant W") == 13
    assert "participant WX as further workers" in source
    assert "and 50 more runs" in source
    assert "and 1 more run\n" in run_lanes(repeated(run, 2), most=1)
