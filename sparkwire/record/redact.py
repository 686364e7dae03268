"""Replaces secrets in what is about to be stored by placeholders of the same length, and says where.

The program's own bytes are never touched; only the recorder's copy is. This runs before anything is
written, on raw bytes. What a secret is, and where one stands, is in ``rules``; here are the streams in which
they pass, cut anywhere.

Most commands hold no secret, and must pass in a few microseconds. So a few cheap looks rule secrets out, and
only what isn't ruled out meets the rules.
"""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Iterable

from sparkwire.record.names import is_harmless, is_word, names_secret
from sparkwire.record.rules import (
    HEX_DIGITS,
    RULES,
    Applies,
    Expect,
    Learn,
    Rule,
    Wording,
    expected_after,
    is_value,
    pair,
)
from sparkwire.record.runs import LEAST, STAND_IN, put_back, runs, without
from sparkwire.record.source import is_placeholder, read_literals
from sparkwire.record.spellings import spellings
from sparkwire.record.texts import Span, is_likely

MARK = "*"
"""One placeholder byte; a secret of n bytes becomes n of them."""

HOLD = 64 * 1024
"""An unfinished line is held back up to this many bytes, because a secret may be cut by a chunk's end."""

PIECE = 1024 * 1024
"""A longer message is looked at in pieces of so many bytes, so that it isn't copied to be ruled out."""

_KEPT_TAIL = 256  # of a longer line: more than any secret that is recognised by its shape
_HEX_RUN = re.compile(f"[0-9a-f]{{{HEX_DIGITS}}}")
_OF_WORDS = (string.ascii_letters + string.digits).encode()
_SHORT = 10  # bytes; less can't hold a reply with any secret that is known by itself, nor a key's name
_MOST_HARMLESS = 1000  # messages that are remembered,
_LONGEST_HARMLESS = 200  # of so many bytes at most
_END = "\ne\n"
_BANG, _LINE_END = b"!\n"
_SHORTEST = 6  # characters of a secret that is learned
_MOST = 1000  # spellings of secrets that are remembered


class Secrets:
    """The secrets seen so far by one recorder, shared by all its connections."""

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        """As they may stand on the wire, in Latin-1: a character for each byte. The longest come first."""
        self.values: tuple[str, ...] = ()
        """As the program means them, and as they may stand in a line of source. The longest come first."""
        self.harmless: set[bytes] = set()
        """Messages with nothing to hide in them, and nothing that says what the next reply is. Most
        messages come again, and need no second look: it follows from their bytes and ``known`` alone."""
        self._lock = threading.Lock()

    def learn(self, secret: bytes) -> None:
        """Remember ``secret``, as it was on the wire, so that it is replaced wherever else it appears, in any
        spelling.

        Very short ones are left out: replacing every ``1`` would ruin the trace and hide nothing. So are
        placeholders, and words that are everywhere.
        """
        text = secret.decode("latin-1")
        if text in self.known or not _is_worth_hiding(text):
            return
        on_wire, meant = spellings(secret)
        with self._lock:
            # Longest first, so that a secret inside another one doesn't leave the rest behind.
            self.known = _longest_first(self.known, on_wire)
            self.values = _longest_first(self.values, meant)
            # After ``known``: who adds to the new set has looked for the new secret.
            self.harmless = set()


class Expectation:
    """What both directions of one connection must know of each other to recognise a secret."""

    __slots__ = ("_pair", "_secret_pair", "expect", "secrets")

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.expect: Expect | None = None
        """What the next reply is; None for nothing special."""
        self._pair: str | None = None
        """The object whose key was asked for last."""
        self._secret_pair: str | None = None
        """The object whose key is one that goes with a secret."""

    def asked(self, command: str, named: bool) -> None:
        """A command has passed, ``named`` if a secret's name may be in it: know what its reply is."""
        self.expect = expected_after(command, named, self._secret_pair)
        if self.expect is Expect.KEY:
            self._pair = pair(command, "_1")

    def answered(self, reply: str) -> Expect | None:
        """A reply has passed; returns what it was."""
        expected, self.expect = self.expect, None
        if expected is Expect.KEY:
            self._secret_pair = self._pair if names_secret(reply[3:]) else None
        return expected


class Redactor:
    """Replaces secrets in one direction of one connection.

    Feed it the bytes as they pass; it returns the bytes to store. The stored stream is exactly as
    long as the real one, but the end of an unfinished line may come with a later call.
    """

    __slots__ = ("_authenticates", "_expectation", "_in_value", "_lines", "_stored", "held", "spans")

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation
        self.held = b""
        """The beginning of an unfinished line, which is not stored yet."""
        self.spans: tuple[Span, ...] = ()
        """Where the bytes that were returned last hold placeholders, in order. Offsets count from the first
        byte that was ever returned."""
        self._stored = 0
        """How many bytes have been returned."""
        self._lines = 0
        """Lines that have passed, not counted beyond 2."""
        self._authenticates = False
        """Whether the first line was ``A``: then the second is a token."""
        self._in_value = False
        """Whether the beginning of a secret's value has been returned, and its end hasn't come."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to store now."""
        if self.spans:
            self.spans = ()
        if self._in_value:
            return self._go_on(data)
        talk = self._expectation
        harmless = talk.secrets.harmless
        if (
            self._lines > 1
            and talk.expect is None
            and not self.held
            and ((0 < len(data) < _SHORT and data[0] == _BANG and data[-1] == _LINE_END) or data in harmless)
        ):
            self._stored += len(data)
            return data  # nearly all replies, and whatever has passed before
        if self.held:
            data = self.held + data
            self.held = b""
        if data[-1:] != b"\n":
            data = self._hold(data)
            if not data:
                return b""
        if len(data) > LEAST and (found := runs(data, talk.secrets.known)):
            begin = self._stored
            self._look_at(without(data, found))
            self._stored = begin + len(data)
            if not self.spans:
                return data
            spans = put_back([(start - begin, end - begin) for start, end in self.spans], found)
            self.spans = tuple([(start + begin, end + begin) for start, end in spans])
            return _replaced(data.decode("latin-1"), spans).encode("latin-1")
        return self._look_at(data)

    def _look_at(self, data: bytes) -> bytes:
        """What to store of ``data``, of which nothing is held back any more."""
        talk = self._expectation
        harmless = talk.secrets.harmless
        if len(data) <= PIECE:
            text = data.decode("latin-1")
            named, suspect = _look(text, talk.secrets.known, "\ns" in text or text[1:2] != "\n")
        else:
            named, suspect = _look_in_pieces(data, talk.secrets.known)
            if not (suspect or self._lines < 2 or talk.expect or data[:2] == b"a\n" or b"\n_" in data):
                self._stored += len(data)
                return data
            text = data.decode("latin-1")
        suspect = suspect or self._lines < 2
        # What a message means follows from its bytes alone, but for these, which what came before decides.
        depends = self._lines < 2 or text[:2] == "a\n" or "\n_" in text
        if text[:1] == "!":
            if suspect or talk.expect:
                depends |= talk.expect is not None
                rules = _ON_NAMED_REPLY if named else _ON_REPLY
                text = self._redact(text, rules, talk.answered(text))
        elif suspect:
            text = self._requests(text, named)
        elif depends:
            for command in _commands(text):
                talk.asked(command, named)
        else:
            talk.expect = None
        if self.spans:
            data = text.encode("latin-1")
        elif not depends and talk.expect is None and len(data) <= _LONGEST_HARMLESS:
            if len(harmless) >= _MOST_HARMLESS:
                harmless.clear()
            harmless.add(data)
        self._stored += len(data)
        return data

    def end(self) -> bytes:
        """The bytes that were still held back, when no more of their line can come."""
        if not self.held:
            self.spans = ()
            return b""
        lines = self._lines
        data = self.feed(b"\n")[:-1]  # half a secret is one, too
        # That line end never passed.
        self._stored -= 1
        self._lines = lines
        return data

    def _go_on(self, data: bytes) -> bytes:
        """Hide ``data`` up to the end of its first line, which a secret's value began."""
        end = data.find(b"\n")
        self._in_value = end < 0
        hidden = end if end >= 0 else len(data)
        span = self._stored, self._stored + hidden
        rest = data[hidden : hidden + 1]
        self._stored += hidden + len(rest)
        if following := data[hidden + 1 :]:
            rest += self.feed(following)
        self.spans = merged_spans((span, *self.spans))
        return MARK.encode() * hidden + rest

    def _hold(self, data: bytes) -> bytes:
        """Split off the unfinished last line; a very long one only in its tail."""
        cut = data.rfind(b"\n") + 1
        if len(data) - cut > HOLD:
            if not cut and self._expectation.expect is Expect.VALUE and is_value(data[:3].decode("latin-1")):
                # All that comes is the value: nothing in its second half would show that.
                self._in_value = True
                return data
            cut = len(data) - _KEPT_TAIL
            # Never inside a word, which could be half a secret; one longer than any secret is none.
            before = data[cut - _KEPT_TAIL : cut]
            word = len(before) - len(before.rstrip(_OF_WORDS))
            if word < _KEPT_TAIL:
                cut -= word
            for secret in self._expectation.secrets.known:
                found = data.find(
                    secret.encode("latin-1"), max(cut - len(secret) + 1, 0), cut + len(secret) - 1
                )
                if found >= 0:
                    cut = min(cut, found)
        self.held = data[cut:]
        return data[:cut]

    def _requests(self, text: str, named: bool) -> str:
        rules = _ON_NAMED_REQUEST if named else _ON_REQUEST
        redacted = ""
        for command in _commands(text):
            self._expectation.asked(command, named)
            redacted += self._redact(command, rules, None, len(redacted))
        return redacted

    def _redact(self, text: str, rules: Iterable[Rule], expected: Expect | None, before: int = 0) -> str:
        """Hide what the rules find in a message that follows on the ``before`` bytes returned with it."""
        secrets = self._expectation.secrets
        said = Wording(text, secrets.known, expected, self._lines, self._authenticates)
        found: list[Span] = []
        for rule in rules:
            for start, end in rule.find(said):
                found.append((start, end))
                if STAND_IN not in text[start:end] and (
                    rule.learns is Learn.ALWAYS
                    or (rule.learns is Learn.IF_LIKELY and is_likely(text, (start, end)))
                ):
                    secrets.learn(text[start:end].encode("latin-1"))
                    said.known = secrets.known
        if self._lines < 2:
            self._authenticates |= self._lines == 0 and text.startswith("A\n")
            self._lines = min(self._lines + text.count("\n"), 2)
        if not found:
            return text
        spans = merged_spans(found)
        offset = self._stored + before
        self.spans += tuple([(start + offset, end + offset) for start, end in spans])
        return _replaced(text, spans)


def redact_source(code: str, secrets: Secrets) -> str:
    """A line of a program without the secrets seen so far, and without text that goes to a secret's name."""
    said = Wording(code, secrets.values)
    found = [span for rule in _ON_SOURCE for span in rule.find(said)]
    for literal in read_literals(code):
        said = Wording(literal.text)
        for rule in _ON_LITERAL:
            found += [
                (literal.at + start, literal.at + end)
                for start, end in rule.find(said)
                if not is_placeholder(literal, literal.text[start:end])
            ]
    return _replaced(code, merged_spans(found))


_ON_NAMED_REQUEST, _ON_NAMED_REPLY, _ON_SOURCE, _ON_LITERAL = (
    [rule for rule in RULES if where in rule.applies]
    for where in (Applies.REQUEST, Applies.REPLY, Applies.SOURCE, Applies.LITERAL)
)
_ON_REQUEST, _ON_REPLY = (
    [rule for rule in rules if not rule.needs_name] for rules in (_ON_NAMED_REQUEST, _ON_NAMED_REPLY)
)


def _look(text: str, known: tuple[str, ...], may_hold_text: bool) -> tuple[bool, bool]:
    """Whether a secret's name may be in a message or a piece of one; whether a secret may.

    ``may_hold_text`` says whether the message has strings in it, or isn't a command.
    """
    small = text.lower()
    # Written out, because a loop over hints takes twice as long.
    named = (
        "secre" in small
        or "pass" in small
        or "token" in small
        or "crede" in small
        or "key" in small
        # A text may have a secret in it.
        or (may_hold_text and _has_text_hint(small))
    )
    suspect = named or (len(text) > HEX_DIGITS and (_HEX_RUN.search(text) is not None or "eyJ" in text))
    for secret in known:
        if secret in text:
            suspect = True
    return named, suspect


def _look_in_pieces(data: bytes, known: tuple[str, ...]) -> tuple[bool, bool]:
    """What ``_look`` says of a long message. The pieces overlap, so that each hint is whole in one."""
    overlap = max([HEX_DIGITS, *map(len, known[:1])])
    suspect = False
    for at in range(0, len(data), PIECE):
        piece = data[at : at + PIECE + overlap].decode("latin-1")
        named, seen = _look(piece, known, True)
        if named:
            return True, True
        suspect |= seen
    return False, suspect


def _has_text_hint(small: str) -> bool:
    """Whether lower-case text has something in it without which no rule for texts finds anything."""
    return (
        "@" in small
        or "auth" in small
        or "sig" in small
        or "pwd" in small
        or "identi" in small
        or "beare" in small
        or "getconn" in small
    )


def _is_worth_hiding(text: str) -> bool:
    return len(text) >= _SHORTEST and bool(text.strip(MARK)) and not is_harmless(text) and not is_word(text)


def _longest_first(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    worth = filter(_is_worth_hiding, more)
    return tuple(sorted({*known, *worth}, key=len, reverse=True))[:_MOST]


def merged_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order; those that overlap or touch are one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def _replaced(text: str, spans: Iterable[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += text[at:start], MARK * (end - start)
        at = end
    return "".join([*pieces, text[at:]])


def _commands(text: str) -> list[str]:
    """One command, or several that came at once: Py4J's own client never sends those."""
    if _END not in text[:-1]:
        return [text]
    *whole, rest = text.split(_END)
    return [*(command + _END for command in whole), *filter(None, [rest])]
