"""Secrets never reach the stored bytes, and nothing else is changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record.redact import HOLD, Conversation, Redactor, Secrets, redact_source

TOKEN = b"0123456789abcdef" * 4


def pair(secrets: Secrets | None = None) -> tuple[Redactor, Redactor]:
    """The two directions of one connection: to Java, to Python."""
    conversation = Conversation(secrets or Secrets())
    return Redactor(conversation), Redactor(conversation)


def all_of(redactor: Redactor, *pieces: bytes) -> bytes:
    return b"".join([*(redactor.feed(piece) for piece in pieces), redactor.end()])


def test_the_token_of_an_authentication_is_replaced_by_as_many_bytes() -> None:
    to_java, _ = pair()
    assert to_java.feed(b"A\nsome-token\n") == b"A\n**********\n"


def test_a_callback_authenticates_towards_python() -> None:
    _, to_python = pair()
    assert all_of(to_python, b"A\n", b"tok", b"en123\ne\n") == b"A\n********\ne\n"


def test_a_method_called_A_is_no_authentication() -> None:
    to_java, _ = pair()
    to_java.feed(b"A\nthe-token\n")
    assert to_java.feed(b"c\nA\nA\nsvisible\ne\n") == b"c\nA\nA\nsvisible\ne\n"


def test_a_token_once_seen_is_replaced_everywhere_on_every_connection() -> None:
    secrets = Secrets()
    pair(secrets)[0].feed(b"A\nsome-token\n")
    to_java, to_python = pair(secrets)
    to_java.feed(b"A\nsome-token\n")
    command = b"i\norg.apache.spark.api.python.PythonAccumulatorV2\ns127.0.0.1\ni4711\nssome-token\ne\n"
    assert to_java.feed(command) == command.replace(b"some-token", b"*" * 10)
    assert to_python.feed(b"!ys{SECRET=some-token}\n").count(b"some-token") == 0


@given(st.lists(st.integers(1, 80), max_size=6))
def test_a_result_sockets_secret_is_replaced_however_it_is_cut(cuts: list[int]) -> None:
    _, to_python = pair()
    whole = b"!ys" + TOKEN + b"\n!yi5\n"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(whole[at : at + cut])
        at += cut
    pieces.append(whole[at:])
    assert all_of(to_python, *pieces) == whole.replace(TOKEN, b"*" * 64)


def test_a_short_result_secret_is_known_by_its_place() -> None:
    to_java, to_python = pair()
    to_java.feed(b"a\ng\no45\ni1\ne\n")
    assert to_python.feed(b"!ys0123456789abcdef\n") == b"!ys****************\n"
    to_java.feed(b"a\ng\no45\ni0\ne\n")
    assert to_python.feed(b"!ys0123456789abcdef\n") == b"!ys0123456789abcdef\n"


def test_the_value_of_a_secret_setting_is_replaced() -> None:
    to_java, to_python = pair()
    sent = to_java.feed(b"c\no0\nset\nsspark.hadoop.fs.s3a.secret.key\nsHunter2!\ne\n")
    assert sent == b"c\no0\nset\nsspark.hadoop.fs.s3a.secret.key\ns********\ne\n"
    assert b"Hunter2!" not in to_python.feed(b"!ysspark.hadoop.fs.s3a.secret.key Hunter2!\n")


def test_a_secret_setting_that_is_read_is_replaced() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nget\nsspark.ssl.keyPassword\ne\n")
    assert to_python.feed(b"!ysgeheim\n") == b"!ys******\n"
    to_java.feed(b"c\no0\nget\nsspark.master\ne\n")
    assert to_python.feed(b"!yslocal[1]\n") == b"!yslocal[1]\n"


def test_a_secret_setting_in_a_listing_of_pairs_is_replaced() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no6\n_1\ne\n")
    to_python.feed(b"!ysmy.access.key\n")
    to_java.feed(b"c\no6\n_2\ne\n")
    assert to_python.feed(b"!ysAKIA0\n") == b"!ys*****\n"
    to_java.feed(b"c\no7\n_1\ne\n")
    to_python.feed(b"!ysspark.app.name\n")
    to_java.feed(b"c\no7\n_2\ne\n")
    assert to_python.feed(b"!ysAdam test\n") == b"!ysAdam test\n"


def test_a_printed_key_with_its_value_is_replaced() -> None:
    to_java, _ = pair()
    url = b"c\no1\nload\nsjdbc:h2:mem;user=sa;password=hush;x=1\ne\n"
    assert to_java.feed(url) == url.replace(b"hush", b"****")


def test_a_long_line_is_not_held_back_whole_and_a_secret_in_it_is_found() -> None:
    _, to_python = pair()
    filler = b"-" * (HOLD + 1000)
    first = to_python.feed(filler + TOKEN[:30])
    assert len(first) > HOLD // 2
    whole = first + to_python.feed(TOKEN[30:] + b"\n") + to_python.end()
    assert whole == filler + b"*" * 64 + b"\n"


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_the_stored_stream_is_exactly_as_long_as_the_real_one(pieces: list[bytes]) -> None:
    to_java, _ = pair()
    assert len(all_of(to_java, *pieces)) == len(b"".join(pieces))


@given(
    st.lists(
        st.sampled_from([b"c\no1\nselect\nstoken\nscount\ne\n", b"c\no1\nf\nsx=1\ne\n", b"m\nd\no3\ne\n"])
    )
)
def test_ordinary_commands_are_stored_as_they_are(commands: list[bytes]) -> None:
    to_java, _ = pair()
    assert all_of(to_java, *commands) == b"".join(commands)


@pytest.mark.parametrize(
    "line, stored",
    [
        (
            'conf.set("spark.hadoop.x.secret.key", "abcdef")',
            'conf.set("spark.hadoop.x.secret.key", "******")',
        ),
        ("connect(user='me', password='hunter2')", "connect(user='me', password='*******')"),
        ('assert seen["my.token"] == "abcdef"', 'assert seen["my.token"] == "******"'),
        ('options = {"accessKey": b"abc"}', 'options = {"accessKey": b"***"}'),
        ('print("the-known-one", token)', 'print("*************", token)'),
        ('df.filter(df.name == "abcdef").count()', 'df.filter(df.name == "abcdef").count()'),
    ],
)
def test_a_line_of_source_is_stored_without_its_secrets(line: str, stored: str) -> None:
    secrets = Secrets()
    secrets.learn(b"the-known-one")
    assert redact_source(line, secrets) == stored


def test_a_known_secret_is_found_wherever_a_long_line_is_cut() -> None:
    secrets = Secrets()
    secret = b"Y4aR0+KOm5/O82tcahGq0c8="
    secrets.learn(secret)
    for back in range(200, 600, 7):
        line = b"x y" * (HOLD // 2) + secret + b"+" * back + b"\n"
        to_java, _ = pair(secrets)
        stored = all_of(to_java, line[:-1], line[-1:])
        assert stored == line.replace(secret, b"*" * len(secret))
