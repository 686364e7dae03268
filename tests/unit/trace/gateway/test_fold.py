"""A long conversation folds into steps whose number follows the program's text."""

import pytest
from playbook import MAIN, MS, Talk

from sparkwire.trace.gateway.exchange import Exchange, Paired, Simple
from sparkwire.trace.gateway.exchanges import ExchangeBuilder
from sparkwire.trace.gateway.fold import KEPT, MAX_RETURNS, Folder, Phase, by_line, fold, phase_of
from sparkwire.trace.records import CallSite, Channel, Chunk, Frame, Opened, Record
from sparkwire.wire.message import Direction

Sent = tuple[int, str, str, str]
"""The user's line (0 for none), the library function, the request and the reply."""


def conversation(*sent: Sent) -> list[Exchange]:
    talk = Talk().open().named(MAIN, "MainThread")
    for line, function, request, reply in sent:
        stack = [
            Frame("pyspark/x.py", 1, function, "", True),
            Frame("py4j/y.py", 1, "send_command", "", True),
        ]
        if line:
            stack.insert(0, Frame("job.py", line, "<module>", f"line {line}", False))
        talk.at(CallSite(tuple(stack))).ask(request, reply)
    return talk.exchanges()


CALL = ("c\no0\nrun\ne\n", "!yv\n")
NEW = ("i\norg.apache.spark.api.java.JavaSparkContext\ne\n", "!yro0\n")
LOOK = ("r\nu\nJavaSparkContext\nrj\ne\n", "!ycorg.apache.spark.api.java.JavaSparkContext\n")


def test_a_lookup_belongs_to_what_it_was_made_for() -> None:
    [step] = fold(conversation((2, "_do_init", *LOOK), (2, "_do_init", *NEW)))
    assert (step.phase, step.count, step.title) == (Phase.CREATE, 2, "new JavaSparkContext")


def test_a_lookup_for_something_else_stands_alone() -> None:
    steps = fold(conversation((2, "_do_init", *LOOK), (3, "other", *NEW)))
    assert [step.phase for step in steps] == [Phase.LOOK_UP, Phase.CREATE]


def test_lines_and_phases_make_steps_in_order() -> None:
    steps = fold(
        conversation(
            (2, "f", "A\n***\n", "!yv\n"),
            (2, "f", "j\ni\nrj\norg.apache.spark.SparkConf\ne\n", "!yv\n"),
            (2, "SparkConf.set", *CALL),
            (2, "f", *NEW),
            (3, "g", *CALL),
            (0, "FinalizerWorker.run", "m\nd\no1\ne\n", "!yv\n"),
        )
    )
    assert [(s.phase.value, s.line.line if s.line else 0) for s in steps] == [
        ("authenticate", 2), ("import", 2), ("configure", 2), ("create", 2), ("call", 3), ("release", 0),
    ]  # fmt: skip


def test_a_loop_over_two_lines_is_two_steps_however_long_it_runs() -> None:
    rounds = 500
    steps = fold(conversation(*[(line, "f", *CALL) for _ in range(rounds) for line in (5, 6)]))
    assert [(s.count, s.runs) for s in steps] == [(rounds, rounds), (rounds, rounds)]
    assert len(steps[0].exchanges) == KEPT


def test_a_line_that_keeps_changing_its_mind_has_few_steps() -> None:
    steps = fold(conversation(*[(5, "f", *pair) for _ in range(300) for pair in (CALL, NEW)]))
    assert len(steps) == 2 * MAX_RETURNS
    assert sum(step.count for step in steps) == 600


def test_the_costly_line_comes_first() -> None:
    costs = by_line(fold(conversation((2, "f", *NEW), *[(3, "f", *CALL)] * 40)))
    assert [(c.line.line if c.line else 0, c.count, c.duration_ns) for c in costs] == [
        (3, 40, 40 * MS),
        (2, 1, MS),
    ]


def test_what_a_line_cost_is_the_sum_of_its_steps() -> None:
    [cost] = by_line(fold(conversation((2, "f", *NEW), (2, "f", *CALL), (2, "f", *CALL))))
    assert (cost.count, cost.duration_ns) == (3, 3 * MS)
    assert cost.bytes == sum(map(len, (*NEW, *CALL, *CALL)))


def test_errors_are_counted() -> None:
    failed, odd = (2, "f", CALL[0], "!xro5\n"), (2, "f", CALL[0], "!q\n")
    [step] = fold(conversation(failed, (2, "f", *CALL), failed, odd, failed))
    assert step.errors == 3
    [step] = fold(simple(failed, (2, "f", *CALL), failed, failed))
    assert step.errors == 3


def simple(*sent: Sent) -> list[Paired]:
    """The same before they are whole: all these messages passed before."""
    records: list[Record] = [Opened(1, Channel.GATEWAY, 4001, 25333, 0, "")]
    for _, _, request, reply in sent:
        at = len(records) * MS
        records.append(Chunk(1, Direction.TO_JAVA, at, MAIN, 0, request.encode()))
        records.append(Chunk(1, Direction.TO_PYTHON, at + 7, MAIN, 0, reply.encode()))
    builder = ExchangeBuilder()
    builder.feed(records)
    found = ExchangeBuilder().feed(records)
    assert all(isinstance(one, Simple) for one in found)
    return found


def test_bytes_and_times_are_added_up_whether_exchanges_are_whole_or_not() -> None:
    sent = [(2, "f", *CALL), (2, "f", "c\no0\nrun\nsabc\ne\n", "!ysab\n"), (2, "f", *CALL)]
    size = 2 * len(CALL[0]) + len(sent[1][2]), 2 * len(CALL[1]) + len(sent[1][3])
    for found, took in ((conversation(*sent), MS), (simple(*sent), 7)):
        [step] = fold(found)
        assert (step.request_bytes, step.reply_bytes, step.duration_ns, step.count) == (*size, 3 * took, 3)
        [cost] = by_line([step])
        assert (cost.bytes, cost.duration_ns) == (sum(size), 3 * took)


def test_a_request_without_a_reply_takes_no_time() -> None:
    [step] = fold(Talk().open().to_java(CALL[0]).close().exchanges())
    assert (step.count, step.duration_ns, step.reply_bytes, step.errors) == (1, 0, 0, 0)


def said(request: str, reply: str = "!yv\n", times: int = 1) -> list[Sent]:
    return [(2, "f", request, reply)] * times


RELEASE, IMPORT, UNKNOWN = "m\nd\no1\ne\n", "j\ni\nrj\norg.x.Y\ne\n", "?\nwhat\ne\n"
ARRAY = "a\ne\no0\ne\n"


@pytest.mark.parametrize(
    ("sent", "phase", "title"),
    [
        (said("A\n***\n"), Phase.AUTHENTICATE, "show the token"),
        (said(IMPORT), Phase.IMPORT, "import 1 name"),
        (said(IMPORT, times=2), Phase.IMPORT, "import 2 names"),
        (said(RELEASE), Phase.RELEASE, "release 1 object"),
        (said(RELEASE, times=3), Phase.RELEASE, "release 3 objects"),
        (said(UNKNOWN), Phase.UNKNOWN, "1 message that can't be decoded"),
        (said(UNKNOWN, times=2), Phase.UNKNOWN, "2 messages that can't be decoded"),
        (said(NEW[0]) + said("i\na.b.C\ne\n"), Phase.CREATE, "new JavaSparkContext, C"),
        (said("i\n\ne\n"), Phase.CREATE, "create"),
        (said(LOOK[0]), Phase.LOOK_UP, "JavaSparkContext"),
        (said(ARRAY) + said(CALL[0]), Phase.CALL, "run"),
        (said(ARRAY), Phase.CALL, "array"),
        (
            [one for name in "abaca" for one in said(f"c\no0\n{name}\ne\n")],
            Phase.CALL,
            "a, b, c",
        ),
        (
            [one for name in "abcdef" for one in said(f"c\no0\n{name}\ne\n")],
            Phase.CALL,
            "a, b, c and 3 more",
        ),
    ],
)
def test_a_step_says_in_a_few_words_what_it_does(sent: list[Sent], phase: Phase, title: str) -> None:
    [step] = fold(conversation(*sent))
    assert (step.phase, step.title) == (phase, title)


def test_the_last_step_says_that_the_gateway_is_shut_down() -> None:
    [step] = fold(Talk().open().to_java("s\n").close().exchanges())
    assert (step.phase, step.title) == (Phase.SHUT_DOWN, "shut the gateway down")


def phases(*sent: Sent) -> list[tuple[Phase, int]]:
    return [(step.phase, step.count) for step in fold(conversation(*sent))]


def test_a_lookup_waits_for_what_the_same_line_and_function_ask_for() -> None:
    look, new = LOOK, NEW
    assert phases((2, "f", *look), (2, "f", *look), (2, "f", *new)) == [(Phase.CREATE, 3)]
    assert phases((2, "f", *look), (2, "g", *look), (2, "g", *new)) == [(Phase.LOOK_UP, 1), (Phase.CREATE, 2)]
    assert phases((2, "f", *look), (3, "f", *new)) == [(Phase.LOOK_UP, 1), (Phase.CREATE, 1)]
    assert phases((2, "f", *new), (2, "f", *look)) == [(Phase.CREATE, 1), (Phase.LOOK_UP, 1)]


def test_so_many_lookups_wait_and_no_more() -> None:
    look, new = (2, "f", *LOOK), (2, "f", *NEW)
    assert phases(*[look] * KEPT, new) == [(Phase.CREATE, KEPT + 1)]
    assert phases(*[look] * (KEPT + 1), new) == [(Phase.LOOK_UP, KEPT + 1), (Phase.CREATE, 1)]


def test_what_lists_names_is_no_lookup_for_something_else() -> None:
    listing = "d\nf\no5\ne\n"
    assert phases((2, "f", listing, "!ysa\n"), (2, "f", *CALL)) == [(Phase.LOOK_UP, 1), (Phase.CALL, 1)]


def test_callbacks_and_connections_are_counted() -> None:
    talk = Talk().open(1).open(2, channel="callback").open(3)
    for _ in range(3):
        talk.call_back("c\np0\nrun\ne\n", "!yv\n", on=2).ask(*CALL, on=1).ask(*CALL, on=3)
    folder = Folder()
    assert (folder.callbacks, folder.connections) == (0, set())
    folder.add(talk.exchanges())
    assert (folder.callbacks, folder.connections) == (3, {1, 2, 3})


def test_what_java_asks_is_a_callback_but_for_its_authentication() -> None:
    talk = Talk().open(channel="callback")
    talk.call_back("A\n***\ne\n", "!yv\n").call_back("c\np0\nrun\ne\n", "!yv\n").call_back(UNKNOWN, "!yv\n")
    talk.call_back("g\np0\ne\n", "!yv\n")
    assert [phase_of(one) for one in talk.exchanges()] == [
        Phase.AUTHENTICATE, Phase.CALLBACK, Phase.CALLBACK, Phase.CALLBACK,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "request_", "phase"),
    [
        ("SparkConf.set", CALL[0], Phase.CONFIGURE),
        ("RuntimeConfig.get", CALL[0], Phase.CONFIGURE),
        ("RuntimeConf.get", NEW[0], Phase.CONFIGURE),
        ("SparkConf.set", RELEASE, Phase.RELEASE),
        ("MySparkConf.set", CALL[0], Phase.CALL),
    ],
)
def test_what_pysparks_settings_ask_for_configures(function: str, request_: str, phase: Phase) -> None:
    [one] = conversation((2, function, request_, "!yv\n"))
    assert phase_of(one) is phase
