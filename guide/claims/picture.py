"""A claim's verdict as HTML, with the checks that it was computed from."""

from __future__ import annotations

from collections.abc import Sequence

from guide.claims.verdict import Check, verdict
from sparkwire.views import Html, tag


def verdict_html(checks: Sequence[Check]) -> Html:
    """The verdict with its checks as a list, for the inside of a ``.sparkwire`` element."""
    said = verdict(checks)
    return tag(
        "div",
        tag("p", tag("strong", f"Verdict of this run: {said}.")),
        tag("ul", *map(_item, checks)),
        class_=f"verdict {said.replace(' ', '-')}",
    )


def _item(check: Check) -> Html:
    held = tag("span", "yes:" if check.holds else "no:", class_="k")
    found = (" ", tag("span", check.evidence, class_="ev")) if check.evidence else ()
    return tag("li", held, f" {check.statement}", *found)
