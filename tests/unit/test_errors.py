"""Exceptions: one tree below SparkwireError. The tool's are in one module, and the guide's stand below it."""

from __future__ import annotations

import ast
import builtins
import re

import pytest
from test_imports import HOUSES, ids

from sparkwire import errors
from sparkwire.errors import SparkwireError

BUILT_IN = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
TREES = {ids(file): ast.parse(file.read_text("utf-8")) for files in HOUSES.values() for file in files}
CLASSES = [
    (file, node) for file, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
]


def below(names: set[str]) -> list[tuple[str, ast.ClassDef]]:
    """The classes of both houses that derive from one of these, however indirectly, with their files."""
    known = set(names)
    found: list[tuple[str, ast.ClassDef]] = []
    while more := [one for one in CLASSES if one not in found and bases(one[1]) & known]:
        found += more
        known |= {node.name for _, node in more}
    return found


def bases(node: ast.ClassDef) -> set[str]:
    """The last words of its bases' names: ``SparkwireError`` for ``sparkwire.SparkwireError``."""
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


EXCEPTIONS = below(BUILT_IN | {"SparkwireError"})
OURS = {node.name for _, node in below({"SparkwireError"})} | {"SparkwireError"}


def test_there_are_some_in_both_houses():
    assert {file.partition("/")[0] for file, _ in EXCEPTIONS} == set(HOUSES)


@pytest.mark.parametrize("node", [node for _, node in EXCEPTIONS], ids=lambda node: node.name)
def test_each_is_a_sparkwire_error_and_says_what_it_is(node):
    assert node.name in OURS
    assert ast.get_docstring(node)


def test_those_of_the_tool_are_in_one_module():
    assert {file for file, _ in EXCEPTIONS if file.startswith("sparkwire/")} == {"sparkwire/errors.py"}


def described() -> dict[str, str | None]:
    """The tree in the docstring: each name, and the one that it stands below."""
    tree = str(errors.__doc__).partition("::\n\n")[2].partition("\n\n")[0]
    above: list[tuple[int, str]] = []
    found: dict[str, str | None] = {}
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        name = line.split()[0]
        above = [one for one in above if one[0] < indent]
        found[name] = above[-1][1] if above else None
        above.append((indent, name))
    return found


def test_the_tree_in_the_docstring_is_the_real_one():
    real = {
        name: next((base.__name__ for base in kind.__bases__ if issubclass(base, SparkwireError)), None)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }
    assert described() == real


def test_each_kind_that_has_none_below_it_is_raised_somewhere():
    raised = {
        re.split(r"\W", ast.unparse(node.exc).removeprefix("errors."))[0]
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc
    }
    assert {one for one in described() if one not in described().values()} <= raised


def test_nothing_is_raised_that_only_a_bare_except_could_tell():
    wrong = [
        f"{file}, line {node.lineno}"
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc and re.match(r"(Base)?Exception\b", ast.unparse(node.exc))
    ]
    assert wrong == []
