"""Pages of questions and of error messages: every entry answers first, shows evidence, and says who asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_page_shape import CELL

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
QUESTIONS = DOCS / "questions.md"
ERRORS = [DOCS / "errors-driver.md", DOCS / "errors-workers.md", DOCS / "errors-udfs.md"]
PAGES = [QUESTIONS, *ERRORS]
LONGEST = {"a question's answer": 300, "what happened": 230, "what to do": 230}
"""Characters: about three lines on a wide screen, and two for each half of an error's answer."""

NOT_PROVOKED = {
    "'NoneType' object has no attribute '_jvm'": "earlier versions say it",
    "'PipelinedRDD' object has no attribute 'toDF'": "earlier versions say it",
    "Unsupported class file major version": "earlier versions say it",
    "is not whitelisted": "a service says it, and not Spark",
    "socket.timeout: timed out": "earlier versions say it",
    "trying to connect to the Java server": "earlier versions of Py4J say it",
    "'DataFrame' object has no attribute 'map'": "earlier versions say it, and pandas",
    "Accept timed out": "earlier versions say it",
    "tuple index out of range": "earlier versions say it",
    "an integer is required (got type bytes)": "earlier versions say it",
    "Container killed by YARN for exceeding memory limits": "there is no container here",
    "Broken pipe": "earlier versions say it",
    "EOFError": "earlier versions say it",
    "sun.misc.Unsafe or java.nio.DirectByteBuffer.<init>(long, int) not available": "earlier versions",
    "'DataFrame' object has no attribute 'iteritems'": "earlier versions say it",
}
"""What headings quote, and no cell of today's PySpark can be made to say."""


@dataclass(frozen=True)
class Entry:
    """One section of the third level. ``blocks`` are what blank lines separate, without cells."""

    page: Path
    label: str
    heading: str
    text: str

    @property
    def cells(self) -> list[str]:
        return [cell["code"] for cell in CELL.finditer(self.text)]

    @property
    def blocks(self) -> list[str]:
        return [block.strip() for block in CELL.sub("", self.text).split("\n\n") if block.strip()]


def entries(page: Path) -> list[Entry]:
    text = page.read_text("utf-8")
    found = []
    starts = list(re.finditer(r"^(?:\((?P<label>[\w-]+)\)=\n)?### (?P<heading>.*)$", text, re.MULTILINE))
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        body = text[start.end() : after.start() if after else len(text)]
        body = re.split(r"^## ", body, flags=re.MULTILINE)[0]
        found.append(Entry(page, start["label"] or "", start["heading"], body))
    return found


ALL = [entry for page in PAGES for entry in entries(page)]
OF_ERRORS = [entry for entry in ALL if entry.page in ERRORS]
each = pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.label or entry.heading)
each_error = pytest.mark.parametrize("entry", OF_ERRORS, ids=lambda entry: entry.label)


def visible(markdown: str) -> str:
    """As a reader sees it: links without their addresses, words without marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown).replace("`", "").replace("**", "")


def test_there_are_at_least_fifty_and_each_has_a_name_of_its_own() -> None:
    labels = [entry.label for entry in ALL]
    assert all(labels), [entry.heading for entry in ALL if not entry.label]
    assert len(set(labels)) == len(labels) >= 50


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_opens_with_its_list(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count("```{entry-list}\n```\n") == 1
    assert text.index("\n# ") < text.index("```{entry-list}") < text.index("\n## ")


@pytest.mark.parametrize("entry", entries(QUESTIONS), ids=lambda entry: entry.label)
def test_a_question_is_answered_first_and_in_short(entry: Entry) -> None:
    first = entry.text.lstrip().split("\n\n")[0]
    assert not first.startswith(("```", "*", "[", "-", "|", "<")), "no answer"
    assert len(visible(first)) <= LONGEST["a question's answer"]


@each_error
def test_an_error_says_what_happened_and_what_to_do_first_and_in_short(entry: Entry) -> None:
    happened, to_do, *_ = entry.text.lstrip().split("\n\n")
    assert happened.startswith("**What happened.** ")
    assert to_do.startswith("**What to do.** ")
    assert len(visible(happened)) <= LONGEST["what happened"]
    assert len(visible(to_do)) <= LONGEST["what to do"]


@each
def test_an_entry_has_evidence(entry: Entry) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", "\n\n".join(entry.blocks[:-1]))
    elsewhere = [link for link in links if "/" in link or link.split("#")[0] not in PAGES]
    assert entry.cells or elsewhere


@each
def test_an_entry_names_a_thread_or_says_why_it_names_none(entry: Entry) -> None:
    last = entry.blocks[-1]
    assert re.fullmatch(r"\*[^*]+\*", last), last
    assert re.search(r"\(https://[\w./#-]+\)", last) or re.match(r"\*No thread: .{20,}", last)


def quoted(heading: str) -> list[str]:
    """The words of the messages in a heading, without what differs from one message to the next."""
    parts = [part for code in re.findall(r"`([^`]+)`", heading) for part in re.split(r"\.\.\.", code)]
    varying = r'^[\w.]+(?:Error|Exception):(?: |$)|\[class $|^\]\)|"[^"]*"$|o\d+\.\w+$|\($'
    cut = [re.sub(varying, "", part.strip()).strip(" :") for part in parts]
    return [part for part in cut if len(part) > 4]


@each_error
def test_what_a_heading_quotes_is_what_a_cell_provokes(entry: Entry) -> None:
    chapters = re.findall(r"\[Chapter 08b?\]", entry.text)
    known = "\n".join(entry.cells)
    if chapters:
        known += "".join(one.read_text("utf-8") for one in (DOCS.parent / "notebooks").glob("08*.md"))
    known = known.replace("\\", "").replace("`", "")
    missing = [words for words in quoted(entry.heading) if words not in known and words not in NOT_PROVOKED]
    assert not missing


def test_what_is_not_provoked_is_still_quoted() -> None:
    headings = [words for entry in OF_ERRORS for words in quoted(entry.heading)]
    assert set(NOT_PROVOKED) <= set(headings)
