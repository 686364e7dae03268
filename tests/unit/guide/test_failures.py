"""Pages about failures print errors as Python would, in lines that fit."""

import logging
import sys

import pytest
from py4j.protocol import Py4JError

from guide.failures import (
    HOME,
    WIDTH,
    chain,
    complaint,
    essence,
    failing,
    log_in_one_line,
    provoked,
    reason,
    said,
    wrapped,
)

MISSING = (
    "An error occurred while calling o0.nothing. Trace:\n"
    "py4j.Py4JException: Method nothing([]) does not exist\n\tat py4j.reflection.ReflectionEngine.getMethod"
)


def two_errors() -> None:
    try:
        raise OSError("the cause\nwith\nfour\nlines")
    except OSError as cause:
        raise ValueError(f"in {HOME}/context.py") from cause


def test_what_fails_gives_its_error_and_what_does_not_fail_is_an_error() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert isinstance(failing(interrupted), KeyboardInterrupt)
    with pytest.raises(AssertionError, match="nothing failed"):
        failing(lambda: None)


def test_an_error_comes_after_those_that_led_to_it() -> None:
    assert [type(one) for one in chain(failing(two_errors))] == [OSError, ValueError]

    def hidden() -> None:
        try:
            two_errors()
        except ValueError:
            raise TypeError("alone") from None

    assert [type(one) for one in chain(failing(hidden))] == [TypeError]


def test_errors_are_printed_first_one_first_and_name_no_folder(capsys) -> None:
    said(failing(two_errors), lines=2)
    assert capsys.readouterr().out == (
        "OSError: the cause\nwith\n...\n"
        "\nthen, while that was handled:\n\n"
        "ValueError: in $SPARK_HOME/context.py\n"
    )


def test_long_lines_are_broken_between_words_only() -> None:
    words = "a word-with-hyphens " * 20 + "x" * (WIDTH + 5)
    lines = wrapped(f"first\n\n{words}").split("\n")
    assert lines[:2] == ["first", ""]
    assert max(len(line) for line in lines[:-1]) <= WIDTH
    assert " ".join(lines[2:]) == words


def test_a_log_record_is_one_line_without_its_traceback(capsys) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    log_in_one_line()
    [added] = [handler for handler in root.handlers if handler not in before]
    try:
        try:
            raise OSError("kept off")
        except OSError:
            root.exception("while sending")
        root.error("An error occurred while trying to connect to the Java server")
    finally:
        root.removeHandler(added)
    assert capsys.readouterr().out == "log: ERROR: while sending\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MISSING, "Method nothing([]) does not exist"),
        ("An error occurred while calling o0.get.\n: java.lang.Error: why\n\tat x", "java.lang.Error: why"),
        ("java.util.Map.Entri does not exist in the JVM", "java.util.Map.Entri does not exist in the JVM"),
        ("", ""),
    ],
)
def test_the_reason_is_the_line_that_java_wrote(text: str, expected: str) -> None:
    assert reason(Py4JError(text)) == expected


def test_a_complaint_is_the_reason_of_the_error() -> None:
    def call() -> None:
        raise Py4JError(MISSING)

    assert complaint(call) == "Method nothing([]) does not exist"


def test_a_call_that_works_is_no_complaint() -> None:
    with pytest.raises(AssertionError, match="nothing failed"):
        complaint(lambda: None)
    with pytest.raises(ZeroDivisionError):
        complaint(lambda: 1 / 0)


FROM_A_WORKER = f"""An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "{HOME}/python/lib/pyspark.zip/pyspark/worker.py", line 4327, in invoke_udf
    run_process()
    ^^^^^^^^^^^^^
  File "{HOME}/python/lib/pyspark.zip/pyspark/util.py", line 158, in wrapper
    return f(*args, **kwargs)
  File "/tmp/ipykernel_31/2718281828.py", line 2, in bad
    raise ValueError("row 7")
ValueError: row 7
"""

FROM_A_JOB = f"""An error occurred while calling o1.collectToPython.
: org.apache.spark.SparkException: Job aborted: crashed: Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
  File "/tmp/ipykernel_31/2718281828.py", line 1 in <lambda>
  File "{HOME}/python/lib/pyspark.zip/pyspark/worker.py", line 2884 in <listcomp>

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator$$anonfun$1.applyOrElse(PythonRunner.scala:1)
\tat java.base/java.lang.Thread.run(Unknown Source)
Caused by: java.io.EOFException
\t... 1 more

Driver stacktrace:
\tat org.apache.spark.scheduler.DAGScheduler.$anonfun$abortStage$3(DAGScheduler.scala:1)
Caused by: the same again
"""


def test_of_a_workers_stack_the_line_of_the_cell_is_kept() -> None:
    assert essence(RuntimeError(FROM_A_WORKER)).split("\n") == [
        "RuntimeError: An exception was thrown from the Python worker:",
        "Traceback (most recent call last):",
        "  ...",
        '  File "<a cell>", line 2, in bad',
        '    raise ValueError("row 7")',
        "ValueError: row 7",
    ]


def test_of_a_jobs_error_the_causes_are_kept_once() -> None:
    assert essence(RuntimeError(FROM_A_JOB)).split("\n") == [
        "RuntimeError: An error occurred while calling o1.collectToPython.",
        ": org.apache.spark.SparkException: Job aborted: crashed: Fatal Python error: Segmentation fault",
        "",
        "Current thread 0x00007f (most recent call first):",
        "  ...",
        '  File "<a cell>", line 1 in <lambda>',
        "  ...",
        "",
        "  ...",
        "Caused by: java.io.EOFException",
        "  ...",
    ]


def test_what_is_provoked_is_printed_and_must_say_what_it_is_said_to(capsys) -> None:
    def fails() -> None:
        print("a traceback of PySpark's", file=sys.stderr)
        raise ValueError("row 7")

    provoked(fails, "row", "7")
    assert capsys.readouterr() == ("ValueError: row 7\n", "")
    with pytest.raises(AssertionError, match="doesn't say 'row 8'"):
        provoked(fails, "row 8")
    with pytest.raises(AssertionError, match="nothing failed"):
        provoked(lambda: None)


def test_a_cell_is_named_wherever_its_file_is() -> None:
    made = "existing SparkContext(app=one) created by __init__ at /tmp/ipykernel_31/2718281828.py:1 "
    assert essence(ValueError(made)).endswith("created by __init__ at <a cell>:1 ")


def test_a_path_of_the_users_own_is_not_told(monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/home/someone/mine")
    assert essence(OSError(f"PYTHONPATH was: {HOME}/jars:/home/someone/mine")).endswith(
        "PYTHONPATH was: $SPARK_HOME/jars:$PYTHONPATH"
    )
