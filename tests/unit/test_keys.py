"""The keys that decide what a build redoes: they change with what they stand for, and with nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def keys(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/keys.py, set on a small tree."""
    spec = importlib.util.spec_from_file_location("keys", root / "tools" / "keys.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in (
        "sparkwire/wire.py",
        "guide/sphinx_ext/pages.py",
        "notebooks/01.md",
        "requirements.txt",
        "conf.py",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, "utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def both(keys: ModuleType) -> tuple[str, str]:
    return keys.key("execution"), keys.key("site")


@pytest.mark.parametrize(
    ("changed", "execution", "site"),
    [
        ("sparkwire/wire.py", True, True),
        ("sparkwire/new.py", True, True),
        ("requirements.txt", True, True),
        (".venv/java-home/release", True, True),
        ("notebooks/data.py", True, True),
        ("guide/versions/versions.json", True, True),
        ("guide/sphinx_ext/pages.py", False, True),
        ("notebooks/01.md", False, True),  # jupyter-cache itself goes by the notebook
        ("conf.py", False, True),
        ("sparkwire/__pycache__/wire.cpython-311.pyc", False, False),
        ("README.md", False, False),
    ],
)
def test_a_change_makes_a_new_key(keys, changed, execution, site):
    before = both(keys)
    file = keys.ROOT / changed
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed", "utf-8")
    after = both(keys)
    assert (before[0] != after[0], before[1] != after[1]) == (execution, site)


def test_a_new_version_of_a_package_makes_new_keys(keys, monkeypatch):
    before = both(keys)
    monkeypatch.setattr(keys.metadata, "distributions", list)
    after = both(keys)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_removed_file_makes_new_keys(keys):
    before = both(keys)
    (keys.ROOT / "sparkwire/wire.py").unlink()
    after = both(keys)
    assert before[0] != after[0]
    assert before[1] != after[1]
