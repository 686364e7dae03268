"""A plugin of pytest that tries changes of the code instead of running the tests once.

``mutate.py`` starts pytest with it. mutmut's operators say what is changed; each change is of one function,
whose code object is replaced in a forked process. Nothing is written, and the process that forks never ran a
test, so no change meets what another one left behind.

Only tests that run the changed statement can notice a change. A first process runs all tests and notes which
lines each runs and how long it takes; the quickest are asked first. What mypy refuses never gets to a test:
of the changes that no test notices, only those count that mypy takes.
"""

from __future__ import annotations
import __future__

import difflib
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst
import mypy.api
import pytest
from libcst.metadata import ParentNodeProvider, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

_PROCESSOR_SECONDS = 5
"""What a change may take more than its tests did under the trace, which takes several times as long as
without. Then it runs forever, which a user would notice."""
_SECONDS = 150
_MEMORY = 4 << 30
_AS_LONG_AS_MYPY = 1.0
"""Seconds: mypy is asked before a test is that takes longer."""
_HEADS = "---", "+++", "@@ "
_FATES = "killed", "killed by a limit", "refused by mypy", "survived"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutate", action="append", default=[])
    parser.addoption("--mutate-function", default="")
    parser.addoption("--mutate-jobs", type=int, default=1)
    parser.addoption("--mutate-patches")
    parser.addoption("--mutate-longest", type=float, default=0.0)


@dataclass
class Change:
    """One change of one function."""

    path: str
    name: str
    """The function's, with its class's, and a number."""
    code: CodeType
    defaults: tuple[Any, Any]
    function: FunctionType
    lines: range
    """Those of the statement."""
    patch: str
    source: Callable[[], str]
    """The whole module with the change in it."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    option = session.config.option
    hits, seconds = _in_a_fork(
        lambda: _run_all(session, {str(Path(path).resolve()) for path in option.mutate})
    )
    survived = []
    gc.freeze()  # what is never looked at is never copied
    for path in option.mutate:
        changes = [one for one in _changes(path) if option.mutate_function in one.name]
        began, tally = time.monotonic(), dict.fromkeys(_FATES, 0)
        for change, fate in _try(session, changes, hits, seconds, option.mutate_jobs):
            tally[fate] += 1
            if fate == "survived":
                survived.append(change)
                print(f"\n# {change.name}\n{change.patch}", flush=True)
        said = ", ".join(f"{count} {fate}" for fate, count in tally.items())
        print(f"{path}: {len(changes)} changes, {said}; {time.monotonic() - began:.0f} s", flush=True)
    with open(option.mutate_patches, "a", encoding="utf-8") as file:
        file.writelines(f"# {change.name}\n{change.patch}\n" for change in survived)
    return True


def _run_all(session: pytest.Session, paths: set[str]) -> tuple[list[set[tuple[str, int]]], list[float]]:
    """Of each test, the lines of the modules that it runs, and how long it takes."""
    hits: list[set[tuple[str, int]]] = []
    seconds = []
    known = Path(session.config.option.mutate_patches).with_name("seconds.json")
    took = json.loads(known.read_text("utf-8")) if known.exists() else {}
    longest = session.config.option.mutate_longest
    for item in session.items:
        seen: set[tuple[str, int]] = set()
        if longest and took.get(item.nodeid, 0) > longest:
            hits.append(seen)
            seconds.append(0.0)
            continue

        def line(frame: Any, event: str, _: Any, seen: set[tuple[str, int]] = seen) -> Any:
            seen.add((frame.f_code.co_filename, frame.f_lineno))
            return line

        def call(frame: Any, event: str, _: Any, line: Any = line) -> Any:
            return line(frame, event, None) if frame.f_code.co_filename in paths else None

        began = time.process_time()
        threading.settrace(call)
        sys.settrace(call)
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
        if session.testsfailed:
            raise RuntimeError(f"{item.nodeid} fails without any change")
        hits.append(seen)
        seconds.append(time.process_time() - began)
        took[item.nodeid] = seconds[-1]
    known.write_text(json.dumps(took), "utf-8")
    return hits, seconds


def _in_a_fork(function: Any) -> Any:
    """What ``function`` returns, in a process of its own."""
    read, write = os.pipe()
    if not (pid := os.fork()):
        try:
            os.close(read)
            with open(write, "wb") as file:
                pickle.dump(function(), file)
        except BaseException as error:
            print(f"mutate: {error!r}", file=sys.stderr, flush=True)
        os._exit(0)
    os.close(write)
    with open(read, "rb") as file:
        data = file.read()
    os.waitpid(pid, 0)
    if not data:
        pytest.exit("the tests didn't pass", 2)
    return pickle.loads(data)


def _try(
    session: pytest.Session, changes: list[Change], hits: Any, seconds: list[float], jobs: int
) -> Iterator[tuple[Change, str]]:
    running: dict[int, tuple[Change, float]] = {}
    for change in changes:
        tests = [
            index
            for index, seen in enumerate(hits)
            if any((change.function.__code__.co_filename, line) in seen for line in change.lines)
        ]
        if not tests:
            yield change, "survived"
            continue
        if len(running) >= jobs:
            yield _ended(running)
        tests.sort(key=seconds.__getitem__)
        if not (pid := os.fork()):
            _child(session, change, tests, seconds)
        running[pid] = change, time.monotonic()
    while running:
        yield _ended(running)


def _ended(running: dict[int, tuple[Change, float]]) -> tuple[Change, str]:
    """Wait for a process; one that waits for something itself is ended."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            change, _ = running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            return change, {0: "survived", 1: "killed", 2: "refused by mypy"}.get(code, "killed by a limit")
        if not pid:
            for pid, (_, began) in running.items():
                if time.monotonic() - began > _SECONDS:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)


def _child(session: pytest.Session, change: Change, tests: list[int], seconds: list[float]) -> None:
    """Try a change; it exits with 0 when the change survives."""
    try:
        limit = int(_PROCESSOR_SECONDS + sum(seconds[index] for index in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        change.function.__code__ = change.code
        change.function.__defaults__, change.function.__kwdefaults__ = change.defaults
        asked = False
        for index in tests:
            if not asked and seconds[index] > _AS_LONG_AS_MYPY:
                asked = True
                if _is_refused(change, session.config.option):
                    os._exit(2)
            item = session.items[index]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.testsfailed:
                os._exit(1)
        if not asked and _is_refused(change, session.config.option):
            os._exit(2)
    except BaseException:
        os._exit(1)
    os._exit(0)


def _is_refused(change: Change, option: Any) -> bool:
    """Whether mypy finds a fault in the changed module."""
    folder = Path(option.mutate_patches).parent
    changed = folder / f"changed-{os.getpid()}.py"
    changed.write_text(change.source(), "utf-8")
    cache = f"--cache-dir={folder / 'mypy_cache'}"
    try:
        return mypy.api.run([cache, "--shadow-file", change.path, str(changed), change.path])[2] != 0
    finally:
        changed.unlink()


# --- the changes -------------------------------------------------------------------------------------------


class _Properties(MutationVisitor):
    """mutmut's visitor, which goes into properties and context managers, too."""

    def _skip_node_and_children(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.FunctionDef) and node.decorators:
            return any(self.module.code_for_node(one.decorator) == "overload" for one in node.decorators)
        return bool(super()._skip_node_and_children(node))

    module: libcst.Module


def _changes(path: str) -> Iterator[Change]:
    text = Path(path).read_text("utf-8")
    wrapper = libcst.MetadataWrapper(libcst.parse_module(text))
    visitor = _Properties(mutation_operators, IgnoredCode(set(), set(), set()))
    visitor.module = wrapper.module
    wrapper.visit(visitor)
    positions, parents = wrapper.resolve(PositionProvider), wrapper.resolve(ParentNodeProvider)
    module = importlib.import_module(".".join(Path(path).with_suffix("").parts).removesuffix(".__init__"))
    count: dict[str, int] = {}
    for one in visitor.mutations:
        function = one.contained_by_top_level_function
        if not isinstance(function, libcst.FunctionDef) or _is_codec(one.original_node):
            continue
        above: Any = parents[function]
        in_class: Any = None if isinstance(above, libcst.Module) else parents[above]
        name = f"{in_class.name.value}.{function.name.value}" if in_class else function.name.value
        live = _live(module, in_class and in_class.name.value, function.name.value, positions[function])
        if live is None:
            continue
        changed: Any = deep_replace(function, one.original_node, one.mutated_node)
        code, defaults = _compiled(live, changed, in_class)
        count[name] = count.get(name, 0) + 1
        named = f"{path}: {name} {count[name]}"
        before, after = (wrapper.module.code_for_node(node).splitlines(True) for node in (function, changed))
        diff = [line for line in difflib.unified_diff(before, after, n=1) if line[:3] not in _HEADS]
        node: Any = one.original_node
        while not isinstance(node, libcst.BaseStatement):
            node = parents[node]
        place = positions[node]
        lines = range(place.start.line, place.end.line + 1)

        def source(one: Any = one) -> str:
            return str(deep_replace(wrapper.module, one.original_node, one.mutated_node).code)

        patch = f"line {place.start.line}\n{''.join(diff)}"
        yield Change(path, named, code, defaults, live, lines, patch, source)


def _is_codec(node: libcst.CSTNode) -> bool:
    """Whether this names a codec, in which case doesn't matter, and any other letter fails at once."""
    return isinstance(node, libcst.SimpleString) and node.evaluated_value in ("latin-1", "utf-8", "ascii")


def _live(module: Any, in_class: str | None, name: str, position: Any) -> FunctionType | None:
    """The function object that a definition made; None where it made none, or a later one took its place."""
    space = vars(getattr(module, in_class)) if in_class else vars(module)
    found: Any = space.get(name)
    for wrapped in ("__func__", "fget", "func", "__wrapped__"):
        found = getattr(found, wrapped, found)
    return found if isinstance(found, FunctionType) else None


def _compiled(
    live: FunctionType, changed: libcst.FunctionDef, in_class: Any
) -> tuple[CodeType, tuple[Any, Any]]:
    """The code of a changed function, and its defaults."""
    bare = changed.with_changes(decorators=[], leading_lines=[])
    # In its class, whose name is part of private names; at the same line, which a traceback names.
    whole: Any = bare
    if in_class:
        whole = libcst.ClassDef(in_class.name, libcst.IndentedBlock([bare]))
    lines = live.__code__.co_firstlineno - 1 - bool(in_class)
    source = "\n" * max(lines, 0) + libcst.Module([whole]).code
    filename = live.__code__.co_filename
    compiled = compile(source, filename, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    space = dict(live.__globals__)
    exec(compiled, space)
    made = space[in_class.name.value].__dict__[bare.name.value] if in_class else space[bare.name.value]
    made = getattr(made, "__func__", made)
    return made.__code__, (made.__defaults__, made.__kwdefaults__)
