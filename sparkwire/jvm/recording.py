"""Record the driver JVM's method calls with the JDK's flight recorder, and read them back.

A JVM still to be started gets options (``sparkwire/launch/launch_options.py`` says how). To one that is
running, ``start`` and ``dump`` speak through ``jcmd``. The recording holds method calls and nothing else: the
recorder's other events would carry system properties and the environment, secrets included.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sparkwire.errors import JvmError, UnreadableRecording
from sparkwire.jvm.java import METHOD_TRACING_SINCE, NO_METHOD_TRACING, Java, without_java_options
from sparkwire.jvm.jfr_file import JfrChunk, chunks, recover
from sparkwire.launch.alive import is_running
from sparkwire.launch.launch_options import REPOSITORY
from sparkwire.trace.java.text import parse_calls
from sparkwire.trace.records import JavaCall

RECORDING_NAME = "sparkwire"
STACK_DEPTH = 64
"""The flight recorder's own default: deeper stacks are cut on its side."""
MAX_SIZE = "1g"
"""On disk, after which the JVM drops the oldest calls; a call takes about 20 bytes."""

_JCMD_TIMEOUT = 60
_POLL_SECONDS = 0.05


def no_calls(reason: str) -> str:
    """What a trace without Java calls says of it: ``reason`` as a whole sentence."""
    return f"No Java calls: {reason.rstrip('.')}."


def _settings(filter: str) -> list[str]:
    return [
        "settings=none",
        "+jdk.MethodTrace#enabled=true",
        "+jdk.MethodTrace#stackTrace=true",
        "+jdk.MethodTrace#threshold=0ns",
        f"+jdk.MethodTrace#filter={filter}",
    ]


def repository(path: Path) -> Path:
    """The folder where the JVM keeps a recording's parts while it runs."""
    return path.with_name(path.name + REPOSITORY)


def java_arguments(path: Path, filter: str) -> list[str]:
    """Options that make a JVM record its method calls, and write them to ``path`` when it ends.

    The JVM reads its own quotes in them, for names with spaces. While it runs, it keeps its parts in
    ``repository(path)``, from where they can be read if it is killed. The JVM prints nothing about it.
    Raises ``ValueError`` for a name that it can't be given.
    """
    path = path.absolute()
    start = ",".join(
        [f"filename={_jvm_quoted(path)}", f"name={RECORDING_NAME}", f"maxsize={MAX_SIZE}", *_settings(filter)]
    )
    return [
        "-Xlog:jfr*=off",
        f"-XX:FlightRecorderOptions:repository={_jvm_quoted(repository(path))}",
        f"-XX:StartFlightRecording:{start}",
    ]


def _jvm_quoted(path: Path) -> str:
    # %p and %t in a file name mean the process and the time, and %% a percent sign.
    text = str(path).replace("%", "%%")
    if '"' in text or "\n" in text:
        raise ValueError(f"the JVM can't be given the file name {path}")
    return f'"{text}"' if any(c in text for c in " ,='\t") else text


def wait_until_written(path: Path, timeout: float = 60.0) -> bool:
    """Return when the JVM that records to ``path`` has ended, and the recording can be read.

    PySpark's JVM ends after its Python program. If it was killed, the parts it left are put together, up to
    the last flush (about a second earlier), and the answer is False. Raises UnreadableRecording.
    """
    folder = repository(path)
    deadline = time.monotonic() + timeout
    while any(_owner_runs(part) for part in folder.glob("*_*")):
        if time.monotonic() > deadline:
            raise UnreadableRecording(f"Java was still running {timeout:.0f} seconds after the program ended")
        time.sleep(_POLL_SECONDS)
    try:
        if _is_whole(path):
            with suppress(OSError):
                folder.rmdir()  # the JVM removes its parts, and leaves this
            return True
        # A file that is there but not whole is kept for read_calls to say what is wrong with it.
        if not recover(folder, path) and not (path.exists() and path.stat().st_size):
            raise UnreadableRecording(
                "it was killed before it wrote its recording"
                if path.exists() or any(folder.glob("*"))
                else "it did not start, or it ended at once"
            )
    except OSError as error:
        raise UnreadableRecording(f"the recording can't be put together: {error.strerror}") from error
    return False


def _is_whole(path: Path) -> bool:
    try:
        return bool(chunks(path))
    except UnreadableRecording:
        return False


def _owner_runs(part: Path) -> bool:
    """Whether the JVM whose repository this is (``<date and time>_<process id>``) is alive."""
    number = part.name.rpartition("_")[2]
    return number.isdigit() and is_running(int(number))


def read_calls(path: Path, java: Java) -> Iterator[JavaCall]:
    """The Java calls in a recording, read as a stream with the jfr that came with ``java``.

    They come in the order in which they were stored: about that of their ends. Raises
    UnreadableRecording when the file is missing, empty, cut or damaged, or jfr fails.
    """
    found = chunks(path)
    jfr = java.tool("jfr")
    if jfr is None:
        raise UnreadableRecording(f"Java {java.version} has no program jfr to read the recording with")
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                [jfr, "-J-Duser.language=en", "-J-Duser.country=US", "-J-Dstdout.encoding=UTF-8", "print",
                 "--exact", "--events", "jdk.MethodTrace", "--stack-depth", str(STACK_DEPTH), str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=without_java_options(),
            )  # fmt: skip
        except OSError as error:
            raise UnreadableRecording(f"jfr could not be started: {error.strerror}") from error
        assert process.stdout is not None
        try:
            yield from parse_calls(process.stdout, _utc(found))
            if process.wait() != 0:
                errors.seek(0)
                said = what_was_said(errors.read().decode(errors="replace"))
                raise UnreadableRecording(f"jfr can't read it: {said or f'exit code {process.returncode}'}")
        finally:
            process.stdout.close()
            if process.poll() is None:
                process.kill()
            process.wait()


_EXCEPTION = re.compile(r"""(?:Exception in thread ".*?" )?(?:[\w$]+\.)+[\w$]*(?:Exception|Error)(?:: |$)""")


def what_was_said(text: str) -> str:
    """The message in what a Java program wrote about its failure, without the exception's class and stack."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not re.match(r"at \S+\(|\.\.\. \d+ more|\d+:$", line)]
    if not lines:
        return ""
    message = _EXCEPTION.sub("", lines[0], count=1)
    return (message or lines[0]).removeprefix("jfr print: ").rstrip(".")


def _utc(found: list[JfrChunk]) -> Callable[[int], int]:
    """From the recording JVM's local clock to UTC. Its offset can change between chunks (summer time)."""
    offsets = list(dict.fromkeys(chunk.utc_offset_ns for chunk in found)) or [0]
    first = offsets[0]
    if len(offsets) == 1:
        return lambda local: local - first

    def utc(local: int) -> int:
        for chunk in found:
            t = local - chunk.utc_offset_ns
            if chunk.start_ns <= t <= chunk.start_ns + chunk.duration_ns:
                return t
        return local - first

    return utc


def is_recording(pid: int, java: Java) -> bool:
    """Whether the JVM ``pid`` records its calls for sparkwire already. Raises JvmError."""
    return f"name={RECORDING_NAME} " in _jcmd(java, pid, "JFR.check")


def start(pid: int, filter: str, java: Java) -> bool:
    """Make the running JVM ``pid`` record its calls from now on; False when it does already.

    Raises JvmError when it can't be reached, or is older than Java 25.
    """
    if is_recording(pid, java):
        return False
    version = _jcmd(java, pid, "VM.version")
    major = next((line[4:].split(".")[0] for line in version.splitlines() if line.startswith("JDK ")), "")
    if not major.isdigit() or int(major) < METHOD_TRACING_SINCE:
        running = major or "unknown"
        raise JvmError(f"the running Java ({running}) has {NO_METHOD_TRACING}")
    _jcmd(java, pid, "JFR.start", f"name={RECORDING_NAME}", f"maxsize={MAX_SIZE}", *_settings(filter))
    return True


def stop(pid: int, java: Java) -> None:
    """End the recording of a running JVM and drop what it holds. Raises JvmError."""
    _jcmd(java, pid, "JFR.stop", f"name={RECORDING_NAME}")


def dump(pid: int, begin_ns: int, path: Path, java: Java) -> None:
    """Write the calls since ``begin_ns`` (UTC nanoseconds) to ``path``, while the JVM goes on.

    Whole chunks are written, and each dump begins a new one: so a few earlier calls may be in it.
    Raises JvmError.
    """
    path = path.absolute()
    seconds, nanoseconds = divmod(begin_ns, 1_000_000_000)
    begin = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{nanoseconds:09d}Z"
    _jcmd(java, pid, "JFR.dump", f"name={RECORDING_NAME}", f"filename={_jvm_quoted(path)}", f"begin={begin}")
    if not path.exists():
        raise JvmError("the JVM said that it wrote its recording, and there is no file")


def _jcmd(java: Java, pid: int, *arguments: str) -> str:
    jcmd = java.tool("jcmd")
    if jcmd is None:
        raise JvmError(f"Java {java.version} in {java.home} has no program jcmd to reach a running JVM with")
    try:
        done = subprocess.run(
            [jcmd, str(pid), *arguments],
            env=without_java_options(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_JCMD_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JvmError(f"the JVM {pid} could not be reached with jcmd: {error}") from error
    if done.returncode != 0:
        reason = what_was_said(done.stderr) or what_was_said(done.stdout) or f"exit code {done.returncode}"
        raise JvmError(f"the JVM {pid} could not be recorded: {reason}")
    return done.stdout
