"""Which processes a program left behind: those that live, whichever session they are in."""

from __future__ import annotations

import ctypes
import operator
import os
import select
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest

from sparkwire.launch import supervise
from sparkwire.launch.alive import is_running, lives
from sparkwire.launch.supervise import Process, descendants


@pytest.fixture
def start():
    """``start(program, ...)``: starts it; all that was started is gone after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str, **options: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def found() -> dict[int, Process]:
    return {process.pid: process for process in descendants()}


def ended(process: subprocess.Popen[bytes]) -> None:
    """Return when it has ended, and leave it to be collected."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def test_children_and_theirs_with_name_and_session(start):
    code = "import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    with start(sys.executable, "-c", code, stdout=subprocess.PIPE) as child:
        below = int(child.stdout.readline())
        # The child's child has its name when it has become sleep.
        while found()[below].name != "sleep":
            time.sleep(0.01)
        assert found()[below] == Process(below, os.getsid(0), "sleep")
        assert str(found()[below]) == f"sleep (pid {below})"
        assert child.pid in found()
        os.kill(below, 9)


def test_one_that_ended_and_was_not_collected_is_not_there(start):
    process = start("true")
    ended(process)
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert process.pid not in found()
    assert not is_running(process.pid)


def test_a_session_of_its_own_is_told(start):
    process = start("sleep", "60", start_new_session=True)
    assert found()[process.pid].session == process.pid != os.getsid(0)


@pytest.mark.parametrize(("place", "name"), [(psutil.Process, "status"), (os, "getsid")])
def test_one_that_vanishes_while_it_is_looked_at_is_not_there(start, monkeypatch, place, name):
    gone, stays = start("sleep", "60"), start("sleep", "60")
    original = getattr(place, name)

    def too_late(process):
        if getattr(process, "pid", process) == gone.pid:
            gone.kill()
            gone.wait()
        return original(process)

    with monkeypatch.context() as patched:
        patched.setattr(place, name, too_late)
        seen = found()
    assert gone.pid not in seen
    assert stays.pid in seen


def test_a_fork_sees_its_own_and_not_its_parents(start):
    process = start("sleep", "60")
    assert process.pid in found()
    fork = os.fork()
    if fork == 0:
        os._exit(len(supervise.descendants()))
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0


def test_where_the_system_shows_none_there_are_none(start, monkeypatch):
    def refused(self):
        raise psutil.AccessDenied(self.pid)

    process = start("sleep", "60")
    assert process.pid in found()
    monkeypatch.setattr(psutil.Process, "ppid", refused)
    assert descendants() == []


def test_one_that_is_gone_lives_no_more(start):
    process = start("sleep", "60")
    known = psutil.Process(process.pid)
    assert lives(known)
    process.kill()
    process.wait()
    assert not lives(known)
    assert not is_running(process.pid)


def test_a_signal_just_before_a_blocking_call_is_passed_on_at_once():
    """ctypes and ``map`` call C right after C: Python has no moment between them to run a handler."""
    told, pipe = os.pipe()
    hang_up = partial(ctypes.CDLL(None).kill, os.getpid(), int(signal.SIGHUP))
    wait = partial(select.select, [told], [], [], 5)
    with supervise._signals_into(pipe):
        _, (ready, _, _) = map(operator.call, (hang_up, wait))
        assert ready == [told]
        assert os.read(told, 10) == bytes([signal.SIGHUP])
    os.close(told)
    os.close(pipe)


def test_a_process_that_may_not_be_looked_at_hides_no_other(start, monkeypatch):
    """As with a program that runs as another user, where the system shows nobody what others do."""
    denied, other = start("sleep", "60"), start("sleep", "60")
    real = psutil.Process.create_time

    def create_time(self):
        if self.pid == denied.pid:
            raise psutil.AccessDenied(self.pid)
        return real(self)

    monkeypatch.setattr(psutil.Process, "create_time", create_time)
    with pytest.raises(psutil.AccessDenied):
        psutil.Process().children(recursive=True)
    assert other.pid in found()
