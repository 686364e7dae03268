"""The boxes around what a notebook shows as HTML, and around a diagram."""

from __future__ import annotations

from IPython.display import HTML, Markdown

from sparkwire import views


def framed(html: views.Html) -> HTML:
    """A fragment of HTML inside the box that carries the style of everything sparkwire shows."""
    return HTML(views.framed(html))


def mermaid(source: str) -> Markdown:
    """A diagram, as Markdown with a fence that JupyterLab and the site both draw."""
    return Markdown(views.fenced(source))
