"""Secrets in a line of source: string literals, and what stands before each.

A line is all there is: the recorder stores the one that sent a request, and doesn't parse the program. So the
line may begin or end within a call or a string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkwire.record.names import NAMED, SETTERS, is_harmless, names_secret, takes_secret
from sparkwire.record.texts import Span

_LITERAL = re.compile(
    r"""(?P<prefix>(?:(?<!\w)[rbfu]{1,2}(?=["']))?)(?P<quote>\"\"\"|'''|["'])"""
    r"""(?P<text>(?:\\.|(?!(?P=quote)).)*+)(?P=quote)?""",
    re.IGNORECASE,
)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.ASCII
)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%s|%\(\w+\)s")

# Between two literals: what makes the first a key, and the second its value.
_IS_KEY = re.compile(r"[\w.\-:/ ]{1,200}")
_KEY_THEN = re.compile(r"[\])\s]*(?::|==?|!=|->|=>)?[\s(\[]*")
_LISTED = re.compile(r"\s*,\s*")
_JOINED = re.compile(r"[\s+(]*")
_KEY_AT_END = re.compile(rf"{NAMED}[\w.\-]{{0,60}}\s*[=:]\s*['\"]?\Z", re.ASCII | re.IGNORECASE)

# Before a literal, in the code.
_NAME_BEFORE = re.compile(
    rf"{NAMED}\w{{0,60}}\]?\s*(?::\s*[\w.\[\], |]{{1,60}}?)?\s*"
    r"(?:=|==|!=|:|:=|\+=|\bor\b|\bin\b)?\s*[(\[]?\s*\Z",
    re.ASCII | re.IGNORECASE,
)
_FUNCTION_BEFORE = re.compile(r"(\w{1,128})\s*\(\s*\Z")
_VARIABLE_BEFORE = re.compile(r"(\w{1,128})\s*\(\s*[\w.]{1,128}\s*,\s*\Z")
_LAST_OF_CONNECTION = re.compile(r"\bgetConnection\s*\([^()]*,\s*\Z")

# fmt: off
_ABOUT_COLUMNS = frozenset((
    "add", "agg", "alias", "col", "colRegex", "column", "columns", "contains", "createDataFrame", "cube",
    "describe", "drop", "dropDuplicates", "endswith", "expr", "filter", "groupBy", "groupby", "isin", "join",
    "like", "orderBy", "partitionBy", "print", "replace", "rollup", "select", "selectExpr", "sort", "split",
    "startswith", "struct", "subset", "toDF", "union", "where", "withColumn", "withColumnRenamed", "zip",
))
# fmt: on
"""Functions whose texts stand side by side, and are no name with its value. Columns have names, too."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string in a line of source."""

    start: int
    """Where it begins, with the letters before its quote."""
    end: int
    """Where it ends, with its quote."""
    text: str
    """What stands between the quotes, as it is written."""
    at: int
    """Where that begins."""
    raw: bool
    formatted: bool

    @property
    def span(self) -> Span:
        return self.at, self.at + len(self.text)

    @property
    def value(self) -> str:
        """What it means. An f-string's fields stay as they are written."""
        return self.text if self.raw else _ESCAPE.sub(_unescaped, self.text)


def read_literals(line: str) -> list[Literal]:
    """The strings in a line; one that doesn't end in it reaches to the line's end."""
    return [
        Literal(
            found.start(),
            found.end(),
            found["text"],
            found.start("text"),
            "r" in (prefix := found["prefix"].lower()),
            "f" in prefix,
        )
        for found in _LITERAL.finditer(line)
    ]


def beside_names(line: str) -> list[Span]:
    """The strings that are a secret by the name which they go with: ``connect(password="hush")``."""
    found: list[Span] = []
    code = list(line)
    literals = read_literals(line)
    for literal in literals:
        code[literal.start : literal.end] = '"' * (literal.end - literal.start)
    masked = "".join(code)
    before: Literal | None = None
    arguments = False  # whether the literal before is an argument of a function that takes secrets
    for literal in literals:
        between = masked[before.end if before else 0 : literal.start]
        function = _FUNCTION_BEFORE.search(masked, 0, literal.start)
        arguments = (arguments and _LISTED.fullmatch(between) is not None) or (
            function is not None and takes_secret(function[1])
        )
        if (
            arguments
            or (before and _is_its_value(before, between, masked))
            or _NAME_BEFORE.search(between)
            or _in_setter(masked[: literal.start])
            or _ends_connection(masked, literal)
        ) and not (is_harmless(literal.text) or is_placeholder(literal, literal.text)):
            found.append(literal.span)
        before = literal
    return found


def is_placeholder(literal: Literal, text: str) -> bool:
    """Whether this part of a literal says only which variable goes there."""
    fills = _PLACEHOLDER.fullmatch(text)
    return fills is not None and (literal.formatted or text[0] == "%")


def _is_its_value(key: Literal, between: str, masked: str) -> bool:
    """Whether a literal is the value that goes with the one before it."""
    if _JOINED.fullmatch(between) and _KEY_AT_END.search(key.text):
        return True
    if not _IS_KEY.fullmatch(key.text) or not names_secret(key.text):
        return False
    if not _LISTED.fullmatch(between):
        return _KEY_THEN.fullmatch(between) is not None
    return not _is_listed(masked[: key.start])


def _is_listed(before: str) -> bool:
    """Whether what follows is in a list, or an argument of a function about columns."""
    closed = 0
    for index, sign in reversed(list(enumerate(before))):
        if sign in ")]}":
            closed += 1
        elif sign in "([{":
            if not closed:
                return sign == "[" or re.split(r"\W", before[:index])[-1] in _ABOUT_COLUMNS
            closed -= 1
    return False


def _in_setter(before: str) -> bool:
    """Whether a setter is given a variable's value as the name: it may be any."""
    found = _VARIABLE_BEFORE.search(before)
    return found is not None and found[1] in SETTERS


def _ends_connection(masked: str, literal: Literal) -> bool:
    """Whether it is the last argument of ``getConnection``."""
    ends = masked[literal.end :].lstrip()[:1] in ("", ")")
    return ends and _LAST_OF_CONNECTION.search(masked[: literal.start]) is not None


def _unescaped(found: re.Match[str]) -> str:
    by_16 = found[1] or found[2] or found[3]
    if by_16 or found[4]:
        number = int(by_16, 16) if by_16 else int(found[4], 8)
        return chr(number) if number < 0x110000 else found[0]
    return _PLAIN.get(found[5], found[5] if found[5] in "\\'\"" else found[0])
