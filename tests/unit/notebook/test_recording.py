"""A recording answers for its own exchanges, and for no other's."""

from __future__ import annotations

import json

import pytest
from worker_talk import WorkerTalk

from sparkwire import Recording
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.records import Channel, Chunk, Header, JavaCall, Opened, ThreadName
from sparkwire.wire.message import Direction

EXECUTE = "py4j.commands.CallCommand.execute(String, BufferedReader, BufferedWriter)"


@pytest.fixture
def recorded(tmp_path):
    def make(name: str, *methods: str) -> Recording:
        writer = TraceWriter(tmp_path / name, Header("", "", "", "", "adam.py", 0))
        writer.write_record(Opened(1, Channel.GATEWAY, 1, 2, 0))
        writer.write_record(ThreadName(7, "MainThread"))
        for n, method in enumerate(methods, 1):
            at = n * 1_000_000
            writer.write_record(Chunk(1, Direction.TO_JAVA, at, 7, 0, f"c\no0\n{method}\ne\n".encode()))
            writer.write_record(Chunk(1, Direction.TO_PYTHON, at + 900, 7, 0, b"!yv\n"))
            writer.write_record(JavaCall(30, "T", at + 100, 200, EXECUTE, ("java.lang.Thread.run()",)))
        writer.close()
        return Recording(tmp_path / name, name=name)

    return make


def test_a_connection_on_which_nothing_crossed_is_not_counted(recorded, tmp_path):
    one = recorded("one", "run")
    writer = TraceWriter(tmp_path / "two", Header("", "", "", "", "adam.py", 0))
    for n in (1, 2):
        writer.write_record(Opened(n, Channel.GATEWAY, 1, 2, 0))
    writer.write_record(Chunk(1, Direction.TO_JAVA, 10, 7, 0, b"c\no0\nrun\ne\n"))
    writer.close()
    for recording in (one, Recording(tmp_path / "two")):
        assert repr(recording).startswith("1 round trip between Python and Java on 1 connection, ")


def test_an_exchange_is_asked_for_by_itself_or_by_its_number(recorded):
    one = recorded("one", "run", "stop")
    [stop] = one.find(method="stop")
    assert [call.method for call in one.java(stop)] == [EXECUTE]
    assert one.java(2) == one.java(stop)


def test_another_recordings_exchange_is_refused_because_its_java_calls_are_not_here(recorded):
    one, other = recorded("one", "run"), recorded("other", "stop")
    with pytest.raises(ValueError, match="exchange 1 is not one of this recording, one"):
        one.java(other.exchanges[0])


def test_the_same_trace_opened_twice_has_the_same_exchanges(recorded):
    one = recorded("one", "run")
    again = Recording(one.file)
    assert one.java(again.exchanges[0]) == one.java(1)


@pytest.mark.parametrize(
    ("methods", "has"),
    [(["run", "stop"], "has 1 to 2"), (["run"], "has 1 exchange"), ([], "has 0 exchanges")],
)
def test_a_number_that_is_not_there_is_refused(recorded, methods, has):
    with pytest.raises(ValueError, match=rf"there is no exchange 9: this recording {has}"):
        recorded("one", *methods).target(9)


@pytest.fixture
def with_workers(tmp_path):
    """A recording of some workers' records."""

    def make(*talks: WorkerTalk, name: str = "cell") -> Recording:
        writer = TraceWriter(tmp_path / name, Header("", "", "4.3.0", "", "adam.py", 0))
        for talk in talks:
            for record in talk.records:
                writer.write_record(record)
        writer.close()
        return Recording(tmp_path / name, name=name)

    return make


def test_runs_are_counted_and_shown_even_without_an_exchange(with_workers, monkeypatch):
    one = with_workers(WorkerTalk().whole(0).whole(20, fresh=False))
    assert repr(one) == "0 round trips between Python and Java. 2 runs of 1 Python worker."
    shown = []
    monkeypatch.setattr("sparkwire.notebook.recording.display", shown.append)
    one._ipython_display_()
    assert "participant W as 1 Python worker" in shown[1].data
    assert "Workers, by stage" in shown[2].data
    assert "class=sw-tl" in shown[3].data
    assert "id=cell-runs-r2>" in shown[4].data


def test_a_run_is_asked_for_by_itself_or_by_its_number(with_workers, check):
    one = with_workers(WorkerTalk().whole(0, stage=3).whole(20, fresh=False))
    first = check(one.run(1).data)
    assert first.ids[0] == "cell-run-r1"
    assert "stage 3" in first.text
    again = check(one.run(one.runs[0]).data)
    assert again.ids[0] == "cell-run-2-r1"  # no id stands twice on a page
    told = check(one.bytes(one.runs[1]).data)
    assert "Request, init" in told.text
    assert told.ids[0] == "cell-w2-m0-0"
    assert "Stage 3" in check(one.workers().data).text
    assert (
        "1 of 2 runs are drawn here, the first of each stage: .stages(limit=N) draws more."
        in check(one.stages(limit=1).data).text
    )


def test_another_recordings_run_is_refused(with_workers):
    one = with_workers(WorkerTalk().whole(0))
    other = with_workers(WorkerTalk(pid=99).whole(0), name="other")
    with pytest.raises(ValueError, match="run 1 is not one of this recording, cell"):
        one.run(other.runs[0])
    with pytest.raises(ValueError, match="run 1 is not one of this recording, cell"):
        one.bytes(other.runs[0])
    assert one.run(Recording(one.file).runs[0])
    for n in (0, 2, -1):
        with pytest.raises(ValueError, match=f"there is no run {n}: this recording has 1 run"):
            one.run(n)


def test_a_diagram_has_the_workers_if_there_are_any(with_workers, recorded):
    one = with_workers(WorkerTalk().whole(0).whole(20, fresh=False))
    assert "participant W as 1 Python worker" in one.diagram().data
    assert "participant W" not in one.diagram(workers=False).data
    assert "->>W1: #35;2 stage 0, partition 0" in one.diagram(one.runs[1]).data
    other = recorded("other", "run")
    assert "participant W" not in other.diagram().data
    together = other.diagram(other.exchanges[0], *one.runs).data
    assert together.count("->>W1: ") == 2
    assert "P->>G: o0.run()" in together


def test_a_timeline_has_the_drivers_python(with_workers, check):
    one = with_workers(WorkerTalk().whole(0))
    assert "worker 1 process 71, 1 run" in check(one.timeline().data).text


def test_runs_are_offered_too_and_a_trace_that_is_there_stays(with_workers, monkeypatch):
    one = with_workers(WorkerTalk().whole(0).whole(20, fresh=False), name="cell.sparkwire")
    monkeypatch.chdir(one.file.parent)
    monkeypatch.delenv("SPARKWIRE_DOWNLOADS", raising=False)
    before = one.file.read_bytes()
    said = one.offer("cell").data
    assert "cell-runs.jsonl" in said
    assert one.file.read_bytes() == before
    lines = one.file.with_name("cell-runs.jsonl").read_text().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1, 2]


def test_a_trace_that_lies_under_the_name_of_its_download_is_offered_as_it_is(
    recorded, tmp_path, monkeypatch
):
    """In JupyterLab a download lies beside the notebook, where a page may have recorded it."""
    monkeypatch.delenv("SPARKWIRE_DOWNLOADS", raising=False)
    monkeypatch.chdir(tmp_path)
    one = recorded("one.sparkwire", "run")
    trace = one.file.read_bytes()
    offered = one.offer("one").data
    assert 'href="one.sparkwire"' in offered
    assert 'href="one.jsonl"' in offered
    assert one.file.read_bytes() == trace
    copy = one.save(tmp_path / "copy.sparkwire")
    assert copy.read_bytes() == trace
