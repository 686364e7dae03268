"""The way down in Java, and what ran within what: read from stacks and times, at their very edges."""

from __future__ import annotations

import pytest

from sparkwire.trace.java.paths import (
    children,
    clean,
    depths,
    invoked_unseen,
    line,
    method,
    outermost,
    path,
    straight_from_reflection,
    target_call,
)
from sparkwire.trace.records import JavaCall

INVOKER = "py4j.reflection.MethodInvoker.invoke(Object, Object[]) line: 244"
EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"


def call(start: int, end: int, name: str = "a.A.m()", stack: tuple[str, ...] = ()) -> JavaCall:
    return JavaCall(1, "T", start, end - start, name, stack)


@pytest.mark.parametrize(
    ("between", "straight"),
    [
        ((), True),
        (("java.lang.reflect.Method.invoke(Object, Object[]) line: 565",), True),
        (("java.lang.reflect.Constructor.newInstanceWithCaller(Object[]) line: 1",), True),
        (("jdk.internal.reflect.DirectMethodHandleAccessor.invoke(Object, Object[]) line: 104",), True),
        (("java.lang.invoke.LambdaForm$DMH.invokeVirtual(Object)", "sun.reflect.X.y()"), True),
        (("a.B$$Lambda.0x1.run(Object)",), True),
        (("a.B.b()",), False),
        (("a.B.b()", "java.lang.reflect.Method.invoke(Object, Object[]) line: 565"), False),
        (("java.util.ArrayList.add(Object)",), False),
        (("java.lang.Iterable.forEach(Consumer)",), False),
    ],
)
def test_what_py4j_invoked_itself_has_only_reflection_above_it(between, straight) -> None:
    one = call(0, 1, stack=("java.lang.Thread.run()", INVOKER, *between))
    assert straight_from_reflection(one) is straight
    assert target_call([call(0, 9, EXECUTE), one]) == (one if straight else None)


def test_an_initializer_and_a_call_from_elsewhere_were_not_invoked() -> None:
    assert not straight_from_reflection(call(0, 1, "a.A.<clinit>()", (INVOKER,)))
    assert straight_from_reflection(call(0, 1, "a.A.<init>()", (INVOKER,)))
    assert not straight_from_reflection(call(0, 1, stack=()))
    assert not straight_from_reflection(call(0, 1, stack=("jdk.internal.X.y()",) * 2))
    assert not straight_from_reflection(call(0, 1, stack=("jdk.internal.X.y()",)))
    assert not straight_from_reflection(call(0, 1, stack=(f"x{INVOKER}",)))
    for own in (
        "py4j.reflection.MethodInvoker.buildInvoker(Method, Class[]) line: 1",
        "py4j.Gateway.invoke(String)",
    ):
        assert not straight_from_reflection(call(0, 1, stack=(INVOKER, own)))


def test_the_first_that_was_invoked_is_the_target() -> None:
    first, second = call(1, 2, "a.A.a()", (INVOKER,)), call(3, 4, "a.A.b()", (INVOKER,))
    assert target_call([first, second]) is first
    assert target_call([second, first]) is second
    assert target_call([]) is None


def test_without_a_target_the_way_leads_to_py4js_innermost_step() -> None:
    execute = call(0, 9, EXECUTE, ("t.run()",))
    step = call(1, 8, "py4j.Gateway.invoke(String)", ("t.run()", "e()"))
    other = call(2, 3, "a.A.deep()", ("t.run()", "e()", "g()", "h()"))
    assert path([execute, step, other]) == ("t.run()", "e()", "py4j.Gateway.invoke(String)")
    assert path([execute, other]) == ("t.run()", EXECUTE)
    assert path([other]) == ("t.run()", "e()", "g()", "h()", "a.A.deep()")
    assert path([]) == ()


def test_the_way_to_a_method_that_was_not_traced_leads_to_the_invoker_and_not_to_the_search() -> None:
    invoker = INVOKER.removesuffix(" line: 244")
    search = call(1, 4, "py4j.reflection.ReflectionEngine.getMethod(Class)", ("t.run()", "e()", "g()", "h()"))
    invoked = call(5, 8, invoker, ("t.run()", "e()", "r()"))
    calls = [call(0, 9, EXECUTE, ("t.run()",)), search, invoked]
    assert path(calls) == ("t.run()", "e()", "r()", invoker)
    assert invoked_unseen(calls)
    convert = call(6, 7, "py4j.reflection.TypeConverter.convert(Object)", ("t.run()", "e()", "r()", INVOKER))
    assert target_call([*calls, convert]) is None
    assert path([*calls, convert])[-2:] == (INVOKER, convert.method)
    asked = call(6, 7, "py4j.GatewayServer.turnLoggingOff()", ("t.run()", INVOKER, "java.lang.reflect.M.i()"))
    assert target_call([*calls, convert, asked]) is asked
    assert invoked_unseen([*calls, convert])
    assert not invoked_unseen(calls[:2])
    assert path(calls[:2])[-1] == search.method
    assert not invoked_unseen([*calls, call(6, 7, "a.A.m()", ("t.run()", INVOKER))])
    assert not invoked_unseen([])


def test_the_way_to_a_target_leaves_out_the_jdks_own_steps() -> None:
    stack = ("t.run()", INVOKER, "jdk.internal.X.y()", "java.lang.reflect.Method.invoke(Object)")
    target = call(0, 1, "a.A.a()", stack)
    assert clean(stack) == (stack[0], stack[1], stack[3])
    assert path([call(0, 9, EXECUTE), target]) == (stack[0], stack[1], stack[3], "a.A.a()")
    assert clean(("java.lang.reflect.Constructor.newInstanceWithCaller(Object[], boolean, Class)",)) == ()
    others = (
        "java.lang.reflect.Constructor.newInstance(Object[])",
        "sun.misc.Unsafe.park(boolean, long)",
        "a.B$Lambda.m()",
        "a.B.m(int, a.C$$Lambda)",
    )
    assert clean(others) == others
    proxied = ("t.run()", "jdk.proxy2.$Proxy20.next()", "java.lang.Object.toString()")
    assert clean(proxied) == proxied
    assert not straight_from_reflection(call(0, 1, stack=(INVOKER, proxied[1])))
    generated = ("a.B$$Lambda.1.m()", "sun.reflect.Y.z()", "java.lang.invoke.W.v()")
    assert clean(("a.jdk.internal.X.y()", *generated)) == ("a.jdk.internal.X.y()",)


def test_depths_at_the_edges() -> None:
    outer, to_its_end, after = call(0, 10), call(5, 10), call(10, 12)
    assert depths([outer, to_its_end, after]) == (0, 1, 0)
    assert depths([outer, call(2, 4), call(4, 6), call(6, 7), call(7, 7)]) == (0, 1, 1, 1, 2)
    assert depths([outer, call(1, 9), call(2, 8), call(8, 9), call(9, 10), call(20, 21)]) == (
        0,
        1,
        2,
        2,
        1,
        0,
    )
    assert depths([]) == ()


def test_children_are_what_lies_directly_within() -> None:
    outer, first, inner, second, after = call(0, 10), call(1, 5), call(2, 3), call(6, 9), call(11, 12)
    calls = [outer, first, inner, second, after]
    assert children(calls, outer) == (first, second)
    assert children(calls, first) == (inner,)
    assert children(calls, second) == ()
    assert children(calls, after) == ()
    cousin = call(7, 8)
    assert children([outer, first, inner, second, cousin, after], first) == (inner,)
    twin = call(6, 9)
    assert children([outer, first, inner, twin], twin) == ()
    with pytest.raises(StopIteration):
        children(calls, twin)


def test_the_outermost_keep_their_order_and_earlier_ones_go_first() -> None:
    outer, first, inner, second = call(0, 10), call(1, 5), call(2, 3), call(6, 9)
    calls = [outer, first, inner, second]
    assert outermost(calls, 0) == []
    assert outermost(calls, 1) == [outer]
    assert outermost(calls, 2) == [outer, first]
    assert outermost(calls, 3) == [outer, first, second]
    assert outermost(calls, 4) == outermost(calls, 5) == calls


def test_a_frames_line_is_at_its_end() -> None:
    frame = "a.B.c(String, int) line: 182"
    assert (line(frame), method(frame)) == (182, "a.B.c(String, int)")
    for plain in ("java.lang.Thread.run()", "a.B.c() line: x", "a.B.c() line: 7 (inlined)"):
        assert (line(plain), method(plain)) == (None, plain)
