"""Which ids one message names, and whose they are."""

from __future__ import annotations

import pytest

from sparkwire.trace.gateway.named_ids import is_java_id, is_python_id


@pytest.mark.parametrize(
    ("value", "java", "python"),
    [
        ("o0", True, False),
        ("o15", True, False),
        ("p0", False, True),
        ("p15", False, True),
        ("t", False, False),
        ("j", False, False),
        ("o", False, False),
        ("p", False, False),
        ("", False, False),
        ("o1x", False, False),
        ("x1", False, False),
        ("15", False, False),
        ("GATEWAY_SERVER", False, False),
    ],
)
def test_an_id_is_its_makers_letter_and_a_number(value, java, python):
    assert (is_java_id(value), is_python_id(value)) == (java, python)


def test_a_number_is_no_id():
    assert not is_java_id(15)
