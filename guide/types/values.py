"""The values of the type tables, as the expressions that are run and shown.

``guide.types.tables`` runs them, and ``names`` has what they may name. A test asks that they use every type
code of the gateway wire.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any


class Seven:
    """A ``java.util.function.Supplier`` in Python."""

    def get(self) -> int:
        return 7

    class Java:
        implements = ("java.util.function.Supplier",)


class Task:
    """A ``java.lang.Runnable`` in Python."""

    def run(self) -> None:
        pass

    class Java:
        implements = ("java.lang.Runnable",)


def names(gateway: Any) -> dict[str, Any]:
    """What the expressions can name."""
    import numpy
    from py4j.java_gateway import get_field

    def filled(kind: Any, *values: Any) -> Any:
        """A Java array with these values."""
        array = gateway.new_array(kind, len(values))
        for place, value in enumerate(values):
            array[place] = value
        return array

    def in_java_thread(task: Any) -> None:
        thread = gateway.jvm.java.lang.Thread(task)
        thread.start()
        thread.join()

    return {
        "jvm": gateway.jvm, "gateway": gateway, "array": filled, "in_java_thread": in_java_thread,
        "get_field": get_field, "Decimal": Decimal, "datetime": datetime, "np": numpy,
        "Seven": Seven, "Task": Task,
    }  # fmt: skip


VALUES = (
    "None", "True",
    "7", "-(2**31)", "2**31 - 1", "2**31", "2**63 - 1", "2**63",
    "1.5", "float('nan')", "float('-inf')", "-0.0",
    "Decimal('2.50')", "Decimal('1E+3')", "Decimal('NaN')",
    "'text'", "''", r"'a\nb\r\\'", "'café 😀'", r"'nul \0'", r"'\ud800'",
    r"b'\x00\xff'", "bytearray(b'ab')", "memoryview(b'ab')",
    "[1, 2, 3]", "(1, 2)", "range(3)", "[[1], []]", "{1}", "{'a': 1}", "iter('ab')",
    "datetime.date(2026, 1, 2)", "datetime.datetime(2026, 1, 2, 3, 4, 5)", "datetime.time(3, 4, 5)",
    "datetime.timedelta(days=1)",
    "np.int64(7)", "np.float64(1.5)", "np.bool_(True)", "np.str_('text')", "np.datetime64('2026-01-02')",
    "np.array([1, 2])", "np.array([1, 2], dtype='int8')", "np.array([1, 2], dtype='uint8')",
    "np.array([1.5], dtype='float32')", "np.array([[1, 2]])",
    "jvm.java.lang.Object()", "jvm.java.math.BigInteger('9223372036854775808')", "jvm.java.util.ArrayList",
    "Seven()", "1j", "object()", "len",
)  # fmt: skip
"""Python values, sent with automatic conversion off and on."""

HELD = (
    ('"text"', (("text",),)),
    ('Character.valueOf("x".charAt(0))', (
        ("x",), ("java.nio.CharBuffer", "wrap", "java.lang.CharSequence"), ("java.nio.CharBuffer", "get"),
    )),
    ('Boolean.valueOf("true")', (("true",), ("java.lang.Boolean", "valueOf", "java.lang.String"))),
    ('Byte.valueOf("7")', (("7",), ("java.lang.Byte", "valueOf", "java.lang.String"))),
    ('Short.valueOf("7")', (("7",), ("java.lang.Short", "valueOf", "java.lang.String"))),
    ('Integer.valueOf("7")', (("7",), ("java.lang.Integer", "valueOf", "java.lang.String"))),
    ('Long.valueOf("7")', (("7",), ("java.lang.Long", "valueOf", "java.lang.String"))),
    ('Float.valueOf("0.1")', (("0.1",), ("java.lang.Float", "valueOf", "java.lang.String"))),
    ('Double.valueOf("0.1")', (("0.1",), ("java.lang.Double", "valueOf", "java.lang.String"))),
    ('Double.valueOf("-Infinity")', (("-Infinity",), ("java.lang.Double", "valueOf", "java.lang.String"))),
    ('new BigDecimal("2.50")', (("2.50",), ("java.math.BigDecimal", "new", "java.lang.String"))),
    ('new BigDecimal("1E+3")', (("1E+3",), ("java.math.BigDecimal", "new", "java.lang.String"))),
    ('new BigInteger("7")', (("7",), ("java.math.BigInteger", "new", "java.lang.String"))),
    ("new AtomicInteger(7)", ((7,), ("java.util.concurrent.atomic.AtomicInteger", "new", "int"))),
    ("new AtomicLong(2147483648L)", ((2**31,), ("java.util.concurrent.atomic.AtomicLong", "new", "long"))),
    ("new AtomicBoolean(true)", ((True,), ("java.util.concurrent.atomic.AtomicBoolean", "new", "boolean"))),
    ('"hi".getBytes()', (("hi",), ("java.lang.String", "getBytes"))),
    ('"hi".toCharArray()', (("hi",), ("java.lang.String", "toCharArray"))),
)  # fmt: skip
"""Java values that Java makes and holds itself: the Java expression, and the same as a value that is sent and
the methods (class, name, type of the parameter) that are called on it, one after another."""

MADE = (
    "jvm.java.util.Optional.empty().orElse(None)", "jvm.java.lang.System.gc()",
    "gateway.new_array(jvm.int, 2)", "gateway.new_array(jvm.byte, 2)",
    "gateway.new_array(jvm.java.lang.Byte, 2)",
    "jvm.java.util.ArrayList()", "jvm.java.util.List.of(1, 2)", "jvm.java.util.HashMap()",
    "jvm.java.util.HashSet()", "jvm.java.util.ArrayList().iterator()", "jvm.java.util.ArrayDeque()",
    "jvm.java.util.Optional.of(7)", "jvm.java.lang.StringBuilder('text')", "jvm.java.time.DayOfWeek.MONDAY",
    "jvm.java.time.LocalDate.of(2026, 1, 2)", "jvm.java.lang.Object()",
    "jvm.java.lang.StringBuilder().appendCodePoint(0xd800).toString()",
    "jvm.java.util.concurrent.atomic.DoubleAdder()",
    "in_java_thread(Task())",
)  # fmt: skip
"""Python expressions that fetch something from Java."""

METHODS = (
    ("java.lang.String.valueOf", (
        "'ab'", "7", "2**31", "1.5", "True", "None", "Decimal('2.50')", "b'ab'",
    )),
    ("java.lang.StringBuilder.append", ("'ab'", "7", "2**31", "1.5", "True", "None", "Decimal('2.50')")),
    ("java.lang.Math.abs", ("-7", "-(2**31) - 1", "-1.5", "True", "Decimal('-1')")),
    ("java.lang.Math.sqrt", ("4.0", "4")),
    ("java.lang.Byte.toUnsignedInt", ("7", "300")),
    ("java.lang.Short.toUnsignedInt", ("70000",)),
    ("java.lang.Float.valueOf", ("0.1", "1e300", "'0.1'", "7")),
    ("java.lang.Long.valueOf", ("7", "2**31", "'7'")),
    ("java.lang.Integer.valueOf", ("7", "'7'", "2**31")),
    ("java.lang.Character.isDigit", ("'7'", "'77'", "'x'", "''", "55")),
    ("java.lang.Boolean.valueOf", ("True", "'true'", "1")),
)  # fmt: skip
"""Methods with overloads or with parameters of small types, and arguments.

None that has instance methods of the same name in its class, as ``Byte.toString`` has: Py4J finds the static
one or says that it doesn't exist, whichever Java lists first (``py4j.commands.ReflectionCommand``, 0.10.9.9).
"""

NAMED = (
    "jvm.java.util", "jvm.java.util.ArrayList", "jvm.java.lang.Math.max", "jvm.java.lang.Thread.State",
    "get_field(jvm.java.lang.Object(), 'nothing')",
)  # fmt: skip
"""Names to be looked up."""

WANTED = (
    ("a Long object in a list", "jvm.java.util.stream.LongStream.of(7).boxed().toList()"),
    ("several Long objects in a list",
     "jvm.java.util.stream.LongStream.of(array(jvm.long, 7, 8)).boxed().toList()"),
    ("long[]", "array(jvm.long, 7, 8)"),
    ("Long[]", "array(jvm.java.lang.Long, 7, 8)"),
    ("short[]", "array(jvm.short, 7, 8)"),
    ("float[]", "array(jvm.float, 0.1)"),
    ("char[]", "array(jvm.char, 'h', 'i')"),
    ("String[]", "array(jvm.java.lang.String, 'h', None)"),
    ("Object[]", "array(jvm.java.lang.Object, 7, 'h', None)"),
    ("int[][]", "gateway.new_array(jvm.int, 2, 3)"),
    ("Byte[]", "array(jvm.java.lang.Byte, 7)"),
    ("variable arguments", "jvm.java.lang.String.format('%d %s', array(jvm.java.lang.Object, 7, 'h'))"),
    ("variable arguments, given singly", "jvm.java.lang.String.format('%d %s', 7, 'h')"),
    ("BigInteger", "jvm.java.math.BigInteger(str(2**63))"),
)  # fmt: skip
"""Java types that no Python value has, and expressions that make them."""
