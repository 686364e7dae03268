"""The commands that the documents name exist: targets in the Makefile, and files in the tree."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]


def targets(root) -> set[str]:
    return set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text("utf-8"), flags=re.MULTILINE))


def named(text: str) -> set[str]:
    """What follows ``make`` where a command is meant: in backquotes, after a prompt, in an indented block."""
    return set(re.findall(r"(?:`|\$ |^ {4,})make ([a-z]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_exist(root, document):
    commands = named((root / document).read_text("utf-8"))
    assert {"html", "test"} <= commands
    assert not commands - targets(root)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_exist(root, document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (root / document).read_text("utf-8"))
    missing = [link for link in links if not (root / link).exists()]
    assert not missing


def test_help_explains_every_target(root):
    make = shutil.which("make")
    assert make, "make is not installed"
    shown = subprocess.run([make, "-s", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    explained = set(re.findall(r"^  make ([a-z]+) +\S", shown, flags=re.MULTILINE))
    assert explained == targets(root)


def test_the_continuous_integration_runs_the_tests(root):
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run can't be executed"
    assert re.search(r"^exec make test$", script.read_text("utf-8"), flags=re.MULTILINE)


def test_every_pinned_package_says_why_it_is_there(root):
    for line in (root / "requirements.txt").read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "-e")):
            assert re.fullmatch(r"[\w.-]+==[\w.]+ +# \S.{5,}", line), line
