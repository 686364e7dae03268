"""The rules that find secrets on the wire and in lines of source.

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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, Flag, auto

from sparkwire.record import texts
from sparkwire.record.names import SETTERS, gives_secret, names_secret, takes_secret
from sparkwire.record.source import beside_names, read_literals
from sparkwire.record.texts import Span

HEX_DIGITS = 64
"""A secret of Spark's own making has so many hexadecimal digits."""
_HEX_SECRET = re.compile(rf"(?<![0-9A-Za-z])(?:[a-zA-Z!]{{1,3}})?([0-9a-f]{{{HEX_DIGITS}}})(?![0-9A-Za-z])")
_SHORT_SECRET = re.compile(r"!?ys([0-9a-f]{16,128})\n\Z")
_ARRAY_SECOND = re.compile(r"a\ng\no\d+\ni1\ne\n\Z", re.ASCII)

_GETTERS = frozenset(
    "get getOption getProperty getenv getConf getOrDefault getOrElse getConfString remove".split()  # noqa: SIM905
)


class Applies(Flag):
    """Where a rule is asked."""

    REQUEST = auto()
    REPLY = auto()
    SOURCE = auto()
    """A line of the program's source, which a call site stores."""
    LITERAL = auto()
    """A string in such a line, as it is written, without its quotes."""
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
    known: tuple[str, ...] = ()
    """The secrets seen so far, the longest first."""
    expected: Expect | None = None
    """Of a reply: what was asked for."""
    token: int = -1
    """Where the token of an authentication begins in it; -1 if it has none."""


class Learn(Enum):
    """Whether what a rule hides is hidden wherever else it appears."""

    NEVER = auto()
    IF_LIKELY = auto()
    """When it can hardly be anything but a secret (``is_likely``)."""
    ALWAYS = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of finding secrets."""

    name: str
    applies: Applies
    hides: str
    source: str
    """Where Spark, Py4J or another says so: file and definition."""
    find: Callable[[Wording], Iterable[Span]]
    """The spans to hide. They may overlap those of other rules, and be empty."""
    learns: Learn = Learn.NEVER
    needs_name: bool = False
    """Whether it finds nothing in text without any of the hints. Then it isn't asked."""


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
    if not named:
        return None
    lines = _call(command)
    return Expect.VALUE if _getter(lines) or (lines and gives_secret(lines[2])) else None


def pair(command: str, part: str) -> str | None:
    """The pair of Scala's that ``command`` asks for its ``part``, ``_1`` or ``_2``; None when it does not."""
    end = f"\n{part}\ne\n"
    return command[2 : -len(end)] if command.endswith(end) else None


# --- the rules ---------------------------------------------------------------------------------------------


def _token(said: Wording) -> Iterable[Span]:
    return [_to_line_end(said.text, said.token)] if said.token >= 0 else ()


def _setting_set(said: Wording) -> Iterable[Span]:
    lines = _call(said.text)
    if lines and lines[2] in SETTERS:
        for index in range(3, len(lines) - 1):
            if _is_name(lines[index]) and _is_text(lines[index + 1]):
                return [_argument(lines, index + 1)]
    return ()


def _taken(said: Wording) -> Iterable[Span]:
    """The texts of a call whose method, or of a constructor whose class, is said to take secrets."""
    lines = said.text.split("\n")
    if lines[0] == "i":
        name, first = lines[1].rpartition(".")[2], 2
    else:
        lines = _call(said.text)
        name, first = (lines[2] if lines else ""), 3
    if not takes_secret(name):
        return ()
    return [_argument(lines, index) for index in range(first, len(lines)) if _is_text(lines[index])]


def _connects(said: Wording) -> Iterable[Span]:
    lines = _call(said.text)
    if not lines or lines[2] != "getConnection":
        return ()
    given = [index for index in range(3, len(lines)) if _is_text(lines[index])]
    return [_argument(lines, given[-1])] if len(given) > 1 else ()


def _default(said: Wording) -> Iterable[Span]:
    lines = _getter(_call(said.text))
    return [_argument(lines, 4)] if lines and lines[4][:1] == "s" else ()


def _setting_read(said: Wording) -> Iterable[Span]:
    is_secret = said.expected is Expect.VALUE and said.text[1:3] in ("ys", "yj")
    return [_to_line_end(said.text, 3)] if is_secret else ()


def _second_of_array(said: Wording) -> Iterable[Span]:
    found = _SHORT_SECRET.match(said.text) if said.expected is Expect.SECOND else None
    return [found.span(1)] if found else ()


def _own_making(said: Wording) -> Iterable[Span]:
    return _groups(_HEX_SECRET, said.text)


def _in(find: Callable[[str], list[Span]]) -> Callable[[Wording], Iterable[Span]]:
    """A rule for what ``find`` finds in any text."""
    return lambda said: find(said.text)


def _known(said: Wording) -> Iterable[Span]:
    found = []
    for secret in said.known:
        at = said.text.find(secret)
        while at >= 0:
            found.append((at, at + len(secret)))
            at = said.text.find(secret, at + len(secret))
    return found


def _known_value(said: Wording) -> Iterable[Span]:
    """The literals whose value has a secret in it that isn't to be seen in how they are written."""
    return [
        literal.span
        for literal in read_literals(said.text)
        if "\\" in literal.text and any(secret in literal.value for secret in said.known)
    ]


def _call(command: str) -> list[str]:
    """The lines of a call: c, target, method, arguments; none for anything else."""
    if command[:2] not in ("c\n", "S\n"):
        return []
    lines = command.split("\n")
    return lines if len(lines) > 2 else []


def _getter(call: list[str]) -> list[str]:
    """The lines of a call that asks for what goes with a secret's name; none for anything else."""
    return call if call and call[2] in _GETTERS and any(map(_is_name, call[3:])) else []


def _is_name(argument: str) -> bool:
    return argument[:1] == "s" and names_secret(argument[1:])


def _is_text(argument: str) -> bool:
    """Whether an argument is a string, or bytes."""
    return argument[:1] in ("s", "j")


def _argument(lines: list[str], index: int) -> Span:
    """Where the text of a string argument stands: its line without the letter of its type."""
    start = sum(len(line) + 1 for line in lines[:index])
    return start + 1, start + len(lines[index])


def _to_line_end(text: str, start: int) -> Span:
    end = text.find("\n", start)
    return start, end if end >= 0 else len(text)


def _groups(expression: re.Pattern[str], text: str) -> list[Span]:
    return [found.span(1) for found in expression.finditer(text)]


_TEXT = Applies.WIRE | Applies.LITERAL

RULES = (
    Rule(
        "token of an authentication",
        Applies.WIRE,  # a piece that holds the second line only may look like a reply
        "the second line of a direction whose first is A",
        "Py4J 0.10.9.9, java_gateway.py, do_client_auth and _authenticate_connection",
        _token,
        learns=Learn.ALWAYS,
    ),
    Rule(
        "setting that is set",
        Applies.REQUEST,
        "the string or the bytes after a secret's name, in a call of a setter",
        "Spark 4.3.0, core/.../internal/config/package.scala, SECRET_REDACTION_PATTERN",
        _setting_set,
        learns=Learn.ALWAYS,
        needs_name=True,
    ),
    Rule(
        "argument that is taken for a secret",
        Applies.REQUEST,
        "the strings given to a method or a constructor with a secret's name, as to setPassword",
        "the user's own program: javax.sql.DataSource implementations, java.net.PasswordAuthentication",
        _taken,
        learns=Learn.IF_LIKELY,
        needs_name=True,
    ),
    Rule(
        "password of a database connection",
        Applies.REQUEST,
        "the last string of a call of getConnection that has several",
        "Java 25, java.sql.DriverManager.getConnection(url, user, password), javax.sql.DataSource",
        _connects,
        learns=Learn.ALWAYS,
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
        "the string or the bytes returned for a secret's name, or _2 of a pair whose _1 is one",
        "Spark 4.3.0, pyspark/conf.py, SparkConf.get and SparkConf.getAll",
        _setting_read,
        learns=Learn.ALWAYS,
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
        _TEXT,
        "what follows a secret's name and =, : or ->, in a URL or a printed configuration",
        "Spark 4.3.0, core/.../SparkConf.scala, toDebugString",
        _in(texts.key_values),
        learns=Learn.IF_LIKELY,
        needs_name=True,
    ),
    Rule(
        "value in quotes",
        _TEXT,
        "what stands in quotes after a secret's name and =, : or ->, in JSON, SQL or a JAAS configuration",
        "Spark 4.3.0, pyspark/sql/readwriter.py, DataFrameReader.jdbc; Apache Kafka, sasl.jaas.config",
        _in(texts.quoted_values),
        learns=Learn.IF_LIKELY,
        needs_name=True,
    ),
    Rule(
        "option in SQL",
        _TEXT,
        "what stands in quotes right after a secret's name, as in OPTIONS (password 'hush')",
        "Spark 4.3.0, sql/api/.../SqlBaseParser.g4, propertyList",
        _in(texts.sql_options),
        learns=Learn.ALWAYS,
        needs_name=True,
    ),
    Rule(
        "password of a database's user",
        _TEXT,
        "what follows IDENTIFIED BY, or SET PASSWORD FOR a user",
        "Oracle Database 23ai, SQL Language Reference, ALTER USER; MySQL 8.4, ALTER USER and SET PASSWORD",
        _in(texts.identified),
        learns=Learn.ALWAYS,
        needs_name=True,
    ),
    Rule(
        "user and password in an address",
        _TEXT,
        "the password of user:password@host, and of user/password@ in Oracle's URLs",
        "RFC 3986, section 3.2.1; Oracle Database 23ai, JDBC Developer's Guide",
        _in(texts.in_addresses),
        learns=Learn.ALWAYS,
        needs_name=True,
    ),
    Rule(
        "signature of an address",
        _TEXT,
        "the value of sig or X-Amz-Signature in a URL",
        "Azure Storage, shared access signatures; Amazon S3, signed query strings",
        _in(texts.signatures),
        needs_name=True,
    ),
    Rule(
        "bearer of a header",
        _TEXT,
        "what follows the word Bearer and looks like a token",
        "RFC 6750, section 2.1",
        _in(texts.bearers),
        learns=Learn.ALWAYS,
        needs_name=True,
    ),
    Rule(
        "private key",
        _TEXT,
        "what stands between BEGIN PRIVATE KEY and its end",
        "RFC 7468",
        _in(texts.private_keys),
        needs_name=True,
    ),
    Rule(
        "JSON web token",
        _TEXT,
        "three parts in base64url with dots between, the first of which is a JSON object",
        "RFC 7519",
        _in(texts.json_web_tokens),
    ),
    Rule(
        "text beside a name",
        Applies.SOURCE,
        "a string literal that goes with a secret's name",
        "the user's own program: conf.set(...), connect(password=...)",
        lambda said: beside_names(said.text),
    ),
    # The last, so that what the others have learned is hidden in the same message, too.
    Rule(
        "known secret",
        Applies.WIRE | Applies.SOURCE,
        "what another rule has learned, such as the token, which the accumulators' server needs, too",
        "Spark 4.3.0, pyspark/core/context.py, PythonAccumulatorV2",
        _known,
    ),
    Rule(
        "known secret, written otherwise",
        Applies.SOURCE,
        "a string literal whose value holds a known secret, with escapes in it",
        "CPython 3.11, Lexical analysis, String and Bytes literals",
        _known_value,
    ),
)
"""All rules, in the order in which they are asked."""
