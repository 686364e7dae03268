"""What an error of Py4J's says is wrong, as pages show it."""

import pytest
from py4j.protocol import Py4JError

from guide.notebook import complaint, reason

MISSING = (
    "An error occurred while calling o0.nothing. Trace:\n"
    "py4j.Py4JException: Method nothing([]) does not exist\n\tat py4j.reflection.ReflectionEngine.getMethod"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MISSING, "Method nothing([]) does not exist"),
        ("An error occurred while calling o0.get.\n: java.lang.Error: why\n\tat x", "java.lang.Error: why"),
        ("java.util.Map.Entri does not exist in the JVM", "java.util.Map.Entri does not exist in the JVM"),
        ("", ""),
    ],
)
def test_the_reason_is_the_line_that_java_wrote(text, said):
    assert reason(Py4JError(text)) == said


def test_a_complaint_is_the_reason_of_the_error():
    def call():
        raise Py4JError(MISSING)

    assert complaint(call) == "Method nothing([]) does not exist"


def test_a_call_that_works_is_no_complaint():
    with pytest.raises(AssertionError, match="worked"):
        complaint(lambda: None)
    with pytest.raises(ZeroDivisionError):
        complaint(lambda: 1 / 0)
