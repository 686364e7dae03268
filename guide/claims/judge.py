"""A claim's verdict as a page states it, which fails where the run says something else."""

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

    Each check is a sentence, whether it held, and what was found. ``but`` has the sentences that the page
    says do not hold, because *in part* alone would stay the same when another part is the one that holds.
    Raises AssertionError when the verdict is not the ``expected`` one or rests on other sentences, so that a
    page can't go on saying what is no longer so.
    """
    made = [Check(*check) for check in checks]
    said = verdict(made)
    failed = {check.statement for check in made if not check.holds}
    if said != expected:
        not_so = "; ".join(sorted(failed))
        raise AssertionError(f"{claim}: this run says {said!r}, the page says {expected!r}. Not so: {not_so}")
    if said == "holds in part" and failed != set(but):
        raise AssertionError(f"{claim}: not so in this run: {sorted(failed)}; the page says: {sorted(but)}")
    return framed(verdict_html(made))
