"""How fast messages are decoded and paired, and a trace summed up, and whether that stays so from 10⁴ to 10⁶.

What is decoded is a conversation that was recorded with a real gateway a moment before, fed again and
again through ``ExchangeBuilder`` as a trace's reader does it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from itertools import cycle, islice, repeat
from pathlib import Path
from time import process_time

from benchmarks.gateway import conversation
from benchmarks.measure import Result, Row, resident_bytes
from sparkwire.commands.summary import summary
from sparkwire.jvm.java import Java
from sparkwire.jvm.program import JavaSide
from sparkwire.record import Recorder, TraceWriter
from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import ExchangeBuilder, paired
from sparkwire.trace.records import Channel, Chunk, Header, Opened, Record

RATE = Row("decode-rate", "Messages decoded and paired", "", unit="a second")
SMALL, LARGE = 1_000, 1_000_000
SHORT = 10_000
"""Messages of a trace that is short, but longer than what a reader holds at once."""
GROWTH = tuple(
    Row(
        f"decode-growth-{size}",
        f"Time a message of {size:,} in one trace".replace(",", " "),
        f"of {SHORT:,}".replace(",", " "),
        aim="1: linear",
    )
    for size in (100_000, LARGE)
)
MEMORY = Row(
    "decode-memory",
    f"Resident memory after {LARGE:,} messages".replace(",", " "),
    f"after {SMALL:,}".replace(",", " "),
    aim="1: flat",
)
SUMMED_UP = 200_000
SUMMARY = Row(
    "summary-rate",
    f"Exchanges summed up at the end of a program of {SUMMED_UP:,}".replace(",", " "),
    "",
    unit="a second",
    aim="all of them in a second",
)
SUMMARY_MEMORY = Row(
    "summary-memory",
    f"Resident memory after the summary of {SUMMED_UP:,} exchanges".replace(",", " "),
    f"after one of {SMALL:,}".replace(",", " "),
    aim="1: flat",
)
ROWS = (RATE, *GROWTH, MEMORY, SUMMARY, SUMMARY_MEMORY)

ROUNDS = 3
BATCH = 1_000
"""So many records at once are what a trace's reader gives."""
PIECE = 20_000
"""So many messages of a long trace take turns with ``SHORT_REPEATED`` short ones."""
SHORT_REPEATED = 2


def measure(java: Java, folder: Path) -> list[Result]:
    """Decode all sizes in turns. Some minutes, nearly all of it for the largest."""
    chunks = _recorded(java, folder / "conversation.sparkwire")
    samples: dict[Row, list[float]] = {row: [] for row in ROWS}
    for _ in range(ROUNDS):
        before = resident_bytes()
        for row, size in zip(GROWTH, (100_000, LARGE), strict=True):
            long, short = _seconds(chunks, size)
            samples[row].append(long / short)
        samples[RATE].append(1 / long)
        samples[MEMORY].append(resident_bytes() / before)
        _sum_up(_stored(chunks, SMALL, folder / "short.sparkwire"))
        before = resident_bytes()
        samples[SUMMARY].append(SUMMED_UP / _sum_up(_stored(chunks, SUMMED_UP, folder / "long.sparkwire")))
        samples[SUMMARY_MEMORY].append(resident_bytes() / before)
    return [Result(row, tuple(samples[row])) for row in ROWS]


def _recorded(java: Java, path: Path) -> list[Chunk]:
    """Whole exchanges of the kinds that PySpark uses most, in about its proportions."""
    with conversation(java) as talk, Recorder(path, call_sites=False):
        jvm = talk.gateway.jvm
        for number in range(30):
            strings = jvm.java.util.ArrayList()
            strings.add(f"spark.app.name.{number}")
            strings.add("a line\nand another")
            talk.call()
            jvm.java.lang.Math.max(number, 2**40)
            jvm.java.lang.Double.toString(number / 7)
            strings.toString()
    chunks = [record for record in TraceReader(path) if isinstance(record, Chunk)]
    # One connection, whose open requests are all answered: it can follow itself.
    main = [chunk for chunk in chunks if chunk.connection == chunks[0].connection]
    return main[: len(main) // 2 * 2]


def _stored(chunks: list[Chunk], exchanges: int, path: Path) -> Path:
    """A trace of so many exchanges."""
    writer = TraceWriter(path, Header("", "", "", "", "a program", 0))
    for record in _records(chunks, 2 * exchanges):
        writer.write_record(record)
    writer.close()
    return path


def _sum_up(trace: Path) -> float:
    """Processor seconds that the summary takes."""
    gc.collect()
    begun = process_time()
    summary(trace, JavaSide("not asked for"), asked=False)
    return process_time() - begun


def _records(chunks: list[Chunk], messages: int) -> Iterator[Record]:
    yield Opened(chunks[0].connection, Channel.GATEWAY, 1, 2, 0)
    yield from islice(cycle(chunks), messages)


def _seconds(chunks: list[Chunk], messages: int) -> tuple[float, float]:
    """Processor seconds that a message takes: of one long trace, and of short ones in turn with it."""
    gc.collect()
    long, short, runs = 0.0, 0.0, 0
    decoded = _decode(_records(chunks, messages))
    left = messages // 2
    while left:
        begun = process_time()
        left -= sum(islice(decoded, min(PIECE // 2, left)))
        between = process_time()
        for _ in range(SHORT_REPEATED):
            if sum(_decode(_records(chunks, SHORT))) != SHORT // 2:
                raise AssertionError("some messages made no exchange")
        long += between - begun
        short += process_time() - between
        runs += SHORT_REPEATED
    if next(decoded, None) is not None:
        raise AssertionError("messages are left over")
    return long / messages, short / (runs * SHORT)


def _decode(records: Iterable[Record]) -> Iterator[int]:
    """1 for each exchange."""
    records = iter(records)
    batches = iter(lambda: list(islice(records, BATCH)), [])
    for found in paired(batches, ExchangeBuilder()):
        yield from repeat(1, len(found))
