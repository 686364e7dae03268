"""A server listens on loopback and asks for a token, whatever settings a page adds."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from guide.connect.command import TOKEN, NoServer, server_command, server_environment


def test_what_is_fixed_comes_after_what_a_page_sets():
    command = server_command("local[1]", ["spark.connect.grpc.binding.address=0.0.0.0", "a.b=c d"])
    settings = [value for option, value in itertools.pairwise(command) if option == "--conf"]
    assert settings == [
        "spark.ui.enabled=false",
        "spark.connect.grpc.binding.address=0.0.0.0",
        "a.b=c d",
        "spark.connect.grpc.binding.address=127.0.0.1",
        "spark.connect.grpc.binding.port=0",
    ]
    assert Path(command[0]).is_file()
    assert command[command.index("--master") + 1] == "local[1]"


def test_the_log_s_settings_are_named_without_spaces():
    [option] = [one for one in server_command("local", []) if "log4j2" in one]
    name, _, uri = option.partition("=")
    assert name == "-Dlog4j2.configurationFile"
    assert uri.startswith("file:///")
    assert " " not in uri


def test_a_server_s_environment_makes_no_client_of_it():
    inherited = {
        "HOME": "/home/me", TOKEN: "secret", "SPARK_REMOTE": "sc://localhost", "SPARK_API_MODE": "connect",
        "SPARK_CONNECT_MODE_ENABLED": "1", "SPARK_LOCAL_REMOTE": "1", "PYSPARK_GATEWAY_PORT": "1",
        "PYSPARK_GATEWAY_SECRET": "s", "PYSPARK_SUBMIT_ARGS": "pyspark-shell",
    }  # fmt: skip
    made = server_environment(inherited)
    assert made.keys() == {"HOME", TOKEN, "JAVA_HOME"}
    assert (made["HOME"], made[TOKEN]) == ("/home/me", "secret")


@pytest.mark.parametrize("token", [None, ""])
def test_there_is_no_server_without_a_token(token):
    inherited = {} if token is None else {TOKEN: token}
    with pytest.raises(NoServer, match=TOKEN):
        server_environment(inherited)
