"""A pickle that a worker was given, taken apart and never loaded: the functions in it, and its opcodes."""

from __future__ import annotations

from collections.abc import Iterable

from sparkwire.plain import ELLIPSIS, many, number, shorten, size, visible
from sparkwire.views import markup
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.worker.words import function_words, without_folder
from sparkwire.wire.worker import Opcode, PickledFunction, disassemble, pickled_functions

OPCODES_SHOWN = 2_000
"""Opcodes that are listed, of a function with little around it all."""
_ARGUMENT_SHOWN = 90
"""Characters of an opcode's argument."""
_BITS_SHOWN = 256


def pickle_html(
    name: str, data: bytes, users: Iterable[PickledFunction], target: str, *, most: int = OPCODES_SHOWN
) -> Html:
    """A pickle in closed details, with ``target`` as the id of what is inside.

    ``name`` says which part of the init message it is; ``users`` are the functions in it that aren't
    PySpark's. Their names and files stand out among the opcodes, of which ``most`` are listed.
    """
    taken, users = disassemble(data), list(users)
    found = list(dict.fromkeys(pickled_functions(data)))
    # Not by the file: that of a notebook's cell has another name for people.
    theirs = {(one.line, one.name) for one in users}
    summary = tag(
        "summary",
        f"The pickled {name}: {size(len(data))}, {many(len(taken.opcodes), 'opcode')}",
        f", {many(len(found), 'function')}" if found else "",
    )
    inside = [
        _list("Yours", (one for one in users if any((one.line, one.name) == own[1:] for own in found))),
        _list("PySpark's own", (one for one in found if one[1:] not in theirs)),
        tag("p", taken.fault) if taken.fault else EMPTY,
        _opcodes(taken.opcodes, {one.name for one in users} | {one.file for one in users}, most),
    ]
    return tag("details", summary, tag("div", *inside, id=target), class_="sw-y")


def _list(name: str, functions: Iterable[PickledFunction]) -> Html:
    said = markup.join([tag("code", function_words(one)) for one in functions], ", ")
    return tag("p", tag("b", name), ": ", said) if said else EMPTY


def _opcodes(opcodes: tuple[Opcode, ...], telling: set[str], most: int) -> Html:
    """A line for each: where it begins, its name, its argument."""
    lines = []
    for opcode in opcodes[:most]:
        said = _argument(opcode.argument)
        marked = isinstance(opcode.argument, str) and opcode.argument in telling
        shown = tag("b", said) if marked else said
        lines.append(markup.join([f"{opcode.place:>6}  {opcode.name:<16} ", shown]))
    if (left := len(opcodes) - len(lines)) > 0:
        lines.append(markup.escape(f"{ELLIPSIS} and {number(left)} more"))
    return tag("pre", markup.join(lines, "\n"), tabindex=0) if lines else EMPTY


def _argument(argument: object) -> str:
    """What follows an opcode, cut where it is long, and without the folder of a library's file."""
    match argument:
        case None:
            return ""
        case int() if argument.bit_length() > _BITS_SHOWN:  # Python refuses to write a very long one down
            return f"a number of {many(argument.bit_length(), 'bit')}"
        case bytes() | bytearray():
            argument = bytes(argument[: _ARGUMENT_SHOWN + 1])
        case str():
            argument = without_folder(argument)
    return visible(shorten(argument if isinstance(argument, str) else repr(argument), _ARGUMENT_SHOWN))
