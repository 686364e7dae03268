"""Tables that pages make of what they found."""

from guide.notebook import table


def test_a_row_is_a_line_and_cells_may_be_anything():
    assert table(["Written", "Count"], [["`a`", 3], ["b", None]]).data.splitlines() == [
        "| Written | Count |",
        "| --- | --- |",
        "| `a` | 3 |",
        "| b | None |",
    ]


def test_a_bar_in_a_cell_ends_no_cell():
    assert "| one\\|two |" in table(["What"], [["one|two"]]).data
