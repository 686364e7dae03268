"""What the documents name exists: targets of the Makefile, and files and folders of the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_imports import LAYERS, ON_TOP

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
ROOT = Path(__file__).resolve().parent.parent.parent
NAMING = [*(ROOT / name for name in DOCUMENTS), *sorted((ROOT / "docs" / "contributing").glob("*.md"))]
"""Documents that name paths of the tree."""
MADE = {".venv", "build", ".git"}
"""What isn't part of the tree, whether it is there or not."""
HOUSES = ("sparkwire", "guide")


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


def tree(root) -> list[str]:
    """The paths that README's tree names. What is indented further is in the folder above it."""
    [block] = re.findall(
        r"^## What is where\n\n((?: {4}.*\n)+)", (root / "README.md").read_text("utf-8"), re.MULTILINE
    )
    found, above = [], ""
    for line in block.splitlines():
        names = re.split(r" {2,}", line.strip())[0].split(", ")
        inside = line.startswith(" " * 6)
        found += [above + name if inside else name for name in names]
        above = above if inside else names[-1]
    return found


def test_the_tree_of_the_readme_is_there(root):
    assert [path for path in tree(root) if not (root / path).exists()] == []
    assert [path for path in tree(root) if path.endswith("/") != (root / path).is_dir()] == []


@pytest.mark.parametrize("house", HOUSES)
def test_the_tree_of_the_readme_names_every_folder_of_a_house(root, house):
    folders = {"/".join(file.relative_to(root).parts[:2]) + "/" for file in (root / house).glob("*/**/*.py")}
    assert folders == {path for path in tree(root) if path.startswith(f"{house}/") and path != f"{house}/"}


def paths(text: str, root) -> list[str]:
    """What in backquotes looks like a path of this tree: it begins at the top, or is a document.

    A section whose heading says what ``will`` be names what isn't there yet.
    """
    text = re.sub(r"^## [^\n]*\bwill\b.*?(?=^## |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    top = {one.name for one in root.iterdir()} - MADE
    said = re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text)
    return [
        one
        for one in said
        if ("/" in one and one.split("/")[0] in top) or re.search(r"\.(md|txt|toml)$", one)
    ]


@pytest.mark.parametrize("document", NAMING, ids=lambda document: document.name)
def test_the_paths_that_a_document_names_exist(root, document):
    named = paths(document.read_text("utf-8"), root)
    assert [one for one in named if not (root / one).exists()] == []


def test_a_path_is_told_from_other_words(root):
    said = (
        "`sparkwire/runtime`, `tools/versions.py`, `GONE.md`; but `make html`, `1/2`, `cli.py`, `build/html`"
    )
    planned = "## Where it will go\n\n`sparkwire/planned`\n\n## Now\n\n"
    assert paths(planned + said, root) == ["sparkwire/runtime", "tools/versions.py", "GONE.md"]


def parts_of_the_architecture(root) -> dict[str, str]:
    """The parts that the architecture's tables name, each with the last column of its row."""
    text = (root / "docs" / "contributing" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| `((?:sparkwire|guide)/[\w.]+)` \|(?:.*\|)? *([^|]*?) *\|$", text, re.MULTILINE)
    return dict(rows)


def test_the_architecture_names_every_part_with_what_it_may_use(root):
    found = parts_of_the_architecture(root)
    said = {
        path.partition("/")[2].removesuffix(".py"): set(re.findall(r"`([\w.]+)`", uses))
        for path, uses in found.items()
        if path.startswith("sparkwire/") and uses != "all of the tool"
    }
    assert said == LAYERS
    on_top = {path for path, uses in found.items() if uses == "all of the tool"}
    assert on_top == {"sparkwire/notebook", "sparkwire/commands"} <= {f"sparkwire/{one}" for one in ON_TOP}
    folders = {file.relative_to(root).parts[1] for file in (root / "guide").glob("*/*.py")}
    assert {path.partition("/")[2] for path in found if path.startswith("guide/")} == folders


def test_one_exchange_is_followed_through_eight_files(root):
    text = (root / "docs" / "contributing" / "architecture.md").read_text("utf-8")
    [walk] = re.findall(r"^## One exchange.*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^\d\. `sparkwire/[\w/]+\.py`", walk, re.MULTILINE)) == 8
    named = re.findall(r"`(sparkwire/[\w/]+\.py)`\. .*?(?=^\d\.|^$)", walk, re.MULTILINE | re.DOTALL)
    assert all((root / path).is_file() for path in named)


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
