"""What the live tests share: a Java from pip, and running other people's programs under ``sparkwire run``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import pytest

from sparkwire.jvm.java import Java, find_java
from sparkwire.jvm.java_home import make_java_home
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchange import Exchange
from sparkwire.trace.gateway.exchanges import exchanges
from sparkwire.trace.records import Notice

GATEWAY = """
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
port = launch_gateway(die_on_exit=True, java_path=None)
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
"""
"""The beginning of a program with a real Py4J gateway: half a second, where Spark takes ten."""

MARK = "SPARKWIRE_TEST_MARK"
HERE = Path(__file__).resolve().parent

# A shell starts what runs in its background with these ignored, and a program inherits that. Programs
# that the tests start must hear them.
for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests in one process when tests run side by side: they share a Spark, which takes
    seconds to start.
    """
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


QUICK = ["-XX:TieredStopAtLevel=1"]
"""For Java: the quick compiler is enough, as for the site (see the Makefile)."""


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Java:
    """Java 25 from pip, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("a folder")
    found = find_java({"JAVA_HOME": str(make_java_home(folder / "java-home", QUICK))})
    assert isinstance(found, Java)
    return found


@dataclass
class Ran:
    """A program that was run, with or without sparkwire."""

    code: int
    out: bytes
    err: str
    trace: Path
    env: dict[str, str] = field(repr=False)

    @property
    def own_err(self) -> str:
        """What the program itself wrote to standard error."""
        return "".join(line for line in self.err.splitlines(True) if not line.startswith("sparkwire:"))

    @property
    def said(self) -> str:
        """What sparkwire wrote to standard error."""
        return "".join(line for line in self.err.splitlines(True) if line.startswith("sparkwire:"))

    @property
    def exchanges(self) -> list[Exchange]:
        return list(exchanges(TraceReader(self.trace)))

    def notices(self, about: str) -> list[str]:
        return [r.text for r in TraceReader(self.trace) if isinstance(r, Notice) and r.about == about]


class Bench:
    """Runs scripts in a folder of their own; every process that they start carries a mark."""

    def __init__(self, folder: Path, java: Java) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.temporary = folder / "temporary files"
        self.temporary.mkdir()
        self.env = os.environ | {
            MARK: self.mark,
            "JAVA_HOME": str(java.home),
            "TMPDIR": str(self.temporary),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        for name in ("SPARK_SUBMIT_OPTS", "PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS"):
            self.env.pop(name, None)

    def script(self, text: str, name: str = "program.py") -> Path:
        path = self.folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "sparkwire", *map(str, arguments)]

    def start(self, command: Sequence[object], **options: object) -> subprocess.Popen[bytes]:
        """Start a command in the folder, in a process group of its own as a shell would."""
        settings: dict[str, object] = {
            "cwd": self.folder,
            "env": self.env,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "process_group": 0,
        }
        return subprocess.Popen(list(map(str, command)), **{**settings, **options})  # type: ignore[call-overload,no-any-return]

    def ended(self, process: subprocess.Popen[bytes], timeout: float = 240, data: bytes | None = None) -> Ran:
        out, err = process.communicate(data, timeout=timeout)
        trace = self.folder / "t.sparkwire"
        return Ran(process.returncode, out or b"", (err or b"").decode("utf-8", "replace"), trace, self.env)

    def plain(self, *arguments: object, **options: object) -> Ran:
        """Run a script with Python alone."""
        return self.ended(self.start([sys.executable, *arguments], **options))

    def run(self, script: object, *arguments: object, jvm: bool = False, **options: object) -> Ran:
        """Run a script under ``sparkwire run``."""
        said = ["--jvm"] if jvm else ["--no-jvm"]
        return self.ended(
            self.start(self.command("run", *said, "-o", "t.sparkwire", script, *arguments), **options)
        )

    def sparkwire(self, *arguments: object, data: bytes | None = None, **options: object) -> Ran:
        """Run any command of sparkwire."""
        if data is not None:
            options["stdin"] = subprocess.PIPE
        return self.ended(self.start(self.command(*arguments), **options), data=data)

    def left(self, wait: float = 20.0) -> list[psutil.Process]:
        """Processes with the mark that are still there after at most ``wait`` seconds."""
        deadline = time.monotonic() + wait
        while True:
            found = []
            for process in psutil.process_iter():
                try:
                    if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                        found.append(process)
                except psutil.Error:
                    continue
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def family_of(self, pid: int) -> dict[str, psutil.Process]:
        """The guard and the program below a running ``sparkwire run``, by those names."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            guards = psutil.Process(pid).children()
            programs = guards[0].children() if guards else []
            if programs:
                return {"guard": guards[0], "program": programs[0]}
            time.sleep(0.05)
        raise AssertionError("the program did not start")


@pytest.fixture
def bench(tmp_path: Path, java: Java) -> Iterator[Bench]:
    """Fails the test that leaves a process or a temporary file behind."""
    made = Bench(tmp_path, java)
    yield made
    left = made.left()
    for process in left:
        process.kill()
    assert not left, f"processes were left behind: {left}"
    assert [p.name for p in made.temporary.glob("sparkwire-*")] == []


def wait_for(stream: IO[bytes], line: bytes) -> None:
    """Read lines until ``line`` comes."""
    while got := stream.readline():
        if got.strip() == line:
            return
    raise AssertionError(f"the program ended before it said {line!r}")


@pytest.fixture
def until() -> Callable[[IO[bytes], bytes], None]:
    return wait_for


@pytest.fixture
def gateway_script() -> str:
    return GATEWAY
