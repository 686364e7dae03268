"""The one place where the driver's JVM is given another environment: where PySpark starts it
(``pyspark.java_gateway``, 3.5 to 4.3).

The program's own environment stays as it is, so no other process of the program's sees the change.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeGuard

from sparkwire.record.imports import forget, when_imported

PYSPARK = "pyspark.java_gateway"
"""The module that starts the driver's JVM."""
_DRIVERS_MARK = "_PYSPARK_DRIVER_CONN_INFO_PATH"
"""PySpark gives its driver this variable, and no other process."""

Change = Callable[[Mapping[str, str], Any, Any], Mapping[str, str]]
"""Makes the environment of a JVM from the one that PySpark has for it, its command and its folder, which is
None where it is the program's."""


class DriverStart:
    """While installed, ``change`` decides about the environment of each driver's JVM.

    ``started`` is told of each, with its process and its environment. Several can be installed, and
    removed in any order. What they change adds up, in the order in which they were installed.
    """

    def __init__(
        self, change: Change, started: Callable[[Any, Mapping[str, str]], None] = lambda process, env: None
    ) -> None:
        self.change, self.started = change, started

    def install(self) -> None:
        if not _installed:
            when_imported(PYSPARK, _patch)
        _installed.append(self)

    def remove(self) -> None:
        """Change no further environment. With the last of them PySpark's own function comes back."""
        if self in _installed:
            _installed.remove(self)
        if not _installed:
            forget(PYSPARK, _patch)
            while _replaced:
                module, original = _replaced.pop()
                module.Popen = original  # type: ignore[attr-defined]


_installed: list[DriverStart] = []
_replaced: list[tuple[ModuleType, Any]] = []


def _patch(module: ModuleType) -> None:
    # Not its launch_gateway: what that asks Java would then seem to come from this file.
    original = getattr(module, "Popen", None)
    if original is None:  # another PySpark, which starts its driver in another way
        return

    @functools.wraps(original)
    def popen(*args: Any, **kwargs: Any) -> Any:
        env = kwargs.get("env")
        if not _is_driver(env):
            return original(*args, **kwargs)
        command = args[0] if args else kwargs.get("args")
        starts = list(_installed)
        for start in starts:
            env = start.change(env, command, kwargs.get("cwd"))
        kwargs["env"] = env
        process = original(*args, **kwargs)
        for start in starts:
            start.started(process, env)
        return process

    _replaced.append((module, original))
    module.Popen = popen  # type: ignore[attr-defined]


def _is_driver(env: object) -> TypeGuard[Mapping[str, str]]:
    """Whether this is the environment with which PySpark starts its driver's JVM."""
    return isinstance(env, Mapping) and _DRIVERS_MARK in env
