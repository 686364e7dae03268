"""How else a secret may be written: on the wire, in a URL, in JSON, in SQL, in a line of source."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, quote_plus, unquote

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def spellings(secret: bytes) -> tuple[set[str], set[str]]:
    """The spellings of a secret that stood on the wire as these bytes.

    First those that may stand on the wire, as Latin-1 text; then those that may stand in a line of source.
    """
    text = _of_wire(secret.decode(errors="replace"))
    # It may have been written for something that was to read it: a URL, a JSON document, an SQL statement.
    values = {text, unquote(text), _of_json(text), text.replace("''", "'")}
    written = {secret.decode("latin-1")}
    meant = set(values)
    for value in values:
        others = {value, quote(value), quote(value, safe=""), quote_plus(value), value.replace("'", "''")}
        others |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        meant |= others
        written |= {_on_wire(other).encode().decode("latin-1") for other in others}
    return written, meant


def _on_wire(text: str) -> str:
    """As Py4J writes it (0.10.9.9, protocol.py, escape_new_line)."""
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def _of_wire(text: str) -> str:
    return _ESCAPED.sub(lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), text)


def _of_json(text: str) -> str:
    """What JSON reads it as; as it is, where that is no text: half a pair of surrogates can't be written."""
    try:
        read = str(json.loads(f'"{text}"'))
        read.encode()
    except ValueError:
        return text
    return read
