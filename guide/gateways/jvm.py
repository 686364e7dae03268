"""What every gateway here needs of its JVM: a Java to run it, where it listens, and its end."""

from __future__ import annotations

import contextlib
import subprocess

from sparkwire import Java, NoJava, SparkwireError, find_java

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
"""Seconds that a JVM gets to end by itself, and that it may take to reply."""


class NoGateway(SparkwireError, RuntimeError):
    """The gateway could not be started. The message says why and what to do."""


def java() -> Java:
    """The Java that runs a gateway. Raises ``NoGateway`` when there is none."""
    found = find_java()
    if isinstance(found, NoJava):
        raise NoGateway(str(found))
    return found


def end(jvm: subprocess.Popen[bytes]) -> None:
    """Close the JVM's standard input, at whose end it ends, and wait for it. Ending it twice is harmless."""
    if jvm.stdin is not None:
        with contextlib.suppress(OSError):
            jvm.stdin.close()
    try:
        jvm.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        jvm.kill()
        jvm.wait()
    if jvm.stdout is not None:
        jvm.stdout.close()
