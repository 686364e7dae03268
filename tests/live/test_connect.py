"""A real Spark Connect server: who may use it, what its client says to it, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

CLIENT = """
import json, logging, os
import psutil
from guide.connect import ConnectRecorder, ConnectServer, connection_traffic

server = ConnectServer("a server's folder", settings={"spark.checkpoint.dir": "checkpoints"})
os.environ |= server.environment
token = os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"]
os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
jvm = psutil.Process(server.pid)
facts = {
    "addresses": sorted({one.laddr.ip.removeprefix("::ffff:") for one in jvm.net_connections("tcp")}),
    "listens": [one.laddr.port for one in jvm.net_connections("tcp") if one.status == "LISTEN"],
    "port": server.port,
    "token shown": token in " ".join(jvm.cmdline()) + server.url + repr(server) + server.log.read_text(),
}

logging.getLogger("DataFrameQueryContextLogger").disabled = True  # it writes a page for each error
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.functions import col

def client(recorder, url=server.url):
    builder = DefaultChannelBuilder(url)
    builder.add_interceptor(recorder)
    return SparkSession.builder.channelBuilder(builder).create()

recorder = ConnectRecorder()
spark = client(recorder)
with recorder.recording() as described:
    squares = spark.range(10).filter(col("id") % 2 == 0).withColumn("square", col("id") * col("id"))
    wide = squares
    for number in range(5):
        wide = wide.withColumn(f"plus {number}", col("id") + number)
with recorder.recording() as collected:
    rows = squares.collect()
with recorder.recording() as dropped:
    checkpoint = spark.range(3).checkpoint()
    del checkpoint
with recorder.recording() as failed:
    try:
        squares.select(col("nope")).columns
    except Exception as error:
        facts["error"] = type(error).__name__
with recorder.recording() as ended:
    moved = connection_traffic(server.port)
    spark.stop()

facts |= {
    "rows": [tuple(row) for row in rows],
    "described": [call.asks for call in described.calls],
    "collected": [call.method for call in collected.waited],
    "released": len(collected.find("ReleaseExecute")),
    "responses": len(collected.find("ExecutePlan")[0].responses),
    "line": collected.find("ExecutePlan")[0].line.code,
    "dropped": [call.asks for call in dropped.find("ExecutePlan")],
    "failed": [call.method for call in failed.waited],
    "ended": [call.method for call in ended.calls],
    "counted": sum(call.bytes_received for call in recorder.calls[:-1]),
    "moved": moved and moved.received,
    "token in messages": token in str([call.requests + call.responses for call in recorder.calls]),
    "all ended": all(call.ended for call in recorder.calls),
}

# Whoever doesn't have the token is refused.
for name, url in (("wrong token", server.url + ";token=wrong"), ("no token", server.url)):
    if name == "no token":
        del os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"]
    stranger = ConnectRecorder()
    other = client(stranger, url)
    try:
        other.range(1).count()
    except Exception:
        pass
    facts[name] = sorted({call.status for call in stranger.calls if call.method != "ReleaseExecute"})
    other.client.close()
server.close()
server.close()
facts["running"] = server.running
print(json.dumps(facts))
"""


def test_a_server_and_its_client(bench):
    ran = bench.plain(bench.script(CLIENT))
    assert ran.code == 0, ran.err
    facts = json.loads(ran.out.splitlines()[-1])
    assert facts["addresses"] == ["127.0.0.1"]
    assert facts["port"] in facts["listens"]
    assert facts["token shown"] is facts["token in messages"] is False
    assert facts["rows"] == [[n, n * n] for n in range(0, 10, 2)]
    assert facts["described"] == ["get_with_default spark.python.sql.dataFrameDebugging.enabled"]
    assert facts["collected"] == ["Config", "ExecutePlan", "Config"]
    assert facts["released"] == facts["responses"] > 2
    assert facts["line"] == "rows = squares.collect()"
    assert facts["dropped"] == ["checkpoint_command", "remove_cached_remote_relation_command"]
    assert facts["error"] == "AnalysisException"
    assert facts["failed"][:2] == ["AnalyzePlan", "FetchErrorDetails"]
    assert facts["ended"] == ["ReleaseSession"]
    assert facts["all ended"] is True
    if sys.platform.startswith("linux"):
        assert facts["moved"] > facts["counted"] > 0
    assert facts["wrong token"] == facts["no token"] == ["UNAUTHENTICATED"]
    assert facts["running"] is False
    assert (bench.folder / "a server's folder" / "server.log").is_file()


def test_a_server_outlives_an_interrupt_and_ends_with_its_holder(bench, until):
    holder = bench.script(
        """
        import signal, time
        from guide.connect import ConnectServer

        server = ConnectServer()
        try:
            print("held", flush=True)
            time.sleep(120)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        time.sleep(1)  # a signal that ended the server would have done so by now
        assert server.running
        print("still there", flush=True)
        time.sleep(120)
        """,
        "holder.py",
    )
    process = bench.start([sys.executable, holder])
    until(process.stdout, b"held")
    os.killpg(process.pid, signal.SIGINT)
    until(process.stdout, b"interrupted")
    until(process.stdout, b"still there")
    process.kill()
    bench.ended(process)
    assert bench.left() == []


def test_a_server_ends_when_its_holder_ends_without_a_word(bench):
    ran = bench.plain(
        bench.script("from guide.connect import ConnectServer\nserver = ConnectServer()\nraise KeyError")
    )
    assert ran.code == 1
    assert "KeyError" in ran.err
    assert bench.left() == []


def test_a_server_that_can_t_start_says_why(bench):
    ran = bench.plain(
        bench.script("from guide.connect import ConnectServer\nConnectServer(master='no-such-master')")
    )
    assert ran.code == 1
    assert "NoServer: the Spark Connect server did not start. It said:" in ran.err
    assert "Master must either be" in ran.err.partition("It said:")[2]
    assert bench.left() == []


def test_a_server_is_no_client_of_another(bench):
    """The variables that make a client of a program would keep the server from starting."""
    bench.env |= {"SPARK_REMOTE": "sc://localhost:1", "SPARK_CONNECT_MODE_ENABLED": "1"}
    script = bench.script(
        "from guide.connect import ConnectServer\nwith ConnectServer() as server:\n    print(server.running)"
    )
    ran = bench.plain(script, stderr=subprocess.PIPE)
    assert ran.code == 0, ran.err
    assert ran.out.split() == [b"True"]
