"""How far something is, shown on a terminal and nowhere else."""

from __future__ import annotations

import argparse
import io
import os
import pty
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkwire.commands import decode
from sparkwire.commands import progress as shown
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.format import BLOCK, encode_chunk
from sparkwire.trace.load import load
from sparkwire.trace.records import Header

END = "<end>"
HEADER = Header("3.11.7", "0.10.9.9", "4.3.0", "Linux", "adam.py", 1)


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Standard error is a terminal, and the function tells what was written to it meanwhile.

    No fixture: pytest gives each phase of a test a standard error of its own.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with open(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)

        def written() -> str:
            stream.write(END)
            stream.flush()
            said = ""
            while not said.endswith(END):
                said += os.read(ours, 65536).decode()
            return said.removesuffix(END)

        yield written
    os.close(ours)


def test_a_terminal_sees_a_bar_that_goes_away(monkeypatch):
    monkeypatch.setattr(shown, "SECONDS", 0)
    with terminal(monkeypatch) as written:
        with shown.progress("reading the trace", 2000, "B") as done:
            done(500)
            assert "sparkwire: reading the trace:" in written()
            done(1500)
        *_, blank, after = written().split("\r")
        assert (blank.strip(), after) == ("", ""), "nothing is left of it"


def test_what_is_quickly_done_shows_nothing(monkeypatch):
    monkeypatch.setattr(shown, "SECONDS", 3600)
    with terminal(monkeypatch) as written:
        with shown.progress("reading the trace", 2000, "B") as done:
            done(2000)
        assert written() == ""


def test_a_pipe_sees_nothing(monkeypatch):
    monkeypatch.setattr(shown, "SECONDS", 0)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with shown.progress("reading the trace", 2000, "B") as done:
        done(2000)
    assert sys.stderr.getvalue() == ""


def test_without_tqdm_the_work_goes_on(monkeypatch):
    monkeypatch.setattr(shown, "SECONDS", 0)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with terminal(monkeypatch) as written:
        with shown.progress("reading the trace", 2000, "B") as done:
            done(2000)
        assert written() == ""


def test_who_watches_a_trace_is_told_of_every_byte(tmp_path: Path):
    writer = TraceWriter(tmp_path / "t", HEADER)
    for at in range(4):
        writer.write(encode_chunk(1, False, at, 7, 0, b"x" * (BLOCK // 2)))
    writer.close()
    told: list[tuple[str, int | None, str, list[int]]] = []

    class Told:
        def __init__(self, what: str, total: int | None, unit: str) -> None:
            self.done: list[int] = []
            told.append((what, total, unit, self.done))

        def __enter__(self):
            return self.done.append

        def __exit__(self, *_: object) -> None:
            self.done.append(0)

    trace = load(tmp_path / "t", watch=Told)
    list(trace.stream())
    assert len(told) == 2, "once for what is told at once, once for the exchanges"
    for what, total, unit, done in told:
        assert (what, unit) == ("reading the trace", "B")
        assert sum(done) == total
        assert len(done) > 3
        assert done[-1] == 0, "it is told when it is over"
    trace.unwatch()
    list(trace.stream())
    assert len(told) == 2


@pytest.mark.parametrize("at_a_terminal", [False, True])
def test_decoding_shows_how_far_it_is_unless_what_it_prints_does(monkeypatch, tmp_path, at_a_terminal):
    (tmp_path / "raw").write_bytes(b"c\no1\nsize\ne\n!yi3\n" * 10)
    monkeypatch.setattr(shown, "SECONDS", 0)
    monkeypatch.setattr(decode, "_PIECE", 50)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: at_a_terminal)
    options = argparse.Namespace(file=str(tmp_path / "raw"), form="raw", direction="auto")
    with terminal(monkeypatch) as written:
        assert decode.main(options) == 0
        assert ("sparkwire: decoding:" in written()) is not at_a_terminal
