"""Workers of the installed PySpark: the decoder reads every byte of what they say today."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pyspark
import pytest

from sparkwire.wire.message import Direction, Malformed
from sparkwire.wire.worker import Exit, RoundPhase, WorkerConversation, version_of

SIGNS = {"<": Direction.TO_PYTHON, ">": Direction.TO_JAVA}
PROGRAMS = {
    "rdd": "daemon over TCP",
    "rdd_unix": "daemon over a Unix socket",
    "rdd_simple": "worker over TCP",
    "exception": "daemon over TCP",
    "arrow_udf": "daemon over TCP",
    "grouped_map": "daemon over TCP",
}
"""Some of those that are kept as data, which ``tools/workers/recordings.py`` makes."""


@pytest.fixture(scope="module")
def recorded(java, tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("workers")
    for name in ("guide/reference/worker/programs.py", "tools/workers/pyspark_recording_daemon.py"):
        shutil.copy(root / name, folder)
    mine = {"JAVA_HOME": str(java.home), "PYTHONPATH": str(folder), "PYSPARK_PYTHON": sys.executable}
    mine |= {"SPARKWIRE_RECORDINGS": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"}
    mine |= {"SPARK_CONF_DIR": str(root / "tools" / "spark-conf")}
    command = [sys.executable, "programs.py", *PROGRAMS]
    ran = subprocess.run(
        command, cwd=folder, env=os.environ | mine, capture_output=True, text=True, timeout=240, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [word for name in PROGRAMS for word in ("recorded", name)]
    return folder / "recorded"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_byte_is_read(recorded, program):
    assert version_of(pyspark.__version__) is not None, "a version that is not in the table"
    [file] = (recorded / program).glob("*.txt")
    conversation = WorkerConversation(pyspark.__version__, PROGRAMS[program])
    passed = []
    for line in file.read_text("ascii").splitlines():
        sign, data = line.split()
        passed += conversation.feed(SIGNS[sign], bytes.fromhex(data))
    passed += conversation.end()
    assert [event.message for event in passed if isinstance(event.message, Malformed)] == []
    [over] = [event.round for event in passed if event.phase is RoundPhase.OVER]
    assert over.exit is (Exit.ERROR if program == "exception" else Exit.REUSED)
    assert over.data_in.size > 4
    assert over.data_out.size > 4
