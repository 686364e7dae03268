"""One run: every byte has its place, in the order of time, and nothing from the wire is markup."""

from __future__ import annotations

import json
import re

import pytest
from worker_recordings import of, recorded, records
from worker_talk import WorkerTalk, found, function_at

from sparkwire.trace.worker.runs import runs
from sparkwire.views import messages_html, run_html, run_json_line
from sparkwire.views.worker.run import MESSAGES_OPENED, PIECES_DRAWN

EVIL = "</pre></details><script>alert(1)</script><img src=x> \"'&\u202e\x1b[31m"


def pieces(html):
    """The names of the folded pieces, each with the side on which it stands."""
    return [
        (side, name)
        for side, name in re.findall(r"<details class=([jb])><summary><b(?: class=e)?>([^<]+)</b>", html)
    ]


@pytest.mark.parametrize("one", [one for one in recorded() if one.number == 0], ids=str)
def test_every_message_of_every_version_can_be_opened(one, check):
    all_runs = runs(records(one))
    for run in all_runs:
        html = run_html(run, "run", all_runs, messages=2_000)
        outline = check(html)
        assert f"run-r{run.n}" in outline.ids
        drawn = re.findall(r'<div class="?sw-m', html)
        assert len(drawn) == len(run.messages)
        said = sum(int(size.replace(",", "")) for size in re.findall(r"· ([\d,]+) bytes?", html))
        assert said == sum(run.round.size.values())


def test_it_opens_with_its_task_its_function_its_worker_and_its_end(check):
    talk = WorkerTalk(pid=4242, daemon=77).whole(
        0, stage=3, partition=2, attempt=1, function=function_at(12, name="add_one")
    )
    outline = check(run_html(found(talk)[0], "one"))
    for said in (
        "stage 3, partition 2, attempt 1 job.py:12 add_one → done 10.0 ms · process 4242, new",
        "NON_UDF: a function of an RDD, for PythonRDD.",
        "Data in: 12 bytes (1 batch) · out: 16 bytes (1 batch)",
        " · starting 2.0 ms · waiting 1.0 ms · computing 7.0 ms",
        "The worker is process 4242 on host, which the daemon 77 forked for it.",
        "Both sides said that it was over, and the worker waits for another run.",
    ):
        assert said in outline.text, outline.text[:1200]
    assert ("details", {"open": None}) in outline.elements
    assert [attributes for name, attributes in outline.elements if name == "trace-explorer"] == [
        {"class": "sparkwire", "data-noun": "run"}
    ]


def test_a_worker_that_is_used_again_had_waited(check):
    _, again = found(WorkerTalk().whole(0).whole(900, fresh=False))
    assert "which had 1 run before and had waited 500 ms for this one." in check(run_html(again, "one")).text


def test_both_directions_stand_in_the_order_of_time(check):
    talk = WorkerTalk().init(0).some_rows(1, b"a").some_rows(2, b"b").out(3, b"c").rows(4, b"d").out(6, b"e")
    html = run_html(found(talk.timing(7, boot=0, ready=1, finish=7).over(8))[0], "one")
    assert pieces(html) == [
        ("j", "set-up"), ("j", "data in"), ("b", "data out"), ("j", "data in"), ("j", "end"),
        ("b", "data out"), ("b", "timing"), ("b", "accumulators"), ("b", "end"),
    ]  # fmt: skip
    text = check(html).text
    assert "data in 2 messages · 10 bytes · after 1.0 ms to 2.0 ms" in text
    assert "set-up 1 message" in text
    assert "JVM → worker" in text


def test_data_that_isnt_stored_is_a_size_and_a_digest(check):
    digest = "5e" * 32
    talk = WorkerTalk().init(0).withheld(1, 123_456, digest).to_python(2, b"\xff\xff\xff\xff\xff\xff\xff\xfc")
    text = check(run_html(found(talk)[0], "one")).text
    assert f"data 123,456 bytes, SHA-256 {digest} Not stored: it is the user's data." in text
    assert "… 123,456 bytes" in text


def test_the_pickled_function_is_taken_apart(check):
    talk = WorkerTalk().whole(0, function=function_at(12, name="add_one"))
    html = run_html(found(talk)[0], "one")
    outline = check(html)
    assert "Yours: job.py:12 add_one" in outline.text
    assert re.search(r"The pickled command: [\d,]+ bytes, \d+ opcodes, 1 function", outline.text)
    assert "SHORT_BINUNICODE <b>/x/job.py</b>" in html
    assert "STACK_GLOBAL" in outline.text


def test_a_librarys_file_is_named_without_its_folder(check):
    talk = WorkerTalk().whole(0, function=function_at(3, file="/home/me/.venv/lib/site-packages/pkg/x.py"))
    text = check(run_html(found(talk)[0], "one")).text
    assert "SHORT_BINUNICODE …/site-packages/pkg/x.py" in text
    assert "/home/me" not in text
    failed = WorkerTalk().init(0).raises(1, 'T\n  File "/v/lib/dist-packages/p.py", line 3\n    x()\nE: no')
    assert (
        '  File "…/dist-packages/p.py", line 3\n    x()\nE: no'
        in check(run_html(found(failed)[0], "one")).text
    )


def test_a_pickle_that_cant_be_read_says_where(check):
    talk = WorkerTalk().init(0, function=function_at(12))
    pickle = next(f.value for f in found(talk)[0].messages[0].fields if f.name == "command")
    broken = pickle[:40] + b"\xff\xff" + pickle[42:]
    talk.records = [
        record._replace(data=record.data.replace(pickle, broken)) if hasattr(record, "data") else record
        for record in talk.records
    ]
    text = check(run_html(found(talk)[0], "one")).text
    assert "It can't be read further: " in text
    assert "PySpark's own" in text  # no function of the user's was found


def test_the_tasks_json_can_be_read(check):
    [run] = found(WorkerTalk().init(0, stage=5))
    text = check(run_html(run, "one")).text
    assert "task context 4 values A secret in it" in text
    assert '"stageId": 5' in text
    assert "A secret in it is recorded as a placeholder of the same length." in text


def test_an_exception_is_told_with_its_traceback(check):
    [run] = [run for run in runs(records(of("exception"))) if run.failed]
    html = run_html(run, "one")
    text = check(html).text
    assert "→ ZeroDivisionError: division by zero" in text
    assert "An exception was raised, and the worker ended." in text
    assert "Traceback (most recent call last)" in text
    assert ("b", "exception") in pieces(html)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (WorkerTalk().init(0).close(1), "The connection closed before the worker's last word"),
        (WorkerTalk().to_java(0, b"\0\0\0\1x").close(1), "The connection closed before the worker's last"),
        (WorkerTalk().init(0).to_java(1, b"\xff\0\0\0"), "How it ended can't be read."),
        (WorkerTalk().to_python(0, b"\0\0\0\x05hello"), "Malformed at byte 0"),
        (WorkerTalk().to_python(0, b"\xff\xff\xff\xf8\0\0\0\x08\0\0\0\0\0\0\0\x7f"), "unreadable"),
        (WorkerTalk().init(0).rows(1, b"x").over(2, code=-1), "The worker left rows unread, as after take."),
    ],
)  # fmt: skip
def test_what_is_cut_or_cant_be_read_is_shown_all_the_same(talk, said, check):
    [run] = found(talk)
    outline = check(run_html(run, "one"))
    assert said in outline.text, outline.text
    assert f"one-r{run.n}-m0-0" in outline.ids


def test_a_run_that_goes_on_didnt_fail(check):
    talk = WorkerTalk().init(0)
    talk.records[1] = type(talk.records[1])(1, 71, 7, "host", "4.3.0", "none", goes_on=True)
    [run] = found(talk)
    text = check(run_html(run, "one")).text
    assert "It was still going on when the recording ended." in text
    assert "→ goes on" in text


def test_runs_of_one_task_name_each_other(check):
    outer = WorkerTalk(1).init(0).rows(90, b"x").timing(100, boot=0, ready=1, finish=99).over(100)
    inner = WorkerTalk(2, pid=72).whole(10).whole(40, fresh=False).whole(400, fresh=False)
    first, second, *_ = all_runs = found(outer, inner)
    assert (
        "Its task has 3 more runs: #2, #3, #4; at the same time: #2, #3."
        in check(run_html(first, "one", all_runs)).text
    )
    assert (
        "Its task has 3 more runs: #1, #3, #4; at the same time: #1."
        in check(run_html(second, "one", all_runs)).text
    )


def test_hostile_text_stays_text(check):
    talk = WorkerTalk(host=EVIL).init(0, function=function_at(3, file=f"/x/{EVIL}.py"))
    talk.some_rows(1, EVIL.encode()).raises(2, f"Traceback\n{EVIL}\n  File {EVIL}\n{EVIL}")
    [run] = found(talk)
    for html in (run_html(run, "one"), messages_html(run, "two")):
        outline = check(html)
        assert not {"script", "img"} & {name for name, _ in outline.elements}
        assert all(line.isprintable() for line in outline.text.split("\n")), outline.text
    assert "alert(1)" in outline.text


def test_a_long_run_is_bounded_and_says_what_it_leaves_out(check):
    talk = WorkerTalk().init(0)
    for n in range(700):
        talk.some_rows(1 + 2 * n, b"in").out(2 + 2 * n, b"out")
    talk.rows(1500, b"last").timing(1600, boot=0, ready=1, finish=1600).over(1600)
    html = run_html(found(talk)[0], "one")
    outline = check(html)
    assert html.count("<details class=") - html.count("<details class=sw-y") == PIECES_DRAWN
    assert pieces(html)[-3:] == [("b", "timing"), ("b", "accumulators"), ("b", "end")]
    assert re.search(
        r"1,3\d\d messages with [\d,]+ bytes, in both directions by turns, are not drawn", outline.text
    )
    assert len(html) < 60_000


def test_what_the_views_dont_keep_is_counted(check):
    talk = WorkerTalk().init(0)
    for n in range(2_500):
        talk.out(1 + n, b"x")
    [run] = found(talk)
    outline = check(run_html(run, "one"))
    assert "And 501 more messages, which the views don't keep." in outline.text
    assert len([link for link in outline.ids if link.startswith("one-r1-m")]) < 3 * MESSAGES_OPENED
    assert "And 2,341 more messages." in check(messages_html(run, "two")).text


@pytest.mark.parametrize("prefix", ["", "1run", "a b", 'a"'])
def test_a_bad_prefix_is_refused(prefix):
    [run] = found(WorkerTalk().whole(0))
    with pytest.raises(ValueError, match="prefix"):
        run_html(run, prefix)
    with pytest.raises(ValueError, match="prefix"):
        messages_html(run, prefix)


def test_a_line_of_json():
    [run, *_] = runs(records(of("scalar_pandas_udf")))
    line = json.loads(run_json_line(run))
    assert list(line) == [
        *("n", "wire", "connection", "thread", "start_ns", "duration_ns", "failed"),
        *("channel", "spark_context", "stage", "partition", "attempt", "worker_pid", "reused"),
        *("eval_type", "plan_node"),
        *("job", "functions"),
        *("to_worker_bytes", "to_jvm_bytes", "batches_in", "batches_out", "rows_in", "rows_out"),
        *("messages", "timing", "exit"),
    ]
    assert (line["wire"], line["channel"], line["eval_type"]) == ("worker", "worker", "SQL_SCALAR_PANDAS_UDF")
    assert line["rows_in"] == line["rows_out"] > 0
    assert line["exit"] == "reused"
    assert line["messages"][0] == {"direction": "to_python", "kind": "init", "bytes": run.messages[0].size}
    rdd = json.loads(run_json_line(next(iter(runs(records(of("rdd")))))))
    assert rdd["rows_in"] is None
    assert rdd["batches_in"] > 0
