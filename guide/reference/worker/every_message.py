"""Makes real Python workers say what the worker wire's code table lists, and records it.

The programs of ``programs.py`` run in one Python, with a SparkContext for each set of settings, under
``sparkwire run --workers --worker-data``.

It knows nothing of the table: what is missing is found by comparing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from guide.spark_home import spark_home_in
from sparkwire import Malformed, Message, load
from sparkwire.wire.worker import RoundPhase

PROGRAMS = Path(__file__).resolve().with_name("programs.py")
_MOST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run's messages said, in the order of time."""

    program: str
    """The program that caused the run: a name of ``programs.PROGRAMS``."""
    number: int
    """The run's number in the recording."""
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class WorkerConnection:
    """What passed on one worker's connection."""

    handshake: str
    """The name of one of ``HANDSHAKES``."""
    greeting: tuple[Message, ...]
    """The handshake's messages."""
    runs: tuple[Asked, ...]
    last: Message | None
    """The exception of a worker that waited when the JVM closed the connection, if it could write it."""


def every_worker_message(path: str | os.PathLike[str]) -> tuple[WorkerConnection, ...]:
    """Run all programs, record them into the trace ``path``, and return what passed on each connection.

    It takes most of a minute. Nothing that it started runs any more when it returns. Raises ``RuntimeError``
    when a program fails or a byte can't be read, and ``subprocess.TimeoutExpired``.
    """
    trace = Path(path).resolve()
    # Spark's own temporary folders have such names. This one's name is in the messages.
    with tempfile.TemporaryDirectory(prefix="spark-") as name:
        _run(Path(name), trace)
        return connections(load(trace))


def _run(folder: Path, trace: Path) -> None:
    shutil.copy(PROGRAMS, folder)
    # PySpark from a folder beside the programs, so that no place of this machine is in the messages.
    packages = folder / "packages"
    packages.mkdir()
    spark_home = spark_home_in(packages)
    python_path = [str(packages), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(python_path),
        "SPARK_HOME": str(spark_home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    options = ["--no-jvm", "--workers", "--worker-data", "-o", str(trace)]
    command = [sys.executable, "-m", "sparkwire", "run", *options, "programs.py", "--together"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_MOST_SECONDS,
        check=False,
    )
    failed = [line for line in done.stdout.splitlines() if not line.startswith("recorded ")]
    if done.returncode != 0 or failed:
        raise RuntimeError("\n".join(["a program failed", *failed, done.stderr]))


class Workers(Protocol):
    """What a trace has of workers."""

    @property
    def runs(self) -> Sequence[Any]: ...
    @property
    def apart(self) -> Sequence[Any]: ...


def connections(trace: Workers) -> tuple[WorkerConnection, ...]:
    """What passed on each connection of a trace's workers. Raises ``RuntimeError`` for what can't be read."""
    greetings: dict[int, list[Message]] = {}
    last: dict[int, Message] = {}
    for one in trace.apart:
        if one.phase is RoundPhase.HANDSHAKE:
            greetings.setdefault(one.worker.connection, []).append(_read(one.message))
        else:
            last[one.worker.connection] = _read(one.message)
    found = []
    by_connection = sorted(trace.runs, key=lambda run: run.connection)  # and their order within stays
    for number, runs in groupby(by_connection, lambda run: run.connection):
        handshake, asked = "", []
        for run in runs:
            messages = tuple(map(_read, run.messages))
            handshake = run.worker.handshake
            asked.append(Asked(_program(messages[0]), run.n, messages))
        found.append(WorkerConnection(handshake, tuple(greetings[number]), tuple(asked), last.get(number)))
    return tuple(found)


def _program(init: Message) -> str:
    """The program's name, which is a local property of its jobs; empty where they have none."""
    context = init.field("task context")
    assert context is not None
    assert isinstance(context.value, dict)
    return str(context.value["localProperties"].get("program", ""))


def _read(message: Message | Malformed) -> Message:
    if isinstance(message, Malformed):
        raise RuntimeError(f"what a worker exchanged can't be read: {message.reason}")
    return message
