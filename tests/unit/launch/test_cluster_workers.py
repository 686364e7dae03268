"""Functions of a program on a cluster carry the recorder; others, and the class itself, are as before."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from sparkwire.launch.cluster_workers import ClusterWorkers
from sparkwire.record.worker_settings import VARIABLE


class Context:
    """As ``SparkContext`` makes its ``environment`` (``pyspark/core/context.py``, 4.3.0)."""

    _jsc = None

    def __init__(self, master, environment=None):
        self.environment = environment or {}
        self.master = master
        self.environment["PYTHONHASHSEED"] = "0"
        self._jsc = object()


@pytest.fixture
def found(monkeypatch):
    """The masters of which ``ClusterWorkers`` told; ``Context`` is watched."""
    masters: list[str] = []
    module = ModuleType("pyspark.core.context")
    cls = type("Context", (Context,), {"__module__": module.__name__})
    module.SparkContext = cls
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "pyspark.context", ModuleType("pyspark.context"))
    ClusterWorkers("/startup", "settings", masters.append).install()
    return cls, masters


@pytest.mark.parametrize(
    "master", ["spark://host:7077", "yarn", "k8s://https://host", "local-cluster[2,1,512]"]
)
def test_a_clusters_functions_carry_it_from_the_first_on(found, master):
    cls, masters = found
    context = cls(master, {"MINE": "1", "PYTHONPATH": "/mine"})
    assert context.__dict__["environment"] == {"MINE": "1", "PYTHONPATH": "/mine", "PYTHONHASHSEED": "0"}
    assert context.environment == {
        "MINE": "1",
        "PYTHONPATH": "/startup:/mine",
        "PYTHONHASHSEED": "0",
        VARIABLE: "settings",
    }
    assert context.environment is context.environment
    assert masters == [master]


@pytest.mark.parametrize("master", ["local", "local[1]", "local[*]", "local[2,3]"])
def test_a_local_programs_functions_do_not(found, master):
    cls, masters = found
    assert cls(master).environment == {"PYTHONHASHSEED": "0"}
    assert masters == []


def test_a_class_without_the_attribute_still_has_none(found):
    cls, _ = found
    with pytest.raises(AttributeError, match="type object 'Context' has no attribute 'environment'"):
        _ = cls.environment
    with pytest.raises(AttributeError, match="'Context' object has no attribute 'environment'"):
        _ = cls.__new__(cls).environment
