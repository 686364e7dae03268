"""Versions side by side: what PySpark's versions say, which of it differs, and what two gateways answer.

The conversations are aligned by their requests (``align``), one version after the other, with difflib. Runs
of rows that all versions have are folded, so that what differs stands out; nothing is left out.

It imports the versions' data, the decoder, its sibling ``text`` and the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from guide.versions.comparable import Said
from guide.versions.data import Answered, Release, Versions
from sparkwire.trace.gateway.exchanges import Exchange
from sparkwire.views import text
from sparkwire.views.html_table import table_html
from sparkwire.views.text import ELLIPSIS
from sparkwire.wire.gateway import COMMANDS, Decoder
from sparkwire.wire.message import Direction, Malformed, Message

ABSENT = "–"
"""What stands where a version doesn't have an exchange."""


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange in all the versions that have it."""

    key: str
    """``Said.key``, the same in all of them."""
    places: tuple[int | None, ...]
    """Where it stands in each version's conversation, counted from 0; None where it isn't."""

    @property
    def everywhere(self) -> bool:
        """Whether all the versions have it."""
        return None not in self.places


def align(conversations: Sequence[Sequence[str]]) -> list[Row]:
    """Rows for the keys of several conversations, in an order that keeps that of each of them."""
    rows: list[Row] = []
    for n, keys in enumerate(conversations):
        matcher = SequenceMatcher(None, [row.key for row in rows], keys, autojunk=False)
        merged: list[Row] = []
        for kind, start, end, other, other_end in matcher.get_opcodes():
            for row, place in zip(
                rows[start:end],
                range(other, other_end) if kind == "equal" else [None] * (end - start),
                strict=True,
            ):
                merged.append(Row(row.key, (*row.places, place)))
            if kind != "equal":
                merged += [Row(keys[place], (*[None] * n, place)) for place in range(other, other_end)]
        rows = merged
    return rows


def aligned(versions: Versions) -> list[Row]:
    """The rows of all the versions in the data."""
    return align([[said.key for said in one.conversation.said] for one in versions.releases])


def changes(versions: Versions, old: str, new: str) -> tuple[list[Said], list[Said]]:
    """What ``old`` says and ``new`` does not, and the other way round.

    Raises ``KeyError`` for a version that isn't there.
    """
    before, after = (versions.release(one).conversation.said for one in (old, new))
    rows = align([[said.key for said in before], [said.key for said in after]])
    gone = [before[row.places[0]] for row in rows if row.places[0] is not None and row.places[1] is None]
    came = [after[row.places[1]] for row in rows if row.places[1] is not None and row.places[0] is None]
    return gone, came


def changes_html(versions: Versions, old: str, new: str) -> str:
    """What changed from one version to another, as a table: the exchange, and where it was asked.

    A setting is read and written by ``SparkConf``, so there it is shown who wanted that.
    """
    gone, came = changes(versions, old, new)
    parts = []
    for version, many in ((old, gone), (new, came)):
        for said, count in _counted(many):
            times = f", {count} times" if count > 1 else ""
            where = "<br>".join(_shown(part) for part in _wanted_at(said).split(" ", 1))
            parts.append(
                f"<tr><td>only {_shown(version)}{times}</td><td><code>{_asked(said)}</code></td>"
                f"<td>{_answer(said)}</td><td><code>{where}</code></td></tr>"
            )
    heads = ("In", "Asked", "Answered", "Where in the source")
    return table_html(f"What changed from {old} to {new}", heads, parts, "sw-vc")


def _wanted_at(said: Said) -> str:
    """The innermost place that isn't ``SparkConf`` itself; empty when there is none."""
    elsewhere = tuple(place for place in said.at if not place.startswith("pyspark/conf.py:"))
    return (elsewhere or said.at or ("",))[-1]


def _counted(many: Iterable[Said]) -> list[tuple[Said, int]]:
    """Each exchange once, with how often it is there; in the order of the first."""
    counts: dict[tuple[str, str], tuple[Said, int]] = {}
    for said in many:
        first, count = counts.get((said.key, said.reply), (said, 0))
        counts[said.key, said.reply] = first, count + 1
    return list(counts.values())


def made_with_html(versions: Versions) -> str:
    """What each version ran with."""
    rows = [
        f"<tr><th scope=row>{_shown(one.pyspark)}</th>"
        + "".join(
            f"<td>{_shown(said)}</td>"
            for said in (one.py4j, one.py4j_jar, one.java, one.python, one.java_calls)
        )
        + "</tr>"
        for one in versions.releases
    ]
    heads = ("PySpark", "Py4J in Python", "Py4J in Java", "Java", "Python", "The Java side")
    return table_html("What each version ran with", heads, rows, "sw-vm")


def counts_html(versions: Versions) -> str:
    """How many exchanges of each command each version makes."""
    meanings = {c.code: f"{c.code} {c.word}" for c in COMMANDS if c.direction is Direction.TO_JAVA}
    used = [code for code in meanings if any(one.counts[code] for one in versions.releases)]
    rows = [
        _row(f"<code>{_shown(meanings[code])}</code>", [one.counts[code] for one in versions.releases])
        for code in used
    ]
    rows.append(_row("all", [sum(one.counts.values()) for one in versions.releases]))
    return table_html("Exchanges of each command", ("Command", *_names(versions)), rows, "sw-vs")


def _row(head: str, cells: Iterable[object]) -> str:
    return f"<tr><th scope=row>{head}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def versions_html(versions: Versions) -> str:
    """All exchanges of all versions in rows; what all have is folded.

    A cell holds the exchange's number in that version, or a dash.
    """
    heads = ("Exchange", *_names(versions))
    parts = []
    for everywhere, group in groupby(aligned(versions), lambda row: row.everywhere):
        rows = list(group)
        if everywhere:
            parts.append(_folded(versions.releases, rows, len(heads)))
        else:
            parts += [_differing(versions.releases, row) for row in rows]
    return table_html("The exchanges of each version", heads, parts, "sw-vs")


def _differing(releases: Sequence[Release], row: Row) -> str:
    there = [_at(release, place) for release, place in zip(releases, row.places, strict=True)]
    first = next(said for said in there if said is not None)
    numbers = [ABSENT if place is None else place + 1 for place in row.places]
    return _row(f"<code>{_asked(first)}</code>", numbers)


def _at(release: Release, place: int | None) -> Said | None:
    return None if place is None else release.conversation.said[place]


def _folded(releases: Sequence[Release], rows: Sequence[Row], columns: int) -> str:
    """A run of rows that all versions have, as one cell that opens."""
    items = []
    for row in rows:
        there = [
            release.conversation.said[place]
            for release, place in zip(releases, row.places, strict=True)
            if place is not None
        ]
        answers = [_answer(said) for said in there]
        answer = answers[0]
        if len(set(answers)) > 1:
            answer = "; ".join(f"{one.pyspark}: {said}" for one, said in zip(releases, answers, strict=True))
        items.append(f"<li><code>{_asked(there[0])}</code> <small>{answer}</small></li>")
    count = f"{text.many(len(rows), 'exchange')} that all versions have"
    return (
        f'<tr class="sw-va"><td colspan="{columns}"><details><summary>{count}</summary>'
        f"<ol>{''.join(items)}</ol></details></td></tr>"
    )


def answers_html(versions: Versions) -> str:
    """What the gateways answered to the same request, side by side."""
    heads = ("Asked", "Sent", *(f"Py4J {version}" for version in versions.gateways))
    rows = []
    for one in versions.answered:
        sent = "<br>".join(_shown(line) for line in one.request.split("\n"))
        cells = "".join(f"<td>{_reply(one, n)}</td>" for n in range(len(versions.gateways)))
        rows.append(f"<tr><th scope=row>{_shown(one.what)}</th><td><code>{sent}</code></td>{cells}</tr>")
    return table_html("What two gateways answer", heads, rows, "sw-vg")


def _reply(one: Answered, n: int) -> str:
    answer, closed = one.answers[n], one.closed[n]
    said = "no answer" if answer is None else f"<code>{_shown(text.shorten(answer, 90))}</code>"
    return said + ("; closes the connection" if closed else "")


def _names(versions: Versions) -> list[str]:
    return [_shown(one.pyspark) for one in versions.releases]


def _asked(said: Said) -> str:
    array = said.request.split("\n")
    if array[:2] == ["a", "g"]:  # its place is not the same in all versions, and what is there is
        return f"{_shown(array[2])}[{ELLIPSIS}], {_answer(said)}"
    return _shown(text.request_summary(_exchange(said)))


def _answer(said: Said) -> str:
    return _shown(text.reply_summary(_exchange(said)))


def _exchange(said: Said) -> Exchange:
    """The decoded exchange: its text is still the wire's own."""
    request = _decoded(Direction.TO_JAVA, said.request)
    reply = _decoded(Direction.TO_PYTHON, said.reply) if said.reply else None
    return Exchange(0, "gateway", 0, request, reply, None, "", 0, None)


def _decoded(direction: Direction, line: str) -> Message | Malformed:
    decoder = Decoder(direction)
    return [*decoder.feed(line.encode() + b"\n"), *decoder.end()][0]


def _shown(said: str) -> str:
    return text.escape(text.visible(said))
