"""A claim's verdict, computed from checks: holds, holds in part, or does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Check(NamedTuple):
    """One statement that a claim rests on, with what the run says of it."""

    statement: str
    """What must be true if the claim is, in one sentence."""
    holds: bool
    evidence: str = ""
    """What was found, such as a count or a name."""


def verdict(checks: Sequence[Check]) -> str:
    """``holds`` when all checks do, ``does not hold`` when none does, else ``holds in part``.

    Raises ValueError when there is nothing to judge by.
    """
    if not checks:
        raise ValueError("a verdict needs at least one check")
    held = sum(bool(check.holds) for check in checks)
    return "holds" if held == len(checks) else "holds in part" if held else "does not hold"
