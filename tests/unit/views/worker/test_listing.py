"""All runs on a page: by stage, bounded, each with a permalink."""

from __future__ import annotations

import pytest
from worker_recordings import recorded, records
from worker_talk import WorkerTalk, found, function_at, repeated

from sparkwire.trace.worker.runs import runs
from sparkwire.views import RUNS_DRAWN, runs_html, workers_report, workers_table


def many(count, *, stages=1, workers=4):
    """Runs of a stage after the other, by turns on some workers."""
    [run] = found(WorkerTalk().whole(0, function=function_at(12)))
    return repeated(run, count, stages=stages, workers=workers)


def test_every_run_has_a_permalink_inside_its_details(check):
    html = runs_html(many(6, stages=2), prefix="w")
    outline = check(html)
    assert {"w-g1", "w-g2", *(f"w-r{n}" for n in range(1, 7))} <= set(outline.ids)
    assert {f"#w-r{n}" for n in range(1, 7)} <= set(outline.links)
    assert "6 runs of 4 Python workers for 2 stages." in outline.text
    assert html.count("<details open") == 0
    assert html.index("<details") < html.index("id=w-r1>")


def test_stages_stand_in_the_order_in_which_they_began(check):
    late = WorkerTalk(1).whole(500, stage=1)
    early = WorkerTalk(2).whole(0, stage=4)
    text = check(runs_html(found(late, early), prefix="w")).text
    assert text.index("stage 4") < text.index("stage 1")


def test_a_pickle_that_several_runs_have_is_drawn_once(check):
    outline = check(runs_html(many(3), prefix="w"))
    assert outline.text.count("The pickled command: ") == 1
    assert outline.text.count("is the one of #1.") == 2
    assert sum(link.startswith("#w-r1-p") for link in outline.links) == 2


def test_what_isnt_drawn_is_counted_and_how_to_see_it(check):
    all_runs = many(100, stages=4)
    outline = check(runs_html(all_runs, prefix="w", most=10, how_to_see_more="show <more>"))
    assert "10 of 100 runs are drawn here, the first of each stage: show <more> draws more." in outline.text
    assert outline.text.count("22 more runs of this stage are not drawn here.") == 2
    assert len([one for one in outline.ids if one.startswith("w-r") and one.count("-") == 1]) == 10
    # A link to a run that isn't drawn is none: ``check`` would find it.


def test_ten_thousand_runs_are_a_page_of_bounded_size(check):
    all_runs = many(10_000, stages=300, workers=8)
    html = runs_html(all_runs, prefix="w")
    assert len(html) < 2_500_000
    outline = check(html)
    assert f"{RUNS_DRAWN} of 10,000 runs are drawn here" in outline.text
    assert "And 100 more stages." in outline.text
    assert len(workers_table(all_runs).splitlines()) == 3 + 4 * 300


def test_what_failed_stands_out(check):
    html = runs_html(found(WorkerTalk().init(0).raises(1, "T\nE: no")), prefix="w")
    assert "1 failed" in check(html).text
    assert "<details class=sw-e>" in html


@pytest.mark.parametrize("prefix", ["", "1run", "a b", "x>", "é", 'a"'])
def test_a_bad_prefix_is_refused(prefix):
    with pytest.raises(ValueError, match="prefix"):
        runs_html([], prefix=prefix)


def test_a_page_of_workers_asks_for_nothing(check):
    told = runs(record for n, one in enumerate(recorded()[:6], 1) for record in records(one, n))
    html = "".join(workers_report(told, title="<job>.py"))
    outline = check(html)
    assert "By stage" not in outline.text
    assert "Run by run" in outline.text
    assert ("html", {"lang": "en"}) in outline.elements
    for address in ("http:", "https:", "url(", "@import"):
        assert address not in html.replace("http://www.w3.org", "")
    assert "No Python worker was recorded" in check("".join(workers_report([], title="x"))).text
