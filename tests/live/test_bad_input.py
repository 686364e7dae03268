"""What can't work says so in one clear message, with the right exit code, and loses and leaves nothing."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sparkwire.trace.format import MAGIC, TraceReader
from sparkwire.trace.gateway.exchanges import exchanges

CALLS = """
for i in range(3000):
    gateway.jvm.java.lang.Math.abs(i)
print("all calls done")
"""


def one_message(ran, *parts):
    """Exactly one line, of sparkwire's, on standard error; nothing on standard output; exit code 2."""
    assert ran.code == 2, ran.err
    assert ran.out == b""
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.err.startswith("sparkwire: ")
    assert all(part in ran.err for part in parts), ran.err


# --- the script ------------------------------------------------------------------------------------------


def test_a_script_that_does_not_exist(bench):
    one_message(bench.run("nowhere.py"), "nowhere.py", "there is no script")
    assert not (bench.folder / "t.sparkwire").exists()


def test_a_folder_that_cannot_be_run(bench):
    (bench.folder / "empty").mkdir()
    one_message(bench.run("empty"), "empty", "__main__.py")


def test_a_script_that_raises_after_its_gateway_began(bench, gateway_script):
    ran = bench.run(bench.script(gateway_script + "gateway.jvm.java.lang.Integer.parseInt('x')\n"))
    assert ran.code == 1
    assert "NumberFormatException" in ran.own_err
    assert "sparkwire" not in ran.own_err
    assert [e.reply.command for e in ran.exchanges if b"parseInt" in e.request.raw][-1] == "error"


def test_os_exit_loses_nothing(bench, gateway_script):
    text = gateway_script + "gateway.jvm.java.lang.Math.abs(1)\nimport os\nos._exit(9)\n"
    ran = bench.run(bench.script(text), jvm=True)
    assert ran.code == 9
    assert b"\nabs\n" in ran.exchanges[-1].request.raw
    assert ran.exchanges[-1].reply is not None
    assert "both sides counted the same" in ran.said, ran.err


def test_binary_output_passes_through_while_recording(bench, gateway_script):
    text = gateway_script + "import sys\nsys.stdout.buffer.write(bytes(range(256)))\n"
    assert bench.run(bench.script(text)).out == bytes(range(256))


# --- what the script needs ---------------------------------------------------------------------------------


def without_java(bench):
    """An environment in which no Java can be found, with the few programs that PySpark's own scripts run."""
    tools = bench.folder / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "sh", "uname"):
        (tools / name).symlink_to(shutil.which(name))
    bench.env.pop("JAVA_HOME")
    bench.env["PATH"] = str(tools)


def test_no_java_at_all(bench):
    without_java(bench)
    script = bench.script("from pyspark import SparkContext\nSparkContext('local[1]')\n")
    ran = bench.sparkwire("run", "--jvm", "--java", "user", "-o", "t.sparkwire", script)
    assert ran.code == 1
    assert "JAVA_GATEWAY_EXITED" in ran.own_err
    assert "there is no Java" in ran.said
    assert "pip install 'sparkwire[java]' and use --jvm" in ran.said
    assert "doctor" in ran.said
    assert any("no java on PATH" in text for text in ran.notices("java"))


def test_doctor_without_java(bench):
    without_java(bench)
    ran = bench.sparkwire("doctor")
    assert ran.code == 1
    assert ran.err == ""
    assert b"no java on PATH" in ran.out
    assert b"sparkwire run --jvm SCRIPT" in ran.out


def test_doctor_where_all_is_well(bench, java):
    ran = bench.sparkwire("doctor")
    assert ran.code == 0, ran.out
    assert java.version.encode() in ran.out
    assert b"Java methods" in ran.out
    assert b"Does not work" not in ran.out


def test_doctor_leaves_a_py4j_only_user_alone(bench, tmp_path):
    """Without PySpark a Py4J program is recorded, and nobody needs to install anything."""
    hide = tmp_path / "hidden"
    hide.mkdir()
    (hide / "sitecustomize.py").write_text(
        "from importlib import metadata\n"
        "find = metadata.Distribution.from_name.__func__\n"
        "def without(cls, name):\n"
        "    if name == 'pyspark':\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return find(cls, name)\n"
        "metadata.Distribution.from_name = classmethod(without)\n"
    )
    bench.env["PYTHONPATH"] = f"{hide}:{bench.env.get('PYTHONPATH', '')}"
    ran = bench.sparkwire("doctor")
    assert ran.code == 0, ran.out
    assert b"PySpark        not installed" in ran.out
    assert b"recording a Py4J program" in ran.out
    assert b"install pyspark" not in ran.out
    assert b"Does not work" not in ran.out


def test_doctor_tells_no_secret(bench):
    bench.env["SPARK_SUBMIT_OPTS"] = bench.env["JAVA_TOOL_OPTIONS"] = "-Dpassword=hunter2"
    ran = bench.sparkwire("doctor")
    assert b"SPARK_SUBMIT_OPTS" in ran.out
    assert b"hunter2" not in ran.out
    assert "hunter2" not in ran.err


def test_a_callback_port_that_is_taken(bench, gateway_script):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = f"""
from py4j.java_gateway import CallbackServerParameters
print(gateway.jvm.java.lang.Math.max(1, 2), flush=True)
gateway.start_callback_server(CallbackServerParameters(port={taken.getsockname()[1]}))
"""
        ran = bench.run(bench.script(gateway_script + text))
    assert (ran.code, ran.out) == (1, b"2\n")
    assert "Address already in use" in ran.own_err or "Py4JNetworkError" in ran.own_err
    assert any(b"\nmax\n" in e.request.raw for e in ran.exchanges)


def test_a_gateway_port_that_is_taken(bench, gateway_script, until):
    """Py4J 0.10.9.9 then waits for ever for a JVM that waits, too. Interrupted, nothing of it is left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = f"print('ready', flush=True)\nport = launch_gateway(port={taken.getsockname()[1]}, "
        script = bench.script(gateway_script.replace("port = launch_gateway(", at))
        process = bench.start(bench.command("run", "--no-jvm", "-o", "t.sparkwire", script))
        until(process.stdout, b"ready")
        os.killpg(process.pid, signal.SIGINT)
        ran = bench.ended(process)
    assert ran.code == -signal.SIGINT
    assert ran.own_err.strip().endswith("KeyboardInterrupt")
    assert "exchanged nothing" in ran.said


def test_a_spark_port_that_is_taken(bench):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        script = bench.script(
            f"""
            from pyspark import SparkConf, SparkContext
            conf = SparkConf().set("spark.port.maxRetries", "0")
            conf.set("spark.ui.port", "{taken.getsockname()[1]}")
            SparkContext("local[1]", "taken", conf=conf)
            """
        )
        ran = bench.run(script)
    assert ran.code == 1
    assert "BindException" in ran.own_err
    # Spark ends its JVM then (4.3.0: SparkUI.bind), so the request has no reply; it's there all the same.
    unanswered = [e for e in ran.exchanges if e.reply is None]
    assert unanswered[0].command == "constructor"
    assert b"JavaSparkContext" in unanswered[0].request.raw
    assert b"spark.ui.port" in b"".join(e.request.raw for e in ran.exchanges)


# --- where the trace goes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["/proc/trace.sparkwire", "a file/trace.sparkwire", "no such folder/trace.sparkwire", "/dev/full", "."],
)
def test_a_place_where_no_trace_can_be_written(bench, place):
    """Places that refuse the superuser, too."""
    (bench.folder / "a file").write_text("x")
    ran = bench.sparkwire("run", "--no-jvm", "-o", place, bench.script("print('ran')"))
    one_message(ran, os.path.basename(place), "not run", "-o")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder(bench):
    (folder := bench.folder / "locked").mkdir(mode=0o500)
    ran = bench.sparkwire("run", "--no-jvm", "-o", folder / "t.sparkwire", bench.script("print('ran')"))
    one_message(ran, "Permission denied", "not run")


def test_a_file_that_is_no_trace_is_not_overwritten(bench):
    script = bench.script("print('ran')")
    one_message(bench.sparkwire("run", "--no-jvm", "-o", script, script), "not a trace", "left unchanged")
    assert script.read_text() == "print('ran')"


def whole_prefix(ran):
    """What was recorded until the disk was full: only whole records, and the file says why it ends."""
    assert ran.code == 0, ran.err
    assert b"all calls done" in ran.out
    reader = TraceReader(ran.trace)
    found = list(exchanges(reader))
    assert reader.state == "stopped"
    assert not reader.cut
    assert 100 < len(found) < 3000
    assert "RECORDING STOPPED" in ran.said or "could not be completed" in ran.said, ran.err
    return reader.reason


def test_a_file_that_may_not_grow(bench, gateway_script):
    """The same as a full disk, for every user: the process may not make a file longer than this."""
    limit = 150_000
    ran = bench.run(
        bench.script(gateway_script + CALLS),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert "File too large" in whole_prefix(ran)
    assert ran.trace.stat().st_size <= limit
    shown = bench.sparkwire("show", "t.sparkwire")
    assert shown.code == 0
    assert "File too large" in shown.err
    assert b"File too large" in shown.out


def test_a_full_disk(bench, gateway_script):
    disk = bench.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.decode().strip()}")
    try:
        ran = bench.sparkwire(
            "run", "--no-jvm", "-o", disk / "t.sparkwire", bench.script(gateway_script + CALLS)
        )
        ran.trace = disk / "t.sparkwire"
        reason = whole_prefix(ran)
        assert "full" in reason or "space" in reason
        # And full from the beginning: said before the script runs.
        (disk / "fill").write_bytes(b"")
        with (disk / "fill").open("ab", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        one_message(
            bench.sparkwire("run", "-o", disk / "other.sparkwire", bench.script("print('ran')")),
            "No space",
            "not run",
        )
    finally:
        subprocess.run(["umount", disk], check=True)


# --- trace files -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_trace(tmp_path_factory, java):
    """A small trace of a real gateway."""
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

    from sparkwire.record import Recorder

    path = tmp_path_factory.mktemp("trace") / "real.sparkwire"
    with Recorder(path, program="tests"):
        port = launch_gateway(die_on_exit=True, java_path=str(java.executable))
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
        for i in range(20):
            gateway.jvm.java.lang.Math.abs(i)
        gateway.shutdown()
    return path


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "empty"),
        (b"hello\n", "not a trace"),
        (bytes(range(256)) * 10, "not a trace"),
        (MAGIC[:7], "ends inside its header"),
        (MAGIC, "ends inside its header"),
        (b"sparkwire-trace 2\n" + b"\x00" * 600, "format 2"),
        (b"sparkwire-trace x\n", "damaged"),
    ],
)
def test_a_file_that_is_no_trace(bench, content, said):
    (bench.folder / "bad").write_bytes(content)
    for form in ("table", "json", "mermaid", "html"):
        one_message(bench.sparkwire("show", "bad", "--format", form), "bad", said)


def test_a_trace_that_is_not_there_or_a_folder(bench):
    one_message(bench.sparkwire("show", "nowhere"), "nowhere", "No such file", "sparkwire run")
    one_message(bench.sparkwire("show", "."), "directory")


def test_a_trace_that_was_cut_anywhere_opens_up_to_its_last_whole_record(real_trace, tmp_path, capsys):
    """Cut at every byte of the beginning and at many others, through the same function as the command."""
    from sparkwire import cli

    whole = real_trace.read_bytes()
    total = len(list(exchanges(TraceReader(real_trace))))
    cut = tmp_path / "cut"
    shown_before = 0
    for size in [*range(40), *range(40, len(whole), 211), len(whole)]:
        cut.write_bytes(whole[:size])
        with pytest.raises(SystemExit) as ended:
            cli.main(["show", str(cut), "--format", "json"])
        code = ended.value.code
        out, err = capsys.readouterr()
        lines = out.splitlines()
        if code == 2:
            assert not lines
            assert len(err.splitlines()) == 1
            assert shown_before == 0
        else:
            assert code == 0
            assert len(lines) >= shown_before
            shown_before = len(lines)
    assert shown_before == total


def test_a_cut_trace_says_that_it_was_cut(bench, real_trace):
    (bench.folder / "cut").write_bytes(real_trace.read_bytes()[:-3])
    for form in ("table", "json", "mermaid", "html"):
        ran = bench.sparkwire("show", "cut", "--format", form)
        assert ran.code == 0
        assert "ends inside a record" in ran.err
        assert form in ("json", "mermaid") or b"ends inside a record" in ran.out


def test_a_reader_that_has_seen_enough_ends_it_silently(bench, real_trace):
    for command in (["show", "--all", real_trace], ["show", "--format", "html", real_trace]):
        process = bench.start(bench.command(*command))
        process.stdout.close()
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")


def test_output_to_a_full_disk_is_one_message(bench, real_trace):
    with open("/dev/full", "wb") as full:
        ran = bench.ended(bench.start(bench.command("show", real_trace), stdout=full))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "No space" in ran.err


# --- decode ------------------------------------------------------------------------------------------------


def test_decode_explains_both_directions_to_the_byte(bench):
    data = b"c\no14\nsetCheckpointDir\nsfoo\ne\n!yv\n"
    ran = bench.sparkwire("decode", data=data)
    assert ran.code == 0, ran.err
    assert b"setCheckpointDir" in ran.out
    assert b"Java \xe2\x86\x92 Python" in ran.out
    hexadecimal = [line[8:43] for line in ran.out.decode().splitlines() if line[:6].strip().isdigit()]
    assert bytes.fromhex("".join(hexadecimal)) == data


def test_decode_says_where_bytes_are_malformed(bench):
    (bench.folder / "raw").write_bytes(b"!yv\nzzz\nq\ne\n!yv\n")
    ran = bench.sparkwire("decode", "raw")
    assert ran.code == 1
    assert "1 malformed, at byte 4" in ran.err
    assert b"'zzz'" in ran.out


def test_decode_of_a_file_that_cannot_be_read(bench, real_trace):
    one_message(bench.sparkwire("decode", "nowhere"), "nowhere", "No such file")
    one_message(bench.sparkwire("decode", "."), "directory")
    one_message(bench.sparkwire("decode", real_trace), "sparkwire show")


def test_decode_shows_what_has_arrived_before_the_input_ends(bench):
    process = bench.start(bench.command("decode"), stdin=subprocess.PIPE)
    process.stdin.write(b"!yi3\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"read as: raw bytes of both directions\n"
    assert process.stdout.readline() == b"\n"
    assert b"reply" in process.stdout.readline()
    process.stdin.close()
    process.stdout.read()
    assert process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()


def test_decode_of_nothing(bench):
    ran = bench.sparkwire("decode", data=b"")
    assert ran.code == 0
    assert "no bytes" in ran.err


def test_the_command_is_a_module_too(root: Path):
    done = subprocess.run(
        [sys.executable, "-m", "sparkwire", "--version"], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0
    assert done.stdout.startswith("sparkwire ")
