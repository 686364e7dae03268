"""A Spark Connect server as a process of its own, which ends with the process that started it.

Spark's own start script leaves a server behind (``sbin/start-connect-server.sh`` makes a daemon of it), and
``SparkSession.builder.remote("local")`` starts the server with Py4J in the client's process. Neither suits a
page that shows a client without a JVM. So ``python -m guide.connect`` runs the server's main class, under a
``Supervisor``, and this module holds that program: see ``guide.processes.Held``. An interrupt doesn't end the
server, because a cell can be interrupted and run again.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import psutil

from guide.connect.command import LOG, REMOTE, TOKEN, NoServer
from guide.processes import Held

_STARTED = re.compile(r"Spark Connect server started at: \S*:(?P<port>\d+)")
_LINES = 15
"""How many of the log's last lines, Java's stacks left out, are shown if the server doesn't start."""


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
            told = [line for line in log.splitlines() if line.strip() and not line.startswith("\tat ")]
            said = "\n".join([*told[-_LINES:], *str(error).splitlines()[1:]])
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
