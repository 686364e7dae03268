"""What all tests share: where the project is. Hypothesis keeps its finds in build/, like all else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "build" / "hypothesis"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT
