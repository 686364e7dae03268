"""Python workers in a table, and as lines of JSON."""

from __future__ import annotations

import json

from worker_recordings import of, records

from sparkwire.trace.records import Withheld
from sparkwire.trace.worker.runs import runs
from sparkwire.views.workers import run_json_line, workers_table


def test_a_row_for_each_stage_and_function():
    told = [*records(of("rdd"), 1), *records(of("scalar_pandas_udf"), 2, start=90_000)]
    table = workers_table(runs(told))
    heads, _, *rows = table.splitlines()
    assert heads.split() == ["stage", "function", "type", "runs", "workers", "in", "out", "worked"]
    assert any("non udf" in row for row in rows)
    assert any("scalar pandas udf" in row for row in rows)
    assert all("new" in row for row in rows[:1])


def test_what_failed_is_said_below():
    assert "Failed: stage 0, partition 0, attempt 0: " in workers_table(runs(records(of("exception"))))
    told = list(records(of("rdd"), closed=False))
    began = next(n for n, record in enumerate(told) if isinstance(record, Withheld))
    assert "said no last word" in workers_table(runs(told[: began + 1]))


def test_nothing():
    assert "sparkwire run --workers SCRIPT" in workers_table([])


def test_a_line_of_json():
    [run, *_] = runs(records(of("scalar_pandas_udf")))
    line = json.loads(run_json_line(run))
    assert list(line) == [
        *("n", "wire", "connection", "thread", "start_ns", "duration_ns", "failed"),
        *("channel", "stage", "partition", "attempt", "worker_pid", "reused", "eval_type", "functions"),
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
