"""What all tests share: where the project is. Hypothesis keeps its finds in build/, like all else."""

from __future__ import annotations

import os
from pathlib import Path

# Its pytest plugin imports it at the very end otherwise, and Python 3.11's parser can't bear that Py4J's
# finalizers run meanwhile ("AST constructor recursion depth mismatch").
import hypothesis
import pytest

# For tools/mutate.py, which runs the same tests in one process again and again.
hypothesis.settings.register_profile(
    "mutate",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(hypothesis.HealthCheck),
)

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "build" / "hypothesis"))

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT
