"""HTML made of tags, in which text can't be mistaken for markup.

``tag`` writes one element. Whatever it is given is escaped, unless it is ``Html``, which is what ``tag``
returns: so nothing that came off a wire or out of a source file reaches a page as markup, and no view escapes
by hand. An attribute's value stands without quotes where it is a simple word, because a page holds thousands
of elements; and as a page of a whole trace holds millions, ``tag`` does no more than it must.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

_VOID = frozenset({"br", "wbr", "meta"})
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class _Names(dict[str, str]):
    """Each attribute as it is written, by its name in Python. Programs name few, so all are kept."""

    def __missing__(self, key: str) -> str:
        written = self[key] = " " + key.rstrip("_").replace("_", "-")
        return written


_NAMES = _Names()


class Html(str):
    """Text that is markup already. Adding it to another ``str`` gives a plain ``str``: use ``join``."""

    __slots__ = ()


EMPTY = Html()


def tag(name: str, /, *inside: str, **attributes: str | int | bool) -> Html:
    """The element ``name`` around ``inside``; what of it is no ``Html`` is escaped.

    An attribute's name is written with ``_`` for ``-``, and with one ``_`` behind it where Python has the
    word for itself (``class_``). ``True`` writes the bare name, ``False`` nothing, and ``""`` an empty value.
    """
    if not attributes and len(inside) == 1 and name not in _VOID:  # most of them are so
        part = inside[0]
        return Html(f"<{name}>{part if type(part) is Html else _escaped(part)}</{name}>")
    start = name
    for key, value in attributes.items():
        if value is True:
            start += _NAMES[key]
        elif value is not False:
            start += f"{_NAMES[key]}={_quoted(value if isinstance(value, str) else str(value))}"
    if name in _VOID:
        return Html(f"<{start}>")
    parts = [f"<{start}>"]
    for part in inside:
        parts.append(part if type(part) is Html else _escaped(part))
    parts.append(f"</{name}>")
    return Html("".join(parts))


def around(name: str, inside: Iterable[Html], **attributes: str | int | bool) -> Iterator[Html]:
    """The element ``name`` in pieces, as ``inside`` comes: what is large needn't be in memory whole."""
    empty, end = tag(name, **attributes), f"</{name}>"
    yield Html(empty.removesuffix(end))
    yield from inside
    yield Html(end)


def maker(name: str, attribute: str, **fixed: str) -> Callable[[str, str], Html]:
    """A function of ``attribute``'s value and of what is inside; it makes what ``tag`` would, with ``fixed``.

    It takes a third of the time, and is for what stands on a page in great numbers.
    """
    empty = tag(name, **fixed)
    start, end = empty[: -len(f"></{name}>")] + _NAMES[attribute] + "=", f"</{name}>"

    def make(value: str, inside: str) -> Html:
        shown = inside if type(inside) is Html else _escaped(inside)
        return Html("".join((start, _quoted(value), ">", shown, end)))

    return make


def join(parts: Iterable[str], between: str = "") -> Html:
    """The parts one after another; what of them is no ``Html`` is escaped."""
    return Html(escape(between).join([part if type(part) is Html else _escaped(part) for part in parts]))


def escape(said: str) -> Html:
    """``said`` as the text of an element; what is ``Html`` already stays as it is."""
    return said if isinstance(said, Html) else Html(_escaped(said))


def _escaped(said: str) -> str:
    if "&" in said or "<" in said or ">" in said:
        return html.escape(said, quote=False)
    return said


def _quoted(value: str) -> str:
    return value if value.replace("-", "").replace("#", "").isalnum() else f'"{html.escape(value)}"'


def check_prefix(prefix: str) -> None:
    """What the ids of a fragment begin with. Raises ``ValueError`` for what no id begins with."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"a prefix starts with a letter and holds letters, digits, - and _; this one is {prefix!r}"
        )


def row(*cells: str, head: bool = False) -> Html:
    """A row of a table. With ``head`` its first cell is the row's head."""
    first, *rest = cells
    start = tag("th", first, scope="row") if head else tag("td", first)
    return tag("tr", start, *(tag("td", cell) for cell in rest))


def table(name: str, heads: Sequence[str], rows: Iterable[str], kind: str = "sw-map") -> Html:
    """A table in a box that scrolls where the page is narrower.

    ``name`` is what screen readers call the box, ``kind`` the table's class, if any; ``rows`` are made by
    ``row``.
    """
    head = join(tag("th", one, scope="col") for one in heads)
    whole = tag("table", tag("thead", tag("tr", head)), tag("tbody", *rows), class_=kind or False)
    return tag("div", whole, class_="sw-w", tabindex=0, role="group", aria_label=name)


def framed(inside: str) -> Html:
    """A fragment in the box that carries the style of everything that is shown."""
    return tag("div", inside, class_="sparkwire")
