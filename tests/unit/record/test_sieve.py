"""What of a worker's connection is stored, tried on what real workers of each version said."""

from __future__ import annotations

import hashlib
import pickle

import pytest
from worker_recordings import decode, recorded

from sparkwire.record.sieve import MOST_UNREAD, MOST_WHOLE, Sieve
from sparkwire.record.texts import in_any_text
from sparkwire.wire.message import Direction, Field, Gap, Malformed
from sparkwire.wire.worker import WorkerDecoder, disassemble

DATA = {"data", "body"}


def sieved(stream, direction, pyspark, handshake, pieces=1, **options):
    """What the sieve gives for a stream in some pieces."""
    sieve = Sieve(direction, pyspark, handshake, in_any_text, **options)
    size = max(len(stream) // pieces, 1)
    found = [
        piece
        for n, at in enumerate(range(0, len(stream), size))
        for piece in sieve.feed(stream[at : at + size], 100 + n)
    ]
    return sieve, [*found, *sieve.end()]


def read_again(pieces, direction, pyspark, handshake):
    """What a reader of the trace makes of the pieces."""
    decoder = WorkerDecoder(direction, pyspark, handshake)
    found = []
    for piece in pieces:
        found += decoder.skip(piece[0], piece[1]) if isinstance(piece[0], int) else decoder.feed(piece[0])
    return [*found, *decoder.end()]


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("one", recorded(), ids=str)
def test_a_reader_finds_the_same_messages_without_the_data(one, direction):
    stream = one.stream(direction)
    for pieces in (1, 7):
        _, stored = sieved(stream, direction, one.pyspark, one.handshake, pieces)
        found = read_again(stored, direction, one.pyspark, one.handshake)
        wanted = one.messages(direction)
        assert [(m.command, m.size, m.offset) for m in found] == [
            (m.command, m.size, m.offset) for m in wanted
        ]
        kept = b"".join(piece[0] for piece in stored if isinstance(piece[0], bytes))
        for message, whole in zip(found, wanted, strict=True):
            for field, original in zip(
                getattr(message, "fields", ()), getattr(whole, "fields", ()), strict=True
            ):
                if field.name in DATA and (data := whole.raw[original.start : original.end]):
                    assert field.value.sha256 == hashlib.sha256(data).hexdigest()
                    assert field.value.length == len(data)
                    assert len(data) <= 16 or data not in kept  # 16 bytes may stand in an init message, too


def test_many_frames_in_one_piece_are_stored_as_if_each_had_come_by_itself():
    frames = [n.to_bytes(4, "big") + bytes([n]) * n for n in (3, 0, 200, 1)]
    said = b"".join(frames)
    together = Sieve(Direction.TO_JAVA, "4.3.0", "none", in_any_text)
    alone = Sieve(Direction.TO_JAVA, "4.3.0", "none", in_any_text)
    expected = [piece for frame in frames for piece in alone.feed(frame, 5)]
    assert list(together.feed(said, 5)) == expected
    assert expected == [
        (b"\0\0\0\x03", ()),
        (3, hashlib.sha256(b"\3\3\3").hexdigest(), 5),
        (b"\0\0\0\0", ()),
        (b"\0\0\0\xc8", ()),
        (200, hashlib.sha256(b"\xc8" * 200).hexdigest(), 5),
        (b"\0\0\0\x01", ()),
        (1, hashlib.sha256(b"\1").hexdigest(), 5),
    ]
    # One that began before, one whole, and the beginning of another.
    assert list(together.feed(said[:5], 6)) == []
    found = list(together.feed(said[5:] + said[:2], 7))
    assert found[:2] == [(b"\0\0\0\x03", ()), (3, hashlib.sha256(b"\3\3\3").hexdigest(), 6)]
    assert found[2:] == [(piece[0], *piece[1:-1], 7) if len(piece) == 3 else piece for piece in expected[2:]]
    assert list(together.end()) == [(2, "", 7)]


def test_with_data_many_frames_are_one_piece():
    said = b"\0\0\0\1a\0\0\0\2bc"
    sieve = Sieve(Direction.TO_JAVA, "4.3.0", "none", in_any_text, data=True)
    assert list(sieve.feed(said, 5)) == [(said, ())]


@pytest.mark.parametrize("one", recorded()[::9], ids=str)
def test_with_data_all_bytes_are_stored_but_secrets(one):
    for direction in Direction:
        stream = one.stream(direction)
        _, stored = sieved(stream, direction, one.pyspark, one.handshake, 3, data=True)
        assert all(isinstance(piece[0], bytes) for piece in stored)
        kept = b"".join(piece[0] for piece in stored)
        assert len(kept) == len(stream)
        spans, at = set(), 0
        for data, inside in stored:
            spans |= {at + place for start, end in inside for place in range(start, end)}
            at += len(data)
        assert all(kept[n] == stream[n] for n in range(len(stream)) if n not in spans)
        assert all(kept[n] == ord("*") for n in spans)


def secret_of_spark(first="a"):
    return (first * 63 + "0").encode()


def test_sparks_secrets_and_what_looks_like_one_are_starred():
    said = b"\0\0\0@" + secret_of_spark()
    _, [(data, spans)] = sieved(said, Direction.TO_PYTHON, "4.3.0", "daemon over TCP")
    assert data == b"\0\0\0@" + b"*" * 64
    assert spans == ((4, 68),)

    traceback = b"ValueError: password=hunter2-and-more at jdbc:x"
    said = b"\xff\xff\xff\xfe" + len(traceback).to_bytes(4, "big") + traceback
    _, [(data, spans)] = sieved(said, Direction.TO_JAVA, "4.3.0", "none")
    assert b"hunter2" not in data
    assert len(data) == len(said)
    assert data.endswith(b" at jdbc:x")


def test_an_unknown_version_is_kept_up_to_a_bound_and_says_so():
    said = b"\0\0\0@" + secret_of_spark() + b"x" * MOST_UNREAD
    sieve, stored = sieved(said, Direction.TO_PYTHON, "9.9.0", "none", pieces=5)
    assert "9.9.0" in sieve.lost
    kept = b"".join(piece[0] for piece in stored if isinstance(piece[0], bytes))
    left = sum(piece[0] for piece in stored if isinstance(piece[0], int))
    assert len(kept) == MOST_UNREAD
    assert len(kept) + left == len(said)
    assert kept.startswith(b"\0\0\0@" + b"*" * 64 + b"x")


@pytest.mark.parametrize("data", [False, True])
def test_a_secret_in_two_pieces(data):
    sieve = Sieve(Direction.TO_PYTHON, "9.9.0", "none", in_any_text, data=data)
    secret = secret_of_spark()
    stored = [*sieve.feed(b"init" + secret[:40], 1), *sieve.feed(secret[40:] + b"{}", 2), *sieve.end()]
    assert b"".join(piece[0] for piece in stored) == b"init" + b"*" * 64 + b"{}"


def test_an_unfinished_message_is_counted():
    _, stored = sieved(b"\0\0\0\x10half of it", Direction.TO_JAVA, "4.3.0", "none")
    assert stored == [(14, "", 100)]
    _, stored = sieved(b"\0\0\0\x10half of it", Direction.TO_JAVA, "4.3.0", "none", data=True)
    assert stored == [(b"\0\0\0\x10half of it", ())]


def test_when_the_first_byte_of_data_came():
    said = b"\0\0\0\x04abcd"
    sieve = Sieve(Direction.TO_JAVA, "4.3.0", "none", in_any_text)
    assert list(sieve.feed(said[:5], 7)) == []
    assert list(sieve.feed(said[5:], 9)) == [
        (b"\0\0\0\x04", ()),
        (4, hashlib.sha256(b"abcd").hexdigest(), 7),
    ]


@pytest.mark.parametrize("one", recorded(), ids=str)
def test_a_pickle_without_its_secrets_can_still_be_read(one):
    """Opcodes can read like an address with a password: ``h:...@h``."""
    sieve = Sieve(Direction.TO_PYTHON, one.pyspark, one.handshake, in_any_text, data=True)
    pieces = sieve.feed(one.stream(Direction.TO_PYTHON), 1)
    stored = b"".join(piece[0] for piece in pieces if isinstance(piece[0], bytes))
    before = one.messages(Direction.TO_PYTHON)
    after = decode(one.decoder(Direction.TO_PYTHON), stored)
    for was, now in zip(before, after, strict=False):
        if was.command != "init" or isinstance(was, Malformed):
            continue
        for old, new in zip(was.fields, now.fields, strict=True):
            if isinstance(old.value, bytes) and not disassemble(old.value).fault:
                assert disassemble(new.value).fault == ""


PARTS = (
    (b"pwd=hunter2468 ", b"hunter2468", ""),
    (pickle.dumps({"password": "open-sesame"}), b"open-sesame", "command"),
    (b" token=abc-1234567, ", b"abc-1234567", ""),
    (pickle.dumps(["jdbc:x://h/?password=run-away1&x=1"]), b"run-away1", "function"),
    (b" plain one", b"plain one", "secret"),
    (b" then " + secret_of_spark() + b" and pwd=last-one!", secret_of_spark(), ""),
)
WHOLE = b"".join(part for part, _, _ in PARTS)
HIDDEN = [secret for _, secret, _ in PARTS] + [b"last-one!"]


def fields() -> tuple[Field, ...]:
    """A pickle is a field of bytes; a field that is called a secret is one."""
    found, at = [], 0
    for part, _, name in PARTS:
        if name == "secret":
            found.append(Field(name, at + 1, at + len(part), "", part[1:].decode()))
        elif name:
            found.append(Field(name, at, at + len(part), "", part))
        at += len(part)
    return tuple(found)


def starred() -> bytes:
    stored = WHOLE
    for secret in HIDDEN:
        assert stored.count(secret) == 1
        stored = stored.replace(secret, b"*" * len(secret))
    return stored


def test_a_secret_is_starred_before_in_between_and_behind_the_pickles_of_a_message():
    sieve = Sieve(Direction.TO_PYTHON, "4.3.0", "none", in_any_text)
    [(stored, spans)] = sieve._pieces(WHOLE, (), fields())
    assert stored == starred()
    assert spans == tuple(sorted((WHOLE.index(one), WHOLE.index(one) + len(one)) for one in HIDDEN))


@pytest.mark.parametrize("at", [5, 8, 60, WHOLE.index(b"a" * 60) + 20, len(WHOLE) - 3])
def test_a_secret_is_starred_on_both_sides_of_bytes_that_are_left_out(at):
    sieve = Sieve(Direction.TO_PYTHON, "4.3.0", "none", in_any_text)
    before, missing, after = sieve._pieces(WHOLE, (Gap(at, 1000),), fields())
    assert missing == (1000, "", 0)
    assert before[0] + after[0] == starred()
    stars = {place for start, end in before[1] for place in range(start, end)}
    stars |= {at + place for start, end in after[1] for place in range(start, end)}
    assert stars == {
        place for one in HIDDEN for place in range(WHOLE.index(one), WHOLE.index(one) + len(one))
    }


def test_a_traceback_that_is_no_text_is_stored_without_its_secrets():
    traceback = b"ValueError: password=hunter2-and-more \xff and more"
    said = b"\xff\xff\xff\xfe" + len(traceback).to_bytes(4, "big") + traceback
    _, [(data, spans)] = sieved(said, Direction.TO_JAVA, "4.3.0", "none")
    assert data == said.replace(b"hunter2-and-more", b"*" * 16)
    assert spans == ((29, 45),)


def test_bytes_that_the_table_does_not_have_are_kept_without_secrets_from_there_on():
    sieve = Sieve(Direction.TO_JAVA, "4.3.0", "none", in_any_text)
    lost = b"\xff\xff\x00\x00password=hunter2-and-more "
    stored = list(sieve.feed(b"\0\0\0\1a" + lost, 5))
    assert sieve.lost
    assert stored[:2] == [(b"\0\0\0\1", ()), (1, hashlib.sha256(b"a").hexdigest(), 5)]
    assert b"".join(piece[0] for piece in stored[2:]) == lost.replace(b"hunter2-and-more", b"*" * 16)
    assert list(sieve.feed(b"x" * (MOST_UNREAD - len(lost)) + b"y" * 7, 6)) == [
        (b"x" * (MOST_UNREAD - len(lost)), ()),
        (7, "", 6),
    ]


def test_with_data_all_of_an_unknown_version_is_kept():
    said = b"x " * MOST_UNREAD
    _, stored = sieved(said, Direction.TO_PYTHON, "9.9.0", "none", pieces=3, data=True)
    assert b"".join(piece[0] for piece in stored) == said


@pytest.mark.parametrize("size", [MOST_WHOLE - 4, MOST_WHOLE + 1000])
def test_of_long_data_the_whole_size_and_digest_are_stored(size):
    said = size.to_bytes(4, "big") + b"xyz " * (size // 4)
    sieve, stored = sieved(said, Direction.TO_JAVA, "4.3.0", "none", pieces=3)
    assert not sieve.lost
    assert stored == [(said[:4], ()), (size, hashlib.sha256(said[4:]).hexdigest(), 100)]
    _, stored = sieved(said, Direction.TO_JAVA, "4.3.0", "none", pieces=3, data=True)
    if size < MOST_WHOLE:
        assert stored == [(said, ())]
    else:
        head, missing, tail = stored
        assert (missing[1:], len(head[0]) + missing[0] + len(tail[0])) == (("", 100), len(said))
        assert said.startswith(head[0])
        assert said.endswith(tail[0])
