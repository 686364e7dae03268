"""A PySpark daemon whose workers talk through a recorder: ``spark.python.daemon.module`` names this module.

Every connection that the daemon accepts is replaced by one end of a pair of sockets. A thread passes on what
comes at the real connection and at the other end, and writes each piece down before it does. So the
recording has all bytes of the connection, the handshake too, in the order in which they passed. The worker
knows nothing of it.

With ``spark.python.use.daemon=false`` the same is done for a worker that connects to the JVM by itself. Then
``spark.python.worker.module`` names this module, and an executor runs it instead of ``pyspark.worker``.

A recording is a file of lines in the folder ``SPARKWIRE_RECORDINGS``: ``<`` to Python, ``>`` to Java, each
with bytes in hexadecimal. It needs no package but PySpark, because each version's own Python runs it.
"""

# It replaces parts of PySpark, which has no types for them.
# mypy: ignore-errors

import itertools
import os
import runpy
import select
import socket
import threading
from contextlib import suppress

FOLDER = os.environ["SPARKWIRE_RECORDINGS"]
_numbers = itertools.count(1)
_held = []  # the recorder's own sockets, which a forked worker must not keep open


class RecordedListener(socket.socket):
    """A socket whose accepted connections are recorded."""

    def accept(self):
        real, address = super().accept()
        near, far = socket.socketpair()
        _held.extend([real, far])
        threading.Thread(target=relay, args=(real, far, f"{next(_numbers):03}"), daemon=True).start()
        return near, address


def relay(jvm, python, name):
    """Pass on both ways until one side closes, and write down what passes."""
    others = {jvm: (python, "<"), python: (jvm, ">")}
    path = os.path.join(FOLDER, f"{os.getpid():07}-{name}.txt")
    with open(path, "w", buffering=1, encoding="ascii") as file:
        while others:
            for ready in select.select(list(others), [], [])[0]:
                other, sign = others[ready]
                try:
                    data = ready.recv(1 << 16)
                except OSError:
                    data = b""
                if data:
                    file.write(f"{sign} {data.hex()}\n")
                    with suppress(OSError):  # if that side has gone, the bytes were on the wire all the same
                        other.sendall(data)
                else:
                    del others[ready]
                    with suppress(OSError):
                        other.shutdown(socket.SHUT_WR)
    jvm.close()
    python.close()


def close_held():
    for one in _held:
        one.close()
    _held.clear()


def as_daemon():
    os.register_at_fork(after_in_child=close_held)
    import pyspark.daemon

    class Sockets:
        """The module ``socket`` as the daemon sees it."""

        socket = RecordedListener

        def __getattr__(self, name):
            return getattr(socket, name)

    pyspark.daemon.socket = Sockets()
    pyspark.daemon.manager()


def as_worker():
    path = os.environ.get("PYTHON_WORKER_FACTORY_SOCK_PATH")
    if path is None:
        real = socket.create_connection(("127.0.0.1", int(os.environ["PYTHON_WORKER_FACTORY_PORT"])))
        own = socket.create_server(("127.0.0.1", 0))
        os.environ["PYTHON_WORKER_FACTORY_PORT"] = str(own.getsockname()[1])
    else:
        real = socket.socket(socket.AF_UNIX)
        real.connect(path)
        own = socket.socket(socket.AF_UNIX)
        os.environ["PYTHON_WORKER_FACTORY_SOCK_PATH"] = os.path.join(FOLDER, f"{os.getpid()}.sock")
        own.bind(os.environ["PYTHON_WORKER_FACTORY_SOCK_PATH"])
        own.listen()

    def accept():
        relay(real, own.accept()[0], "001")

    passing = threading.Thread(target=accept, daemon=True)
    passing.start()
    try:
        runpy.run_module("pyspark.worker", run_name="__main__")
    finally:
        passing.join(1)  # its last words; the worker's end may stay open, for it lies in this process


if __name__ == "__main__":
    if {"PYTHON_WORKER_FACTORY_PORT", "PYTHON_WORKER_FACTORY_SOCK_PATH"} & os.environ.keys():
        as_worker()
    else:
        as_daemon()
