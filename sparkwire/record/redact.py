"""Replaces secrets in what is about to be stored by placeholders of the same length.

The program's own bytes are never touched; only the recorder's copy is. This runs before anything is
written, on raw bytes, and knows the few places where PySpark 4.3.0 and Py4J 0.10.9.9 put a secret on
the gateway wire:

- the token of an authentication, ``A\\n<token>\\n``, in either direction (py4j/java_gateway.py,
  ``do_client_auth``). The same token goes to the accumulator server's Java half
  (pyspark/core/context.py, ``PythonAccumulatorV2``), so a token once seen is replaced everywhere;
- the result sockets' secret, which ``collectAndServe`` and its kind return in an array next to the
  port. Spark makes 256 bits of it and writes them as 64 hexadecimal digits
  (core/.../util/Utils.scala, ``createSecret``), so any value of exactly that shape is replaced; a
  shorter one is recognised by being element 1 of an array, in hexadecimal;
- the user's own: the value that goes with a configuration key which Spark itself would redact
  (``spark.redaction.regex``: secret, password, token, access key), when it is set, read, listed as a
  pair, or printed as ``key=value``.

Most commands hold no secret, and must pass in a few microseconds. What rules a secret out is looked up in
the bytes as Latin-1 text, a character for each byte: Python finds text in text five times faster than bytes
in bytes (3.11). Only what isn't ruled out meets the expressions.

A value that is replaced reads ``****``. Replacing too much is possible (a SHA-256 digest has the
shape of a secret); storing a secret is not a price worth paying for it.

It imports only the standard library.
"""

from __future__ import annotations

import re
import threading

MARK = b"*"
"""One placeholder byte; a secret of n bytes becomes n of them."""

HOLD = 64 * 1024
"""An unfinished line is held back up to this many bytes, because a secret may be cut by a chunk's end."""

_KEPT_TAIL = 256  # of a longer line: more than any secret that is recognised by its shape

_WORD_END = re.compile(rb"[0-9A-Za-z]*\Z")
_SHORT = 10  # bytes; less can't hold a reply with any secret that is known by itself, nor a key's name
_END = b"\ne\n"
_HEX_64 = re.compile(rb"(?<![0-9A-Za-z])(?:[a-zA-Z!]{1,3})?([0-9a-f]{64})(?![0-9A-Za-z])")
_SECRET_KEY = re.compile(rb"secret|password|passwd|token|access.?key|credential", re.IGNORECASE)
_KEY_VALUE = re.compile(
    rb"((?:secret|password|passwd|token|access.?key|credential)[^=,\s{}]{0,60}=)([^,;&}\s\\]+)", re.IGNORECASE
)
_SETTERS = frozenset(
    b"set setIfMissing config option setConf setConfString put setProperty setSystemProperty setExecutorEnv "
    b"setLocalProperty unset setSecret".split()
)
_GETTERS = frozenset(b"get getOption getProperty getenv getConf getOrElse getConfString remove".split())
_ARRAY_SECOND = re.compile(rb"a\ng\no\d+\ni1\ne\n\Z")
_SHORT_SECRET = re.compile(rb"!?ys([0-9a-f]{16,128})\n\Z")


class Secrets:
    """The secrets seen so far by one recorder, shared by all its connections."""

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        """Each as Latin-1 text: a character for each byte."""
        self._lock = threading.Lock()

    def learn(self, secret: bytes) -> None:
        """Remember ``secret``, so that it is replaced wherever else it appears.

        Very short ones are left out: replacing every ``1`` would ruin the trace and hide nothing.
        """
        text = secret.decode("latin-1")
        if len(text) >= 6 and text not in self.known:
            with self._lock:
                # Longest first, so that a secret inside another one doesn't leave the rest behind.
                self.known = tuple(sorted({*self.known, text}, key=len, reverse=True))[:1000]


class Conversation:
    """What both directions of one connection must know of each other to recognise a secret."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.reply_is: str = ""
        """What the next reply is: ``secret``, ``array second``, ``key``, or nothing special."""
        self.pair: bytes = b""
        """The object whose key was asked for last."""
        self.secret_pair: bytes | None = None
        """The object whose key is one that goes with a secret."""


class Redactor:
    """Replaces secrets in one direction of one connection.

    Feed it the bytes as they pass; it returns the bytes to store. The stored stream is exactly as
    long as the real one, but the end of an unfinished line may come with a later call.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._talk = conversation
        self._held = b""
        self._lines_seen = 0
        self._expect_token = False

    def feed(self, data: bytes) -> bytes:
        """The bytes to store now."""
        if (
            len(data) < _SHORT
            and data[:1] == b"!"
            and data[-1:] == b"\n"
            and self._lines_seen > 1
            and not self._talk.reply_is
            and not self._held
        ):
            return data  # nearly all replies
        if self._held:
            data = self._held + data
            self._held = b""
        if data[-1:] != b"\n":
            data = self._hold(data)
            if not data:
                return b""
        if self._lines_seen < 2 or self._expect_token:
            data = self._authentication(data)
        text = data.decode("latin-1")
        talk = self._talk
        for secret in talk.secrets.known:
            if secret in text:
                data = data.replace(secret.encode("latin-1"), MARK * len(secret))
        if len(text) > 64 and max(map(len, text.split("\n"))) >= 64:
            data = _HEX_64.sub(_mark_group_one, data)
        small = text.lower()
        hinted = (
            "secret" in small
            or "passw" in small
            or "token" in small
            or "access" in small
            or "credential" in small
        )  # Whether a key that goes with a secret may be in it: no, in nearly all.
        if text[:1] == "!":
            return self._reply(data, hinted) if hinted or talk.reply_is else data
        if not hinted and text[:2] != "a\n" and "\n_" not in text:
            talk.reply_is = ""
            return data
        if "\ne\n" in text[:-1]:  # several commands at once: Py4J's own client never does this
            parts = [part + _END for part in data.split(_END)]
            parts[-1] = parts[-1][: -len(_END)]
            return b"".join(self._request(part, hinted) for part in parts)
        return self._request(data, hinted)

    @property
    def holding(self) -> bool:
        """Whether the end of an unfinished line is held back."""
        return bool(self._held)

    def end(self) -> bytes:
        """The bytes that were still held back, when no more of their line can come."""
        held, self._held = self._held, b""
        if held and (self._expect_token or self._lines_seen == 1):
            return MARK * len(held)  # a token that was never finished is still a token
        return self.feed(held + b"\n")[:-1] if held else b""

    def _hold(self, data: bytes) -> bytes:
        """Split off the unfinished last line; a very long one only in its tail."""
        cut = data.rfind(b"\n") + 1
        if len(data) - cut > HOLD:
            cut = len(data) - _KEPT_TAIL
            # Never inside a word, which could be half a secret; one longer than any secret is none.
            before = _WORD_END.search(data, cut - _KEPT_TAIL, cut)
            if before is not None and cut - before.start() < _KEPT_TAIL:
                cut = before.start()
            for secret in self._talk.secrets.known:
                found = data.find(
                    secret.encode("latin-1"), max(cut - len(secret) + 1, 0), cut + len(secret) - 1
                )
                if found >= 0:
                    cut = min(cut, found)
        self._held = data[cut:]
        return data[:cut]

    def _authentication(self, data: bytes) -> bytes:
        """Replace the line after a first line ``A``."""
        lines = data.split(b"\n")
        for index, line in enumerate(lines[:-1]):
            if self._expect_token:
                self._talk.secrets.learn(line)
                lines[index] = MARK * len(line)
                self._expect_token = False
            elif self._lines_seen == 0 and line == b"A":
                self._expect_token = True
            self._lines_seen += 1
        return b"\n".join(lines)

    def _request(self, data: bytes, hinted: bool) -> bytes:
        talk = self._talk
        talk.reply_is = ""
        if _ARRAY_SECOND.match(data):
            talk.reply_is = "array second"
        elif data.endswith(b"\n_1\ne\n"):
            talk.reply_is, talk.pair = "key", data[2:-6]
        elif data.endswith(b"\n_2\ne\n") and talk.secret_pair == data[2:-6]:
            talk.reply_is = "secret"
        if not hinted:
            return data
        lines = data.split(b"\n")
        # A call's third line is the method: c, target, method, arguments.
        method = lines[2] if len(lines) > 2 and lines[0] in (b"c", b"S") else b""
        if method in _SETTERS:
            for index in range(3, len(lines) - 1):
                if lines[index][:1] == b"s" and _SECRET_KEY.search(lines[index]):
                    value = lines[index + 1]
                    if value[:1] == b"s":
                        talk.secrets.learn(value[1:])
                        lines[index + 1] = b"s" + MARK * (len(value) - 1)
                        break
        elif method in _GETTERS and any(line[:1] == b"s" and _SECRET_KEY.search(line) for line in lines[3:]):
            talk.reply_is = "secret"
            if len(lines) > 4 and lines[4][:1] == b"s":
                lines[4] = b"s" + MARK * (len(lines[4]) - 1)  # the default for a secret
        return _KEY_VALUE.sub(_mark_group_two, b"\n".join(lines))

    def _reply(self, data: bytes, hinted: bool) -> bytes:
        talk = self._talk
        expected, talk.reply_is = talk.reply_is, ""
        if expected == "secret":
            end = data.find(b"\n")
            if data[1:3] == b"ys":
                talk.secrets.learn(data[3:end])
                data = data[:3] + MARK * (end - 3) + data[end:]
        elif expected == "array second":
            if found := _SHORT_SECRET.match(data):
                data = _mark_group_one(found)
        elif expected == "key":
            talk.secret_pair = talk.pair if hinted and _SECRET_KEY.search(data) else None
        if hinted:
            data = _KEY_VALUE.sub(_mark_group_two, data)
        return data


_SOURCE = re.compile(
    r"""((?:secret|password|passwd|token|access.?key|credential)[\w.-]*["']?[\])\s]*[,=:]+\s*[rbfu]{0,2}["'])([^"']+)""",
    re.IGNORECASE,
)


def redact_source(code: str, secrets: Secrets) -> str:
    """A line of a program without the secrets seen so far, and without text that goes to a secret's name."""
    for secret in secrets.known:
        # A secret with characters that are escaped somewhere is not found; the usual ones are plain.
        if (text := secret.encode("latin-1").decode("utf-8", "replace")) in code:
            code = code.replace(text, MARK.decode() * len(text))
    if _SECRET_KEY.search(code.encode("utf-8", "replace")):
        code = _SOURCE.sub(lambda found: found[1] + MARK.decode() * len(found[2]), code)
    return code


def _mark_group_one(found: re.Match[bytes]) -> bytes:
    return _mark_group(found, 1)


def _mark_group_two(found: re.Match[bytes]) -> bytes:
    return _mark_group(found, 2)


def _mark_group(found: re.Match[bytes], group: int) -> bytes:
    whole, base = found.group(), found.start()
    start, end = found.start(group) - base, found.end(group) - base
    return whole[:start] + MARK * (end - start) + whole[end:]
