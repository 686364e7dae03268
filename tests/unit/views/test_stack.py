"""The stack goes from the user's line to the Spark method, and says so when a side is missing."""

import re
from dataclasses import replace

import pytest
from playbook import converse

from sparkwire.trace.java.calls import Join
from sparkwire.trace.records import CallSite, Frame, JavaCall
from sparkwire.views import call_command_print, calls_html, stack, stack_html, stack_text

CALL = (b"c\no22\nsetCheckpointDir\nshere\ne\n", b"!yv\n")
EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"
INVOKER = "py4j.reflection.MethodInvoker.invoke(Object, Object[])"
TARGET = "org.apache.spark.SparkContext.setCheckpointDir(String)"


def java(exchange):
    below = (
        f"{EXECUTE} line: 79",
        f"{INVOKER} line: 244",
        "java.lang.reflect.Method.invoke(Object, Object[])",
    )
    calls = (
        JavaCall(1, "t", 100, 900, EXECUTE, ()),
        JavaCall(1, "t", 200, 700, INVOKER, below[:1]),
        JavaCall(1, "t", 300, 500, TARGET, below),
        JavaCall(1, "t", 350, 100, "org.apache.spark.SparkContext.isLocal()", (*below, TARGET)),
        JavaCall(1, "t", 360, 10, "org.apache.spark.SparkConf.<evil>()", (*below, TARGET)),
    )
    return Join(calls={exchange.n: calls})


def test_it_goes_down_both_sides():
    [exchange] = converse(CALL)
    layers = stack(exchange, java(exchange))
    assert [layer.owner for layer in layers] == [
        "you", "spark-python", "py4j-python", "wire", "py4j-java", "py4j-java", "jdk", "java",
    ]  # fmt: skip
    assert [layer.side for layer in layers] == ["python"] * 3 + ["wire"] + ["java"] * 4
    assert layers[0].where == "program.py:3"
    assert layers[0].code == 'sc.setCheckpointDir("here")'
    assert layers[1].where == "pyspark/core/context.py:2112"
    assert layers[4].where == "line 79"
    assert layers[4].duration_ns == 900
    assert (layers[-1].what, layers[-1].duration_ns) == (TARGET, 500)
    text = stack_text(exchange, java(exchange))
    assert text.index("program.py:3") < text.index("o22.setCheckpointDir") < text.index(TARGET)


def test_html_holds_the_same_in_both_lengths(check):
    [exchange] = converse(CALL)
    join = java(exchange)
    for brief in (False, True):
        said = check(stack_html(exchange, join, brief=brief)).text
        for word in (
            "program.py:3",
            "SparkContext.setCheckpointDir",
            "CallCommand.execute",
            TARGET,
            "500 ns",
        ):
            assert word in said
    inner = check(calls_html(exchange, join)).text
    assert "2 traced calls" in inner
    assert "SparkConf.<evil>()" in inner
    assert "MethodInvoker" not in inner


def test_a_method_that_was_not_traced_is_named_and_said_to_be_so(check):
    static, made, field = converse(
        (b"c\nz:java.lang.Math\nabs\ni-5\ne\n", b"!yi5\n"), (b"i\njava.util.ArrayList\ne\n", b"!yro0\n"),
        (b"f\ng\no0\nname\ne\n", b"!ysx\n"),
    )  # fmt: skip
    way = (f"{EXECUTE} line: 79", "py4j.reflection.ReflectionEngine.invoke(Object) line: 374")
    invoked = (
        JavaCall(1, "t", 100, 900, EXECUTE, ()),
        JavaCall(1, "t", 150, 20, "py4j.reflection.ReflectionEngine.getMethod(Class)", (*way, "x")),
        JavaCall(1, "t", 200, 700, INVOKER, way),
    )
    join = Join(calls={static.n: invoked, made.n: invoked, field.n: invoked[:1]})
    assert [layer.what for layer in stack(static, join)][-3:] == [way[1].split(" line")[0], INVOKER, "abs()"]
    for brief in (True, False):
        assert "abs() not among the traced methods" in check(stack_html(static, join, brief=brief)).text
    assert re.search(r"\nJava +abs\(\)  \(not among the traced methods\)\n", stack_text(static, join))
    assert stack(static, join)[-1].side == "java"
    assert stack(made, join)[-1].what == "new java.util.ArrayList()"
    assert "not among" not in stack_text(field, join)


def test_code_that_is_neither_sparks_nor_javas_own_is_not_called_either():
    [exchange] = converse(CALL)
    below = (f"{INVOKER} line: 244",)
    for target, owner in ((TARGET, "java"), ("com.acme.Job.run()", "other-java"), ("java.lang.X.y()", "jdk")):
        join = Join(calls={exchange.n: (JavaCall(1, "t", 1, 2, target, below),)})
        assert stack(exchange, join)[-1].owner == owner


def test_without_java_it_says_why(check):
    [exchange] = converse(CALL)
    assert "were not recorded" in stack_text(exchange)
    old = Join(reason="Java is 17.")
    for said in (stack_text(exchange, old), check(stack_html(exchange, old)).text):
        assert "Java is 17." in said
    assert "Java is 17." not in stack_text(exchange, replace(java(exchange), reason="Java is 17."))
    # Others have Java calls and this exchange has none.
    assert "of this exchange were not recorded" in stack_text(exchange, Join(calls={7: ()}))
    assert calls_html(exchange) == ""


def test_what_started_the_program_is_left_out():
    started = CallSite(
        (
            Frame("/bin/runner.py", 1, "<module>", "run()", False),
            Frame("<frozen runpy>", 88, "_run_code", "", True),
            Frame("/x/job.py", 2, "<module>", "sc.stop()", False),
        )
    )
    [exchange] = converse(CALL, site=started)
    assert stack(exchange)[0].where == "job.py:2"


def test_no_call_site_is_no_fault(check):
    [exchange] = converse(CALL, site=None)
    assert stack(exchange)[0].owner == "wire"
    check(stack_html(exchange))


def test_a_call_is_printed_as_call_command_would():
    get, memory = converse(
        (b"c\no0\nget\nsspark.master\ne\n", b"!yslocal[1]\n"), (b"m\nd\no1\ne\n", b"!yv\n")
    )
    assert call_command_print(get) == (
        "In execute for CallCommand, commandName: c / target object id: o0 / methodName: get"
    )
    [callback] = converse((b"c\np0\nrun\ne\n", b"!yv\n"), channel="callback")
    for other in (memory, callback):
        with pytest.raises(ValueError, match=r"exchange [12] is"):
            call_command_print(other)
