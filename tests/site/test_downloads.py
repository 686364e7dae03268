"""Every page that records something offers it; what it offers is there, loads, and holds no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from guide.versions.data import from_json
from sparkwire.trace.format import TraceReader
from sparkwire.trace.load import load
from sparkwire.trace.records import Withheld

ROOT = Path(__file__).resolve().parent.parent.parent
OFFER = re.compile(r'<a class="reference download internal"[^>]* href="([^"]+)"')
RECORDS = re.compile(r"^%%wire\b|\bRecording\(", re.MULTILINE)
# PySpark's secret is 32 bytes in hexadecimal (java_gateway.py), Py4J's and Spark's are as long or longer.
LONG = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
AUTH = re.compile(rb"^A\n(?!\*+\n)", re.MULTILINE)


def sources() -> list[Path]:
    """The pages that record something, by their text."""
    pages = [*(ROOT / "notebooks").glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    cells = r"^```\{code-cell\}.*?^```$"
    return sorted(
        page
        for page in pages
        if any(RECORDS.search(cell) for cell in re.findall(cells, page.read_text("utf-8"), re.M | re.S))
    )


def without_digests(file: Path) -> bytes:
    """What a file holds, but for the digests that a trace has in the place of the user's data."""
    raw = file.read_bytes()
    if file.suffix == ".sparkwire":
        for digest in {record.digest for record in TraceReader(file) if isinstance(record, Withheld)} - {""}:
            raw = raw.replace(digest.encode(), b"")
    return raw


def offers(site: Path, page: str) -> list[Path]:
    here = site / page
    return [(here.parent / unquote(link)).resolve() for link in OFFER.findall(here.read_text("utf-8"))]


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_a_page_that_records_offers_its_recording(site, source):
    page = source.relative_to(ROOT).with_suffix(".html").as_posix()
    offered = offers(site, page)
    assert any(file.suffix == ".sparkwire" for file in offered)
    assert any(file.suffix == ".jsonl" for file in offered)


def test_what_is_offered_is_whole_and_holds_no_secret(site, path):
    for file in offers(site, path):
        assert file.is_file(), file
        raw = without_digests(file)
        assert not LONG.search(raw), f"{file.name} holds what looks like a secret"
        if file.suffix == ".sparkwire":
            trace = load(file)
            assert trace.exchanges, f"{file.name} has no exchange"
            requests = [exchange.request.raw for exchange in trace.exchanges if exchange.request is not None]
            assert not [one for one in requests if AUTH.search(one)], f"{file.name} holds a token"
        elif file.suffix == ".json":
            assert from_json(raw.decode()).releases, file.name
        elif file.suffix == ".py":
            assert raw in [source.read_bytes() for source in (ROOT / "guide").rglob(file.name)], file.name
        else:
            lines = raw.decode().splitlines()
            assert lines, file.name
            assert all(isinstance(json.loads(line), dict) for line in lines), file.name


def test_no_two_pages_offer_one_file(site):
    """Sphinx puts each file into a folder of its own, but a reader's folder for downloads is one."""
    names = [
        file.name for page in site.rglob("*.html") for file in set(offers(site, str(page.relative_to(site))))
    ]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)
    assert names


def test_the_checks_see_a_secret():
    assert LONG.search(b"s" + b" " + b"0123456789abcdef" * 4 + b"\n")
    assert AUTH.search(b"A\n0123\n")
    assert not AUTH.search(b"A\n****\n")
