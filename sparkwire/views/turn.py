"""A turn as one line of JSON, for other programs to read: what the turns of every wire have in common.

The keys are a promise. A reader that knows these can list, time and filter the turns of any wire, and finds
what only one wire has beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sparkwire.trace.turn import Turn


def turn_json_line(turn: Turn, own: Mapping[str, object]) -> str:
    """One line, without its newline: ``n``, ``wire``, ``connection``, ``thread``, ``start_ns``,
    ``duration_ns`` and ``failed``, then the keys that only this kind of turn has.

    Times are nanoseconds; ``duration_ns`` is null when the end was not seen.
    """
    return json.dumps(
        {
            "n": turn.n,
            "wire": turn.wire,
            "connection": turn.connection,
            "thread": turn.thread,
            "start_ns": turn.start_ns,
            "duration_ns": turn.duration_ns,
            "failed": turn.failed,
            **own,
        },
        ensure_ascii=False,
    )
