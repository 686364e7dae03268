"""Workers on other machines: what they need is sent there, and what they recorded comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from worker_recordings import of, records

from sparkwire.cli import parse
from sparkwire.commands import join, pack
from sparkwire.errors import CannotRun, TraceError
from sparkwire.record.writer import TraceWriter
from sparkwire.trace.format import PART
from sparkwire.trace.load import load
from sparkwire.trace.records import Header


def header(n):
    return Header("3.11.0", "", "4.3.0", "Linux", "job.py", n)


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "job.sparkwire"
    TraceWriter(path, header(7)).close()
    return path


def part(folder: Path, name: str, number: int, program: str = "rdd") -> Path:
    folder.mkdir(exist_ok=True)
    writer = TraceWriter(folder / (name + PART), header(9))
    for record in records(of(program), number):
        writer.write_record(record)
    writer.close()
    return folder / (name + PART)


def test_parts_are_joined_once(trace, tmp_path, capsys):
    part(tmp_path / "host1", "a", 1)
    lone = part(tmp_path / "host2", "b", 2, "reuse")
    assert join.main(parse(["join", str(trace), str(tmp_path / "host1"), str(lone)])) == 0
    assert capsys.readouterr().out == f"joined 2 Python workers to {trace}\n"
    assert len(load(trace).runs) == 3
    assert {run.worker.pid for run in load(trace).runs} == {71, 72}
    assert lone.exists()
    part(tmp_path / "host2", "c", 3)
    assert join.main(parse(["join", str(trace), str(tmp_path / "host2")])) == 0
    assert "joined 1 Python worker to" in (said := capsys.readouterr().out)
    assert "1 part of workers that it had was left out" in said
    assert {run.worker.pid for run in load(trace).runs} == {71, 72, 73}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("nowhere", "there is no .*nowhere. Name a part"),
        ("empty", "has no parts"),
        ("text", "is not a trace"),
    ],
)
def test_what_is_no_part_is_refused_and_the_trace_unchanged(trace, tmp_path, given, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("not a part")
    before = trace.read_bytes()
    with pytest.raises((CannotRun, TraceError), match=says):
        join.main(parse(["join", str(trace), str(tmp_path / given)]))
    assert trace.read_bytes() == before


def test_a_worker_finds_all_that_it_imports_in_the_archive(tmp_path, capsys):
    archive = tmp_path / "sparkwire.zip"
    assert pack.main(parse(["pack", str(archive)])) == 0
    assert f"--py-files {archive}" in capsys.readouterr().out
    environment = {
        "PYTHONPATH": os.pathsep.join(["sparkwire.zip/sparkwire/launch/startup", "/mine"]),
        "SPARKWIRE_WORKERS": f'{{"folder": "{tmp_path}/parts", "trace": "t", "started_ns": 0}}',
        "PYTHON_WORKER_FACTORY_PORT": "1",
    }
    (tmp_path / "worker_module.py").write_text(
        "import os, sys\n"
        "print(sys.modules['sparkwire.record.workers'].__file__)\n"
        "print([n for n in sys.modules if n.partition('.')[0] in ('psutil', 'py4j', 'pyspark', 'IPython')])\n"
        "print(os.environ.get('PYTHONPATH'), 'SPARKWIRE_WORKERS' in os.environ)\n"
        "print([p for p in sys.path if 'sparkwire' in p])\n"
    )
    # -S keeps this machine's sparkwire out; site, which imports the start-up file, is imported by hand then.
    code = (
        "import sys, site\n"
        "sys.orig_argv[1:] = ['-m', 'worker_module']\n"
        "site.execsitecustomize()\n"
        "import worker_module"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    where, others, path, left = ran.stdout.splitlines()
    assert where.startswith(str(archive))
    assert (others, path, left) == ("[]", "/mine False", "[]")


def test_an_archive_of_another_name_is_refused(tmp_path):
    with pytest.raises(CannotRun, match="give the archive that name"):
        pack.main(parse(["pack", str(tmp_path / "other.zip")]))
    with pytest.raises(CannotRun, match="can't be written"):
        pack.main(parse(["pack", str(tmp_path / "missing" / "sparkwire.zip")]))
