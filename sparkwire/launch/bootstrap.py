"""The first thing that runs in a recorded program: installs the recorder, and is gone.

``sparkwire run`` starts ``python SCRIPT ARGS...`` with the folder ``startup`` on PYTHONPATH. Python's own
start-up imports ``sitecustomize`` from there, which calls ``begin``. After that Python runs the script
itself: its arguments, its ``__main__``, its tracebacks and its exit are Python's, not an imitation.

What the program can see of it: SPARK_SUBMIT_OPTS when Java calls are recorded, and modules that are
imported already. PYTHONPATH and ``sys.path`` are as they would be, and its own processes aren't recorded.

Under ``sparkwire submit`` it is Java that starts the program. Spark puts its own archives in front of the
PYTHONPATH that it was given (``PythonRunner``, 4.3.0), so the folder is still on it. But the settings reach
other Pythons, too: the one that looks for Spark's folder before Java starts (``bin/find-spark-home``), and
the workers. Only the driver's has the gateway's port in its environment; the others just drop the settings.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from sparkwire.launch.launch_options import LaunchOptions
from sparkwire.record import Recorder
from sparkwire.trace.records import About

VARIABLE = "SPARKWIRE_RUN"
STARTUP = Path(__file__).resolve().parent / "startup"
FAILED = "recorder-failed"
"""The file in the private folder that says why nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the recorded program must know; it travels as JSON in ``VARIABLE``."""

    trace: str
    program: str
    private: str
    python_path: str | None
    """The user's own PYTHONPATH."""
    launch_options: tuple[str, ...] = ()
    """Options for JVMs that the program starts with Py4J's ``launch_gateway``; ``{launch}`` in them stands
    for the JVM's number."""
    java: str = ""
    """The Java program that understands these options."""
    by_java: bool = False
    """Whether Java starts the program: then the first Python that starts isn't it."""

    def environment(self, env: dict[str, str]) -> dict[str, str]:
        """``env`` with what makes ``begin`` run in the program."""
        path = [str(STARTUP), *([self.python_path] if self.python_path else [])]
        return {**env, VARIABLE: json.dumps(asdict(self)), "PYTHONPATH": os.pathsep.join(path)}


def begin() -> None:
    """Take the settings out of the environment, and record until the program ends. It raises nothing."""
    said = os.environ.pop(VARIABLE, None)
    if said is None:
        return
    settings = Settings(**json.loads(said))
    _restore_python_path(settings)
    if settings.by_java and "PYSPARK_GATEWAY_PORT" not in os.environ:
        return
    try:
        recorder = Recorder(settings.trace, program=settings.program).install()
        if settings.launch_options:
            launches = _Launches(settings, recorder.note)
            LaunchOptions(settings.java, launches.options, launches.refused).install()
        # Registered first, it runs last: after PySpark's own clean-up has said its good-byes.
        atexit.register(recorder.remove)
    except Exception as error:
        Path(settings.private, FAILED).write_text(f"{type(error).__name__}: {error}", "utf-8")


def _restore_python_path(settings: Settings) -> None:
    """Take ``STARTUP`` out of PYTHONPATH. Spark may have put its archives in front of it."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    before = entries[: entries.index(str(STARTUP))] if str(STARTUP) in entries else []
    if not before and settings.python_path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        after = [settings.python_path] if settings.python_path or not before else []
        os.environ["PYTHONPATH"] = os.pathsep.join([*before, *after])  # type: ignore[list-item]


class _Launches:
    """The options for each JVM that the program starts with ``launch_gateway``."""

    def __init__(self, settings: Settings, note: Callable[[About, str], None]) -> None:
        self._settings, self._note = settings, note
        self._count = 0

    def options(self) -> list[str]:
        self._count += 1
        return [option.replace("{launch}", str(self._count)) for option in self._settings.launch_options]

    def refused(self, java: str) -> None:
        self._note(
            About.JAVA,
            f"No Java calls of the JVM that launch_gateway started: it ran {java}, and the "
            f"program's Java is {self._settings.java}; java_path=None makes it use JAVA_HOME.",
        )
