"""Several conversations side by side: which of their exchanges are the same, and which differ.

They are aligned by their requests, one version after the other, with difflib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from guide.versions.comparable import Said
from guide.versions.data import Versions


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange in all the versions that have it."""

    key: str
    """``Said.key``, the same in all of them."""
    places: tuple[int | None, ...]
    """Where it stands in each version's conversation, counted from 0; None where it isn't."""

    @property
    def everywhere(self) -> bool:
        """Whether all the versions have it."""
        return None not in self.places


def align(conversations: Sequence[Sequence[str]]) -> list[Row]:
    """Rows for the keys of several conversations, in an order that keeps that of each of them."""
    rows: list[Row] = []
    for n, keys in enumerate(conversations):
        matcher = SequenceMatcher(None, [row.key for row in rows], keys, autojunk=False)
        merged: list[Row] = []
        for kind, start, end, other, other_end in matcher.get_opcodes():
            for row, place in zip(
                rows[start:end],
                range(other, other_end) if kind == "equal" else [None] * (end - start),
                strict=True,
            ):
                merged.append(Row(row.key, (*row.places, place)))
            if kind != "equal":
                merged += [Row(keys[place], (*[None] * n, place)) for place in range(other, other_end)]
        rows = merged
    return rows


def aligned(versions: Versions) -> list[Row]:
    """The rows of all the versions in the data."""
    return align([[said.key for said in one.transcript.said] for one in versions.releases])


def changes(versions: Versions, old: str, new: str) -> tuple[list[Said], list[Said]]:
    """What ``old`` says and ``new`` does not, and the other way round.

    Raises ``KeyError`` for a version that isn't there.
    """
    before, after = (versions.release(one).transcript.said for one in (old, new))
    rows = align([[said.key for said in before], [said.key for said in after]])
    gone = [before[row.places[0]] for row in rows if row.places[0] is not None and row.places[1] is None]
    came = [after[row.places[1]] for row in rows if row.places[1] is not None and row.places[0] is None]
    return gone, came
