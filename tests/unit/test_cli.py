"""The command line's grammar, and what it decides before anything runs."""

from __future__ import annotations

import io
import sys

import pytest

from sparkwire import cli
from sparkwire.commands import decode
from sparkwire.wire.gateway.both_ways import BothWays
from sparkwire.wire.message import Direction, Malformed, Message


def parsed(*arguments: str):
    return cli.parse(list(arguments))


@pytest.mark.parametrize(
    "given, script, arguments, jvm, trace",
    [
        (["s.py"], "s.py", [], None, None),
        (["s.py", "--jvm", "-o", "x", "--help"], "s.py", ["--jvm", "-o", "x", "--help"], None, None),
        (["--jvm", "-o", "t", "s.py", "a"], "s.py", ["a"], True, "t"),
        (["--no-jvm", "s.py", "--", "a"], "s.py", ["--", "a"], False, None),
        (["-o", "t", "--", "s.py", "-x"], "s.py", ["-x"], None, "t"),
    ],
)
def test_what_follows_the_script_is_the_scripts(given, script, arguments, jvm, trace):
    options = parsed("run", *given)
    assert (options.script, options.arguments, options.jvm, options.trace) == (script, arguments, jvm, trace)


@pytest.mark.parametrize(
    "given",
    [[], ["run"], ["run", "-o"], ["run", "--jvm", "--no-jvm", "s.py"], ["run", "--jv", "s.py"], ["show"],
     ["show", "t", "--format", "pdf"], ["nothing"]],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2_with_the_usage(given, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(*given)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "usage: sparkwire" in said


@pytest.mark.parametrize("command", ["run", "submit", "show", "decode", "doctor"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(command, "--help")
    assert ended.value.code == 0 and f"usage: sparkwire {command}" in capsys.readouterr().out


class Raises:
    """Stands in for a command's module."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, options):
        raise self.error


def test_an_interrupted_command_ends_as_shells_expect(monkeypatch):
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: Raises(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor"])
    assert ended.value.code == 130


# --- both directions in one stream --------------------------------------------------------------------------

CONVERSATION = (
    b"A\nsecret\n!yv\n"
    b"c\no1\nsort\nrp0\ne\nc\np0\ncompare\ni3\ni4\ne\n!yi-1\n!yv\n"
    b"g\np0\ne\n!yv\nm\nd\no5\ne\n!yv\n"
)
DIRECTIONS = ["java", "python", "java", "python", "java", "python", "python", "java", "java", "python"]


def shape(found):
    return ["java" if m.direction is Direction.TO_JAVA else "python" for m in found]


def test_each_message_goes_the_way_it_went():
    decoder = BothWays()
    found = decoder.feed(CONVERSATION) + decoder.end()
    assert all(isinstance(message, Message) for message in found)
    assert b"".join(message.raw for message in found) == CONVERSATION
    assert shape(found) == DIRECTIONS
    at = 0
    for message in found:
        assert message.offset == at
        at += len(message.raw)


def test_byte_by_byte_gives_the_same():
    whole, pieces = BothWays(), BothWays()
    expected = whole.feed(CONVERSATION) + whole.end()
    found = [m for i in range(len(CONVERSATION)) for m in pieces.feed(CONVERSATION[i : i + 1])] + pieces.end()
    assert found == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe",
        b"c\n",
        b"c\no1\n",
        b"!y",
        b"zzz\n!yv\n",
        b"c\no1\n!yv\n",
        b"\r\n\r\n",
        b"!\n!\n",
        b"e\n" * 5,
    ],
)
def test_no_byte_is_lost_and_offsets_are_those_of_the_stream(data):
    decoder = BothWays()
    found = decoder.feed(data) + decoder.end()
    assert b"".join(message.raw for message in found) == data
    assert [m.offset for m in found] == [sum(len(o.raw) for o in found[:i]) for i in range(len(found))]
    assert any(isinstance(message, Malformed) for message in found)


def test_decode_with_a_direction_reads_both_kinds_of_message_of_that_direction(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"c\np0\ncompare\ne\n!yv\n")))
    assert decode.main(parsed("decode", "--direction", "to-python")) == 0
    assert capsys.readouterr().out.count("Java → Python") == 2
