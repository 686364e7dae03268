"""What is kept of separate hosts is sound, holds nothing of a machine, and says what the page says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from guide.cluster.hosts_data import (
    CALLS,
    HOSTS,
    KEPT,
    PROGRAMS,
    ROWS,
    faults,
    from_json,
    kept_hosts,
    to_json,
)

TEXT = KEPT.read_text("utf-8")
WORKERS = ("worker 1", "worker 2")


def changed(**values: object) -> str:
    data = json.loads(TEXT) | values
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def test_the_file_is_sound():
    assert faults(TEXT) == []
    assert to_json(from_json(TEXT)) == TEXT


def test_the_command_checks_it():
    asked = [sys.executable, "-m", "guide.cluster", "hosts", "--check"]
    assert subprocess.run(asked, capture_output=True, text=True, check=False).returncode == 0


def test_each_phase_has_each_host():
    kept = kept_hosts()
    assert [phase.name for phase in kept.phases] == list(PROGRAMS)
    assert all(set(phase.bytes) == set(HOSTS) for phase in kept.phases)
    with pytest.raises(KeyError):
        kept.phase("none")


def test_what_one_host_sends_others_receive():
    for phase in kept_hosts().phases:
        sent = sum(one.sent for one in phase.bytes.values())
        received = sum(one.received for one in phase.bytes.values())
        # The switch gives a question for an address to all hosts, and takes part in the talk itself.
        assert abs(sent - received) <= 0.02 * sent + 3_000, phase.name


def test_the_gateways_bytes_stay_on_the_drivers_host():
    calls = kept_hosts().phase("calls").bytes
    # A request and its reply have at least twenty bytes, and each packet has headers of over fifty.
    assert calls["driver"].loopback > CALLS * (20 + 2 * 50)
    assert [calls[host].loopback for host in HOSTS if host != "driver"] == [0, 0, 0]
    assert calls["driver"].sent < calls["driver"].loopback / 100


def test_only_python_functions_use_the_workers_loopback():
    kept = kept_hosts()
    assert [kept.phase("built-in").bytes[host].loopback for host in WORKERS] == [0, 0]
    udf = kept.phase("udf").bytes
    assert sum(udf[host].loopback for host in WORKERS) > 2 * 8 * ROWS
    assert all(udf[host].loopback > udf[host].sent for host in WORKERS)


def test_no_connection_of_pythons_leaves_a_host():
    kept = kept_hosts()
    assert [flow for flow in kept.flows if flow.leaves and "Python" in flow.client + flow.server] == []
    of_python = [flow for flow in kept.flows if "Python" in flow.client + flow.server]
    assert {flow.what for flow in of_python} == {"gateway", "accumulator", "Python worker"}
    assert {flow.addresses for flow in of_python} == {("127.0.0.1",)}


@pytest.mark.parametrize(
    "values, fault",
    [
        ({"command": "make tea"}, "its command or its hosts"),
        ({"hosts": {}}, "its command or its hosts"),
        ({"phases": []}, "its phases are not"),
        ({"versions": {"pyspark": "4.3.0"}}, "with which versions"),
        ({"versions": {"pyspark": "", "py4j": "1", "java": "1", "python": "1"}}, "with which versions"),
        ({"system": "Linux in /home/somebody"}, "it names a place: /home"),
        ({"made": "/2026-12-01"}, "it names a place"),
    ],
)
def test_a_wrong_file_is_refused(values, fault):
    assert fault in "; ".join(faults(changed(**values)))


def test_wrong_counts_and_addresses_are_refused():
    data = json.loads(TEXT)
    data["phases"][0]["bytes"]["driver"]["sent"] = -1
    del data["phases"][1]["bytes"]["master"]
    [leaving, *_] = [flow for flow in data["flows"] if flow["leaves"]]
    leaving["addresses"] = ["127.0.0.1"]
    found = "; ".join(faults(changed(**data)))
    assert "nothing: driver counted less than nothing" in found
    assert "calls: its hosts are not those of the exhibit" in found
    assert "its addresses say otherwise than its hosts" in found


def test_names_of_the_machine_are_found():
    assert faults(changed(system="Linux on dusty"), {"this machine": "dusty"}) == ["it names this machine"]
    assert faults(TEXT, {"this machine": ""}) == []


@pytest.mark.parametrize(
    "text", ["{}", "[]", changed(format=0), changed(phases=[{}]), "{", changed(flows=[1])]
)
def test_what_is_no_such_file_is_refused(text):
    with pytest.raises(ValueError, match=r"not as it should be|format|Expecting"):
        from_json(text)


def test_another_layout_of_the_same_data_is_told():
    assert faults(json.dumps(json.loads(TEXT))) == ["it is not written as 'make hosts' writes it"]
