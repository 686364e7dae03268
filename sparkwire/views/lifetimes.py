"""The lives of a trace's objects: HTML for a page, a table for a terminal.

Objects of one class that one line made are one row, with a picture of how many of them were alive: it goes
down again where objects are let go, and only up where they leak. A row opens and shows its objects singly,
each with a bar from its first message to its last. Pictures run from the recording's beginning to a little
after its end, and say no more than the words beside them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sparkwire.plain import duration, many, number, shorten, visible
from sparkwire.trace.gateway.lives import (
    JVM_ENDED,
    LOST,
    PYTHON_OBJECT,
    SHUT_DOWN,
    UNSURE,
    WHOSE,
    Life,
    LifeGroup,
    Lifetimes,
    Moment,
)
from sparkwire.trace.records import Channel
from sparkwire.views import markup
from sparkwire.views.markup import Html, tag
from sparkwire.views.text import WIDTH, Column, table_lines
from sparkwire.views.who import nobody, place

OBJECTS_SHOWN = 20
"""Objects of one row that are listed when it is opened: those still held first."""
GROUPS_SHOWN = 100
_BINS = 60
"""Stretches of time in the picture of a row."""
_HEIGHT = 12
_SPARK_WIDTH = 14
_SPARKS = " ▁▂▃▄▅▆▇█"

_GROUPS = (
    Column("made", 6, right=True),
    Column("released", 8, right=True),
    Column("held", 6, right=True),
    Column("uses", 5, right=True),
    Column("how many alive", _SPARK_WIDTH),
    Column("what", 15, share=3),
    Column("made by", 14, share=2),
)
_OBJECTS = (
    Column("id", 7),
    Column("made", 6, right=True),
    Column("at", 9, right=True),
    Column("lived", 8, right=True),
    Column("uses", 5, right=True),
    Column("let go", 12),
    Column("what", 18, share=3),
    Column("made by", 14, share=2),
)


# --- words ----------------------------------------------------------------------------------------


def what(one: Life | LifeGroup) -> str:
    """What it is, as far as the wire tells: ``ArrayList``, ``list from SparkConf.getAll()``."""
    if one.java_class:
        names = ", ".join(name.rpartition(".")[2] for name in one.java_class.split(", "))
        return visible(f"Python object, as {names}" if one.kind == PYTHON_OBJECT else names)
    if not one.origin:
        return one.kind
    if " " in one.origin:
        return visible(f"{one.kind}: {one.origin}")
    owner, _, called = one.origin.rpartition(".")
    simple = owner.rpartition(".")[2]
    return visible(f"{one.kind} from {simple}.{called}()" if simple else f"{one.kind} from {called}()")


def maker(life: Life) -> str:
    """Who made it: the user's line, or what stands in its place."""
    moment = life.made
    if moment is None:
        return "(before the recording)" if life.before else "(out of sight)"
    if moment.line is not None:
        return place(moment.line)
    if moment.channel == Channel.CALLBACK:
        return "Java, in a callback"
    if moment.function:
        return visible(f"{moment.function}()")
    return nobody(moment.thread, moment.connection).replace(" by itself", " itself")


def _ending(life: Life) -> str:
    """How it ended. The number is the exchange's that ended it, or that shows that it had ended."""
    at = f" #{life.ended.n}" if life.ended is not None else ""
    if life.held:
        return "still held"
    if life.ending == JVM_ENDED:
        return f"with its JVM, before{at}"
    return f"{life.ending}{at}"


def _counts(group: LifeGroup) -> list[str]:
    shut, gone = group.ended_by(SHUT_DOWN), group.ended_by(JVM_ENDED)
    return [
        f"{number(group.released)} released" if group.released else "",
        f"{number(shut)} ended with the gateway" if shut else "",
        f"{number(gone)} ended with {'its' if gone == 1 else 'their'} JVM" if gone else "",
        f"{number(group.unsure)} not known to have ended" if group.unsure else "",
        f"{number(group.held)} still held" if group.held else "",
        f"used {many(group.uses, 'time')}" if group.uses else "never used",
    ]


def summary(found: Lifetimes) -> str:
    """In a few sentences: how many objects there were, what most of those are that are still held, and of
    which it isn't known.
    """
    count, held = len(found.lives), len(found.held)
    if not count:
        return "No object was named."
    said = f"{many(count, 'id')}, {number(held)} still held at the end."
    most = max(found.groups, key=lambda group: (not group.before, group.held))
    if most.held > 1 and not most.before:
        said += f" Most of these: {number(most.held)} × {what(most)}, made by {maker(most.lives[0])}."
    return " ".join([said, *_unsure(found)])


def _unsure(found: Lifetimes) -> Iterator[str]:
    """What the trace doesn't say."""
    endings = Counter(life.ending for life in found.lives if life.ending in UNSURE)
    lost, whose = endings[LOST], endings[WHOSE]
    perhaps = endings.total() - lost - whose
    if lost:
        yield (
            f"How {number(lost)} ended isn't known: the connection broke, and the gateway answered nothing "
            "after that."
        )
    if whose:
        yield (
            f"How {number(whose)} ended isn't known: nothing says which gateway opened the connection that "
            f"carried {'it' if whose == 1 else 'them'}."
        )
    if perhaps:
        yield (
            f"{many(perhaps, 'more id')} may have been released, on a connection whose gateway is not known."
        )
    if found.unread:
        yield f"{many(found.unread, 'message')} couldn't be read, so what they made or released isn't known."


# --- a page ---------------------------------------------------------------------------------------


def lifetimes_html(found: Lifetimes, *, groups: int = GROUPS_SHOWN, objects: int = OBJECTS_SHOWN) -> Html:
    """A fragment of HTML: a row for each group of objects, the earliest first; each opens to its objects.

    It holds no ids, so that it may stand on a page more than once.
    """
    return markup.join(lifetimes_pieces(found, groups=groups, objects=objects))


def lifetimes_pieces(
    found: Lifetimes, *, groups: int = GROUPS_SHOWN, objects: int = OBJECTS_SHOWN
) -> Iterator[Html]:
    """The same in pieces: what is listed can be much more than the lives themselves."""

    def rows() -> Iterator[Html]:
        several = len(found.gateways) > 1
        line = None
        for group in found.groups[:groups]:
            yield _group_html(group, found, objects, several, with_code=group.line != line)
            line = group.line

    def inside() -> Iterator[Html]:
        yield tag("p", summary(found))
        if found.groups:
            yield from markup.around("ol", rows(), class_="sw-o")
        if len(found.groups) > groups:
            yield tag("p", f"And {many(len(found.groups) - groups, 'more row')}.")

    return markup.around("div", inside(), class_="sparkwire")


def _group_html(group: LifeGroup, found: Lifetimes, objects: int, several: bool, with_code: bool) -> Html:
    code = group.line.code if group.line is not None and with_code else ""
    by = maker(group.lives[0]).strip("()") if group.lives[0].made is None else f"by {maker(group.lives[0])}"
    count = f"{number(group.count)} ×" if group.count > 1 else group.lives[0].id
    facts = " · ".join(part for part in _counts(group) if part)
    where = f" · {'gateway on ' if group.gateway.port else ''}{group.gateway.name}" if several else ""
    said = tag(
        "span",
        tag("b", f"{count} {what(group)}"),
        " ",
        tag("small", facts + where),
        tag("br"),
        f"made {by}",
        *([" ", tag("code", shorten(visible(code), 80))] if code else []),
    )
    details = tag(
        "details",
        tag("summary", said, _picture(group, found)),
        _objects_html(group, found, objects),
        class_="sw-held" if group.held else False,
    )
    return markup.join([tag("li", details), "\n"])


def _picture(group: LifeGroup, found: Lifetimes) -> Html:
    """How many were alive, as an area; its height is the most at once."""
    alive = group.alive(found.start_ns, _drawn_to(found), _BINS)
    most = max(alive) or 1
    path = f"M0 {_HEIGHT}"
    for i, count in enumerate(alive):
        if i == 0 or count != alive[i - 1]:
            path += f"H{i}V{_HEIGHT - round(_HEIGHT * count / most, 1):g}"
    return tag(
        "svg",
        tag("path", d=f"{path}H{_BINS}V{_HEIGHT}Z"),
        viewBox=f"0 0 {_BINS} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"alive at once: most {number(max(alive))}, at the end {number(group.held)}",
    )


def _objects_html(group: LifeGroup, found: Lifetimes, most: int) -> Html:
    # Those that are held are what is looked for.
    lives = sorted(group.lives, key=lambda life: (not life.held, found.begin(life)))
    heads = ("Id", "Made", "Its life", "Lived", "Used", "Last use", "End")
    parts = [markup.table("Objects", heads, (_object_row(life, found) for life in lives[:most]))]
    left = len(lives) - most
    if left > 0:
        how = tag("code", "sparkwire show --objects --all TRACE")
        parts.append(tag("p", f"And {many(left, 'more object')}: ", how, " lists all."))
    return markup.join(parts)


def _object_row(life: Life, found: Lifetimes) -> Html:
    end: list[str] = [_ending(life)]
    if life.ended is not None and life.ending != JVM_ENDED:
        end.append(f" on connection {life.ended.connection}")
        end.append(f", {visible(life.ended.thread)}" if life.ended.thread else "")
    if life.used_after_end:
        end += ["; ", tag("b", f"named {many(life.used_after_end, 'time')} after that")]
    return markup.row(
        life.id,
        _made(life),
        _bar(life, found),
        duration(_lived(life, found)),
        number(life.uses),
        f"#{life.last_used.n}" if life.last_used else "–",
        markup.join(end),
        head=True,
    )


def _made(life: Life) -> str:
    if life.made is not None:
        return f"#{life.made.n} on connection {life.made.connection}"
    return "before" if life.before else "out of sight"


def _bar(life: Life, found: Lifetimes) -> Html:
    whole = max(_drawn_to(found) - found.start_ns, 1)
    begin = 100 * (found.begin(life) - found.start_ns) / whole
    lived = _lived(life, found) if life.ended else _drawn_to(found) - found.begin(life)
    width = max(100 * lived / whole, 1)
    bar = tag("rect", x=f"{min(begin, 99):.1f}", width=f"{width:.1f}", height=4)
    return tag("svg", bar, viewBox="0 0 100 4", preserveAspectRatio="none", aria_hidden="true")


def _drawn_to(found: Lifetimes) -> int:
    """A little beyond the recording's end: what was released last then differs from what is still held."""
    return found.end_ns + (found.end_ns - found.start_ns) // 12


def _lived(life: Life, found: Lifetimes) -> int:
    return max((life.ended.t_ns if life.ended else found.end_ns) - found.begin(life), 0)


# --- a terminal -----------------------------------------------------------------------------------


def lifetimes_table(found: Lifetimes, *, width: int = WIDTH) -> str:
    """A row for each group of objects, the earliest first, with a line of how many were alive."""
    rows = [
        (
            number(group.count),
            number(group.count - group.held - group.unsure),
            number(group.held),
            number(group.uses),
            _spark(group.alive(found.start_ns, _drawn_to(found), _SPARK_WIDTH)),
            what(group),
            maker(group.lives[0]),
        )
        for group in found.groups
    ]
    lines = [visible(summary(found)), "", *table_lines(_GROUPS, rows, width)]
    return "".join(line + "\n" for line in lines)


def objects_table(found: Lifetimes, *, width: int = WIDTH) -> Iterable[str]:
    """Every object as a line of text (without its line end), the head first; ``made`` is the exchange."""
    rows = (
        (
            life.id,
            str(life.made.n) if life.made else "–",
            f"{(found.begin(life) - found.start_ns) / 1e9:.4f}",
            duration(_lived(life, found)),
            number(life.uses),
            "not known" if life.ending in UNSURE else _ending(life).removeprefix("released "),
            what(life),
            maker(life),
        )
        for life in found.lives
    )
    return table_lines(_OBJECTS, rows, width)


def _spark(alive: Sequence[int]) -> str:
    most = max(alive) or 1
    return "".join(_SPARKS[-(-count * (len(_SPARKS) - 1) // most)] for count in alive)


def life_json_line(life: Life) -> str:
    """One object as a line of JSON (without its line end)."""

    def moment(one: Moment | None) -> dict[str, object] | None:
        if one is None:
            return None
        line = {"file": one.line.file, "line": one.line.line, "code": one.line.code} if one.line else None
        return {
            "n": one.n,
            "t_ns": one.t_ns,
            "connection": one.connection,
            "thread": one.thread,
            "line": line,
        }

    return json.dumps(
        {
            "id": life.id,
            "gateway": life.gateway.port,
            "jvm": life.gateway.jvm,
            "kind": life.kind,
            "java_class": life.java_class or None,
            "origin": life.origin or None,
            "made": moment(life.made),
            "uses": life.uses,
            "last_used": moment(life.last_used),
            "ended": moment(life.ended),
            "ending": life.ending or None,
            "used_after_end": life.used_after_end,
        },
        ensure_ascii=False,
    )
