"""Bytes that passed and were not stored: the decoder counts them, and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.wire.message import Direction, Gap, LongValue, Malformed
from sparkwire.wire.worker import VERSIONS, WorkerDecoder

FRAME = b"\0\0\0\x08"
DIGEST = "ab" * 32


def decoder(**options):
    return WorkerDecoder(Direction.TO_JAVA, "4.3.0", **options)


def test_a_whole_value():
    reading = decoder()
    assert reading.feed(FRAME) == []
    [message] = reading.skip(8, DIGEST)
    assert (message.command, message.raw, message.size) == ("frame", FRAME, 12)
    assert message.gaps == (Gap(4, 8),)
    assert message.fields[-1].value == LongValue(b"", b"", 8, DIGEST)
    [following] = reading.feed(FRAME + b"12345678")
    assert following.offset == 12


@pytest.mark.parametrize(("before", "after"), [(b"12", b""), (b"", b"78"), (b"12", b"78")])
def test_a_part_of_a_value(before, after):
    reading = decoder()
    assert reading.feed(FRAME + before) == []
    left = 8 - len(before) - len(after)
    found = [*reading.skip(left, DIGEST), *reading.feed(after)]
    assert found[0].fields[-1].value == LongValue(before, after, 8, "")
    assert found[0].size == 12
    assert found[0].gaps == (Gap(4 + len(before), left),)


def test_a_part_of_a_value_that_is_too_long_to_be_kept():
    reading = decoder(max_message=2048)
    assert reading.feed((1 << 20).to_bytes(4, "big") + b"x" * 5000) == []
    [message] = reading.skip((1 << 20) - 5000, "")
    assert message.size == 4 + (1 << 20)
    assert len(message.raw) < 2048


@pytest.mark.parametrize(("fed", "count"), [(b"", 4), (b"\0\0", 2), (FRAME, 9), (FRAME + b"1", 8)])
def test_more_than_a_value_and_what_is_no_value_lose_the_layout(fed, count):
    reading = decoder()
    assert reading.feed(fed) == []
    assert reading.skip(count) == []
    assert "not stored" in reading.lost
    [rest] = [*reading.feed(b"abc"), *reading.end()]
    assert isinstance(rest, Malformed)
    assert rest.size == len(fed) + count + 3
    assert rest.raw == fed + b"abc"


STEPS = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([FRAME, b"\xff\xff\xff\xfa"]), st.integers(1, 40)),
    max_size=20,
)


@given(st.sampled_from(Direction), st.sampled_from([one.minor for one in VERSIONS]), STEPS)
def test_nothing_is_raised_and_nothing_is_lost(direction, version, steps):
    reading = WorkerDecoder(direction, version)
    found, total = [], 0
    for step in steps:
        found += reading.skip(step) if isinstance(step, int) else reading.feed(step)
        total += step if isinstance(step, int) else len(step)
    found += reading.end()
    assert sum(message.size for message in found) == total
    at = 0
    for message in found:
        assert message.offset == at
        at += message.size
