"""The type tables: a line for each value, or two where automatic conversion makes a difference."""

from dataclasses import replace

import pytest
from playbook import converse

from guide.types import trials
from guide.types.picture import type_table_html
from guide.types.trials import Trial

INT = Trial(0, trials.TO_JAVA, "7", java_class="java.lang.Integer", outcome="7", python_type="int")
REFUSED = Trial(1, trials.TO_JAVA, "[1]", error="AttributeError: 'list' object has no <id>")
ADDED = (b"c\no0\nadd\ni7\ne\n", b"!ybtrue\n")
LIST = (
    (b"i\njava.util.ArrayList\ne\n", b"!ylo5\n"),
    (b"c\no5\nadd\ni1\ne\n", b"!ybtrue\n"),
    (b"c\no0\nadd\nro5\ne\n", b"!ybtrue\n"),
)


def both(off: Trial, on: Trial) -> list[Trial]:
    return [off, replace(on, auto_convert=True)]


def test_a_value_that_comes_out_alike_has_one_line(check):
    one = replace(INT, exchanges=tuple(converse(ADDED)))
    page = type_table_html(trials.TO_JAVA, both(one, one))
    check(page)
    assert page.count("<tr>") == 2
    assert "<td>either</td>" in page
    assert "<code>i7</code>" in page


def test_a_value_that_does_not_has_two_and_an_error_stands_with_its_message(check):
    on = replace(
        REFUSED, number=2, error="", java_class="java.util.ArrayList", outcome="[1]", python_type="JavaList",
        exchanges=tuple(converse(*LIST)),
    )  # fmt: skip
    page = type_table_html(trials.TO_JAVA, both(REFUSED, on))
    outline = check(page)
    assert page.count("<tr>") == 3
    assert "<td rowspan=2><code>[1]</code></td>" in page
    assert "AttributeError 'list' object has no <id>" in outline.text, "escaped"
    assert "<td>nothing</td>" in page
    assert "java.util.ArrayList" in outline.text
    assert "[1] JavaList" in outline.text
    assert outline.count("details") == 1
    assert outline.count("li") == len(LIST)
    assert page.endswith("<td>3</td></tr></tbody></table></div></div>")


def test_the_other_tables_show_their_trials_only(check):
    answer = tuple(converse((b"c\nz:java.lang.Math\nabs\ni-7\ne\n", b"!yi7\n")))
    found = [
        Trial(0, trials.TO_PYTHON, "Long.valueOf(7)", java_class="java.lang.Long", outcome="7"),
        Trial(1, trials.TO_PYTHON, "x.y()", outcome="JavaObject id=oN", python_type="JavaObject"),
        Trial(2, trials.OVERLOADS, "-7", "java.lang.Math.abs", chosen="abs(int)", exchanges=answer),
        Trial(3, trials.OVERLOADS, "'x'", "java.lang.Math.abs", error="Py4JError: none"),
        Trial(4, trials.NAMES, "jvm.java", exchanges=tuple(converse((b"r\nu\njava\nrj\ne\n", b"!yp\n")))),
        Trial(5, trials.WAYS, "array(jvm.long, 7)", "long[]", java_class="[J"),
    ]  # fmt: skip
    text = {table: check(type_table_html(table, found)).text for table in trials.TABLES}
    assert "java.lang.Long" in text[trials.TO_PYTHON]
    assert "not asked" in text[trials.TO_PYTHON]
    assert "a reference, JavaObject" in text[trials.TO_PYTHON]
    assert "abs(int)" in text[trials.OVERLOADS]
    assert "none" in text[trials.OVERLOADS]
    assert type_table_html(trials.OVERLOADS, found).count("rowspan=2") == 1
    assert "what is java?" in text[trials.NAMES]
    assert "long[]" in text[trials.WAYS]
    assert "Math" not in text[trials.TO_JAVA]


def test_what_does_not_print_is_shown_as_an_escape():
    sent = replace(INT, value="'\\0'", exchanges=tuple(converse((b"c\no0\nadd\nsnul\0\ne\n", b"!ybtrue\n"))))
    assert "<code>snul\\x00</code>" in type_table_html(trials.TO_JAVA, [sent])


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="overloads"):
        type_table_html("everything", [])
