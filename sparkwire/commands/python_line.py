"""Python's own command line, as far as ``sparkwire run`` must read it: where the program is named.

``sparkwire run`` takes what ``python`` takes: its own options among Python's, then a script, ``-m MODULE``,
``-c CODE`` or ``-``, and everything after that is the program's. Python reads its options as getopt does: one
letter each, several in one word (``-um pytest``), a value in the same word or in the next
(CPython 3.11, Python/getopt.c, SHORT_OPTS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparkwire.errors import CannotRun

SWITCHES = frozenset("bBdiOPqsuvx")
"""Python's options without a value that a recorded program may be given."""
VALUES = frozenset("WX")
"""Python's options with a value."""
KEEP_OUT = frozenset("EIS")
"""Python's options under which Python doesn't load the recorder."""
_ENDS = frozenset("mc")
"""What names the program, and so ends the options."""
_LONG = "--check-hash-based-pycs"


@dataclass(frozen=True, slots=True)
class PythonLine:
    """What stood behind ``sparkwire run``, taken apart."""

    own: tuple[str, ...]
    """What is ``sparkwire run``'s own, for its grammar to check."""
    python: tuple[str, ...] = ()
    """Python's options, a word each, as they were given."""
    program: tuple[str, ...] = ()
    """The script, ``-``, or ``-m`` or ``-c`` with its value; empty when no program is named."""
    arguments: tuple[str, ...] = ()
    """The program's own arguments."""


def read(arguments: Sequence[str], own_values: Mapping[str, int]) -> PythonLine:
    """Take them apart. ``own_values`` says how many values each option of ``sparkwire run`` itself takes.

    Raises ``CannotRun`` for an option that lacks its value or keeps the recorder out.
    """
    own: list[str] = []
    python: list[str] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word == "--":
            return PythonLine(tuple(own), tuple(python), *_split(arguments, at + 1, 1))
        if word == "-" or not word.startswith("-"):
            return PythonLine(tuple(own), tuple(python), *_split(arguments, at, 1))
        if word in own_values:
            taken = 1 + own_values[word]
            own += arguments[at : at + taken]
            at += taken
        elif word == _LONG:
            python += [word, _value(arguments, at, word)]
            at += 2
        elif word.startswith("--") or word[:2] in own_values or word == "-h":
            own.append(word)  # with its value, or wrong: the grammar says so
            at += 1
        else:
            letters, rest = _letters(word)
            if letters is None:
                own.append(word)
                at += 1
            elif letters[-1:] in _ENDS:
                python += [f"-{letters[:-1]}"] if letters[:-1] else []
                program = (f"-{letters[-1]}", rest or _value(arguments, at, f"-{letters[-1]}"))
                after = at + (1 if rest else 2)
                return PythonLine(tuple(own), tuple(python), program, tuple(arguments[after:]))
            elif letters[-1:] in VALUES and not rest:
                python += [word, _value(arguments, at, f"-{letters[-1]}")]
                at += 2
            else:
                python.append(word)
                at += 1
    return PythonLine(tuple(own), tuple(python))


def _split(arguments: Sequence[str], at: int, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The program, and what follows it."""
    return tuple(arguments[at : at + count]), tuple(arguments[at + count :])


def _letters(word: str) -> tuple[str | None, str]:
    """Python's options in one word, up to the first that takes a value, and that value as far as it's there.

    The first is None when a letter is none of Python's.
    """
    for index, letter in enumerate(word[1:], 1):
        if letter in KEEP_OUT:
            raise CannotRun(keeps_out(f"-{letter}"))
        if letter in VALUES or letter in _ENDS:
            return word[1 : index + 1], word[index + 1 :]
        if letter not in SWITCHES:
            return None, ""
    return word[1:], ""


def _value(arguments: Sequence[str], at: int, option: str) -> str:
    if at + 1 < len(arguments):
        return arguments[at + 1]
    wanted = {"-m": "the name of a module", "-c": "the code to run"}.get(option, "a value")
    raise CannotRun(f"{option} needs {wanted} after it, as with python.")


def keeps_out(option: str) -> str:
    """What to say of an option under which nothing can be recorded."""
    return f"Python's option {option} keeps the recorder out of the program: start without it."
