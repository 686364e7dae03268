"""The command line and the environment of a Spark Connect server.

- **It listens on loopback only.** Without ``spark.connect.grpc.binding.address`` it would listen on every
  address of the machine (``startGRPCService`` in SparkConnectService.scala, 4.3.0).
- **It asks for a token.** Loopback is open to every user of the machine, and whoever may connect can run code
  as the server's user. The token travels in the environment, never on a command line, which everybody can
  read.
- **It chooses its port.** Port 0 lets the system choose, and the server then says which port that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from sparkwire import Java, SparkwireError, find_java

MAIN_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
"""Environment variable: the token that server and client read (Connect.scala and client/core.py, 4.3.0)."""
REMOTE = "SPARK_REMOTE"
"""Environment variable: the address of the server, which makes a program a client of it."""
LOG = "server.log"
"""The file in the server's folder that has what it logged, and what its start said."""

_LOGGING = Path(__file__).with_name("log4j2.properties")
_CLIENTS_ONLY = (REMOTE, "SPARK_LOCAL_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_API_MODE")
"""Variables that would make a client of the server itself."""
_OF_A_GATEWAY = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "PYSPARK_SUBMIT_ARGS")


class NoServer(SparkwireError, RuntimeError):
    """The server did not start. The message says why."""


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
