"""Options for the JVM survive the launcher's splitting; the filter names real classes and no wildcards."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sparkwire.errors import FilterError
from sparkwire.jvm import filter as jvm_filter
from sparkwire.jvm.filter import PY4J_METHODS, method_filter
from sparkwire.jvm.recording import java_arguments, repository, what_was_said
from sparkwire.launch.launch_options import with_options
from sparkwire.trace.java.calls import HANDLERS


def java_options(path: Path, filter: str) -> str:
    return with_options("", java_arguments(path, filter))


def test_options_are_three_whatever_the_path() -> None:
    # Spark's launcher splits quotes and backslashes as a shell does.
    plain = shlex.split(java_options(Path("/tmp/r.jfr"), "a.B;c.D::e"))
    assert plain[1] == "-XX:FlightRecorderOptions:repository=/tmp/r.jfr.repository"
    assert plain[2].startswith("-XX:StartFlightRecording:filename=/tmp/r.jfr,name=sparkwire,")
    assert plain[2].endswith("+jdk.MethodTrace#filter=a.B;c.D::e")
    awkward = shlex.split(java_options(Path("/tmp/it's a, 100%/r.jfr"), "a.B"))
    assert len(awkward) == 3
    assert 'filename="/tmp/it\'s a, 100%%/r.jfr",' in awkward[2]
    with pytest.raises(ValueError, match="file name"):
        java_options(Path('/tmp/"'), "a.B")


@pytest.mark.parametrize("place", ["/tmp/r.jfr", "/tmp/it's a, 100%/\\r.jfr"])
def test_a_shell_splits_the_options_into_the_arguments(place: str) -> None:
    assert shlex.split(java_options(Path(place), "a.B;c.D")) == java_arguments(Path(place), "a.B;c.D")


def test_the_users_own_options_stay() -> None:
    assert with_options("-Dmine=1 -Da='b c'", ["-Xa", "b c"]) == "-Dmine=1 -Da='b c' -Xa \"b c\""
    assert with_options("-Dmine=1", []) == "-Dmine=1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jfr print: could not read recording: it is cut.\n", "could not read recording: it is cut"),
        (
            'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n'
            "\tat jdk.jfr/jdk.jfr.internal.tool.Print.execute(Print.java:160)\n"
            "Caused by: java.io.IOException: other\n\t... 7 more\n",
            "Java heap space",
        ),
        ("jdk.jfr.internal.dcmd.DCmdException: Could not use /x\n\tat a.b(C.java:1)\n", "Could not use /x"),
        ("4711:\njava.io.IOException: No such process\n", "No such process"),
        ("java.lang.NullPointerException\n\tat a.b(C.java:1)\n", "java.lang.NullPointerException"),
        ("\n \n", ""),
        ("\tat a.b(C.java:1)\n", ""),
    ],
)
def test_a_failures_reason_is_its_message_and_not_its_stack(text: str, message: str) -> None:
    assert what_was_said(text) == message


def test_only_method_traces_are_switched_on() -> None:
    option = shlex.split(java_options(Path("/tmp/r.jfr"), "a.B"))[2]
    assert "settings=none" in option
    enabled = [part for part in option.split(",") if part.endswith("enabled=true")]
    assert enabled == ["+jdk.MethodTrace#enabled=true"]
    assert repository(Path("/a/r.jfr")) == Path("/a/r.jfr.repository")


def test_the_filter_has_every_command() -> None:
    assert {f"{handler}::execute" for handler in HANDLERS.values()} <= set(PY4J_METHODS)


def test_the_filter_names_what_pyspark_calls() -> None:
    entries = method_filter().split(";")
    assert len(entries) == len(set(entries))
    for name in (
        "org.apache.spark.SparkConf", "org.apache.spark.SparkContext",
        "org.apache.spark.api.java.JavaSparkContext", "org.apache.spark.api.python.PythonRDD",
        "org.apache.spark.sql.classic.Dataset", "org.apache.spark.sql.functions",
    ):  # fmt: skip
        assert name in entries
    assert not [e for e in entries if "*" in e or "$" in e or e.endswith(".package")]
    assert "org.apache.spark.sql.Row" not in entries
    assert not [e for e in entries if ".ml." in e]


def test_the_user_adds_classes_and_methods() -> None:
    entries = method_filter(["java.util.ArrayList", " java.util.ArrayList::add ", "a.B::<init>"]).split(";")
    assert entries[-3:] == ["java.util.ArrayList", "java.util.ArrayList::add", "a.B::<init>"]
    for wrong in ("java.util.*", "a b", "a.B::", "", "a.B;c.D", "a.B,settings=profile"):
        with pytest.raises(FilterError):
            method_filter([wrong])


def test_without_spark_only_py4j_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert method_filter(pyspark=tmp_path) == ";".join(PY4J_METHODS)
    monkeypatch.setattr(jvm_filter, "find_spec", lambda name: None)
    assert method_filter() == ";".join(PY4J_METHODS)


def test_the_list_is_kept_and_a_read_only_cache_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = method_filter()
    (kept,) = (tmp_path / "cache" / "sparkwire").iterdir()
    kept.write_text("only.This")
    assert method_filter().endswith(";only.This")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert method_filter() == first
