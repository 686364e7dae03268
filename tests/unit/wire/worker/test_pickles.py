"""Pickles taken apart: what Python itself would load, without loading it."""

from __future__ import annotations

import pickle
import pickletools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark import cloudpickle
from worker_recordings import of, recorded

from sparkwire.wire.message import Direction
from sparkwire.wire.worker import PickledFunction, disassemble, is_pickle, pickled_functions
from sparkwire.wire.worker.pickles import MOST_OPCODES

PROGRAMS = "/tmp/sparkwire-workers/programs.py"


def inits():
    found = [(one, message) for one in recorded() for message in one.messages(Direction.TO_PYTHON)]
    return [(one, message) for one, message in found if message.command == "init"]


def mine(message) -> list[PickledFunction]:
    pickles = [field.value for field in message.fields if field.name in ("command", "function", "handler")]
    return [one for data in pickles for one in pickled_functions(data) if one.file == PROGRAMS]


def test_every_command_names_the_users_functions():
    assert len(inits()) > 150
    for one, message in inits():
        # The function of one program is len, which is written in no file.
        assert bool(mine(message)) is (one.program != "text"), one
        assert all(function.line > 0 for function in mine(message))


def test_the_functions_of_a_job():
    [init] = [message for message in of("rdd").messages(Direction.TO_PYTHON) if message.command == "init"]
    assert [one.name for one in mine(init)] == ["rdd.<locals>.<lambda>"] * 2
    others = {one.name for one in pickled_functions(init.field("command").value)} - {mine(init)[0].name}
    assert "PipelinedRDD.__init__.<locals>.pipeline_func" in others


NESTED = """
def outer(x):
    def inner(y):
        return y + x
    return inner

found = outer(1)
"""


def test_functions_are_named_as_python_names_them():
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile(NESTED, "nested.py", "exec"), space)
    inner = PickledFunction("nested.py", 3, "outer.<locals>.inner")
    outer = PickledFunction("nested.py", 2, "outer")
    assert pickled_functions(cloudpickle.dumps(space["found"])) == [inner]
    # The code of the inner one is a constant of the outer one's.
    assert pickled_functions(cloudpickle.dumps(space["outer"])) == [inner, outer]


def test_a_lambda_is_found_by_file_and_line():
    space: dict[str, object] = {"__name__": "__main__"}
    exec(compile("\n\ntwice = lambda x: x * 2\n", "somewhere.py", "exec"), space)
    [found] = pickled_functions(cloudpickle.dumps(space["twice"]))
    assert found == PickledFunction("somewhere.py", 3, "<lambda>")


@pytest.mark.parametrize("value", [1, "text", [1, 2, {"a": (1.5, None)}], {1, 2}, 1 << 99, b"x" * 300])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_opcodes_are_those_of_pickletools(value, protocol):
    data = pickle.dumps(value, protocol)
    taken = disassemble(data)
    assert taken.fault == ""
    assert [tuple(one) for one in taken.opcodes] == [
        (place, info.name, argument) for info, argument, place in pickletools.genops(data)
    ]
    assert is_pickle(data) is (protocol >= 2)
    assert pickled_functions(data) == []


def test_a_cut_pickle_is_read_up_to_there():
    data = pickle.dumps([1, 2, 3])
    for end in range(len(data)):
        taken = disassemble(data[:end])
        assert taken.fault.startswith("It can't be read further: ")
        assert taken.opcodes == disassemble(data).opcodes[: len(taken.opcodes)]


def test_so_many_opcodes_are_listed():
    taken = disassemble(pickle.dumps(list(range(MOST_OPCODES * 2))))
    assert len(taken.opcodes) == MOST_OPCODES
    assert taken.fault == f"It has more than {MOST_OPCODES} opcodes."


NAMES = st.sampled_from([info.code.encode("latin-1") for info in pickletools.opcodes])


@given(st.one_of(st.binary(), st.lists(st.one_of(NAMES, st.binary(max_size=3))).map(b"".join)))
def test_any_bytes_are_taken_apart(data):
    taken = disassemble(data)
    places = [one.place for one in taken.opcodes]
    assert places == sorted(set(places))
    assert isinstance(pickled_functions(data), list)


class Trap:
    def __reduce__(self):
        return print, ("the pickle was loaded",)


def test_nothing_is_loaded(capsys):
    disassemble(pickle.dumps(Trap()))
    assert pickled_functions(pickle.dumps(Trap())) == []
    assert capsys.readouterr().out == ""
