"""A page works with its own cluster or with one that the environment names, and says what it skips there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell

from guide.cluster.page import MARK, page_cluster, skipped, skipping
from guide.cluster.running import VARIABLE, NamedCluster

ROOT = Path(__file__).resolve().parents[4]
CELL = re.compile(
    r"^```\{code-cell\} ipython3\n(?::tags: \[[^\]]*\]\n\n?)?(.*?)^```$", re.MULTILINE | re.DOTALL
)


def test_a_cell_for_an_own_cluster_is_replaced_and_no_other():
    cell = [f"{MARK} the processes\n", "assert False\n"]
    [line] = skipping(cell)
    shown = eval(line)
    assert shown.data == skipped("the processes").data
    assert shown.data.startswith("*Skipped: the processes. ")
    assert VARIABLE in shown.data
    assert skipping(["%%wire name\n", *cell]) == [line]
    for other in ([], ["%%wire name\n"], ["x = 1\n", f"{MARK} the processes\n"], ["# Own\n"]):
        assert skipping(other) == other


def test_the_environment_names_the_cluster(monkeypatch):
    shell = InteractiveShell.instance()
    monkeypatch.setenv(VARIABLE, " spark://127.0.0.1:7077 ")
    for _ in range(2):
        here = page_cluster()
        assert isinstance(here, NamedCluster)
        assert (here.url, here.own) == ("spark://127.0.0.1:7077", False)
        assert shell.input_transformers_cleanup.count(skipping) == 1
    shell.input_transformers_cleanup.remove(skipping)


@pytest.mark.parametrize("url", ["spark://127.0.0.1:1", "spark://localhost:1", "spark://127.3.2.1:1,b:1"])
def test_a_cluster_on_loopback_keeps_the_driver_there(monkeypatch, url):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    assert NamedCluster(url).on_loopback
    assert os.environ["SPARK_LOCAL_IP"] == "127.0.0.1"


@pytest.mark.parametrize("url", ["spark://elsewhere:7077", "spark://127.0.0.1.example.org:7077", "yarn"])
def test_a_cluster_elsewhere_must_reach_the_driver(monkeypatch, url):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    assert not NamedCluster(url).on_loopback
    assert "SPARK_LOCAL_IP" not in os.environ


def pages_with(word: str) -> list[Path]:
    return [path for path in sorted((ROOT / "notebooks").glob("*.md")) if word in path.read_text("utf-8")]


def test_a_page_that_runs_a_cluster_of_two_workers_runs_alone():
    pages = pages_with("page_cluster(workers=2)")
    assert pages
    for page in pages:
        front = yaml.safe_load(page.read_text("utf-8").split("---\n")[1])
        assert front.get("runs_alone") is True, page.name


def test_cells_that_look_at_processes_say_so_in_their_first_line():
    """On a cluster elsewhere they would fail: there is nothing to look at."""
    looks = re.compile(r"\bcluster\.look\(|\bshow_(?:trees|flows)\(|\bafter_\w+|psutil\.Process\(")
    marked = 0
    for page in pages_with("page_cluster("):
        for cell in CELL.findall(page.read_text("utf-8")):
            if looks.search(cell):
                assert cell.lstrip().startswith(MARK), cell[:80]
                marked += 1
    assert marked > 5
