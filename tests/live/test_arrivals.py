"""What class a value has in Java, asked by a call that fails."""

import pytest
from py4j.protocol import Py4JError

from guide.gateways import PlainGateway
from guide.types import arrived_class


@pytest.fixture(scope="module")
def target():
    with PlainGateway() as plain:
        yield plain.client.jvm.java.lang.Object()


@pytest.mark.parametrize(
    ("value", "java"),
    [
        (7, "java.lang.Integer"),
        (2**31, "java.lang.Long"),
        ("a, b", "java.lang.String"),
        (b"", "[B"),
        (None, "null"),
    ],
)
def test_java_names_the_class_that_arrived(target, value, java):
    assert arrived_class(target, value) == java


def test_an_object_has_its_own_class(target):
    assert arrived_class(target, target) == "java.lang.Object"


@pytest.mark.parametrize(("value", "error"), [(2**63, Py4JError), ([1], AttributeError)])
def test_a_value_that_cannot_cross_raises_what_py4j_raises(target, value, error):
    with pytest.raises(error, match=r"NumberFormatException|_get_object_id"):
        arrived_class(target, value)
