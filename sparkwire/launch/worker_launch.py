"""Has the Python workers of a program's executors recorded.

Where the driver's JVM is the executor (``local[...]``), that JVM starts the workers with its own environment
(``PythonWorkerFactory``, 3.5 to 4.3). So the JVM gets two variables that the program itself doesn't have: the
one that tells the recorder what to do, and PYTHONPATH with the folder whose ``sitecustomize`` starts the
recorder.

A JVM that runs already can't be given them, and neither can the executors of a cluster. But with each Python
function Spark sends variables for the workers that run it, those of ``SparkContext.environment``. They go
before the JVM's own. Spark has a daemon of its own for each set of variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from sparkwire.launch.driver_start import DriverStart
from sparkwire.record.worker_settings import VARIABLE


def workers_environment(env: Mapping[str, str], startup: str, settings: str) -> dict[str, str]:
    """``env`` for a JVM whose workers are recorded as ``settings`` say (``WorkerSettings.variable``)."""
    path = env.get("PYTHONPATH")
    return {**env, VARIABLE: settings, "PYTHONPATH": os.pathsep.join([startup, *([path] if path else [])])}


class WorkerLaunch:
    """From ``install`` on, the JVM that PySpark starts in this process has its workers recorded.

    ``started`` is told of each such JVM, with its process and its environment.
    """

    def __init__(
        self,
        startup: str,
        settings: str,
        started: Callable[[Any, Mapping[str, str]], None] = lambda process, env: None,
    ) -> None:
        self._startup, self._settings = startup, settings
        self._process = os.getpid()
        self._driver_start = DriverStart(self._change, started)

    def install(self) -> None:
        self._driver_start.install()

    def remove(self) -> None:
        """JVMs that start from now on are as they would be."""
        self._driver_start.remove()

    def _change(self, env: Mapping[str, str], command: Any, cwd: Any) -> Mapping[str, str]:
        if os.getpid() != self._process:  # a forked child, which isn't recorded
            return env
        return workers_environment(env, self._startup, self._settings)


class FunctionEnvironment:
    """While installed, the functions that Spark makes ready go to workers that are recorded.

    ``variables`` is ``SparkContext.environment``. A function that was made ready before goes where it went.
    """

    def __init__(self, variables: MutableMapping[str, str], startup: str, settings: str) -> None:
        self._variables = variables
        self._added = {
            name: workers_environment(variables, startup, settings)[name] for name in (VARIABLE, "PYTHONPATH")
        }
        self._before = {name: variables.get(name) for name in self._added}

    def install(self) -> None:
        self._variables.update(self._added)

    def remove(self) -> None:
        """Put back what was there, unless the program has put something else there meanwhile."""
        for name, added in self._added.items():
            before = self._before[name]
            if self._variables.get(name) != added:
                continue
            if before is None:
                del self._variables[name]
            else:
                self._variables[name] = before
