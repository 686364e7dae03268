"""The committed benchmark table is the one that its source makes: the same rows, not the same numbers."""

from __future__ import annotations

import pytest

from benchmarks import page
from benchmarks.measure import Result, Row, spread


def test_the_committed_page_has_the_rows_that_the_source_measures():
    committed = page.committed_rows(page.PAGE.read_text("utf-8"))
    assert committed == [(row.what, row.against, row.aim) for row in page.rows()], "run: make bench"


def test_what_is_written_is_read_back():
    results = [Result(row, (1.0, 2.0, 4.0)) for row in page.rows()]
    text = page.block(results, ["a date", "a machine"])
    assert "a date; a machine" in text
    assert text.count("| 2.00") == len(results)
    assert text.count("1.00 to 4.00") == len(results)
    read = page.committed_rows(f"{page.BEGIN}\n{text}\n{page.END}")
    assert read == [(row.what, row.against, row.aim) for row in page.rows()]


def test_a_row_that_was_not_measured_says_so():
    assert Result(Row("r", "this", "that"), missing="not measured: why").cells()[0] == "not measured: why"


@pytest.mark.parametrize(
    ("samples", "expected"),
    [((3.0, 1.0, 2.0), (1.0, 3.0)), (tuple(float(n) for n in range(1, 12)), (3.0, 9.0))],
)
def test_the_spread_is_the_quartiles_and_of_few_samples_the_extremes(samples, expected):
    assert spread(samples) == expected
