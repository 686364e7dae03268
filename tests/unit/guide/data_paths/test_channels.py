"""What passes beside the gateway is counted, and PySpark is as before afterwards."""

from __future__ import annotations

import os
import socket
import threading
from tempfile import NamedTemporaryFile
from types import SimpleNamespace

import pyspark.util
import pytest

from guide.data_paths import Channels


class Server:
    """As much of a server as ``Channels`` looks at."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = self._socket.getsockname()

    def get_request(self):
        return self._socket.accept()

    def close(self):
        self._socket.close()


@pytest.fixture
def context(tmp_path):
    server = Server()
    yield SimpleNamespace(_temp_dir=str(tmp_path), _accumulatorServer=server)
    server.close()


def test_sockets_are_counted_both_ways(context):
    served = Server()

    def serve():
        connection, _ = served.get_request()
        with connection, connection.makefile("rwb") as stream:
            stream.read(4)
            stream.write(b"x" * 1000)

    threading.Thread(target=serve).start()
    with Channels(context) as channels:
        # As local_connect_and_auth does (pyspark/util.py, 4.3.0).
        with pyspark.util.socket.socket(pyspark.util.socket.AF_INET) as connection:
            connection.connect(served.address)
            with connection.makefile("rwb", 65536) as stream:
                stream.write(b"code")
                stream.flush()
                assert stream.read() == b"x" * 1000
        with socket.socket():
            pass  # somebody else's
    assert (channels.sockets, channels.sent, channels.received) == (1, 4, 1000)
    assert pyspark.util.socket is socket
    served.close()


def test_files_are_counted_once_they_are_written(context, tmp_path):
    with Channels(context) as channels:
        with NamedTemporaryFile(delete=False, dir=context._temp_dir) as file:
            file.write(b"y" * 500)
        os.unlink(file.name)
        (tmp_path / "stays").write_bytes(b"z" * 70)
        assert (channels.files, channels.file_bytes) == (1, 500)
        elsewhere = tmp_path.parent / "elsewhere"
        elsewhere.write_bytes(b"not of the context's")
    assert (channels.files, channels.file_bytes) == (2, 570)
    (tmp_path / "later").write_bytes(b"z")
    assert channels.files == 2


def test_the_accumulator_servers_connection_is_counted_for_whoever_is_open(context):
    server = context._accumulatorServer
    with socket.socket() as java:
        with Channels(context) as first:
            java.connect(server.address)
            accepted, _ = server.get_request()
            java.sendall(b"secret")
            assert accepted.recv(10) == b"secret"
        with Channels(context) as second:
            java.sendall(b"an update")
            assert accepted.recv(20) == b"an update"
            assert (first.accumulated, second.accumulated) == (6, 9)
        accepted.close()
    assert "get_request" not in vars(server)
