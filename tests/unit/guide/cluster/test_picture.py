"""Diagrams of a cluster have a box for each host, and Mermaid can draw them."""

from __future__ import annotations

import re

from clusters import HOSTS, JAVA_ONLY, MAP

from guide.cluster.flow import flows
from guide.cluster.hosts_data import HOSTS as ADDRESSES
from guide.cluster.hosts_data import kept_hosts
from guide.cluster.hosts_picture import WORDS, hosts_picture, hosts_table_html
from guide.cluster.picture import flow_picture, flow_rows, places, trees
from guide.sphinx_ext.diagram_svg import draw, size
from sparkwire import views

WORKERS = {pid: host for pid, host in HOSTS.items() if host.startswith("worker")}


def lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines()]


def test_a_tree_for_each_named_host_and_new_processes_marked():
    source = trees(MAP, WORKERS, title="under the workers", new={12, 13})
    shown = lines(source)
    assert shown[0] == "flowchart TB"
    boxes = [[*map(int, re.findall(r"process (\d+)", box))] for box in source.split("subgraph")[1:]]
    assert [line for line in shown if line.startswith("subgraph")] == [
        'subgraph h2["worker 2\'s host"]', 'subgraph h1["worker 1\'s host"]',
    ]  # fmt: skip
    assert boxes == [[20, 21], [10, 11, 12, 13]]
    number = {int(pid): name for name, pid in re.findall(r"(p\d+)\[.*process (\d+)", source)}
    assert {line for line in shown if "==>" in line} == {
        f"{number[parent]} ==> {number[child]}" for parent, child in ((20, 21), (10, 11), (11, 12), (12, 13))
    }
    assert [line for line in shown if line.endswith(":::new")] == [
        f'{number[12]}["Python workers\'<br/>daemon<br/>process 12<br/>new"]:::new',
        f'{number[13]}["Python worker<br/>process 13<br/>new"]:::new',
    ]
    assert "driver" not in source
    assert "process 12" in draw(source)


def test_hosts_stand_two_by_two():
    source = trees(JAVA_ONLY, HOSTS, title="all hosts")
    assert [line for line in lines(source) if "~~~" in line] == ["h1 ~~~ h3", "h2 ~~~ h4"]
    alone, together = size(draw(trees(JAVA_ONLY, WORKERS, title="two"))), size(draw(source))
    assert together[0] < 1.2 * alone[0]
    assert together[1] > 1.5 * alone[1]


def test_a_role_on_several_hosts_is_on_each_of_them():
    assert places(MAP, HOSTS) == {
        "driver's Python": "the driver's host",
        "driver's JVM": "the driver's host",
        "cluster's master": "the master's host",
        "cluster's worker": "each worker's host",
        "executor's JVM": "each worker's host",
        "Python workers' daemon": "worker 1's host",
        "Python worker": "worker 1's host",
    }


def test_what_leaves_a_host_has_a_thick_arrow():
    found = flows(JAVA_ONLY, HOSTS)
    source = flow_picture(found, places(JAVA_ONLY, HOSTS), title="connections")
    arrows = [line for line in lines(source) if "r" in line and "|" in line]
    assert arrows == [
        'r1 -.->|"gateway"| r2', 'r5 -.->|"worker"| r4', 'r4 ==>|"master"| r3', 'r2 ==>|"master"| r3',
        'r5 ==>|"unknown<br/>blocks"| r2', 'r5 ==>|"blocks"| r5',
    ]  # fmt: skip
    assert "blocks" in draw(source)
    assert "daemon" not in flow_picture(flows(MAP, HOSTS), places(MAP, HOSTS), title="connections")
    told = flow_picture(found, places(JAVA_ONLY, HOSTS), title="connections", addresses=True)
    assert 'r1 -.->|"gateway<br/>127.0.0.1"| r2' in lines(told)


def test_the_rows_say_the_same():
    found = flows(JAVA_ONLY, HOSTS)
    rows = flow_rows(found)
    assert rows[0] == ("driver's Python", "driver's JVM", "gateway", "2", "no")
    assert [row[-1] == "yes" for row in rows] == [flow.leaves for flow in found]


def test_what_is_kept_of_separate_hosts_can_be_drawn_and_is_whole():
    kept = kept_hosts()
    assert "10.77.0.2" in draw(hosts_picture(kept))
    told = hosts_table_html(kept)
    for phase in kept.phases:
        assert WORDS[phase.name] in told
        for host in ADDRESSES:
            assert f"stayed {views.number(phase.bytes[host].loopback)}<" in told
            assert f"left {views.number(phase.bytes[host].sent)}<" in told
