"""What pages about shuffles share: the runs on both sides of one, and the buckets that a worker writes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from IPython.display import Markdown

from guide.notebook import table
from sparkwire import Direction, Malformed, Message, Recording, Run, views


def sides(*recordings: tuple[str, Recording]) -> Markdown:
    """A row for each stage of some recordings: its runs, and their data in bytes.

    The bytes are those of the data, without init messages.
    """
    rows = []
    for name, recording in recordings:
        for stage in sorted({run.stage for run in recording.runs if run.stage is not None}):
            runs = [run for run in recording.runs if run.stage == stage]
            rows.append(
                [
                    name,
                    stage,
                    len(runs),
                    views.size(sum(run.round.data_in.size for run in runs)),
                    views.size(sum(run.round.data_out.size for run in runs)),
                ]
            )
    return table(["program", "stage", "runs", "into workers", "out of workers"], rows)


def buckets(run: Run) -> Iterator[tuple[int, bytes]]:
    """What a run wrote for a shuffle: the number of a partition, and the pickle for it.

    They are frames by turns, the first with 8 bytes (``RDD.partitionBy`` in ``pyspark/core/rdd.py``, 4.3.0).
    Raises ``ValueError`` where the recording doesn't hold the data.
    """
    frames = [one for one in run.messages if one.direction is Direction.TO_JAVA and one.command == "frame"]
    for number, pickled in zip(frames[::2], frames[1::2], strict=True):
        yield struct.unpack("!q", _data(number))[0], _data(pickled)


def _data(frame: Message | Malformed) -> bytes:
    field = frame.field("data") if isinstance(frame, Message) else None
    if field is None or not isinstance(field.value, bytes):
        raise ValueError("this recording doesn't hold the data: record with --worker-data")
    return field.value
