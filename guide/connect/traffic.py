"""How many bytes this process's connections to a port have moved, as the kernel counts them.

gRPC puts its messages into HTTP/2 frames and adds headers, and Python's gRPC doesn't say how much that is.
Linux counts the bytes of each TCP connection (``tcp_info`` in linux/tcp.h). The counts are read from the
connections' own sockets. Nothing is sent, and no privilege is needed.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from dataclasses import dataclass

import psutil

_RECEIVED, _SENT = 128, 200
"""Where ``tcpi_bytes_received`` and ``tcpi_bytes_sent`` are, of 8 bytes each. The latter came with 4.19."""
_SIZE = 208


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes, as the connections' data: without the headers of TCP and below."""

    sent: int = 0
    received: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.sent + other.sent, self.received + other.received)

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.sent - other.sent, self.received - other.received)


def connection_traffic(port: int) -> Traffic | None:
    """What this process's open connections to ``port`` have moved; None where the system doesn't say."""
    if not sys.platform.startswith("linux"):
        return None
    found = Traffic()
    for one in psutil.Process().net_connections("tcp"):
        if one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED:
            with socket.socket(fileno=os.dup(one.fd)) as connection:
                counted = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
            if len(counted) < _SIZE:
                return None
            sent, received = (struct.unpack_from("=Q", counted, at)[0] for at in (_SENT, _RECEIVED))
            found += Traffic(sent, received)
    return found
