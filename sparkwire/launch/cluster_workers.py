"""Has the Python workers of a cluster recorded: those of executors that aren't the driver's JVM.

Their JVMs don't have the driver's environment, but each Python function carries variables to the workers that
run it (``FunctionEnvironment``). The program's ``SparkContext`` must be there first, and its master known. So
``SparkContext.environment`` becomes a property that adds the variables when it is read the first time after
that: when the first function is made ready (``pyspark/core/context.py``, 4.3.0).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from sparkwire.launch.worker_launch import FunctionEnvironment
from sparkwire.record.imports import when_imported

_MODULES = ("pyspark.core.context", "pyspark.context")
"""Where the class is: from 4.0 on, and in 3.5."""
_IN_THE_DRIVER = re.compile(r"local(\[[^\]]*\])?")
"""Masters without executors of their own. ``local-cluster[...]`` has them."""
_NAME = "environment"


class ClusterWorkers:
    """From ``install`` on, the functions of a program on a cluster go to workers that are recorded.

    ``found`` is told of each cluster's master.
    """

    def __init__(self, startup: str, settings: str, found: Callable[[str], None]) -> None:
        self._startup, self._settings, self._found = startup, settings, found
        self._process = os.getpid()
        self._known: set[int] = set()

    def install(self) -> None:
        for name in _MODULES:
            when_imported(name, self._patch)

    def _patch(self, module: ModuleType) -> None:
        cls = getattr(module, "SparkContext", None)
        if isinstance(cls, type) and cls.__module__ == module.__name__:
            cls.environment = _Environment(self._read)  # type: ignore[attr-defined]

    def _read(self, context: Any, variables: Any) -> None:
        """The context's variables are asked for."""
        if id(variables) in self._known or os.getpid() != self._process:
            return
        # Set one after the other while the context is made. The last of them comes when Java has its own.
        master, made = getattr(context, "master", None), getattr(context, "_jsc", None)
        if made is None or not isinstance(master, str) or not isinstance(variables, dict):
            return
        self._known.add(id(variables))
        if not _IN_THE_DRIVER.fullmatch(master):
            FunctionEnvironment(variables, self._startup, self._settings).install()
            self._found(master)


class _Environment:
    """``SparkContext.environment``: an attribute as before, but for who is told that it was read."""

    def __init__(self, read: Callable[[Any, Any], None]) -> None:
        self._read = read

    def __get__(self, context: Any, owner: type) -> Any:
        if context is None:
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {_NAME!r}")
        if _NAME not in context.__dict__:
            raise AttributeError(f"{type(context).__name__!r} object has no attribute {_NAME!r}")
        variables = context.__dict__[_NAME]
        self._read(context, variables)
        return variables

    def __set__(self, context: Any, value: Any) -> None:
        context.__dict__[_NAME] = value
