"""Secrets in a pickle, which a worker gets with the user's functions: what they close over, and their
globals.

A pickle writes a dictionary's key and its value one after the other. So a string behind a secret's name is
taken for the secret. In a list of names that may be a further name, which is hidden, too: better that than
the other mistake.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

from sparkwire.record.names import is_harmless, names_secret

_TEXTS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"}
)
_PUTS = frozenset({"BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"BINGET", "LONG_BINGET"})
_LEAST = 3
"""Characters of a value that may be a secret."""


Find = Callable[[bytes], list[tuple[int, int]]]
"""Where secrets stand in running text."""


def secrets_in_pickle(data: bytes, find: Find = lambda text: []) -> list[tuple[int, int]]:
    """Where secrets stand in pickled ``data``. Nothing is loaded.

    ``find`` looks at each text in it, and at what can't be read as a pickle. It doesn't look at opcodes: some
    read like an address with a password, and a pickle with stars in their place could never be read again.
    """
    found: list[tuple[int, int]] = []
    argument_raw, read_to = b"", 0
    named = False
    memo: list[bool] = []
    """Of what was memoized, which is a secret's name."""
    puts: dict[int, bool] = {}
    value = b""
    try:
        for opcode, given, at in pickletools.genops(data):
            read_to = at or 0
            if argument_raw:  # the opcode behind a text: the text ends here
                start = read_to - len(argument_raw)
                found += [(start + a, start + b) for a, b in find(argument_raw)]
                argument_raw = b""
            if value:
                found.append((read_to - len(value), read_to))
                value = b""
            if opcode.name in _TEXTS:
                argument: Any = given
                is_text = isinstance(argument, str)
                raw = argument.encode("utf-8", "surrogatepass") if is_text else bytes(argument)
                text, argument_raw = raw.decode("latin-1"), raw
                if named and len(text) >= _LEAST and not is_harmless(text) and not names_secret(text):
                    value = raw
                named = is_text and names_secret(text)
            elif opcode.name == "MEMOIZE":
                memo.append(named)
            elif opcode.name in _PUTS:
                puts[int(given or 0)] = named
            elif opcode.name in _GETS:  # the name was written before
                at_memo = int(given or 0)
                named = puts.get(at_memo, at_memo < len(memo) and memo[at_memo])
            else:
                named = False
    except (ValueError, UnicodeError):  # no pickle, or one that is cut
        found += [(read_to + a, read_to + b) for a, b in find(data[read_to:])]
    return found
