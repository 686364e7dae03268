"""Whether a process is still running. It imports psutil only."""

from __future__ import annotations

import psutil


def is_running(pid: int) -> bool:
    """Whether there is such a process, of any user; one that has ended and waits for its parent isn't."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
