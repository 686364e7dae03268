"""Whose line caused a request: the user's own, and never a library's that lies between."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sparkwire.record import sites as sites_module
from sparkwire.record.sites import CallSites
from sparkwire.trace.records import CallSite, Frame

Import = Callable[..., ModuleType]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """Makes and imports ``NAME.inner.plain``, whose ``sends`` calls what it is given; NAME holds ``text``."""
    made: list[str] = []

    def make(name: str, text: str) -> ModuleType:
        inner = tmp_path / name / "inner"
        inner.mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text(text)
        (inner / "__init__.py").write_text("")
        (inner / "plain.py").write_text("def sends(call):\n    return call()\n")
        made.append(name)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(f"{name}.inner.plain")

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


def site_through(module: ModuleType, **whose: list[str]) -> CallSite:
    """The call site of a request that this test sends through ``module``."""
    found: list[CallSite] = []
    sites = CallSites(lambda _, site: found.append(site), **whose)
    for _ in range(2):  # the second is found in the cache
        assert module.sends(lambda: sites.find(sys._getframe(1))) == 1
    [site] = found
    return site


def test_a_package_with_the_mark_counts_as_a_library(imported: Import) -> None:
    site = site_through(imported("marked_package", "__sparkwire_library__ = True\n"))
    assert site.user is not None
    assert site.user.file == __file__
    assert site.stack[-1] == Frame("marked_package/inner/plain.py", 2, "sends", "return call()", library=True)


@pytest.mark.parametrize("text", ["", "__sparkwire_library__ = False\n", "__sparkwire_library__ = 'yes'\n"])
def test_a_package_without_the_mark_is_the_users_own(imported: Import, text: str) -> None:
    module = imported("plain_package", text)
    assert site_through(module).stack == (
        Frame(str(module.__file__), 2, "sends", "return call()", library=False),
    )


def test_the_mark_holds_for_the_packages_own_files_only(imported: Import, tmp_path: Path) -> None:
    """What a library executes for its user, a notebook's cell for example, is the user's."""
    module = imported("running_package", "__sparkwire_library__ = True\n")
    script = tmp_path / "script.py"
    script.write_text("def sends(call):\n    return call()\n")
    exec(compile(script.read_text(), script, "exec"), module.__dict__)
    [frame] = site_through(module).stack
    assert (frame.file, frame.library) == (str(script), False)


@pytest.mark.parametrize("name", ["pyspark", "py4j"])
def test_spark_counts_as_a_library_wherever_it_lies(
    imported: Import, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for loaded in [one for one in sys.modules if one.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, loaded)
    site = site_through(imported(name, ""))
    assert site.user is not None
    assert site.user.file == __file__
    assert site.stack[-1].file == f"{name}/inner/plain.py"


# --- stacks as they are when programs and libraries are run ------------------------------------------------

PLACES = {
    "py4j": "site/py4j/java_gateway.py",
    "py4j test": "site/py4j/tests/java_gateway_test.py",
    "pyspark": "site/pyspark/core/context.py",
    "library": "site/acme/frames.py",
    "library test": "site/acme/tests/test_frames.py",
    "plugin": "site/pytest_acme.py",
    "script": "work/script.py",
    "work test": "work/tests/test_script.py",
    "command": "bin/acme",
    "pytest command": "bin/pytest",
    "pytest": "site/_pytest/python.py",
    "pluggy": "site/pluggy/_callers.py",
    "kernel": "site/ipykernel/kernelapp.py",
    "suite": "python/unittest/suite.py",
    "case": "python/unittest/case.py",
    "mock": "python/unittest/mock.py",
    "runpy": "python/runpy.py",
    "threading": "python/threading.py",
}
"""Files by what they stand for. site and bin are where packages and their programs are installed."""


class Stacks:
    """Makes call sites of stacks whose frames run in files of one's choice."""

    def __init__(self, folder: Path, **whose: list[str]) -> None:
        self.found: list[CallSite] = []
        self.sites = CallSites(lambda _, site: self.found.append(site), **whose)
        self.sites._roots = tuple(
            (f"{folder}/{name}/", prefix)
            for name, prefix in [("site", ""), ("bin", ""), ("python", "python/")]
        )
        self._functions = {}
        for name, place in PLACES.items():
            names: dict[str, Any] = {}
            exec(compile("def calls(call): return call()", folder / place, "exec"), names)
            self._functions[name] = names["calls"]

    def number(self, *outermost_first: str) -> int:
        """The number of the call site of a request that is sent from such a stack."""
        call = lambda: self.sites.find(sys._getframe(1))  # noqa: E731
        for name in reversed(outermost_first):
            call = functools.partial(self._functions[name], call)
        thread: list[int] = []
        runner = threading.Thread(target=lambda: thread.append(call()))
        runner.start()
        runner.join()
        return thread[0]

    def user(self, *outermost_first: str) -> str:
        """The file of the line that is called the user's, after its root; twice, as the second is cached."""
        number = self.number(*outermost_first)
        assert self.number(*outermost_first) == number
        user = self.found[number - 1].user
        file = user.file if user else None
        return next(
            (name for name, place in PLACES.items() if file and f"/{file}/".endswith(tail(place))), ""
        )


def tail(place: str) -> str:
    """What a stored name ends with: a user's file is named in full, a library's from its package on."""
    root, _, rest = place.partition("/")
    return f"/{rest}/" if root in ("site", "bin") else f"/{place}/"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for ``PLACES``, in which PySpark and Py4J lie."""
    for package in ("py4j", "pyspark"):
        made = ModuleType(package)
        made.__path__ = [f"{tmp_path}/site/{package}"]
        monkeypatch.setitem(sys.modules, package, made)
    # The thread's own first frame is this file's; it isn't part of the stack.
    monkeypatch.setattr(sites_module, "_OWN", __file__)
    return tmp_path


@pytest.mark.parametrize(
    "stack, user",
    [
        # A user's program, and what it calls.
        ("script pyspark py4j", "script"),
        ("script library pyspark py4j", "script"),
        ("script library-test py4j", "script"),
        ("runpy script pyspark py4j", "script"),
        ("script runpy script py4j", "script"),
        # Her tests, whoever runs them.
        ("script pytest pluggy pytest work-test pyspark py4j", "work test"),
        ("pytest-command pytest pluggy pytest work-test py4j", "work test"),
        ("script suite case work-test case py4j", "work test"),
        ("script suite case work-test mock py4j", "work test"),
        # A library's own tests: not the line that runs them.
        ("script pytest pluggy pytest py4j-test py4j", "py4j test"),
        ("script pytest pluggy pytest library-test library py4j", "library"),
        ("script suite case py4j-test case py4j", "py4j test"),
        ("runpy suite case library-test pyspark py4j", "library test"),
        ("script pluggy plugin pyspark py4j", "plugin"),
        # A library that is a program, its command, a module that is run.
        ("command library pyspark py4j", "library"),
        ("command py4j", "command"),
        ("runpy library pyspark py4j", "library"),
        ("script runpy library pyspark py4j", "library"),
        # Nobody's: Python's, a runner's or Spark's own doing.
        ("threading pyspark py4j", ""),
        ("script pluggy pytest py4j", ""),
        ("kernel threading py4j", ""),
        ("pytest-command pytest py4j", ""),
        # A thread of the user's.
        ("threading script pyspark py4j", "script"),
    ],
)
def test_the_innermost_line_that_is_nobody_elses_is_the_users(places: Path, stack: str, user: str) -> None:
    assert Stacks(places).user(*(name.replace("-", " ") for name in stack.split())) == user


def test_the_same_library_line_is_the_users_only_where_no_user_is(places: Path) -> None:
    stacks = Stacks(places)
    for _ in range(2):
        assert stacks.user("command", "library", "py4j") == "library"
        assert stacks.user("script", "library", "py4j") == "script"
        assert stacks.user("script", "pluggy", "library", "py4j") == "library"
    assert len(stacks.found) == 3


def test_what_started_a_test_is_no_part_of_its_call_site(places: Path) -> None:
    stacks = Stacks(places)
    one = stacks.number("script", "pytest", "pluggy", "py4j test", "py4j")
    assert stacks.number("command", "pluggy", "py4j test", "py4j") == one
    assert [frame.library for frame in stacks.found[0].stack] == [False, True]


@pytest.mark.parametrize(
    "users, libraries, stack, user",
    [
        (["site/acme"], [], ["script", "library", "py4j"], "library"),
        (["site/acme/frames.py"], [], ["script", "library", "py4j"], "library"),
        (["site/acm"], [], ["script", "library", "py4j"], "script"),
        (["site/py4j/tests"], [], ["script", "py4j test", "py4j"], "py4j test"),
        (["site/py4j"], [], ["script", "py4j test", "py4j"], "py4j"),
        ([], ["helpers"], ["script", "work test", "py4j"], "script"),
        ([], ["helper"], ["script", "work test", "py4j"], "work test"),
        (["work/tests"], ["helpers"], ["script", "work test", "py4j"], "work test"),
    ],
)
def test_the_user_decides_otherwise(
    places: Path,
    monkeypatch: pytest.MonkeyPatch,
    users: list[str],
    libraries: list[str],
    stack: list[str],
    user: str,
) -> None:
    made = ModuleType("helpers")
    made.__path__ = [f"{places}/work/tests"]
    monkeypatch.setitem(sys.modules, "helpers", made)
    stacks = Stacks(places, users=[f"{places}/{one}" for one in users], libraries=libraries)
    assert stacks.user(*stack) == user


def test_a_module_without_a_folder_is_a_library_by_itself(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ModuleType("script")
    made.__file__ = f"{places}/work/script.py"
    monkeypatch.setitem(sys.modules, "script", made)
    stacks = Stacks(places, libraries=["script"])
    assert stacks.user("work test", "script", "py4j") == "work test"
    stacks.number("script", "py4j")
    user = stacks.found[-1].user
    assert user is not None, "there is no other"
    assert user.file == "script.py"
