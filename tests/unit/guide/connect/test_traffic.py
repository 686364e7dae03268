"""The kernel's count of a connection's bytes is what was sent and received."""

from __future__ import annotations

import socket
import sys

import pytest

from guide.connect.traffic import Traffic, connection_traffic


def test_sums_and_differences():
    assert Traffic(3, 4) + Traffic(10, 20) == Traffic(13, 24)
    assert Traffic(13, 24) - Traffic(3, 4) == Traffic(10, 20)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux counts the bytes of a connection"
)
def test_bytes_of_the_connections_to_a_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert connection_traffic(port) == Traffic(0, 0), "nobody is connected"
        with socket.create_connection(("127.0.0.1", port)) as one, server.accept()[0] as other:
            one.sendall(b"x" * 1000)
            other.sendall(b"y" * 70)
            assert one.recv(70, socket.MSG_WAITALL) == b"y" * 70
            assert connection_traffic(port) == Traffic(1000, 70)
            with socket.create_connection(("127.0.0.1", port)) as second:
                second.sendall(b"z")
                assert connection_traffic(port) == Traffic(1001, 70)
        assert connection_traffic(port) == Traffic(0, 0), "closed connections aren't counted"
