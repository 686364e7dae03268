"""One program's conversations under several versions of PySpark, as data that is kept in a file.

The file is JSON, made by ``make versions`` and committed, because making it takes five environments. It holds
nothing of the machine: ``faults`` says what would not belong in it. Where a request was asked (its library
frames) is kept once, in a list, to which the exchanges refer by number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guide.versions.comparable import Said, Transcript

FORMAT = 1
KEPT = Path(__file__).with_name("versions.json")
"""The file."""


@dataclass(frozen=True, slots=True)
class Release:
    """What one version of PySpark said, and what it ran with."""

    pyspark: str
    py4j: str
    """Py4J's Python half, as pip chose it."""
    py4j_jar: str
    """Py4J's Java half, which comes with Spark."""
    java: str
    python: str
    java_calls: str
    """What the tool said about the Java side."""
    transcript: Transcript

    @property
    def counts(self) -> Counter[str]:
        """How many exchanges of each command, by its code."""
        return Counter(said.request.split("\n", 1)[0] for said in self.transcript.said)


@dataclass(frozen=True, slots=True)
class Answered:
    """One request over a plain socket, and what two versions of Py4J's gateway answered."""

    what: str
    """What is asked, in a few words."""
    request: str
    """As it is sent, without the last line feed."""
    answers: tuple[str | None, ...]
    """For each gateway its first line, without its line feed and without a stack trace; None when the next
    question was answered and this one was not."""
    closed: tuple[bool, ...]
    """For each gateway whether it closed the connection after this request."""
    token: bool = True
    """Whether the token was told before, to the gateway that wants one."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The whole file."""

    made: str
    """The day, as 2026-11-22."""
    command: str
    """The command that makes it."""
    system: str
    """The operating system's name."""
    program: str
    releases: tuple[Release, ...]
    """In the order of their versions."""
    gateways: tuple[str, ...]
    """The versions of Py4J whose gateways were asked."""
    gateway_java: str
    """The Java that ran them."""
    answered: tuple[Answered, ...]

    def release(self, pyspark: str) -> Release:
        """The release of that version. Raises ``KeyError`` when it isn't there."""
        for one in self.releases:
            if one.pyspark == pyspark:
                return one
        raise KeyError(pyspark)


def to_json(versions: Versions) -> str:
    """The text of the file; the same data is always the same text."""
    data = {
        "format": FORMAT,
        "made": versions.made,
        "command": versions.command,
        "system": versions.system,
        "program": versions.program,
        "releases": [_release_data(one) for one in versions.releases],
        "gateways": {
            "py4j": list(versions.gateways),
            "java": versions.gateway_java,
            "answered": [
                {
                    "what": one.what,
                    "request": one.request,
                    "answers": list(one.answers),
                    "closed": list(one.closed),
                    "token": one.token,
                }
                for one in versions.answered
            ],
        },
    }
    # One exchange a line: a change is then a short difference in a review.
    text = json.dumps(data, indent=1, ensure_ascii=False)
    return (
        re.sub(
            r"\[\n\s+(\d+|\"(?:[^\"\\]|\\.)*\")((?:,\n\s+(?:\d+|\"(?:[^\"\\]|\\.)*\"))*)\n\s+\]",
            _on_a_line,
            text,
        )
        + "\n"
    )


def _on_a_line(found: re.Match[str]) -> str:
    return "[" + re.sub(r"\s*\n\s*", " ", found[1] + found[2]) + "]"


def _release_data(release: Release) -> dict[str, Any]:
    places: dict[tuple[str, ...], int] = {}
    exchanges = []
    for said in release.transcript.said:
        number = places.setdefault(said.at, len(places))
        exchanges.append([said.request, said.reply, number])
    return {
        "pyspark": release.pyspark,
        "py4j": release.py4j,
        "py4j_jar": release.py4j_jar,
        "java": release.java,
        "python": release.python,
        "java_calls": release.java_calls,
        "left_out": release.transcript.left_out,
        "places": [list(place) for place in places],
        "exchanges": exchanges,
    }


def from_json(text: str) -> Versions:
    """Read the file. Raises ``ValueError`` that says what is wrong with it."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']!r}, and this version reads {FORMAT}")
        gateways = data["gateways"]
        return Versions(
            made=data["made"],
            command=data["command"],
            system=data["system"],
            program=data["program"],
            releases=tuple(_release(one) for one in data["releases"]),
            gateways=tuple(gateways["py4j"]),
            gateway_java=gateways["java"],
            answered=tuple(
                Answered(
                    one["what"], one["request"], tuple(one["answers"]), tuple(one["closed"]), one["token"]
                )
                for one in gateways["answered"]
            ),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"the data of versions is not as it should be: {error!r}") from error


def kept() -> Versions:
    """What the file holds. Raises ``ValueError`` as ``from_json`` does."""
    return from_json(KEPT.read_text("utf-8"))


def _release(data: dict[str, Any]) -> Release:
    places = [tuple(place) for place in data["places"]]
    said = tuple(Said(request, reply, places[number]) for request, reply, number in data["exchanges"])
    transcript = Transcript(said, dict(data["left_out"]))
    names = ("pyspark", "py4j", "py4j_jar", "java", "python", "java_calls")
    return Release(**{name: data[name] for name in names}, transcript=transcript)


_FOREIGN = {
    "a secret": re.compile(r"[0-9a-fA-F]{32,}|\*{6,}"),
    "a path of the machine": re.compile(
        r"/(?:tmp|home|root|work|usr|opt|var|private|Users|mnt|build)\b|file:/|\b[A-Z]:\\\\"
    ),
    "an address": re.compile(r"(?<![\d.])(?!127\.0\.0\.1\b|0\.10\.9\.\d)(?:\d{1,3}\.){3}\d{1,3}\b"),
    "a time": re.compile(r"(?<!\d)1\d{12}(?!\d)|\d\d:\d\d:\d\d"),
}
_OBJECT_ID = re.compile(r"^(?:![xy])?[rltahg]?o\d+$", re.MULTILINE)


def faults(text: str, *, also: dict[str, str] | None = None) -> list[str]:
    """What stands in the file's ``text`` that belongs to a machine or to one run, each with its place.

    The gateways' answers may hold ids, because those are the first ones of a new JVM. ``also`` names more
    texts that must not be there, such as a host's name: what it is, and the text.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in _FOREIGN.items():
            found += [f"line {number}: {what}: {hit[0]}" for hit in pattern.finditer(line)]
        for what, given in (also or {}).items():
            if given and re.search(rf"(?<![\w.-])(?:!?y?s)?{re.escape(given)}(?![\w.-])", line):
                found.append(f"line {number}: {what}")
    for release in from_json(text).releases:
        for said in release.transcript.said:
            ids = [hit[0] for one in (said.request, said.reply) for hit in _OBJECT_ID.finditer(one)]
            found += [f"PySpark {release.pyspark}: an object's id: {hit}" for hit in ids]
    return found
