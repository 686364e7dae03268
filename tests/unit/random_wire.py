"""Messages of the gateway wire that nobody thinks of, for Hypothesis: whole ones, near ones, and any bytes.

Valid messages are made from the code table itself: a strategy for each kind of part. So a new entry is
tested as soon as it is in the table.
"""

from __future__ import annotations

import base64

from hypothesis import strategies as st

from sparkwire.wire.gateway import COMMANDS, REPLIES, TYPE_CODES, Command, Form, Kind, Part
from sparkwire.wire.message import Direction, Malformed, Message

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain_line = text.map(lambda s: s.replace("\n", "").replace("\r", ""))
escaped = text.map(lambda s: s.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"))
identifier = st.from_regex(r"[a-z]{1,3}[0-9]{0,3}", fullmatch=True)
FORMS = {
    Form.NOTHING: st.just(""),
    Form.INTEGER: st.integers().map(str),
    Form.FLOAT: st.floats(allow_nan=False).map(lambda x: repr(x).replace("inf", "Infinity")),
    Form.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False).map(str),
    Form.BOOLEAN: st.sampled_from(["true", "false", "True", "False"]),
    Form.STRING: escaped,
    Form.BYTES: st.binary(max_size=12).map(lambda b: base64.standard_b64encode(b).decode()),
    Form.REFERENCE: identifier,
    Form.PROXY: st.tuples(identifier, identifier).map(";".join),
    Form.NAME: identifier,
}


def typed(direction: Direction, in_reply: bool) -> st.SearchStrategy[str]:
    codes = [t for t in TYPE_CODES if t.goes(direction) and (in_reply or not t.reply_only)]
    return st.one_of([FORMS[t.form].map(t.code.__add__) for t in codes])


def lines(part: Part, direction: Direction) -> st.SearchStrategy[list[str]]:
    one = {
        Kind.LINE: plain_line,
        Kind.OBJECT: plain_line,
        Kind.ESCAPED: escaped,
        Kind.NUMBER: st.integers(0, 65535).map(str),
        Kind.TYPED: typed(direction, False),
        Kind.END: st.just("e"),
    }
    if part.kind is Kind.TYPED_REPEATED:
        return st.lists(typed(direction, False), max_size=4)
    if part.kind is Kind.LINES:
        return st.lists(plain_line.filter(lambda s: s != "e"), max_size=4)
    return one[part.kind].map(lambda s: [s])


def requests(command: Command) -> st.SearchStrategy[bytes]:
    variants = [([command.code, s.code], s.parts) for s in command.subcommands] or [
        ([command.code], command.parts)
    ]
    return st.one_of(
        st.tuples(st.just(codes), *(lines(p, command.direction) for p in parts)).map(
            lambda groups: "".join(f"{line}\n" for group in groups for line in group).encode()
        )
        for codes, parts in variants
    )


def replies(direction: Direction) -> st.SearchStrategy[bytes]:
    choices = [typed(direction, True).map(f"!{r.code}".__add__) for r in REPLIES if direction in r.directions]
    choices += [st.just(f"!{r.code}") for r in REPLIES if direction in r.bare]
    return st.one_of(choices).map(lambda s: f"{s}\n".encode())


def messages(direction: Direction) -> st.SearchStrategy[bytes]:
    return st.one_of([requests(c) for c in COMMANDS if c.direction is direction] + [replies(direction)])


def conversations(direction: Direction) -> st.SearchStrategy[tuple[Direction, list[bytes]]]:
    return st.tuples(st.just(direction), st.lists(messages(direction), max_size=6))


any_conversation = st.one_of(conversations(Direction.TO_JAVA), conversations(Direction.TO_PYTHON))
splits = st.lists(st.integers(1, 9), min_size=1, max_size=12)
# Bytes that come near to being messages, so that every corner is visited.
near_lines = st.one_of(
    st.sampled_from(
        [
            b"c",
            b"e",
            b"s",
            b"f",
            b"g",
            b"o0",
            b"!yv",
            b"!x",
            b"!",
            b"",
            b"sx",
            b"ix",
            b"z",
            b"l",
            b"m",
            b"d",
            b"j",
            b"\xff",
            b"r\r",
            b"A",
            b"i1",
        ]
    ),
    st.binary(max_size=6),
)
near_bytes = st.lists(near_lines, max_size=14).map(b"\n".join)
any_bytes = st.one_of(st.binary(max_size=60), near_bytes)


def pieces(data: bytes, sizes: list[int]):
    at = i = 0
    while at < len(data):
        size = sizes[i % len(sizes)]
        yield data[at : at + size]
        at += size
        i += 1


def whole(value: Message | Malformed) -> str:
    """All of a message as text: NaN is not equal to itself, and every value's type must agree too."""
    return repr(value)
