"""What counts as a secret: the words that name one, and the rules that find one.

A rule looks at one command or reply, or at one line of source, and returns the spans of what it must hide.
Each knows one place where Spark 4.3.0 or Py4J 0.10.9.9 puts a secret, or one shape that secrets have. Rules
don't depend on each other: all that apply are asked, and what any of them finds is hidden.

Bytes are looked at as Latin-1 text, a character for each byte: Python finds text in text five times faster
than bytes in bytes (3.11), and the same rule serves the wire and a line of source.

Hiding too much is possible (a SHA-256 digest has the shape of a secret); storing a secret is not a price
worth paying for hiding less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from enum import Enum, Flag, auto

WORDS = ("secret", "password", "passwd", "token", "access.?key", "credential")
"""Expressions for the words that name a secret, in any case. They begin with five plain letters. Spark's own
are the default of ``spark.redaction.regex`` (core/.../internal/config/package.scala)."""

HINTS = tuple(dict.fromkeys(word[:5] for word in WORDS))
"""Lower-case text without any of these names no secret. To look for them is cheaper than an expression."""

_NAMED = "(?:" + "|".join(WORDS) + ")"
_NAME = re.compile(_NAMED, re.ASCII | re.IGNORECASE)
_KEY_VALUE = re.compile(_NAMED + r"[^=,\s{}]{0,60}=([^,;&}\s\\]+)", re.ASCII | re.IGNORECASE)
_SOURCE_TEXT = re.compile(
    _NAMED + r"""[\w.-]*["']?[\])\s]*[,=:]+\s*[rbfu]{0,2}["']([^"']+)""",
    re.IGNORECASE,
)

HEX_DIGITS = 64
"""A secret of Spark's own making has so many hexadecimal digits."""
_HEX_SECRET = re.compile(rf"(?<![0-9A-Za-z])(?:[a-zA-Z!]{{1,3}})?([0-9a-f]{{{HEX_DIGITS}}})(?![0-9A-Za-z])")
_SHORT_SECRET = re.compile(r"!?ys([0-9a-f]{16,128})\n\Z")
_ARRAY_SECOND = re.compile(r"a\ng\no\d+\ni1\ne\n\Z", re.ASCII)

# fmt: off
_SETTERS = frozenset((
    "set", "setIfMissing", "config", "option", "setConf", "setConfString", "put", "setProperty",
    "setSystemProperty", "setExecutorEnv", "setLocalProperty", "unset", "setSecret",
))
_GETTERS = frozenset((
    "get", "getOption", "getProperty", "getenv", "getConf", "getOrElse", "getConfString", "remove",
))
# fmt: on

Span = tuple[int, int]
"""Where something begins, and where it ends."""


class Applies(Flag):
    """Where a rule is asked."""

    REQUEST = auto()
    REPLY = auto()
    SOURCE = auto()
    """A line of the program's source, which a call site stores."""
    WIRE = REQUEST | REPLY


class Expect(Enum):
    """What the next reply on a connection is, when it is something special."""

    VALUE = auto()
    """The value that goes with a secret's name."""
    SECOND = auto()
    """The second element of an array."""
    KEY = auto()
    """The first part of a pair, which may be a secret's name."""


@dataclass(slots=True)
class Wording:
    """A command, a reply or a line of source, with what a rule must know besides its text."""

    text: str
    known: tuple[str, ...]
    """The secrets seen so far, the longest first."""
    expected: Expect | None = None
    """Of a reply: what was asked for."""
    line: int = 2
    """How many lines its direction had before it; not counted beyond 2."""
    authenticates: bool = False
    """Whether the first line of its direction was ``A``."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of finding secrets."""

    name: str
    applies: Applies
    hides: str
    source: str
    """Where Spark or Py4J says so: file and definition."""
    find: Callable[[Wording], Iterable[Span]]
    """The spans to hide. They may overlap those of other rules, and be empty."""
    learns: bool = False
    """Whether what it hides is certainly a secret, and so is hidden wherever else it appears."""
    needs_name: bool = False
    """Whether it finds nothing in text without a word that names a secret. Then it isn't asked."""


def names_secret(text: str) -> bool:
    """Whether one of the words is in ``text``."""
    return _NAME.search(text) is not None


def expected_after(command: str, named: bool, secret_pair: str | None) -> Expect | None:
    """What the reply to ``command`` is.

    ``named`` says whether a secret's name may be in it; ``secret_pair`` is the ``pair`` whose ``_1`` was one.
    """
    if command[:2] == "a\n":
        return Expect.SECOND if _ARRAY_SECOND.match(command) else None
    if pair(command, "_1"):
        return Expect.KEY
    if secret_pair is not None and pair(command, "_2") == secret_pair:
        return Expect.VALUE
    return Expect.VALUE if named and _getter(command) else None


def pair(command: str, part: str) -> str | None:
    """The pair of Scala's that ``command`` asks for its ``part``, ``_1`` or ``_2``; None when it does not."""
    end = f"\n{part}\ne\n"
    return command[2 : -len(end)] if command.endswith(end) else None


# --- the rules ---------------------------------------------------------------------------------------------


def _token(said: Wording) -> Iterable[Span]:
    if said.line == 0 and said.text.startswith("A\n"):
        return [_to_line_end(said.text, 2)]
    return [_to_line_end(said.text, 0)] if said.line == 1 and said.authenticates else ()


def _setting_set(said: Wording) -> Iterable[Span]:
    lines = _call(said.text, _SETTERS)
    for index in range(3, len(lines) - 1):
        if _is_name(lines[index]) and lines[index + 1][:1] == "s":
            return [_argument(lines, index + 1)]
    return ()


def _default(said: Wording) -> Iterable[Span]:
    lines = _getter(said.text)
    return [_argument(lines, 4)] if lines and lines[4][:1] == "s" else ()


def _setting_read(said: Wording) -> Iterable[Span]:
    is_text = said.expected is Expect.VALUE and said.text[1:3] == "ys"
    return [_to_line_end(said.text, 3)] if is_text else ()


def _second_of_array(said: Wording) -> Iterable[Span]:
    found = _SHORT_SECRET.match(said.text) if said.expected is Expect.SECOND else None
    return [found.span(1)] if found else ()


def _own_making(said: Wording) -> Iterable[Span]:
    return _groups(_HEX_SECRET, said.text) if len(said.text) >= HEX_DIGITS else ()


def _key_value(said: Wording) -> Iterable[Span]:
    return _groups(_KEY_VALUE, said.text)


def _source_text(said: Wording) -> Iterable[Span]:
    return _groups(_SOURCE_TEXT, said.text)


def _known(said: Wording) -> Iterable[Span]:
    found = []
    for secret in said.known:
        at = said.text.find(secret)
        while at >= 0:
            found.append((at, at + len(secret)))
            at = said.text.find(secret, at + len(secret))
    return found


def _call(command: str, methods: Container[str]) -> list[str]:
    """The lines of a call of one of ``methods``: c, target, method, arguments; none for anything else."""
    if command[:2] not in ("c\n", "S\n"):
        return []
    lines = command.split("\n")
    return lines if len(lines) > 2 and lines[2] in methods else []


def _getter(command: str) -> list[str]:
    """The lines of a call that asks for what goes with a secret's name; none for anything else."""
    lines = _call(command, _GETTERS)
    return lines if any(map(_is_name, lines[3:-1])) else []


def _is_name(argument: str) -> bool:
    return argument[:1] == "s" and names_secret(argument)


def _argument(lines: list[str], index: int) -> Span:
    """Where the text of a string argument stands: its line without the letter of its type."""
    start = sum(len(line) + 1 for line in lines[:index])
    return start + 1, start + len(lines[index])


def _to_line_end(text: str, start: int) -> Span:
    end = text.find("\n", start)
    return start, end if end >= 0 else len(text)


def _groups(expression: re.Pattern[str], text: str) -> list[Span]:
    return [found.span(1) for found in expression.finditer(text)]


RULES = (
    Rule(
        "token of an authentication",
        Applies.WIRE,  # a piece that holds the second line only may look like a reply
        "the second line of a direction whose first is A",
        "Py4J 0.10.9.9, java_gateway.py, do_client_auth and _authenticate_connection",
        _token,
        learns=True,
    ),
    Rule(
        "setting that is set",
        Applies.REQUEST,
        "the string after a secret's name, in a call of a setter",
        "Spark 4.3.0, core/.../internal/config/package.scala, SECRET_REDACTION_PATTERN",
        _setting_set,
        learns=True,
        needs_name=True,
    ),
    Rule(
        "default of a setting",
        Applies.REQUEST,
        "the second argument of a getter that is asked for a secret's name",
        "Spark 4.3.0, pyspark/conf.py, SparkConf.get",
        _default,
        needs_name=True,
    ),
    Rule(
        "setting that is read",
        Applies.REPLY,
        "the string that a getter returns for a secret's name, or _2 of a pair whose _1 is one",
        "Spark 4.3.0, pyspark/conf.py, SparkConf.get and SparkConf.getAll",
        _setting_read,
        learns=True,
    ),
    Rule(
        "second of an array",
        Applies.REPLY,
        "hexadecimal digits that are element 1 of an array: a result socket's secret, next to its port",
        "Spark 4.3.0, pyspark/util.py, _create_local_socket",
        _second_of_array,
    ),
    Rule(
        "secret of Spark's making",
        Applies.WIRE,
        f"{HEX_DIGITS} hexadecimal digits that stand by themselves",
        "Spark 4.3.0, core/.../util/Utils.scala, createSecret",
        _own_making,
    ),
    Rule(
        "key=value",
        Applies.WIRE,
        "what follows a secret's name and =, in a URL or a printed configuration",
        "Spark 4.3.0, core/.../SparkConf.scala, toDebugString",
        _key_value,
        needs_name=True,
    ),
    Rule(
        "text beside a name",
        Applies.SOURCE,
        "a string literal that follows a secret's name",
        "the user's own program: conf.set(...), connect(password=...)",
        _source_text,
        needs_name=True,
    ),
    # The last, so that what the others have learned is hidden in the same message, too.
    Rule(
        "known secret",
        Applies.WIRE | Applies.SOURCE,
        "what another rule has learned, such as the token, which the accumulators' server needs, too",
        "Spark 4.3.0, pyspark/core/context.py, PythonAccumulatorV2",
        _known,
    ),
)
"""All rules, in the order in which they are asked."""
