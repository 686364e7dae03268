"""The command line's grammar, and what it decides before anything runs."""

from __future__ import annotations

import argparse
import importlib
import io
import re
import subprocess
import sys

import pytest

from sparkwire import cli
from sparkwire.commands import decode, python_line, show
from sparkwire.commands.recording import check_whose
from sparkwire.errors import CannotRun, SparkwireError
from sparkwire.sources.formats import Format
from sparkwire.trace.java.trim import CALLS_KEPT


def parsed(*arguments: str):
    return cli.parse(list(arguments))


@pytest.mark.parametrize(
    "given, program, arguments, jvm, trace",
    [
        (["s.py"], ["s.py"], [], None, None),
        (["s.py", "--jvm", "-o", "x", "--help"], ["s.py"], ["--jvm", "-o", "x", "--help"], None, None),
        (["--jvm", "-o", "t", "s.py", "a"], ["s.py"], ["a"], True, "t"),
        (["--no-jvm", "s.py", "--", "a"], ["s.py"], ["--", "a"], False, None),
        (["-o", "t", "--", "s.py", "-x"], ["s.py"], ["-x"], None, "t"),
        (["-ot", "--", "-m", "-x"], ["-m"], ["-x"], None, "t"),
        (["--", "-"], ["-"], [], None, None),
        (["-", "--jvm"], ["-"], ["--jvm"], None, None),
        (["--jvm", "-m", "a.b", "-o", "t"], ["-m", "a.b"], ["-o", "t"], True, None),
        (["-ma.b", "--", "x"], ["-m", "a.b"], ["--", "x"], None, None),
        (["-ot", "-c", "-", "-c", "x"], ["-c", "-"], ["-c", "x"], None, "t"),
        (["-c", "", "x"], ["-c", ""], ["x"], None, None),
    ],
)
def test_what_follows_the_program_is_the_programs(given, program, arguments, jvm, trace):
    options = parsed("run", *given)
    assert (list(options.program), list(options.arguments)) == (program, arguments)
    assert (options.jvm, options.trace, options.python) == (jvm, trace, ())


@pytest.mark.parametrize(
    "given, python, program",
    [
        (["-u", "s.py"], ["-u"], ["s.py"]),
        (["-X", "dev", "-Wignore", "-W", "-u", "s.py"], ["-X", "dev", "-Wignore", "-W", "-u"], ["s.py"]),
        (["-uB", "--jvm", "-OO", "s.py"], ["-uB", "-OO"], ["s.py"]),
        (["-uXdev", "-uX", "dev", "-"], ["-uXdev", "-uX", "dev"], ["-"]),
        (["-um", "a", "b"], ["-u"], ["-m", "a"]),
        (["-iBma", "b"], ["-iB"], ["-m", "a"]),
        (["-vcx", "b"], ["-v"], ["-c", "x"]),
        (["--check-hash-based-pycs", "never", "-c", "x"], ["--check-hash-based-pycs", "never"], ["-c", "x"]),
        (["-bdqsxPO", "--", "x"], ["-bdqsxPO"], ["x"]),
    ],
)
def test_pythons_own_options_stand_before_a_program(given, python, program):
    options = parsed("run", *given)
    assert (list(options.python), list(options.program)) == (python, program)


@pytest.mark.parametrize("letter", sorted(python_line.SWITCHES - {"x"}))
def test_python_takes_what_the_grammar_takes(letter):
    """Python itself is asked: each option exists, and takes no value."""
    done = subprocess.run(
        [sys.executable, f"-{letter}", "-c", "import sys; print(sys.argv)", "a"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert "['-c', 'a']" in done.stdout, done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("given", [["-E", "s.py"], ["-uI", "s.py"], ["-S", "-m", "x"], ["-BE", "-"]])
def test_options_that_keep_the_recorder_out_are_named(given):
    letter = next(letter for letter in "".join(given) if letter in python_line.KEEP_OUT)
    with pytest.raises(CannotRun, match=f"option -{letter} keeps the recorder out"):
        parsed("run", *given)


@pytest.mark.parametrize("option", ["-m", "-c", "-W", "-X", "-um", "--check-hash-based-pycs"])
def test_an_option_without_its_value_is_named(option):
    with pytest.raises(CannotRun, match=r"-\S+ needs .* after it, as with python"):
        parsed("run", option)


NEEDED = {"relay": ["--to", "1"], "show": ["t"], "run": ["s.py"]}
"""What a command can't do without."""


@pytest.mark.parametrize("command", ["run", "relay", "show", "decode", "doctor"])
def test_a_wrong_option_shows_the_usage_of_its_command(command, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(
            command, "--nonsense", *{"relay": ["--to", "1"], "show": ["t"], "run": ["s.py"]}.get(command, [])
        )
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert f"usage: sparkwire {command}" in said
    assert "COMMAND" not in said
    assert "--nonsense" in said


@pytest.mark.parametrize("command", ["run", "submit"])
def test_whose_code_it_is_can_be_said_several_times(command):
    options = parsed(
        command, "--user", "a", "--library", "b", "--user", "c/d.py", "--library", "e.f", "--", "s.py"
    )
    assert (options.users, options.libraries) == (["a", "c/d.py"], ["b", "e.f"])
    assert "s.py" in [*options.arguments, *getattr(options, "program", ())]


@pytest.mark.parametrize(
    "users, libraries, reason",
    [
        (["/nowhere/at/all"], [], "there is no /nowhere/at/all"),
        ([], ["a-b"], "a-b is not the name of a package"),
        ([], ["./lib"], "./lib is not the name of a package"),
        ([], [""], "is not the name of a package"),
    ],
)
def test_what_can_not_say_whose_code_it_is_is_refused(users, libraries, reason):
    with pytest.raises(CannotRun, match=re.escape(reason)):
        check_whose(users, libraries)
    check_whose([__file__], ["a.b", "c"])


@pytest.mark.parametrize(
    ("given", "kept"), [([], CALLS_KEPT), (["--java-calls", "7"], 7), (["--java-calls", "all"], None)]
)
def test_how_many_java_calls_are_kept(given, kept):
    assert parsed("run", *given, "s.py").java_calls == kept
    assert parsed("submit", *given, "--", "s.py").java_calls == kept


@pytest.mark.parametrize("given", ["0", "-1", "many", "", "1.5"])
def test_java_calls_takes_a_number_or_all(given, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed("run", f"--java-calls={given}", "s.py")
    assert ended.value.code == 2
    assert "takes a number from 1 on, or all" in capsys.readouterr().err


def test_the_java_is_the_users_choice():
    assert parsed("run", "s.py").java is None
    assert parsed("run", "--java", "25", "s.py", "--java", "x").java == "25"


@pytest.mark.parametrize(
    "given",
    [[], ["run"], ["run", "-o"], ["run", "--jvm", "--no-jvm", "s.py"], ["run", "--jv", "s.py"], ["show"],
     ["show", "t", "--format", "pdf"], ["nothing"]],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2_with_the_usage(given, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(*given)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "usage: sparkwire" in said


def commands() -> dict[str, argparse.ArgumentParser]:
    """The grammar of each command, from the parser itself."""
    return cli._grammar().commands


def options_of(command: str) -> list[argparse.Action]:
    return [action for action in commands()[command]._actions if action.option_strings]


@pytest.mark.parametrize(
    "name, takes",
    [
        (name, option.nargs != 0)
        for option in options_of("run")
        for name in option.option_strings
        if option.dest != "help"
    ],
)
def test_each_option_of_run_may_stand_before_a_script(name, takes):
    text = "7" if name == "--java-calls" else "value"
    value = [text] if takes else []
    options = parsed("run", name, *value, "script", "--opt", name, "--", "x")
    assert (options.program, options.arguments) == (("script",), ("--opt", name, "--", "x"))
    if takes:
        attached = parsed(
            "run", f"{name}={text}" if name.startswith("--") else f"{name}{text}", "script", "--opt"
        )
        assert (attached.program, attached.arguments) == (("script",), ("--opt",))


@pytest.mark.parametrize("command", commands())
def test_the_usage_names_every_option(command):
    usage = commands()[command].format_usage()
    named = set(re.split(r"[\s\[\]]+", usage))
    for option in options_of(command):
        assert option.dest == "help" or named.intersection(option.option_strings)
        assert not option.choices or "|".join(option.choices) in usage


@pytest.mark.parametrize("command", commands())
def test_every_command_is_there(command):
    module = importlib.import_module(f"sparkwire.commands.{command}")
    assert callable(module.main)


def test_the_choices_are_those_that_the_commands_know():
    choices = {
        option.dest: set(option.choices)
        for c in ("show", "decode")
        for option in options_of(c)
        if option.choices
    }
    assert choices == {
        "format": set(show._FORMATS),
        "direction": {*decode._DIRECTIONS, "auto"},
        "form": {*(one.value for one in Format), "auto"},
    }


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(command, "--help")
    assert ended.value.code == 0
    assert f"usage: sparkwire {command}" in capsys.readouterr().out


class Raises:
    """Stands in for a command's module."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def main(self, options):
        raise self.error


def test_what_the_tool_finds_wrong_is_said_in_a_line_and_is_exit_code_2(monkeypatch, capsys):
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: Raises(SparkwireError("no such thing.")))
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor"])
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "sparkwire: no such thing.\n")


def test_an_interrupted_command_ends_as_shells_expect(monkeypatch):
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: Raises(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor"])
    assert ended.value.code == 130


# --- both directions in one stream --------------------------------------------------------------------------


def test_decode_with_a_direction_reads_both_kinds_of_message_of_that_direction(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"c\np0\ncompare\ne\n!yv\n")))
    assert decode.main(parsed("decode", "--direction", "to-python")) == 0
    assert capsys.readouterr().out.count("Java → Python") == 2
