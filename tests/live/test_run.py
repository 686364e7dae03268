"""``sparkwire run``: the program runs as it would alone, all of it is recorded, and nothing is left."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import sys
import textwrap
import zipfile
from pathlib import Path

import psutil
import py4j
import pytest
from py4j.java_gateway import find_jar_path

from sparkwire.trace.format import TraceReader
from sparkwire.trace.gateway.exchanges import exchanges

MAIL = """\
from pyspark import SparkContext
sc = SparkContext("local[1]", "Adam test")
sc.setCheckpointDir("foo checkpoint dir")
"""

KEYS = [
    "n", "wire", "connection", "thread", "start_ns", "duration_ns", "failed",
    "channel", "command", "request", "reply", "request_bytes", "reply_bytes", "call_site", "java",
]  # fmt: skip


def test_the_mails_program_end_to_end(bench):
    script = bench.script(MAIL, "adam.py")
    ran = bench.run(script, jvm=True)
    assert ran.code == 0, ran.err
    assert ran.out == b""
    assert (bench.folder / "foo checkpoint dir").is_dir()
    assert len(ran.said.splitlines()) <= 8
    assert "both sides counted the same" in ran.said
    assert 'adam.py:2  sc = SparkContext("local[1]", "Adam test")' in ran.said

    shown = bench.sparkwire("show", "t.sparkwire", "--format", "json")
    lines = [json.loads(line) for line in shown.out.decode().splitlines()]
    assert len(lines) >= 100
    assert all(list(line) == KEYS for line in lines)
    assert {line["wire"] for line in lines} == {"gateway"}
    assert not any(line["failed"] for line in lines)
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    last = next(line for line in reversed(lines) if "setCheckpointDir" in line["request"])
    assert last["command"] == "call"
    assert last["channel"] == "gateway"
    assert last["reply"] == "!yv\n"
    assert last["call_site"] == {
        "file": str(script),
        "line": 3,
        "code": 'sc.setCheckpointDir("foo checkpoint dir")',
        "function": "SparkContext.setCheckpointDir",
    }
    methods = [call["method"] for call in last["java"]]
    assert methods[0].startswith("py4j.commands.CallCommand.execute(")
    assert "org.apache.spark.SparkContext.setCheckpointDir(String)" in methods
    assert all(set(call) == {"method", "duration_ns"} for call in last["java"])

    for form in ("table", "mermaid", "html"):
        drawn = bench.sparkwire("show", "t.sparkwire", "--format", form).out.decode()
        assert "setCheckpointDir" in drawn
    assert len(bench.sparkwire("show", "t.sparkwire", "--all").out.splitlines()) > len(lines)


# --- as Python alone would run it ------------------------------------------------------------------------

SAME = {
    "what it sees of itself": """
        import __main__, os, sys
        print(sys.argv, __file__, __name__, sys.path, sys.flags, sys.warnoptions, sys._xoptions)
        print(__spec__, __main__.__dict__ is globals(), sys.executable, sys.orig_argv[-3:], os.getcwd())
        print(sorted((k, v) for k, v in os.environ.items() if k != "_"))
        print("sitecustomize" in sys.modules, sys.meta_path[-1], sys.stdin.isatty())
    """,
    "raises": "def f():\n    raise ValueError('boo')\nf()\n",
    "raises while another is handled": "try:\n    1/0\nexcept Exception:\n    raise KeyError('x')\n",
    "does not compile": "x = (\n",
    "exits with a code": "import sys\nsys.exit(3)\n",
    "exits with a text": "raise SystemExit('that is all')\n",
    "exits at once": "import os\nprint('gone?', flush=True)\nos._exit(7)\n",
    "its own excepthook": """
        import sys
        def hook(kind, value, trace):
            print("hook", kind, value, trace.tb_frame.f_code.co_name, trace.tb_next)
        sys.excepthook = hook
        raise RuntimeError("x")
    """,
    "atexit": "import atexit\natexit.register(print, 'one')\natexit.register(print, 'two')\nprint('body')\n",
    "threads end first": """
        import threading, time
        threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
        print("main")
    """,
    "interrupted": "raise KeyboardInterrupt\n",
    "killed": "import os, signal\nprint('x', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "terminated": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n",
    "aborted": "import os\nos.abort()\n",
    "binary": """
        import sys
        sys.stdout.buffer.write(bytes(range(256)) * 100)
        sys.stderr.buffer.write(b'\\xff\\xfe\\n')
    """,
    "input": "import sys\ndata = sys.stdin.buffer.read()\nprint(len(data), data[:5])\n",
    "pickles its own classes": """
        import pickle
        class Mine:
            x = 3
        print(pickle.loads(pickle.dumps(Mine())).x, Mine.__module__)
    """,
    "multiprocessing": """
        import multiprocessing
        def double(x):
            return 2 * x
        if __name__ == "__main__":
            for method in ("spawn", "fork"):
                with multiprocessing.get_context(method).Pool(2) as pool:
                    print(method, pool.map(double, [1, 2, 3]))
    """,
    "forks": """
        import os, sys
        pid = os.fork()
        if pid == 0:
            print("child", flush=True)
            sys.exit(5)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """,
    "a descriptor it inherits": "import os\nprint(os.read(int(os.environ['FD']), 10))\n",
    "runs Python itself": """
        import subprocess, sys
        code = "import sys; print('sparkwire' in sys.modules, sys.path)"
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
    """,
}


@pytest.mark.parametrize("name", SAME)
def test_a_program_behaves_as_with_python_alone(bench, name):
    script = bench.script(SAME[name])
    bench.env["FD"] = str(inherited := os.open(script, os.O_RDONLY))
    (bench.folder / "input").write_bytes(b"\x00\xff\n\r" * 50_000)

    def options():
        return {"stdin": (bench.folder / "input").open("rb"), "pass_fds": (inherited,)}

    alone = bench.plain("-X", "dev", "-W", "ignore", "-u", script, "--jvm", "-o", "two words", **options())
    os.lseek(inherited, 0, os.SEEK_SET)
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-u", "-m", "sparkwire", "run", "--no-jvm",
               "-o", "t.sparkwire", script, "--jvm", "-o", "two words"]  # fmt: skip
    ran = bench.ended(bench.start(command, **options()))
    os.close(inherited)
    assert (ran.code, ran.out) == (alone.code, alone.out), ran.err
    addresses = re.compile("0x[0-9a-f]+")  # of threads, in what faulthandler says
    assert addresses.sub("", ran.own_err) == addresses.sub("", alone.own_err)
    assert "exchanged nothing with Java" in ran.said


SEEN = """
import __main__, os, sys
print(sys.argv, sys.path, globals().get("__file__"), __name__, globals().get("__package__"))
print(__spec__ and (__spec__.name, __spec__.origin, __spec__.parent), type(__loader__))
print(sys.orig_argv[-3:], sys.flags, __main__.__dict__ is globals(), sys.modules["__main__"] is __main__)
print(sorted((k, v) for k, v in os.environ.items() if k != "_"), "sitecustomize" in sys.modules)
"""
NAMED = {
    "what it sees of itself": SEEN,
    "raises": SAME["raises"],
    "does not compile": SAME["does not compile"],
    "exits with a text": SAME["exits with a text"],
    "killed": SAME["killed"],
    "pickles its own classes": SAME["pickles its own classes"],
    "a warning of its own": "import warnings\nwarnings.warn('mind this')\n",
    "multiprocessing": """
import math, multiprocessing, sys
if __name__ == "__main__":
    typed = globals().get("__file__") == "<stdin>"  # Python itself can't spawn a child of such a program
    for method in ("fork",) if typed else ("spawn", "fork", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(math.sqrt, [1, 4, 9]))
    code = "import sys; print(sys.argv, sys.path[0], '__mp_main__' in sys.modules)"
    spawned = multiprocessing.get_context("fork" if typed else "spawn").Process(target=exec, args=(code,))
    spawned.start()
    spawned.join()
    print(spawned.exitcode)
""",
}
"""Programs to be named in each way in which Python takes one. Python gets them as they are, so no line is
indented."""


def named(bench, how: str, text: str) -> tuple[list[str], dict[str, object]]:
    """The words that name a program, and what starting it needs."""
    if how == "-c":
        return ["-c", text], {}
    if how == "-":
        (bench.folder / "input").write_text(text)
        return ["-"], {"stdin": (bench.folder / "input").open("rb")}
    (bench.folder / "pack" / "inner").mkdir(parents=True, exist_ok=True)
    (bench.folder / "pack" / "__init__.py").write_text("")
    (bench.folder / "pack" / "inner" / "__init__.py").write_text("")
    for name in ("pack/inner/__main__.py", "pack/part.py"):
        (bench.folder / name).write_text(text)
    return ["-m", {"-m PACKAGE": "pack.inner", "-m MODULE": "pack.part"}[how]], {}


@pytest.mark.parametrize("how", ["-m PACKAGE", "-m MODULE", "-c", "-"])
@pytest.mark.parametrize("name", NAMED)
def test_a_program_without_a_script_behaves_as_with_python_alone(bench, how, name):
    def run(*command: object):
        words, options = named(bench, how, NAMED[name])
        return bench.ended(bench.start([*command, *words, "-o", "--jvm", "x y"], **options))

    alone = run(sys.executable, "-u", "-Xdev", "-W", "always")
    ran = run(*bench.command("run", "--no-jvm", "-ot.sparkwire", "-u", "-Xdev", "-W", "always"))
    assert (ran.code, ran.out) == (alone.code, alone.out), ran.err
    assert ran.own_err == alone.own_err
    assert "exchanged nothing with Java" in ran.said


def test_a_class_of_main_is_pickled_by_its_name_in_a_child_of_a_module(bench):
    text = """
        import multiprocessing
        class Mine:
            def double(self, x):
                return type(self).__module__, 2 * x
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                print(pool.map(Mine().double, [1, 2, 3]), __spec__.name)
    """
    bench.script(text, "mine.py")
    alone = bench.plain("-m", "mine")
    ran = bench.run("-m", "mine")
    assert (ran.code, ran.out, ran.own_err) == (alone.code, alone.out, alone.own_err) != (0, b"", "")
    assert b"__mp_main__" in ran.out


@pytest.mark.parametrize(
    "words, trace",
    [(["-m", "pack.part"], "pack.part"), (["-c", "print(1)"], "code"), (["-"], "stdin"), (["."], None)],
)
def test_the_trace_of_a_program_without_a_script_has_a_name(bench, words, trace):
    named(bench, "-m MODULE", "print(1)")
    bench.script("print(1)", "__main__.py")
    ran = bench.sparkwire("run", "--no-jvm", *words, data=b"print(1)")
    assert (ran.code, ran.out) == (0, b"1\n"), ran.err
    assert [found.stem for found in bench.folder.glob("*.sparkwire")] == [trace or bench.folder.name]
    [made] = bench.folder.glob("*.sparkwire")
    said = {"pack.part": "-m pack.part", "code": "-c", "stdin": "stdin"}.get(trace, ".")
    assert TraceReader(made).header.program == said


@pytest.mark.parametrize("words", [["-m", "nowhere"], ["-m", "pack"], ["-m", "pack.part.x"], ["-c", "1/0"]])
def test_what_python_refuses_it_refuses_in_its_own_words(bench, words):
    named(bench, "-m MODULE", "print(1)")
    alone, ran = bench.plain(*words), bench.run(*words)
    assert (ran.code, ran.out, ran.own_err) == (alone.code, alone.out, alone.own_err)
    assert ran.code == 1


def test_an_interactive_python_is_recorded_with_its_lines(bench, gateway_script):
    """``-i`` and a terminal: what is typed after the program runs in it."""
    front, terminal = pty.openpty()
    process = bench.start(
        bench.command("run", "--no-jvm", "-o", "t.sparkwire", "-i", "-c", gateway_script),
        stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    seen = said_by(front, b">>> ")
    os.write(front, b"gateway.jvm.java.lang.Math.max(3, 4)\n")
    seen += said_by(front, b"4\r\n")
    os.write(front, b"exit()\n")
    seen += said_by(front, b"sparkwire show t.sparkwire")
    assert process.wait(60) == 0, seen
    os.close(front)
    requests = [e.request.raw for e in exchanges(TraceReader(bench.folder / "t.sparkwire"))]
    assert any(b"\nmax\n" in raw for raw in requests)


def said_by(terminal: int, wanted: bytes) -> bytes:
    """What comes from a terminal until ``wanted`` does."""
    seen = b""
    while wanted not in seen:
        assert select.select([terminal], [], [], 60)[0], seen
        seen += os.read(terminal, 4096)
    return seen


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_folder_or_zip_file_is_run_by_its_main(bench, kind):
    inside = "import sys, helper\nprint(sys.argv[1:], helper.x, __name__, __spec__.name)\n"
    if kind == "folder":
        (bench.folder / "app").mkdir()
        (bench.folder / "app" / "__main__.py").write_text(inside)
        (bench.folder / "app" / "helper.py").write_text("x = 5\n")
    else:
        with zipfile.ZipFile(bench.folder / "app", "w") as archive:
            archive.writestr("__main__.py", inside)
            archive.writestr("helper.py", "x = 5\n")
    alone, ran = bench.plain("app", "a"), bench.run("app", "a")
    assert (ran.code, ran.out) == (alone.code, alone.out) == (0, b"['a'] 5 __main__ __main__\n")


def test_the_users_own_sitecustomize_and_path_are_kept(bench):
    (bench.folder / "lib").mkdir()
    (bench.folder / "lib" / "sitecustomize.py").write_text("import sys\nsys.mine = 1\n")
    bench.env["PYTHONPATH"] = os.pathsep.join(
        [str(bench.folder / "lib"), *filter(None, [bench.env.get("PYTHONPATH")])]
    )
    script = bench.script(
        "import os, sys, sitecustomize as s\nprint(sys.mine, s.__file__, sys.path, os.environ['PYTHONPATH'])"
    )
    alone, ran = bench.plain(script), bench.run(script)
    assert (ran.code, ran.out) == (alone.code, alone.out)
    assert ran.out.startswith(b"1 ")


def test_python_options_that_keep_the_recorder_out_are_refused(bench):
    ran = bench.ended(bench.start([sys.executable, "-E", "-m", "sparkwire", "run", bench.script("print(1)")]))
    # Without the environment, sparkwire itself is only there when it is installed.
    if "No module named" not in ran.err:
        assert ran.code == 2
        assert ran.out == b""
        assert "option -E keeps the recorder out" in ran.said


# --- signals ---------------------------------------------------------------------------------------------

COUNTING = """
    import os, signal, sys, time
    got = []
    for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2"):
        signal.signal(getattr(signal, "SIG" + name), lambda number, frame: got.append(number))
    print("ready", flush=True)
    end = time.monotonic() + 20
    while not got and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.7)
    print(got, flush=True)
"""


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"])
@pytest.mark.parametrize("to", ["sparkwire alone", "the whole group"])
def test_a_signal_reaches_the_program_once(bench, until, name, to):
    number = getattr(signal, "SIG" + name)
    process = bench.start(bench.command("run", "--no-jvm", "-o", "t.sparkwire", bench.script(COUNTING)))
    until(process.stdout, b"ready")
    (os.killpg if to == "the whole group" else os.kill)(process.pid, number)
    ran = bench.ended(process)
    assert ran.out.strip() == str([int(number)]).encode(), ran.err
    assert ran.code == 0


def test_control_c_on_a_terminal_reaches_the_program_once(bench):
    front, terminal = pty.openpty()
    script = bench.script(COUNTING.replace("print(got", "print(sys.stdin.isatty(), sys.stdout.isatty(), got"))

    def on_this_terminal() -> None:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = bench.start(
        bench.command("run", "--no-jvm", "-o", "t.sparkwire", script),
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, process_group=None,
        preexec_fn=on_this_terminal,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    pressed = False
    while select.select([front], [], [], 40)[0]:
        try:
            data = os.read(front, 4096)
        except OSError:  # the terminal is gone
            break
        seen += data
        if b"ready" in seen and not pressed:
            pressed = True
            os.write(front, b"\x03")
        if not data:
            break
    os.close(front)
    assert process.wait(30) == 0
    assert b"True True [2]" in seen, seen


def test_it_ends_by_the_signal_that_ended_the_program(bench, until):
    process = bench.start(
        bench.command(
            "run",
            "--no-jvm",
            "-o",
            "t.sparkwire",
            bench.script("import time\nprint('ready', flush=True)\ntime.sleep(60)"),
        )
    )
    until(process.stdout, b"ready")
    process.terminate()
    ran = bench.ended(process)
    assert ran.code == -signal.SIGTERM
    assert ran.notices("program") == ["The program was ended by SIGTERM."]


# --- killed ----------------------------------------------------------------------------------------------

STAYS = """
    print(gateway.jvm.java.lang.Math.max(3, 4))
    print("ready", flush=True)
    import time
    time.sleep(60)
"""


@pytest.fixture
def stays(bench, gateway_script):
    """A program whose JVM does not end by itself."""
    text = gateway_script.replace("die_on_exit=True", "die_on_exit=False") + "\n".join(
        line.strip() for line in STAYS.splitlines()
    )
    return bench.script(text)


@pytest.mark.parametrize("victim", ["program", "guard", "front"])
def test_whoever_is_killed_nothing_is_left_and_nothing_recorded_is_lost(bench, until, stays, victim):
    process = bench.start(bench.command("run", "--no-jvm", "-o", "t.sparkwire", stays))
    until(process.stdout, b"ready")
    family = bench.family_of(process.pid) | {"front": psutil.Process(process.pid)}
    family[victim].kill()
    ran = bench.ended(process)
    assert ran.code == -signal.SIGKILL
    assert bench.left() == []
    assert [e.command for e in ran.exchanges][-1] == "call"
    if victim != "front":
        assert ran.notices("program") == ["The program was ended by SIGKILL."]
        assert "round trips" in ran.said


def test_java_calls_of_a_killed_program_are_there(bench, until, gateway_script):
    text = gateway_script + "\n".join(line.strip() for line in STAYS.splitlines())
    process = bench.start(bench.command("run", "--jvm", "-o", "t.sparkwire", bench.script(text)))
    until(process.stdout, b"ready")
    bench.family_of(process.pid)["program"].kill()
    ran = bench.ended(process)
    assert ran.code == -signal.SIGKILL
    assert "both sides counted the same" in ran.said, ran.err


def test_what_a_program_leaves_running_is_stopped_and_named(bench):
    ran = bench.run(bench.script("import subprocess\nsubprocess.Popen(['sleep', '300'])\nprint('done')"))
    assert ran.code == 0
    assert ran.out == b"done\n"
    assert "the program left this running, so it was stopped: sleep (pid " in ran.said


def test_a_daemon_is_left_alone_and_named(bench):
    script = bench.script(
        """
        import subprocess
        away = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        print(subprocess.Popen(["sleep", "300"], start_new_session=True, **away).pid)
        """
    )
    ran = bench.run(script)
    daemon = psutil.Process(int(ran.out))
    assert daemon.name() == "sleep"
    assert f"sleep (pid {daemon.pid})" in ran.said
    assert "this still runs, in a session of its own: " in ran.said
    daemon.kill()


# --- what is recorded --------------------------------------------------------------------------------------


def test_a_py4j_program_with_its_java_calls(bench, gateway_script):
    script = bench.script(gateway_script + "print(gateway.jvm.java.lang.Math.max(3, 4))\n")
    ran = bench.run(script, jvm=True)
    assert (ran.code, ran.out) == (0, b"4\n"), ran.err
    assert "both sides counted the same" in ran.said


def test_more_java_methods_by_name(bench, gateway_script):
    script = bench.script(gateway_script + "gateway.jvm.java.util.ArrayList().add('x')\n")
    ran = bench.sparkwire("run", "--trace-method", "java.util.ArrayList::add", "-o", "t.sparkwire", script)
    assert ran.code == 0, ran.err
    shown = bench.sparkwire("show", "t.sparkwire", "--format", "json").out.decode()
    assert "java.util.ArrayList.add(Object)" in shown


def test_a_java_method_that_cannot_be_named_so_is_refused_first(bench):
    ran = bench.sparkwire(
        "run", "--trace-method", "java.*", "-o", "t.sparkwire", bench.script("print('ran')")
    )
    assert ran.code == 2
    assert ran.out == b""
    assert "java.*" in ran.said


def test_jvm_with_a_java_that_is_too_old_goes_on_and_says_so(bench, gateway_script, java):
    """A Java that says it is 17: it answers ``-version`` so, and is the real one for everything else."""
    home = bench.folder / "java-17"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text(
        '#!/bin/sh\n[ "$*" = -version ] && { echo \'openjdk version "17.0.1"\' >&2; exit; }\n'
        f'exec "{java.executable}" "$@"\n'
    )
    (home / "bin" / "java").chmod(0o755)
    bench.env["JAVA_HOME"] = str(home)
    script = bench.script(gateway_script + "print(gateway.jvm.java.lang.Math.max(3, 4))\n")
    ran = bench.sparkwire("run", "--jvm", "--java", "user", "-o", "t.sparkwire", script)
    assert (ran.code, ran.out) == (0, b"4\n"), ran.err
    assert "Java 17.0.1 has no method tracing" in ran.said
    assert "--jvm" in ran.said
    assert any("Java 17.0.1 has no method tracing" in text for text in ran.notices("java"))


def test_the_users_own_options_for_spark_are_kept(bench):
    bench.env["SPARK_SUBMIT_OPTS"] = "-Dmine=1"
    script = bench.script("import os\nprint(os.environ['SPARK_SUBMIT_OPTS'])")
    assert bench.run(script, jvm=True).out == b"-Dmine=1\n"
    assert bench.run(script).out == b"-Dmine=1\n"


def test_a_forked_process_is_not_recorded_and_its_parent_still_is(bench, gateway_script):
    script = bench.script(
        gateway_script
        + """
import os, sys
gateway.jvm.java.lang.Math.max(1, 2)
pid = os.fork()
if pid == 0:
    other = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    print("child", other.jvm.java.lang.Math.abs(-3), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("parent", gateway.jvm.java.lang.Math.min(1, 2))
"""
    )
    ran = bench.run(script)
    assert (ran.code, ran.out) == (0, b"child 3\nparent 1\n"), ran.err
    requests = b"".join(e.request.raw for e in ran.exchanges)
    assert b"\nmin\n" in requests
    assert b"\nabs\n" not in requests
    [said] = ran.notices("child")
    assert "forked by the program, talked to Java on a connection of its own" in said
    assert TraceReader(ran.trace).state == "complete"


def test_the_default_trace_is_named_after_the_script_and_lies_here(bench):
    (bench.folder / "sub").mkdir()
    bench.script("print(1)", "sub/pi.py")
    ran = bench.sparkwire("run", "--no-jvm", "sub/pi.py")
    assert ran.code == 0
    assert (bench.folder / "pi.sparkwire").exists()


def test_a_trace_is_written_anew(bench):
    script = bench.script("print(1)")
    bench.run(script)
    first = TraceReader(bench.folder / "t.sparkwire").header.started_ns
    bench.run(script)
    assert TraceReader(bench.folder / "t.sparkwire").header.started_ns > first


def test_nothing_is_added_to_the_trace_of_another_program(bench):
    """Here the first program starts the second: their traces have one path, and the second has it last."""
    bench.script("print('second')", "second.py")
    script = bench.script(
        """
        import shutil, subprocess, sys
        run = [sys.executable, "-m", "sparkwire", "run", "--no-jvm", "-o", "t.sparkwire", "second.py"]
        assert subprocess.run(run).returncode == 0
        shutil.copy("t.sparkwire", "second.sparkwire")
        """
    )
    ran = bench.run(script)
    assert ran.code == 0, ran.err
    assert ran.trace.read_bytes() == (bench.folder / "second.sparkwire").read_bytes()
    assert TraceReader(ran.trace).header.program == "second.py"
    [lost] = [line for line in ran.err.splitlines() if "is lost" in line]
    assert "t.sparkwire: another recording was begun there meanwhile" in lost
    assert "a file of its own (-o TRACE)" in lost


def users(ran):
    """The files of the lines that are named for the exchanges."""
    return {exchange.site.user.file for exchange in ran.exchanges if exchange.site and exchange.site.user}


def test_a_librarys_own_tests_from_its_source_tree(bench, gateway_script):
    """The tests' lines are named, not the runner's; and the version is the tree's, not the installed one."""
    tree = bench.folder / "tree"
    shutil.copytree(Path(py4j.__file__).parent, tree / "py4j", ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "py4j" / "version.py").write_text("__version__ = '0.10.9.9+tree'\n")
    tests = tree / "py4j" / "tests"
    tests.mkdir(exist_ok=True)
    (tests / "__init__.py").touch()
    here = gateway_script.replace("die_on_exit", f"jarpath={find_jar_path()!r}, die_on_exit")
    lines = textwrap.indent(f"{here}gateway.jvm.System.currentTimeMillis()", " " * 8)
    (tests / "plain_test.py").write_text(
        f"import unittest\n\nclass Plain(unittest.TestCase):\n    def test_it(self):\n{lines}\n"
    )
    script = bench.script("import unittest\nunittest.main('py4j.tests.plain_test')\n")
    bench.env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(tree), bench.env.get("PYTHONPATH")]))
    ran = bench.run(script)
    assert ran.code == 0, ran.err
    assert TraceReader(ran.trace).header.py4j == "0.10.9.9+tree"
    assert users(ran) == {"py4j/tests/plain_test.py"}

    place = tree / "py4j" / "java_gateway.py"
    asked = bench.sparkwire("run", "--no-jvm", "--user", place, "-o", "t.sparkwire", script)
    assert asked.code == 0, asked.err
    assert users(asked) == {str(place)}
