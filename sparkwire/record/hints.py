"""Cheap looks that rule secrets out, because most messages hold none and must pass in a few microseconds."""

from __future__ import annotations

import re

from sparkwire.record.rules import HEX_DIGITS

PIECE = 1024 * 1024
"""A longer message is looked at in pieces of so many bytes, so that it isn't copied to be ruled out."""

_HEX_RUN = re.compile(f"[0-9a-f]{{{HEX_DIGITS}}}")


def look(text: str, known: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether a secret's name may be in a message or a piece of one; whether a secret may."""
    small = text.lower()
    # Written out, because a loop over hints takes twice as long.
    named = (
        "secre" in small
        or "pass" in small
        or "token" in small
        or "crede" in small
        or "key" in small
        # These are not names, but without any of them no rule for texts finds a secret.
        or "@" in small
        or "auth" in small
        or "sig" in small
        or "pwd" in small
        or "identi" in small
        or "beare" in small
        or "getconn" in small
    )
    suspect = named or (len(text) >= HEX_DIGITS and (_HEX_RUN.search(text) is not None or "eyJ" in text))
    for secret in known:
        if secret in text:
            suspect = True
    return named, suspect


def look_in_pieces(data: bytes, known: tuple[str, ...]) -> tuple[bool, bool]:
    """What ``look`` says of a long message. The pieces overlap, so that each hint is whole in one."""
    overlap = max([HEX_DIGITS, *map(len, known)])
    suspect = False
    for at in range(0, len(data), PIECE):
        piece = data[at : at + PIECE + overlap].decode("latin-1")
        named, seen = look(piece, known)
        if named:
            return True, True
        suspect |= seen
    return False, suspect
