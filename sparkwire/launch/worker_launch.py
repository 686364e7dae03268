"""Has the Python workers of a program's executors recorded, where the driver's JVM is the executor
(``local[...]``).

That JVM starts the workers with its own environment (``PythonWorkerFactory``, 3.5 to 4.3). So the JVM gets
two variables that the program itself doesn't have: the one that tells the recorder what to do, and
PYTHONPATH with the folder whose ``sitecustomize`` starts the recorder. They are added where PySpark starts
the JVM (``pyspark.java_gateway``).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from sparkwire.launch.launch_options import PYSPARK, is_driver
from sparkwire.record.imports import when_imported
from sparkwire.record.worker_settings import VARIABLE


def workers_environment(env: Mapping[str, str], startup: str, settings: str) -> dict[str, str]:
    """``env`` for a JVM whose workers are recorded as ``settings`` say (``WorkerSettings.variable``)."""
    path = env.get("PYTHONPATH")
    return {**env, VARIABLE: settings, "PYTHONPATH": os.pathsep.join([startup, *([path] if path else [])])}


class WorkerLaunch:
    """From ``install`` on, the JVM that PySpark starts in this process has its workers recorded."""

    def __init__(self, startup: str, settings: str) -> None:
        self._startup, self._settings = startup, settings
        self._process = os.getpid()

    def install(self) -> None:
        when_imported(PYSPARK, self._patch)

    def _patch(self, module: ModuleType) -> None:
        original = getattr(module, "Popen", None)
        if original is None:  # another PySpark, which starts its driver in another way
            return

        @functools.wraps(original)
        def popen(*args: Any, **kwargs: Any) -> Any:
            env = kwargs.get("env")
            if is_driver(env) and os.getpid() == self._process:
                kwargs["env"] = workers_environment(env, self._startup, self._settings)
            return original(*args, **kwargs)

        module.Popen = popen  # type: ignore[attr-defined]
