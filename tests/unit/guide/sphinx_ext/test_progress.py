"""What a build tells: lines in a log, one line that changes on a terminal."""

from __future__ import annotations

import io

from guide.sphinx_ext.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work(stream: io.StringIO, *, each: bool = True) -> str:
    progress = Progress("notebooks", 3, each=each, note="2 at a time", stream=stream)
    progress.began("one")
    progress.began("two")
    progress.moved("two", "4/9")
    progress.ended("one", 12.34)
    progress.ended("two", 5.0, how="failed")
    progress.began("three")
    progress.ended("three", 0.5)
    progress.close()
    return stream.getvalue()


def test_a_log_has_a_line_for_each_thing_that_happened():
    assert work(io.StringIO()).splitlines() == [
        "notebooks: 3 to do, 2 at a time",
        "notebooks: one began",
        "notebooks: two began",
        "notebooks: one ran in 12.3 s; 2 left, of which two running",
        "notebooks: two failed in 5.0 s; 1 left",
        "notebooks: three began",
        "notebooks: three ran in 0.5 s; 0 left",
    ]


def test_a_log_has_one_line_where_each_would_tell_nothing():
    assert work(io.StringIO(), each=False) == "notebooks: 3 to do, 2 at a time\n"


def test_a_terminal_shows_what_runs_and_how_far_it_is():
    seen = work(Terminal())
    steps = seen.split("\r")
    assert any("0/3" in step and "one, two 4/9" in step for step in steps), steps
    assert "notebooks: one ran in 12.3 s" in seen
    assert "notebooks: two failed in 5.0 s" in seen
    assert "to do" not in seen
    assert "began" not in seen
    # The changing line is gone at the end.
    assert not steps[-1].strip()


def test_others_may_write_between(capsys):
    terminal = Terminal()
    progress = Progress("notebooks", 1, stream=terminal)
    progress.began("one")
    before = len(terminal.getvalue())
    with progress.aside():
        cleared = terminal.getvalue()[before:]
        assert not cleared.strip()
        terminal.write("a warning\n")
    assert "one" in terminal.getvalue().rpartition("a warning\n")[2]
    progress.close()
