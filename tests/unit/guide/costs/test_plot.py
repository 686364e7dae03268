"""The plot: the same drawing for the same figures, in the page's colours, and nothing reaches beyond it."""

import re
from xml.etree import ElementTree

import pytest

from guide.costs import Rounds, Spent, Time, shown
from guide.costs.plot import WIDTH_PX, ratios_svg


def comparison(*factors: float) -> Rounds:
    rounds = (1.0, 1.3, 0.9, 1.1)
    jobs = {"base": [Spent(1.0, 0.0, 1.0) for _ in rounds]}
    for number, factor in enumerate(factors):
        jobs[f"job {number}"] = [Spent(factor * r, 0.0, factor, factor * r) for r in rounds]
    return Rounds(jobs, {})


BOTH = (Time.PROCESSOR, Time.ELAPSED)


def numbers_on_the_scale(svg: str) -> list[float]:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return [float(text.replace(",", "")) for text in texts if re.fullmatch(r"[\d.,]+", text)]


def test_the_same_figures_make_the_same_drawing():
    assert ratios_svg(comparison(2, 30), "base", BOTH) == ratios_svg(comparison(2, 30), "base", BOTH)


def test_it_is_well_formed_and_its_ids_are_its_own():
    one, other = (ratios_svg(comparison(*factors), "base", BOTH) for factors in ((2, 30), (2, 31)))
    for svg in (one, other):
        ElementTree.fromstring(svg.replace("xlink:", ""))
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', one))
    assert used == ids[0]


def test_nothing_in_it_reaches_the_rest_of_the_page():
    svg = ratios_svg(comparison(2), "base", BOTH)
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "<!--" not in svg
    assert svg.startswith("<svg ")
    assert 'role="img"' in svg
    assert 'aria-label="Plot:' in svg


def test_every_colour_is_a_property_of_the_page_with_a_fallback():
    svg = ratios_svg(comparison(2), "base", BOTH)
    outside = re.sub(r"var\(--sw-[a-z]+, #[0-9a-f]{6}\)", "", svg)
    assert not re.search(r"#[0-9a-f]{6}\b", outside)
    assert {"--sw-ink", "--sw-dim", "--sw-rule", "--sw-python", "--sw-ground"} == set(
        re.findall(r"--sw-[a-z]+", svg)
    )


def test_text_is_text_and_names_all_jobs_but_the_one_they_are_beside():
    svg = ratios_svg(comparison(2, 30), "base", BOTH, "for a row")
    for said in ("job 0", "job 1", "processor time", "elapsed time", "times as much as “base”, for a row"):
        assert f">{said}</text>" in svg
    assert ">base</text>" not in svg


@pytest.mark.parametrize(
    ("factors", "among"),
    [((2, 30), {1, 2, 5, 10, 20}), ((0.5, 1.2), {0.5, 1}), ((4000,), {1, 10, 100, 1000})],
)
def test_the_scale_has_round_numbers_and_always_one(factors, among):
    found = numbers_on_the_scale(ratios_svg(comparison(*factors), "base", BOTH))
    assert among <= set(found)
    assert len(found) <= 8


def test_a_job_with_an_odd_name_is_no_markup():
    jobs = {"a<b": [Spent(1.0)], "c&d": [Spent(2.0)]}
    svg = ratios_svg(Rounds(jobs, {}), "a<b", (Time.ELAPSED,))
    ElementTree.fromstring(svg.replace("xlink:", ""))
    assert "c&amp;d" in svg


def test_the_width_is_a_phones():
    assert f'viewBox="0 0 {WIDTH_PX} ' in ratios_svg(comparison(2), "base", BOTH)


def test_the_table_has_the_same_figures_and_further_columns():
    html = shown(
        comparison(2), "base", title="kind", times=[Time.ELAPSED], beside={"runs": {"base": 0, "job 0": 1}}
    ).data
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    cells = [re.sub(r"<[^>]+>", "|", row).strip("|").split("||") for row in rows]
    assert cells == [
        ["kind", "Elapsed time", "runs"],
        ["base", "1", "0"],
        ["job 0", "2.10 (1.95 to 2.30)", "1"],
    ]
    assert "Medians of 4 rounds" in html
