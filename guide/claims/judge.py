"""A claim's verdict as a page states it. A run that gives another verdict raises an error."""

from __future__ import annotations

from collections.abc import Collection

from IPython.display import HTML

from guide.claims.picture import verdict_html
from guide.claims.verdict import Check, verdict
from guide.notebook import framed


def judge(
    claim: str, expected: str, *checks: tuple[str, bool, str] | tuple[str, bool], but: Collection[str] = ()
) -> HTML:
    """A claim's verdict, computed from what was recorded.

    Each check is a statement, whether it held, and what was found. ``but`` names the statements that the page
    says do not hold: *in part* alone would stay true if another statement were the one that fails.
    Raises AssertionError when the verdict is not the ``expected`` one or when other statements fail, so that
    a page can't state a verdict that is no longer true.
    """
    made = [Check(*check) for check in checks]
    said = verdict(made)
    failed = {check.statement for check in made if not check.holds}
    if said != expected:
        why = f" False in this run: {'; '.join(sorted(failed))}" if failed else " Every check held."
        raise AssertionError(f"claim {claim}: this run says {said!r}, the page says {expected!r}.{why}")
    if said == "holds in part" and failed != set(but):
        raise AssertionError(
            f"claim {claim}: false in this run: {sorted(failed)}; the page says: {sorted(but)}"
        )
    return framed(verdict_html(made))
