"""The box around everything that a notebook shows as HTML."""

from __future__ import annotations

from IPython.display import HTML


def framed(html: str) -> HTML:
    """A fragment of HTML inside the box that carries the style of everything sparkwire shows."""
    return HTML(f'<div class="sparkwire">{html}</div>')
