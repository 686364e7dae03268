"""Makes real Python workers say what the worker wire's code table lists, and records it.

The programs of ``programs.py`` run in one Python, with a SparkContext for each set of settings, under
``sparkwire run --workers --worker-data``. Two of them have workers without a daemon, which connect to the JVM
by themselves. The recorder of sparkwire is in the daemon, so those two bring a recorder of their own
(``pyspark_recording_daemon.py``), which passes bytes on and writes them down.

It knows nothing of the table: what is missing is found by comparing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sparkwire import Direction, Malformed, Message, load
from sparkwire.wire.worker import RoundPhase, WorkerConversation

HERE = Path(__file__).resolve().parent
PROGRAMS = ("programs.py", "pyspark_recording_daemon.py")
SECRET = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""Spark's secrets: 256 bits in hexadecimal (``Utils.createSecret``)."""
SIGNS = {"<": Direction.TO_PYTHON, ">": Direction.TO_JAVA}
SIMPLE = {"rdd_simple": "worker over TCP", "rdd_simple_unix": "worker over a Unix socket"}
"""The programs whose workers have no daemon, each with its handshake."""
_MOST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run's messages said, in the order of time."""

    program: str
    """The program that caused the run: a name of ``programs.PROGRAMS``."""
    number: int | None
    """The run's number in the recording; None when it isn't in there."""
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
        folder = Path(name)
        _run(folder, trace)
        return (*_recorded(trace), *_simple(folder / "recorded"))


def _run(folder: Path, trace: Path) -> None:
    import pyspark

    for program in PROGRAMS:
        shutil.copy(HERE / program, folder)
    # PySpark from a folder beside the programs, so that no place of this machine is in the messages.
    packages = folder / "packages"
    packages.mkdir()
    (packages / "pyspark").symlink_to(Path(pyspark.__file__).parent)
    python_path = [str(packages), str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(python_path),
        "SPARK_HOME": str(packages / "pyspark"),
        "PYSPARK_PYTHON": sys.executable,
        "SPARKWIRE_RECORDINGS": str(folder),
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


def _recorded(path: Path) -> Iterator[WorkerConnection]:
    """What passed on the connections of the workers that the daemon forked."""
    trace = load(path)
    greetings: dict[int, list[Message]] = {}
    last: dict[int, Message] = {}
    for one in trace.apart:
        if one.phase is RoundPhase.HANDSHAKE:
            greetings.setdefault(one.worker.connection, []).append(_read(one.message))
        else:
            last[one.worker.connection] = _read(one.message)
    for number, runs in groupby(
        sorted(trace.runs, key=lambda run: run.connection), lambda run: run.connection
    ):
        asked = []
        for run in runs:
            handshake, messages = run.worker.handshake, tuple(map(_read, run.messages))
            asked.append(Asked(_program(messages[0]), run.n, messages))
        yield WorkerConnection(handshake, tuple(greetings[number]), tuple(asked), last.get(number))


def _program(init: Message) -> str:
    """The program's name, which is a local property of its jobs."""
    context = init.field("task context")
    return str(context.value["localProperties"]["program"])  # type: ignore[index, union-attr]


def _simple(folder: Path) -> Iterator[WorkerConnection]:
    """What passed on the connections of the workers without a daemon."""
    for program, handshake in SIMPLE.items():
        [file] = (folder / program).glob("*.txt")
        yield decoded(program, handshake, pieces(file))


def pieces(file: Path) -> list[tuple[str, bytes]]:
    """What ``pyspark_recording_daemon`` wrote of one connection; neighbours of one direction as one."""
    found: list[tuple[str, bytes]] = []
    for line in file.read_text("ascii").splitlines():
        sign, data = line.split()
        if found and found[-1][0] == sign:
            found[-1] = sign, found[-1][1] + bytes.fromhex(data)
        else:
            found.append((sign, bytes.fromhex(data)))
    return found


def starred(found: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The same pieces with stars in the place of secrets."""
    found = list(found)
    whole = {sign: b"".join(data for way, data in found if way == sign) for sign in SIGNS}
    hidden = {sign: SECRET.sub(lambda secret: b"*" * len(secret[0]), data) for sign, data in whole.items()}
    out = []
    for sign, piece in found:
        out.append((sign, hidden[sign][: len(piece)]))
        hidden[sign] = hidden[sign][len(piece) :]
    return out


def decoded(program: str, handshake: str, found: Iterable[tuple[str, bytes]]) -> WorkerConnection:
    """One connection with one run. Raises ``RuntimeError`` when a byte can't be read."""
    import pyspark

    conversation = WorkerConversation(pyspark.__version__, handshake)
    passed = [one for sign, data in starred(found) for one in conversation.feed(SIGNS[sign], data)]
    passed += conversation.end()
    said = [(one.phase, one.round, _hiding(_read(one.message))) for one in passed if one.message is not None]
    greeting = tuple(message for phase, _, message in said if phase is RoundPhase.HANDSHAKE)
    run = tuple(message for _, round, message in said if round is not None)
    last = [message for phase, round, message in said if phase is RoundPhase.EXCEPTION and round is None]
    return WorkerConnection(handshake, greeting, (Asked(program, None, run),), last[0] if last else None)


def _hiding(message: Message) -> Message:
    spans = tuple(stars.span() for stars in re.finditer(rb"\*{64}", message.raw))
    return message.hiding(spans) if spans else message


def _read(message: Message | Malformed) -> Message:
    if isinstance(message, Malformed):
        raise RuntimeError(f"what a worker exchanged can't be read: {message.reason}")
    return message
