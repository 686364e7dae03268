"""An exchange as one line of JSON, for other programs to read.

The keys are a promise: ``n``, ``channel``, ``connection``, ``command``, ``request``, ``reply``,
``call_site``, ``start_ns``, ``duration_ns``, ``java``. It imports the model and the standard library.
"""

from __future__ import annotations

import json

from sparkwire.trace.gateway.exchanges import Exchange


def json_line(exchange: Exchange) -> str:
    """One line, without its newline.

    ``request`` and ``reply`` are the text on the wire; a byte that isn't UTF-8 stands as ``\\xNN``.
    ``call_site`` has the user's ``file``, ``line`` and ``code``, and the library's ``function``; it is
    null when there is none, as for what Py4J does by itself. Times are nanoseconds.
    """
    site = exchange.site
    line = site.user if site else None
    return json.dumps(
        {
            "n": exchange.n,
            "channel": exchange.channel,
            "connection": exchange.connection,
            "command": exchange.command,
            "request": _wire_text(exchange.request.raw),
            "reply": None if exchange.reply is None else _wire_text(exchange.reply.raw),
            "call_site": {
                "file": line.file,
                "line": line.line,
                "code": line.code,
                "function": site.function,
            }
            if site and line
            else None,
            "start_ns": exchange.start_ns,
            "duration_ns": exchange.duration_ns,
            "java": [{"method": call.method, "duration_ns": call.duration_ns} for call in exchange.java],
        },
        ensure_ascii=False,
    )


def _wire_text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")
