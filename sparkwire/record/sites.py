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
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
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

_BELOW_ALL = frozenset(("pyspark", "py4j"))
"""These count as libraries wherever they were imported from, a zip file for example."""

_TESTS = frozenset(("test", "tests"))
"""Folders in a library that hold code which uses it."""

_RUNNERS = frozenset(
    (
        "pytest",
        "_pytest",
        "pluggy",
        "xdist",
        "execnet",
        "nose2",
        "coverage",
        "IPython",
        "ipykernel",
        "debugpy",
    )
)
"""Packages that run other people's code and are never why."""

_STARTS = (
    "pluggy/",
    "ipykernel/",
    "python/runpy.py",
    "python/unittest/suite.py",
    "python/unittest/runner.py",
    "python/unittest/main.py",
)
"""Files whose functions start tests or programs. What called them isn't why something is sent. (Other
functions of a runner can also stand between a test and what it calls, as ``assertRaises`` does.)"""

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def _library_roots() -> tuple[tuple[str, str], ...]:
    """Folders that hold other people's code, the most specific first, each with what its files' names
    begin with: ``python/`` for Python's own, nothing for installed packages and for the programs that came
    with them.
    """
    packages = {*site.getsitepackages(), site.getusersitepackages()}
    packages |= {sysconfig.get_path(name) for name in ("purelib", "platlib", "scripts")}
    roots = {os.path.join(os.path.abspath(root), ""): "" for root in packages if root}
    for name in ("stdlib", "platstdlib"):
        roots[os.path.join(os.path.abspath(sysconfig.get_path(name)), "")] = "python/"
    return tuple(sorted(roots.items(), key=lambda root: len(root[0]), reverse=True))


class Whose(Enum):
    """Whose code a frame runs."""

    USER = auto()
    LIBRARY = auto()
    BELOW = auto()
    """PySpark, Py4J, Python's own library, or one that runs tests: never the reason for what is sent."""
    START = auto()
    """A function that starts a test or a program."""


class CallSites:
    """Turns the current stack into the id of a call site.

    ``store`` is called once for each new call site, with its id (counting from 1), before the id is
    returned. ``name_file`` may give a code object's file a better name, such as a notebook cell's;
    it returns None to leave it alone. Code below one of the folders (or in one of the files) ``users`` is the
    user's, and the packages ``libraries`` are libraries, wherever they lie.

    A call site reaches from the library function that sends out to the user's innermost line. What
    called that line is not looked at: walking a stack is most of what a call site costs.

    A stack may have no line of a user's: a library's own tests have none, nor has a library that is a
    program. Then the innermost line counts as the user's that isn't Spark's, Py4J's, Python's or a runner's.
    """

    def __init__(
        self,
        store: Callable[[int, CallSite], None],
        name_file: Callable[[str], str | None] | None = None,
        users: Sequence[str] = (),
        libraries: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._name_file = name_file
        self._ids: dict[tuple[int, ...], int] = {}
        # Code objects are known by identity, and kept, or an identity might be used again.
        self._last: dict[int, CodeType] = {}
        """Code at which a walk ends: the user's, and what starts it."""
        self._kept: dict[int, CodeType] = {}
        self._users = tuple(map(os.path.abspath, users))
        self._libraries = frozenset(libraries)
        self._roots = _library_roots()
        self._numbers = itertools.count(1)  # threads may ask at the same time; ``next`` is atomic

    def find(self, frame: FrameType | None) -> int:
        """The id of the call site whose innermost frame is ``frame``."""
        key: list[int] = []
        add, last = key.append, self._last
        walked = frame
        for _ in _DEPTHS:
            if walked is None:
                break
            add(code := id(walked.f_code))
            add(walked.f_lasti)
            if code in last:
                break
            walked = walked.f_back
        found = self._ids.get(whole := tuple(key))
        return found if found is not None else self._add(whole, frame)

    def _add(self, whole: tuple[int, ...], frame: FrameType | None) -> int:
        if len(self._ids) >= MAX_CACHED:
            self._ids.clear()
            self._last.clear()
            self._kept.clear()
        frames: list[FrameType] = []
        while frame is not None and len(frames) < MAX_DEPTH:
            frames.append(frame)
            frame = frame.f_back
        self._kept.update((id(f.f_code), f.f_code) for f in frames)
        stack: list[Frame] = []
        otherwise = None  # the place in the stack of the line that counts if no user's comes
        for walked in frames:
            if walked.f_code.co_filename.startswith(_OWN):
                break  # outside our own code is not the program, but what runs it (a kernel, the interpreter)
            described, whose = self._describe(walked)
            stack.append(described)
            if whose is Whose.LIBRARY and otherwise is None:
                otherwise = len(stack)
            elif whose in (Whose.USER, Whose.START):
                # From now on ``find`` stops here, so the key ends here, too.
                self._last[id(walked.f_code)] = walked.f_code
                whole = whole[: 2 * len(stack)]
                break
        if otherwise is not None and all(one.library for one in stack):
            del stack[otherwise:]
            stack[-1] = replace(stack[-1], library=False)
        stack.reverse()
        number = next(self._numbers)
        self._store(number, CallSite(tuple(stack)))
        self._ids[whole] = number
        return number

    def _describe(self, frame: FrameType) -> tuple[Frame, Whose]:
        code = frame.f_code
        name = code.co_filename
        line = frame.f_lineno or 0
        text = linecache.getline(name, line, frame.f_globals).strip()
        named = self._name_file(name) if self._name_file else None
        short, whose = (named, Whose.USER) if named is not None else self._shorten(name, frame.f_globals)
        return Frame(short, line, code.co_qualname, text, whose is not Whose.USER), whose

    def _shorten(self, name: str, names: dict[str, Any]) -> tuple[str, Whose]:
        """The file's name to store, and whose it is; ``names`` are its module's globals.

        A library's file is named from its package on (``pyspark/core/context.py``), the same on
        every machine.
        """
        if name.startswith("<"):
            # Parts of Python's own library are frozen into it: <frozen _collections_abc>.
            if not name.startswith("<frozen "):
                return name, Whose.USER
            short = f"python/{name[8:-1].replace('.', '/')}.py"
            return short, Whose.START if short.startswith(_STARTS) else Whose.BELOW
        path = os.path.abspath(name)
        if any(_is_below(path, user) for user in self._users):
            return path, Whose.USER
        for package in _BELOW_ALL | self._libraries | _marked(names):
            for place in _places(package):
                if _is_below(path, place):
                    short = path[len(os.path.dirname(place)) + 1 :].replace(os.sep, "/")
                    return short, _whose(short)
        for folder, prefix in self._roots:
            if path.startswith(folder):
                short = prefix + path[len(folder) :].replace(os.sep, "/")
                return short, _whose(short)
        return path, Whose.USER


def _whose(short: str) -> Whose:
    """Whose a library's file is, by its stored name."""
    if short.startswith(_STARTS):
        return Whose.START
    package, *folders = short.split("/")[:-1] or [short.removesuffix(".py")]
    if package == "python" or package in _RUNNERS:
        return Whose.BELOW
    return Whose.BELOW if package in _BELOW_ALL and _TESTS.isdisjoint(folders) else Whose.LIBRARY


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(os.path.join(place, ""))


def _places(package: str) -> list[str]:
    """The folders of an imported package, or the file of a module."""
    # Not getattr: a module may have a __getattr__, which imports or raises.
    names = getattr(sys.modules.get(package), "__dict__", {})
    try:
        found = [*names["__path__"]] if "__path__" in names else [names.get("__file__")]
    except Exception:  # a namespace package whose parent is gone
        return []
    return [os.path.abspath(place) for place in found if isinstance(place, str)]


def _marked(names: dict[str, Any]) -> set[str]:
    """The top-level package of the module whose globals are ``names``, if it has the mark of a library."""
    package = str(names.get("__package__") or "").partition(".")[0]
    # Not getattr: a module may have a __getattr__, which imports or raises.
    held = getattr(sys.modules.get(package), "__dict__", {})
    return {package} if held.get(LIBRARY_MARK) is True else set()
