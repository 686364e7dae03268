"""What ``sparkwire submit`` reads of spark-submit's command line; a live test asks Spark's own parser."""

from __future__ import annotations

import pytest
from submit_modes import MODES, mode_files

from sparkwire.commands.submit_line import PYSPARK_SHELL, SWITCHES, VALUES, read


@pytest.mark.parametrize("option", sorted(VALUES))
def test_an_option_takes_the_next_word_or_what_follows_its_equals_sign(option):
    for words in ([option, "a=b.py"], *([[f"{option}=a=b.py"]] if option.startswith("--") else [])):
        line = read([*words, "s.py", option, "other.py"])
        assert line.script == "s.py"
        name = "a" if option in ("--conf", "-c") else option
        assert line.given == {name: "b.py" if name == "a" else "a=b.py"}


@pytest.mark.parametrize("switch", sorted(SWITCHES))
def test_a_switch_takes_nothing(switch):
    assert read([switch, "s.py", "x"]).script == "s.py"
    assert read([switch, "s.py", "x"]).given == {switch: ""}


@pytest.mark.parametrize(
    "words, script",
    [
        ([], None),
        (["--name"], None),
        (["--master", "local[1]"], None),
        (["-v", "-x"], None),
        (["--newer", "s.py"], "s.py"),
        (["--newer", "value", "s.py"], "s.py"),
        (["--newer=value", "s.py", "t.py"], "s.py"),
        (["--newer", "--verbose", "s.py"], "s.py"),
        (["app.jar", "s.py"], "app.jar"),
        ([PYSPARK_SHELL], PYSPARK_SHELL),
        ([PYSPARK_SHELL, "--master", "local[1]", "-v"], PYSPARK_SHELL),
        ([PYSPARK_SHELL, "--name", "x.py", "s.py", "--verbose", "t.py"], "s.py"),
        (["-v", PYSPARK_SHELL, "t.py"], PYSPARK_SHELL),
    ],
)
def test_the_script_is_the_first_word_that_is_no_option(words, script):
    assert read(words).script == script


@pytest.mark.parametrize(
    "words, asks",
    [
        (["--version", "s.py"], "--version"),
        (["--kill", "driver-1"], "--kill"),
        (["--master", "x", "--status=driver-1"], "--status"),
        (["-h"], "-h"),
        (["--name", "--help", "s.py"], None),
        (["s.py", "--version"], None),
        (["--verbose", "s.py"], None),
    ],
)
def test_what_asks_spark_submit_for_something_else_is_known(words, asks):
    assert read(words).asks == asks


@pytest.mark.parametrize("case", MODES)
def test_the_deploy_mode_is_found_where_spark_submit_finds_it(tmp_path, monkeypatch, case):
    mode_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    words, env, mode = MODES[case]
    assert read([*words, "s.py"]).deploy_mode(env, None) == mode


def test_defaults_lie_in_the_home_of_spark(tmp_path):
    mode_files(tmp_path)
    assert read(["s.py"]).deploy_mode({}, tmp_path) == "cluster"
    assert read(["s.py"]).deploy_mode({"SPARK_CONF_DIR": str(tmp_path / "x")}, tmp_path) is None
