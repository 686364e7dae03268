"""Conversations that are put side by side lose nothing, and each keeps its order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guide.versions.alignment import align

KEYS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=12), min_size=1, max_size=5)


@given(KEYS)
def test_no_exchange_is_lost_and_each_order_is_kept(conversations):
    rows = align(conversations)
    for n, keys in enumerate(conversations):
        places = [row.places[n] for row in rows if row.places[n] is not None]
        assert places == list(range(len(keys)))
        assert [row.key for row in rows if row.places[n] is not None] == keys
    assert all(
        len(row.places) == len(conversations) and any(p is not None for p in row.places) for row in rows
    )


@given(st.lists(st.sampled_from("abc")), st.integers(1, 5))
def test_the_same_in_all_versions_is_one_row_each(keys, times):
    rows = align([keys] * times)
    assert len(rows) == len(keys)
    assert all(row.everywhere for row in rows)
