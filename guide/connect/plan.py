"""The plan in a request, as a tree that a person can read, with the user's lines where the plan carries them.

A plan is a tree of relations, each with the expressions that it uses. Spark's messages have about a hundred
kinds of both, and a version adds more. So relations are read by their fields' types, whatever their names: a
field that holds a relation is a branch, one that holds an expression is written as one, all others as ``name:
value``.

PySpark notes for each expression which of the user's lines made it (``origin``, from ``_with_origin`` in
errors/utils.py, 4.3.0). Relations have no origin of their own there, so a relation's lines are its
expressions'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from guide.connect.calls import GrpcCall, Proto, body
from sparkwire import views

_RELATION = "spark.connect.Relation"
_EXPRESSION = "spark.connect.Expression"
_ALIAS = "spark.connect.Expression.Alias"
_INFIX = frozenset(("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "&", "|"))
"""Functions that are written between their two arguments."""
_TEXT_SHOWN = 100
"""Characters of a value that no rule here knows."""


@dataclass(slots=True)
class PlanNode:
    """A relation or command: its name, what it says, the user's lines in its expressions, and its inputs."""

    name: str
    details: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """As PySpark wrote them: ``program.py:8``, or ``line 2 in cell [7]``. A file has its own name only."""
    inputs: list[PlanNode] = field(default_factory=list)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, PlanNode]]:
        """This node and those below it, each with its depth, from the result down to the sources."""
        yield depth, self
        for one in self.inputs:
            yield from one.walk(depth + 1)


def plan_of(call: GrpcCall) -> PlanNode | None:
    """The plan in a call's request; None if it has none."""
    for request in call.requests:
        if (plan := _find_plan(request)) is None:
            continue
        for name, value in body(plan):
            return _node(value) if name == "root" else _body(name, value)
    return None


def expression_text(expression: Proto) -> str:
    """An expression as a person would write it. What no rule here knows is shown by its name and fields."""
    kind = expression.WhichOneof("expr_type")
    if kind is None:
        return "nothing"
    value = getattr(expression, kind)
    if kind == "literal":
        return _literal(value)
    if kind == "unresolved_attribute":
        return str(value.unparsed_identifier)
    if kind == "unresolved_function":
        arguments = [expression_text(one) for one in value.arguments]
        if value.function_name in _INFIX and len(arguments) == 2:
            pairs = zip(value.arguments, arguments, strict=True)
            return f" {value.function_name} ".join(
                f"({text})" if _is_infix(one) else text for one, text in pairs
            )
        return f"{value.function_name}({', '.join(arguments)})"
    if kind == "alias":
        return _alias(value)
    if kind == "expression_string":
        return str(value.expression)
    if kind == "common_inline_user_defined_function":
        arguments = [expression_text(one) for one in value.arguments]
        return f"{value.function_name}({', '.join(arguments)}), {_function(value)}"
    return _told(kind, value) if hasattr(value, "DESCRIPTOR") else f"{kind}: {value}"


def _find_plan(request: Proto) -> Proto | None:
    """The plan in a request: an execution's own, or that which an analysis is about."""
    for name, value in body(request):
        if name == "plan":
            return value
        if hasattr(value, "ListFields") and any(one.name == "plan" for one, _ in value.ListFields()):
            return value.plan
    return None


def _node(relation: Proto) -> PlanNode:
    kind = relation.WhichOneof("rel_type")
    return _body(kind, getattr(relation, kind)) if kind else PlanNode("nothing")


def _body(name: str, message: Proto) -> PlanNode:
    """A relation or a command, by its fields."""
    node = PlanNode(name)
    if name == "command":
        for inner, value in body(message):
            return _body(inner, value)
    for one, value in message.ListFields():
        if one.message_type and one.message_type.full_name == _RELATION:
            node.inputs += [_node(item) for item in _items(one, value)]
        else:
            node.details += _detail(one, value)
            node.lines += [line for line in _origins(message, one.name) if line not in node.lines]
    return node


def _items(one: Proto, value: Proto) -> list[Proto]:
    """The values of a field: one, several, or those of a map as ``key=value``."""
    if hasattr(value, "items"):
        return [f"{key}={item}" for key, item in value.items()]
    return list(value) if one.is_repeated else [value]


def _detail(one: Proto, value: Proto) -> list[str]:
    """A field as lines: each expression is one, and plain values stand in one line."""
    items = _items(one, value)
    if one.message_type is not None and not hasattr(value, "items"):
        return [_told(one.name, item) for item in items]
    return [_named(one.name, ", ".join(_plain(one, item) for item in items))]


def _told(name: str, message: Proto) -> str:
    """A message inside a relation or an expression, in one line."""
    of = message.DESCRIPTOR.full_name
    if of == _EXPRESSION:
        return expression_text(message)
    if of == _ALIAS:
        return _alias(message)
    inner = [text for one, value in message.ListFields() for text in _detail(one, value)]
    return _named(name, ", ".join(inner))


def _plain(one: Proto, value: Proto) -> str:
    """A value that is no message: bytes by their number, an enumeration's value by its name."""
    if isinstance(value, bytes):
        return views.size(len(value))
    if one.enum_type is not None:
        known = one.enum_type.values_by_number.get(value)
        return known.name if known is not None else str(value)
    return str(value)


def _named(name: str, said: str) -> str:
    return f"{name}: {views.shorten(said, _TEXT_SHOWN)}" if said else name


def _alias(alias: Proto) -> str:
    return f"{', '.join(alias.name)} = {expression_text(alias.expr)}"


def _is_infix(expression: Proto) -> bool:
    if expression.WhichOneof("expr_type") != "unresolved_function":
        return False
    function = expression.unresolved_function
    return function.function_name in _INFIX and len(function.arguments) == 2


def _literal(literal: Proto) -> str:
    kind = literal.WhichOneof("literal_type")
    value = getattr(literal, kind) if kind else None
    if kind == "null":
        return "null"
    if isinstance(value, bytes):
        return views.size(len(value))
    return repr(value) if isinstance(value, str) else str(value).strip()


def _function(function: Proto) -> str:
    """What carries a function: a pickled Python function, or the name of a Java class."""
    kind = function.WhichOneof("function")
    carried = getattr(function, kind) if kind else None
    command = getattr(carried, "command", b"")
    return f"{kind} in {views.size(len(command))}" if command else str(kind)


def _origins(message: Proto, name: str = "") -> list[str]:
    """The user's lines that made the expressions in a message, each once: in all its fields, or in one."""
    found: dict[str, None] = {}
    for one, value in message.ListFields():
        if name and one.name != name:
            continue
        if one.name == "python_origin":
            found[_without_folder(value.call_site)] = None
        elif one.message_type is not None and one.message_type.full_name != _RELATION:
            for item in _items(one, value):
                if hasattr(item, "ListFields"):
                    found |= dict.fromkeys(_origins(item))
    return list(found)


def _without_folder(call_site: str) -> str:
    """``program.py:8`` for ``/home/me/program.py:8``."""
    return call_site.replace("\\", "/").rsplit("/", 1)[-1]
