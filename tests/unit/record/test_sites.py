"""Whose line caused a request: the user's own, and never a library's that lies between."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

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


def site_through(module: ModuleType) -> CallSite:
    """The call site of a request that this test sends through ``module``."""
    found: list[CallSite] = []
    sites = CallSites(lambda _, site: found.append(site))
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
