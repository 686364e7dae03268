"""Which Java methods are traced: a filter for the JDK's method tracing, made from the installed jars.

The JDK's filter (JEP 520) takes classes and ``class::method``, joined by ``;``, and no wildcards. So the
list is computed: Py4J's own path from command to method, and the public Spark classes that PySpark
calls. Those are the classes of a few packages, and the classes that PySpark's Python files name.
A class that the program never loads costs nothing.

Reading the jars' tables of contents and PySpark's Python files takes a second, so the answer is kept in the
user's cache directory, by the jars' names, sizes and times.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from sparkwire.errors import FilterError

PY4J_METHODS = (
    *(
        f"py4j.commands.{name}Command::execute"
        for name in (
            "Array", "Auth", "Call", "Cancel", "Constructor", "Dir", "Exception", "Field", "HelpPage",
            "JVMView", "List", "Memory", "Reflection", "ShutdownGatewayServer", "Stream",
        )
    ),
    "py4j.Gateway::invoke",
    "py4j.reflection.ReflectionEngine::getConstructor",
    "py4j.reflection.ReflectionEngine::getMethod",
    "py4j.reflection.ReflectionEngine::invoke",
    "py4j.reflection.MethodInvoker::invoke",
)  # fmt: skip
"""Py4J's commands (every class of ``py4j.commands`` 0.10.9.9) and the steps down to the method called."""

_PACKAGES = (
    "org.apache.spark.api.java",
    "org.apache.spark.api.python",
    "org.apache.spark.sql",
    "org.apache.spark.sql.api.python",
    "org.apache.spark.sql.catalog",
    "org.apache.spark.sql.classic",
    "org.apache.spark.streaming.api.java",
)
_CLASSES = frozenset({"org.apache.spark.SparkContext", "org.apache.spark.SparkConf"})
"""Traced whether or not a Python file names them: PySpark reaches these through objects it holds."""

# With local[n] the executors run in the driver's JVM. These run once a row, once a read of a socket or once
# a node of a plan, and would bury what Python asked for.
_TOO_OFTEN = re.compile(
    r"org\.apache\.spark\.(?:"
    r"api\.java\.Optional|api\.python\.(?:BytesToString|CloseShieldOutputStream|DechunkedInputStream|PairwiseRDD"
    r"|\w*Converter|SpecialLengths|PythonWorkerUtils)"
    r"|sql\.(?:Row|RowFactory|Encoder|EncoderImplicits|LowPrioritySQLImplicits|SQLImplicits|DatasetHolder)"
    r"|sql\.classic\.(?:SQLImplicits|DatasetHolder)"
    r"|sql\.catalyst\.(?!trees\.PySpark)\S+|sql\.execution\.(?!\S*[Pp]ython)\S+|sql\.internal\.SQLConf|util\.Utils"
    r"|types\.variant\.VariantUtil|unsafe\.\S+|SparkThrowable\w*)"
)
_LIBRARIES = re.compile(r"org\.apache\.spark\.(?:ml|mllib|graphx|sql\.connect|sql\.test)\.")
"""Large libraries beside the engine: a user who wants their methods names the classes."""

_NAMED = re.compile(r"\borg\.apache\.spark(?:\.[A-Za-z_]\w*)+")
_ENTRY = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*(?:::(?:[A-Za-z_$][\w$]*|<init>|<clinit>))?")
_FORMAT = "1"


def method_filter(extra: Iterable[str] = (), pyspark: Path | None = None) -> str:
    """The value for ``jdk.MethodTrace#filter``: Py4J's path, Spark's public classes, then ``extra``.

    ``extra`` holds classes (``java.util.ArrayList``) and methods (``java.util.ArrayList::add``).
    ``pyspark`` is the folder of the PySpark package, by default the installed one; without PySpark
    the filter holds Py4J's path alone. Raises FilterError for an entry that has neither form.
    """
    named = [entry.strip() for entry in extra]
    for entry in named:
        if not _ENTRY.fullmatch(entry):
            raise FilterError(f"{entry!r} is neither a Java class nor class::method (it takes no wildcards)")
    folder = pyspark or _installed_pyspark()
    spark = spark_classes(folder) if folder else []
    return ";".join(dict.fromkeys([*PY4J_METHODS, *spark, *named]))


def spark_classes(pyspark: Path) -> list[str]:
    """The public Spark classes that PySpark calls, sorted; empty when the package carries no jars."""
    jars = sorted((pyspark / "jars").glob("spark-*.jar"))
    if not jars:
        return []
    cache = _cache_file(jars)
    if cache is not None:
        try:
            return cache.read_text().split()
        except OSError:
            pass
    classes = sorted(_compute(pyspark, jars))
    if cache is not None:
        _store(cache, "\n".join(classes))
    return classes


def _compute(pyspark: Path, jars: list[Path]) -> Iterator[str]:
    existing = set(_class_names(jars))
    called = {name for name in existing if name.rpartition(".")[0] in _PACKAGES} | (_CLASSES & existing)
    for file in pyspark.rglob("*.py"):
        if "tests" in file.parts:
            continue
        for name in _NAMED.findall(file.read_text(encoding="utf-8", errors="replace")):
            # The name may go on with a method or a field: take the longest part that is a class.
            while name.count(".") > 2 and name not in existing:
                name = name.rpartition(".")[0]
            if name in existing:
                called.add(name)
    for name in called:
        if not _TOO_OFTEN.fullmatch(name) and not _LIBRARIES.match(name):
            yield name


def _class_names(jars: Iterable[Path]) -> Iterator[str]:
    """Top-level classes. Scala's package objects and inner, companion and generated classes are left out:
    a call from Python goes to a top-level class, whose static forwarders lead to the companion."""
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for entry in archive.namelist():
                name = entry.removesuffix(".class")
                if name == entry or "$" in name or name.endswith("/package"):
                    continue
                if name.startswith("org/apache/spark/"):
                    yield name.replace("/", ".")


def _installed_pyspark() -> Path | None:
    spec = find_spec("pyspark")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _cache_file(jars: Iterable[Path]) -> Path | None:
    """Where the answer for these jars and these rules is kept; None when there is no home directory."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(base) if base else Path.home() / ".cache"
        key = hashlib.sha256(repr((_FORMAT, _PACKAGES, _TOO_OFTEN.pattern, _LIBRARIES.pattern)).encode())
        for jar in jars:
            status = jar.stat()
            key.update(f"{jar}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    except (OSError, RuntimeError):
        return None
    return folder / "sparkwire" / f"spark-classes-{key.hexdigest()[:16]}.txt"


def _store(cache: Path, text: str) -> None:
    aside = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text)
        aside.replace(cache)
    except OSError:  # a cache that can't be written costs a second, nothing more
        with suppress(OSError):
            aside.unlink()
