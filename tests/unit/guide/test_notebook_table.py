"""Tables that pages make of what they found."""

import pytest

from guide.notebook import as_code, code_table, table


def test_a_row_is_a_line_and_cells_may_be_anything():
    assert table(["Written", "Count"], [["`a`", 3], ["b", None]]).data.splitlines() == [
        "| Written | Count |",
        "| --- | --- |",
        "| `a` | 3 |",
        "| b | None |",
    ]


def test_a_bar_in_a_cell_ends_no_cell():
    assert "| one\\|two |" in table(["What"], [["one|two"]]).data


def test_a_column_needs_a_heading():
    with pytest.raises(ValueError, match="no heading"):
        table(["", "What"], [["a", "b"]])


@pytest.mark.parametrize(
    ("text", "shown"), [("i7", "`i7`"), ("s\x00\n", "`s\\x00\\n`"), ("scafé", "`scafé`"), ("", "")]
)
def test_characters_that_cannot_be_seen_are_escaped_in_code(text, shown):
    assert as_code(text) == shown


def test_each_cell_of_a_table_of_code_is_code():
    assert code_table(["Given"], [["i7"], [""]]).data.splitlines()[2:] == ["| `i7` |", "|  |"]
