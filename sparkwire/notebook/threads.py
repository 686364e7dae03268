"""What a notebook shows of the threads of a recording."""

from __future__ import annotations

from IPython.display import HTML, display

from sparkwire import views
from sparkwire.notebook.box import mermaid
from sparkwire.trace.gateway.threads import ThreadPair


class Threads:
    """Which threads spoke to each other: a diagram, and the same as a table. ``pairs`` is what they show."""

    def __init__(self, pairs: list[ThreadPair], title: str = "") -> None:
        self.pairs = pairs
        self.title = title

    def _ipython_display_(self) -> None:
        display(mermaid(views.threads_map(self.pairs, title=self.title)))
        display(HTML(views.threads_html(self.pairs)))
