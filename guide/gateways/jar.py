"""Py4J's gateway from a jar of any of its versions: get the jar, start it, and speak with it over a socket.

PySpark carries one version of Py4J. To see what an older one did, its jar is taken from its package on PyPI,
which pip checks by its hash: ``python -m guide.gateways get DIR`` puts it into DIR. Nothing of
the package is installed: its Python half, where it is old, does not load in the Pythons of today.

``JarGateway`` runs the jar's ``GatewayServer`` as Py4J's own ``launch_gateway`` does. It listens on loopback,
and ends with this process, whatever ends it, because its standard input then ends (``--die-on-broken-pipe``,
GatewayServer.java 0.9 and 0.10.9.9).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from guide.gateways.jvm import LOOPBACK, PATIENCE, NoGateway, end, java
from sparkwire import SparkwireError

OLD = "0.9"
"""The version that the mail spoke of."""

PINNED = {OLD: "fcf4b792e5402e011452b623aa035c4ae95821c8e3d3feb671a7e270711a4d8a"}
"""The SHA-256 of each version's source package on PyPI."""

HOME = Path(sys.prefix) / f"py4j-{OLD}"
"""Where ``make`` puts the old jar: inside the environment, and not where Py4J looks for its own."""

_SILENCE = 2.0
"""Seconds without a reply, after which the next question is asked to see whether there will be none."""

MARKER = b"c\nz:java.util.Objects\ntoString\nsthe next question\ne\n"
_MARKED = b"ysthe next question\n"


class NoJar(SparkwireError, RuntimeError):
    """The jar is not there or could not be downloaded. The message says why and what to do."""


def old_jar() -> Path:
    """The jar of Py4J 0.9 in this environment. Raises ``NoJar`` when there is none."""
    jar = HOME / f"py4j{OLD}.jar"
    if not jar.is_file():
        raise NoJar(
            f"Py4J {OLD}'s jar is not in this environment: make gets it, with 'make html' or 'make lab'."
        )
    return jar


def own_jar() -> Path:
    """The jar of the Py4J that is installed here. Raises ``NoJar`` when there is none."""
    from py4j.java_gateway import find_jar_path

    jar = Path(find_jar_path())
    if not jar.is_file():
        raise NoJar("Py4J's own jar is not in this environment: install py4j with pip.")
    return jar


def get(version: str, folder: Path) -> Path:
    """Download that version's package with pip and put its jar into ``folder``; returns the jar's path.

    When it is there already, nothing is done. Raises ``NoJar``.
    """
    if version not in PINNED:
        raise NoJar(f"there is no pinned Py4J {version}, only {', '.join(PINNED)}.")
    jar = folder.absolute() / f"py4j{version}.jar"
    if jar.is_file():
        return jar
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary, "wanted.txt")
        wanted.write_text(f"py4j=={version} --hash=sha256:{PINNED[version]}\n", "utf-8")
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "download",
            "--quiet",
        ]
        # It comes as source, and pip asks its setup.py for its name; the new way does that without a warning.
        options = [
            "--use-pep517",
            "--no-deps",
            "--require-hashes",
            "--requirement",
            str(wanted),
            "--dest",
            temporary,
        ]
        done = subprocess.run([*pip, *options], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        packages = list(Path(temporary).glob("*.zip"))
        if done.returncode != 0 or len(packages) != 1:
            said = next(
                (line for line in reversed(done.stderr.splitlines()) if line.strip()), "it said nothing"
            )
            raise NoJar(f"pip could not download py4j {version}: {said.strip()}")
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(packages[0]) as package:
            [member] = [name for name in package.namelist() if name.endswith(f"/py4j{version}.jar")]
            aside = jar.with_suffix(".new")
            aside.write_bytes(package.read(member))
        aside.rename(jar)  # so that a half-written one is never seen
    return jar


class Line:
    """A bare connection to a gateway. Use it as a context manager, or call ``close``."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
        self._unread = b""

    def say(self, request: bytes, *, patience: float = PATIENCE) -> bytes | None:
        """Send the request; returns the line that came back, with its line feed.

        Nothing (``b""``) when the gateway closed the connection, None when it said nothing for ``patience``
        seconds.
        """
        self._socket.settimeout(patience)
        try:
            self._socket.sendall(request)
            while b"\n" not in self._unread:
                came = self._socket.recv(65536)
                if not came:
                    return b""
                self._unread += came
        except TimeoutError:
            return None
        except ConnectionError:
            return b""
        line, _, self._unread = self._unread.partition(b"\n")
        return line + b"\n"

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JarGateway:
    """A running ``GatewayServer`` from ``jar``. Use it as a context manager, or call ``close``.

    ``auth`` asks the gateway to make a token and to want it; Py4J 0.9 can't. Raises ``NoGateway`` when the
    gateway doesn't start.
    """

    def __init__(self, jar: Path, *, auth: bool = False) -> None:
        runs_it = java()
        self.java = runs_it.version
        """The Java that runs it."""
        options = ["--enable-auth"] if auth else []
        self._process = subprocess.Popen(
            [runs_it.executable, "-cp", jar, "py4j.GatewayServer", *options, "--die-on-broken-pipe", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port.isdigit():
            self.close()
            raise NoGateway(
                f"the gateway of {jar.name} did not start; "
                f"to see why, run: {runs_it.executable} -cp {jar} py4j.GatewayServer 0"
            )
        self.port = int(port)
        """Where it listens, on loopback."""
        self.token: bytes = self._process.stdout.readline().strip() if auth else b""
        """The secret that it wants to be told first; empty when it wants none."""

    def line(self) -> Line:
        """A new connection, on which nothing was said."""
        return Line(self.port)

    def answer(self, request: bytes, *, token: bool = True) -> tuple[bytes | None, bool]:
        """What a new connection is answered to one request, and whether it is closed then.

        The answer is one line, or None when there was none: which is not a matter of waiting, because the
        next question was answered then, or the connection closed. Unless ``token`` is False, the gateway's
        token is told before, if it wants one. Raises ``RuntimeError`` when the gateway read on past the
        request's end.
        """
        with self.line() as line:
            if self.token and token:
                line.say(b"A\n" + self.token + b"\n")
            said = line.say(request, patience=_SILENCE)
            if said == b"":
                return None, True
            following = line.say(MARKER)
            if said is None and following and following.removeprefix(b"!") != _MARKED:
                said, following = following, line.say(b"")  # it had only been slow
            if following != b"" and (following or b"").removeprefix(b"!") != _MARKED:
                raise RuntimeError(f"the gateway took part of the next question for {request!r}")
            return said, following == b""

    def close(self) -> None:
        """End the JVM. Closing twice is harmless."""
        end(self._process)

    def __enter__(self) -> JarGateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
