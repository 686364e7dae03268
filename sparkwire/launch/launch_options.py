"""Gives Java options to the JVMs that a program starts through Py4J's own ``launch_gateway``.

PySpark's driver takes its options from SPARK_SUBMIT_OPTS. A plain Py4J program names them itself, as
``javaopts`` of ``py4j.java_gateway.launch_gateway`` (0.10.9.9), so while recording that function is
replaced by one that adds to them. A variable such as JDK_JAVA_OPTIONS would reach every other Java
that the program starts, too.
"""

from __future__ import annotations

import functools
import inspect
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sparkwire.record.imports import forget, when_imported

_MODULE = "py4j.java_gateway"


class LaunchOptions:
    """While installed, every JVM that ``launch_gateway`` starts with ``java`` gets more options.

    ``options`` is asked for them, once a JVM. Py4J runs the java on PATH unless it's told otherwise, and an
    older one would refuse the options: of another Java, ``refused`` is told the path, and it gets none.
    """

    def __init__(
        self,
        java: str | Path,
        options: Callable[[], Sequence[str]],
        refused: Callable[[str], None] = lambda java: None,
    ) -> None:
        self._java, self._options, self._refused = java, options, refused
        self._original: Any = None
        self._module: ModuleType | None = None

    def install(self) -> None:
        when_imported(_MODULE, self._patch)

    def remove(self) -> None:
        """Put the original function back."""
        forget(_MODULE, self._patch)
        if self._module is not None:
            self._module.launch_gateway = self._original  # type: ignore[attr-defined]
            self._module = self._original = None

    def _patch(self, module: ModuleType) -> None:
        original = module.launch_gateway
        signature = inspect.signature(original)

        @functools.wraps(original)
        def launch_gateway(*args: Any, **kwargs: Any) -> Any:
            try:
                given = signature.bind(*args, **kwargs)
                given.apply_defaults()
                given.arguments["javaopts"] = [
                    *(given.arguments["javaopts"] or ()),
                    *self._options_for(given.arguments["java_path"]),
                ]
            except (TypeError, KeyError):
                return original(*args, **kwargs)  # wrong arguments, or another Py4J: its own business
            return original(*given.args, **given.kwargs)

        self._module, self._original = module, original
        module.launch_gateway = launch_gateway  # type: ignore[attr-defined]

    def _options_for(self, java_path: object) -> Sequence[str]:
        java = _java_to_run(java_path)
        # os.path, because a Path raises where the user may not look.
        if os.path.exists(java) and os.path.exists(self._java) and os.path.samefile(java, self._java):
            return self._options()
        self._refused(java)
        return ()


def _java_to_run(java_path: object) -> str:
    """The Java that ``launch_gateway`` will run for its argument ``java_path``: a path when it can be found.

    None means that JAVA_HOME decides, and without it PATH (py4j/java_gateway.py, 0.10.9.9).
    """
    if java_path is None:
        home = os.environ.get("JAVA_HOME")
        java_path = os.path.join(home, "bin", "java") if home else "java"
    return shutil.which(str(java_path)) or str(java_path)
