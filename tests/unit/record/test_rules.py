"""Each rule hides what it says, and only that, where it says; every word counts wherever words count."""

from __future__ import annotations

import re

import pytest

from sparkwire.record import redact
from sparkwire.record.redact import Expectation, Redactor, Secrets, redact_source
from sparkwire.record.rules import HINTS, RULES, WORDS, Applies, names_secret

HEX = "0123456789abcdef" * 4
STARS = "*" * 64
SECOND = "> a\ng\no45\ni1\ne\n"
KEY = "> c\no6\n_1\ne\n"
PAIR_VALUE = "> c\no6\n_2\ne\n"

# Each rule's name, an example in which it hides something, and one that looks alike, in which nothing is.
# What goes to Java begins with >, what goes to Python with <, a line of source with =. In the first example
# each piece comes with what is stored of it, or with nothing where this rule hides nothing.
EXAMPLES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "token of an authentication": (
        [("> A\nsome-token\n", "> A\n**********\n")],
        ["> c\no1\nf\ne\n", "> A\nsome-token\n"],
    ),
    "setting that is set": (
        [("> c\no0\nset\nsmy.password\nshunter2\ne\n", "> c\no0\nset\nsmy.password\ns*******\ne\n")],
        ["> c\no0\nset\nsspark.master\nslocal\ne\n", "> c\no0\nsplit\nspassword\nshunter2\ne\n"],
    ),
    "default of a setting": (
        [("> c\no0\nget\nsmy.password\nsnone yet\ne\n", "> c\no0\nget\nsmy.password\ns********\ne\n")],
        ["> c\no0\nget\nsmy.name\nsnone yet\ne\n", "> c\no0\nget\nsmy.password\ni17\ne\n"],
    ),
    "setting that is read": (
        [("> c\no0\nget\nsmy.password\ne\n", ""), ("< !yshunter2\n", "< !ys*******\n")],
        ["> c\no0\nget\nsmy.name\ne\n", "< !yshunter2\n", "> c\no0\nget\nsmy.password\ne\n", "< !yn\n"],
    ),
    "second of an array": (
        [(SECOND, ""), ("< !ys0123456789abcdef\n", "< !ys****************\n")],
        ["> a\ng\no45\ni0\ne\n", "< !ys0123456789abcdef\n", SECOND, "< !yssome words\n"],
    ),
    "secret of Spark's making": (
        [(f"< !ys{HEX}\n", f"< !ys{STARS}\n"), (f"> c\no1\nf\ns{HEX}\ne\n", f"> c\no1\nf\ns{STARS}\ne\n")],
        [f"< !ys{HEX[:-1]}\n", f"< !ys{HEX}0\n", f"> c\no1\nf\ns{HEX[:-1]}g\ne\n"],
    ),
    "key=value": (
        [
            ("> c\no1\nf\nsjdbc:x;password=hush;y=1\ne\n", "> c\no1\nf\nsjdbc:x;password=****;y=1\ne\n"),
            ("< !ysa=b\\nmy.secret=hush\\nc=d\n", "< !ysa=b\\nmy.secret=****\\nc=d\n"),
        ],
        ["> c\no1\nload\nsjdbc:x;user=hush;y=1\ne\n", "< !ysthe password is = hush\n"],
    ),
    "text beside a name": (
        [("= conf.set('my.secret', 'hush')", "= conf.set('my.secret', '****')")],
        ["= conf.set('my.name', 'hush')", "= print('secret')"],
    ),
    "known secret": (
        [
            ("> A\nsome-token\n", "> A\n**********\n"),
            ("> i\nx.Accumulator\nssome-token\ne\n", "> i\nx.Accumulator\ns**********\ne\n"),
            ("< !ysit was some-token\n", "< !ysit was **********\n"),
            ("= connect('some-token')", "= connect('**********')"),
        ],
        ["> i\nx.Accumulator\nssome-token\ne\n", "< !ysit was some-token\n", "= connect('some-token')"],
    ),
}  # fmt: skip


def stored(*pieces: str) -> list[str]:
    """What is stored of each piece of one conversation."""
    secrets = Secrets()
    expectation = Expectation(secrets)
    to_java, to_python = Redactor(expectation), Redactor(expectation)
    found = []
    for piece in pieces:
        way, text = piece[:2], piece[2:]
        if way == "= ":
            found.append(way + redact_source(text, secrets))
        else:
            redactor = to_java if way == "> " else to_python
            found.append(way + redactor.feed(text.encode()).decode())
            assert not redactor.held
    return found


def test_every_rule_has_an_example_and_says_where_it_comes_from() -> None:
    assert [rule.name for rule in RULES] == list(dict.fromkeys(rule.name for rule in RULES))
    assert EXAMPLES.keys() == {rule.name for rule in RULES}
    for rule in RULES:
        assert rule.hides
        assert rule.applies
        assert re.match(r"Spark \d|Py4J \d|the user's own program", rule.source), rule.source


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_hides_what_it_says(name: str) -> None:
    passed = EXAMPLES[name][0]
    assert stored(*(piece for piece, _ in passed)) == [kept or piece for piece, kept in passed]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_leaves_alone_what_only_looks_alike(name: str) -> None:
    passed = EXAMPLES[name][1]
    assert stored(*passed) == passed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_the_rule_its_example_would_be_stored(rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples test the rule that they name, and no other one covers them."""
    for name in ("_ON_NAMED_REQUEST", "_ON_NAMED_REPLY", "_ON_REQUEST", "_ON_REPLY", "_ON_SOURCE"):
        monkeypatch.setattr(redact, name, [one for one in getattr(redact, name) if one is not rule])
    passed = EXAMPLES[rule.name][0]
    assert stored(*(piece for piece, _ in passed)) != [kept or piece for piece, kept in passed]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_applies_where_its_example_is(name: str) -> None:
    [rule] = [rule for rule in RULES if rule.name == name]
    applies = Applies(0)
    for piece, kept in EXAMPLES[name][0]:
        if kept:
            applies |= {"> ": Applies.REQUEST, "< ": Applies.REPLY, "= ": Applies.SOURCE}[piece[:2]]
    assert applies in rule.applies


SPELT = ["secret", "password", "passwd", "token", "access.key", "accesskey", "access_key", "credential"]


def test_the_words_spelt_out_here_are_all_words() -> None:
    for word in WORDS:
        assert [spelt for spelt in SPELT if re.fullmatch(word, spelt)], word
    assert {spelt[:5] for spelt in SPELT} == set(HINTS)


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("word", SPELT)
def test_every_word_counts_in_every_place(word: str, spell) -> None:
    key = f"my.{spell(word)}.x"
    assert names_secret(key)
    for before, line, kept in [
        ([], f"> c\no0\nset\ns{key}\nshush\ne\n", f"> c\no0\nset\ns{key}\ns****\ne\n"),
        ([], f"> c\no0\nget\ns{key}\nshush\ne\n", f"> c\no0\nget\ns{key}\ns****\ne\n"),
        ([f"> c\no0\nget\ns{key}\ne\n"], "< !yshush\n", "< !ys****\n"),
        ([KEY, f"< !ys{key}\n", PAIR_VALUE], "< !yshush\n", "< !ys****\n"),
        ([], f"> c\no1\nf\nsx;{key}=hush;y\ne\n", f"> c\no1\nf\nsx;{key}=****;y\ne\n"),
        ([], f"< !ys{key}=hush\n", f"< !ys{key}=****\n"),
        ([], f"= conf.set('{key}', 'hush')", f"= conf.set('{key}', '****')"),
    ]:
        assert stored(*before, line) == [*before, kept]
