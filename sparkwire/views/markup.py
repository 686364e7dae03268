"""HTML made of tags, in which text can't be mistaken for markup.

``tag`` writes one element. Whatever it is given is escaped, unless it is ``Html``, which is what ``tag``
returns: so nothing that came off a wire or out of a source file reaches a page as markup, and no view escapes
by hand. An attribute's value stands without quotes where HTML allows that, because a page holds thousands of
elements.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_VOID = frozenset({"br", "wbr", "meta"})
_UNQUOTED = re.compile(r"[\w.#:/%+-]+(?<!/)\Z", re.ASCII)


class Html(str):
    """Text that is markup already. Adding it to another ``str`` gives a plain ``str``: use ``join``."""

    __slots__ = ()


EMPTY = Html()


def tag(name: str, /, *inside: str, **attributes: str | int | bool) -> Html:
    """The element ``name`` around ``inside``; what of it is no ``Html`` is escaped.

    An attribute's name is written with ``_`` for ``-``, and with one ``_`` behind it where Python has the
    word for itself (``class_``). ``True`` writes the bare name, ``False`` nothing, and ``""`` an empty value.
    """
    written = ""
    for key, value in attributes.items():
        if value is True:
            written += _named(key)
        elif value is not False:
            written += f"{_named(key)}={_quoted(value if isinstance(value, str) else str(value))}"
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{''.join(map(_escaped, inside))}</{name}>")


def join(parts: Iterable[str], between: str = "") -> Html:
    """The parts one after another; what of them is no ``Html`` is escaped."""
    return Html(_escaped(between).join(map(_escaped, parts)))


def escape(said: str) -> Html:
    """``said`` as the text of an element; what is ``Html`` already stays as it is."""
    return said if isinstance(said, Html) else Html(_escaped(said))


# A page of a whole trace is made of millions of tags, so these two do no more than they must.


def _escaped(said: str) -> str:
    if type(said) is Html:
        return said
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache(maxsize=128)
def _named(key: str) -> str:
    return " " + key.rstrip("_").replace("_", "-")


def _quoted(value: str) -> str:
    return value if _UNQUOTED.match(value) else f'"{html.escape(value)}"'


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
