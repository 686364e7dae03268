"""The first thing that runs in a recorded program: installs the recorder, and is gone.

``sparkwire run`` starts ``python SCRIPT ARGS...`` with the folder ``startup`` on PYTHONPATH. Python's own
start-up imports ``sitecustomize`` from there, which calls ``begin``. After that Python runs the script
itself: its arguments, its ``__main__``, its tracebacks and its exit are Python's, not an imitation.

What the program can see of it: SPARK_SUBMIT_OPTS when Java calls are recorded, and modules that are
imported already. PYTHONPATH and ``sys.path`` are as they would be, and its own processes aren't recorded.

It imports ``sparkwire.record`` and the standard library.
"""

from __future__ import annotations

import atexit
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

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
    """Options for JVMs that the program starts with Py4J's ``launch_gateway``."""

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
    if settings.python_path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = settings.python_path
    try:
        from sparkwire.record import Recorder
        from sparkwire.record.launch import LaunchOptions

        recorder = Recorder(settings.trace, program=settings.program).install()
        if settings.launch_options:
            LaunchOptions(tuple(settings.launch_options)).install()
        # Registered first, it runs last: after PySpark's own clean-up has said its good-byes.
        atexit.register(recorder.remove)
    except Exception as error:
        Path(settings.private, FAILED).write_text(f"{type(error).__name__}: {error}", "utf-8")
