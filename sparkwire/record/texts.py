"""Secrets in running text: in a URL, an SQL statement, a printed configuration, a header.

Each function finds what it is called after, and returns the spans of the values. The same text can be a value
on the wire or a string literal in a line of source, so an escape is two characters: ``\\\\``, ``\\"``; only
``\\n`` and ``\\r`` are others. No expression here goes back over more than a bounded number of characters,
because a text may have megabytes.
"""

from __future__ import annotations

import re

from sparkwire.record.names import BEGINS, NAMED, is_harmless

_LONGEST_ADDRESS = 2048  # characters before a value; a longer URL is no URL

Span = tuple[int, int]
"""Where something begins, and where it ends."""

_ANY_CASE = re.ASCII | re.IGNORECASE

_OPENING = r"""\\*["'`]"""
_UNTIL_CLOSED = r"""(?:(?!{quote})(?:{quote}{quote}|\\\\["'`]|\\.|.)|{quote}{quote})*+"""
"""The text of a quoted value. A quote in it is doubled, as in SQL, or has a backslash before it, which is
doubled on the wire."""

_BARE = (
    r"\{(?:[^}\n]|\}\})*+\}"  # SQL Server
    r"|(?:\\[^nrt\n]"
    r"|[^\\\s;&,\"'`()\[\]{}<>]"
    r"|,(?!\s|[\w.-]{1,60}[ ]?[=:]|[\"'`)\]}]|\Z)"  # between parameters, or part of the value
    r"|[\"'`()\[\]{}<>](?=\w)"
    r")++"
)
"""A value without quotes, as long as it can be."""

_TAIL = r"[\w.\-]{0,60}" + rf"(?:{_OPENING})?\]?[ \t]{{0,3}}"

_KEY_VALUE = re.compile(
    rf"{NAMED}{_TAIL}(?:=(?!=)|->|:(?![:/]))[ \t]{{0,3}}(?!{_OPENING})"
    rf"(?:(?:basic|bearer|digest|token)[ ]+)?({_BARE})",
    _ANY_CASE,
)
_QUOTED_VALUE = re.compile(
    rf"{NAMED}{_TAIL}(?:={{1,2}}>?|!=|<>|:|->)[ \t]{{0,3}}[rbfu]{{0,2}}({_OPENING})"
    rf"({_UNTIL_CLOSED.format(quote=chr(92) + '1')})",
    _ANY_CASE,
)
_SQL_OPTION = re.compile(
    rf"(?:[(,][ \t]{{0,9}}(?:{_OPENING})?[\w.\-]{{0,60}}?{NAMED}[\w.\-]{{0,60}}(?:{_OPENING})?"
    r"|\bpassword[ \t]*\(?)"
    rf"[ \t]{{0,9}}(?<=[ \t\"'`(])({_OPENING})({_UNTIL_CLOSED.format(quote=chr(92) + '1')})",
    _ANY_CASE,
)
_IDENTIFIED = re.compile(
    rf"{BEGINS}(?:"
    r"(?:user|role|to)[ \t]+(?:if[ \t]+(?:not[ \t]+)?exists[ \t]+)?"
    r"(?!(?:is|was|be)[ ])\S{1,200}[ \t]+identified[ \t]+"
    r"(?:with[ \t]+\S{1,60}[ \t]+)?(?:by|as)[ \t]+(?:values[ \t]+|password[ \t]+)?"
    r"|set[ \t]+password[ \t]+for[ \t]+\S{1,200}?[ \t]*=[ \t]*)"
    rf"(?:({_OPENING})({_UNTIL_CLOSED.format(quote=chr(92) + '1')})|([^\s\"'`;]++))",
    _ANY_CASE,
)
_IN_ADDRESS = re.compile(
    r"""://[^\s/:@?#"'`<>\\]{0,256}:(?:((?:\\[^nr\n]|[^\s/"'`<>\\]){1,512})@|(?!\d{1,5}[/?#])([^\s"'`<>]{1,512}?)@)""",
    re.ASCII,
)
_ORACLES = re.compile(r"""jdbc:oracle:\w{1,10}:[^\s/@"']{1,128}/([^\s]{1,256})@""", _ANY_CASE)
_BEFORE_HOST = re.compile(
    r"(?<![\w/:.@+%-])(?!s?(?:mailto|e-?mail|from|to|cc|bcc|sips?|urn|user)[:.])"
    r"[a-z][\w.+%-]{0,63}:((?:\\[^nr\n]|[^\s:/@\"'`<>()\[\]{}\\]){3,128})@[a-z0-9][\w.-]*",
    _ANY_CASE,
)
_SIGNATURE = re.compile(rf"""(?:{BEGINS}sig|signature)=([^\s&,;"'`\\)]+)""", _ANY_CASE)
_BEARER = re.compile(
    rf"{BEGINS}bearer(?:[ ]|%20|\+)+(?=[\w.~+/=%-]{{0,200}}\d)([\w.~+/=%-]{{8,}})", _ANY_CASE
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END|$)", re.MULTILINE
)
_JSON_WEB_TOKEN = re.compile(rf"{BEGINS}(eyJ[\w-]{{8,}}+\.[\w-]{{8,}}+\.[\w-]*+)", re.ASCII)


def key_values(text: str) -> list[Span]:
    """``password=hush`` in a URL or a printed configuration, ``password: hush``, ``password -> hush``."""
    return _harmful(_KEY_VALUE, text)


def quoted_values(text: str) -> list[Span]:
    """``"password": "hush"``, ``password='hush'``; with the quotes of JSON within JSON, too."""
    return _harmful(_QUOTED_VALUE, text, 2)


def sql_options(text: str) -> list[Span]:
    """``OPTIONS (password 'hush')``, ``PASSWORD 'hush'``, ``PASSWORD('hush')``."""
    return _harmful(_SQL_OPTION, text, 2)


def identified(text: str) -> list[Span]:
    """``ALTER USER scott IDENTIFIED BY hush``, ``SET PASSWORD FOR scott = 'hush'``."""
    return _harmful(_IDENTIFIED, text, 2, 3)


def in_addresses(text: str) -> list[Span]:
    """``scheme://user:hush@host``, ``jdbc:oracle:thin:user/hush@host``, ``user:hush@host``."""
    if "@" not in text:
        return []
    return [
        *_harmful(_IN_ADDRESS, text, 1, 2),
        *_harmful(_ORACLES, text),
        *_harmful(_BEFORE_HOST, text),
    ]


def signatures(text: str) -> list[Span]:
    """``sig=...`` of a shared access signature, ``X-Amz-Signature=...`` of a signed address."""
    return _harmful(_SIGNATURE, text)


def bearers(text: str) -> list[Span]:
    """``Bearer ...`` in a header."""
    return _harmful(_BEARER, text)


def private_keys(text: str) -> list[Span]:
    """What stands between ``-----BEGIN PRIVATE KEY-----`` and its end."""
    return _harmful(_PRIVATE_KEY, text) if "PRIVATE KEY" in text else []


def json_web_tokens(text: str) -> list[Span]:
    """A signed token, known by its shape."""
    return _harmful(_JSON_WEB_TOKEN, text) if "eyJ" in text else []


_IN_ANY = (
    key_values,
    quoted_values,
    sql_options,
    identified,
    in_addresses,
    signatures,
    bearers,
    private_keys,
    json_web_tokens,
)


def in_any_text(data: bytes) -> list[Span]:
    """Where what looks like a secret stands in text that is at hand as bytes."""
    text = data.decode("latin-1")  # a character a byte, so offsets agree
    return [span for find in _IN_ANY for span in find(text)]


def is_likely(text: str, span: Span) -> bool:
    """Whether a value is so likely a secret that it should be hidden wherever else it stands.

    A parameter of a URL is, and so is what isn't just a word: to hide a plain word everywhere would make
    a trace useless.
    """
    value = text[slice(*span)]
    if any(not (letter.isalpha() or letter in "_. -") for letter in value):
        return True
    before = text[max(span[0] - _LONGEST_ADDRESS, 0) : span[0]].lower()
    address = re.split("[ \n\"']", before)[-1]
    return "://" in address or "jdbc:" in address


def _harmful(expression: re.Pattern[str], text: str, *groups: int) -> list[Span]:
    """The spans of the groups (of the only one) wherever something was found, but for harmless values."""
    return [
        found.span(group)
        for found in expression.finditer(text)
        for group in groups or (1,)
        if found.start(group) >= 0 and not is_harmless(found[group])
    ]
