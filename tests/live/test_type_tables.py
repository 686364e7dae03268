"""The type tables are made by running, against Py4J's gateway and PySpark's, and lack no type code."""

from __future__ import annotations

import psutil
import pytest

from guide.types import trials
from guide.types.picture import type_table_html
from guide.types.tables import type_tables
from guide.types.trials import Trial, codes
from guide.types.values import HELD, MADE, METHODS, NAMED, VALUES, WANTED
from sparkwire import Direction, load
from sparkwire.wire.gateway import TYPE_CODES


def children():
    return {one.pid for one in psutil.Process().children(recursive=True)}


@pytest.fixture(scope="module")
def tried(java, tmp_path_factory):
    """All trials, with the recording, and the processes that were there before."""
    before, trace = children(), tmp_path_factory.mktemp("types") / "t.sparkwire"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(java.home))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        made = type_tables(trace)
    assert children() <= before, "a process was left behind"
    return made, load(trace)


def one(tried, table: str, value: str, *, on: bool = False, about: str = "") -> Trial:
    (found,) = (
        t for t in tried[0] if (t.table, t.value, t.auto_convert, t.about) == (table, value, on, about)
    )
    return found


def sent(tried, value: str, on: bool = False) -> Trial:
    return one(tried, trials.TO_JAVA, value, on=on)


def test_every_type_code_is_in_the_tables_in_each_way_that_it_goes(tried):
    shown = codes(tried[0])
    lacking = [
        f"{code.code} ({code.word}) {way.value}"
        for code in TYPE_CODES
        for way in Direction
        if code.goes(way) and (way, code.code) not in shown
    ]
    assert not lacking, lacking


def test_everything_was_tried(tried):
    count = {table: sum(t.table == table for t in tried[0]) for table in trials.TABLES}
    assert count == {
        trials.TO_JAVA: 2 * len(VALUES),
        trials.TO_PYTHON: len(HELD) + len(MADE),
        trials.OVERLOADS: sum(len(values) for _, values in METHODS),
        trials.NAMES: len(NAMED),
        trials.WAYS: len(WANTED),
    }


def test_what_worked_says_what_came_and_what_did_not_says_why(tried):
    for trial in tried[0]:
        assert bool(trial.error) != bool(trial.python_type), trial
        if trial.table == trials.TO_JAVA and not trial.error:
            assert trial.sent, trial
            assert trial.java_class, trial


@pytest.mark.parametrize(
    ("value", "wire", "java_class", "outcome"),
    [
        ("None", "n", "null", "None"),
        ("True", "bTrue", "java.lang.Boolean", "True"),
        ("2**31 - 1", "i2147483647", "java.lang.Integer", "2147483647"),
        ("2**31", "L2147483648", "java.lang.Long", "2147483648"),
        ("float('nan')", "dNaN", "java.lang.Double", "nan"),
        ("Decimal('2.50')", "D2.50", "java.math.BigDecimal", "Decimal('2.50')"),
        ("'text'", "stext", "java.lang.String", "'text'"),
        ("bytearray(b'ab')", "jYWI=", "[B", "b'ab'"),
    ],
)
def test_a_value_with_a_code_of_its_own_crosses_alike_on_both_gateways(
    tried, value, wire, java_class, outcome
):
    for on in (False, True):
        trial = sent(tried, value, on)
        assert (trial.sent, trial.java_class, trial.outcome) == (wire, java_class, outcome)
        assert len(trial.exchanges) == 1


@pytest.mark.parametrize(
    ("value", "java_class"),
    [
        ("[1, 2, 3]", "java.util.ArrayList"),
        ("{1}", "java.util.HashSet"),
        ("{'a': 1}", "java.util.HashMap"),
        ("datetime.date(2026, 1, 2)", "java.sql.Date"),
        ("datetime.datetime(2026, 1, 2, 3, 4, 5)", "java.sql.Timestamp"),
        ("datetime.timedelta(days=1)", "java.time.Duration"),
        ("np.array([1, 2])", "[J"),
        ("np.int64(7)", "java.lang.Integer"),
    ],
)
def test_other_values_cross_only_with_automatic_conversion(tried, value, java_class):
    off, on = sent(tried, value), sent(tried, value, True)
    assert off.error.startswith("AttributeError")
    assert not off.exchanges
    assert not off.sent
    assert not on.error
    assert on.java_class == java_class


def test_a_list_takes_a_round_trip_for_each_element_and_two_more(tried):
    assert len(sent(tried, "[1, 2, 3]", True).exchanges) == 3 + 2
    assert len(sent(tried, "[[1], []]", True).exchanges) == (1 + 1) + 1 + 2 + 2


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("2**63", "L9223372036854775808"),
        ("Decimal('NaN')", "DNaN"),
        ("np.float64(1.5)", "dnp.float64(1.5)"),
    ],
)
def test_what_java_can_not_read_costs_the_connection(tried, value, wire):
    trial = sent(tried, value)
    assert trial.sent == wire
    assert "NumberFormatException" in trial.error
    asked, again = trial.exchanges
    assert asked.reply.raw.startswith(b"!z")
    assert again.command == "auth"
    assert asked.connection != again.connection


def test_a_value_that_utf_8_can_not_write_is_not_sent(tried):
    trial = sent(tried, r"'\ud800'")
    assert not trial.sent
    assert trial.error.startswith("Py4JError")


def test_a_class_is_asked_in_java_before_the_value_is_one_of_python(tried):
    def held(java):
        trial = one(tried, trials.TO_PYTHON, java)
        return trial.java_class, trial.received, trial.python_type

    assert held('Short.valueOf("7")') == ("java.lang.Short", "i7", "int")
    assert held('Long.valueOf("7")') == ("java.lang.Long", "L7", "int")
    assert held('Character.valueOf("x".charAt(0))') == ("java.lang.Character", "sx", "str")
    assert held("new AtomicInteger(7)") == ("java.util.concurrent.atomic.AtomicInteger", "i7", "int")
    java_class, received, python_type = held('new BigInteger("7")')
    assert java_class == "java.math.BigInteger"
    assert received[:2] == "ro"
    assert python_type == "JavaObject"


@pytest.mark.parametrize(
    ("method", "argument", "chosen", "outcome"),
    [
        ("java.lang.String.valueOf", "'ab'", "valueOf(char)", "'a'"),
        ("java.lang.String.valueOf", "2**31", "valueOf(long)", "'2147483648'"),
        ("java.lang.Byte.toUnsignedInt", "300", "toUnsignedInt(byte)", "44"),
        ("java.lang.StringBuilder.append", "None", "append(StringBuffer)", "'null'"),
        ("java.lang.Math.sqrt", "4", "", ""),
    ],
)
def test_py4j_says_which_overload_it_takes(tried, method, argument, chosen, outcome):
    trial = one(tried, trials.OVERLOADS, argument, about=method)
    assert (trial.chosen, trial.outcome) == (chosen, outcome)


def test_ways_to_a_java_type_lead_to_it(tried):
    got = {t.about: t.java_class for t in tried[0] if t.table == trials.WAYS}
    assert got["a Long object in a list"] == "java.lang.Long in a list"
    assert got["Long[]"] == "[Ljava.lang.Long;"
    assert got["char[]"] == "[C"
    assert got["int[][]"] == "[[I"


def test_nothing_in_the_tables_differs_from_run_to_run_but_ids_on_the_wire(tried):
    said = "".join(t.outcome + t.java_class + t.error + t.chosen for t in tried[0])
    assert "0x" not in said
    assert "$Proxy1" not in said
    assert " o1" not in said
    assert "/" not in said


def test_every_table_can_be_drawn(tried):
    for table in trials.TABLES:
        assert type_table_html(table, tried[0]).count("<tr>") > len(NAMED)


def test_a_second_gateway_of_pyspark_is_refused(bench):
    script = bench.script(
        """
        from pyspark import SparkContext
        SparkContext._gateway = object()
        from guide.types.tables import type_tables
        try:
            type_tables("t.sparkwire")
        except RuntimeError as error:
            print(error)
        """
    )
    ran = bench.plain(script)
    assert ran.code == 0
    assert b"PySpark has a gateway already" in ran.out


def test_all_is_on_loopback_and_no_secret_is_in_it(tried):
    assert {opened.address for opened in tried[1].connections} == {"127.0.0.1"}
    tokens = [e.request.field("token").value for e in tried[1].exchanges if e.command == "auth"]
    assert len(tokens) > 5
    assert not "".join(tokens).strip("*")
