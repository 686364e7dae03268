"""Whether a process is still running, and whether somebody listens on a port."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psutil

_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def is_running(pid: int) -> bool:
    """Whether there is such a process, of any user; one that has ended and waits for its parent isn't."""
    try:
        return lives(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def lives(process: psutil.Process) -> bool:
    """Whether this very process is still running, and not another that got its number since."""
    try:
        return process.is_running() and process.status() not in _ENDED
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def listens(connection: Any, ports: Collection[int]) -> bool:
    """Whether this one of psutil's ``net_connections`` is somebody who listens on one of the ``ports``."""
    return connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
