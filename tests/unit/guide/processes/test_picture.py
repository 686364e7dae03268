"""A process map says who is whose child and which socket joins whom, and shows text from outside as it is."""

from __future__ import annotations

import random
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import mermaidx
import pytest
from playbook import converse

from guide.processes.look import short_command
from guide.processes.model import CONNECT, Connected, Listening, MappedProcess, ProcessMap, known_ports
from guide.processes.picture import process_map, process_map_html

PYTHON = MappedProcess(10, 1, "python", "python adam.py")
JAVA = MappedProcess(11, 10, "java", "java … SparkSubmit pyspark-shell")
DAEMON = MappedProcess(12, 11, "python3", "python3 -m pyspark.daemon …")
WORKERS = [MappedProcess(n, 12, "python3", "python3 -m pyspark.daemon …") for n in (13, 14)]
PORTS = {4000: "gateway", 4001: "accumulator", 4002: "result", 4003: "callback"}
MAP = ProcessMap(
    (PYTHON, JAVA, DAEMON, *WORKERS),
    (
        Listening(10, "127.0.0.1", 4001), Listening(11, "127.0.0.1", 4000), Listening(12, "127.0.0.1", 7000),
        Listening(11, "127.0.0.1", 9000),
    ),
    (
        Connected(10, 50, 11, 4000, "127.0.0.1"), Connected(10, 51, 11, 4000, "127.0.0.1"),
        Connected(11, 52, 10, 4001, "127.0.0.1"), Connected(10, 53, 11, 4002, "127.0.0.1"),
        Connected(11, 54, 13, 7000, "127.0.0.1"),
    ),
    PORTS,
)  # fmt: skip


def test_roles_parents_and_ports():
    assert [MAP.role(p) for p in MAP.processes] == [
        "driver's Python", "driver's JVM", "Python workers' daemon", "Python worker", "Python worker",
    ]  # fmt: skip
    assert MAP.parent(JAVA) is PYTHON
    assert MAP.parent(PYTHON) is None
    assert MAP.children(DAEMON) == WORKERS
    assert MAP.find("driver's JVM") == [JAVA]
    assert MAP.listener("gateway") == (JAVA, Listening(11, "127.0.0.1", 4000))
    assert MAP.connected("gateway") == [(PYTHON, JAVA)] * 2
    assert MAP.connected("Python worker") == [(JAVA, WORKERS[0])]
    with pytest.raises(KeyError):
        MAP.listener("result")
    with pytest.raises(KeyError):
        MAP.process(99)


def test_a_spark_connect_client_is_known_by_the_port_that_it_asks():
    server = MappedProcess(20, 1, "java", "java … SparkSubmit --class …SparkConnectServer")
    map = ProcessMap(
        (PYTHON, server), (Listening(20, "127.0.0.1", 15002),),
        (Connected(10, 60, 20, 15002, "127.0.0.1"),), {15002: CONNECT},
    )  # fmt: skip
    assert [map.role(one) for one in map.processes] == ["Spark Connect client", "driver's JVM"]
    assert map.connected(CONNECT) == [(PYTHON, server)]
    assert map.role(replace(PYTHON, pid=99)) == ""


def test_the_diagram_has_parents_and_sockets():
    source = process_map(MAP, title="who")
    lines = [line.strip() for line in source.splitlines()]
    assert lines[0] == "flowchart TB"
    assert "accTitle: who" in lines
    assert [line for line in lines if "==>" in line] == [
        f'p{a} ==>|"started"| p{b}' for a, b in ((1, 2), (2, 3), (3, 4), (3, 5))
    ]
    sockets = [line for line in lines if "-.->" in line]
    assert sockets == [
        'p1 -.->|"gateway<br/>2 connections<br/>port 4000"| p2',
        'p2 -.->|"accumulator<br/>port 4001"| p1',
        'p1 -.->|"result<br/>port 4002"| p2',
        'p2 -.->|"Python worker<br/>port 7000 of process 12"| p4',
    ]
    assert "result" not in process_map(MAP, without=frozenset({"result"}))


def test_the_order_of_sockets_changes_nothing():
    shuffled = random.Random(3)
    for _ in range(5):
        listening, connections = list(MAP.listening), list(MAP.connections)
        shuffled.shuffle(listening)
        shuffled.shuffle(connections)
        other = ProcessMap(MAP.processes, tuple(listening), tuple(connections), dict(reversed(PORTS.items())))
        assert (process_map(other), process_map_html(other)) == (process_map(MAP), process_map_html(MAP))


class Tables(HTMLParser):
    """The text of each table's cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.tables[-1][-1][-1] += data


def test_the_tables_say_the_same_in_words(check):
    page = process_map_html(MAP)
    processes, ports = Tables(page).tables
    assert processes[0] == ["Process", "Number", "Child of", "Command"]
    assert processes[1] == ["driver's Python", "10", "1, not in this map", "python adam.py"]
    assert processes[4][0:3] == ["Python worker 13", "13", "Python workers' daemon"]
    assert ports[1:] == [
        ["gateway", "4000", "127.0.0.1", "driver's JVM", "driver's Python, 2 connections"],
        ["accumulator", "4001", "127.0.0.1", "driver's Python", "driver's JVM"],
        ["result", "4002", "127.0.0.1", "driver's JVM (no longer listening)", "driver's Python"],
        ["Python worker", "7000", "127.0.0.1", "Python workers' daemon", "driver's JVM"],
    ]
    assert "1 more port of these processes" in check(page).text


def test_a_connection_whose_sides_cannot_be_told_is_no_arrow():
    unsure = ProcessMap((PYTHON, JAVA), (), (Connected(10, 2, 11, 1, "127.0.0.1", sure=False),))
    assert 'p1 -.-|"unknown<br/>port 1"| p2' in process_map(unsure)
    assert "or the other way round" in process_map_html(unsure)


def test_hostile_names_are_shown_as_they_are():
    hostile = '"]; end --> <b>x</b> %% #quot; \x1b[31m'
    map = ProcessMap((MappedProcess(1, 0, hostile, hostile),))
    assert "<b>" not in process_map_html(map)
    assert "\x1b" not in process_map_html(map)
    svg = mermaidx.render(process_map(map)).svg()
    text = "".join(ElementTree.fromstring(svg).itertext())
    assert "<b>x</b>" in text
    assert "process 1" in text


SHORT = {
    ("/usr/bin/python3", "-u", "/home/me/adam.py", "--password", "hunter2"): "python3 adam.py …",
    ("python", "-m", "pyspark.daemon", "pyspark.worker"): "python -m pyspark.daemon …",
    ("python", "-c", "token = 'hunter2'"): "python -c …",
    ("python",): "python",
    (): "",
    ("/bin/bash", "/spark/bin/spark-submit", "--conf", "a.password=hunter2"): "bash spark-submit …",
    ("bash", "-c", "PASSWORD=hunter2 run"): "bash …",
    ("curl", "-u", "me:hunter2"): "curl …",
    (
        "java", "-cp", "hunter2/*", "-Dsecret=hunter2", "-Xmx1g", "org.apache.spark.deploy.SparkSubmit",
        "--master", "local[1]", "--conf", "spark.my.password=hunter2", "--conf=spark.a=hunter2",
        "--name", "hunter2", "pyspark-shell",
    ): "java … SparkSubmit --master local[1] --conf spark.my.password=… --conf spark.a=… --name …"
       " pyspark-shell",
    ("java", "-cp", "x", "org.apache.spark.deploy.SparkSubmit", "--master", "spark://me:hunter2@host:7077",
     "/home/me/adam.py", "--token", "hunter2"): "java … SparkSubmit --master … adam.py …",
    ("java", "-jar"): "java …",
}  # fmt: skip


@pytest.mark.parametrize("command", SHORT)
def test_a_command_is_shortened_to_what_is_harmless(command):
    assert short_command(command) == SHORT[command]
    assert "hunter2" not in short_command(command)


def test_ports_are_known_from_the_wire():
    found = converse(
        (
            b"i\norg.apache.spark.api.python.PythonAccumulatorV2\ns127.0.0.1\ni4001\ns********\ne\n",
            b"!yro3\n",
        ),
        (b"a\ng\no5\ni0\ne\n", b"!yi4002\n"),
        (b"a\ng\no5\ni1\ne\n", b"!ys" + b"*" * 64 + b"\n"),
        (b"a\ng\no6\ni0\ne\n", b"!yi8\n"),
        (b"a\ng\no6\ni1\ne\n", b"!yi9\n"),
    )
    assert known_ports(SimpleNamespace(connections=(), exchanges=found)) == {
        4001: "accumulator",
        4002: "result",
    }
