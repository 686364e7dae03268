"""What is long is counted and digested, what can't be read is kept up to a bound, and the rest is said."""

from __future__ import annotations

import hashlib
import struct
import tracemalloc

import pytest
from worker_recordings import assert_covers, decode, of, recorded

from sparkwire.wire.message import Direction, FurtherValues, LongValue, Malformed
from sparkwire.wire.worker import HANDSHAKES, VERSIONS, WorkerDecoder
from sparkwire.wire.worker.items import MOST_FIELDS
from sparkwire.wire.worker.keeping import ENDS
from sparkwire.wire.worker.reading import MOST_METADATA

J, P = Direction.TO_JAVA, Direction.TO_PYTHON


def integer(number: int) -> bytes:
    return struct.pack("!i", number)


def text(value: str) -> bytes:
    return integer(len(value.encode())) + value.encode()


def init_message(**options: object) -> bytes:
    """The init message of an RDD's job in 4.3, with these parts."""
    parts = {"split": 0, "context": "{}", "includes": (), "properties": {}, "command": b"N.", "files": "/tmp"}
    parts |= options
    body = integer(parts["split"]) + text("3.11") + text(parts["context"]) + text(parts["files"])
    body += integer(len(parts["includes"])) + b"".join(text(name) for name in parts["includes"])
    body += b"\0" + integer(0) + integer(parts.get("eval_type", 0)) + integer(len(parts["properties"]))
    body += b"".join(text(key) + text(value) for key, value in parts["properties"].items()) + integer(0)
    body += integer(len(parts["command"])) + parts["command"] + parts.get("more", b"")
    return integer(-8) + integer(len(body)) + body


def test_the_message_made_here_is_one():
    [init, *_] = decode(WorkerDecoder(P, "4.3.0"), init_message())
    assert init.command == "init"
    assert init.field("command").value == b"N."


def test_a_huge_frame_is_counted_and_digested():
    size, piece = 1 << 30, bytes(range(256)) * 4096
    digest = hashlib.sha256()
    decoder = WorkerDecoder(J, "4.3.0")
    tracemalloc.start()
    assert decoder.feed(integer(size)) == []
    for _ in range(size // len(piece)):
        digest.update(piece)
        found = decoder.feed(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    [frame] = found
    assert peak < 16 * len(piece)
    assert frame.size == size + 4
    assert len(frame.raw) == 4 + 2 * ENDS
    [gap] = frame.gaps
    assert frame.place(frame.fields[-1].end) == frame.size
    assert gap.size == size - 2 * ENDS
    value = frame.field("data").value
    assert value == LongValue(piece[:ENDS], piece[-ENDS:], size, digest.hexdigest())
    assert decoder.end() == []


@pytest.mark.parametrize("extra", [-1, 0, 1, 2 * ENDS])
def test_what_fits_is_kept_whole(extra):
    most = 8 * ENDS
    data = bytes(n % 251 for n in range(most - 4 + extra))
    [frame] = decode(WorkerDecoder(J, "4.3.0", max_message=most), integer(len(data)) + data)
    kept = frame.field("data").value
    assert isinstance(kept, LongValue if extra > 0 else bytes)
    assert frame.size == len(data) + 4
    if extra > 0:
        assert (kept.head, kept.tail, kept.length) == (data[:ENDS], data[-ENDS:], len(data))


def test_a_long_text_is_counted_in_characters():
    long = "zwölf " * 100_000
    [init] = decode(WorkerDecoder(P, "4.3.0"), *in_pieces(init_message(files=long), 999))
    value = init.field("files folder").value
    assert value.length == len(long)
    assert value.sha256 == hashlib.sha256(long.encode()).hexdigest()
    assert long.startswith(value.head)
    assert long.endswith(value.tail)
    assert init.field("command").value == b"N."


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_a_long_text_that_is_none_is_malformed():
    stream = init_message(files="x" * 600_000)
    at = stream.index(b"xxxx") + 300_000
    stream = stream[:at] + b"\xff" + stream[at + 1 :] + integer(-1) + integer(-4)
    bad, *rest = decode(WorkerDecoder(P, "4.3.0"), stream)
    assert isinstance(bad, Malformed)
    assert bad.reason == "In the files folder: the text is not UTF-8."
    assert [message.command for message in rest] == ["end of data", "end of stream"]


@pytest.mark.parametrize("count", [MOST_FIELDS // 4, MOST_FIELDS * 3])
def test_thousands_of_values_are_counted(count):
    properties = {f"key {n}": str(n) for n in range(count)}
    stream = init_message(properties=properties)
    [init] = decode(WorkerDecoder(P, "4.3.0"), *in_pieces(stream, 5000))
    assert init.size == len(stream)
    assert init.field("command").value == b"N."
    assert len(init.fields) < MOST_FIELDS + 30
    further = [field for field in init.fields if isinstance(field.value, FurtherValues)]
    kept = sum(field.name == "runner conf key" for field in init.fields)
    if count * 4 < MOST_FIELDS:
        assert (further, kept, init.gaps) == ([], count, ())
        assert_covers([init], stream)
    else:
        [one] = further
        assert one.value.count + kept - (one.name == "runner conf key") >= count - 1
        [gap] = init.gaps
        assert len(init.raw) + gap.size == len(stream)
        assert init.raw[one.start : one.end] == (text(f"key {count - 1}") + text(str(count - 1)))
        ends = [field.end for field in init.fields]
        assert [field.start for field in init.fields] == [0, *ends[:-1]]


def test_of_another_version_nothing_is_decoded_and_the_bytes_are_kept():
    one = of("rdd")
    for pyspark in ("2.4.8", "3.4.1", "4.4.0", "5.0.0", "", "rubbish"):
        decoder = WorkerDecoder(P, pyspark, one.handshake)
        stream = one.stream(P)
        assert decoder.feed(stream) == []
        assert decoder.pending == len(stream)
        [refused] = decoder.end()
        assert (refused.raw, refused.position) == (stream, 0)
        assert refused.reason == (
            f"The worker wire of PySpark {pyspark} is not in the table, which has 3.5, 4.0, 4.1, 4.2, 4.3."
        )


def test_what_cannot_be_read_is_kept_up_to_a_bound():
    most = 4 * ENDS
    decoder = WorkerDecoder(P, "9.9.9", max_message=most)
    data = bytes(n % 253 for n in range(100_000))
    for piece in in_pieces(data, 777):
        decoder.feed(piece)
        assert len(decoder._keeper.raw) <= most + 2 * ENDS + 777
    [refused] = decoder.end()
    [gap] = refused.gaps
    assert refused.size == len(data)
    assert refused.raw == data[:most] + data[-(len(refused.raw) - most) :]
    assert gap.at == most


@pytest.mark.parametrize(
    ("newer", "older"), [("4.3.0", "4.2.1"), ("4.3.0", "3.5.9"), ("4.2.1", "4.3.0"), ("4.2.1", "4.1.4")]
)
def test_the_bytes_of_another_version_are_refused(newer, older):
    one = of("pickled_udf", newer)
    found = decode(WorkerDecoder(P, older, one.handshake), one.stream(P))
    assert [message.command for message in found] == ["secret", "malformed"]
    assert_covers(found, one.stream(P))
    if newer == "4.3.0":
        assert "found -8. PySpark 4.3 begins an init message with -8." in found[-1].reason
    elif older == "4.3.0":
        assert "found 0. PySpark 4.2 and older begin otherwise." in found[-1].reason


MALFORMED = {
    "a negative length": (J, integer(-7), "Expected a frame's length, or -1, -2, -3 or -6, found -7."),
    "a last word": (
        J,
        integer(-1) + integer(0) + integer(7),
        "Expected -4 or -1 after the accumulators, found 7.",
    ),
    "accumulators": (
        J,
        integer(-1) + integer(-2),
        "Expected the number of accumulators, which is 0 at least",
    ),
    "a traceback": (
        J,
        integer(-2) + text("x").replace(b"x", b"\xff"),
        "In the traceback: the text is not UTF-8.",
    ),
    "no Arrow": (
        J,
        integer(-6) + b"rows",
        "Expected four bytes of 1 bits, with which a message of Arrow begins.",
    ),
    "metadata": (
        J,
        integer(-6) + b"\xff" * 4 + b"\4\0\0\0" + b"\xff" * 4,
        "Expected the metadata of an Arrow",
    ),
    "metadata's length": (
        J,
        integer(-6) + b"\xff" * 4 + struct.pack("<i", MOST_METADATA + 1),
        "Expected the length of an Arrow message's metadata, found 4194305.",
    ),
    "an evaluation type": (
        P,
        init_message(eval_type=99),
        "Expected an evaluation type of PySpark 4.3, found 99.",
    ),
    "a task context": (P, init_message(context="[1]"), "In the task context: expected a JSON object."),
    "broken JSON": (P, init_message(context="{"), "In the task context: expected JSON."),
    "a split index": (P, init_message(split=-1), "Expected the split index, which is 0 at least, found -1."),
    "too much": (P, init_message(more=b"more"), "The init message has 4 bytes more than its parts."),
    "a frame": (P, init_message() + integer(-2), "Expected a frame's length, -1 or -5, found -2."),
    "an end": (
        P,
        init_message() + integer(-1) + integer(-1),
        "Expected -4 after the end of the data, found -1.",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_says_where_and_why(name):
    direction, stream, reason = MALFORMED[name]
    found = decode(WorkerDecoder(direction, "4.3.0"), stream)
    bad = [message for message in found if isinstance(message, Malformed)]
    assert reason in bad[0].reason
    assert_covers(found, stream)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.minor)
def test_a_worker_that_plans_is_refused_at_once(version):
    """It begins with the Python version (pyspark/sql/worker/utils.py, worker_run)."""
    decoder = WorkerDecoder(P, version.minor)
    decoder.feed(text("3.11") + text("/tmp/files") + integer(0))
    assert decoder.lost.startswith("Expected ")


def test_behind_a_faulty_init_message_reading_goes_on():
    """Its length is known in 4.3; how rows are written, too, if it was read that far."""
    found = decode(WorkerDecoder(P, "4.3.0"), init_message(more=b"more") + integer(-1) + integer(-4))
    assert [message.command for message in found] == ["malformed", "end of data", "end of stream"]
    short = init_message()
    short = short[:4] + integer(len(short) - 9) + short[8:]
    found = decode(WorkerDecoder(P, "4.3.0"), short)
    assert "The init message ends here, where its command needs 2 bytes." in found[0].reason
    found = decode(WorkerDecoder(P, "4.3.0"), init_message(split=-1) + integer(-1) + integer(-4))
    assert [message.command for message in found] == ["malformed", "malformed"]
    assert "How the rows are written is not known" in found[1].reason


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.minor)
def test_of_every_version_bytes_are_refused_by_every_other_layout_or_read_whole(version):
    """No version's bytes make another version's decoder raise or lose one."""
    for one in recorded():
        if one.program in ("rdd", "arrow_udf", "barrier"):
            for direction in Direction:
                stream = one.stream(direction)
                assert_covers(decode(WorkerDecoder(direction, version.minor, one.handshake), stream), stream)


def test_what_a_decoder_is_made_with():
    with pytest.raises(ValueError, match="max_message must be at least 2048 bytes"):
        WorkerDecoder(P, "4.3.0", max_message=2047)
    with pytest.raises(ValueError, match="there is no handshake 'wave'"):
        WorkerDecoder(P, "4.3.0", "wave")
    for handshake in HANDSHAKES:
        assert WorkerDecoder(P, "4.3.0", handshake.name).end() == []


def test_a_decoder_says_where_it_is():
    decoder = WorkerDecoder(P, "4.3.0")
    stream = init_message()
    assert decoder.feed(stream[:10]) == []
    assert (decoder.pending, decoder.offset, decoder.lost) == (10, 0, "")
    [_] = decoder.feed(stream[10:] + b"\0")
    assert (decoder.pending, decoder.offset) == (1, len(stream))


def test_a_frame_may_be_empty_in_both_directions():
    lengths = [0, 3, 0]
    frames = b"".join(integer(length) + b"x" * length for length in lengths)
    for direction, before, after in (
        (J, b"", b""),
        (P, init_message(), integer(-1) + integer(-4)),
    ):
        said = before + frames + after
        found = decode(WorkerDecoder(direction, "4.3.0"), said)
        assert [len(m.field("data").value) for m in found if m.command == "frame"] == lengths
        by_byte = WorkerDecoder(direction, "4.3.0")
        alone = [m for at in range(len(said)) for m in by_byte.feed(said[at : at + 1])]
        assert [(m.command, m.raw) for m in alone] == [(m.command, m.raw) for m in found]


ARROW = integer(-6) + b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("direction", "before", "said", "position", "reason"),
    [
        (J, b"", integer(-99), 0, "Expected a frame's length, or -1, -2, -3 or -6, found -99."),
        (
            P,
            b"",
            integer(0),
            0,
            "Expected -8, with which an init message begins, found 0. PySpark 4.2 and older begin otherwise.",
        ),
        (P, b"", integer(-4), 0, "Expected -8, with which an init message begins, found -4."),
        (P, b"", integer(-8) + integer(-1), 4, "Expected the message length, which is 0 at least, found -1."),
        (
            J,
            integer(-6),
            b"\xff\xff\xff\xfe",
            0,
            "Expected four bytes of 1 bits, with which a message of Arrow begins.",
        ),
        *(
            (
                J,
                integer(-6),
                b"\xff\xff\xff\xff" + struct.pack("<i", length),
                4,
                f"Expected the length of an Arrow message's metadata, found {length}.",
            )
            for length in (-1, -5, MOST_METADATA + 1)
        ),
    ],
)
def test_where_the_layout_is_lost_is_said_with_what_was_expected(direction, before, said, position, reason):
    *_, lost = decode(WorkerDecoder(direction, "4.3.0"), before + said + b"rest")
    assert isinstance(lost, Malformed)
    assert (lost.offset, lost.position, lost.reason) == (len(before), position, reason)
    assert lost.raw == said + b"rest"


def test_an_arrow_stream_may_end_where_it_began():
    start, end, frame = decode(WorkerDecoder(J, "4.3.0"), ARROW + integer(0) + integer(0))
    assert (start.command, end.command, frame.command) == ("Arrow start", "Arrow end", "frame")


def test_an_init_message_that_says_that_it_is_empty_ends_there():
    bad, lost = decode(WorkerDecoder(P, "4.3.0"), integer(-8) + integer(0) + b"rest")
    assert (bad.raw, bad.position) == (integer(-8) + integer(0), 8)
    assert bad.reason == "The init message ends here, where its split index needs 4 bytes."
    assert lost.position == 0
    assert lost.reason == "How the rows are written is not known, for the init message can't be read."


@pytest.mark.parametrize(
    ("said", "at_hand"),
    [
        (b"", "length of a message (frame)"),
        (b"\0\0", "length of a message (frame)"),
        (integer(5) + b"abc", "data of a message (frame)"),
        (integer(-6), "continuation of a message (Arrow stream)"),
        (ARROW, "metadata length of a message (Arrow stream)"),
        (ARROW + struct.pack("<i", 8), "metadata of a message (Arrow stream)"),
    ],
)
def test_what_was_not_stored_has_a_name(said, at_hand):
    decoder = WorkerDecoder(J, "4.3.0")
    decoder.feed(said)
    decoder.skip(10_000, "")
    assert decoder.lost == f"Of the {at_hand}, 10,000 bytes were not stored."
