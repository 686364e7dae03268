"""A process map as a notebook shows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from IPython.display import HTML, display

from guide.notebook import diagram
from guide.processes.look import look, own_ports
from guide.processes.model import ProcessMap, known_ports
from guide.processes.picture import process_map, process_map_html
from sparkwire import Recording


class Processes:
    """A process map as a notebook shows it: a diagram, and the same in words. ``map`` is the map itself."""

    def __init__(self, map: ProcessMap, title: str = "") -> None:
        self.map = map
        self.title = title

    def _ipython_display_(self) -> None:
        display(diagram(process_map(self.map, title=self.title)))
        display(HTML(process_map_html(self.map)))


def processes(
    root: int | None = None,
    recording: Recording | None = None,
    title: str = "",
    without: Collection[int] = (),
    also: Collection[int] = (),
    ports: Mapping[int, str] | None = None,
) -> Processes:
    """What is running now: the process ``root`` (the notebook's own when None) and all that it started, with
    the sockets between them. Processes in ``without`` are left out with all below them, and those in ``also``
    are in the map with all below them, too.

    What the ports are for comes from ``recording``, from ``ports`` and, for the notebook's own, from PySpark.
    """
    known = own_ports() if root is None else {}
    if recording is not None:
        known |= known_ports(recording.trace)
    return Processes(look(root, known | dict(ports or {}), without, also), title)
