"""A plan in a request reads as a tree, with the lines it came from. What no rule knows is shown, too."""

from __future__ import annotations

import pytest
from connect_messages import column, even, execute, function, number, numbers, release, schema
from pyspark.sql.connect import proto

from guide.connect.calls import GrpcCall
from guide.connect.plan import expression_text, plan_of


def call(request):
    return GrpcCall(1, "ExecutePlan", None, requests=[request])


def told(request):
    plan = plan_of(call(request))
    assert plan is not None
    return [(depth, node.name, node.details, node.lines) for depth, node in plan.walk()]


def test_a_plan_from_its_result_down_to_its_source():
    assert told(execute()) == told(schema()) == [
        (0, "filter", ["(id % 2) == 0"], ["program.py:8"]),
        (1, "range", ["start: 0", "end: 10", "step: 1"], []),
    ]  # fmt: skip


def test_a_request_without_a_plan():
    assert plan_of(call(release())) is None
    assert plan_of(GrpcCall(1, "AddArtifacts", None)) is None
    assert plan_of(call(proto.ExecutePlanRequest())) is None


def test_a_join_has_two_inputs_and_enumerations_have_names():
    relation = proto.Relation()
    relation.join.left.CopyFrom(even())
    relation.join.right.CopyFrom(numbers(3))
    relation.join.join_type = proto.Join.JOIN_TYPE_LEFT_OUTER
    relation.join.using_columns.extend(["id", "day"])
    assert [(depth, name) for depth, name, _, _ in told(execute(relation))] == [
        (0, "join"), (1, "filter"), (2, "range"), (1, "range"),
    ]  # fmt: skip
    [(_, _, details, lines), *_] = told(execute(relation))
    assert details == ["join_type: JOIN_TYPE_LEFT_OUTER", "using_columns: id, day"]
    assert lines == [], "the lines of an input are the input's"


def test_expressions_of_one_relation_have_a_line_each():
    relation = proto.Relation()
    relation.project.input.CopyFrom(numbers(3))
    relation.project.expressions.extend(
        [column("id", "a.py:1"), column("day", "a.py:2"), column("id", "a.py:1")]
    )
    [(_, _, details, lines), _] = told(execute(relation))
    assert details == ["id", "day", "id"]
    assert lines == ["a.py:1", "a.py:2"]


def test_a_cell_s_line_stays_as_pyspark_wrote_it():
    relation = proto.Relation()
    relation.project.expressions.append(column("id", "line 2 in cell [7]"))
    [(_, _, _, lines)] = told(execute(relation))
    assert lines == ["line 2 in cell [7]"]


def test_a_command_with_a_plan_in_it():
    request = proto.ExecutePlanRequest()
    view = request.plan.command.create_dataframe_view
    view.input.CopyFrom(numbers(3))
    view.name, view.replace = "v", True
    assert told(request) == [
        (0, "create_dataframe_view", ["name: v", "replace: True"], []),
        (1, "range", ["start: 0", "end: 3", "step: 1"], []),
    ]  # fmt: skip


def test_data_and_settings_of_a_source():
    relation = proto.Relation()
    relation.local_relation.data = b"12345"
    relation.local_relation.schema = "x" * 500
    [(_, name, [data, text], _)] = told(execute(relation))
    assert (name, data) == ("local_relation", "data: 5 bytes")
    assert text.startswith("schema: xxx")
    assert len(text) < 120
    read = proto.Relation()
    read.read.data_source.format = "csv"
    read.read.data_source.options["header"] = "true"
    [(_, name, [source], _)] = told(execute(read))
    assert name == "read"
    assert source == "data_source: format: csv, options: header=true"


def test_a_relation_with_nothing_in_it():
    assert told(execute(proto.Relation())) == [(0, "nothing", [], [])]


def literal(**value):
    return proto.Expression(literal=proto.Expression.Literal(**value))


def alias(expression, *names):
    made = proto.Expression()
    made.alias.expr.CopyFrom(expression)
    made.alias.name.extend(names)
    return made


def udf(command=b"123"):
    made = proto.Expression()
    inline = made.common_inline_user_defined_function
    inline.function_name = "worker"
    inline.arguments.append(column("id"))
    if command:
        inline.python_udf.command = command
    else:
        inline.java_udf.class_name = "some.Class"
    return made


def cast():
    made = proto.Expression()
    made.cast.expr.CopyFrom(column("id"))
    made.cast.type_str = "string"
    return made


@pytest.mark.parametrize(
    "expression, text",
    [
        (column("id"), "id"),
        (number(5), "5"),
        (literal(string="a'b"), '"a\'b"'),
        (literal(binary=b"abc"), "3 bytes"),
        (literal(null=proto.DataType()), "null"),
        (literal(boolean=True), "True"),
        (function("+", column("id"), number(1)), "id + 1"),
        (function("*", function("+", column("id"), number(1)), number(3)), "(id + 1) * 3"),
        (function("-", column("id")), "-(id)"),
        (function("sum", column("id")), "sum(id)"),
        (function("coalesce", column("a"), function("+", column("b"), number(1))), "coalesce(a, b + 1)"),
        (alias(column("id"), "other"), "other = id"),
        (alias(column("id"), "key", "value"), "key, value = id"),
        (udf(), "worker(id), python_udf in 3 bytes"),
        (udf(b""), "worker(id), java_udf"),
        (proto.Expression(expression_string=proto.Expression.ExpressionString(expression="a > 1")), "a > 1"),
        (cast(), "cast: id, type_str: string"),
        (proto.Expression(unresolved_star=proto.Expression.UnresolvedStar()), "unresolved_star"),
        (proto.Expression(), "nothing"),
    ],
)
def test_expressions_as_a_person_would_write_them(expression, text):
    assert expression_text(expression) == text
