"""A Spark Connect server as a process of its own, which ends with the process that started it.

Spark's own start script leaves a server behind (``sbin/start-connect-server.sh`` makes a daemon of it), and
``SparkSession.builder.remote("local")`` starts the server with Py4J in the client's process. Neither suits a
page that shows a client without a JVM. So the server's main class is run with ``spark-submit``.

- **It listens on loopback only.** Without ``spark.connect.grpc.binding.address`` it would listen on every
  address of the machine (``startGRPCService`` in SparkConnectService.scala, 4.3.0).
- **It asks for a token.** Loopback is open to every user of the machine, and whoever may connect can run code
  as the server's user. The token travels in the environment, never on a command line, which everybody can
  read.
- **It chooses its port.** Port 0 lets the system choose, and the server then says which port that was.
- **It ends with this process**, however this process ends: see ``guide.processes.Held``. An interrupt
  doesn't end it, because a cell can be interrupted and run again.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil

from guide.processes import Held
from sparkwire import Java, SparkwireError, find_java

MAIN_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
"""Environment variable: the token that server and client read (Connect.scala and client/core.py, 4.3.0)."""
REMOTE = "SPARK_REMOTE"
"""Environment variable: the address of the server, which makes a program a client of it."""
LOG = "server.log"
"""The file in the server's folder that has what it logged, and what its start said."""

_STARTED = re.compile(r"Spark Connect server started at: \S*:(?P<port>\d+)")
_LOGGING = Path(__file__).with_name("log4j2.properties")
_CLIENTS_ONLY = (REMOTE, "SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_API_MODE")
"""Variables that would make a client of the server itself."""
_OF_A_GATEWAY = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "PYSPARK_SUBMIT_ARGS")
_LINES = 15
"""How many of the log's last lines are shown when the server doesn't start."""


class NoServer(SparkwireError, RuntimeError):
    """The server did not start. The message says why, with the end of its log."""


class ConnectServer:
    """A running Spark Connect server with ``master``. Use it as a context manager, or call ``close``.

    ``folder`` is the folder that it runs in, made if needed: a server's folder isn't its clients'. It holds
    the server's log. ``settings`` are Spark's, such as ``{"spark.checkpoint.dir": "checkpoints"}``. Create it
    in a thread that lives as long as the server may: on Linux the server ends with that thread.

    Raises ``NoServer`` if the server doesn't start within ``timeout`` seconds.
    """

    def __init__(
        self,
        folder: str | Path = "connect-server",
        *,
        master: str = "local[1]",
        settings: Mapping[str, str] | None = None,
        timeout: float = 240,
    ) -> None:
        self._token = secrets.token_hex(16)
        self.log = Path(folder) / LOG
        conf = [f"--conf={name}={value}" for name, value in (settings or {}).items()]
        try:
            self._held = Held(
                "start",
                str(folder),
                f"--master={master}",
                *conf,
                module="guide.connect",
                until=_STARTED,
                env=os.environ | {TOKEN: self._token},
                apart=True,  # an interrupted cell sends its signal to the whole group
                timeout=timeout,
            )
        except RuntimeError as error:
            log = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
            said = "\n".join([*log.strip().splitlines()[-_LINES:], *str(error).splitlines()[1:]])
            raise NoServer(f"the Spark Connect server did not start. It said:\n{said}") from None
        started = _STARTED.search(self._held.printed)
        assert started is not None
        self.port = int(started["port"])
        """Where the server listens, on loopback."""
        self._jvm = psutil.Process(self._held.program)

    @property
    def pid(self) -> int:
        """The JVM: ``spark-submit`` became it, by ``exec``."""
        return int(self._jvm.pid)

    @property
    def running(self) -> bool:
        return bool(self._jvm.is_running()) and self._jvm.status() != psutil.STATUS_ZOMBIE

    @property
    def url(self) -> str:
        """The server's address for a client, without the token.

        It says ``localhost``, because without TLS a client sends a token to that name only
        (``DefaultChannelBuilder.toChannel`` in client/core.py, 4.3.0). It names a user, whom the server
        doesn't check: without ``user_id`` that would be the name of whoever runs this.
        """
        return f"sc://localhost:{self.port}/;user_id=reader"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program that is started with it a client of this server. It holds the token."""
        return {REMOTE: self.url, TOKEN: self._token}

    def close(self) -> None:
        """End the server. Ending it twice is harmless."""
        self._held.end()

    def __enter__(self) -> ConnectServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Spark Connect server, process {self.pid}, port {self.port}>"


def server_command(master: str, conf: Iterable[str]) -> list[str]:
    """The command line of a server; ``conf`` are settings, each as ``name=value``. Raises ``NoServer``."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise NoServer("PySpark is not installed in this environment: run make, or install it with pip.")
    submit = Path(spec.submodule_search_locations[0], "bin", "spark-submit")
    command = [str(submit), "--master", master, "--class", MAIN_CLASS]
    # A file's URI has no spaces, at which Java's options would be split.
    command += ["--driver-java-options", f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"]
    fixed = ("spark.connect.grpc.binding.address=127.0.0.1", "spark.connect.grpc.binding.port=0")
    for setting in ("spark.ui.enabled=false", *conf, *fixed):
        command += ["--conf", setting]
    return command


def server_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server. Raises ``NoServer`` if it has no token, or if there is no Java."""
    if not inherited.get(TOKEN):
        raise NoServer(f"a server without a token would let every user of this machine in: set {TOKEN}.")
    java = find_java()
    if not isinstance(java, Java):
        raise NoServer(str(java))
    kept = {name: value for name, value in inherited.items() if name not in _CLIENTS_ONLY + _OF_A_GATEWAY}
    return kept | {"JAVA_HOME": str(java.home)}
