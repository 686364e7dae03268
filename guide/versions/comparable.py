"""A program's conversation with Java, without what is different in every run: so that two can be compared.

What a run decides by chance is replaced, and what is left is still the wire's own text, which the decoder
reads:

- an object's id by what the object is: ``<SparkConf>`` for a new one, ``<conf>`` for what ``conf()``
  returned, and a pair of ``getAll()`` by its key, ``<spark.master>``;
- secrets, paths, times and ports by ``<secret>``, ``<path>``, ``<time>`` and 0;
- the pairs of ``SparkConf.getAll()`` stand in the order of their keys. Spark makes them from a set, whose
  order depends on the values, and one value is the time of the start (SparkConf.scala 4.3.0, ``getAll``).

Only the first connection is kept, and of it all but the releases of objects: when those come is up to
Python's garbage collection, and they have a connection of their own. They are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sparkwire import Exchange, Field, Malformed, Message
from sparkwire.wire.gateway import OBJECT_PARTS, REFERENCES

_SECRET = "<secret>"
_PATH = re.compile(r"(?:\bfile:)?(?<![\w./:>])/(?:[^/\s,;:]+/)*[^/\s,;:]*")
_TIME = re.compile(r"\b1\d{12}\b")
_WITH_PORT = "org.apache.spark.api.python.PythonAccumulatorV2"
"""The one constructor that takes a port (pyspark/core/context.py 4.3.0, ``SparkContext._do_init``)."""
_LOCALS = re.compile(r"\.<locals>\.<(?:list|dict|set)comp>$")


@dataclass(frozen=True, slots=True)
class Said:
    """One request with its reply, as text without the last line feed."""

    request: str
    reply: str
    """Empty when none was seen."""
    at: tuple[str, ...] = ()
    """Where in the libraries it was asked, outermost first, without Py4J and Python themselves:
    ``pyspark/conf.py:250 SparkConf.contains``."""

    @property
    def key(self) -> str:
        """What must be the same in two versions for this to be the same exchange.

        That is the request; but for an element of an array it is the element and not its place.
        """
        array = self.request.split("\n")
        return f"a\ng\n{array[2]} {self.reply}" if array[:2] == ["a", "g"] else self.request


@dataclass(frozen=True, slots=True)
class Transcript:
    """What can be compared of a program's exchanges."""

    said: tuple[Said, ...]
    left_out: dict[str, int]
    """How many exchanges of each command were left out, because their number varies."""


def comparable(exchanges: Iterable[Exchange]) -> Transcript:
    """The conversation of a program from its exchanges, in their order."""
    kept: list[Exchange] = []
    left_out: Counter[str] = Counter()
    for exchange in exchanges:
        mine = not kept or exchange.connection == kept[0].connection
        if mine and exchange.command != "memory" and exchange.channel == "gateway":
            kept.append(exchange)
        else:
            left_out[exchange.command] += 1
    names = _names(kept)
    said = [
        Said(
            _normal(e.request, names),
            _normal(e.reply, names) if e.reply is not None else "",
            _places(e),
        )
        for e in kept
    ]
    return Transcript(tuple(_sorted_pairs(said)), dict(sorted(left_out.items())))


def _names(exchanges: Iterable[Exchange]) -> dict[str, str]:
    """For each object's id, what to call it."""
    names: dict[str, str] = {}
    for exchange in exchanges:
        request, reply = exchange.request, exchange.reply
        if isinstance(request, Malformed) or not isinstance(reply, Message):
            continue
        made = reply.field("result")
        code = reply.field("type code")
        if made is None or code is None:
            continue
        target = request.field("target object id")
        method = request.field("method name")
        if code.value in REFERENCES:
            names[str(made.value)] = f"<{_maker(request)}>"
        elif method is not None and method.value == "_1" and target is not None and code.value == "s":
            names[str(target.value)] = f"<{made.value}>"  # a pair, called by its first half
    return names


def _maker(request: Message) -> str:
    for part in ("class name", "method name", "field name", "member name"):
        if (found := request.field(part)) is not None:
            return str(found.value).rpartition(".")[2]
    return "element" if request.command == "array" else "object"


def _normal(message: Message | Malformed, names: dict[str, str]) -> str:
    if isinstance(message, Malformed):
        return _plain(message.raw.decode("utf-8", "replace").rstrip("\n"))
    parts = []
    code = ""
    maker = message.field("class name")
    with_port = maker is not None and maker.value == _WITH_PORT
    for field in message.fields:
        parts.append(_field(message, field, code, names, with_port))
        code = str(field.value) if field.name == "type code" else ""
    return "".join(parts).removesuffix("\n")


def _field(message: Message, field: Field, code: str, names: dict[str, str], with_port: bool) -> str:
    text = message.raw[field.start : field.end].decode("utf-8", "replace")
    if field.name in OBJECT_PARTS or code in REFERENCES:
        return names.get(text, text)
    if message.hides(field):
        return _SECRET
    if code == "i" and with_port:
        return "0"
    return _plain(text) if code == "s" else text


def _plain(text: str) -> str:
    return _TIME.sub("<time>", _PATH.sub("<path>", text))


def _places(exchange: Exchange) -> tuple[str, ...]:
    """The libraries' frames that asked. A comprehension belongs to its function, as in Python 3.12."""
    found: list[str] = []
    for frame in exchange.site.stack if exchange.site is not None else ():
        if frame.library and not frame.file.startswith(("py4j/", "python/")):
            found.append(f"{frame.file}:{frame.line} {_LOCALS.sub('', frame.function)}")
    return tuple(place for n, place in enumerate(found) if n == 0 or place != found[n - 1])


def _sorted_pairs(said: list[Said]) -> list[Said]:
    """The walks over arrays of pairs, each in the order of the pairs' keys."""
    ordered = list(said)
    starts = [n for n in range(len(said) - 2) if _is_pair(said[n : n + 3])]
    for array in dict.fromkeys(said[n].request.split("\n")[2] for n in starts):
        mine = [n for n in starts if said[n].request.split("\n")[2] == array]
        for place, source in zip(mine, sorted(mine, key=lambda n: said[n].reply), strict=True):
            element = replace(said[source], request=said[place].request)
            ordered[place : place + 3] = [element, *said[source + 1 : source + 3]]
    return ordered


def _is_pair(three: list[Said]) -> bool:
    """Whether these are: take an element of an array, ask for its first half, ask for its second."""
    element, first, second = (one.request.split("\n") for one in three)
    name = three[0].reply.removeprefix("!yr")
    return element[:2] == ["a", "g"] and first[:3] == ["c", name, "_1"] and second[:3] == ["c", name, "_2"]
