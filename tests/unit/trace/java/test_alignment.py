"""Which connection takes which commands, to the nanosecond: a wrong Java method is worse than none."""

from __future__ import annotations

import pytest

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.java.alignment import (
    CLEARLY_BETTER_NS,
    CLOCK_TOLERANCE_NS,
    STEADY_NS,
    Alignment,
    CommandRow,
    Tolerance,
    assign,
    rows,
)
from sparkwire.trace.records import Channel, JavaCall
from sparkwire.wire.message import Direction, Message, Role

US, MS = 1_000, 1_000_000
BASE = 1_795_348_925_000_000_000
FAR = 100 * MS
AMBIGUOUS = "more than one Java thread, or place in it, fits equally well."
NOTHING = "no recorded Java thread executed the same kinds of command in the same order at that time."


def exchange(at: int, lasts: int | None = MS, n: int = 1, word: str = "call") -> Exchange:
    return Exchange(
        n=n,
        connection=1,
        channel=Channel.GATEWAY,
        request=Message(Direction.TO_JAVA, Role.REQUEST, word, b"", 0, ()),
        start_ns=BASE + at,
        duration_ns=lasts,
    )


def row(*starts: int, thread: int = 30, kinds: str = "", first: int = 0) -> CommandRow:
    kinds = kinds or "c" * len(starts)
    at = tuple(range(first, first + len(starts)))
    return CommandRow(thread, at, tuple(BASE + s for s in starts), tuple(kinds))


def assigned(
    asked: dict[int, list[Exchange]], candidates: list[CommandRow], kinds: dict[int, list[str]] | None = None
) -> tuple[dict[int, tuple[int, int]], dict[int, str]]:
    """For each connection its thread and shift; and the reasons."""
    wanted = {c: [{"c"}] * len(requests) for c, requests in asked.items()}
    wanted |= {c: [set(one) for one in words] for c, words in (kinds or {}).items()}
    found, reasons = assign(asked, wanted, candidates, Tolerance(BASE))
    assert set(found) | set(reasons) == set(asked)
    assert not set(found) & set(reasons)
    return {c: (a.row.thread, a.shift) for c, a in found.items()}, reasons


# --- the clocks --------------------------------------------------------------------------------------------


def test_the_tolerance_grows_with_the_time_since_the_recording_began() -> None:
    assert CLOCK_TOLERANCE_NS == 20_000_000
    tolerance = Tolerance(BASE)
    assert tolerance(BASE) == tolerance(BASE + 9_999) == 20_000_000
    assert tolerance(BASE + 10_000) == tolerance(BASE - 10_000) == 20_000_001
    assert tolerance(BASE + 30_000_000_000) == 23_000_000


@pytest.mark.parametrize(
    ("start", "fits"),
    [
        (-CLOCK_TOLERANCE_NS, True),
        (-CLOCK_TOLERANCE_NS - 5 * US, False),
        (MS + CLOCK_TOLERANCE_NS, True),
        (MS + CLOCK_TOLERANCE_NS + 5 * US, False),
    ],
)
def test_a_command_may_lie_as_far_outside_its_exchange_as_the_clocks_may_differ(start, fits) -> None:
    found, reasons = assigned({1: [exchange(0)]}, [row(start)])
    assert found == ({1: (30, 0)} if fits else {})
    assert reasons == ({} if fits else {1: NOTHING})


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        (FAR + 2 * MS, True),
        (FAR + 2 * MS - STEADY_NS, True),
        (FAR + 2 * MS - STEADY_NS - 20 * US, False),
        (FAR + 4 * MS + STEADY_NS, True),
        (FAR + 4 * MS + STEADY_NS + 20 * US, False),
    ],
)
def test_the_difference_between_the_clocks_does_not_jump(second, fits) -> None:
    """Java's clock is 2 to 3 ms ahead, as the first command says, so it is for the second."""
    found, _ = assigned({1: [exchange(0), exchange(FAR, n=2)]}, [row(3 * MS, second)])
    assert (found == {1: (30, 0)}) is fits


@pytest.mark.parametrize(
    ("jump", "fits"), [(200_050, True), (200_051, False), (-200_009, True), (-200_010, False)]
)
def test_how_far_it_may_jump_to_the_nanosecond(jump: int, fits: bool) -> None:
    """Exchanges of no length leave no play; one part in 10 000 of the time between may be drift."""
    assert STEADY_NS == 200_000
    requests = [exchange(0, 0), exchange(300 * US, 0, n=2)]
    found, _ = assigned({1: requests}, [row(MS, MS + 300 * US + jump)])
    assert (found == {1: (30, 0)}) is fits


def test_it_may_jump_as_far_between_two_commands_that_began_at_once() -> None:
    """Without any drift: no time passed in Java."""
    for apart, fits in ((200_000, True), (200_001, False)):
        requests = [exchange(0, 0), exchange(apart, 0, n=2)]
        assert (assigned({1: requests}, [row(0, 0)])[0] == {1: (30, 0)}) is fits


def test_it_may_drift_as_far_however_many_commands_lie_between() -> None:
    """Half a nanosecond of drift for each 5 µs counts, as 50 of them do for 500 µs."""
    between = exchange(1, 10 * MS, n=2)
    requests = [exchange(0, 0), between, exchange(300 * US, 0, n=3)]
    for jump, fits in ((200_050, True), (200_051, False)):
        commands = row(MS, MS + 5 * US, MS + 300 * US + jump)
        assert (assigned({1: requests}, [commands])[0] == {1: (30, 0)}) is fits


def test_it_may_drift() -> None:
    """By 100 µs in each second, for longer than the jump that is allowed at once."""
    second = 1_000_000_000
    requests = [exchange(i * second, 0, n=i + 1) for i in range(30)]
    for way in (1, -1):
        drifts = [i * second + way * i * 100 * US for i in range(30)]
        assert assigned({1: requests}, [row(*drifts)])[0] == {1: (30, 0)}
        faster = [i * second + way * i * 150 * US for i in range(30)]
        assert assigned({1: requests}, [row(*faster)])[0] == {}


def test_an_unanswered_request_has_no_end_but_a_beginning() -> None:
    requests = [exchange(0), exchange(FAR, None, n=2)]
    assert assigned({1: requests}, [row(0, 10 * FAR)])[0] == {1: (30, 0)}
    assert assigned({1: requests}, [row(0, FAR - STEADY_NS - 20 * US)])[0] == {1: (30, 0)}
    assert assigned({1: requests}, [row(MS, FAR - 10 * MS)])[0] == {}


@pytest.mark.parametrize(
    ("start", "fits"), [(20_002_000, True), (20_002_001, False), (-20_002_000, True), (-20_002_001, False)]
)
def test_a_first_request_without_an_end_or_a_length_is_looked_for_nearby(start: int, fits: bool) -> None:
    """20 ms, and one part in 10 000 of the time since the recording began, to the nanosecond."""
    for lasts in (None, 0):
        assert (assigned({1: [exchange(0, lasts)]}, [row(start)])[0] == {1: (30, 0)}) is fits


# --- kinds -------------------------------------------------------------------------------------------------


def test_every_command_must_be_of_the_right_kind() -> None:
    requests = [exchange(0), exchange(FAR, n=2)]
    for kinds, fits in (("ab", True), ("ac", False), ("cb", False), ("ba", False)):
        found, reasons = assigned({1: requests}, [row(0, FAR, kinds=kinds)], {1: ["a", "b"]})
        assert found == ({1: (30, 0)} if fits else {})
        assert reasons == ({} if fits else {1: NOTHING})
    assert assigned({1: requests}, [row(0, FAR, kinds="ab")], {1: ["ax", "b"]})[0] == {1: (30, 0)}


# --- which of several --------------------------------------------------------------------------------------


def test_a_whole_thread_goes_before_a_part_that_fits_better_in_time() -> None:
    whole, longer = row(MS + 5 * MS, thread=7), row(0, FAR, thread=8)
    assert assigned({1: [exchange(0)]}, [longer, whole])[0] == {1: (7, 0)}


def test_a_part_does_not_take_what_another_connection_fits_whole() -> None:
    """A rejected client's request fits the other's first command in time, and nothing else."""
    others = [exchange(5 * MS, n=2), exchange(FAR, n=3)]
    rejected = [exchange(0, n=1)]
    for asked in ({1: rejected, 2: others}, {2: others, 1: rejected}):
        found, reasons = assigned(asked, [row(5 * MS, FAR, thread=8)])
        assert found == {2: (8, 0)}
        assert reasons == {1: AMBIGUOUS}


def test_a_part_does_not_take_what_others_dispute_as_a_whole() -> None:
    twice = [exchange(5 * MS), exchange(FAR)]
    found, reasons = assigned(
        {1: [exchange(5 * MS)], 2: twice, 3: twice}, [row(5 * MS, FAR, thread=8), row(5 * MS, FAR, thread=9)]
    )
    assert found == {}
    assert set(reasons.values()) == {AMBIGUOUS}


def test_a_part_is_taken_where_no_whole_is_left() -> None:
    found, _ = assigned({1: [exchange(FAR)], 2: [exchange(0)]}, [row(0, FAR, thread=8), row(0, thread=9)])
    assert found == {1: (8, 1), 2: (9, 0)}


def test_of_two_parts_the_one_with_more_commands_goes_first() -> None:
    requests = [exchange(i * FAR, n=i + 1) for i in range(3)]
    late, later = row(FAR + 5 * MS, 2 * FAR + 5 * MS, thread=7), row(2 * FAR, thread=8)
    for candidates in ([late, later], [later, late]):
        assert assigned({1: requests}, candidates)[0] == {1: (7, -1)}


@pytest.mark.parametrize(("worse", "clear"), [(CLEARLY_BETTER_NS, True), (CLEARLY_BETTER_NS - 1, False)])
def test_how_much_better_is_clearly_better(worse: int, clear: bool) -> None:
    assert CLEARLY_BETTER_NS == 20_000
    for one, two in ((7, 8), (8, 7)):
        found, reasons = assigned({1: [exchange(0, 0)]}, [row(-worse, thread=one), row(0, thread=two)])
        assert found == ({1: (two, 0)} if clear else {})
        assert reasons == ({} if clear else {1: AMBIGUOUS})


def test_how_far_outside_is_added_up() -> None:
    """Twice 15 µs is clearly worse, though each alone is not; before the exchange or after it."""
    requests = [exchange(0, MS), exchange(FAR, MS, n=2)]
    for off in (-15 * US, MS + 15 * US):
        found, _ = assigned({1: requests}, [row(off, FAR + off, thread=7), row(0, FAR, thread=8)])
        assert found == {1: (8, 0)}


def test_places_in_one_thread_can_be_as_hard_to_tell_apart() -> None:
    assert assigned({1: [exchange(0)]}, [row(0, 500 * US)])[1] == {1: AMBIGUOUS}
    assert assigned({1: [exchange(0)]}, [row(0, MS + CLEARLY_BETTER_NS)])[0] == {1: (30, 0)}


def test_the_same_commands_in_two_rows_of_a_thread_are_one_answer() -> None:
    everything, inside = row(0, FAR), row(FAR, first=1)
    assert assigned({1: [exchange(0)], 2: [exchange(FAR)]}, [everything, row(0), inside])[0] == {
        1: (30, 0),
        2: (30, 0),
    }
    one = row(0)
    assert assigned({1: [exchange(0)]}, [one, row(0)])[0] == {1: (30, 0)}


@pytest.mark.parametrize(("apart", "decided"), [(CLEARLY_BETTER_NS, True), (CLEARLY_BETTER_NS - 1, False)])
def test_of_two_connections_with_the_same_best_place_one_must_fit_it_clearly_better(apart, decided) -> None:
    """The second place of each is far worse; only who fits better may have the first."""
    asked = {1: [exchange(apart, 0)], 2: [exchange(0, 0)]}
    for order in (asked, dict(reversed(asked.items()))):
        found, reasons = assigned(order, [row(0, thread=7), row(10 * MS, thread=8)])
        assert found == ({2: (7, 0), 1: (8, 0)} if decided else {})
        assert bool(reasons) is not decided


def test_what_one_takes_leaves_another_its_only_place() -> None:
    asked = {1: [exchange(0), exchange(FAR, n=2)], 2: [exchange(0), exchange(FAR + 5 * MS, n=2)]}
    found, _ = assigned(asked, [row(0, FAR, thread=7), row(0, FAR + 5 * MS, thread=8)])
    assert found == {1: (7, 0), 2: (8, 0)}


def test_what_several_took_in_one_thread_is_taken() -> None:
    """A third connection's request is near the first one's command, which is none of its own."""
    asked = {1: [exchange(0)], 2: [exchange(FAR)], 3: [exchange(5 * MS)]}
    for order in (asked, dict(reversed(asked.items()))):
        found, reasons = assigned(order, [row(0, FAR)])
        assert found == {1: (30, 0), 2: (30, 1)}
        assert reasons == {3: AMBIGUOUS}


@pytest.mark.parametrize(("apart", "decided"), [(CLEARLY_BETTER_NS, True), (CLEARLY_BETTER_NS - 1, False)])
def test_two_connections_do_not_share_a_part_of_a_thread(apart: int, decided: bool) -> None:
    asked = {1: [exchange(apart, 0)], 2: [exchange(0, 0)]}
    for order in (asked, dict(reversed(asked.items()))):
        found, reasons = assigned(order, [row(0, FAR)])
        assert found == ({2: (30, 0)} if decided else {})
        assert reasons == dict.fromkeys({1} if decided else {1, 2}, AMBIGUOUS)


# --- a recording that began late, or ended early -----------------------------------------------------------


def test_where_the_recording_began_and_ended() -> None:
    requests = [exchange(i * FAR, n=i + 1) for i in range(6)]
    assert assigned({1: requests}, [row(0, FAR, 2 * FAR)])[0] == {1: (30, 0)}
    assert assigned({1: requests}, [row(3 * FAR, 4 * FAR, 5 * FAR)])[0] == {1: (30, -3)}
    assert assigned({1: requests}, [row(5 * FAR)])[0] == {1: (30, -5)}
    assert assigned({1: requests[3:]}, [row(*(i * FAR for i in range(6)))])[0] == {1: (30, 3)}
    assert assigned({1: requests[5:]}, [row(*(i * FAR for i in range(6)))])[0] == {1: (30, 5)}
    assert assigned({1: requests[2:4]}, [row(*(i * FAR for i in range(6)))])[0] == {1: (30, 2)}


def test_a_late_recording_may_begin_within_the_clocks_difference() -> None:
    requests = [exchange(0), exchange(FAR, n=2), exchange(2 * FAR, n=3)]
    early = row(FAR - CLOCK_TOLERANCE_NS, 2 * FAR - CLOCK_TOLERANCE_NS)
    assert assigned({1: requests}, [early])[0] == {1: (30, -1)}
    late = row(FAR + MS + CLOCK_TOLERANCE_NS, 2 * FAR + MS + CLOCK_TOLERANCE_NS)
    assert assigned({1: requests}, [late])[0] == {1: (30, -1)}


def test_a_command_at_the_very_start_of_the_first_exchange_is_not_late() -> None:
    """Only a first command that comes after it can be a later exchange's."""
    requests = [exchange(0, 0), exchange(1, 0, n=2)]
    assert assigned({1: requests}, [row(0)])[0] == {1: (30, 0)}
    assert assigned({1: requests}, [row(1)])[1] == {1: AMBIGUOUS}


@pytest.mark.parametrize(("over", "found"), [(100, True), (101, False)])
def test_a_long_exchange_is_found_behind_those_that_are_over(over: int, found: bool) -> None:
    """A first command that came late, in a long exchange with short ones, of another kind, nested in it."""
    short = [exchange(FAR + i, 0, n=2 + i) for i in range(over)]
    requests = [exchange(-FAR, 1), exchange(0, 10 * FAR), *short]
    kinds = ["b", "a", *"b" * over]
    got, _ = assigned({1: requests}, [row(5 * FAR, kinds="a")], {1: kinds})
    assert (got == {1: (30, -1)}) is found


# --- another's commands in between -------------------------------------------------------------------------


def others(candidates: list[CommandRow], requests: list[Exchange] | None = None) -> str:
    asked = requests or [exchange(0), exchange(FAR, n=2), exchange(2 * FAR, n=3)]
    return assigned({1: asked}, candidates, {1: ["a", "b", "a"][: len(asked)]})[1].get(1, "")


def test_commands_of_another_process_are_named_as_the_reason() -> None:
    said = others([row(0, FAR // 2, FAR, 2 * FAR, kinds="abba")])
    assert said == (
        "its Java thread executed 1 more command in between, so another process, such as a forked child, "
        "used this connection, too."
    )
    assert "2 more commands in" in others([row(0, FAR // 2, FAR, FAR + 50 * MS, 2 * FAR, kinds="abbba")])
    # What came before and after is not in between; what another kind did within an exchange is.
    assert "1 more command in" in others([row(-FAR, 0, FAR // 2, FAR, 2 * FAR, 3 * FAR, kinds="aabbaa")])
    assert "1 more command in" in others([row(0, FAR, FAR + 1, 2 * FAR, kinds="aaba")])


def test_the_others_commands_may_be_on_any_of_the_threads() -> None:
    """That the last request was never answered doesn't hide them."""
    unrelated, shared = row(0, FAR, kinds="bb"), row(0, FAR // 2, FAR, 2 * FAR, kinds="abba", thread=31)
    unanswered = [exchange(0), exchange(FAR, n=2), exchange(2 * FAR, None, n=3)]
    for requests in (None, unanswered):
        for candidates in ([unrelated, shared], [shared, unrelated]):
            assert "1 more command in" in others(candidates, requests)


@pytest.mark.parametrize(
    "candidates",
    [
        [row(0, FAR // 2, FAR, kinds="abb")],
        [row(0, FAR // 2, FAR, 2 * FAR + MS + 1, kinds="abba")],
        [row(0, FAR // 2, FAR, 2 * FAR, kinds="abbb")],
        [row(-STEADY_NS - 1, FAR // 2, FAR, 2 * FAR, kinds="abba")],
        [
            row(0, FAR // 2, FAR, 2 * FAR, kinds="abba"),
            row(0, FAR // 2, FAR, 2 * FAR, kinds="abba", thread=31),
        ],
    ],
)
def test_where_this_is_not_sure_it_is_not_said(candidates) -> None:
    assert others(candidates) == NOTHING


def test_the_edges_of_an_exchange_are_within_it() -> None:
    assert "1 more" in others([row(-STEADY_NS, FAR // 2, FAR + MS, 2 * FAR + MS, kinds="abba")])


# --- rows --------------------------------------------------------------------------------------------------


def call(name: str, start: int, stack: tuple[str, ...] = ("x",)) -> JavaCall:
    return JavaCall(30, "T", start, 1, name, stack)


BACK = ("x", "py4j.ClientServerConnection.sendCommand(String, boolean) line: 244")


def test_a_thread_with_callbacks_gives_three_rows() -> None:
    calls = [call("m1", 5), call("other", 6), call("m2", 7, BACK), call("m1", 9), call("m2", 11, BACK)]
    assert rows({30: calls}, {"m1": "H1", "m2": "H2"}) == [
        CommandRow(30, (0, 2, 3, 4), (5, 7, 9, 11), ("H1", "H2", "H1", "H2")),
        CommandRow(30, (0, 3), (5, 9), ("H1", "H1")),
        CommandRow(30, (2, 4), (7, 11), ("H2", "H2")),
    ]


def test_a_thread_with_or_without_them_alone_gives_one_row() -> None:
    handlers = {"m": "H"}
    plain, back = call("m", 5, ()), call("m", 7, BACK)
    assert rows({30: [plain]}, handlers) == [CommandRow(30, (0,), (5,), ("H",))]
    assert rows({30: [back]}, handlers) == [CommandRow(30, (0,), (7,), ("H",))]
    assert rows({30: [call("other", 1)], 31: []}, handlers) == []
    waited = call("m", 6, ("x", "py4j.ClientServerConnection.waitForCommands() line: 184"))
    assert rows({30: [plain, waited]}, handlers) == [CommandRow(30, (0, 1), (5, 6), ("H", "H"))]
    assert len(rows({30: [plain, waited, back]}, handlers)) == 3
    # Only the caller counts: what runs deeper in a callback has it further out.
    deep = call("m", 8, (*BACK, "y"))
    assert rows({30: [plain, deep]}, handlers) == [CommandRow(30, (0, 1), (5, 8), ("H", "H"))]


def test_an_alignment_knows_its_commands() -> None:
    three = row(1, 2, 3, first=10)
    assert Alignment(three, 0, 3, 0).commands == {10, 11, 12}
    assert Alignment(three, -1, 3, 0).commands == {10, 11}
    assert Alignment(three, 2, 3, 0).commands == {12}
    assert Alignment(three, 1, 1, 0).commands == {11}
    places = ((0, 3), (0, 2), (1, 2), (-1, 3), (1, 3), (0, 4))
    assert [Alignment(three, shift, size, 0).whole for shift, size in places] == [
        True, False, False, False, False, False,
    ]  # fmt: skip
    assert Alignment(three, 0, 3, 9).rank == (False, 0)
    assert Alignment(three, 0, 5, 9).rank == (True, 2)
    assert Alignment(three, 1, 2, 0).overlaps(Alignment(three, 2, 1, 0))
    assert not Alignment(three, 0, 1, 0).overlaps(Alignment(three, 2, 1, 0))
    assert not Alignment(three, 0, 3, 0).overlaps(Alignment(row(1, thread=31, first=10), 0, 1, 0))


# --- at the very edges -------------------------------------------------------------------------------------


def test_a_part_is_not_taken_while_others_dispute_the_whole_thread() -> None:
    """It fits one thread best by far, and the others fit both threads alike, a millisecond off."""
    twice = [exchange(6 * MS, 10 * MS), exchange(FAR, 10 * MS)]
    candidates = [row(5 * MS, FAR, thread=8), row(5 * MS + 1, FAR, thread=9)]
    alone = {1: [exchange(5 * MS, 0)]}
    assert assigned(alone, [candidates[0]])[0] == {1: (8, 0)}
    found, _ = assigned({**alone, 2: twice, 3: twice}, [candidates[0], row(5 * MS + 100 * US, FAR, thread=9)])
    assert 1 not in found


def test_a_whole_is_not_disputed_by_a_part_that_fits_as_well() -> None:
    asked = {1: [exchange(0)], 2: [exchange(0), exchange(FAR)]}
    assert assigned(asked, [row(0, FAR)])[0] == {2: (30, 0)}


def test_clearly_better_is_told_from_the_better_ones_distance() -> None:
    for worse, clear in ((CLEARLY_BETTER_NS, True), (CLEARLY_BETTER_NS - 1, False)):
        candidates = [row(-MS - worse, thread=7), row(-MS, thread=8)]
        assert assigned({1: [exchange(0, 0)]}, candidates)[0] == ({1: (8, 0)} if clear else {})


def test_the_tolerance_is_that_of_the_threads_beginning() -> None:
    late = 100_000_000_000
    assert assigned({1: [exchange(0)]}, [row(-CLOCK_TOLERANCE_NS - 5 * US, late)])[1] == {1: NOTHING}


def test_a_recording_that_began_in_time_is_not_taken_for_a_late_one() -> None:
    requests = [exchange(0), exchange(10 * MS, n=2)]
    assert assigned({1: requests}, [row(0, FAR)])[1] == {1: NOTHING}


@pytest.mark.parametrize(("off", "fits"), [(20_012_101, True), (20_012_102, False)])
def test_how_late_a_late_recordings_first_command_may_be(off: int, fits: bool) -> None:
    requests = [exchange(0), exchange(FAR, n=2)]
    found, _ = assigned({1: requests}, [row(FAR + MS + off, kinds="b")], {1: ["a", "b"]})
    assert (found == {1: (30, -1)}) is fits


def test_every_exchange_near_a_late_recordings_first_command_is_tried() -> None:
    requests = [exchange(0), exchange(FAR, 10 * MS), exchange(FAR + 5 * MS), exchange(FAR + 7 * MS)]
    for kinds, shift in ((["a", "b", "a", "a"], -1), (["a", "a", "b", "a"], -2), (["a", "a", "a", "b"], -3)):
        found, _ = assigned({1: requests}, [row(FAR + MS, kinds="b")], {1: kinds})
        assert found == {1: (30, shift)}


def test_two_exchanges_do_not_share_a_command() -> None:
    requests = [exchange(0, FAR), exchange(1, FAR, n=2), exchange(10 * FAR, n=3)]
    kinds = {1: ["a", "a", "b"]}
    for commands in (row(5, 20, 30, 10 * FAR, kinds="axxb"), row(2, 5, 20, 30, 10 * FAR, kinds="xaxxb")):
        assert assigned({1: requests}, [commands], kinds) == ({}, {1: NOTHING})


def test_rows_of_one_thread_that_say_the_same_are_no_doubt() -> None:
    """Neither fits whole: the one row has a command more before it, the other one begins with it."""
    everything, inside = row(0, FAR, 2 * FAR), row(FAR, 2 * FAR, first=1)
    assert set(assigned({1: [exchange(FAR)]}, [everything, inside])[0]) == {1}
