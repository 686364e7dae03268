"""Versions side by side: what PySpark's versions say, which of it differs, and what two gateways answer.

Runs of rows that all versions have are folded, so that what differs stands out; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from guide.versions.alignment import Row, aligned, changes
from guide.versions.comparable import Said
from guide.versions.data import Answered, Release, Versions
from sparkwire import Direction, Malformed, Message, views
from sparkwire.views import ELLIPSIS, Html, tag
from sparkwire.wire.gateway import COMMANDS, Decoder

ABSENT = "–"
"""What stands where a version doesn't have an exchange."""


def changes_html(versions: Versions, old: str, new: str) -> Html:
    """What changed from one version to another, as a table: the exchange, and where it was asked.

    A setting is read and written by ``SparkConf``, so there it is shown who wanted that.
    """
    gone, came = changes(versions, old, new)
    rows = []
    for version, many in ((old, gone), (new, came)):
        for said, count in _counted(many):
            times = f", {count} times" if count > 1 else ""
            where = _lines(_wanted_at(said).split(" ", 1))
            only = f"only {views.visible(version)}{times}"
            rows.append(views.row(only, tag("code", _asked(said)), _answer(said), where))
    heads = ("In", "Asked", "Answered", "Where in the source")
    return views.table(f"What changed from {old} to {new}", heads, rows, "sw-vc")


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


def made_with_html(versions: Versions) -> Html:
    """What each version ran with."""
    said = [
        (one.pyspark, one.py4j, one.py4j_jar, one.java, one.python, one.java_calls)
        for one in versions.releases
    ]
    rows = [views.row(*map(views.visible, cells), head=True) for cells in said]
    heads = ("PySpark", "Py4J in Python", "Py4J in Java", "Java", "Python", "The Java side")
    return views.table("What each version ran with", heads, rows, "sw-vm")


def counts_html(versions: Versions) -> Html:
    """How many exchanges of each command each version makes."""
    meanings = {c.code: f"{c.code} {c.word}" for c in COMMANDS if c.direction is Direction.TO_JAVA}
    used = [code for code in meanings if any(one.counts[code] for one in versions.releases)]
    rows = [
        _row(tag("code", views.visible(meanings[code])), [one.counts[code] for one in versions.releases])
        for code in used
    ]
    rows.append(_row("all", [sum(one.counts.values()) for one in versions.releases]))
    return views.table("Exchanges of each command", ("Command", *_names(versions)), rows, "sw-vs")


def _row(head: str, cells: Iterable[object]) -> Html:
    return views.row(head, *map(str, cells), head=True)


def versions_html(versions: Versions) -> Html:
    """All exchanges of all versions in rows; what all have is folded.

    A cell holds the exchange's number in that version, or a dash.
    """
    heads = ("Exchange", *_names(versions))
    shown = []
    for everywhere, group in groupby(aligned(versions), lambda row: row.everywhere):
        rows = list(group)
        if everywhere:
            shown.append(_folded(versions.releases, rows, len(heads)))
        else:
            shown += [_differing(versions.releases, row) for row in rows]
    return views.table("The exchanges of each version", heads, shown, "sw-vs")


def _differing(releases: Sequence[Release], row: Row) -> Html:
    there = [_at(release, place) for release, place in zip(releases, row.places, strict=True)]
    first = next(said for said in there if said is not None)
    numbers = [ABSENT if place is None else place + 1 for place in row.places]
    return _row(tag("code", _asked(first)), numbers)


def _at(release: Release, place: int | None) -> Said | None:
    return None if place is None else release.transcript.said[place]


def _folded(releases: Sequence[Release], rows: Sequence[Row], columns: int) -> Html:
    """A run of rows that all versions have, as one cell that opens."""
    items = []
    for row in rows:
        there = [
            release.transcript.said[place]
            for release, place in zip(releases, row.places, strict=True)
            if place is not None
        ]
        answers = [_answer(said) for said in there]
        answer = answers[0]
        if len(set(answers)) > 1:
            answer = "; ".join(f"{one.pyspark}: {said}" for one, said in zip(releases, answers, strict=True))
        items.append(tag("li", tag("code", _asked(there[0])), " ", tag("small", answer)))
    count = tag("summary", f"{views.many(len(rows), 'exchange')} that all versions have")
    return tag("tr", tag("td", tag("details", count, tag("ol", *items)), colspan=columns), class_="sw-va")


def answers_html(versions: Versions) -> Html:
    """What the gateways answered to the same request, side by side."""
    heads = ("Asked", "Sent", *(f"Py4J {version}" for version in versions.gateways))
    rows = []
    for one in versions.answered:
        replies = [_reply(one, n) for n in range(len(versions.gateways))]
        rows.append(views.row(views.visible(one.what), _lines(one.request.split("\n")), *replies, head=True))
    return views.table("What two gateways answer", heads, rows, "sw-vg")


def _reply(one: Answered, n: int) -> Html:
    answer, closed = one.answers[n], one.closed[n]
    said = "no answer" if answer is None else tag("code", views.visible(views.shorten(answer, 90)))
    return views.join([said, "; closes the connection" if closed else ""])


def _lines(lines: Iterable[str]) -> Html:
    """Code of several lines, for a cell."""
    return tag("code", views.join([views.visible(line) for line in lines], tag("br")))


def _names(versions: Versions) -> list[str]:
    return [views.visible(one.pyspark) for one in versions.releases]


def _asked(said: Said) -> str:
    array = said.request.split("\n")
    if array[:2] == ["a", "g"]:  # its place is not the same in all versions, and what is there is
        return f"{views.visible(array[2])}[{ELLIPSIS}], {_answer(said)}"
    return views.visible(views.request_words(_decoded(Direction.TO_JAVA, said.request)))


def _answer(said: Said) -> str:
    reply = _decoded(Direction.TO_PYTHON, said.reply) if said.reply else None
    return views.visible(views.reply_words(reply))


def _decoded(direction: Direction, line: str) -> Message | Malformed:
    """The decoded message: what is kept is still the wire's own text."""
    decoder = Decoder(direction)
    return [*decoder.feed(line.encode() + b"\n"), *decoder.end()][0]
