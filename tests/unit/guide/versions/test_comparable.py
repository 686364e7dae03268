"""Two runs of one program must compare as equal, whatever the machine decided in each of them."""

from __future__ import annotations

import pytest
from playbook import Talk, converse

from guide.versions.comparable import Transcript, comparable
from sparkwire import Direction, Message
from sparkwire.trace.records import CallSite, Frame
from sparkwire.wire.gateway import Decoder

PLACE = CallSite(
    (
        Frame("/home/ann/adam.py", 3, "<module>", "SparkContext()", False),
        Frame("pyspark/conf.py", 243, "SparkConf.getAll", "", True),
        Frame("pyspark/conf.py", 243, "SparkConf.getAll.<locals>.<listcomp>", "", True),
        Frame("py4j/java_gateway.py", 1, "JavaMember.__call__", "", True),
    )
)
AUTHENTICATED = "A\n" + "*" * 64 + "\n", "!yv\n"


def run(*, first: int, port: int, path: str, time: int, order: list[str], released: int = 0) -> Transcript:
    """One run: the number of its first object, and what else chance decides."""
    ids = (f"o{n}" for n in range(first, first + 100))
    conf, array, made = (next(ids) for _ in range(3))
    talk = Talk().open(1).at(PLACE)
    talk.ask(*AUTHENTICATED)
    talk.ask("i\norg.apache.spark.SparkConf\nbTrue\ne\n", f"!yr{conf}\n")
    talk.ask(f"c\n{conf}\ngetAll\ne\n", f"!yt{array}\n")
    values = {"spark.a": "1", "spark.app.submitTime": str(time), "spark.z": "z"}
    for place, key in enumerate(order):
        pair = next(ids)
        talk.ask(f"a\ne\n{array}\ne\n", "!yi3\n")
        talk.ask(f"a\ng\n{array}\ni{place}\ne\n", f"!yr{pair}\n")
        talk.ask(f"c\n{pair}\n_1\ne\n", f"!ys{key}\n")
        talk.ask(f"c\n{pair}\n_2\ne\n", f"!ys{values[key]}\n")
    accumulator = "org.apache.spark.api.python.PythonAccumulatorV2"
    talk.ask(f"i\n{accumulator}\ns127.0.0.1\ni{port}\ns{'*' * 64}\ne\n", f"!yr{made}\n")
    talk.ask("c\nz:org.apache.spark.SparkFiles\ngetRootDirectory\ne\n", f"!ys{path}\n")
    talk.ask(f"c\nz:x.Utils\ncreateTempDir\ns{path}\nspyspark\ne\n", "!yn\n")
    if released:
        talk.open(2).ask(*AUTHENTICATED, on=2)
        for _ in range(released):
            talk.ask(f"m\nd\n{conf}\ne\n", "!yv\n", on=2)
    return comparable(talk.exchanges())


ONE = run(
    first=0,
    port=40001,
    path="/tmp/spark-1b/files-2",
    time=1795361065361,
    order=["spark.z", "spark.a", "spark.app.submitTime"],
    released=3,
)
OTHER = run(
    first=7,
    port=51315,
    path="/home/ann/t/spark-99",
    time=1795999065361,
    order=["spark.app.submitTime", "spark.a", "spark.z"],
)


def test_two_runs_that_differ_by_chance_are_the_same():
    assert ONE.said == OTHER.said
    assert len(ONE.said) == 3 + 3 * 4 + 3


def test_what_varies_in_number_is_left_out_and_counted():
    assert ONE.left_out == {"auth": 1, "memory": 3}
    assert OTHER.left_out == {}


def test_nothing_of_the_machine_is_left():
    text = "\n".join(said.request + said.reply + "".join(said.at) for said in ONE.said)
    for foreign in ("40001", "/tmp", "ann", "17953", "***", "o0", "o1"):
        assert foreign not in text


def test_what_is_left_is_named_for_what_it_is():
    requests = [said.request for said in ONE.said]
    assert requests[1:4] == [
        "i\norg.apache.spark.SparkConf\nbTrue\ne",
        "c\n<SparkConf>\ngetAll\ne",
        "a\ne\n<getAll>\ne",
    ]
    assert "c\n<spark.app.submitTime>\n_2\ne" in requests
    assert ONE.said[requests.index("c\n<spark.app.submitTime>\n_2\ne")].reply == "!ys<time>"
    assert "i\norg.apache.spark.api.python.PythonAccumulatorV2\ns127.0.0.1\ni0\ns<secret>\ne" in requests
    assert "c\nz:x.Utils\ncreateTempDir\ns<path>\nspyspark\ne" in requests
    assert requests[0] == "A\n<secret>"


def test_pairs_stand_in_the_order_of_their_keys():
    keys = [said.reply for said in ONE.said if said.request.endswith("\n_1\ne")]
    assert keys == ["!ysspark.a", "!ysspark.app.submitTime", "!ysspark.z"]
    elements = [said for said in ONE.said if said.request.startswith("a\ng\n")]
    assert [said.request.split("\n")[3] for said in elements] == ["i0", "i1", "i2"]
    assert elements[0].key == "a\ng\n<getAll> !yr<spark.a>", "an element is the same in whatever place"


@pytest.mark.parametrize("said", ONE.said, ids=lambda said: said.request.replace("\n", " ")[:40])
def test_what_is_left_is_still_the_wires_own_text(said):
    for direction, text in ((Direction.TO_JAVA, said.request), (Direction.TO_PYTHON, said.reply)):
        [message] = Decoder(direction).feed(text.encode() + b"\n")
        assert isinstance(message, Message)


def test_a_place_is_the_librarys_own_and_a_comprehension_belongs_to_its_function():
    assert {said.at for said in ONE.said} == {("pyspark/conf.py:243 SparkConf.getAll",)}


def test_strings_that_look_like_ids_stay():
    [said] = comparable(converse(("c\nz:a.B\nf\nso0\nsro1\ne\n", "!yso2\n"))).said
    assert (said.request, said.reply) == ("c\nz:a.B\nf\nso0\nsro1\ne", "!yso2")
