"""How much of several long lists is drawn."""

from __future__ import annotations


def shares(kept: list[int], most: int) -> list[int]:
    """How many things of each list are drawn, of those it has: ``most`` in all, shared out evenly."""
    if sum(kept) <= most:
        return kept
    low, high = 0, max(kept)
    while low < high:  # the most of one list for which all of them together are not too many
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(one, middle) for one in kept) <= most else (low, middle - 1)
    left = most - sum(min(one, low) for one in kept)
    shares = []
    for one in kept:
        more = one > low and left > 0
        shares.append(min(one, low) + more)
        left -= more
    return shares
