"""A stand-in for Java."""

from __future__ import annotations

from pathlib import Path

import pytest


def _fake_java(folder: Path, script: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def fake_java():
    """``fake_java(folder, script)``: makes ``folder`` a JAVA_HOME whose ``bin/java`` is this shell script."""
    return _fake_java
