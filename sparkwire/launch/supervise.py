"""Runs a program as a shell would, and leaves nothing of it behind.

Three processes, because any one of them may be killed:

    front     what the user started; prints, forwards signals, ends as the program ended
      guard     started by fork; the parent of everything that the program leaves behind
        program   the user's script, with the same input, output and terminal

- The guard notices that the front is gone when their pipe closes; then it ends the program, and
  removes the private folder, because no one else will.
- If the guard is killed, the kernel kills the program (PR_SET_PDEATHSIG), and the orphans come to the
  front, which is a "subreaper" too and ends them.
- All three stay in one process group, so that Ctrl-C, Ctrl-Z and reading from the terminal work as
  they do without this tool. A signal sent to the group therefore reaches the program by itself, and one
  sent to the front alone must be passed on. The guard tells them apart: it stands in the same group,
  so whatever the group got it got too.

What the program leaves behind is given ``GRACE`` seconds (a JVM is still writing its recording), then
SIGTERM, then SIGKILL. Left alone are processes that began a session of their own (``setsid``, as daemons
do): whoever does that wants to outlive the program. Following orphans needs Linux; elsewhere only the
program itself is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

import psutil

from sparkwire.launch.alive import lives

GRACE = 5.0
"""Seconds that what the program left behind may take to end by itself."""
GRACE_AFTER_TERM = 10.0
"""Seconds between SIGTERM and SIGKILL: a JVM writes its recording when it gets SIGTERM."""

_SAME_SIGNAL = 0.25
"""Seconds within which the same signal at front and guard was sent once, to the group."""
_POLL = 0.05
_WAIT_FOR_GROUP = 0.05
"""Seconds after which the guard would have had a signal that was sent to the group."""

FORWARDED = (
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform.startswith("linux")


@dataclass(slots=True)
class Ended:
    """How a program ended. ``code`` is its exit code, or minus the signal that killed it."""

    code: int
    stopped: list[str] = field(default_factory=list)
    """Processes that it left behind and that had to be stopped, such as ``sleep (pid 12)``."""
    daemons: list[str] = field(default_factory=list)
    """Processes that it left behind in sessions of their own, which still run."""
    guard_lost: bool = False
    """Whether the guard was killed, so that the program had to be."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that the program left behind."""

    pid: int
    session: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


class Supervisor:
    """Runs one program, in a ``with`` block. ``private`` is a folder (mode 0700) for whatever belongs to
    the run; it is removed at the block's end, and also when this process is killed inside it.

    Use it from the main thread of a process that has no other threads: it forks.
    """

    def __init__(self) -> None:
        self.private = Path(tempfile.mkdtemp(prefix="sparkwire-"))
        self._guard = 0
        self._lifeline = -1

    def __enter__(self) -> Supervisor:
        return self

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> Ended:
        """Run ``command`` until it and everything it started have ended; say how.

        Raises ``OSError`` when it can't be started.
        """
        _become_subreaper()
        result_read, result_write = os.pipe()
        lifeline_read, self._lifeline = os.pipe()
        with _signals_into(self._lifeline):
            sys.stdout.flush()
            sys.stderr.flush()
            self._guard = os.fork()
            if self._guard == 0:
                signal.set_wakeup_fd(-1)  # the guard has a pipe of its own for its signals
                os.close(result_read)
                os.close(self._lifeline)
                _guard(command, env, self.private, lifeline_read, result_write)
            os.close(result_write)
            os.close(lifeline_read)
            with os.fdopen(result_read, "rb") as pipe:
                said = pipe.read()
            if not said:  # the guard was killed, and the kernel killed the program
                signal.set_wakeup_fd(-1)  # nobody reads the pipe
                _reap(self._guard)
                stopped, daemons = end_family(self._guard)
                return Ended(-signal.SIGKILL, stopped, daemons, guard_lost=True)
        result = json.loads(said)
        if "error" in result:
            raise OSError(*result["error"])
        return Ended(**result)

    def __exit__(self, *_: object) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._guard, 0)
        shutil.rmtree(self.private, ignore_errors=True)


def end_like(code: int) -> NoReturn:
    """End this process as the program ended: with its exit code, or by the same signal.

    A shell then reports what it would have reported for the program itself (128 + n in ``$?``).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if code < 0:
        number = -code
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core of interest is the program's
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
        code = 128 + number  # a signal whose default is to be ignored
    os._exit(code)


# --- the guard -----------------------------------------------------------------------------------


def _guard(
    command: Sequence[str], env: Mapping[str, str], private: Path, lifeline: int, result: int
) -> NoReturn:
    """The guard's whole life. It never returns, whatever happens."""
    try:
        try:
            said: object = asdict(_guard_program(command, env, lifeline))
        except OSError as error:
            said = {"error": [error.errno or 0, error.strerror or str(error), error.filename or ""]}
        with contextlib.suppress(BrokenPipeError):
            os.write(result, json.dumps(said).encode())
        os.close(result)
        while os.read(lifeline, 512):
            pass  # the front still has work to do, and may still be killed
        shutil.rmtree(private, ignore_errors=True)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _guard_program(command: Sequence[str], env: Mapping[str, str], lifeline: int) -> Ended:
    _become_subreaper()
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    os.set_blocking(lifeline, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in _caught():
        signal.signal(number, _do_nothing)
    signal.signal(signal.SIGCHLD, _do_nothing)
    program = _start(command, env)
    mailbox = _Mailbox(woken, lifeline)
    while (status := _reap(program)) is None:
        for passed_on in mailbox.wait():
            with contextlib.suppress(ProcessLookupError):
                os.kill(program, passed_on)
    mailbox.forget()  # what the program ended of is no impatience with what it left
    stopped, daemons = end_family(mailbox=mailbox)
    os.set_blocking(lifeline, True)
    return Ended(os.waitstatus_to_exitcode(status), stopped, daemons)


class _Mailbox:
    """What reaches the guard: its own signals, and those that the front got."""

    def __init__(self, woken: int, lifeline: int) -> None:
        self._woken, self._lifeline = woken, lifeline
        self._front_lives = True
        self._direct: dict[int, float] = {}
        """When the guard itself last got each signal."""
        self._due: list[tuple[float, int]] = []
        """Signals to pass on unless the guard got them too, each with the time to decide that."""

    def wait(self, timeout: float | None = None) -> list[int]:
        """Wait until something happens, at most ``timeout`` seconds; the signals to send to the program."""
        now = time.monotonic()
        if self._due:
            until_due = max(0.0, min(due for due, _ in self._due) - now)
            timeout = until_due if timeout is None else min(timeout, until_due)
        watched = [self._woken, self._lifeline] if self._front_lives else [self._woken]
        ready, _, _ = select.select(watched, [], [], timeout)
        now = time.monotonic()
        if self._woken in ready:
            for number in os.read(self._woken, 512):
                self._direct[number] = now
        if self._lifeline in ready:
            numbers = os.read(self._lifeline, 512)
            self._due += [(now + _WAIT_FOR_GROUP, number) for number in numbers]
            if not numbers:
                self._front_lives = False
                self._due += [(now, signal.SIGTERM), (now + GRACE_AFTER_TERM, signal.SIGKILL)]
        send = []
        for due, number in list(self._due):
            if due <= now:
                self._due.remove((due, number))
                if due - self._direct.get(number, -1e9) > _SAME_SIGNAL:
                    send.append(number)
        return send

    @property
    def interrupted(self) -> bool:
        """Whether a signal other than a child's end has come since ``forget`` or since this was asked."""
        came = any(number != signal.SIGCHLD for number in self._direct) or bool(self._due)
        self.forget()
        return came

    def forget(self) -> None:
        """Drop the signals that came so far."""
        self._direct.clear()
        self._due.clear()


def _start(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Start the program with everything inherited, descriptors included, as a shell would."""
    guard = os.getpid()
    library = _libc()
    caught = _caught()

    def prepare() -> None:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != guard:
                os._exit(128 + signal.SIGKILL)  # the guard was killed before that took hold
        signal.pthread_sigmask(signal.SIG_UNBLOCK, caught)

    # A signal that comes between fork and exec must not run Python's handler there, which would lose it.
    signal.pthread_sigmask(signal.SIG_BLOCK, caught)
    try:
        return subprocess.Popen(command, env=dict(env), close_fds=False, preexec_fn=prepare).pid
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, caught)


# --- what both need ------------------------------------------------------------------------------


def end_family(besides: int = 0, mailbox: _Mailbox | None = None) -> tuple[list[str], list[str]]:
    """Wait for all descendants of this process but ``besides``, then stop them.

    Returns those that had to be stopped and the daemons that were left alone, as text.
    """
    stopped: list[str] = []
    began = time.monotonic()
    send: int = signal.SIGTERM
    deadline = began + GRACE
    announced = False
    while True:
        _reap(0)
        family = [process for process in descendants() if process.pid != besides]
        own = os.getsid(0)
        mine = [process for process in family if process.session == own]
        if not mine:
            return stopped, [str(process) for process in family]
        now = time.monotonic()
        if now - began > 1.5 and not announced:
            announced = True
            names = ", ".join(str(process) for process in mine)
            _say(f"the program left something running; stopping it in {GRACE:.0f} seconds: {names}")
        if now >= deadline or (mailbox is not None and mailbox.interrupted):
            for process in mine:
                if (text := str(process)) not in stopped:
                    stopped.append(text)
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, send)
            send, deadline = signal.SIGKILL, now + GRACE_AFTER_TERM
        if mailbox is not None:
            mailbox.wait(_POLL)
        else:
            time.sleep(_POLL)


def descendants() -> list[Process]:
    """All living processes below this one, as far as the system shows them."""
    # Not psutil's children(): one process that may not be looked at would hide all the others. And nothing
    # of psutil's is kept: the guard is a fork, and would go on with the front's number.
    children: dict[int, list[psutil.Process]] = {}
    for number in psutil.pids():
        # It may end while it is looked at.
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(number)
            children.setdefault(process.ppid(), []).append(process)
    found = []
    below = children.pop(os.getpid(), [])
    while below:
        process = below.pop()
        below += children.pop(process.pid, [])
        with contextlib.suppress(psutil.Error, OSError), process.oneshot():
            if lives(process):
                found.append(Process(process.pid, os.getsid(process.pid), process.name()))
    return found


def _reap(wanted: int) -> int | None:
    """Collect all children that have ended; the wait status of ``wanted`` when it's among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == wanted:
                status = ended[1]
    return status


@contextlib.contextmanager
def _signals_into(pipe: int) -> Iterator[None]:
    """Meanwhile, write the number of each forwarded signal into ``pipe`` instead of heeding it.

    A handler in Python couldn't: if the signal comes just before a read that blocks, it runs after the read.
    """
    os.set_blocking(pipe, False)
    signal.set_wakeup_fd(pipe, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _do_nothing) for number in _caught()}
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)


def _caught() -> list[signal.Signals]:
    """The signals to forward: not those that whoever started us wants ignored (nohup, ``&`` in a script)."""
    return [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]


def _do_nothing(*_: object) -> None:
    """A handler: with one, a signal doesn't end the process, and its number goes into the wakeup pipe."""


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if _LINUX else None


def _become_subreaper() -> None:
    """Have orphans below this process come to it rather than to the init process."""
    if (library := _libc()) is not None:
        library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"sparkwire: {text}\n".encode("utf-8", "backslashreplace"))
