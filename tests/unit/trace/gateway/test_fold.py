"""A long conversation folds into steps whose number follows the program's text."""

from playbook import MAIN, MS, Talk

from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.fold import KEPT, Phase, by_line, fold
from sparkwire.trace.records import CallSite, Frame

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
    assert len(steps) <= 8
    assert sum(step.count for step in steps) == 600


def test_the_costly_line_comes_first() -> None:
    costs = by_line(fold(conversation((2, "f", *NEW), *[(3, "f", *CALL)] * 40)))
    assert [(c.line.line if c.line else 0, c.count, c.duration_ns) for c in costs] == [
        (3, 40, 40 * MS),
        (2, 1, MS),
    ]


def test_errors_are_counted() -> None:
    [step] = fold(conversation((2, "f", CALL[0], "!xro5\n"), (2, "f", *CALL)))
    assert step.errors == 1
