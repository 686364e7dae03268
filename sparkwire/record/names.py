"""Which names are those of a secret: of settings, keys, parameters, methods and classes.

Spark hides the value of a setting when ``spark.redaction.regex`` finds something in its name. That expression
is here as it is in Spark 4.3.0, and so are names that other systems use, to which Spark's connectors log in.
"""

from __future__ import annotations

import re

SPARKS = "secret|password|token|access[.]?key|credential"
"""The default of ``spark.redaction.regex``, for any case (core/.../internal/config/package.scala)."""

BEGINS = r"(?:(?<![\w-])|(?<=\ns)|(?<=!ys))"
"""An expression for where a word begins, on the wire behind the letter of a string's type."""

WORDS = (
    "secret(?!ar)",  # a secretary is none
    "pass(?:word(?!less)|wd|phrase|code)",
    r"(?:(?<![a-z])|(?<=\ns)|(?<=!ys))pass(?![a-z])",
    "(?-i:(?<=[a-z0-9])Pass)(?![a-z])",
    "pwd",
    "token(?!s(?![a-z])|i[sz])",  # tokens are mostly those of a text, and so is a tokenizer's work
    "credential",
    "(?:access|account|api|encryption|master|private|signing|storage)[ ._-]?key(?!gen|size)",
    "authorization",
    r"redis\.auth",
)
"""Expressions for the words that make a name a secret's, in any case."""

NAMED = "(?:" + "|".join(WORDS) + ")"
"""An expression for any of the words. Compile it with ``re.ASCII | re.IGNORECASE``."""

TYPES = (
    "string|str|varchar|char|text|int|integer|long|bigint|short|smallint|tinyint|byte|float|double|decimal|"
    "boolean|bool|binary|bytes|date|timestamp|timestamp_ntz|interval|array|map|struct|variant|object|void"
)
"""What follows a column's name in a schema. A column may be called ``password``, and that is no secret."""

# fmt: off
SETTERS = frozenset((
    "set", "setIfMissing", "config", "option", "setConf", "setConfString", "put", "putIfAbsent",
    "setProperty", "setSystemProperty", "setExecutorEnv", "setLocalProperty", "setParameter", "header",
    "setHeader", "addHeader", "setRequestProperty",
))
"""Methods that take a name and, right after it, its value."""
# fmt: on

_ANY_CASE = re.ASCII | re.IGNORECASE
_NAME = re.compile(NAMED, _ANY_CASE)
_SPARKS = re.compile(SPARKS, _ANY_CASE)
_HARMLESS = re.compile(
    rf"(?:{TYPES}|yes|no|true|false|null|none|nil|n/a|required|optional|default)?", _ANY_CASE
)
_NAMES_AN_ANSWER = re.compile(r"_*(?:set|with|add|put|use|is|has|delete|remove|del|validate|check)(?![a-z])")
_TAKES_A_NAME = re.compile(
    r"_*(?:get|is|has|find|load|read|fetch|lookup|resolve|list|delete|del|remove|create|generate|check)(?![a-z])"
)


def names_secret(text: str) -> bool:
    """Whether ``text`` has one of the words in it. In a name with dots, a setting's, Spark's own suffice."""
    return _NAME.search(text) is not None or ("." in text and _SPARKS.search(text) is not None)


def takes_secret(function: str) -> bool:
    """Whether the arguments of a function or a constructor of this name are secrets: ``setPassword``."""
    return _NAME.search(function) is not None and _TAKES_A_NAME.match(function) is None


def gives_secret(method: str) -> bool:
    """Whether what a method of this name returns is a secret: ``getPassword``."""
    return _NAME.search(method) is not None and _NAMES_AN_ANSWER.match(method) is None


def is_harmless(value: str) -> bool:
    """Whether this can't be a secret, whatever its name is: a type, a truth value, nothing."""
    return _HARMLESS.fullmatch(value) is not None


def is_word(text: str) -> bool:
    """Whether this is one of the words itself, as in ``option("password", "password")``."""
    return _NAME.fullmatch(text) is not None
