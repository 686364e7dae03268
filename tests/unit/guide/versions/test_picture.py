"""What the page of versions shows of several conversations."""

from __future__ import annotations

from dataclasses import replace

from guide import versions
from guide.versions.comparable import Said, Transcript
from guide.versions.data import Answered, Release, Versions, from_json, to_json


def release(version: str, *said: tuple[str, str]) -> Release:
    made = tuple(Said(request, reply, ("pyspark/x.py:1 f",)) for request, reply in said)
    return Release(
        version, "0.10.9.9", "0.10.9.9", "25.0.2", "3.11.7", "none", Transcript(made, {"memory": 2})
    )


CONTAINS = "c\n<SparkConf>\ncontains\nsspark.home\ne"
DATA = Versions(
    "2026-11-22",
    "make versions",
    "Linux",
    "print(1)\n",
    (
        release("1.0", ("r\nu\n<b>&\nrj\ne", "!yp"), (CONTAINS, "!ybfalse")),
        release("2.0", (CONTAINS, "!ybtrue"), ("j\ni\nrj\nnew.*\ne", "!yv"), ("j\ni\nrj\nnew.*\ne", "!yv")),
    ),
    ("0.9", "0.10.9.9"),
    "25.0.2",
    (Answered("Say a <word>", "hello", (None, "!zsUnknown & more"), (False, True), False),),
)


def test_what_differs_has_a_row_and_what_is_the_same_is_folded(check):
    html = versions.versions_html(DATA)
    check(html)
    before, folded = html.split("class=sw-va")
    assert "<td>1</td><td>–</td>" in before, "only the first version asks what a name is"
    assert "1 exchange that all versions have" in folded
    assert "1.0: false; 2.0: true" in folded, "the same request with another answer says so"
    assert folded.count("<td>–</td>") == 2


def test_changes_are_what_went_and_what_came(check):
    gone, came = versions.changes(DATA, "1.0", "2.0")
    assert [said.reply for said in gone] == ["!yp"]
    assert len(came) == 2
    html = versions.changes_html(DATA, "1.0", "2.0")
    check(html)
    assert "only 1.0</td>" in html
    assert "only 2.0, 2 times</td>" in html
    assert "<code>pyspark/x.py:1<br>f</code>" in html


def test_a_setting_is_wanted_by_whoever_asked_for_it(check):
    """Reading settings always ends in ``SparkConf``; that would say nothing."""
    at = ("pyspark/core/context.py:9 SparkContext._do_init", "pyspark/conf.py:2 SparkConf.get")
    old, new = release("1.0"), release("2.0")
    said = Transcript((Said(CONTAINS, "!ybtrue", at), Said(CONTAINS, "!ybfalse", at[1:])), {})
    html = versions.changes_html(replace(DATA, releases=(old, replace(new, transcript=said))), "1.0", "2.0")
    check(html)
    assert "<code>pyspark/core/context.py:9<br>SparkContext._do_init</code>" in html
    assert "<code>pyspark/conf.py:2<br>SparkConf.get</code>" in html, "where nobody else is known"


def test_everything_from_the_data_is_escaped(check):
    for draw in (
        versions.versions_html,
        versions.counts_html,
        versions.made_with_html,
        versions.answers_html,
    ):
        html = draw(DATA)
        check(html)
        assert "<b>" not in html
        assert "<word>" not in html


def test_counts_are_of_what_is_compared(check):
    html = versions.counts_html(DATA)
    check(html)
    assert "<code>j jvmview</code></th><td>0</td><td>2</td>" in html
    assert "all</th><td>2</td><td>3</td>" in html
    assert "memory" not in html


def test_an_answer_that_never_came_says_so(check):
    html = versions.answers_html(DATA)
    check(html)
    assert "<td>no answer</td>" in html
    assert "!zsUnknown &amp; more</code>; closes the connection" in html


def test_the_data_survives_its_file():
    assert from_json(to_json(DATA)) == DATA
