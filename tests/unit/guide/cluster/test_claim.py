"""The verdict on Python on the workers follows from the maps, and changes when they do."""

from __future__ import annotations

from dataclasses import replace

from clusters import JAVA_ONLY, MAP, connected

from guide.claims.verdict import Check, verdict
from guide.cluster.claim import BUILT_IN, DIRECTS, needs_python, python_on_workers


def held(checks: list[tuple[str, bool, str]]) -> dict[str, bool]:
    return {statement: holds for statement, holds, _ in checks}


def test_python_directs_and_python_functions_run_in_python_workers():
    checks = python_on_workers(JAVA_ONLY, {"A lambda": ([13, 13], MAP)})
    [lambda_runs] = needs_python(["A lambda"])
    assert held(checks) == {DIRECTS: True, BUILT_IN: True, lambda_runs: False}
    assert verdict([Check(*check) for check in checks]) == "holds in part"
    assert [evidence for _, _, evidence in checks] == [
        "connected to the driver's JVM",
        "0 Python processes under the executors",
        "the function ran in 1 Python worker under the executors",
    ]


def test_a_function_that_ran_elsewhere_needs_no_python_on_the_workers():
    [lambda_runs] = needs_python(["A lambda"])
    assert held(python_on_workers(JAVA_ONLY, {"A lambda": ([1], MAP)}))[lambda_runs]


def test_python_under_an_executor_after_built_in_functions_is_seen():
    assert not held(python_on_workers(MAP, {}))[BUILT_IN]


def test_a_connection_of_the_drivers_python_to_another_process_is_seen():
    for one in (connected(1, 3, 7077), connected(11, 1, 9000)):
        more = replace(JAVA_ONLY, connections=(*JAVA_ONLY.connections, one))
        assert not held(python_on_workers(more, {}))[DIRECTS]
    none = replace(JAVA_ONLY, connections=())
    assert not held(python_on_workers(none, {}))[DIRECTS]
