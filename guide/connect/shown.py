"""``ConnectRecording``: what one block of code said to a Spark Connect server, as a notebook shows it."""

from __future__ import annotations

from collections import Counter

from IPython.display import HTML, Markdown, display

from guide.connect.calls import GrpcCall
from guide.connect.picture import call_html, calls_html, connect_sequence, plan_html
from guide.connect.plan import plan_of
from guide.notebook import diagram, framed
from sparkwire import views
from sparkwire.views import tag


class ConnectRecording:
    """The gRPC calls of a block, and the ways to look at them. ``ConnectRecorder.recording`` fills it."""

    def __init__(self, calls: list[GrpcCall] | None = None, name: str = "connect") -> None:
        self.calls = calls or []
        self.name = name
        self._shown: Counter[str] = Counter()

    @property
    def waited(self) -> list[GrpcCall]:
        """The calls for which the program waited: all but those of the client's own threads."""
        return [call for call in self.calls if not call.background]

    def find(self, method: str) -> list[GrpcCall]:
        """The calls of a method, such as ``ExecutePlan``."""
        return [call for call in self.calls if call.method == method]

    def __len__(self) -> int:
        return len(self.calls)

    def __repr__(self) -> str:
        """What was recorded, in a sentence."""
        behind = len(self.calls) - len(self.waited)
        said = f"{views.many(len(self.waited), 'gRPC call')} that the program waited for"
        return f"{said}, {views.number(behind)} in the client's own threads."

    def diagram(self, title: str = "") -> Markdown:
        """A sequence diagram."""
        return diagram(connect_sequence(self.calls, title))

    def list(self) -> HTML:
        """All calls as a list; each opens."""
        return HTML(calls_html(self.calls, self._prefix()))

    def call(self, call: GrpcCall) -> HTML:
        """One call, opened: its plan and its messages."""
        item = call_html(call, self._prefix(), opened=True)
        return framed(tag("ol", item, class_="sw-t"))

    def plan(self, call: GrpcCall) -> HTML:
        """The plan in a call's request. Raises ``ValueError`` if it has none."""
        found = plan_of(call)
        if found is None:
            raise ValueError(f"call {call.n}, {call.method}, has no plan in its request")
        return framed(plan_html(found))

    def _prefix(self) -> str:
        """What the ids of the next view begin with: no two views on a page may share an id."""
        self._shown[self.name] += 1
        count = self._shown[self.name]
        return self.name if count == 1 else f"{self.name}-{count}"

    def _ipython_display_(self) -> None:
        display(Markdown(repr(self)))
        if self.calls:
            display(self.diagram())
            display(self.list())
