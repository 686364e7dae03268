"""A cluster on a page: which one it is, what is shown of it, and what is skipped on somebody else's."""

from __future__ import annotations

from collections.abc import Collection

from IPython.core.getipython import get_ipython
from IPython.display import Markdown, display

from guide.cluster.flow import flows
from guide.cluster.hosts_data import Hosts
from guide.cluster.hosts_picture import hosts_picture, hosts_table_html
from guide.cluster.picture import flow_picture, flow_rows, places, trees
from guide.cluster.running import VARIABLE, Cluster, NamedCluster, named
from guide.notebook import diagram, framed, table
from guide.processes.model import ProcessMap

MARK = "# Own cluster only:"
"""How a cell begins that looks at the processes of the page's own cluster."""

_running: list[Cluster] = []
"""The page's own cluster: there is one at a time, also when its cell is run again."""


def page_cluster(workers: int = 2) -> Cluster | NamedCluster:
    """The cluster that ``SPARKWIRE_MASTER`` names or, when it names none, one of the page's own.

    A cell whose first line, but for a cell magic, begins with ``MARK`` is for an own cluster only. On another
    one it isn't run, and a sentence says so with the rest of that line. Raises ``NoCluster``.
    """
    url = named()
    shell = get_ipython()
    if shell is not None:
        transformers = shell.input_transformers_cleanup
        transformers[:] = [one for one in transformers if one is not skipping]
        if url:
            transformers.append(skipping)
    return NamedCluster(url) if url else own_cluster(workers)


def own_cluster(workers: int = 2) -> Cluster:
    """A new cluster with that many workers, in place of an earlier one of this page. Raises ``NoCluster``."""
    while _running:
        _running.pop().end()
    said = display(Markdown("Starting a cluster."), display_id=True)
    here = Cluster(workers, heard=lambda line: said.update(Markdown(_sentence(line))))
    _running.append(here)
    said.update(Markdown(f"A master and {workers} worker{'s'[: workers != 1]} are running: `{here.url}`."))
    return here


def show_trees(
    here: Cluster, map: ProcessMap, title: str, *, before: ProcessMap | None = None, workers_only: bool = True
) -> Markdown:
    """The processes as a diagram; those that weren't there ``before`` are marked as new."""
    hosts = {pid: host for pid, host in here.hosts.items() if pid in here.workers or not workers_only}
    known = {process.pid for process in before.processes} if before is not None else None
    new: Collection[int] = () if known is None else {p.pid for p in map.processes} - known
    return diagram(trees(map, hosts, title=title, new=new))


def show_flows(here: Cluster, map: ProcessMap, title: str) -> None:
    """The connections between the processes, as a diagram and as a table."""
    found = flows(map, here.hosts)
    display(diagram(flow_picture(found, places(map, here.hosts), title=title)))
    display(table(("From", "To", "For", "Connections", "Would leave the host"), flow_rows(found)))


def show_hosts(kept: Hosts) -> None:
    """What was measured on separate hosts: a diagram of the connections, and a table of the bytes."""
    display(diagram(hosts_picture(kept)))
    display(framed(hosts_table_html(kept)))


def skipping(lines: list[str]) -> list[str]:
    """The lines of a cell, unless it is for an own cluster only: then one that shows what is skipped.

    For IPython's list of input transformers, on a page that works with somebody else's cluster.
    """
    first = 1 if lines and lines[0].startswith("%%") else 0
    if len(lines) <= first or not lines[first].startswith(MARK):
        return lines
    what = lines[first].removeprefix(MARK).strip()
    return [f"__import__('guide.cluster').cluster.skipped({what!r})\n"]


def skipped(what: str) -> Markdown:
    """The sentence that stands in place of what a cell would have shown."""
    return Markdown(
        f"*Skipped: {what}. The operating system shows the processes of this host only, and the cluster that "
        f"`{VARIABLE}` names isn't this page's own.*"
    )


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]} ..."
