"""Runs a Spark Connect server until this process is told to end: ``python -m guide.connect start FOLDER``.

``guide.connect.server`` starts it. The server is the program of a ``Supervisor``, which ends it, and what it
started, whatever happens to the processes above it. What it says to standard error goes into its folder: a
pipe that nobody reads would stop it when the pipe is full.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from guide.connect.command import LOG, TOKEN, server_command, server_environment
from sparkwire import SparkwireError, Supervisor


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guide.connect", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("start", help=f"run a server, which asks for the token in {TOKEN}")
    starting.add_argument("folder", type=Path, metavar="FOLDER", help="the folder that it runs in")
    starting.add_argument("--master", default="local[1]", metavar="URL", help="Spark's (default local[1])")
    starting.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a setting of it")
    options = parser.parse_args(arguments)
    try:
        command = server_command(options.master, options.conf)
        env = server_environment(os.environ)
    except SparkwireError as error:
        print(f"connect: {error}", file=sys.stderr)
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(options.folder)
    said = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    os.dup2(said, sys.stderr.fileno())
    os.close(said)
    with Supervisor() as supervisor:
        return supervisor.run(command, env).code


if __name__ == "__main__":
    sys.exit(main())
