"""The text of ``jfr print --exact`` becomes Java calls, with what is odd in it."""

from __future__ import annotations

import pytest

from sparkwire.trace.java import text as module
from sparkwire.trace.java.text import CUT_STACK, parse_calls

PLAIN = """
jdk.MethodTrace {
  startTime = 12:02:05.314248136 (2026-11-22)
  duration = 0.000952120 s
  method = py4j.commands.AuthCommand.execute(String, BufferedReader, BufferedWriter)
  eventThread = "Thread-3" (javaThreadId = 29)
  stackTrace = [
    py4j.ClientServerConnection.waitForCommands() line: 182
    py4j.ClientServerConnection.run() line: 108
    java.lang.Thread.run()
  ]
}

"""


def test_reads_a_call() -> None:
    (call,) = parse_calls(PLAIN.splitlines(keepends=True))
    assert call.method == "py4j.commands.AuthCommand.execute(String, BufferedReader, BufferedWriter)"
    assert call.start_ns == 1_795_348_925_314_248_136
    assert call.duration_ns == 952_120
    assert (call.thread, call.thread_name) == (29, "Thread-3")
    assert call.stack == (
        "java.lang.Thread.run()",
        "py4j.ClientServerConnection.run() line: 108",
        "py4j.ClientServerConnection.waitForCommands() line: 182",
    )


def test_turns_the_local_time_into_utc() -> None:
    (call,) = parse_calls(PLAIN.splitlines(), lambda local: local + 5)
    assert call.start_ns == 1_795_348_925_314_248_141


def test_equal_stacks_are_kept_once() -> None:
    first, second = parse_calls((PLAIN + PLAIN).splitlines())
    assert first.stack is second.stack
    assert first.method is second.method


def test_reads_long_durations_and_whole_seconds() -> None:
    text = PLAIN.replace("0.000952120 s", "3725.000000001 s").replace("05.314248136", "05")
    (call,) = parse_calls(text.splitlines())
    assert call.duration_ns == 3_725_000_000_001
    assert call.start_ns == 1_795_348_925_000_000_000


@pytest.mark.parametrize(
    ("said", "duration"),
    [("2 s", 2_000_000_000), ("2.5 s", 2_500_000_000), ("2.000000001 s", 2_000_000_001)],
)
def test_reads_fractions_of_a_second(said: str, duration: int) -> None:
    (call,) = parse_calls(PLAIN.replace("0.000952120 s", said).splitlines())
    assert call.duration_ns == duration
    (call,) = parse_calls(PLAIN.replace("05.314248136", "05.5").splitlines())
    assert call.start_ns == 1_795_348_925_500_000_000


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        ("0.000952120 s", "0.952120 ms"),
        ("0.000952120 s", "0.0009521200 s"),
        ("05.314248136", "05.3142481360"),
        ("05.314248136", "05,314248136"),
    ],
)
def test_a_time_in_another_form_is_not_guessed(value: str, unknown: str) -> None:
    assert list(parse_calls(PLAIN.replace(value, unknown).splitlines())) == []


def test_thread_names_may_hold_anything_on_a_line() -> None:
    name = 'stream "q" (javaThreadId = 7) [id = }, = ]'
    (call,) = parse_calls(PLAIN.replace("Thread-3", name).splitlines())
    assert (call.thread, call.thread_name) == (29, name)
    (call,) = parse_calls(PLAIN.replace("Thread-3", "").splitlines())
    assert (call.thread, call.thread_name) == (29, "")
    (call,) = parse_calls(PLAIN.replace("javaThreadId", "osThreadId").splitlines())
    assert call.thread == -29


def test_stacks_may_be_missing_empty_or_cut() -> None:
    head, tail = PLAIN.split("  stackTrace = [")[0], "}\n"
    (call,) = parse_calls((head + "  stackTrace = N/A\n" + tail).splitlines())
    assert call.stack == ()
    (call,) = parse_calls((head + "  stackTrace = [\n  ]\n" + tail).splitlines())
    assert call.stack == ()
    (call,) = parse_calls(PLAIN.replace("    java.lang.Thread.run()", "    ...").splitlines())
    assert call.stack[0] == CUT_STACK


def test_other_events_and_halves_are_left_out() -> None:
    other = PLAIN.replace("jdk.MethodTrace", "jdk.ActiveSetting")
    no_method = "\n".join(line for line in PLAIN.splitlines() if "method =" not in line)
    odd_time = PLAIN.replace("12:02:05.314248136 (2026-11-22)", "N/A")
    cut = PLAIN[: PLAIN.index("eventThread")]
    calls = list(parse_calls((other + no_method + odd_time + PLAIN + other + cut).splitlines()))
    assert len(calls) == 1
    assert not list(parse_calls([]))


@pytest.mark.parametrize("name", ["startTime", "duration", "eventThread", "method"])
def test_a_call_that_lacks_a_value_is_left_out_and_the_next_is_read(name: str) -> None:
    without = "\n".join(line for line in PLAIN.splitlines() if f" {name} =" not in line)
    assert [call.method for call in parse_calls((without + PLAIN).splitlines())] == [
        "py4j.commands.AuthCommand.execute(String, BufferedReader, BufferedWriter)"
    ]


def test_so_many_stacks_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_STACKS", 2)

    def stacks(*lines: int) -> list[tuple[str, ...]]:
        text = "".join(PLAIN.replace("line: 108", f"line: {line}") for line in lines)
        found = [call.stack for call in parse_calls(text.splitlines())]
        assert [stack[1] for stack in found] == [
            f"py4j.ClientServerConnection.run() line: {n}" for n in lines
        ]
        return found

    first, _, again = stacks(1, 2, 1)
    assert again == first
    first, *_, again = stacks(1, 2, 3, 1)
    assert again == first
    assert again is not first


def test_reads_a_stream_without_waiting_for_its_end() -> None:
    def lines():  # type: ignore[no-untyped-def]
        yield from PLAIN.splitlines()
        raise AssertionError("read beyond the first call")

    assert next(parse_calls(lines())).thread == 29
