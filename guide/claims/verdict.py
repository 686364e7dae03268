"""A claim's verdict, computed from checks: holds, holds in part, or does not hold.

It imports only the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Check(NamedTuple):
    """One thing that was looked at."""

    statement: str
    """What would have to be so, in one sentence."""
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


def verdict_html(checks: Sequence[Check]) -> str:
    """The verdict with its checks as a list, for the inside of a ``.sparkwire`` element."""
    said = verdict(checks)
    items = "".join(
        f"<li><span class=k>{'yes' if check.holds else 'no'}:</span> {escape(check.statement)}"
        + (f" <span class=ev>{escape(check.evidence)}</span>" if check.evidence else "")
        + "</li>"
        for check in checks
    )
    return (
        f'<div class="verdict {said.replace(" ", "-")}"><p><strong>This run says: {said}.</strong></p>'
        f"<ul>{items}</ul></div>"
    )
