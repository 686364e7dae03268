"""A recorded program that waits, so that a page can look at it while it runs.

A process map is a picture of one moment, and most programs are gone before it is taken. ``Held`` starts one
under ``sparkwire run`` or ``sparkwire submit``, or a ``sparkwire relay``, returns when it has said a certain
line, and ends it with the process that holds it, even if that is killed. It can also hold a command of the
guide's own that runs its program under sparkwire's ``Supervisor``, as ``sparkwire run`` does.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping

import psutil

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Held:
    """A program under ``sparkwire ARGUMENTS...``, from the line ``until`` on, which it must print by itself.

    ``until`` is the whole line, or a pattern for it. ``module`` is what is run in place of ``sparkwire``, and
    ``env`` its environment (this process's when None). ``heard`` is told each line as it comes. With
    ``apart``, the program gets no signal that is sent to this process's group, as Ctrl-C and the interrupting
    of a cell are.

    Use it from a thread that lives as long as the program may: on Linux the program ends with that thread.
    Raises ``RuntimeError``, with what the program printed, when it ends or ``timeout`` seconds pass before.
    """

    def __init__(
        self,
        *arguments: str,
        until: str | re.Pattern[str] = "ready",
        timeout: float = 120,
        module: str = "sparkwire",
        env: Mapping[str, str] | None = None,
        heard: Callable[[str], None] | None = None,
        apart: bool = False,
    ) -> None:
        self._front = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
            process_group=0 if apart else None,
            preexec_fn=_end_with_parent(os.getpid()),
        )
        atexit.register(self.end)
        timer = threading.Timer(timeout, self._front.terminate)
        timer.start()
        self.printed = ""
        """All that was read of what it printed: up to the line ``until``, and after ``end`` the rest."""
        try:
            self._listen(until, heard)
        except BaseException:  # an interrupted cell shall not leave a program that it has no name for
            self.end()
            raise
        finally:
            timer.cancel()
        if self._front.returncode is not None:
            said = until if isinstance(until, str) else until.pattern
            raise RuntimeError(f"the program ended before it said {said!r}:\n{self.printed}")

    def _listen(self, until: str | re.Pattern[str], heard: Callable[[str], None] | None) -> None:
        """Read what the program prints, up to the line ``until`` or its end."""
        assert self._front.stdout is not None
        last = re.compile(re.escape(until)) if isinstance(until, str) else until
        for line in self._front.stdout:
            self.printed += line
            if heard is not None:
                heard(line.rstrip("\n"))
            if last.fullmatch(line.strip()):
                return
        self._front.wait()

    @property
    def pid(self) -> int:
        """The process of the command itself, which ``sparkwire`` is unless another module was named."""
        return self._front.pid

    @property
    def program(self) -> int:
        """The process that ``sparkwire`` started: the script's Python, or ``spark-submit``.

        Between the two stands sparkwire's guard (see ``supervise``). Raises ``psutil.NoSuchProcess`` when
        the program has ended.
        """
        try:
            [guard] = psutil.Process(self._front.pid).children()
            [program] = guard.children()
        except ValueError:
            raise psutil.NoSuchProcess(self._front.pid, msg="the program has ended") from None
        return int(program.pid)

    def ended(self, timeout: float = 60) -> int:
        """Wait until it has ended by itself; its exit code, or minus the signal that ended it.

        Raises ``subprocess.TimeoutExpired``.
        """
        self.printed += self._front.communicate(timeout=timeout)[0] or ""
        return self._front.returncode

    def end(self) -> None:
        """End it, with all that it started. Does nothing when it has ended."""
        atexit.unregister(self.end)
        if self._front.poll() is None:
            self._front.terminate()
        if self._front.stdout is not None and not self._front.stdout.closed:
            self.printed += self._front.communicate()[0] or ""


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """What a child does before it becomes the program: ask the kernel for SIGTERM when its parent ends."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
