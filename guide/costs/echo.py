"""The least that a round trip can cost: the same bytes over a bare socket, answered at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from types import TracebackType

# It answers with the same bytes whenever a whole request has come, and ends when the connection does.
_ANSWERING = """
import socket, sys
reply = bytes.fromhex(sys.argv[3])
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as peer:
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting = int(sys.argv[2])
    while data := peer.recv(waiting):
        waiting -= len(data)
        if not waiting:
            peer.sendall(reply)
            waiting = int(sys.argv[2])
"""


class Echo:
    """Another process that answers every ``request`` with ``reply``, without looking at it."""

    def __init__(self, request: bytes, reply: bytes) -> None:
        self._request, self._size = request, len(reply)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            command = [sys.executable, "-c", _ANSWERING, str(port), str(len(request)), reply.hex()]
            self._process = subprocess.Popen(command)
            server.settimeout(60)
            self._peer, _ = server.accept()
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def round_trip(self) -> None:
        """Send the request, and wait for the reply."""
        self._peer.sendall(self._request)
        waiting = self._size
        while waiting:
            data = self._peer.recv(waiting)
            if not data:
                raise ConnectionError("the process that answers has ended")
            waiting -= len(data)

    def close(self) -> None:
        """End the connection, and with it the process."""
        self._peer.close()
        self._process.wait(60)

    def __enter__(self) -> Echo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
