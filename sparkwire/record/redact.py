"""Replaces secrets in what is about to be stored by placeholders of the same length, and says where.

The program's own bytes are never touched; only the recorder's copy is. This runs before anything is
written, on raw bytes. What a secret is, and where one stands, is in ``rules``; here are the streams in which
they pass, cut anywhere.

Most commands hold no secret, and must pass in a few microseconds. So a few cheap looks (``hints``) rule
secrets out, and only what isn't ruled out meets the rules.
"""

from __future__ import annotations

import re
import string
import threading
from collections.abc import Iterable
from itertools import repeat

from sparkwire.record.bytes_values import hidden_in_bytes
from sparkwire.record.hints import PIECE, look, look_in_pieces
from sparkwire.record.names import is_harmless, is_word, names_secret
from sparkwire.record.placeholders import (
    AUTHENTICATES,
    STARS,
    STARS_IN_BASE64,
    marks,
    merged_spans,
    replaced,
    starred,
)
from sparkwire.record.rules import (
    RULES,
    Applies,
    Expect,
    Learn,
    Rule,
    Wording,
    expected_after,
    pair,
)
from sparkwire.record.runs import STAND_IN, put_back, runs, without
from sparkwire.record.source import is_placeholder, read_literals
from sparkwire.record.spellings import spellings
from sparkwire.record.texts import Span, is_likely

HOLD = 64 * 1024
"""An unfinished command is held back up to this many bytes, because a chunk's end may cut a secret, or come
between a secret and its name. Of a longer command, an unfinished line is held back."""

_KEPT_TAIL = 256  # of a longer line: more than any secret that is recognised by its shape
_OF_WORDS = (string.ascii_letters + string.digits).encode()
_SHORT = 10  # bytes; less can't hold a reply with any secret that is known by itself, nor a key's name
_MOST_HARMLESS = 1000  # messages that are remembered,
_LONGEST_HARMLESS = 200  # of so many bytes at most
_END = "\ne\n"
_COMMAND = re.compile(rb"(?:(?:!|A\n)[^\n]*\n)*([B-Zb-rt-y]\n)")
"""How a command begins that ends with ``_END``, behind messages that don't: replies, an authentication. Two
commands don't either, and have no secrets: ``s``, shutdown, and ``z``, cancel."""
_OF_VALUES = {b"!ys": STARS, b"!yj": STARS_IN_BASE64}
"""How a reply with a string begins, or one with bytes, and what is stored for it if it is a secret."""
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

    def learn(self, *secrets: bytes) -> None:
        """Remember ``secrets``, as they were on the wire, so that they are replaced wherever else they stand,
        in any spelling.

        Very short ones are left out: replacing every ``1`` would ruin the trace and hide nothing. So are
        placeholders, and words that are everywhere.
        """
        texts = dict.fromkeys(secret.decode("latin-1") for secret in secrets)
        new = [text for text in texts if _is_worth_hiding(text) and text not in self.known]
        if not new:
            return
        on_wire: set[str] = set()
        meant: set[str] = set()
        for text in new:
            written, values = spellings(text.encode("latin-1"))
            on_wire |= written
            meant |= values
        with self._lock:
            # Longest first, so that a secret inside another one doesn't leave the rest behind.
            self.known = _longest_first(self.known, on_wire)
            self.values = _longest_first(self.values, meant)
            # After ``known``: who adds to the new set has looked for the new secret.
            self.harmless = set()


class Expectation:
    """What both directions of one connection must know of each other to recognise a secret."""

    __slots__ = ("_pair", "expect", "secrets")

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.expect: Expect | None = None
        """What the next reply is; None for nothing special."""
        self._pair: str | None = None
        """The object whose key was asked for last, unless the key is one that goes with no secret."""

    def asked(self, command: str, named: bool) -> None:
        """A command has passed, ``named`` if a secret's name may be in it: know what its reply is."""
        self.expect = expected_after(command, named, self._pair)
        if self.expect is Expect.KEY:
            self._pair = pair(command, "_1")

    def answered(self, reply: str) -> Expect | None:
        """A reply has passed; returns what it was."""
        expected, self.expect = self.expect, None
        if expected is Expect.KEY and not names_secret(reply[3:]):
            self._pair = None
        return expected


class Redactor:
    """Replaces secrets in one direction of one connection.

    Feed it the bytes as they pass; it returns the bytes to store. The stored stream is exactly as
    long as the real one, but an unfinished command or line may come with a later call.
    """

    __slots__ = ("_expectation", "_in_value", "_stored", "_token", "held", "spans")

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation
        self.held = b""
        """The beginning of an unfinished command or line, which is not stored yet."""
        self.spans: tuple[Span, ...] = ()
        """Where the bytes that were returned last hold placeholders, in order. Offsets count from the first
        byte that was ever returned."""
        self._stored = 0
        """How many bytes have been returned."""
        self._token = len(AUTHENTICATES)
        """Where in the next message a token may stand: at first behind the line ``A``, or at 0 when the token
        has begun. -1 when there is none any more."""
        self._in_value = ""
        """What a placeholder goes on with, when a secret's value has begun and its end hasn't come."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to store now."""
        if self.spans:
            self.spans = ()
        if self._in_value:
            return self._go_on(data)
        talk = self._expectation
        harmless = talk.secrets.harmless
        if (
            self._token < 0
            and talk.expect is None
            and not self.held
            and ((len(data) < _SHORT and data[:1] == b"!" and data[-1:] == b"\n") or data in harmless)
        ):
            self._stored += len(data)
            return data  # nearly all replies, and whatever has passed before
        if self.held:
            data = self.held + data
            self.held = b""
        data = self._hold(data)
        return self._look(data) if data else data

    def _look(self, data: bytes) -> bytes:
        """What to store of ``data``, of which nothing is held back any more."""
        talk = self._expectation
        begin, known = self._stored, talk.secrets.known
        data, in_bytes = hidden_in_bytes(data, known)
        data = self._look_between_runs(data)
        self._stored += len(data)
        if talk.secrets.known is not known:  # this message told a secret
            data, more = hidden_in_bytes(data, talk.secrets.known)
            in_bytes += more
        if in_bytes:
            here = [(start + begin, end + begin) for start, end in in_bytes]
            self.spans = merged_spans([*self.spans, *here])
        return data

    def _look_between_runs(self, data: bytes) -> bytes:
        """What to store of ``data``, long runs of which aren't looked at."""
        found = runs(data, self._expectation.secrets.known)
        if not found:
            return self._look_at(data)
        begin = self._stored
        self._look_at(without(data, found))
        if not self.spans:
            return data
        spans = put_back([(start - begin, end - begin) for start, end in self.spans], found)
        self.spans = tuple([(start + begin, end + begin) for start, end in spans])
        return replaced(data.decode("latin-1"), spans).encode("latin-1")

    def _look_at(self, data: bytes) -> bytes:
        """What to store of ``data``, looked at whole."""
        talk = self._expectation
        harmless = talk.secrets.harmless
        if len(data) <= PIECE:
            text = data.decode("latin-1")
            named, suspect = look(text, talk.secrets.known)
        else:
            named, suspect = look_in_pieces(data, talk.secrets.known)
            if not (suspect or self._token >= 0 or talk.expect or b"\n_" in data):
                return data
            text = data.decode("latin-1")
        suspect = suspect or self._token >= 0
        # What the reply to a part of a pair is, what came before decides; all else follows from the bytes.
        of_pair = "\n_" in text
        if text[:1] == "!":
            if suspect or talk.expect:
                rules = _ON_NAMED_REPLY if named else _ON_REPLY
                text = self._redact(text, rules, talk.answered(text))
        elif suspect:
            text = self._requests(text, named)
        elif of_pair or text[:2] == "a\n":
            for command in _commands(text):
                talk.asked(command, named)
        else:
            talk.expect = None
        if self.spans:
            data = text.encode("latin-1")
        elif (
            not of_pair
            and talk.expect is None
            and len(data) <= _LONGEST_HARMLESS
            and (text[:1] == "!" or text.endswith(_END))  # else more of it may come
        ):
            if len(harmless) >= _MOST_HARMLESS:
                harmless.clear()
            harmless.add(data)
        return data

    def end(self) -> bytes:
        """The bytes that were still held back, when no more of their line can come."""
        self.spans = ()
        if not self.held:
            return b""
        token = self._token
        data, self.held = self.held, b""
        data = self._look(data + b"\n")[:-1]  # half a secret is one, too
        # That line end never passed.
        self._stored -= 1
        self._token = token
        return data

    def _go_on(self, data: bytes) -> bytes:
        """Hide ``data`` up to the end of its first line, which a secret's value began."""
        end = data.find(b"\n")
        hidden = end if end >= 0 else len(data)
        pattern = self._in_value
        self._in_value = "" if end >= 0 else marks(pattern, hidden, len(pattern))
        span = self._stored, self._stored + hidden
        rest = data[hidden : hidden + 1]
        self._stored += hidden + len(rest)
        if following := data[hidden + 1 :]:
            rest += self.feed(following)
        self.spans = merged_spans((span, *self.spans))
        return marks(pattern, 0, hidden).encode() + rest

    def _hold(self, data: bytes) -> bytes:
        """Split off an unfinished command, or else an unfinished line; a very long one only in its tail."""
        cut = data.rfind(b"\n") + 1
        end = data.rfind(_END.encode())
        begin = end + len(_END) if end >= 0 else 0
        if len(data) - begin <= HOLD and (command := _COMMAND.match(data, begin)):
            cut = command.start(1)
        elif len(data) - cut > HOLD:
            pattern = _OF_VALUES.get(data[:3])
            if not cut and pattern and self._expectation.expect is Expect.VALUE:
                # All that comes is the value: nothing in its second half would show that.
                self._in_value = marks(pattern, len(data) - 3, len(pattern))
                return data
            cut = len(data) - _KEPT_TAIL
            # Never inside a word, which could be half a secret; one longer than any secret is none.
            before = data[cut - _KEPT_TAIL : cut]
            word = len(before) - len(before.rstrip(_OF_WORDS))
            if word < _KEPT_TAIL:
                cut -= word
            cut = _before_a_secret(data, cut, self._expectation.secrets.known)
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
        token = -1 if self._token > 0 and not text.startswith(AUTHENTICATES) else self._token
        said = Wording(text, secrets.known, expected, token)
        found: list[Span] = []
        for rule in rules:
            spans = list(rule.find(said))
            found += spans
            if rule.learns is Learn.IF_LIKELY:
                spans = [span for span in spans if is_likely(text, span)]
            if spans and rule.learns is not Learn.NEVER:
                values = [text[slice(*span)] for span in spans]
                secrets.learn(*(value.encode("latin-1") for value in values if STAND_IN not in value))
                said.known = secrets.known
        self._token = 0 if token >= 0 and "\n" not in text[token:] else -1
        if not found:
            return text
        merged = merged_spans(found)
        offset = self._stored + before
        self.spans += tuple([(start + offset, end + offset) for start, end in merged])
        return replaced(text, merged)


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
    return starred(code, merged_spans(found))


_ON_NAMED_REQUEST, _ON_NAMED_REPLY, _ON_SOURCE, _ON_LITERAL = (
    [rule for rule in RULES if where in rule.applies]
    for where in (Applies.REQUEST, Applies.REPLY, Applies.SOURCE, Applies.LITERAL)
)
_ON_REQUEST, _ON_REPLY = (
    [rule for rule in rules if not rule.needs_name] for rules in (_ON_NAMED_REQUEST, _ON_NAMED_REPLY)
)


def _before_a_secret(data: bytes, cut: int, known: Iterable[str]) -> int:
    """Where to cut a line, at ``cut`` or before, so that each part shows its secrets.

    Secrets are looked for from the left, in a whole line and in a part of one. A secret that repeats itself
    may stand at ``cut`` in several ways, of which one alone is found so.
    """
    before = len(data)
    while cut < before:  # another secret may end where this one begins
        before = cut
        for secret in map(str.encode, known, repeat("latin-1")):
            size = len(secret)
            if secret not in data[max(cut - size, 0) : cut + size]:
                continue
            at = data.find(secret)
            while 0 <= at < cut:
                if at + size > cut:
                    cut = at
                at = data.find(secret, at + size)
    return cut


def _is_worth_hiding(text: str) -> bool:
    return len(text) >= _SHORTEST and bool(text.strip(STARS)) and not is_harmless(text) and not is_word(text)


def _longest_first(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    worth = filter(_is_worth_hiding, more)
    return tuple(sorted({*known, *worth}, key=len, reverse=True))[:_MOST]


def _commands(text: str) -> list[str]:
    """One command, or several that came at once: Py4J's own client never sends those."""
    *whole, rest = text.split(_END)
    return [*(command + _END for command in whole), *filter(None, [rest])]
