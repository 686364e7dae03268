"""``show``: what it draws of large traces, and what it says of the rest."""

from __future__ import annotations

import json

import pytest
from worker_talk import WorkerTalk, function_at

from sparkwire import cli
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.records import Channel, Chunk, Header, Opened, ThreadName
from sparkwire.wire.message import Direction

COUNT = 520


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "t.sparkwire"
    writer = TraceWriter(path, Header("", "", "", "", "job.py", 0))
    writer.write_record(Opened(1, Channel.GATEWAY, 1, 25333, 0))
    writer.write_record(ThreadName(7, "MainThread"))
    for at in range(COUNT):
        writer.write_record(Chunk(1, Direction.TO_JAVA, 10 * at, 7, 0, b"c\no0\nsize\ne\n"))
        writer.write_record(Chunk(1, Direction.TO_PYTHON, 10 * at + 5, 7, 0, b"!yi1\n"))
    writer.close()
    return path


@pytest.fixture
def show(trace, capsys):
    def run(*options):
        with pytest.raises(SystemExit) as ended:
            cli.main(["show", str(trace), *options])
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


def test_a_page_has_the_limit_that_was_asked_for(show):
    assert show("--format", "html")[1].count("<li class=sw-x>") == 200  # one step, which keeps so many
    code, out, err = show("--format", "html", "--limit", "3")
    assert (code, err) == (0, "")
    assert out.count("<li class=sw-x>") == 3
    assert f"3 of {COUNT} exchanges are drawn here" in out
    assert "<code>sparkwire show --format html --limit N TRACE</code> draws more." in out


def test_all_of_a_page_are_all(show):
    _, out, _ = show("--format", "html", "--all")
    assert out.count("<li class=sw-x>") == COUNT
    _, out, _ = show("--format", "html", "--all", "--limit", "3")
    assert out.count("<li class=sw-x>") == 3
    assert f"{COUNT} round trips between Python and Java, the first 3 one by one." in out


@pytest.mark.parametrize(("limit", "said"), [(2, True), (COUNT, False)])
def test_the_first_ones_are_said_to_be_the_first_ones(show, limit, said):
    code, out, err = show("--all", "--limit", str(limit))
    assert code == 0
    assert len(out.splitlines()) == 2 + limit
    assert err == (f"sparkwire: only the first {limit} exchanges are shown.\n" if said else "")


def test_json_is_limited_alike(show):
    _, out, _ = show("--format", "json", "--all", "--limit", "2")
    assert [json.loads(line)["n"] for line in out.splitlines()] == [1, 2]


def test_a_diagram_of_very_many_says_that_it_is_none(show):
    _, out, err = show("--format", "mermaid", "--all")
    assert "and 20 more round trips" in out
    assert err.startswith(
        f"sparkwire: the diagram has the first 500 of {COUNT} round trips: more can't be drawn"
    )
    _, out, err = show("--format", "mermaid", "--all", "--limit", str(COUNT))
    assert err == ""
    assert "more round trip" not in out


@pytest.mark.parametrize(
    "options",
    [["--limit", "3"], ["--limit", "3", "--objects", "--all"], ["--limit", "3", "--threads"],
     ["--limit", "3", "--format", "json"]],
)  # fmt: skip
def test_a_limit_of_what_has_none_is_refused(show, options):
    code, out, err = show(*options)
    assert (code, out) == (2, "")
    assert (
        err
        == "sparkwire: --limit goes with --all, or with --format html, and not with --objects or --threads.\n"
    )


@pytest.mark.parametrize("given", ["0", "-1", "x", "1.5", ""])
def test_a_limit_is_a_whole_number(show, given):
    code, _, err = show("--all", f"--limit={given}")
    assert code == 2
    assert f"argument --limit: {given!r} is not a whole number above 0" in err


def test_a_trace_that_is_not_there_is_said_in_a_line(show, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["show", str(tmp_path / "none")])
    assert ended.value.code == 2
    assert (
        "none can't be read: No such file or directory. 'sparkwire run -o TRACE SCRIPT'"
        in capsys.readouterr().err
    )


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """The trace of a program whose workers were recorded."""
    path = tmp_path_factory.mktemp("trace") / "w.sparkwire"
    writer = TraceWriter(path, Header("", "", "4.3.0", "", "job.py", 0))
    talk = WorkerTalk()
    for n in range(130):
        talk.whole(20 * n, fresh=n == 0, stage=n // 100, partition=n, function=function_at(12))
    for record in talk.records:
        writer.write_record(record)
    writer.close()
    return path


def shown(capsys, *options):
    with pytest.raises(SystemExit) as ended:
        cli.main(["show", *map(str, options)])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


@pytest.mark.parametrize(
    ("options", "runs"), [((), 100), (("--limit", 3), 3), (("--all",), 130), (("--all", "--limit", 7), 7)]
)
def test_a_page_of_workers_draws_what_was_asked_for(worked, capsys, options, runs):
    code, out, err = shown(capsys, worked, "--workers", "--format", "html", *options)
    assert (code, err) == (0, "")
    assert out.count("<li class=sw-x>") == runs
    assert ("runs are drawn here" in out) is (runs < 130)
    assert "<h2>Run by run</h2>" in out


def test_a_page_has_the_workers_too(worked, trace, capsys):
    out = shown(capsys, worked, "--format", "html")[1]
    assert "<h2>Python workers</h2>" in out
    assert "id=worker-r1>" in out
    assert "<h2>Python workers</h2>" not in shown(capsys, trace, "--format", "html")[1]


def test_workers_are_no_threads(worked, capsys):
    for options in (["--threads"], ["--objects"]):
        code, out, err = shown(capsys, worked, "--workers", *options)
        assert (code, out) == (2, "")
        assert err == "sparkwire: --workers doesn't go with --objects or --threads.\n"


def test_a_diagram_of_workers_folds_them_or_draws_them_all(worked, capsys):
    code, out, err = shown(capsys, worked, "--workers", "--format", "mermaid")
    assert (code, err) == (0, "")
    assert "stages 0 to 1#58; 130 runs alike" in out
    assert shown(capsys, worked, "--workers", "--format", "mermaid", "--all")[1].count("->>W1: ") == 130
    out = shown(capsys, worked, "--workers", "--format", "mermaid", "--all", "--limit", 4)[1]
    assert out.count("->>W1: ") == 4
    assert "and 126 more runs" in out
