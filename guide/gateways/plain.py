"""A Py4J gateway without Spark: a JVM of its own, ready in half a second, with a token on both sides.

The JVM is started by Py4J's own ``launch_gateway`` and holds two of Py4J's Java servers, because a program
can meet either: the ``GatewayServer`` that ``launch_gateway`` starts, and a ``ClientServer``, which is what
PySpark uses (pyspark/java_gateway.py 4.3.0, ``launch_gateway``). The second one can call Python back.

Everything listens on loopback. The JVM ends when it is closed, and also when this process dies, because
its standard input then ends (Py4J's ``--die-on-broken-pipe``).
"""

from __future__ import annotations

import contextlib
import subprocess
from typing import Any

from guide.gateways.jvm import LOOPBACK, end, java


def shut_down(gateway: Any) -> None:
    """Shut a gateway down from Python, callback server included, without waiting for ever."""
    _wake_callbacks(gateway)
    gateway.shutdown()


def _wake_callbacks(gateway: Any) -> None:
    """End the sockets of the callback connections.

    Py4J 0.10.9.9 closes the stream of a callback connection whose thread may just be reading it
    (py4j/clientserver.py, ``ClientServerConnection.close``), and closing then waits for the reading to
    end. Ending the socket first wakes that thread.
    """
    from py4j.java_gateway import quiet_shutdown

    server = gateway._callback_server
    for connection in list(server.connections) if server is not None else ():
        quiet_shutdown(connection.socket)


class PlainGateway:
    """A running JVM with Py4J's servers in it. Use it as a context manager, or call ``close``.

    ``options`` are for the JVM, such as ``-Xmx100m``. Raises ``NoGateway`` when there is no Java. What Py4J
    itself finds wrong comes as Py4J's exceptions.
    """

    def __init__(self, *options: str) -> None:
        # Imported here, so that this module can be read where Py4J is not installed.
        from py4j import clientserver, java_gateway

        runs_it = java()
        self._gateways: list[Any] = []
        # Through the module, because a recorder that adds options to the JVM replaces the function there.
        self.port, token, process = java_gateway.launch_gateway(
            java_path=str(runs_it.executable),
            javaopts=[*options],
            die_on_exit=True,
            enable_auth=True,
            return_proc=True,
            daemonize_redirect=True,
        )
        """Where the ``GatewayServer`` listens."""
        self.token: str = token.decode()
        """The secret that both servers, and the callback server, want to be told."""
        self._process: subprocess.Popen[bytes] = process
        try:
            self.gateway: Any = self.another()
            """A ``JavaGateway``: any of its connections serves any thread."""
            # Each side wants the other's port. Python's comes first, because telling Java of another one
            # later (resetCallbackClient) makes it forget the token (PythonClient.copyWith, 0.10.9.9).
            # Py4J's client reads Java's port when it connects.
            java_side = clientserver.JavaParameters(address=LOOPBACK, auth_token=self.token)
            self.client: Any = clientserver.ClientServer(
                java_parameters=java_side,
                python_parameters=clientserver.PythonParameters(
                    address=LOOPBACK,
                    port=0,
                    daemonize=True,
                    daemonize_connections=True,
                    auth_token=self.token,
                ),
            )
            """A ``ClientServer``, as in PySpark: one connection for each thread, and callbacks."""
            self._gateways.append(self.client)
            self.callback_port = int(self.client.get_callback_server().get_listening_port())
            """Where Python listens for Java's callbacks."""
            self.client_port = java_side.port = self._start_java_server()
            """Where the Java ``ClientServer`` listens."""
        except BaseException:
            self.close()
            raise

    def another(self, **parameters: Any) -> Any:
        """One more ``JavaGateway`` to the ``GatewayServer``, with Py4J's ``GatewayParameters``."""
        from py4j.java_gateway import GatewayParameters, JavaGateway

        made = JavaGateway(
            gateway_parameters=GatewayParameters(
                address=LOOPBACK, port=self.port, auth_token=self.token, **parameters
            )
        )
        self._gateways.append(made)
        return made

    def _start_java_server(self) -> int:
        """Start a Java ``ClientServer`` in the JVM; returns its port."""
        builder = self.gateway.jvm.py4j.ClientServer.ClientServerBuilder()
        server = builder.javaPort(0).pythonPort(self.callback_port).authToken(self.token).build()
        return int(server.getJavaServer().getListeningPort())

    @property
    def running(self) -> bool:
        """Whether the JVM is still there."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the JVM and close the connections. Closing twice is harmless."""
        # The JVM first: then no connection waits for an answer that nobody would give.
        end(self._process)
        for gateway in reversed(self._gateways):
            with contextlib.suppress(Exception):  # one that was shut down already has nothing to close
                _wake_callbacks(gateway)
                gateway.shutdown_callback_server()
                gateway.close()
        self._gateways.clear()

    def __enter__(self) -> PlainGateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
