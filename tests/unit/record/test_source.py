"""A line of source is stored without secrets: those that a name tells, and those that the wire told."""

from __future__ import annotations

import ast

import pytest

from sparkwire.record.redact import Expectation, Redactor, Secrets, redact_source
from sparkwire.record.source import read_literals

# Each with the secrets in it, which must be starred, and nothing else.
HIDDEN = [
    ('df = spark.read.jdbc("jdbc:postgresql://h/db?user=me&password=tiger12&ssl=true", "t")', ["tiger12"]),
    ('url = "jdbc:mysql://(host=h,user=me,password=hu,sh)/db"', ["hu,sh"]),
    ('url = "jdbc:sqlserver://h;user=me;password={hu;sh};encrypt=true"', ["{hu;sh}"]),
    ('url = "jdbc:databricks://h:443;UID=token;PWD=dapi0123"', ["dapi0123"]),
    ('url = "jdbc:oracle:thin:scott/tiger@//h:1521/x"', ["tiger"]),
    ('url = "mongodb://me:tiger@h:27017/db"', ["tiger"]),
    ('url = "jdbc:x;user=me;password=" + "tiger" + ";ssl=true"', ["tiger"]),
    ('c = DriverManager.getConnection(url, "me", "tiger")', ["tiger"]),
    ('c = DriverManager.getConnection("jdbc:h2:mem", "me", "tiger").createStatement()', ["tiger"]),
    ("""spark.sql("CREATE TABLE t USING jdbc OPTIONS (url 'x', password 'hu sh')")""", ["hu sh"]),
    ('statement.execute("ALTER USER scott IDENTIFIED BY tiger")', ["tiger"]),
    ('conf.set("spark.ssl.keyPassword", "tiger")', ["tiger"]),
    ('conf.set("fs.s3a.secret.key", "tiger").set("spark.master", "local")', ["tiger"]),
    ("conf.set(NAME, 'tiger')", ["tiger"]),
    ('properties.put("password", "tiger")', ["tiger"]),
    ('properties.setProperty("password", "tiger")', ["tiger"]),
    ("SparkConf().setAll([('spark.my.secret', 'tiger'), ('spark.app.name', 'x')])", ["tiger"]),
    ('"password", "tiger",', ["tiger"]),
    ("""df.write.jdbc(url, "t", properties={"user": "me", "password": "tiger"})""", ["tiger"]),
    ("connect(user='me', password='tiger', timeout=5)", ["tiger"]),
    ('api_key: str = "tiger"', ["tiger"]),
    ('token = os.environ.get("MY_TOKEN", "tiger")', ["tiger"]),
    ('connect(password=f"{stem}tiger")', ["{stem}tiger"]),
    ('source.setPassword("tiger")', ["tiger"]),
    ('BasicAWSCredentials("AKIA12", "tiger")', ["AKIA12", "tiger"]),
    ('request.header("Authorization", "Bearer abcdef1234")', ["Bearer abcdef1234"]),
    ('headers = "Authorization: Basic dXNlcjpwdw=="', ["dXNlcjpwdw=="]),
    ('key = "-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----"', ["\\nMIIE\\n"]),
    ('load("https://a.example/b?sv=1&sig=ab%2Bcd%3D")', ["ab%2Bcd%3D"]),
    ('conf.set("my.password", "say \\"tiger\\" twice")', ['say \\"tiger\\" twice']),
    ("login(password='''tiger''')", ["tiger"]),
    ('login(password="tiger', ["tiger"]),
    ('pwd("tiger")', ["tiger"]),
    ('c = DriverManager.getConnection(url, "me", "tiger" )', ["tiger"]),
    ('c = DriverManager.getConnection(url, "me", "tiger"', ["tiger"]),
    ('put(select("a"), "token", "tiger")', ["tiger"]),
]

VISIBLE = [
    'df.select("tokens", "count")',
    'df.select("token", "count")',
    'df.withColumnRenamed("token", "word").groupBy("word")',
    'df = spark.createDataFrame([("a", 1)], ["token", "count"])',
    'df.agg({"tokens": "sum"})',
    "login(passwordless=True, user='me')",
    'print("your token has expired", "again")',
    'say("the password is wrong")',
    "password = getpass.getpass('Password: ')",
    'password = os.environ["DB_PASSWORD"]',
    'secret = dbutils.secrets.get("scope", "name")',
    'url = f"jdbc:x;user={user};password={password}"',
    'url = f"https://{user}:{password}@host/"',
    'url = "jdbc:x;password=%s" % password',
    'schema = "id bigint, token string, password: string"',
    'StructType().add("token", "string")',
    'spark.read.load("abfss://box@account.dfs.core.windows.net/x")',
    'send("mailto:me@example.org")',
    'spark.read.text("http://h:8080/a@b")',
    'getConnection(url, properties, "tiger").x("y")'.replace('"tiger"', "tiger"),
    "model = Tokenizer(inputCol='text', outputCol='words')",
    'conf.set("spark.app.name", "tiger")',
    'password = ""',
    'x = {"password": None, "user": "me"}',
    'login(password="required")',
    'login(password=f"{word}")',
    'login(password="%s" % word)',
    ', "the rest of a call")',
    'df.select(X, "token", "count")',
    'df.select(f(g(X)), "token", "count")',
    '["token", "count"]',
    'x = [f[X], "token", "count"]',
]


@pytest.mark.parametrize("line, secrets", HIDDEN)
def test_a_secret_in_a_line_is_starred_and_nothing_else(line: str, secrets: list[str]) -> None:
    starred = line
    for secret in secrets:
        assert starred.count(secret) == 1
        starred = starred.replace(secret, "*" * len(secret))
    assert redact_source(line, Secrets()) == starred


@pytest.mark.parametrize("line", VISIBLE)
def test_a_line_without_a_secret_stays_as_it_is(line: str) -> None:
    assert redact_source(line, Secrets()) == line


@pytest.mark.parametrize(
    "literal",
    [
        r"'\n\r\t\a\b\f\v'", r"'\\ \' \" \\n'", r"'\x41\u0042\U00000043\104\0'", r"'\U0010FFFF'",
        r"r'\x41\n'", r"R'\x41'",
    ],
)  # fmt: skip
def test_a_literal_means_what_python_says(literal: str) -> None:
    [found] = read_literals(literal)
    assert found.value == ast.literal_eval(literal)


@pytest.mark.parametrize("text", [r"\q", r"\X", r"\9", r"\U00110000"])
def test_an_escape_that_python_doesnt_have_stays_as_it_is_written(text: str) -> None:
    [found] = read_literals(f"'{text}'")
    assert found.value == text


def passed(command: str) -> Secrets:
    """The secrets that are known after one command as Python writes it."""
    secrets = Secrets()
    Redactor(Expectation(secrets)).feed(b"c\no0\nx\ne\n" * 2 + command.encode())
    return secrets


@pytest.mark.parametrize(
    "command, line, stored",
    [
        # As it is.
        ("c\no0\nset\nsmy.password\nstiger12\ne\n", "say('tiger12', 1)", "say('*******', 1)"),
        ("c\no0\nf\nsjdbc:x;password=tigers;a=b\ne\n", "say('tigers', 1)", "say('******', 1)"),
        ("c\nz:D\ngetConnection\nsjdbc:x\nsme\nstigers\ne\n", "say('me', 'tigers')", "say('me', '******')"),
        # Py4J doubles a backslash, and so does a literal; a raw one doesn't.
        ("c\no0\nset\nsmy.password\nsti\\\\ger\ne\n", r"say('ti\\ger')", "say('*******')"),
        ("c\no0\nset\nsmy.password\nsti\\\\ger\ne\n", r"say(r'ti\ger')", "say(r'******')"),
        ("c\no0\nset\nsmy.password\nsti\\nger\ne\n", r"say('ti\nger')", "say('*******')"),
        ('c\no0\nset\nsmy.password\nsti"ger\ne\n', r'say("ti\"ger")', 'say("*******")'),
        ('c\no0\nset\nsmy.password\nsti"ger\ne\n', """say('ti"ger')""", "say('******')"),
        ("c\no0\nset\nsmy.password\nstigér1\ne\n", "say('tigér1')", "say('******')"),
        ("c\no0\nset\nsmy.password\nstigér1\ne\n", r"say('tig\xe9r1')", "say('*********')"),
        ("c\no0\nset\nsmy.password\nstigér1\ne\n", r"say('tig\u00e9r1')", "say('***********')"),
        (
            "c\no0\nset\nsmy.password\nstiger1\ne\n",
            r"say('\164iger\U00000031')",
            "say('******************')",
        ),
        # In a URL it's written in another way, and the other way round.
        ("c\no0\nset\nsmy.password\nsti/g er\ne\n", "say('x=ti%2Fg%20er')", "say('x=***********')"),
        ("c\no0\nset\nsmy.password\nsti/g er\ne\n", "say('x=ti%2Fg+er')", "say('x=*********')"),
        ("c\no0\nf\nsjdbc:x;password=ti%2Fger\ne\n", "say('ti/ger')", "say('******')"),
        # JSON, SQL.
        ('c\no0\nf\ns{"password": "ti\\\\"ger"}\ne\n', """say('ti"ger')""", "say('******')"),
        ("c\no0\nsql\ns(password 'ti''ger')\ne\n", """say("ti'ger")""", 'say("******")'),
    ],
)
def test_a_secret_known_from_the_wire_is_starred_however_it_is_written(
    command: str, line: str, stored: str
) -> None:
    assert redact_source(line, Secrets()) == line, "nothing but the wire tells"
    assert redact_source(line, passed(command)) == stored


@pytest.mark.parametrize(
    "command, later",
    [
        ("c\no0\nset\nsmy.password\nsti/g er\ne\n", "c\no0\nf\nsx?y=ti%2Fg%20er\ne\n"),
        ('c\no0\nset\nsmy.password\nsti"ger\ne\n', 'c\no0\nf\ns{"x":"ti\\\\"ger"}\ne\n'),
        ("c\no0\nset\nsmy.password\nsti'ger\ne\n", "c\no0\nf\nswhere x = 'ti''ger'\ne\n"),
        ("c\no0\nf\nsjdbc:x;password=ti%2Fger\ne\n", "c\no0\nf\nsti/ger\ne\n"),
        ("c\no0\nset\nsmy.password\nstigér1\ne\n", 'c\no0\nf\ns{"x":"tig\\\\u00e9r1"}\ne\n'),
        ("c\no0\nset\nsmy.password\nstigér1\ne\n", "c\no0\nf\nsx=tigér1\ne\n"),
    ],
)
def test_a_known_secret_is_starred_on_the_wire_however_it_is_written(command: str, later: str) -> None:
    fresh, knowing = Redactor(Expectation(Secrets())), Redactor(Expectation(passed(command)))
    for redactor in (fresh, knowing):
        redactor.feed(b"c\no0\nx\ne\n" * 2)
    assert fresh.feed(later.encode()) == later.encode()
    kept = knowing.feed(later.encode())
    assert len(kept) == len(later.encode())
    assert b"ti" not in kept
    assert b"**" in kept


@pytest.mark.parametrize("value", ["string", "BOOLEAN", "password", "default", "12345", "******"])
def test_what_stands_everywhere_is_hidden_in_its_place_only(value: str) -> None:
    secrets = passed(f"c\no0\nset\nsmy.password\ns{value}\ne\n")
    assert secrets.known == ()
    assert redact_source(f"say('{value}')", secrets) == f"say('{value}')"


def test_a_plain_word_of_an_expression_is_hidden_in_its_place_only() -> None:
    secrets = passed("c\no0\nfilter\nstoken=customer.id\ne\n")
    assert redact_source("say('customer.id')", secrets) == "say('customer.id')"
