"""Finds out which line of whose code caused a request.

The recorder asks for a call site on every command, and has a few microseconds for it. So it only
collects which code object each frame runs, by identity, and at which instruction, and uses that as the
key of a cache. (A code object's own hash goes through all its names each time.) Files, line numbers and
source text are looked up once for each distinct stack.
"""

from __future__ import annotations

import itertools
import linecache
import os
import site
import sys
import sysconfig
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from sparkwire.trace.records import CallSite, Frame

MAX_DEPTH = 100
"""Frames looked at, innermost first; what lies further out is not stored."""
_DEPTHS = range(MAX_DEPTH)

MAX_CACHED = 20_000
"""Distinct stacks kept in the cache, so that generated code can't make it grow without bound."""

LIBRARY_MARK = "__sparkwire_library__"
"""A package that sets this global to True counts as a library wherever it lies (unittest does the same)."""

_LIBRARIES = frozenset(("pyspark", "py4j"))
"""These count as libraries wherever they were imported from, a zip file for example."""

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def _library_roots() -> tuple[tuple[str, str], ...]:
    """Folders that hold other people's code, the most specific first, each with what its files' names
    begin with: ``python/`` for Python's own, nothing for installed packages.
    """
    packages = {*site.getsitepackages(), site.getusersitepackages()}
    packages |= {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    roots = {os.path.join(os.path.abspath(root), ""): "" for root in packages if root}
    for name in ("stdlib", "platstdlib"):
        roots[os.path.join(os.path.abspath(sysconfig.get_path(name)), "")] = "python/"
    return tuple(sorted(roots.items(), key=lambda root: len(root[0]), reverse=True))


class CallSites:
    """Turns the current stack into the id of a call site.

    ``store`` is called once for each new call site, with its id (counting from 1), before the id is
    returned. ``name_file`` may give a code object's file a better name, such as a notebook cell's;
    it returns None to leave it alone.

    A call site reaches from the library function that sends out to the user's innermost line. What
    called that line is not looked at: walking a stack is most of what a call site costs.
    """

    def __init__(
        self, store: Callable[[int, CallSite], None], name_file: Callable[[str], str | None] | None = None
    ) -> None:
        self._store = store
        self._name_file = name_file
        self._ids: dict[tuple[int, ...], int] = {}
        # Code objects are known by identity, and kept, or an identity might be used again.
        self._users: dict[int, CodeType] = {}
        self._kept: dict[int, CodeType] = {}
        self._roots = _library_roots()
        self._numbers = itertools.count(1)  # threads may ask at the same time; ``next`` is atomic

    def find(self, frame: FrameType | None) -> int:
        """The id of the call site whose innermost frame is ``frame``."""
        key: list[int] = []
        users = self._users
        walked = frame
        for _ in _DEPTHS:
            if walked is None:
                break
            code = id(walked.f_code)
            key += code, walked.f_lasti
            if code in users:
                break
            walked = walked.f_back
        found = self._ids.get(whole := tuple(key))
        return found if found is not None else self._add(whole, frame)

    def _add(self, whole: tuple[int, ...], frame: FrameType | None) -> int:
        if len(self._ids) >= MAX_CACHED:
            self._ids.clear()
            self._users.clear()
            self._kept.clear()
        frames: list[FrameType] = []
        while frame is not None and len(frames) < MAX_DEPTH:
            frames.append(frame)
            frame = frame.f_back
        self._kept.update((id(f.f_code), f.f_code) for f in frames)
        stack: list[Frame] = []
        for walked in frames:
            if walked.f_code.co_filename.startswith(_OWN):
                break  # outside our own code is not the program, but what runs it (a kernel, the interpreter)
            described = self._describe(walked)
            stack.append(described)
            if not described.library:
                # From now on ``find`` stops here, so the key ends here, too.
                self._users[id(walked.f_code)] = walked.f_code
                whole = whole[: 2 * len(stack)]
                break
        stack.reverse()
        number = next(self._numbers)
        self._store(number, CallSite(tuple(stack)))
        self._ids[whole] = number
        return number

    def _describe(self, frame: FrameType) -> Frame:
        code = frame.f_code
        name = code.co_filename
        line = frame.f_lineno or 0
        text = linecache.getline(name, line, frame.f_globals).strip()
        named = self._name_file(name) if self._name_file else None
        if named is not None:
            return Frame(named, line, code.co_qualname, text, library=False)
        short, library = self._shorten(name, frame.f_globals)
        return Frame(short, line, code.co_qualname, text, library)

    def _shorten(self, name: str, names: dict[str, Any]) -> tuple[str, bool]:
        """The file's name to store, and whether it's a library's; ``names`` are its module's globals.

        A library's file is named from its package on (``pyspark/core/context.py``), the same on
        every machine.
        """
        if name.startswith("<"):
            # Parts of Python's own library are frozen into it: <frozen _collections_abc>.
            frozen = name.startswith("<frozen ")
            return (f"python/{name[8:-1].replace('.', '/')}.py" if frozen else name), frozen
        path = os.path.abspath(name)
        for package in _LIBRARIES | _marked(names):
            file = getattr(sys.modules.get(package), "__file__", None)
            folder = os.path.dirname(os.path.abspath(file)) if file else ""
            if folder and path.startswith(os.path.join(folder, "")):
                return path[len(os.path.dirname(folder)) + 1 :].replace(os.sep, "/"), True
        for folder, prefix in self._roots:
            if path.startswith(folder):
                return prefix + path[len(folder) :].replace(os.sep, "/"), True
        return path, False


def _marked(names: dict[str, Any]) -> set[str]:
    """The top-level package of the module whose globals are ``names``, if it has the mark of a library."""
    package = str(names.get("__package__") or "").partition(".")[0]
    # Not getattr: a module may have a __getattr__, which imports or raises.
    held = getattr(sys.modules.get(package), "__dict__", {})
    return {package} if held.get(LIBRARY_MARK) is True else set()
