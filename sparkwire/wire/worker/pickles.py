"""Pickles taken apart, and never loaded: loading one runs what it says.

``disassemble`` lists the opcodes, as ``pickletools`` does. ``pickled_functions`` follows them with a stack
that has no objects on it, only what the opcodes say, and finds where the functions in a pickle were written:
cloudpickle writes a function of the user's as the arguments of ``CodeType``, which has the file and the line.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

MOST_OPCODES = 20_000
"""How many opcodes are listed, or followed."""


class Opcode(NamedTuple):
    """One instruction of a pickle."""

    place: int
    """Where it begins, in bytes from the pickle's beginning."""
    name: str
    argument: object
    """A number, text, bytes or None."""


class Disassembly(NamedTuple):
    """A pickle, taken apart."""

    opcodes: tuple[Opcode, ...]
    fault: str
    """Why it was read no further, in a plain sentence; empty when it was read to its end."""


class PickledFunction(NamedTuple):
    """Where a function in a pickle was written."""

    file: str
    line: int
    name: str
    """Its qualified name where Python writes one (3.11 and newer), else its name."""


def is_pickle(data: bytes) -> bool:
    """Whether bytes begin and end as PySpark's pickles do: with a protocol, and with STOP."""
    return data[:1] == b"\x80" and data[-1:] == b"."


def disassemble(data: bytes) -> Disassembly:
    """The opcodes of a pickle, up to the first that can't be read."""
    found: list[Opcode] = []
    try:
        for info, argument, place in pickletools.genops(data):
            if len(found) == MOST_OPCODES:
                return Disassembly(tuple(found), f"It has more than {MOST_OPCODES} opcodes.")
            found.append(Opcode(place or 0, info.name, argument))
    except Exception as error:  # of several kinds, by what is wrong
        return Disassembly(tuple(found), f"It can't be read further: {error}.")
    return Disassembly(tuple(found), "")


def pickled_functions(data: bytes) -> list[PickledFunction]:
    """The functions whose code is in a pickle, in the order in which their code ends there."""
    return list(_found(data))


@lru_cache(maxsize=64)
def _found(data: bytes) -> tuple[PickledFunction, ...]:
    """The same, kept for a while: all runs of a stage are given the same bytes."""
    return tuple(_functions(disassemble(data)))


class _Name(NamedTuple):
    """What is imported by name."""

    name: object


class _Call(NamedTuple):
    """What a call returns, or a class makes."""

    called: object
    arguments: object


_MARK = object()
_UNKNOWN = object()
_INFO = {info.name: info for info in pickletools.opcodes}
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "UNICODE", "SHORT_BINUNICODE",
    "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8",
}  # fmt: skip
_MEMOIZED = {"PUT", "BINPUT", "LONG_BINPUT"}
_GOT = {"GET", "BINGET", "LONG_BINGET"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

# Where CodeType has them: cloudpickle/cloudpickle.py, _code_reduce, for Python 3.8 and newer.
_FILE, _FUNCTION = 10, 11


def _functions(taken: Disassembly) -> Iterator[PickledFunction]:
    stack: list[object] = []
    memo: dict[object, object] = {}

    def pop() -> object:
        return stack.pop() if stack else _UNKNOWN

    def pop_to_mark() -> list[object]:
        items: list[object] = []
        while stack and (top := stack.pop()) is not _MARK:
            items.append(top)
        return items[::-1]

    for opcode in taken.opcodes:
        name = opcode.name
        if name == "MARK":
            stack.append(_MARK)
        elif name in _LITERALS:
            stack.append(opcode.argument)
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1] if stack else _UNKNOWN
        elif name in _MEMOIZED:
            memo[opcode.argument] = stack[-1] if stack else _UNKNOWN
        elif name in _GOT:
            stack.append(memo.get(opcode.argument, _UNKNOWN))
        elif name in _TUPLES:
            stack.append(tuple([pop() for _ in range(_TUPLES[name])][::-1]))
        elif name == "TUPLE":
            stack.append(tuple(pop_to_mark()))
        elif name == "STACK_GLOBAL":
            found = pop()
            pop()
            stack.append(_Name(found))
        elif name == "REDUCE":
            arguments = pop()
            call = _Call(pop(), arguments)
            stack.append(call)
            if (function := _function(call)) is not None:
                yield function
        else:
            before, after = _INFO[name].stack_before, _INFO[name].stack_after
            if pickletools.markobject in before:
                pop_to_mark()
                before = before[: before.index(pickletools.markobject)]
            for _ in before:
                pop()
            stack.extend([_UNKNOWN] * len(after))


def _function(call: _Call) -> PickledFunction | None:
    """The function whose code a call makes; None when it makes something else."""
    maker, code = call.called, call.arguments
    if not isinstance(maker, _Call) or not isinstance(code, tuple):
        return None
    if maker.called != _Name("_builtin_type") or maker.arguments != ("CodeType",):
        return None
    file, name, *rest = code[_FILE:] if len(code) > _FUNCTION + 1 else (None, None, None)
    if rest and isinstance(rest[0], str):
        name, *rest = rest
    line = rest[0] if rest else None
    if isinstance(file, str) and isinstance(name, str) and isinstance(line, int):
        return PickledFunction(file, line, name)
    return None
