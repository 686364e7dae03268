"""Secrets never reach the stored bytes, and nothing else is changed."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkwire.record import redact
from sparkwire.record.hints import PIECE
from sparkwire.record.redact import HOLD, Expectation, Redactor, Secrets, redact_source

TOKEN = b"0123456789abcdef" * 4


def pair(secrets: Secrets | None = None) -> tuple[Redactor, Redactor]:
    """The two directions of one connection: to Java, to Python."""
    expectation = Expectation(secrets or Secrets())
    return Redactor(expectation), Redactor(expectation)


def all_of(redactor: Redactor, *pieces: bytes) -> bytes:
    return b"".join([*(redactor.feed(piece) for piece in pieces), redactor.end()])


def test_the_token_of_an_authentication_is_replaced_by_as_many_bytes() -> None:
    to_java, _ = pair()
    assert to_java.feed(b"A\nsome-token\n") == b"A\n**********\n"


@pytest.mark.parametrize("first", ["j", "s", "b", "Y"])
def test_a_token_is_stars_whatever_letter_it_begins_with(first: str) -> None:
    """``j`` is the type code of bytes, whose secrets are stars in base64."""
    token = first.encode() + b"4wS0nRfC2xTqLZ8bVn3kMhYpGd7uEo1iAaJsXcWvB9"
    to_java, _ = pair()
    assert to_java.feed(b"A\n" + token + b"\n") == b"A\n" + b"*" * len(token) + b"\n"
    to_java, _ = pair(secrets := Secrets())
    secrets.learn(token)
    assert to_java.feed(b"A\n" + token + b"\n") == b"A\n" + b"*" * len(token) + b"\n"


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


def test_a_secret_without_a_letter_is_found_wherever_a_long_line_is_cut() -> None:
    """By one byte only, too: no word's beginning keeps it together."""
    secrets = Secrets()
    secret = b"+/=-" * 6
    secrets.learn(secret)
    for back in range(230, 260):
        line = b"x y " * (HOLD // 4) + secret + b"." * back + b"\n"
        stored = all_of(pair(secrets)[0], line[:-1], line[-1:])
        assert stored[HOLD:] == (b"*" * len(secret) + b"." * back + b"\n")


def test_a_secret_with_letters_beyond_ascii_is_found_wherever_a_long_line_is_cut() -> None:
    secrets = Secrets()
    secret = "–sésame–ouvre–toi–".encode()
    secrets.learn(secret)
    for back in range(250, 262):
        line = b"x y " * (HOLD // 4) + secret + b"." * back + b"\n"
        stored = all_of(pair(secrets)[0], line[:-1], line[-1:])
        assert stored[HOLD:] == (b"*" * len(secret) + b"." * back + b"\n")


def test_a_secret_that_repeats_itself_is_hidden_as_in_a_whole_line_wherever_the_line_is_cut() -> None:
    """There it stands at the cut in several ways, and so does another one."""
    for known in ([b"abcabcab"], [b"abcabcab", b"cabcxx"], [b"cabcab", b"abcabcab", b"bcabxx"]):
        secrets = Secrets()
        secrets.learn(*known)
        for back in range(240, 270):
            line = b"x y " * (HOLD // 4) + b"abc" * 40 + b"xx" + b"." * back + b"\n"
            whole = all_of(pair(secrets)[0], line)
            assert whole.count(b"*") >= 100
            assert all_of(pair(secrets)[0], line[:-1], line[-1:]) == whole


def test_a_secret_known_by_its_shape_is_found_wherever_a_long_line_is_cut() -> None:
    for back in range(190, 260, 5):
        line = b"x y " * (HOLD // 4) + TOKEN + b"." * back + b"\n"
        stored = all_of(pair()[0], line[:-1], line[-1:])
        assert stored[HOLD:] == (b"*" * len(TOKEN) + b"." * back + b"\n")


def test_a_known_secret_as_long_as_what_is_held_back_is_hidden_whole() -> None:
    secrets = Secrets()
    secret = b"+/=-" * (HOLD // 4)
    secrets.learn(secret)
    stored = all_of(pair(secrets)[0], secret + b"." * 100, b"\n")
    assert stored.count(b"*") == len(secret)


def test_what_is_held_of_a_long_line_is_short_whatever_stood_in_it() -> None:
    secrets = Secrets()
    secrets.learn(b"open-sesame")
    to_java, _ = pair(secrets)
    stored = to_java.feed(b"c\no1\nf\nsopen-sesame " + b"x " * HOLD)
    assert stored.startswith(b"c\no1\nf\ns*********** x x ")
    assert len(to_java.held) < 1000


def test_a_token_that_looks_like_a_reply_is_one() -> None:
    to_java, _ = pair()
    assert all_of(to_java, b"A\n", b"!hush\n") == b"A\n*****\n"


def test_a_short_meaning_of_a_secret_is_not_looked_for() -> None:
    """Written for a URL it is long enough; what it means stands everywhere."""
    secrets = Secrets()
    secrets.learn(b"%31%32%33")
    assert redact_source("take(123)", secrets) == "take(123)"
    command = b"c\no1\nf\ns123 and %31%32%33\ne\n"
    assert all_of(pair(secrets)[0], command) == b"c\no1\nf\ns123 and *********\ne\n"


def test_two_secrets_side_by_side_are_one_span() -> None:
    secrets = Secrets()
    for secret in (b"hunter2468", b"open-sesame"):
        secrets.learn(secret)
    assert fed(pair(secrets)[0], b"c\no1\nf\nshunter2468open-sesame\ne\n")[1] == [(8, 29)]


# --- where the placeholders stand --------------------------------------------------------------------------

COMMANDS = [
    b"A\nsome-token\n",
    b"c\no0\nset\nsmy.password\nshunter2\ne\n",
    b"c\no0\nset\nsmy.password\ns********\ne\n",
    b"c\no0\nget\nsmy.token\nsdefault\ne\n",
    b"c\no1\nsay\ns********\ne\n",
    b"c\no1\nsay\nssome-token and hunter2 and x;password=hush;\ne\n",
    b"c\no1\nf\ns" + TOKEN + b"\nsccredential=zz\ne\n",
    b"c\no14\nsc\ne\n",
    b"a\ng\no45\ni1\ne\n",
    b"c\no6\n_1\ne\n",
    b"c\no6\n_2\ne\n",
    b"no line end, and half a secret=some",
]
REPLIES = [
    b"!yv\n",
    b"!yro22\n",
    b"!ysmy.access.key\n",
    b"!yshunter2\n",
    b"!ys********\n",
    b"!ys" + TOKEN + b"\n",
    b"!ys0123456789abcdef\n",
    b"!yssome-token, my.token=a,b=c,*.secret=**x**\n",
]


def fed(redactor: Redactor, *pieces: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """What is stored of the pieces, and all its spans; those of a piece are within that piece."""
    whole, spans = b"", []
    for piece in [*pieces, None]:
        stored = redactor.end() if piece is None else redactor.feed(piece)
        assert all(len(whole) <= start < end <= len(whole) + len(stored) for start, end in redactor.spans)
        whole += stored
        spans += redactor.spans
    return whole, spans


def check_spans(real: bytes, stored: bytes, spans: list[tuple[int, int]]) -> None:
    """The stored bytes are placeholders within the spans, and the real ones outside."""
    assert len(stored) == len(real)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(real)
        assert stored[at:start] == real[at:start]
        assert stored[start:end] == b"*" * (end - start)
        at = end
    assert stored[at:] == real[at:]


@pytest.mark.parametrize(
    "command, spans",
    [
        (b"c\no1\nsay\ns********\ne\n", []),
        (b"A\nsome-token\n", [(2, 12)]),
        (b"c\no0\nset\nsmy.password\nshunter2\ne\n", [(23, 30)]),
        (b"c\no1\nf\nstoken=abc,token=de\ne\n", [(14, 17), (24, 26)]),
        # What two rules find, one inside the other or side by side, is one span.
        (b"c\no1\nf\nstoken=" + TOKEN + b"\ne\n", [(14, 78)]),
    ],
)
def test_spans_are_exactly_where_secrets_were(command: bytes, spans: list[tuple[int, int]]) -> None:
    to_java, _ = pair()
    stored, found = fed(to_java, command)
    assert found == spans
    check_spans(command, stored, spans)


def test_spans_count_from_the_first_byte_that_was_stored() -> None:
    to_java, to_python = pair()
    assert fed(to_java, b"A\nsome-token\n", b"c\no1\nf\nssome-token\ne\n")[1] == [(2, 12), (21, 31)]
    assert fed(to_python, b"!yv\n", b"!yv\n", b"!yssome-", b"token\n")[1] == [(11, 21)]
    to_java.feed(b"c\no1\nf\nssome-token\ne\n")
    assert to_java.spans == ((42, 52),), "as long as the connection lasts"


def test_a_users_own_stars_have_no_span() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nset\nsmy.password\ns********\ne\n")
    assert to_java.spans == ((23, 31),), "here they are a password"
    assert fed(to_java, b"c\no1\nsay\ns********\ne\n")[1] == []
    assert fed(to_python, b"!ys********\n")[1] == []


def test_a_token_that_was_never_finished_is_one() -> None:
    to_java, _ = pair()
    assert fed(to_java, b"A\nsome-t") == (b"A\n******", [(2, 8)])


def test_an_unfinished_line_changes_nothing_of_what_follows() -> None:
    """A stream ends without a line end, and the connection goes on."""
    _, to_python = pair()
    to_python.feed(b"12345")
    assert to_python.end() == b"12345"
    assert to_python.feed(b"!ysmy.token=open\n") == b"!ysmy.token=****\n"
    assert to_python.spans == ((17, 21),)


def test_a_secret_value_longer_than_what_is_held_back_is_hidden_whole() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nget\nsmy.keystore.password\ne\n")
    value = b"a b+" * HOLD
    pieces = [b"!ys" + value[:HOLD], value[HOLD : 3 * HOLD], value[3 * HOLD :], b"\n!yv\n"]
    stored, spans = fed(to_python, *pieces)
    check_spans(b"".join(pieces), stored, spans)
    assert stored == b"!ys" + b"*" * len(value) + b"\n!yv\n"


def test_the_value_goes_on_until_its_line_ends() -> None:
    to_java, to_python = pair()
    to_python.feed(b"!yv\n!yv\n")
    to_java.feed(b"c\no0\nget\nsmy.keystore.password\ne\n")
    start = b"!ys" + b"a b+" * HOLD
    passed = [start, b"!x", b"", b"\n", b"!ysvisible\n"]
    assert all_of(to_python, *passed) == b"!ys" + b"*" * (len(start) - 3 + 2) + b"\n!ysvisible\n"


def test_of_a_long_value_no_more_than_a_piece_is_held() -> None:
    """Held whole, it would be copied again for each piece that comes."""
    for kind, star in (b"!ys", b"*"), (b"!yj", b"Kioq"):
        to_java, to_python = pair()
        to_java.feed(b"c\no0\nget\nsmy.keystore.password\ne\n")
        stored, most = to_python.feed(kind), 0
        for _ in range(100):
            stored += to_python.feed(b"hush" * 2048)
            most = max(most, len(to_python.held))
        assert most <= HOLD
        value = stored + to_python.feed(b"hush\n")
        assert value == kind + star * ((100 * 8192 + 4) // len(star)) + b"\n"


@pytest.mark.parametrize("cut", [2, 4 * HOLD])
def test_what_follows_a_long_value_is_seen_as_ever(cut: int) -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nget\nsmy.keystore.password\ne\n")
    value = b"!ys" + b"a b+" * HOLD
    to_python.feed(value[:cut])
    to_python.feed(value[cut:])
    assert to_python.feed(b"hush\n!ysmy.token=open\n") == b"****\n!ysmy.token=****\n"
    begin = 3 + 4 * HOLD
    assert to_python.spans == ((begin, begin + 4), (begin + 17, begin + 21))
    to_java.feed(b"c\no6\n_1\ne\n")
    assert to_python.feed(b"!ysmy.password\n") == b"!ysmy.password\n"
    to_java.feed(b"c\no6\n_2\ne\n")
    assert to_python.feed(b"!yshush\n") == b"!ys****\n"


def test_a_long_reply_is_no_value_when_none_was_asked_for() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nget\nsmy.colour\ne\n")
    reply = b"!yssome long text; " * HOLD + b"\n"
    assert fed(to_python, reply[:-1], reply[-1:]) == (reply, [])


def test_how_much_is_held_back() -> None:
    """A line up to ``HOLD``; of a longer one the tail, from where a word begins."""
    for line, held in [
        (b"x" * HOLD, HOLD),
        (b"x" * (HOLD + 1), 256),
        (b"-" * (HOLD + 1), 256),
        (b"-" * HOLD + b"x" * 300, 300),
        (b"-" * HOLD + b"x" * 511, 511),
        (b"-" * HOLD + b"x" * 512, 256),
        (b"-" * HOLD + b"x" * 44 + b"-" * 256, 300),
    ]:
        to_java, _ = pair()
        assert to_java.feed(line) == line[: len(line) - held]
        assert to_java.held == line[len(line) - held :]


@pytest.mark.parametrize("command", [b"s\n", b"z\n127.0.0.1\n52420\n46479\n"])
def test_a_command_without_an_end_is_not_held_back(command: bytes) -> None:
    """Shutdown and cancel (``SHUTDOWN_GATEWAY_COMMAND_NAME``, ``CancelCommand``) are all that is sent."""
    to_java, _ = pair()
    assert to_java.feed(command) == command
    assert to_java.feed(b"c\no0\nm\ne\n" + command) == b"c\no0\nm\ne\n" + command


@pytest.mark.parametrize(("size", "held"), [(HOLD, HOLD), (HOLD + 1, 4)])
def test_of_a_command_longer_than_what_is_held_back_the_unfinished_line_is(size: int, held: int) -> None:
    before = b"m\nd\no3\ne\n"
    command = b"c\no1\nf\ns" + b"-" * (size - 13) + b"\nshus"
    assert len(command) == size
    to_java, _ = pair()
    assert to_java.feed(before + command) == (before + command)[:-held]
    assert to_java.held == command[-held:]


@pytest.mark.parametrize(
    "line, stored",
    [
        (b"my.password=open-sesame, x", b"my.password=***********, x"),
        (b"eyJhbGciOiJ.eyJzdWIiOi.dozjgNryP4J x", b"*" * 34 + b" x"),
    ],
)
def test_what_ends_a_long_piece_is_looked_at_with_what_follows(line: bytes, stored: bytes) -> None:
    for cut in range(12, len(line)):
        to_java, _ = pair()
        before = b"x y " * (HOLD // 4)
        assert all_of(to_java, before + line[:cut], line[cut:] + b"\n") == before + stored + b"\n"


def test_of_two_places_of_a_secret_that_overlap_the_first_is_hidden_whole() -> None:
    secrets = Secrets()
    secrets.learn(b"+-+-+-+-")
    for dots, held in ((246, 258), (254, 256)):
        line = b"x y " * (HOLD // 4) + b"+-" * 6 + b"." * dots
        to_java, _ = pair(secrets)
        stored = to_java.feed(line)
        assert len(to_java.held) == held
        stored += to_java.feed(b"\n")
        assert stored[HOLD:] == b"*" * 8 + b"+-+-" + b"." * dots + b"\n"


def test_of_many_places_of_a_secret_the_one_at_the_cut_is_hidden_whole() -> None:
    """Whether it also stands at the very beginning, right before the cut, and behind it."""
    secrets = Secrets()
    secret = b"+-/=+-/."
    secrets.learn(secret)
    for beyond, held in ((0, 256), (1, 263), (4, 260), (7, 257), (8, 256)):
        line = secret + b"x y " * HOLD + secret + b" " * (240 - beyond) + secret + b" " * 8
        whole = line.replace(secret, b"********")
        to_java, _ = pair(secrets)
        stored = to_java.feed(line)
        assert len(to_java.held) == held
        assert stored + to_java.feed(b"\n") == whole + b"\n"


def test_a_long_reply_that_is_no_text_is_no_value() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no0\nget\nsmy.password\ne\n")
    reply = b"!xsome long text; " * HOLD + b"\n"
    assert fed(to_python, reply[:-1], reply[-1:]) == (reply, [])


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        b"eyJhbGciOiJ.eyJzdWIiOi.dozjgNryP4J",
        b"password=open-sesame",
        b"say open sesame",
        b"://me:open-sesame@host",
        b"open sesame, " * 20,
    ],
)
@pytest.mark.parametrize("kind", [b"c\no1\nf\ns", b"!ys"])
def test_a_secret_is_found_wherever_it_stands_in_a_long_message(kind: bytes, secret: bytes) -> None:
    """A long message is looked at in pieces; a secret may stand where two meet, and at the very end."""
    for back in (1, len(secret) - 1):
        secrets = Secrets()
        for known in (b"say open sesame", b"open sesame, " * 20):
            secrets.learn(known)
        to_java, to_python = pair(secrets)
        for redactor in (to_java, to_python):
            redactor.feed(b"c\no1\nf\ne\n")
        message = kind + b"." * (PIECE - len(kind) - back - 1) + b" " + secret + b"\ne\n"
        value = secret.removeprefix(b"password=").removeprefix(b"://me:").removesuffix(b"@host")
        redactor = to_python if kind == b"!ys" else to_java
        stored = redactor.feed(message)
        assert stored[: PIECE - 300] == message[: PIECE - 300]
        assert stored[PIECE - 300 :] == message[PIECE - 300 :].replace(value, b"*" * len(value))
        assert len(redactor.spans) == 1


def test_a_long_message_is_looked_at_without_copies_of_it() -> None:
    size = 40 * PIECE
    command, reply = (start + b"x, " * (size // 3) + b"\n" for start in (b"c\no1\nf\ns", b"!ys"))
    to_java, to_python = pair()
    for redactor in (to_java, to_python):
        redactor.feed(b"c\no1\nf\ne\n")
    tracemalloc.start()
    try:
        assert to_java.feed(command) == command
        assert to_python.feed(reply) == reply
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < size / 4


def test_what_a_long_message_asks_for_is_known() -> None:
    to_java, to_python = pair()
    for redactor in (to_java, to_python):
        redactor.feed(b"c\no1\nf\ne\n")
    to_java.feed(b"a\ng\no45\ni1\ne\n")
    to_java.feed(b"c\no1\nf\ns" + b"x" * (2 * PIECE) + b"\ne\n")
    assert to_python.feed(b"!ys0123456789abcdef\n") == b"!ys0123456789abcdef\n"
    several = b"c\no1\nf\ns" + b"x " * PIECE + b"\ne\nc\no6\n_1\ne\n"
    assert to_java.feed(several) == several
    to_python.feed(b"!ysmy.password\n")
    to_java.feed(b"c\no6\n_2\ne\n")
    assert to_python.feed(b"!yshush\n") == b"!ys****\n"


def test_a_known_secret_is_found_where_nothing_hints_at_one() -> None:
    to_java, to_python = pair()
    to_java.feed(b"A\nhunter2468\n")
    assert to_java.feed(b"i\nx.Accumulator\nshunter2468\ne\n") == b"i\nx.Accumulator\ns**********\ne\n"
    assert all_of(to_python, b"!yv\n", b"!yshunter2468!\n") == b"!yv\n!ys**********!\n"
    assert redact_source("hunter2468 + hunter2468", to_java._expectation.secrets) == "********** + **********"


def test_several_secrets_of_one_message_are_all_known_on_the_wire_and_in_source() -> None:
    to_java, to_python = pair()
    to_java.feed(b"c\no1\nf\nsa;password=hunter2468;b;token=open-sesame1\ne\n")
    assert all_of(to_python, b"!yshunter2468 open-sesame1\n") == b"!ys********** ************\n"
    secrets = to_java._expectation.secrets
    assert redact_source("hunter2468 + open-sesame1", secrets) == "********** + ************"


def test_the_first_byte_of_a_secret_is_learned_with_it() -> None:
    to_java, _ = pair()
    to_java.feed(b"A\nhunter2468\n")
    assert to_java._expectation.secrets.known == ("hunter2468",)
    assert to_java.feed(b"c\no1\nf\nsunter2468\ne\n") == b"c\no1\nf\nsunter2468\ne\n"


@pytest.mark.parametrize("secret, is_known", [(b"12345", False), (b"123456", True), (b"*" * 8, False)])
def test_only_a_secret_of_some_length_is_looked_for(secret: bytes, is_known: bool) -> None:
    to_java, _ = pair()
    to_java.feed(b"A\n" + secret + b"\n")
    assert (to_java._expectation.secrets.known != ()) is is_known


def test_a_longer_secret_is_hidden_before_one_in_it() -> None:
    secrets = Secrets()
    for secret in (b"hunter2", b"old hunter2468", b"hunter24"):
        secrets.learn(secret)
    assert (
        redact_source("old hunter2468, hunter24, hunter2", secrets)
        == "*" * 14 + ", " + "*" * 8 + ", " + "*" * 7
    )
    assert [len(known) for known in secrets.known] == sorted(map(len, secrets.known), reverse=True)


def talking(secrets: Secrets | None = None) -> tuple[Redactor, Redactor]:
    """The two directions of a connection on which no token can come any more."""
    directions = pair(secrets)
    for redactor, message in zip(directions, (b"c\no1\nf\ne\n", b"!yv\n"), strict=True):
        redactor.feed(message)
    return directions


def test_what_passes_most_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short replies, and short messages without a secret that come again."""
    to_java, to_python = talking()
    known = b"c\no1\nvery harmless\ne\n"
    to_java.feed(known)
    monkeypatch.setattr(redact, "look", None)
    for redactor, message in [(to_python, b"!yro2222\n"), (to_python, b"!yv\n"), (to_java, known)]:
        assert redactor.feed(message) == message
    for message in (b"!yro22222\n", b"yro22\n", b"!yro22\n?", b"c\no1\nunknown\ne\n"):
        with pytest.raises(TypeError):
            to_python.feed(message)


def test_a_secret_in_the_shortest_reply_that_can_hold_one_is_hidden() -> None:
    secrets = Secrets()
    secrets.learn(b"hush12")
    assert talking(secrets)[1].feed(b"!yshush12\n") == b"!ys******\n"


def test_a_reply_that_is_cut_is_held_however_short_it_is() -> None:
    to_python = talking()[1]
    assert to_python.feed(b"!yspas") == b""
    assert to_python.feed(b"s=hush\n") == b"!yspass=****\n"


def test_spans_count_what_was_not_looked_at() -> None:
    _, to_python = talking()
    to_python.feed(b"!yv\n")
    to_python.feed(b"!yro22\n")
    to_python.feed(b"!ys" + b"x, " * PIECE + b"\n")
    to_python.feed(b"!ys" + b"x" * 9000 + b"\n")
    begin = 4 + 4 + 7 + 4 + 3 * PIECE + 9004
    to_python.feed(b"!yspass=hush\n")
    assert to_python.spans == ((begin + 8, begin + 12),)


def test_so_many_short_messages_are_remembered_and_then_all_are_forgotten() -> None:
    secrets = Secrets()
    to_java, _ = talking(secrets)
    secrets.harmless.clear()
    for n in range(1000):
        to_java.feed(b"c\no1\nf%d\ne\n" % n)
    assert len(secrets.harmless) == 1000
    to_java.feed(b"c\no1\nlast\ne\n")
    assert secrets.harmless == {b"c\no1\nlast\ne\n"}
    for length, kept in ((200, True), (201, False)):
        message = b"c\no1\n" + b"f" * (length - 8) + b"\ne\n"
        assert len(message) == length
        to_java.feed(message)
        assert (message in secrets.harmless) is kept


@pytest.mark.parametrize("message", [b"!ysan open-sesame\n", b"c\no1\nf\nsan open-sesame\ne\n"])
def test_a_rule_that_needs_a_name_is_not_asked_where_there_is_none(
    message: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = Secrets()
    secrets.learn(b"open-sesame")
    redactor = talking(secrets)[message[:1] == b"!"]
    monkeypatch.setattr(redact, "_ON_NAMED_REQUEST", None)
    monkeypatch.setattr(redact, "_ON_NAMED_REPLY", None)
    assert redactor.feed(message) == message.replace(b"open-sesame", b"***********")
    with pytest.raises(TypeError):
        redactor.feed(message.replace(b"an open", b"a key open"))


def test_of_several_commands_at_once_each_is_stored_without_its_secrets() -> None:
    first, second = b"c\no1\nf\nspass=hush\ne\n", b"c\no1\nf\nstoken=hush!\ne\n"
    stored, spans = fed(talking()[0], first + b"m\nd\no3\ne\n" + second + b"m\nd\no4\ne\n")
    assert (
        stored
        == first.replace(b"hush", b"****")
        + b"m\nd\no3\ne\n"
        + second.replace(b"hush!", b"*****")
        + b"m\nd\no4\ne\n"
    )
    begin = len(b"c\no1\nf\ne\n")
    assert [(start - begin, end - begin) for start, end in spans] == [(13, 17), (43, 48)]


def test_of_several_lines_the_last_alone_is_held() -> None:
    to_python = talking()[1]
    assert to_python.feed(b"!yv\n!yro1\n!ys my pass") == b"!yv\n!yro1\n"
    assert to_python.held == b"!ys my pass"
    lines = b"!yv\n" * (HOLD // 4)
    assert talking()[1].feed(lines + b"!ys my pass") == lines


def test_a_value_that_nobody_asked_the_key_of_is_none_of_a_secret() -> None:
    """Not even of an object without a name, which no program sends."""
    to_java, to_python = talking()
    for _ in range(2):
        to_java.feed(b"c\n\n_2\ne\n")
        assert to_python.feed(b"!yshush\n") == b"!yshush\n"
        to_java.feed(b"c\no6\n_1\ne\n")
        assert to_python.feed(b"!ysmy.colour\n") == b"!ysmy.colour\n"


def test_of_a_key_that_is_no_secrets_the_value_is_visible_after_one_that_was() -> None:
    to_java, to_python = talking()
    for key, value in ((b"my.token", b"****"), (b"my.colour", b"blue"), (b"my.token", b"****")):
        to_java.feed(b"c\no6\n_1\ne\n")
        to_python.feed(b"!ys" + key + b"\n")
        to_java.feed(b"c\no6\n_2\ne\n")
        assert to_python.feed(b"!ysblue\n") == b"!ys" + value + b"\n"


def test_only_the_first_line_makes_the_second_a_token() -> None:
    to_java, _ = pair()
    assert all_of(to_java, b"c\no1\n", b"A\n", b"visible\ne\n") == b"c\no1\nA\nvisible\ne\n"
    to_java, _ = pair()
    long = b"x " * HOLD
    assert all_of(to_java, long, b"A\nvisible\n") == long + b"A\nvisible\n"
    to_java, _ = pair()
    assert all_of(to_java, b"A\nsome-token\n", b"A\nvisible\n") == b"A\n**********\nA\nvisible\n"


def test_a_token_that_ends_with_the_stream_goes_on_after_it() -> None:
    """What is held is stored when the other side asks; more of the line may come."""
    to_java, _ = pair()
    assert to_java.feed(b"A\nsome-") + to_java.end() == b"A\n*****"
    assert to_java.feed(b"token\nvisible\n") == b"*****\nvisible\n"
    to_java, _ = pair()
    assert to_java.feed(b"A\nsome-token") + to_java.end() == b"A\n**********"
    assert to_java.feed(b"\nvisible\n") == b"\nvisible\n"


@pytest.mark.parametrize("cuts", [(-9,), (HOLD, 3 * HOLD), (0, PIECE + 1000)])
def test_a_token_longer_than_what_is_held_back_is_hidden_whole(cuts: tuple[int, ...]) -> None:
    to_java, _ = pair()
    token = b"a b+" * HOLD * 6
    pieces = [token[start:end] for start, end in pairwise([0, *cuts, len(token)])]
    stored, spans = fed(to_java, b"A\n" + pieces[0], *pieces[1:], b"\n")
    assert stored == b"A\n" + b"*" * len(token) + b"\n"
    assert (spans[0][0], spans[-1][1]) == (2, 2 + len(token))


def test_a_token_is_no_longer_looked_for_after_a_long_first_message() -> None:
    first = b"c\no1\nf\ns" + b"x, " * PIECE + b"\ne\n"
    assert all_of(pair()[0], first, b"A\nvisible\n") == first + b"A\nvisible\n"


def test_what_a_reply_is_is_known_late_in_a_conversation_too() -> None:
    to_java, to_python = pair()
    for _ in range(3):
        to_java.feed(b"c\no1\nf\ne\n")
        to_python.feed(b"!yv\n")
    to_java.feed(b"a\ng\no45\ni1\ne\n")
    assert to_python.feed(b"!ys0123456789abcdef\n") == b"!ys****************\n"
    to_java.feed(b"c\no1\nf\ne\n")
    assert to_python.feed(b"!ys0123456789abcdef\n") == b"!ys0123456789abcdef\n"
    to_java.feed(b"c\no6\n_1\ne\n")
    to_python.feed(b"!ysmy.password\n")
    to_java.feed(b"c\no6\n_2\ne\n")
    assert to_python.feed(b"!yshush\n") == b"!ys****\n"


@pytest.mark.parametrize("rest", [b"half a line", b"c\no1\nhalf a command\n", b"c\no1\nf\nshalf a line"])
def test_only_what_is_unfinished_is_held_back_however_much_came_before(rest: bytes) -> None:
    to_java, _ = pair()
    whole = b"c\no1\nf\ne\n" * HOLD
    assert to_java.feed(whole + rest) == whole
    assert to_java.held == rest


@pytest.mark.parametrize(
    ("command", "stored"),
    [
        (b"c\no0\nset\nsmy.password\nshush\ne\n", b"c\no0\nset\nsmy.password\ns****\ne\n"),
        (b"i\nx.TokenLogin\nsa-hush\ne\n", b"i\nx.TokenLogin\ns******\ne\n"),
        (
            b"m\nd\no3\ne\nc\no1\ngetConnection\nsx\nsme\nshush\ne\n",
            b"m\nd\no3\ne\nc\no1\ngetConnection\nsx\nsme\ns****\ne\n",
        ),
        (b"c\no0\nset\nsmy.password\njaHVz\ne\n", b"c\no0\nset\nsmy.password\njKioq\ne\n"),
    ],
)
def test_a_secret_that_another_line_names_is_found_however_the_command_is_cut(
    command: bytes, stored: bytes
) -> None:
    """A callback comes in pieces when it is long, and a relay's client may write line by line."""
    for cut in range(1, len(command)):
        for to_java in (pair()[0], talking()[0]):
            passed = command + command[:cut], command[cut:]
            assert all_of(to_java, *passed)[-len(command) :] == stored
    assert all_of(talking()[0], *command.splitlines(keepends=True)).endswith(stored)


def test_of_a_command_that_ends_with_the_stream_the_rest_is_looked_at_when_it_comes() -> None:
    """Half a command passed once; that is no reason to store the next one's first half at once."""
    to_java, _ = talking()
    for half in (b"c\no0\nset", b"c\no0\nset\n"):
        assert to_java.feed(half) == b""
        assert to_java.end() == half
        assert to_java.held == to_java.end() == b""
        assert to_java.spans == ()
    assert to_java.feed(b"c\no0\nset\n") == b""
    assert to_java.feed(b"smy.password\nshush\ne\n") == b"c\no0\nset\nsmy.password\ns****\ne\n"


@pytest.mark.parametrize(
    "message",
    [
        b"A\nsome-token\n",
        b"!x\n",
        b"1\n",
        b"cc\no1\nf\n",
        b"\n",
        b"c\no1\nf\ne\n",
        b"\no1\n",
        b"c\no1\nf\ne\n!yv\n",
        b"\ne\n",
    ],
)
def test_what_is_no_unfinished_command_is_stored_up_to_its_last_line(message: bytes) -> None:
    to_java, _ = pair()
    assert len(to_java.feed(message)) == len(message)


@pytest.mark.parametrize(
    "before", [b"\ne\n", b"!yv\n", b"!yv\n!ysa\n", b"A\nsome-token\n", b"m\nd\no3\ne\n!yv\n"]
)
def test_an_unfinished_command_is_held_back_whatever_came_before(before: bytes) -> None:
    to_java, _ = pair()
    assert len(to_java.feed(before + b"c\no0\nset\n")) == len(before)
    assert to_java.feed(b"smy.password\nshush\ne\n") == b"c\no0\nset\nsmy.password\ns****\ne\n"


@given(st.data())
def test_stored_bytes_differ_within_the_spans_only(data: st.DataObject) -> None:
    """Whatever passes, however it is cut and mixed, on two connections that share their secrets."""
    secrets = Secrets()
    redactors = [*pair(secrets), *pair(secrets)]
    streams = [b"".join(data.draw(st.lists(st.sampled_from(COMMANDS if i % 2 == 0 else REPLIES), max_size=6)))
               for i in range(4)]  # fmt: skip
    found: list[tuple[bytes, list[tuple[int, int]]]] = [(b"", []) for _ in streams]
    left = list(streams)
    while any(left):
        i = data.draw(st.sampled_from([i for i, rest in enumerate(left) if rest]))
        line = left[i].find(b"\n") + 1 or len(left[i])
        size = data.draw(st.one_of(st.just(line), st.integers(1, len(left[i]))))
        stored = redactors[i].feed(left[i][:size])
        found[i] = found[i][0] + stored, [*found[i][1], *redactors[i].spans]
        left[i] = left[i][size:]
    for i, redactor in enumerate(redactors):
        end = redactor.end()
        check_spans(streams[i], found[i][0] + end, [*found[i][1], *redactor.spans])


def test_a_message_that_passed_before_is_looked_at_anew_once_a_secret_in_it_is_known() -> None:
    secrets = Secrets()
    one, other = pair(secrets)[0], pair(secrets)[0]
    command = b"c\no1\nf\nsopen-sesame\ne\n"
    assert all_of(one, b"c\no1\ng\ne\n", command, command).endswith(2 * command)
    assert other.feed(b"A\nopen-sesame\n") == b"A\n***********\n"
    assert one.feed(command) == b"c\no1\nf\ns***********\ne\n"


def test_a_reply_that_passed_before_is_looked_at_anew_when_a_secret_is_expected() -> None:
    to_java, to_python = pair()
    for direction in (to_java, to_python):
        direction.feed(b"c\no1\nf\ne\n")
    reply, question = b"!ysopen-sesame\n", b"c\no1\nget\nspassword\ne\n"
    for _ in range(2):
        to_java.feed(b"c\no1\nf\ne\n")
        assert to_python.feed(reply) == reply
    to_java.feed(question)
    assert to_python.feed(reply) == b"!ys***********\n"
    to_java.feed(question)
    to_java.feed(b"c\no1\nf\ne\n")  # known, and yet the question is over
    assert to_python.feed(b"!ysopen-sesamE\n") == b"!ysopen-sesamE\n"


def test_a_message_that_passed_before_is_half_a_line_after_an_unfinished_one() -> None:
    to_java, _ = pair()
    command = b"c\no1\nf\ne\n"
    assert all_of(to_java, command, command, b"c\no1\nf\nspassword=open", command).endswith(
        b"=*****\no1\nf\ne\n"
    )


def test_what_is_remembered_of_harmless_messages_is_bounded() -> None:
    secrets = Secrets()
    to_java, _ = pair(secrets)
    for number in range(5000):
        to_java.feed(b"c\no%d\nf\ne\n" % number)
        to_java.feed(b"c\no%d\nf\ns%s\ne\n" % (number, b"x " * 500))
    assert 0 < len(secrets.harmless) < 2000
    assert max(map(len, secrets.harmless)) < 300


@pytest.mark.parametrize(
    "command", [b"c\no1\ncontainsKey\nsspark.master\ne\n", b"c\no1\nkeySet\ne\n", b"c\no1\nf\ne\n"]
)
def test_a_message_in_which_the_rules_found_nothing_is_looked_at_once(command: bytes) -> None:
    secrets = Secrets()
    to_java, to_python = pair(secrets)
    all_of(to_java, b"c\no1\nf\ne\n")
    assert to_java.feed(command) == command
    assert command in secrets.harmless
    to_python.feed(b"!yv\n!yv\n")
    to_java.feed(b"c\no1\nget\nspassword\ne\n")
    assert b"password" not in b"".join(secrets.harmless), "what follows is a secret"


def test_a_reply_in_which_the_rules_found_nothing_is_looked_at_once() -> None:
    secrets = Secrets()
    for reply in (b"!ysa harmless one\n", b"!xsa harmless one\n"):
        assert talking(secrets)[1].feed(reply) == reply
        assert reply in secrets.harmless


def test_what_a_reply_is_is_known_however_it_is_cut() -> None:
    reply = b"!ysopen-sesame\n"
    for cut in range(1, len(reply)):
        to_java, to_python = talking()
        to_java.feed(b"c\no1\nget\nspassword\ne\n")
        assert all_of(to_python, reply[:cut], reply[cut:]) == b"!ys***********\n"


def test_the_second_of_a_pair_is_looked_at_each_time() -> None:
    """Whether it is a secret, the first of the same pair says."""
    to_java, to_python = pair()
    for direction in (to_java, to_python):
        direction.feed(b"c\no1\nf\ne\n")
    said = []
    for key in (b"colour", b"password", b"colour"):
        to_java.feed(b"c\no5\n_1\ne\n")
        to_python.feed(b"!ys%s\n" % key)
        to_java.feed(b"c\no5\n_2\ne\n")
        said.append(to_python.feed(b"!ysopen-sesame\n"))
    assert said[:2] == [b"!ysopen-sesame\n", b"!ys***********\n"]
