"""Each rule hides what it says, and only that, where it says; every word counts wherever words count."""

from __future__ import annotations

import re

import pytest

from sparkwire.record import redact
from sparkwire.record.names import SPARKS, WORDS, names_secret
from sparkwire.record.redact import HOLD, Expectation, Redactor, Secrets, redact_source
from sparkwire.record.rules import RULES, Applies

HEX = "0123456789abcdef" * 4
STARS = "*" * 64
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECOND = "> a\ng\no45\ni1\ne\n"
KEY = "> c\no6\n_1\ne\n"
PAIR_VALUE = "> c\no6\n_2\ne\n"

# Each rule's name, an example in which it hides something, and one that looks alike, in which nothing is.
# What goes to Java begins with >, what goes to Python with <, a line of source with =. In the first examples
# each piece comes with what is stored of it, or with nothing where this rule isn't asked.
EXAMPLES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "token of an authentication": (
        [("> A\nsome-token\n", "> A\n**********\n")],
        ["> c\no1\nf\ne\n", "> A\nsome-token\n"],
    ),
    "setting that is set": (
        [("> c\no0\nset\nsmy.password\nshunter2\ne\n", "> c\no0\nset\nsmy.password\ns*******\ne\n")],
        ["> c\no0\nset\nsspark.master\nslocal\ne\n", "> c\no0\nset\nsmy.password\ni17\ne\n",
         "> c\no0\nsplit\nspassword\nshunter2\ne\n"],
    ),
    "argument that is taken for a secret": (
        [
            ("> c\no0\nsetPassword\nshush\ne\n", "> c\no0\nsetPassword\ns****\ne\n"),
            ("> i\nx.Credentials\nsme\nshush\ne\n", "> i\nx.Credentials\ns**\ns****\ne\n"),
        ],
        ["> c\no0\ngetPassword\nsname\ne\n", "> i\njava.util.StringTokenizer\nsa b c\ne\n"],
    ),
    "password of a database connection": (
        [
            ("> c\nz:D\ngetConnection\nsx\nsme\nshush\ne\n", "> c\nz:D\ngetConnection\nsx\nsme\ns****\ne\n"),
            ("> c\no5\ngetConnection\nsme\nshush\ne\n", "> c\no5\ngetConnection\nsme\ns****\ne\n"),
        ],
        ["> c\nz:D\ngetConnection\nsjdbc:x\nro3\ne\n", "> c\nz:D\nconnect\nsjdbc:x\nsme\nshush\ne\n"],
    ),
    "default of a setting": (
        [("> c\no0\nget\nsmy.password\nsnone yet\ne\n", "> c\no0\nget\nsmy.password\ns********\ne\n")],
        ["> c\no0\nget\nsmy.name\nsnone yet\ne\n", "> c\no0\nget\nsmy.password\ni17\ne\n"],
    ),
    "setting that is read": (
        [("> c\no0\nget\nsmy.password\ne\n", ""), ("< !yshunter2\n", "< !ys*******\n")],
        ["> c\no0\nget\nsmy.name\ne\n", "< !yshunter2\n", "> c\no0\nget\nsmy.password\ne\n", "< !yn\n",
         "> c\no0\nsetPassword\nro1\ne\n", "< !ysit is done\n"],
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
    "value in quotes": (
        [
            ('< !ys{"password": "hush"}\n', '< !ys{"password": "****"}\n'),
            ("> c\no1\nf\nsrequired password='hu sh';\ne\n", "> c\no1\nf\nsrequired password='*****';\ne\n"),
            ("""= f('{"password": "hush"}')""", """= f('{"password": "****"}')"""),
        ],
        ['< !ys{"name":"password","type":"string"}\n', "< !ysUnrecognized token 'hush'\n"],
    ),
    "option in SQL": (
        [
            ("> c\no1\nsql\nsx(a 'b', token 'hush')\ne\n", "> c\no1\nsql\nsx(a 'b', token '****')\ne\n"),
            ("< !ysCREATE USER me PASSWORD 'hush'\n", "< !ysCREATE USER me PASSWORD '****'\n"),
            ("""= f("OPTIONS ('my.password' 'hush')")""", """= f("OPTIONS ('my.password' '****')")"""),
        ],
        ["> c\no1\nsql\nsSELECT 'password', 'hush'\ne\n", "> c\no1\nsql\nsOPTIONS (path 'hush')\ne\n"],
    ),
    "password of a database's user": (
        [
            ("> c\no1\nf\nsuser me IDENTIFIED BY hush\ne\n", "> c\no1\nf\nsuser me IDENTIFIED BY ****\ne\n"),
            ("< !ysset password for 'a'@'h' = 'hush'\n", "< !ysset password for 'a'@'h' = '****'\n"),
            ("= f('alter user me identified by hush')", "= f('alter user me identified by ****')"),
        ],
        ["< !ysa user is identified by a name\n", "> c\no1\nf\nsthey were identified by hush\ne\n"],
    ),
    "user and password in an address": (
        [
            ("> c\no1\nf\nshttps://me:hush@host/x\ne\n", "> c\no1\nf\nshttps://me:****@host/x\ne\n"),
            ("< !ysjdbc:oracle:thin:me/hush@//host:1/x\n", "< !ysjdbc:oracle:thin:me/****@//host:1/x\n"),
            ("= f('me:hush@host.example')", "= f('me:****@host.example')"),
        ],
        ["< !yshttp://host:8080/a@b\n", "< !ysmailto:me@example.org\n", "< !ysabfss://box@account.example/x\n"],
    ),
    "signature of an address": (
        [
            ("> c\no1\nf\nshttps://h/b?sv=1&sig=hu%2Bsh&x=1\ne\n", "> c\no1\nf\nshttps://h/b?sv=1&sig=*******&x=1\ne\n"),
            ("< !ys?X-Amz-Signature=hush\n", "< !ys?X-Amz-Signature=****\n"),
            ("= f('?a=b&sig=hush')", "= f('?a=b&sig=****')"),
        ],
        ["< !ysa=1, design=hush\n"],
    ),
    "bearer of a header": (
        [
            ("> c\no1\nf\nsBearer hush1234\ne\n", "> c\no1\nf\nsBearer ********\ne\n"),
            ("< !ysBearer hush1234\n", "< !ysBearer ********\n"),
            ("= f('Bearer hush1234')", "= f('Bearer ********')"),
        ],
        ["< !ysthe bearer of this message\n"],
    ),
    "private key": (
        [
            (
                "> c\no1\nf\ns-----BEGIN RSA PRIVATE KEY-----\\nhush\\n-----END RSA PRIVATE KEY-----\ne\n",
                "> c\no1\nf\ns-----BEGIN RSA PRIVATE KEY-----********-----END RSA PRIVATE KEY-----\ne\n",
            ),
            ("< !ys-----BEGIN PRIVATE KEY-----hush\n", "< !ys-----BEGIN PRIVATE KEY-----****\n"),
            ("= f('-----BEGIN PRIVATE KEY-----hush')", "= f('-----BEGIN PRIVATE KEY-----****')"),
        ],
        ["< !ys-----BEGIN PUBLIC KEY-----hush\n"],
    ),
    "JSON web token": (
        [
            (f"> c\no1\nf\ns{JWT}\ne\n", f"> c\no1\nf\ns{'*' * len(JWT)}\ne\n"),
            (f"< !ys{JWT}\n", f"< !ys{'*' * len(JWT)}\n"),
            (f"= f('{JWT}')", f"= f('{'*' * len(JWT)}')"),
        ],
        [f"< !ys{JWT.replace('.', ',')}\n", f"= f('x{JWT}')"],
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
    "known secret, written otherwise": (
        [
            ("> A\nsome-token\n", ""),
            ("= connect('some\\x2dtoken')", "= connect('*************')"),
        ],
        ["> c\no1\nf\nssome-token\ne\n", "= connect('some\\x2dtoken')"],
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
        assert re.match(
            r"Spark \d|Py4J \d|RFC \d|CPython \d|Java \d|Oracle|Azure|the user's own program", rule.source
        ), rule.source


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_hides_what_it_says(name: str) -> None:
    passed = EXAMPLES[name][0]
    found = stored(*(piece for piece, _ in passed))
    assert found == [kept or here for (_, kept), here in zip(passed, found, strict=True)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_leaves_alone_what_only_looks_alike(name: str) -> None:
    passed = EXAMPLES[name][1]
    assert stored(*passed) == passed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_the_rule_its_example_would_be_stored(rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples test the rule that they name, and no other one covers them."""
    for name in (
        "_ON_NAMED_REQUEST",
        "_ON_NAMED_REPLY",
        "_ON_REQUEST",
        "_ON_REPLY",
        "_ON_SOURCE",
        "_ON_LITERAL",
    ):
        monkeypatch.setattr(redact, name, [one for one in getattr(redact, name) if one is not rule])
    passed = EXAMPLES[rule.name][0]
    found = stored(*(piece for piece, _ in passed))
    assert found != [kept or here for (_, kept), here in zip(passed, found, strict=True)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_applies_where_its_example_is(name: str) -> None:
    [rule] = [rule for rule in RULES if rule.name == name]
    applies = Applies(0)
    for piece, kept in EXAMPLES[name][0]:
        if kept:
            applies |= {"> ": Applies.REQUEST, "< ": Applies.REPLY, "= ": Applies.SOURCE}[piece[:2]]
    assert applies in rule.applies | (Applies.SOURCE if Applies.LITERAL in rule.applies else Applies(0))


SPELT = [
    "secret", "password", "passwd", "passphrase", "passcode", "pwd", "token", "access.key", "accesskey",
    "access_key", "api-key", "account key", "encryption.key", "masterKey", "private_key", "signing_key",
    "storage_key", "credential", "authorization", "redis.auth",
]  # fmt: skip


def test_the_words_spelt_out_here_are_all_words() -> None:
    spelt = [*SPELT, "pass", "dbPass"]
    for word in WORDS:
        assert [one for one in spelt if re.search(word, one, re.I)], word
    for one in SPELT:
        assert names_secret(one)


@pytest.mark.parametrize("name", ["pass", "my.pass", "DB_PASS", "dbPass", "user2Pass", "spark.my.tokens"])
def test_a_name_of_another_shape_is_a_secrets_too(name: str) -> None:
    assert stored(f"> c\no0\nset\ns{name}\nshush\ne\n") == [f"> c\no0\nset\ns{name}\ns****\ne\n"]


@pytest.mark.parametrize(
    "name",
    [
        "tokens", "max_tokens", "tokenizer", "tokenized", "tokenise", "passwordless", "secretary", "compass",
        "passenger", "keyboard", "author", "spark.io.encryption.keySizeBits", "spark.io.encryption.keygen.x",
    ],
)  # fmt: skip
def test_a_name_that_only_looks_alike_is_no_secrets(name: str) -> None:
    for line in [
        f"> c\no0\nset\ns{name}\nsvisible\ne\n",
        f"> c\no0\nf\nsx;{name}=visible;y\ne\n",
        f'< !ys{{"{name}": "visible"}}\n',
        f"= conf.set('{name}', 'visible')",
    ]:
        assert stored(line) == [line]


def test_spark_would_hide_no_more() -> None:
    assert SPARKS == "secret|password|token|access[.]?key|credential"
    for name in ["secret", "PASSWORD", "token", "tokens", "accesskey", "access.key", "Credentials"]:
        assert names_secret(f"spark.some.{name}.name")


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


@pytest.mark.parametrize(
    "passed, kept",
    [
        # A call whose reply is a stream is a call.
        ("> S\no0\nset\nsmy.password\nshush\ne\n", "> S\no0\nset\nsmy.password\ns****\ne\n"),
        # The name need not come first, and only what comes right after it is its value.
        (
            "> c\no0\nput\nro1\nsmy.password\nshush\nsbye\ne\n",
            "> c\no0\nput\nro1\nsmy.password\ns****\nsbye\ne\n",
        ),
        # Not a package's name, but its class's.
        ("> i\ncom.secret.Thing\nsvisible\ne\n", "> i\ncom.secret.Thing\nsvisible\ne\n"),
        ("> i\nSecretKeySpec\nshush\ne\n", "> i\nSecretKeySpec\ns****\ne\n"),
        # All that a method takes, bytes too, but no number and no object.
        (
            "> c\no0\nsetSecret\njaHVzaA==\ni17\nro1\nsme\ne\n",
            "> c\no0\nsetSecret\njKioqKioq\ni17\nro1\ns**\ne\n",
        ),
        # Of three texts the last.
        (
            "> c\nz:D\ngetConnection\nsurl of my key\nsme\nshush\nro1\ne\n",
            "> c\nz:D\ngetConnection\nsurl of my key\nsme\ns****\nro1\ne\n",
        ),
        ("> c\nz:D\ngetConnection\nsvisible\nro1\ne\n", "> c\nz:D\ngetConnection\nsvisible\nro1\ne\n"),
        # The lines before the arguments are none, whatever letter they begin with.
        ("> c\njdbc\ngetConnection\nsvisible\ne\n", "> c\njdbc\ngetConnection\nsvisible\ne\n"),
        ("> c\nspassword\nset\nsa\nsb\ne\n", "> c\nspassword\nset\nsa\nsb\ne\n"),
        ("> i\nx.TokenLogin\nsa hush\ts\ne\n", "> i\nx.TokenLogin\ns********\ne\n"),
    ],
)
def test_of_a_call_what_is_a_secret_is_hidden_and_nothing_else(passed: str, kept: str) -> None:
    assert stored(passed) == [kept]


def test_the_value_that_a_setter_sets_is_hidden_where_a_long_line_is_cut() -> None:
    redactor = Redactor(Expectation(Secrets()))
    redactor.feed(b"c\no1\nf\ne\n")
    stored = redactor.feed(b"c\no0\nset\nsmy.password\nshush " + b"x " * HOLD)
    assert stored.startswith(b"c\no0\nset\nsmy.password\ns*****")


def test_a_known_secret_is_hidden_each_time_it_stands_in_a_message() -> None:
    secrets = Secrets()
    secrets.learn(b"open-sesame")
    redactor = Redactor(Expectation(secrets))
    redactor.feed(b"c\no1\nf\ne\n")
    command = b"c\no1\nf\nsopen-sesame, open-sesame and open-sesame\nsopen-sesame\ne\n"
    assert redactor.feed(command) == command.replace(b"open-sesame", b"***********")
    line = "say('open-sesame', 'open-sesame', 'open-sesame')"
    assert redact_source(line, secrets) == line.replace("open-sesame", "***********")


def test_a_value_belongs_to_the_key_of_the_same_pair_alone() -> None:
    for other in ("o12346", "o123455", "p12345", "o2345"):
        said = "> c\no12345\n_1\ne\n", "< !ysmy.password\n", f"> c\n{other}\n_2\ne\n", "< !yshush\n"
        assert stored(*said) == [*said]
    said = "> c\no12345\n_1\ne\n", "< !ysmy.password\n", "> c\no12345\n_2\ne\n", "< !yshush\n"
    assert stored(*said)[-1] == "< !ys****\n"


def test_bytes_that_are_returned_for_a_secrets_name_are_hidden() -> None:
    assert stored("> c\no0\ngetSecret\ne\n", "< !yjaHVzaA==\n") == [
        "> c\no0\ngetSecret\ne\n",
        "< !yjKioqKioq\n",
    ]


def test_a_call_that_is_cut_in_its_second_line_is_stored_as_it_is() -> None:
    start = b"c\nsecret " + b"x " * HOLD
    redactor = Redactor(Expectation(Secrets()))
    redactor.feed(b"c\no1\nf\ne\n")
    assert redactor.feed(start) + redactor.end() == start
