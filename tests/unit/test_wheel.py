"""The built package: all of the tool and nothing else, needing little."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import dpkt
import psutil
import pytest
from flit_core import buildapi


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, as ``pip install .`` would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    before = os.getcwd()
    os.chdir(root)  # where the build system's interface (PEP 517) looks for pyproject.toml
    try:
        return zipfile.ZipFile(folder / buildapi.build_wheel(str(folder)))
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def unpacked(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    wheel.extractall(folder)
    return folder


@pytest.fixture
def alone(unpacked: Path, tmp_path: Path):
    """``alone(*arguments)``: runs Python with the unpacked wheel, psutil and dpkt on its path only."""
    (tmp_path / "path").mkdir()
    for package in (psutil, dpkt):
        (tmp_path / "path" / package.__name__).symlink_to(Path(package.__file__).parent)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-S", *arguments],
            env={"PYTHONPATH": os.pathsep.join(map(str, [unpacked, tmp_path / "path"])), "PATH": os.defpath},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_it_holds_the_tool_and_what_describes_it_and_nothing_else(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert len(tops) == 2
    assert "sparkwire" in tops
    assert [top for top in tops if top.endswith(".dist-info")]


def test_it_holds_every_file_of_the_tool(wheel, root):
    said = subprocess.run(
        ["git", "ls-files", "-z", "--", "sparkwire"], cwd=root, capture_output=True, text=True, check=True
    )
    tracked = set(said.stdout.split("\0")) - {""}
    assert {Path(name).name for name in tracked} > {"java.sh", "trace.css", "explorer.js", "py.typed"}
    assert tracked - set(wheel.namelist()) == set()


def test_it_needs_psutil_dpkt_and_tqdm_only(wheel, root):
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    needed = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist")
    always = [one for one in needed if "extra ==" not in one]
    assert always == tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [one.partition(">=")[0] for one in always] == ["psutil", "dpkt", "tqdm"]


def test_it_says_its_version(alone, wheel):
    version = Path(str(wheel.filename)).name.split("-")[1]
    assert alone("-m", "sparkwire", "--version") == f"sparkwire {version}\n"


def test_all_of_it_but_what_is_for_notebooks_imports_without_anything_else(alone, unpacked):
    code = """
import importlib, importlib.util, pkgutil, sparkwire
assert not any(map(importlib.util.find_spec, ("guide", "tests", "py4j", "pyspark", "IPython")))
for module in pkgutil.walk_packages(sparkwire.__path__, "sparkwire."):
    if not module.name.startswith("sparkwire.notebook") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sparkwire.__file__)
"""
    assert alone("-c", code) == f"{unpacked / 'sparkwire' / '__init__.py'}\n"
