"""Spark's standalone cluster on this machine: started, looked at, and ended whatever happens.

The names below are imported when they are first used: the processes that only hold a cluster need no IPython.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guide.cluster.flow import cluster_ports as cluster_ports
    from guide.cluster.flow import flows as flows
    from guide.cluster.flow import host_of as host_of
    from guide.cluster.hosts_data import kept_hosts as kept_hosts
    from guide.cluster.page import own_cluster as own_cluster
    from guide.cluster.page import page_cluster as page_cluster
    from guide.cluster.page import show_flows as show_flows
    from guide.cluster.page import show_hosts as show_hosts
    from guide.cluster.page import show_trees as show_trees
    from guide.cluster.page import skipped as skipped
    from guide.cluster.running import Cluster as Cluster
    from guide.cluster.running import NamedCluster as NamedCluster
    from guide.cluster.standalone import NoCluster as NoCluster

_WHERE = {
    "Cluster": "running",
    "NamedCluster": "running",
    "NoCluster": "standalone",
    "cluster_ports": "flow",
    "flows": "flow",
    "host_of": "flow",
    "kept_hosts": "hosts_data",
    "own_cluster": "page",
    "page_cluster": "page",
    "show_flows": "page",
    "show_hosts": "page",
    "show_trees": "page",
    "skipped": "page",
}

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'guide.cluster' has no attribute {name!r}")
    return getattr(importlib.import_module(f"guide.cluster.{_WHERE[name]}"), name)
