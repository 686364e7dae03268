"""Calls a function when a module has been imported, wherever it is imported from.

The recorder must be in Py4J's modules before the program uses them, and the program may import them
late, from a zip file or a folder that it put on the path itself (``findspark``). While a hook waits,
one finder stands first in ``sys.meta_path``; it lets the real finders find the module, and adds one
step to its execution. When nothing waits any more, the finder is gone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Hook = Callable[[ModuleType], None]


class _Finder:
    """Finds nothing itself; it makes a loader that was found call the hooks once it has run the module."""

    def __init__(self) -> None:
        self.hooks: dict[str, list[Hook]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.hooks:
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec: ModuleSpec | None = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    self._lengthen(spec.loader, name)
                return spec
        return None

    def _lengthen(self, loader: Any, name: str) -> None:
        """Shadow this loader's ``exec_module`` until it has run; the module keeps its own loader."""
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            # A zip file's loader serves all its modules: the others may pass through here first.
            if module.__name__ == name:
                loader.__dict__.pop("exec_module", None)
                for hook in list(self.hooks.get(name, ())):
                    hook(module)

        loader.exec_module = exec_module


_finder = _Finder()


def when_imported(name: str, hook: Hook) -> None:
    """Call ``hook`` with the module ``name``: now if it is imported already, else once it has been run."""
    if (module := sys.modules.get(name)) is not None:
        hook(module)
    _finder.hooks.setdefault(name, []).append(hook)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget(name: str, hook: Hook) -> None:
    """No longer call ``hook`` for ``name``. Does nothing when it wasn't waiting."""
    waiting = _finder.hooks.get(name, [])
    if hook in waiting:
        waiting.remove(hook)
    if not waiting:
        _finder.hooks.pop(name, None)
    if not _finder.hooks and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
