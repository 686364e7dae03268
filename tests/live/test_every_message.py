"""A real gateway says all that the code table lists; the reference page is made from the same recording."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import psutil
import pytest

from guide.gateways import NoGateway, PlainGateway
from guide.reference.entries import captures, entries, missing
from guide.reference.every_message import every_message
from sparkwire import Malformed, Recorder, load
from sparkwire.errors import RecordingError


@pytest.fixture(scope="module")
def use_java(java):
    """Java 25 from pip is the one that the gateway starts with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(java.home))
        yield


@pytest.fixture(scope="module", autouse=True)
def others():
    """The JVMs that other tests' gateways left to end in their own time: they are not this module's."""
    return set(java_children())


@pytest.fixture(scope="module")
def recorded(use_java, others, tmp_path_factory):
    trace = load(every_message(tmp_path_factory.mktemp("every message") / "t.sparkwire"))
    assert not trace.notices
    return trace


def java_children():
    return [one for one in psutil.Process().children(recursive=True) if one.name().startswith("java")]


def test_no_entry_of_the_table_lacks_a_message(recorded):
    lost = missing(captures(recorded.exchanges))
    assert not lost, "; ".join(lost)


def test_every_message_decodes(recorded):
    messages = [m for e in recorded.exchanges for m in (e.request, e.reply) if m is not None]
    bad = [m for m in messages if isinstance(m, Malformed)]
    assert not bad, bad
    for message in messages:
        assert b"".join(message.raw[f.start : f.end] for f in message.fields) == message.raw


def test_only_what_no_client_sends_is_sent_by_hand(recorded):
    captured = captures(recorded.exchanges)
    by_hand = {e.code for e in entries() if any(captured[key].by_hand for key, _ in e.needs)}
    assert by_hand == {"j r", "j s", "m a", "l x", "l n", "!z"}


def test_only_shutdown_and_cancel_have_no_reply(recorded):
    assert {e.command for e in recorded.exchanges if e.reply is None} == {"shutdown", "cancel"}


def test_callbacks_of_a_java_thread_prove_that_they_know_the_token(recorded):
    own = {e.connection for e in recorded.exchanges if e.channel == "callback" and e.parent is None}
    first = {}
    for exchange in recorded.exchanges:
        first.setdefault(exchange.connection, exchange)
    assert own
    assert all(first[connection].command == "auth" for connection in own)


def test_all_is_on_loopback_and_no_secret_is_in_it(recorded):
    assert {opened.address for opened in recorded.connections} == {"127.0.0.1"}
    tokens = [e.request.field("token").value for e in recorded.exchanges if e.command == "auth"]
    assert len(tokens) > 5
    assert not "".join(tokens).strip("*")


def test_a_stream_is_counted_and_its_connection_goes_on(recorded):
    (stream,) = (e for e in recorded.exchanges if e.command == "stream")
    assert stream.stream_bytes == len(b"these bytes are no message")
    later = [e for e in recorded.exchanges if e.connection == stream.connection and e.n > stream.n]
    assert later
    assert later[0].reply.command == "success"


def test_nothing_is_left_running(recorded, others):
    assert set(java_children()) <= others


def test_no_java_is_a_plain_error(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NoGateway, match="JAVA_HOME"):
        PlainGateway()


def test_inside_another_recording_it_is_refused_and_starts_nothing(use_java, others, tmp_path):
    with Recorder(tmp_path / "outer.sparkwire"), pytest.raises(RecordingError):
        every_message(tmp_path / "inner.sparkwire")
    assert set(java_children()) <= others


def test_the_jvm_ends_with_a_program_that_is_killed(use_java):
    program = (
        "import os, signal\n"
        "from guide.gateways import PlainGateway\n"
        "started = PlainGateway()\n"
        "print(started._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=os.environ
    )
    pid = int(done.stdout)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)
    assert not psutil.pid_exists(pid)


def test_options_reach_the_jvm(use_java):
    with PlainGateway("-Da.word=here") as started:
        assert started.client.jvm.java.lang.System.getProperty("a.word") == "here"


def test_closing_twice_is_harmless(use_java):
    started = PlainGateway()
    assert started.running
    assert started.client.jvm.java.lang.Math.abs(-4) == 4
    started.close()
    started.close()
    assert not started.running


def test_no_path_of_this_machine_is_in_it(recorded):
    said = b"".join(m.raw for e in recorded.exchanges for m in (e.request, e.reply) if m is not None)
    for path in (sys.prefix, os.getcwd()):
        assert path.encode() not in said
