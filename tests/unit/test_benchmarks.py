"""The committed benchmark table is the one that its source makes: the same rows, not the same numbers."""

from __future__ import annotations

import pytest

from benchmarks import page
from benchmarks.__main__ import MEASURES, main
from benchmarks.measure import Result, Row, spread


def test_the_committed_page_has_the_rows_that_the_source_measures():
    committed = page.committed_rows(page.PAGE.read_text("utf-8"))
    assert committed == [(row.what, row.against, row.aim) for row in page.rows()], "run: make bench"


def sections(*names):
    made = {}
    for name in names:
        results = [Result(row, (1.0, 2.0, 4.0)) for row in page.PARTS[name].rows]
        made[name] = page.section(name, results, ["a date", "a machine"])
    return made


def a_page(inside=""):
    return f"before\n{page.BEGIN}\n\n{inside}\n{page.END}\nafter"


def test_what_is_written_is_read_back():
    written = page.put(a_page(), sections(*page.PARTS))
    assert page.committed_rows(written) == [(row.what, row.against, row.aim) for row in page.rows()]
    assert written.count("a date; a machine") == len(page.PARTS)
    assert written.count("| 2.00") == written.count("1.00 to 4.00") == len(page.rows())
    assert written.startswith("before\n")
    assert written.endswith(f"{page.END}\nafter")


def test_one_part_is_written_anew_and_the_others_stay():
    whole = page.put(a_page(), sections(*page.PARTS))
    once_more = sections("workers")["workers"].replace("a date", "another date")
    written = page.put(whole, {"workers": once_more})
    assert written == whole.replace(sections("workers")["workers"], once_more)
    assert page.put(written, {}) == written


def test_a_part_that_the_page_lacks_comes_to_its_place():
    names = list(page.PARTS)
    without = page.put(a_page(), sections(*(name for name in names if name != "workers")))
    assert page.put(without, sections("workers")) == page.put(a_page(), sections(*names))


def test_a_page_without_its_marks_is_not_written():
    with pytest.raises(SystemExit, match="lost its marks"):
        page.put("before", {})


def test_every_part_of_the_page_is_measured_and_can_be_asked_for():
    assert list(MEASURES) == list(page.PARTS)
    with pytest.raises(SystemExit, match="there is no part 'speed': there are recording, workers"):
        main(["workers", "speed"])


def test_a_row_that_was_not_measured_says_so():
    assert Result(Row("r", "this", "that"), missing="not measured: why").cells()[0] == "not measured: why"


@pytest.mark.parametrize(
    ("samples", "expected"),
    [((3.0, 1.0, 2.0), (1.0, 3.0)), (tuple(float(n) for n in range(1, 12)), (3.0, 9.0))],
)
def test_the_spread_is_the_quartiles_and_of_few_samples_the_extremes(samples, expected):
    assert spread(samples) == expected
