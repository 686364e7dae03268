"""What the search knows of a page, and how it ranks: the model runs in V8, without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document
from py_mini_racer import MiniRacer

from guide.sphinx_ext import search_index
from guide.sphinx_ext.search_index import Section, library, script, sections, synonyms

MODEL = Path(search_index.__file__).resolve().parents[2] / "_static/search-model.js"


def read(body: str, **entries: str) -> list[tuple[str, str, str, str]]:
    return [(one.anchor, one.title, one.text, one.code) for one in sections(body, entries)]


def test_a_section_has_its_own_text_and_not_that_of_its_parts():
    body = """<section id="one"><h1>One<a class="headerlink" href="#one">¶</a></h1><p>First<br>line.</p>
        <section id="two"><h2>The <code>two</code></h2><p>Second.</p></section><p>After.</p></section>"""
    assert read(body) == [("one", "One", "First line. After.", ""), ("two", "The two", "Second.", "")]


def test_code_and_output_are_apart_and_cut():
    body = f"""<section id="s"><h2>S</h2><p>Text.</p>
        <div class="cell"><div class="cell_input"><pre>x = 1</pre></div>
        <div class="cell_output"><pre>{"word " * 2000}</pre></div></div><p>More.</p></section>"""
    [(_, _, text, code)] = read(body)
    assert text == "Text. More."
    assert code.startswith("x = 1 word word")
    assert search_index.MOST_CODE - 5 <= len(code) <= search_index.MOST_CODE


def test_what_only_checks_and_what_nobody_reads_is_left_out():
    body = """<section id="s"><h2>S</h2><svg><text>drawn</text></svg><style>p {}</style>
        <div class="cell checked"><div class="cell_input">assert</div></div><p>Read.</p></section>"""
    assert read(body) == [("s", "S", "Read.", "")]


def test_a_message_reads_as_it_crossed_the_wire():
    body = """<section id="s"><h2>S</h2><div class=sparkwire><ol class=sw-t><li>
        <div class=sw-m><div class=sw-c>
        <a class=k href=#a>m<small>6d</small></a><i id=b>⏎<small>0a</small></i>
        <a class=k>d<small>64</small></a></div><ul class=sw-f><li><b>command code</b></ul></div>
        <div class=sw-m><div class=sw-c><a>!<small>21</small></a><a>y</a><a>r</a><a>o22</a></div></div>
        </ol></div></section>"""
    [(_, _, text, code)] = read(body)
    assert (text, code.replace("⏎ ", "")) == ("", "m d !yro22")


def test_words_of_a_glossary_and_entries_are_sections():
    body = """<section id="g"><h1>G</h1><dl class="glossary">
        <dt id="term-UDF">UDF<a class="headerlink">¶</a></dt>
        <dt id="term-user">user-defined function</dt><dd><p>A function.</p></dd>
        <dt id="term-wire">wire</dt><dd><p>A protocol.</p></dd></dl>
        <div class="cell_output"><ol><li>list<div id=entry><p>Layout</p></div></li></ol></div></section>"""
    assert read(body, entry="m d memory") == [
        ("g", "G", "", "list"),
        ("term-UDF", "UDF · user-defined function", "A function.", ""),
        ("term-wire", "wire", "A protocol.", ""),
        ("entry", "m d memory", "Layout", ""),
    ]


def test_words_that_share_a_definition_are_synonyms():
    document = new_document("glossary")
    document += nodes.definition_list(
        "",
        nodes.definition_list_item("", nodes.term("", "JVM"), nodes.term("", "machine"), nodes.definition()),
        nodes.definition_list_item("", nodes.term("", "wire"), nodes.definition()),
    )
    assert synonyms(document) == [["JVM", "machine"]]


PAGES = [
    (
        "docs/questions.html",
        "Questions",
        [
            Section("slow", "Why are Python UDFs slow?", "Rows cross two wires."),
            Section("calling", "An error occurred while calling o123.showString", "The JVM threw."),
        ],
    ),
    (
        "notebooks/one.html",
        "One",
        [
            Section(
                "text", "What crosses", "The user-defined function is here. Why a JVM is slow.", "!yro22"
            ),
            Section("code", "In code", "Nothing here.", "org.apache.spark.SparkConf m d o7 e"),
            Section("exercises", "Exercises", "A gateway and a relay. SparkConf and !yro22."),
            Section("leak", "A gateway", "It is here with a leak."),
        ],
    ),
]


@pytest.fixture(scope="module")
def search() -> Callable[[str], list[str]]:
    racer = MiniRacer()
    racer.eval("var searchSections;" + library())
    racer.eval(MODEL.read_text("utf-8"))
    racer.eval(script(PAGES, [["UDF", "user-defined function"]]))
    racer.eval("var model = searchModel.create(searchSections, MiniSearch)")

    def found(query: str) -> list[str]:
        asked = f"model.search({json.dumps(query)}).map(one => one.section.address.split('#')[1])"
        answer: list[str] = json.loads(racer.eval(f"JSON.stringify({asked})"))
        return answer

    found.racer = racer  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    "query, first",
    [
        ("Why are Python UDFs slow?", "slow"),
        ("why is my udf slow", "slow"),
        ("UDF", "slow"),
        ("user-defined function", "slow"),  # by a synonym, in a heading
        ("py4j: An error occurred while calling o45.count", "calling"),
        ("org.apache.spark.SparkConf", "code"),
        ("SparkConf", "code"),
        ("m d", "code"),
        ("m d o99", "code"),
        ("!yro22", "text"),
        ("!yro7", "text"),
        ("gateway", "leak"),
        ("gatewey", "leak"),
    ],
)
def test_the_best_section_is_first(search, query, first):
    assert search(query)[0] == first


def test_nothing_is_found_for_nothing(search):
    assert search("") == search("?!") == search("xyzzyqq") == []


def test_in_quotes_only_the_phrase_is_found(search):
    assert search('"a relay"') == ["exercises"]
    assert search('"relay gateway"') == []


def test_a_snippet_has_the_matches_marked(search):
    shown = search.racer.eval(
        "JSON.stringify(model.snippet(model.search('SparkConf')[0].section, 'SparkConf'))"
    )
    assert json.loads(shown) == [
        {"text": "org.apache.spark.", "marked": False},
        {"text": "SparkConf", "marked": True},
        {"text": " m d o7 e", "marked": False},
    ]
