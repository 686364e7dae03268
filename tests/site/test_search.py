"""Searching: forty searches as people type them, each with the section that must come first."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

RESULT = "#search-results li"

FORTY = {
    # Questions
    "where does my lambda run?": "docs/questions.html#where-does-my-lambda-run",
    "why is my UDF slow": "docs/questions.html#slow-udfs",
    "which python do workers use": "docs/questions.html#which-python",
    "print in my function": "docs/questions.html#print-in-a-function",
    "map or mapPartitions": "docs/questions.html#map-partitions",
    "is it safe to share a log": "docs/questions.html#share-a-log",
    "collect copies data": "docs/questions.html#through-py4j",
    "how do I pass a long": "docs/questions.html#pass-a-long",
    "spark connect _jvm": "docs/questions.html#connect",
    "Command to send": "docs/questions.html#command-to-send",
    "withColumn in a loop": "notebooks/15-what-it-costs.html#many-columns-one-plan",
    # Messages, as they are copied from a log
    "TypeError: 'JavaPackage' object is not callable": "docs/errors-driver.html#java-package",
    "py4j.protocol.Py4JNetworkError: Answer from Java side is empty": "docs/errors-driver.html#answer-empty",
    "py4j.protocol.Py4JJavaError: An error occurred while calling o45.collectToPython.": (
        "docs/errors-driver.html#an-error-occurred"
    ),
    "PySparkRuntimeError: [JAVA_GATEWAY_EXITED] "
    "Java gateway process exited before sending its port number.": (
        "docs/errors-driver.html#java-gateway-exited"
    ),
    "ConnectionRefusedError: [Errno 111] Connection refused": "docs/errors-driver.html#connection-refused",
    "py4j.Py4JException: Method foo([class java.lang.String]) does not exist": (
        "docs/errors-driver.html#method-does-not-exist"
    ),
    "getSubject is not supported": "docs/errors-driver.html#get-subject",
    "OutOfMemoryError": "docs/errors-driver.html#heap-space",
    "spark.driver.maxResultSize": "docs/errors-driver.html#max-result-size",
    "Column is not iterable": "docs/errors-driver.html#column-not-iterable",
    "Python worker exited unexpectedly (crashed)": "docs/errors-workers.html#worker-crashed",
    "java.io.EOFException": "docs/errors-workers.html#worker-crashed",
    "PYTHON_VERSION_MISMATCH": "docs/errors-workers.html#python-version-mismatch",
    "Could not serialize object": "docs/errors-workers.html#could-not-serialize",
    "SPARK-5063": "docs/errors-workers.html#spark-5063",
    "Randomness of hash of string should be disabled via PYTHONHASHSEED": (
        "docs/errors-workers.html#hash-seed"
    ),
    "expected zero arguments for construction of ClassDict (for numpy.dtype)": (
        "docs/errors-udfs.html#classdict"
    ),
    "toPandas": "docs/errors-udfs.html#arrow-fallback",
    # What is on a wire
    "o123": "docs/reference/glossary.html#term-o123",
    "o14": "docs/reference/glossary.html#term-o123",
    "m d": "docs/questions.html#thousands-of-m-d",
    "START_OF_INIT_MESSAGE": "docs/reference/worker-wire.html#special-start-of-init-message",
    "-8": "docs/reference/worker-wire.html#special-start-of-init-message",
    # Words, and other words for them
    "PipelinedRDD": "docs/reference/glossary.html#term-PipelinedRDD",
    "eval type": "docs/reference/glossary.html#term-evaluation-type",
    "user-defined function": "docs/reference/glossary.html#term-UDF",
    "checkpoint directory": "docs/reference/glossary.html#term-checkpoint-directory",
    "shuffles": "docs/reference/glossary.html#term-shuffle",
    "reduceByKey": "notebooks/12-stages-and-shuffles.html#one-reducebykey-two-stages",
}
TOKENS = ("!yro22", "org.apache.spark.SparkConf", "SparkConf", "%%wire", "c o14 sc e")


def ask(page: Page, query: str) -> None:
    page.locator("#search-query").fill(query)
    page.locator("#search-query").press("Enter")
    page.wait_for_function(
        "query => document.getElementById('search-results').dataset.query === query", arg=query
    )


def test_the_section_that_must_come_first_does(site: Path, open_page) -> None:
    assert len(FORTY) == 40
    first = {}
    with open_page((site / "search.html").as_uri()) as page:
        for query in FORTY:
            ask(page, query)
            first[query] = page.locator(RESULT).first.locator("a").get_attribute("href")
    assert first == FORTY


def test_a_token_of_code_is_found_and_marked_as_it_stands(site: Path, open_page) -> None:
    with open_page((site / "search.html").as_uri()) as page:
        for query in TOKENS:
            ask(page, query)
            assert page.locator(RESULT).count() > 0, query
        ask(page, "org.apache.spark.SparkConf")
        assert page.locator("#search-results p mark").first.inner_text() == "org.apache.spark.SparkConf"


@pytest.mark.parametrize("width, scheme", [(390, "dark"), (1280, "light")])
def test_the_forms_of_other_pages_lead_to_results_that_lead_to_sections(
    site: Path, open_page, width: int, scheme: str
) -> None:
    size = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    address = (site / "search.html").as_uri() + "?q=" + quote("Why are Python UDFs slow?")
    with open_page(address, **size) as page:
        expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ sections$"))
        link = page.locator(RESULT).first.locator("a")
        assert link.inner_text() == "Why are Python UDFs slow?"
        assert page.locator(RESULT).first.locator("mark").count() > 0
        assert page.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        # It isn't followed here: the page would be left while its icon is still on the way.
        assert link.get_attribute("href") == "docs/questions.html#slow-udfs"
        link.focus()
        assert page.evaluate("() => document.activeElement.matches('#search-results li:first-child a')")
    assert 'id="slow-udfs"' in (site / "docs/questions.html").read_text("utf-8")


def test_the_search_is_in_the_address_and_an_empty_result_says_what_to_try(open_page, served: str) -> None:
    with open_page(served + "search.html") as page:
        ask(page, "gateway")
        page.wait_for_url("**/search.html?q=gateway")
        ask(page, "kubernetesses xyzzyqq")
        expect(page.get_by_role("status")).to_have_text("No section has these words.")
        expect(page.locator("#search-hint")).to_be_visible()
        page.go_back()
        expect(page.locator("#search-query")).to_have_value("gateway")
        expect(page.locator(RESULT).first).to_be_visible()
        expect(page.locator("#search-hint")).to_be_hidden()


def test_what_the_page_needs_is_loaded_on_the_first_search_and_nowhere_else(open_page, served: str) -> None:
    loaded: list[str] = []
    for address, search in (("index.html", None), ("search.html", "gateway")):
        with open_page(served + address) as page:
            page.on("request", lambda request: loaded.append(request.url))
            assert not page.evaluate("() => [...document.scripts].some(one => one.src.includes('/search/'))")
            assert page.locator("script[src*='search']").count() == (2 if search else 0)
            if search:
                ask(page, search)
    scripts = sorted(url.rpartition("/")[2] for url in loaded if url.endswith(".js"))
    assert scripts == ["minisearch.js", "sections.js"]


def test_the_index_is_small(site: Path) -> None:
    assert (site / "_static/search/sections.js").stat().st_size < 1_500_000
    assert "Luca Ongaro" in (site / "_static/search/minisearch.js").read_text("utf-8")[:500]


def test_without_script_the_page_says_where_else_to_look(site: Path, open_page) -> None:
    with open_page((site / "search.html").as_uri(), java_script_enabled=False) as page:
        expect(page.get_by_text("Searching needs JavaScript")).to_be_visible()
        links = page.locator("#search-without-script a").evaluate_all("all => all.map(one => one.pathname)")
        assert links[-1].endswith("/docs/reference/glossary.html")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("'JavaPackage' object is not callable", "errors-driver"),
        ("Cannot run multiple SparkContexts at once", "errors-driver"),
        ("getSubject is not supported", "errors-driver"),
        ("expected zero arguments for construction of ClassDict (for numpy.dtype)", "errors-udfs"),
        ("Python worker exited unexpectedly (crashed)", "errors-workers"),
        ("PYTHON_VERSION_MISMATCH", "errors-workers"),
        ("Why are Python UDFs slow?", "questions"),
    ],
)
def test_who_searches_for_the_words_of_a_message_finds_its_page(
    site: Path, open_page, words: str, name: str
) -> None:
    with open_page((site / "search.html").as_uri() + "?q=" + quote(words)) as page:
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a").evaluate_all("all => all.map(one => one.href)")
    assert any(re.search(rf"/docs/{name}\.html", link) for link in found[:3]), found[:5]
