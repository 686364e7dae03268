"""The picture of when workers did what: true, bounded, and said in words too."""

from __future__ import annotations

import re

import pytest
from playbook import MAIN, Talk
from worker_recordings import recorded, records
from worker_talk import MS, START, WorkerTalk, found, function_at, repeated

from sparkwire.trace.worker.runs import runs
from sparkwire.views import timeline_html

BAR = re.compile(r'<rect class=([swcuq]) x="([\d.]+)%" y=\d+ width="([\d.]+)%" height=\d+>')
EVIL = "</title></svg><script>alert(1)</script>\u202e\x1b["


def lanes(html):
    """The bars of each lane, by its name: what is done, from where to where in percent."""
    found_lanes = {}
    for lane in re.findall(r"<li><span>(.*?)</li>", html, re.S):
        name = lane.partition(" <small>")[0]
        found_lanes[name] = [
            (kind, float(x), round(float(x) + float(width), 1)) for kind, x, width in BAR.findall(lane)
        ]
    return found_lanes


def test_a_run_is_drawn_as_it_went(check):
    talk = WorkerTalk().init(0).rows(500, b"x").out(1000, b"y")
    html = timeline_html(found(talk.timing(1000, boot=0, ready=250, finish=1000).over(1000)))
    assert lanes(html)["worker 1"] == [("s", 0, 25), ("w", 25, 50), ("c", 50, 100)]
    outline = check(html)
    [label] = [a["aria-label"] for name, a in outline.elements if "worker 1" in (a.get("aria-label") or "")]
    assert label == "worker 1, process 71, 1 run: starting 250 ms, waiting 250 ms, computing 500 ms"
    assert "1.0 s, from the first run's beginning to the last run's end." in outline.text
    assert "#1, stage 0, partition 0: computing" in outline.text


def test_a_worker_without_a_run_is_idle():
    first, second = WorkerTalk(1).whole(0, took=100), WorkerTalk(2, pid=72).whole(900, took=100)
    drawn = lanes(timeline_html(found(first, second)))
    assert max(end for _, _, end in drawn["worker 1"]) <= 10.1
    assert min(begin for _, begin, _ in drawn["worker 2"]) >= 90


def test_the_drivers_python_has_a_lane():
    driver = Talk(now=(START - 5_000) * MS, step=100 * MS).open().named(MAIN, "MainThread")
    for _ in range(50):
        driver.ask("c\no0\nrun\ne\n", "!yv\n")
    worker = WorkerTalk().whole(0, took=500).whole(2_000, fresh=False, took=1_000)
    html = timeline_html(found(worker), driver.exchanges())
    drawn = lanes(html)["driver's Python"]
    assert {kind for kind, _, _ in drawn} == {"q"}
    assert "driver's Python waits for Java" in html  # in the legend
    # What came before the first run isn't drawn.
    [counted] = re.findall(r"driver's Python <small>(\d+) round trips", html)
    assert 10 < int(counted) < 50
    assert "driver's Python" not in timeline_html(found(worker))


def test_of_a_round_trip_only_the_time_that_is_drawn_counts(check):
    driver = Talk(now=(START - 5_000) * MS, step=MS).open().named(MAIN, "MainThread")
    driver.to_java("c\no0\nrun\ne\n")
    driver.now += 20_000 * MS
    driver.to_python("!yv\n")
    text = check(timeline_html(found(WorkerTalk().whole(0, took=1_000)), driver.exchanges())).text
    assert "The driver's Python waits for Java 1.0 s, in 1 round trip." in text


def test_stages_that_go_on_at_once_stand_one_below_the_other(check):
    one = WorkerTalk(1).init(0, stage=1).rows(90, b"x").timing(100, boot=0, ready=1, finish=99).over(100)
    two = WorkerTalk(2, pid=72).whole(10, took=50, stage=2).whole(200, fresh=False, stage=3)
    html = timeline_html(found(one, two))
    rows = re.findall(r'<svg x="([\d.]+)%" y=(\d+) .*?<text[^>]*>(\d+)</text>', html)
    assert [(row, stage) for _, row, stage in rows] == [("0", "1"), ("16", "2"), ("0", "3")]
    assert "3 stages" in check(html).text


def test_what_failed_is_told_apart():
    talk = WorkerTalk(1).whole(0, took=50), WorkerTalk(2, pid=72).init(10).raises(90, "T\nE")
    assert lanes(timeline_html(found(*talk)))["worker 2"][0][0] == "u"


def test_a_run_of_one_moment_is_seen_at_the_end_too():
    html = timeline_html(found(WorkerTalk(1).whole(0, took=50), WorkerTalk(2, pid=72).init(100)))
    assert lanes(html)["worker 2"] == [("u", 99.8, 100)]
    assert timeline_html(found(WorkerTalk().init(0)))


def test_ten_thousand_runs_are_a_picture_of_bounded_size(check):
    [run] = found(WorkerTalk().whole(0))
    html = timeline_html(repeated(run, 10_000, stages=500, workers=50))
    assert len(html) < 1_200_000
    outline = check(html)
    assert "And 18 more workers, not drawn." in outline.text
    assert all(len(bars) <= 500 for bars in lanes(html).values())


@pytest.mark.parametrize("one", [one for one in recorded() if one.program == "reduce_by_key"], ids=str)
def test_every_version_is_drawn(one, check):
    html = timeline_html(runs(records(one)))
    check(html)
    assert lanes(html)["worker 1"]


def test_machines_are_told_apart_where_there_are_several(check):
    told = found(WorkerTalk(1, host="a").whole(0), WorkerTalk(2, pid=72, host="b").whole(5))
    text = check(timeline_html(told)).text
    assert "On 2 machines, each by its own clock." in text
    assert "worker 2 process 72 on b, 1 run" in text
    assert "on host" not in check(timeline_html(found(WorkerTalk().whole(0)))).text


def test_nothing(check):
    assert "No Python worker was recorded" in check(timeline_html([])).text


def test_hostile_text_stays_text(check):
    talk = WorkerTalk(host=EVIL).whole(0, function=function_at(3, file=EVIL, name="evil"))
    driver = Talk(now=START * MS, step=MS).open().ask(f"{EVIL}\n", "!yv\n")
    outline = check(timeline_html(found(talk), driver.exchanges()))
    assert "script" not in {name for name, _ in outline.elements}
    assert all(line.isprintable() for line in outline.text.split("\n"))
