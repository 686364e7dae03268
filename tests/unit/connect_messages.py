"""Requests of a Spark Connect client, made of Spark's own messages."""

from __future__ import annotations

from typing import Any

from pyspark.sql.connect import proto

SESSION = "00000000-0000-0000-0000-000000000001"


def column(name: str, call_site: str = "") -> Any:
    expression = proto.Expression()
    expression.unresolved_attribute.unparsed_identifier = name
    return _made_by(expression, "col", call_site)


def number(value: int) -> Any:
    expression = proto.Expression()
    expression.literal.integer = value
    return expression


def function(name: str, *arguments: Any, call_site: str = "") -> Any:
    expression = proto.Expression()
    expression.unresolved_function.function_name = name
    expression.unresolved_function.arguments.extend(arguments)
    return _made_by(expression, name, call_site)


def numbers(end: int) -> Any:
    relation = proto.Relation()
    relation.common.plan_id = 0
    relation.range.start, relation.range.end, relation.range.step = 0, end, 1
    return relation


def even() -> Any:
    """``spark.range(10).filter(col("id") % 2 == 0)``, made in line 8 of a program."""
    remainder = function(
        "%", column("id", "/home/me/program.py:8"), number(2), call_site="/home/me/program.py:8"
    )
    relation = proto.Relation()
    relation.filter.input.CopyFrom(numbers(10))
    relation.filter.condition.CopyFrom(
        function("==", remainder, number(0), call_site="/home/me/program.py:8")
    )
    return relation


def execute(root: Any = None, operation: str = "operation", reattachable: bool = True) -> Any:
    request = proto.ExecutePlanRequest(session_id=SESSION, operation_id=operation, client_type="test")
    request.plan.root.CopyFrom(even() if root is None else root)
    option = request.request_options.add()
    option.reattach_options.reattachable = reattachable
    return request


def release(operation: str = "operation", until: str = "") -> Any:
    request = proto.ReleaseExecuteRequest(session_id=SESSION, operation_id=operation)
    if until:
        request.release_until.response_id = until
    else:
        request.release_all.SetInParent()
    return request


def schema(root: Any = None) -> Any:
    request = proto.AnalyzePlanRequest(session_id=SESSION, client_type="test")
    request.schema.plan.root.CopyFrom(even() if root is None else root)
    return request


def complete(operation: str = "operation") -> Any:
    response = proto.ExecutePlanResponse(session_id=SESSION, operation_id=operation, response_id="last")
    response.result_complete.SetInParent()
    return response


def rows(count: int, data: bytes = b"data", operation: str = "operation") -> Any:
    response = proto.ExecutePlanResponse(session_id=SESSION, operation_id=operation, response_id="rows")
    response.arrow_batch.row_count = count
    response.arrow_batch.data = data
    return response


def _made_by(expression: Any, fragment: str, call_site: str) -> Any:
    if call_site:
        origin = expression.common.origin.python_origin
        origin.fragment, origin.call_site = fragment, call_site
    return expression
