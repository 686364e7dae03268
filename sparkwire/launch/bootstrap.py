"""The first thing that runs in a recorded program: installs the recorder, and is gone.

``sparkwire run`` starts ``python PROGRAM ARGS...`` with the folder ``startup`` on PYTHONPATH. Python's own
start-up imports ``sitecustomize`` from there, which calls ``begin``. After that Python runs the script
itself: its arguments, its ``__main__``, its tracebacks and its exit are Python's, not an imitation.

What the program can see of it: modules that are imported already. Its environment and ``sys.path`` are as
they would be, and its own processes aren't recorded.
Those see SPARKWIRE_CHILD and PYTHONPATH with the folder ``startup``; a Python drops both when it starts.

Under ``sparkwire submit`` it is Java that starts the program. Spark puts its own archives in front of the
PYTHONPATH that it was given (``PythonRunner``, 4.3.0), so the folder is still on it. But the settings reach
other Pythons, too: the one that looks for Spark's folder before Java starts (``bin/find-spark-home``), and
the workers. Only the driver's has the gateway's port in its environment; the others just drop the settings.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sparkwire.launch.cluster_workers import ClusterWorkers
from sparkwire.launch.launch_options import DRIVER_OPTIONS, REPOSITORY, LaunchOptions
from sparkwire.launch.worker_launch import WorkerLaunch
from sparkwire.record import Recorder
from sparkwire.record.worker_settings import VARIABLE as WORKERS
from sparkwire.record.worker_settings import WorkerSettings
from sparkwire.trace.records import About

VARIABLE = "SPARKWIRE_RUN"
CHILD_VARIABLE = "SPARKWIRE_CHILD"
"""For a Python that the program starts: the trace, when it began, and the user's own PYTHONPATH."""
STARTUP = Path(__file__).resolve().parent / "startup"
SENT = "sparkwire.zip/sparkwire/launch/startup"
"""The same in an executor's folder, if ``sparkwire pack`` made an archive and the program sent it there."""
FAILED = "recorder-failed"
"""The file in the private folder that says why nothing was recorded."""
BEGAN = "began"
"""The file in the private folder that says when the trace began (``Header.started_ns``)."""
LAUNCH = "launch-{launch}.jfr"
"""The recordings of the JVMs that the program starts, in the private folder, counted from 1."""
CHILDS_JVM = "childs-jvm"
"""The file in the private folder that says that a forked child started a JVM."""
MASTER = "master"
"""The file in the private folder that names the cluster on which the program's functions run."""
REPLACED = "replaced"
"""The file in the private folder that says that the program replaced itself by another one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the recorded program must know; it travels as JSON in ``VARIABLE``."""

    trace: str
    program: str
    private: str
    python_path: str | None
    """The user's own PYTHONPATH."""
    launch_options: tuple[str, ...] = ()
    """Options for JVMs that the program starts; ``{launch}`` in them stands for the JVM's number."""
    java: str = ""
    """The Java program that understands these options."""
    by_java: bool = False
    """Whether Java starts the program."""
    driver_options: str | None = None
    """The user's own SPARK_SUBMIT_OPTS; only where Java starts the program, which gets other ones."""
    known_by: str = ""
    """A variable that only the program has in its environment, and no other Python that is started before it
    or beside it; empty when the first Python that starts is the program."""
    users: tuple[str, ...] = ()
    """Paths below which code is the user's."""
    libraries: tuple[str, ...] = ()
    """Packages that are libraries."""
    parts: str = ""
    """The folder for the parts that Python workers record; empty when they aren't recorded."""
    worker_data: bool = False
    """Whether the workers' data is stored, too."""

    def environment(self, env: dict[str, str]) -> dict[str, str]:
        """``env`` with what makes ``begin`` run in the program."""
        path = [str(STARTUP), *([self.python_path] if self.python_path else [])]
        if self.parts and self.by_java:  # the JVM that starts the program starts the workers, too
            env = {**env, WORKERS: self.workers()}
        return {**env, VARIABLE: json.dumps(asdict(self)), "PYTHONPATH": os.pathsep.join(path)}

    def workers(self, started_ns: int = 0) -> str:
        """What tells the recorder in a worker what to do; ``started_ns``: when the trace began, if known."""
        return WorkerSettings(self.parts, self.trace, started_ns, self.worker_data).variable()


def begin() -> None:
    """Take the settings out of the environment, and record until the program ends. It raises nothing."""
    said = os.environ.pop(VARIABLE, None)
    os.environ.pop(WORKERS, None)
    if said is None:
        return
    settings = Settings(**json.loads(said))
    _restore_python_path(settings)
    if settings.by_java:
        _restore(DRIVER_OPTIONS, settings.driver_options)
    if settings.known_by and settings.known_by not in os.environ:
        return
    try:
        recorder = Recorder(
            settings.trace,
            program=settings.program,
            users=settings.users,
            libraries=settings.libraries,
        ).install()
        Path(settings.private, BEGAN).write_text(str(recorder.started_ns), "utf-8")
        if settings.launch_options:
            launches = _Launches(settings, recorder.note)
            LaunchOptions(
                settings.java, launches.options, launches.refused, in_child=launches.in_child
            ).install()
        if settings.parts:
            for_workers = settings.workers(recorder.started_ns)
            if not settings.by_java:
                WorkerLaunch(str(STARTUP), for_workers).install()
            # Where executors run elsewhere, sparkwire may have been sent to them.
            startups = os.pathsep.join([str(STARTUP), SENT])
            told = Path(settings.private, MASTER)
            ClusterWorkers(startups, for_workers, lambda master: _write(told, master)).install()
        for name in ("execv", "execve"):  # what the others of the family call
            setattr(os, name, _leaving_a_mark(getattr(os, name), Path(settings.private, REPLACED)))
        _watch_children(settings, recorder.started_ns)
        # Registered first, it runs last: after PySpark's own clean-up has said its good-byes.
        atexit.register(recorder.remove)
    except Exception as error:
        Path(settings.private, FAILED).write_text(f"{type(error).__name__}: {error}", "utf-8")


def _write(file: Path, text: str) -> None:
    with suppress(OSError):
        file.write_text(text, "utf-8")


def _watch_children(settings: Settings, started_ns: int) -> None:
    """Have the Pythons that the program starts say in the trace when they talk to Java (``startup``).

    ``os.putenv`` tells them, and ``os.environ`` of the program stays as it would be. A process that is given
    another environment isn't told.
    """
    path = os.environ.get("PYTHONPATH", "")
    os.putenv(CHILD_VARIABLE, f"{settings.trace}\n{started_ns}\n{path}")
    os.putenv("PYTHONPATH", os.pathsep.join([str(STARTUP), *([path] if path else [])]))


def _restore_python_path(settings: Settings) -> None:
    """Take ``STARTUP`` out of PYTHONPATH. Spark may have put its archives in front of it."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    before = entries[: entries.index(str(STARTUP))] if str(STARTUP) in entries else []
    if not before and settings.python_path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        after = [settings.python_path] if settings.python_path or not before else []
        os.environ["PYTHONPATH"] = os.pathsep.join([*before, *after])  # type: ignore[list-item]


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _leaving_a_mark(execute: Callable[..., Any], mark: Path) -> Callable[..., Any]:
    """``execute``, one of ``os.exec...``: when it succeeds in this process, ``mark`` is there."""
    process = os.getpid()

    @functools.wraps(execute)
    def leave(*args: Any, **kwargs: Any) -> Any:
        if os.getpid() != process:  # a forked child may become what it likes
            return execute(*args, **kwargs)
        with suppress(OSError):
            mark.touch()
        try:
            return execute(*args, **kwargs)
        finally:  # it has returned, so it has failed
            with suppress(OSError):
                mark.unlink()

    return leave


class _Launches:
    """The options for each JVM that the program starts."""

    def __init__(self, settings: Settings, note: Callable[[About, str], None]) -> None:
        self._settings, self._note = settings, note
        self._count = 0

    def options(self) -> list[str]:
        self._count += 1
        number = str(self._count)
        # Made here, it says that a JVM was started, whatever becomes of it.
        Path(self._settings.private, LAUNCH.replace("{launch}", number) + REPOSITORY).mkdir()
        return [option.replace("{launch}", number) for option in self._settings.launch_options]

    def refused(self, reason: str) -> None:
        self._note(About.JAVA, f"A JVM that the program started was not told to record: {reason}.")

    def in_child(self) -> None:
        with suppress(OSError):
            Path(self._settings.private, CHILDS_JVM).touch()
