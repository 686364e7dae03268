"""Connections of a cluster are counted by roles, and leave a host where two trees meet."""

from __future__ import annotations

import pytest
from clusters import HOSTS, MAP, process

from guide.cluster.flow import Flow, flows, host_of


def test_a_process_is_on_the_host_of_the_nearest_named_process_above_it():
    assert {one.pid: host_of(one, MAP, HOSTS) for one in MAP.processes} == {
        1: "the driver's host", 2: "the driver's host", 3: "the master's host",
        10: "worker 1's host", 11: "worker 1's host", 12: "worker 1's host", 13: "worker 1's host",
        20: "worker 2's host", 21: "worker 2's host",
    }  # fmt: skip
    with pytest.raises(KeyError):
        host_of(process(99, 98, "java", "java … Worker"), MAP, HOSTS)


def test_connections_are_counted_by_roles_purpose_and_host():
    assert flows(MAP, HOSTS) == [
        Flow("driver's Python", "driver's JVM", "gateway", False, 2, ("127.0.0.1",)),
        Flow("executor's JVM", "Python worker", "Python worker", False, 1, ("127.0.0.1",)),
        Flow("executor's JVM", "cluster's worker", "worker", False, 1, ("127.0.0.1",)),
        Flow("cluster's worker", "cluster's master", "master", True, 2, ("127.0.0.1",)),
        Flow("driver's JVM", "cluster's master", "master", True, 1, ("127.0.0.1",)),
        Flow("executor's JVM", "driver's JVM", "", True, 1, ("127.0.0.1",)),
        Flow("executor's JVM", "driver's JVM", "blocks", True, 1, ("127.0.0.1",)),
        Flow("executor's JVM", "executor's JVM", "blocks", True, 1, ("127.0.0.1",)),
    ]


def test_the_same_connections_on_one_host_leave_nothing():
    one_host = dict.fromkeys(HOSTS, "the only host")
    assert not [flow for flow in flows(MAP, one_host) if flow.leaves]
    assert sum(flow.connections for flow in flows(MAP, one_host)) == len(MAP.connections)
