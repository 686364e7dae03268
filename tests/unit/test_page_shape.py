"""Chapters have one shape, so that a reader finds her way, and a few cell tags, so that authors do."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTERS = [*sorted((ROOT / "notebooks").glob("*.md")), ROOT / "docs" / "contributing" / "page-template.md"]
EXECUTED = [*CHAPTERS, *sorted((ROOT / "docs").rglob("*.md"))]
TAGS = {"hide-input", "hide-output", "remove-cell", "raises-exception"}
CELL = re.compile(
    r"^```\{code-cell\} ipython3\n(?P<tags>:tags: \[(?P<names>[^\]]*)\]\n)?(?P<code>.*?)^```$", re.M | re.S
)


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", CELL.sub("", text), re.MULTILINE)


def test_there_are_chapters() -> None:
    assert len(CHAPTERS) > 2


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_a_chapter_has_the_parts_of_a_chapter_in_their_order(page: Path) -> None:
    found = headings(page.read_text("utf-8"))
    assert found[:2] == ["What you will see", "What runs here"]
    assert found[-3:] == ["Exercises", "In short", "Where to read on"]
    assert len(found) > 5, "a story needs at least one step"


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_a_chapter_has_exercises_whose_solutions_run(page: Path) -> None:
    part = page.read_text("utf-8").split("\n## Exercises\n")[1].split("\n## In short\n")[0]
    exercises = re.split(r"^\*\*\d+\. ", part, flags=re.MULTILINE)[1:]
    assert len(exercises) >= 2
    for exercise in exercises:
        folded = [cell for cell in CELL.finditer(exercise) if "hide-input" in (cell["names"] or "")]
        assert folded, f"no folded solution: {exercise[:60]}"
        assert "Solution" in exercise


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_a_chapter_asserts_what_it_states(page: Path) -> None:
    cells = [cell["code"] for cell in CELL.finditer(page.read_text("utf-8"))]
    assert any(re.search(r"^\s*(assert |judge\()", code, re.MULTILINE) for code in cells)


@pytest.mark.parametrize("page", sorted(set(EXECUTED)), ids=lambda page: page.name)
def test_cells_use_the_few_tags_that_there_are(page: Path) -> None:
    text = page.read_text("utf-8")
    used = {
        name.strip()
        for cell in CELL.finditer(text)
        for name in (cell["names"] or "").split(",")
        if name.strip()
    }
    assert used <= TAGS
    assert text.count(":tags:") == sum(cell["tags"] is not None for cell in CELL.finditer(text))
