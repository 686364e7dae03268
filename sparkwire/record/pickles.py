"""Secrets in a pickle, which a worker gets with the user's functions: what they close over, and their
globals.

A pickle writes a dictionary's key and its value one after the other. So a string behind a secret's name is
taken for the secret. In a list of names that may be a further name, which is hidden, too: better that than
the other mistake.
"""

from __future__ import annotations

import pickletools
from typing import Any

from sparkwire.record.names import is_harmless, names_secret

_TEXTS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"}
)
_BETWEEN = frozenset({"MEMOIZE", "BINPUT", "LONG_BINPUT"})
_LEAST = 3
"""Characters of a value that may be a secret."""


def secrets_in_pickle(data: bytes) -> list[tuple[int, int]]:
    """Where secrets stand in pickled ``data``, as far as it can be read. Nothing is loaded."""
    found: list[tuple[int, int]] = []
    named = False
    value = b""
    try:
        for opcode, given, at in pickletools.genops(data):
            if value and at is not None:  # the opcode behind a value: the value ends here
                found.append((at - len(value), at))
                value = b""
            if opcode.name in _TEXTS:
                argument: Any = given
                raw = (
                    argument.encode("utf-8", "surrogatepass")
                    if isinstance(argument, str)
                    else bytes(argument)
                )
                text = raw.decode("latin-1")
                if named and len(text) >= _LEAST and not is_harmless(text) and not names_secret(text):
                    value = raw
                named = isinstance(argument, str) and names_secret(text)
            elif opcode.name not in _BETWEEN:
                named = False
    except (ValueError, UnicodeError):
        pass  # no pickle, or one that is cut
    return found
