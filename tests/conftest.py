"""What all tests share: where the project is. Hypothesis keeps its finds in build/, like all else."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

# Its pytest plugin imports it at the very end otherwise, and Python 3.11's parser can't bear that Py4J's
# finalizers run meanwhile ("AST constructor recursion depth mismatch").
import hypothesis  # noqa: F401
import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "build" / "hypothesis"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def tool(root: Path) -> ModuleType:
    """tools/versions.py."""
    spec = importlib.util.spec_from_file_location("versions_tool", root / "tools" / "versions.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module
