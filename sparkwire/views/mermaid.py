"""Mermaid: text that means nothing to its reader, and the fence that notebooks and the site draw."""

from __future__ import annotations

import re

from sparkwire.plain import shorten_middle, visible

TEXT_SHOWN = 48
"""Characters of a label, so that a diagram stays narrow."""

_PLAIN = re.compile(r"[A-Za-z0-9 ,._()/·…→µ=+*!?'\[\]–-]|[^\x00-\x7f]")


def label(said: str, most: int = TEXT_SHOWN) -> str:
    """``said`` as Mermaid text that shows it unchanged, in at most ``most`` characters.

    All but plain characters become Mermaid's entity codes (``#59;``), because ``;``, ``#``, ``%%``, ``end``
    and others mean something to its reader.
    """
    shown = shorten_middle(visible(said), most).strip() or " "
    escaped = "".join(c if _PLAIN.fullmatch(c) else f"#{ord(c)};" for c in shown)
    # "end" closes a block wherever it stands alone.
    return re.sub(r"\b(e)nd\b", lambda m: f"#{ord(m[1])};{m[0][1:]}", escaped, flags=re.IGNORECASE)


def fenced(source: str) -> str:
    """A diagram as Markdown, with the fence that JupyterLab and the site both draw."""
    return f"```mermaid\n{source.rstrip()}\n```"
