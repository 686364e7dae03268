"""The committed data of versions must still be what the installed PySpark and both gateways say."""

from __future__ import annotations

import zipfile

import pyspark
import pytest

from guide.gateways import JarGateway, NoGateway, old_jar
from guide.gateways import jar as py4j_jar
from guide.gateways.jar import NoJar, own_jar
from guide.versions import make
from guide.versions.comparable import comparable
from guide.versions.data import from_json


@pytest.fixture(scope="module")
def data():
    return from_json(make.KEPT.read_text("utf-8"))


def test_the_installed_pyspark_still_says_what_the_data_says(data, bench, root):
    bench.env["SPARK_CONF_DIR"] = str(root / "tools" / "spark-conf")
    ran = bench.run(bench.script(make.PROGRAM, "adam.py"))
    assert ran.code == 0, ran.err
    today = comparable(ran.exchanges).said
    kept = data.release(pyspark.__version__).transcript.said
    assert today == kept, "run 'make versions' and look at what changed"


@pytest.fixture
def gateways(java, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(java.home))
    with JarGateway(old_jar()) as old, JarGateway(own_jar(), auth=True) as new:
        yield old, new


def test_both_gateways_still_answer_what_the_data_says(data, gateways):
    assert make.answers(*gateways) == data.answered


def test_a_gateway_ends_with_its_connections_and_is_closed_twice(gateways):
    old, _ = gateways
    line = old.line()
    assert line.say(b"c\nz:java.lang.Math\nabs\ni-1\ne\n") == b"yi1\n"
    old.close()
    old.close()
    assert line.say(b"c\nz:java.lang.Math\nabs\ni-1\ne\n") == b""
    line.close()
    with pytest.raises(ConnectionRefusedError):
        old.line()


def test_the_jar_has_a_python_half_that_is_not_installed(tmp_path):
    with zipfile.ZipFile(old_jar()) as jar:
        assert "py4j/GatewayServer.class" in jar.namelist()
    import py4j.version

    assert py4j.version.__version__ != py4j_jar.OLD
    with pytest.raises(NoJar, match="no pinned Py4J"):
        py4j_jar.get("0.1", tmp_path)


def test_without_a_network_the_reason_is_said_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(NoJar, match="pip could not download py4j"):
        py4j_jar.get(py4j_jar.OLD, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_jar_that_is_there_is_not_downloaded_again(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert py4j_jar.get(py4j_jar.OLD, py4j_jar.HOME) == old_jar()


def test_a_jar_without_a_gateway_says_so(tmp_path, java, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(java.home))
    with zipfile.ZipFile(tmp_path / "empty.jar", "w") as jar:
        jar.writestr("nothing", "")
    with pytest.raises(NoGateway, match="did not start"):
        JarGateway(tmp_path / "empty.jar")
